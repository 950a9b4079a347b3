"""Which of VIA's attributes is the class."""

from __future__ import annotations

from typing import Any

import pytest

from datalint.dataset.formats.via.attributes import choose, classes

RADIO = {"type": "radio", "options": {"a": "", "b": ""}}
TEXT = {"type": "text"}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("cat", ["cat"]),
        (" Kätzchen ", ["Kätzchen"]),
        (3, ["3"]),
        ({"cat": True, "dog": False, "cup": "true"}, ["cat", "cup"]),
        ("", []),
        ({}, []),
        (None, []),
        (True, []),
        ([1], []),
    ],
)
def test_what_an_attribute_says(value: Any, said: list[str]) -> None:
    assert classes(value) == said


@pytest.mark.parametrize(
    ("said", "declared", "name"),
    [
        ([{"class": "cat"}, {"class": "dog"}], {}, "class"),
        ([{"name": "n1", "Class_Name": "dog"}], {}, "Class_Name"),
        ([{"name": "n1", "type": "a"}, {"name": "n2", "type": "b"}], {"name": TEXT, "type": RADIO}, "type"),
        ([{"animal": "cat", "occluded": "yes"}], {}, "animal"),
        ([{"occluded": "yes"}, {"occluded": "no"}], {"occluded": RADIO}, None),
        ([{"text": "EXIT"}, {"text": "STOP"}], {}, None),
        ([{"vogel": "x"}, {}, {}], {}, None),
        ([{"vogel": "a"}, {"class": "b"}, {"vogel": "c"}], {}, "vogel"),
        ([{"class": ""}, {"vogel": "a"}], {}, "vogel"),
        ([{}, {}], {}, None),
        ([], {"name": TEXT, "kind": RADIO}, "kind"),
        ([3, None, {"label": "x"}], [], "label"),
    ],
)
def test_which_is_the_class(said: list[Any], declared: Any, name: str | None) -> None:
    chosen = choose(said, declared)
    assert (chosen.name if chosen else None) == name


def test_of_images_a_value_must_come_again() -> None:
    assert choose([{"place": str(number)} for number in range(9)], {}, of_images=True) is None
    chosen = choose([{"place": str(number % 2)} for number in range(9)], {}, of_images=True)
    assert chosen is not None
    assert chosen.name == "place"
