"""FiftyOne's `labels.json`: boxes and classes by the names of images, and what is broken where."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalint.dataset.assembly.annotations import Annotations
from datalint.dataset.formats.fiftyone import FORMATS
from tests.dataset.formats.reading import lost, places, read

SIDES = [0.1, 0.2, 0.5, 0.25]
CAT: dict[str, Any] = {"label": "cat", "bounding_box": SIDES}


def text(labels: dict[str, Any], classes: Any = ("cat", "dog")) -> str:
    """Each image in a line of its own, from line 2."""
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in labels.items())
    return f'{{"classes": {json.dumps(classes)}, "labels": {{\n{lines}\n}}}}'


def one(root: Path, labels: dict[str, Any], classes: Any = ("cat", "dog")) -> Annotations:
    pictures = {f"data/{name}.jpg": "x" for name in ("a", "b")}
    (found,) = read(root, {"labels.json": text(labels, classes), **pictures}, FORMATS)
    return found


def test_boxes(tmp_path: Path) -> None:
    found = one(tmp_path, {"a": [CAT, {**CAT, "label": 1}], "b": [], "c": None})
    assert found.problems == []
    assert found.boxes.select("path", "class", "line", "pointer", "raw", "unit").rows() == [
        ("data/a.jpg", name, 2, f"/labels/a/{number}", SIDES, "xywh-share")
        for number, name in enumerate(("cat", "dog"))
    ]
    assert found.named["path"].to_list() == ["data/a.jpg", "data/b.jpg"]
    assert found.classes["class"].to_list() == ["cat", "dog"]
    assert found.evidence == (
        "FiftyOne: labels.json, 2 images, 2 boxes, 2 classes.",
        "Of FiftyOne's annotations not read: 1 image without a label.",
    )


def test_classes_of_images(tmp_path: Path) -> None:
    found = one(tmp_path, {"a": "cat", "b": [{"label": "dog", "confidence": 1.0}, 0]})
    assert found.problems == []
    assert found.labels.select("path", "class", "pointer").rows() == [
        ("data/a.jpg", "cat", "/labels/a"),
        ("data/b.jpg", "dog", "/labels/b/0"),
        ("data/b.jpg", "cat", "/labels/b/1"),
    ]


def test_splits_are_one_dataset(tmp_path: Path) -> None:
    files = {f"{split}/labels.json": text({"a": "cat"}) for split in ("train", "val")}
    images = {f"{split}/data/a.jpg": split for split in ("train", "val")}
    (found,) = read(tmp_path, {**files, **images}, FORMATS)
    assert found.problems == []
    assert found.named["path"].to_list() == list(images)
    assert found.splits["split"].to_list() == ["train", "val"]


@pytest.mark.parametrize(
    ("bad", "step", "reason"),
    [
        (None, "", "null in place of a class"),
        ({"bounding_box": SIDES}, "", "null in place of a class"),
        ({**CAT, "label": []}, "/label", "a list in place of a class"),
        ({**CAT, "bounding_box": [1, 2]}, "/bounding_box", "a list of 2 in place of 4 numbers"),
        ({**CAT, "bounding_box": [0, 0, 1, "x"]}, "/bounding_box/3", "a text in place of a number"),
        ({"label": ""}, "/label", "a text in place of a class"),
    ],
)
def test_a_bad_object_costs_that_object(tmp_path: Path, bad: Any, step: str, reason: str) -> None:
    found = one(tmp_path, {"b": [], "a": [CAT, bad, CAT]})
    assert places(found) == [("syntax", 3, f"/labels/a/1{step}")]
    assert reason in found.problems[0].reason
    assert found.boxes.height == 2


def test_classes_that_are_not_declared_and_images_that_are_not_there(tmp_path: Path) -> None:
    found = one(tmp_path, {"a": [{**CAT, "label": "cow"}, {**CAT, "label": 2}], "gone": "cat", "../../x": "cat"})
    assert places(found) == [
        ("unknown-category", 2, "/labels/a/0"),
        ("unknown-category", 2, "/labels/a/1"),
        ("syntax", 4, "/labels/..~1..~1x"),
    ]
    assert found.boxes["class"].to_list() == ["cow", "2"]
    assert found.named["file_row"].null_count() == 1
    assert one(tmp_path / "b", {"a": "cow"}, None).problems == []


def test_a_file_that_ends_early(tmp_path: Path) -> None:
    content = text({"a": [CAT], "b": [CAT, CAT]})[:-20]
    (found,) = read(tmp_path, {"labels.json": content, "data/a.jpg": "x", "data/b.jpg": "x"}, FORMATS)
    assert found.boxes.height == 1
    assert [place[:2] for place in places(found)] == [("syntax", 3)]


@pytest.mark.parametrize("content", ["[]", "{", '{"classes": [], "images": {}}', '{"labels": {}, "classes": []}'])
def test_files_of_other_formats_are_left_alone(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, {"labels.json": content, "a.jpg": "x"}, FORMATS) == []


VALUES = st.one_of(
    st.just(CAT),
    st.none(),
    st.sampled_from(["cat", "", 0, 1.5]),
    st.fixed_dictionaries({"label": st.sampled_from(["cat", 9, None])}, optional={"bounding_box": st.just([1])}),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(VALUES, max_size=6))
def test_records_are_used_or_problems(values: list[Any]) -> None:
    with TemporaryDirectory() as folder:
        (found,) = read(Path(folder), {"labels.json": text({"a": values}), "data/a.jpg": "x"}, FORMATS)
    assert found.boxes.height + found.labels.height + lost(found) == len(values)
