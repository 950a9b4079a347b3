"""CreateML: boxes, images, splits, and what is broken where."""

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
from datalint.dataset.formats.createml import FORMATS
from datalint.dataset.formats.label_files import read

CAT: dict[str, Any] = {"label": "cat", "coordinates": {"x": 5, "y": 6.5, "width": 4, "height": 2}}


def image(name: Any, *objects: Any, key: str = "image") -> dict[str, Any]:
    return {key: name, "annotations": list(objects)}


def text(*images: Any) -> str:
    """Each image in a line of its own, from line 2."""
    return "[\n" + ",\n".join(json.dumps(one) for one in images) + "\n]"


def make(root: Path, files: dict[str, str | bytes]) -> list[Annotations]:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    place = os.fsencode(root)
    return read(walk(place, [place], Config()), FORMATS)


def one(root: Path, *images: Any) -> Annotations:
    found = make(root, {"a.json": text(*images), "a.jpg": "x", "b.jpg": "x"})
    assert len(found) == 1
    return found[0]


def problems(annotations: Annotations) -> list[tuple[str, int | None, str | None]]:
    return [(problem.kind, problem.line, problem.pointer) for problem in annotations.problems]


def test_boxes_are_measured_from_their_centres(tmp_path: Path) -> None:
    found = one(tmp_path, image("a.jpg", CAT, CAT), image("b.jpg", key="imagefilename"))
    assert found.problems == []
    assert found.boxes.select("path", "class", "line", "pointer", "raw", "unit").rows() == [
        ("a.jpg", "cat", 2, f"/0/annotations/{number}", [5.0, 6.5, 4.0, 2.0], "cxcywh-pixels") for number in range(2)
    ]
    assert found.named.select("path", "line", "pointer").rows() == [("a.jpg", 2, "/0"), ("b.jpg", 3, "/1")]
    assert found.evidence[0] == "CreateML: a.json, 2 images, 2 boxes, 1 class."
    assert {file: str(outcome) for file, outcome in found.outcomes.items()} == {
        "a.json": "read as CreateML: 2 images, 2 boxes"
    }


def test_folders_of_splits_are_one_dataset(tmp_path: Path) -> None:
    files = {f"{split}/_annotations.createml.json": text(image(f"{split}.jpg", CAT)) for split in ("train", "valid")}
    found = make(tmp_path, {**files, "train/train.jpg": "x", "valid/valid.jpg": "x"})
    assert [one.source for one in found] == [""]
    assert found[0].splits["split"].to_list() == ["train", "val"]


@pytest.mark.parametrize(
    ("bad", "pointer", "reason"),
    [
        (7, "", "a number in place of an object"),
        ({**CAT, "label": ""}, "/label", "the object has no label"),
        ({"label": "cat"}, "", "the object has no coordinates"),
        ({**CAT, "coordinates": [1, 2, 3, 4]}, "/coordinates", "the object has no coordinates"),
        ({**CAT, "coordinates": {"x": 1}}, "/coordinates", "the box has no `y`"),
        (
            {**CAT, "coordinates": {**CAT["coordinates"], "width": True}},
            "/coordinates/width",
            "`width` is true or false",
        ),
    ],
)
def test_a_bad_object_costs_that_object(tmp_path: Path, bad: Any, pointer: str, reason: str) -> None:
    found = one(tmp_path, image("b.jpg"), image("a.jpg", CAT, bad, CAT))
    assert problems(found) == [("syntax", 3, f"/1/annotations/1{pointer}")]
    assert reason in found.problems[0].reason
    assert found.boxes.height == 2


def test_bad_images(tmp_path: Path) -> None:
    found = one(
        tmp_path,
        image("a.jpg", CAT),
        image("a.jpg", CAT),
        image(None, CAT),
        image("../../x.jpg"),
        image("/home/me/b.jpg"),
        image("gone.jpg"),
        {"image": "b.jpg", "annotations": {}},
        "x",
    )
    assert problems(found) == [
        ("repeated-id", 3, "/1"),
        ("syntax", 4, "/2/image"),
        ("syntax", 5, "/3/image"),
        ("path", 6, "/4/image"),
        ("repeated-id", 8, "/6"),
        ("syntax", 8, "/6/annotations"),
        ("syntax", 9, "/7"),
    ]
    assert "with 1 object" in found.problems[1].reason
    assert found.named["path"].to_list() == ["a.jpg", "a.jpg", "b.jpg", "gone.jpg", "b.jpg"]


def test_keys_twice_or_missing(tmp_path: Path) -> None:
    content = text(image("a.jpg", CAT), {"image": "b.jpg"}).replace('"label": "cat"', '"label": "dog", "label": "cat"')
    found = make(tmp_path, {"a.json": content, "a.jpg": "x", "b.jpg": "x"})[0]
    assert sorted(problems(found)) == [("syntax", 2, "/0/annotations/0/label"), ("syntax", 3, "/1")]
    assert found.boxes["class"].to_list() == ["cat"]


def test_a_file_that_ends_in_the_middle(tmp_path: Path) -> None:
    whole = text(image("a.jpg", CAT), image("b.jpg", CAT))
    found = make(tmp_path, {"a.json": whole[:-20], "a.jpg": "x"})[0]
    assert problems(found) == [("syntax", 3, "/1")]
    assert "the 1 records before it were read" in found.problems[0].reason
    assert found.boxes.height == 1


def test_numbers_that_json_does_not_have(tmp_path: Path) -> None:
    content = text(image("a.jpg", CAT, CAT)).replace("6.5", "NaN", 1).replace("6.5", "-Infinity")
    found = make(tmp_path, {"a.json": content, "a.jpg": "x"})[0]
    assert [str(raw[1]) for raw in found.boxes["raw"].to_list()] == ["nan", "-inf"]
    assert found.problems == []


@pytest.mark.parametrize(
    "content",
    [
        '[{"image": "a.jpg", "annotations": [{"bbox": [1, 2, 3, 4]}]}]',
        '[{"image": "a.jpg", "label": "cat"}]',
        '{"annotations": [{"coordinates": {}}]}',
        "[]",
        "",
        "[[[[",
    ],
)
def test_other_json_is_left_alone(tmp_path: Path, content: str) -> None:
    assert make(tmp_path, {"a.json": content, "a.jpg": "x"}) == []


WHOLE = text(image("a.jpg", CAT, CAT), image("b.jpg", CAT)).encode()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_records_are_used_or_told(data: st.DataObject) -> None:
    values = data.draw(st.lists(st.sampled_from([CAT, None, {}, [], {**CAT, "label": []}]), max_size=5))
    mutated = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 3))):
        mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))
    with TemporaryDirectory() as folder:
        files: dict[str, str | bytes] = {"a.jpg": "x", "b.jpg": "x", "b/b.json": bytes(mutated)}
        files["a.json"] = text(image("a.jpg", CAT, *values))
        found = make(Path(folder), files)
    assert found[0].boxes.height + len(found[0].problems) == len(values) + 1
    for other in found[1:]:
        assert other.boxes.height == 3 or other.problems or other.classes.is_empty()
