"""Items of lists and members of objects, taken out of JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalint.repair.edits import FixError, applied
from datalint.repair.json_file import JsonFile, JsonLines
from datalint.repair.label_file import Spot

BLANK = st.text(" \t\r\n", max_size=3)
SCALARS = st.sampled_from(["1", "1.50e0", "-0.0", '"a, ]}"', '"\\" \\\\"', "null", '"\\u00e9é"'])


def spelled(value: Any, draw: Any) -> str:
    """JSON text with blanks wherever they may stand."""

    def gap() -> str:
        return str(draw(BLANK))

    if isinstance(value, list):
        return "[" + ",".join(gap() + spelled(one, draw) + gap() for one in value) + gap() + "]"
    if isinstance(value, dict):
        members = (f'{gap()}"{key}"{gap()}:{gap()}{spelled(one, draw)}{gap()}' for key, one in value.items())
        return "{" + ",".join(members) + gap() + "}"
    return str(value)


RECORDS = st.dictionaries(st.sampled_from(["id", "bbox", "x y"]), SCALARS | st.lists(SCALARS, max_size=3), max_size=3)


def without(file: JsonFile, *spots: Spot) -> bytes:
    for target in [target for spot in spots for target in file.dropping(spot)]:
        file.drop(target)
    return applied(file.data, file.edits())


@given(st.lists(RECORDS, min_size=1, max_size=6), st.booleans(), st.data())
def test_what_is_dropped_goes_with_its_comma_and_nothing_else(
    records: list[dict[str, Any]], bom: bool, data: st.DataObject
) -> None:
    text = spelled({"info": "1.50e0", "annotations": records, "end": "null"}, data.draw)
    raw = (b"\xef\xbb\xbf" if bom else b"") + text.encode()
    dropped = data.draw(st.sets(st.integers(0, len(records) - 1), min_size=1))
    new = without(JsonFile(raw), *(Spot(1, f"/annotations/{number}") for number in dropped))
    expected = json.loads(text)
    expected["annotations"] = [one for number, one in enumerate(expected["annotations"]) if number not in dropped]
    assert json.loads(new.decode("utf-8-sig")) == expected
    # All that is left stood there in this order.
    rest = iter(raw)
    assert all(byte in rest for byte in new)
    records_of = json.loads(text)["annotations"]
    kept = [number for number in range(len(records)) if number not in dropped]
    for number in kept:
        start, stop = JsonFile(raw).span(Spot(1, f"/annotations/{number}"))
        assert raw[start:stop] in new
    assert len(records_of) == len(records)


@given(st.dictionaries(st.text("ab~/", min_size=1, max_size=3), SCALARS, min_size=1, max_size=4), st.data())
def test_members_of_objects(members: dict[str, Any], data: st.DataObject) -> None:
    text = spelled({"of": members}, data.draw)
    name = data.draw(st.sampled_from(sorted(members)))
    pointer = name.replace("~", "~0").replace("/", "~1")
    new = without(JsonFile(text.encode()), Spot(1, f"/of/{pointer}"))
    expected = json.loads(text)
    del expected["of"][name]
    assert json.loads(new) == expected


def test_lists_of_one_object_stay_in_step() -> None:
    line = b'{"file_name": "a.png", "objects": {"bbox": [[1, 2, 3, 4], [5, 6, 7, 8]], "id": ["x", "y"]}}'
    file = JsonLines(b'{"file_name": "b.png"}\n' + line + b"\n")
    assert without(file, Spot(2, "/objects/bbox/0")) == (
        b'{"file_name": "b.png"}\n{"file_name": "a.png", "objects": {"bbox": [[5, 6, 7, 8]], "id": ["y"]}}\n'
    )


def test_lists_that_may_belong_together_are_not_guessed_at() -> None:
    file = JsonFile(b'{"bbox": [[1, 2, 3, 4], [5, 6, 7, 8]], "size": [64, 48], "name": "a"}')
    with pytest.raises(FixError, match="not certain"):
        file.dropping(Spot(1, "/bbox/0"))


def test_lines() -> None:
    file = JsonLines(b'{"a": 1}\r\n{"a": 2}\r\n{"a": [1, 2]}')
    assert without(file, Spot(2)) == b'{"a": 1}\r\n{"a": [1, 2]}'
    assert without(JsonLines(file.data), Spot(3, "/a/1")) == b'{"a": 1}\r\n{"a": 2}\r\n{"a": [1]}'


@pytest.mark.parametrize(
    ("text", "pointer", "reason"),
    [
        (b'{"a": [1, 2}', "/a/0", "not valid JSON"),
        (b'{"a": [1, 2]}', "/a/2", "leads nowhere"),
        (b'{"a": [1, 2]}', "/b/0", "leads nowhere"),
        (b'{"a": [1], "a": [2]}', "/a/0", "same key"),
        (b"[1]", "", "one record"),
    ],
)
def test_refusals(text: bytes, pointer: str, reason: str) -> None:
    with pytest.raises(FixError, match=reason):
        JsonFile(text).dropping(Spot(1, pointer))


def test_what_says_the_name_of_an_image_is_not_the_image() -> None:
    with pytest.raises(FixError, match="part of its file"):
        JsonFile(b'{"imagePath": "a.png", "shapes": []}').dropping(Spot(1, "/imagePath", image=True))


def test_an_image_goes_with_all_annotations_that_name_its_id() -> None:
    text = (
        b'{"images": [{"id": 1, "file_name": "a"}, {"id": 11, "file_name": "b"}],\n "annotations": ['
        b'{"image_id": 1, "id": 5}, {"image_id": 11, "id": 1}, {"id": 7, "image_id": 1, "odd": {"image_id": 11}}]}'
    )
    assert without(JsonFile(text), Spot(1, "/images/0", image=True)) == (
        b'{"images": [{"id": 11, "file_name": "b"}],\n "annotations": [{"image_id": 11, "id": 1}]}'
    )
