"""Labelbox: data rows, objects and answers, and what is broken where."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalint.dataset.assembly.annotations import Annotations
from datalint.dataset.formats.labelbox import FORMATS
from tests.dataset.formats.reading import lost, places, read

SIDES = {"left": 2, "top": 1.5, "width": 40, "height": 30}
CAT: dict[str, Any] = {"feature_id": "f", "name": "cat", "bounding_box": SIDES}
CORNERS = [{"x": 1, "y": 2}, {"x": 9, "y": 2}, {"x": 9, "y": 9}]
WAY = "projects/p/labels/0/annotations"


def row(name: Any, *objects: Any, asked: Any = (), **more: Any) -> dict[str, Any]:
    label = {"annotations": {"objects": list(objects), "classifications": list(asked)}}
    about = {"data_row": {"id": "1", "external_id": name}, "media_attributes": {"width": 64, "height": 48}}
    return {**about, "projects": {"p": {"labels": [label]}}, **more}


def text(*rows: Any) -> str:
    return "".join(json.dumps(one) + "\n" for one in rows)


def one(root: Path, *rows: Any) -> Annotations:
    pictures = {f"images/{name}.jpg": "x" for name in ("a", "b")}
    (found,) = read(root, {"train.ndjson": text(*rows), **pictures}, FORMATS)
    return found


def test_objects(tmp_path: Path) -> None:
    shapes: list[dict[str, Any]] = [{"polygon": CORNERS}, {"line": CORNERS[:2]}, {"point": CORNERS[0]}]
    found = one(tmp_path, row("a.jpg", CAT, *({"name": "dog", **shape} for shape in shapes)), row("b.jpg"))
    assert found.problems == []
    assert found.boxes.select("path", "class", "line", "pointer", "raw", "unit", "id").rows() == [
        ("images/a.jpg", "cat", 1, None, [2.0, 1.5, 40.0, 30.0], "xywh-pixels", "f")
    ]
    assert found.polygons.select("class", "points", "closed").rows() == [
        ("dog", [1.0, 2.0, 9.0, 2.0, 9.0, 9.0], True),
        ("dog", [1.0, 2.0, 9.0, 2.0], False),
    ]
    assert found.keypoints["points"].to_list() == [[1.0, 2.0, 2.0]]
    assert found.named.select("path", "width", "height").rows() == [
        ("images/a.jpg", 64.0, 48.0),
        ("images/b.jpg", 64.0, 48.0),
    ]
    assert found.splits["split"].to_list() == ["train", "train"]


def test_answers_are_classes_of_the_image(tmp_path: Path) -> None:
    asked = [
        {"name": "weather", "radio_answer": {"name": "rain", "value": "rain_"}},
        {"name": "weather", "checklist_answers": [{"name": "wind"}, {"name": "cold"}]},
        {"name": "road", "radio_answer": {"name": "wet"}},
        {"name": "note", "text_answer": {"content": "?"}},
    ]
    found = one(tmp_path, row("a.jpg", asked=asked))
    assert found.problems == []
    assert found.labels["class"].to_list() == ["rain", "wind", "cold"]
    assert found.evidence[1:] == (
        "Of Labelbox's annotations not read: 1 answer in words.",
        "Of Labelbox's annotations not read: 1 answer to another question than the first.",
    )


def test_a_list_of_data_rows_has_pointers(tmp_path: Path) -> None:
    content = " " + json.dumps([row("a.jpg", CAT, {"name": "cat"})], indent=1)
    (found,) = read(tmp_path, {"export.json": content, "a.jpg": "x"}, FORMATS)
    assert found.boxes.select("line", "pointer").rows() == [(2, f"/0/{WAY}/objects/0")]
    assert places(found) == [("syntax", 2, f"/0/{WAY}/objects/1")]


def test_names_of_an_image(tmp_path: Path) -> None:
    rows = [
        row("x", CAT, data_row={"external_id": "row 1", "row_data": "https://x.org/k/a%20a.jpg?Signature=1"}),
        row("x", CAT, data_row={"id": "1", "global_key": "b.jpg"}),
        row("x", CAT, data_row={"external_id": "c.jpg", "global_key": "key"}),
    ]
    (found,) = read(tmp_path, {"e.ndjson": text(*rows), "images/a a.jpg": "x", "images/b.jpg": "x"}, FORMATS)
    assert found.problems == []
    assert found.named["path"].to_list() == ["images/a a.jpg", "images/b.jpg", "c.jpg"]


def test_what_counts_once_or_not_at_all(tmp_path: Path) -> None:
    several = row("a.jpg", CAT)
    several["projects"]["p"]["labels"] *= 3
    masks = row("b.jpg", {"name": "cat", "mask": {"url": "https://x"}})
    found = one(tmp_path, several, masks, row("b.jpg", projects={"p": {"labels": []}}), row("c.jpg", projects={}))
    assert found.problems == []
    assert found.boxes.height == 1
    assert found.named["path"].to_list() == ["images/a.jpg", "images/b.jpg"]
    told = " ".join(found.evidence)
    assert "2 further label of a data row" in told or "2 further labels" in told
    assert "2 data row without a label" in told or "2 data rows without a label" in told
    assert "1 mask" in told


@pytest.mark.parametrize(
    ("bad", "step", "reason"),
    [
        (7, "", "a number in place of an object"),
        ({**CAT, "name": " "}, "/name", "the object has no `name`"),
        ({"name": "cat"}, "", "the object is not drawn"),
        ({**CAT, "bounding_box": [1, 2, 3, 4]}, "/bounding_box", "a list in place of a bounding_box"),
        ({**CAT, "bounding_box": {"left": 1}}, "/bounding_box", "the bounding_box has no `top`"),
        ({**CAT, "bounding_box": {**SIDES, "top": "x"}}, "/bounding_box/top", "`top` is a text"),
        ({"name": "cat", "polygon": CORNERS[:2]}, "/polygon", "2 points"),
        ({"name": "cat", "polygon": [*CORNERS, {"x": 1}]}, "/polygon/3", "an object that is not a point"),
        ({"name": "cat", "point": {}}, "/point", "the point has no `x`"),
    ],
)
def test_a_bad_object_costs_that_object(tmp_path: Path, bad: Any, step: str, reason: str) -> None:
    found = one(tmp_path, row("b.jpg"), row("a.jpg", CAT, bad, CAT))
    assert places(found) == [("syntax", 2, None)]
    assert found.problems[0].reason.startswith(f"{WAY}/objects/1{step}: {reason}")
    assert found.boxes.height == 2


def test_bad_rows(tmp_path: Path) -> None:
    label: dict[str, Any] = {"annotations": {"objects": {}}}
    found = one(
        tmp_path,
        row("a.jpg", CAT),
        7,
        row(None, CAT),
        row("a.jpg", projects=[]),
        row("a.jpg", projects={"p": {"labels": None}}),
        row("b.jpg", projects={"p": {"labels": [label]}}),
        row("b.jpg", projects={"p": {"labels": [7]}}),
        row("a.jpg", asked=[7, {"name": "q"}, {"name": "q", "radio_answer": {}}]),
        row("gone.jpg"),
    )
    assert sorted(place[:2] for place in places(found)) == [
        ("repeated-id", 8),
        *(("syntax", line) for line in (2, 3, 4, 5, 6, 7, 8, 8, 8)),
    ]
    assert "with 1 object" in found.problems[1].reason
    assert found.named["file_row"].null_count() == 1


@pytest.mark.parametrize("content", ["", "{", '{"projects": {}}\n', '[{"ID": "1", "Labeled Data": "a.jpg"}]', "[1]"])
def test_files_of_other_formats_are_left_alone(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, {"a.ndjson": content, "b.json": content, "a.jpg": "x"}, FORMATS) == []


VALUES = st.one_of(
    st.just(CAT),
    st.none(),
    st.fixed_dictionaries({"name": st.sampled_from(["cat", "", None])}, optional={"polygon": st.just(CORNERS)}),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(VALUES, max_size=6), st.booleans())
def test_records_are_used_or_problems(values: list[Any], as_list: bool) -> None:
    content = json.dumps([row("a.jpg", *values)]) if as_list else text(row("a.jpg", *values))
    with TemporaryDirectory() as folder:
        (found,) = read(Path(folder), {"p.json": content, "a.jpg": "x"}, FORMATS)
    assert found.boxes.height + found.polygons.height + lost(found) == len(values)
