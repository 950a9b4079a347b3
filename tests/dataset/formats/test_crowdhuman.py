"""CrowdHuman: images and persons, line by line, and what is broken where."""

from __future__ import annotations

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalint.config.settings import Config
from datalint.dataset.assembly.annotations import Annotations
from datalint.dataset.files.walk import walk
from datalint.dataset.formats.crowdhuman import FORMATS
from datalint.dataset.formats.label_files import read

PERSON: dict[str, Any] = {"tag": "person", "vbox": [1, 2, 5, 8.5], "fbox": [-3, 2, 9, 20], "hbox": [1, 2, 2, 2]}


def image(name: Any, *persons: Any) -> dict[str, Any]:
    return {"ID": name, "gtboxes": list(persons)}


def text(*images: Any) -> str:
    return "".join(json.dumps(one) + "\n" for one in images)


def make(root: Path, files: dict[str, str | bytes]) -> list[Annotations]:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    place = os.fsencode(root)
    return read(walk(place, [place], Config()), FORMATS)


def one(root: Path, *images: Any) -> Annotations:
    files = {f"Images/1,{name}.jpg": "x" for name in ("a", "b")}
    (found,) = make(root, {"annotation_train.odgt": text(*images), **files})
    return found


def problems(annotations: Annotations) -> list[tuple[str, int | None]]:
    return [(problem.kind, problem.line) for problem in annotations.problems]


def test_the_visible_boxes_of_persons(tmp_path: Path) -> None:
    ignored = {"tag": "person", "fbox": [1, 1, 2, 2], "extra": {"ignore": 1}}
    mask = {"tag": "mask", "fbox": [1, 1, 3, 3], "extra": {}}
    found = one(tmp_path, image("1,a", PERSON, ignored, mask), image("1,b"))
    assert found.problems == []
    assert found.boxes.select("path", "class", "line", "raw", "unit", "crowd").rows() == [
        ("Images/1,a.jpg", "person", 1, [1.0, 2.0, 5.0, 8.5], "xywh-pixels", False),
        ("Images/1,a.jpg", "person", 1, [1.0, 1.0, 2.0, 2.0], "xywh-pixels", True),
        ("Images/1,a.jpg", "mask", 1, [1.0, 1.0, 3.0, 3.0], "xywh-pixels", True),
    ]
    assert found.named["path"].to_list() == ["Images/1,a.jpg", "Images/1,b.jpg"]
    assert found.splits["split"].to_list() == ["train", "train"]
    assert found.evidence == ("CrowdHuman: annotation_train.odgt, 2 images, 3 boxes, 2 classes.",)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (7, "a number in place of a person"),
        ({"vbox": [1, 2, 3, 4]}, "there is no tag"),
        ({"tag": "person"}, "there is no box"),
        ({**PERSON, "fbox": [1, 2, 3]}, "`fbox` is not a list of 4 numbers"),
        ({**PERSON, "hbox": [1, 2, 3, "x"]}, "`hbox` is not a list of 4 numbers"),
        ({**PERSON, "vbox": None}, "`vbox` is not a list of 4 numbers"),
    ],
)
def test_a_bad_person_costs_that_person(tmp_path: Path, bad: Any, reason: str) -> None:
    found = one(tmp_path, image("1,b"), image("1,a", PERSON, bad, PERSON))
    assert problems(found) == [("syntax", 2)]
    assert found.problems[0].reason == f"box 2: {reason}"
    assert found.boxes.height == 2


def test_bad_lines(tmp_path: Path) -> None:
    found = one(
        tmp_path,
        image("1,a", PERSON),
        7,
        image(None, PERSON),
        {"ID": "1,b"},
        image("1,a"),
        image("gone"),
        image("../../x", PERSON),
    )
    assert sorted(problems(found)) == [
        ("repeated-id", 5),
        ("syntax", 2),
        ("syntax", 3),
        ("syntax", 4),
        ("syntax", 7),
    ]
    assert found.named["path"].to_list()[:2] == ["Images/1,a.jpg", "Images/1,b.jpg"]
    assert found.named["file_row"].null_count() == 1


@pytest.mark.parametrize("content", ["", "{", "[]", '{"images": []}\n', '[{"ID": "a", "gtboxes": []}]'])
def test_files_of_other_formats_are_left_alone(tmp_path: Path, content: str) -> None:
    assert make(tmp_path, {"a.odgt": content, "a.jpg": "x"}) == []


VALUES = st.one_of(st.just(PERSON), st.none(), st.fixed_dictionaries({"tag": st.sampled_from(["mask", "", None])}))


@settings(max_examples=60, deadline=None)
@given(st.lists(VALUES, max_size=6))
def test_records_are_used_or_problems(values: list[Any]) -> None:
    with TemporaryDirectory() as folder:
        (found,) = make(Path(folder), {"p.odgt": text(image("a", *values)), "a.jpg": "x"})
    assert found.boxes.height + len(found.problems) == len(values)
