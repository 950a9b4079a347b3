"""SageMaker Ground Truth: boxes and classes of images, line by line, and what is broken where."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalint.dataset.assembly.annotations import Annotations
from datalint.dataset.formats.sagemaker import FORMATS
from tests.dataset.formats.reading import lost, places, read

DOG: dict[str, Any] = {"class_id": 0, "left": 2, "top": 1.5, "width": 40, "height": 30}
TYPE = "groundtruth/object-detection"


def image(name: Any, *boxes: Any, **more: Any) -> dict[str, Any]:
    drawn = {"image_size": [{"width": 64, "height": 48, "depth": 3}], "annotations": list(boxes)}
    metadata = {"class-map": {"0": "dog", "5": "bone"}, "type": TYPE, "human-annotated": "yes"}
    return {"source-ref": name, "box": drawn, "box-metadata": metadata, **more}


def text(*lines: Any) -> str:
    return "".join(json.dumps(line) + "\n" for line in lines)


def one(root: Path, *images: Any) -> Annotations:
    pictures = {f"images/{name}.jpg": "x" for name in ("a", "b")}
    (found,) = read(root, {"train.manifest": text(*images), **pictures}, FORMATS)
    return found


def test_boxes(tmp_path: Path) -> None:
    found = one(
        tmp_path, image("s3://bucket/deep/images/a.jpg", DOG, {**DOG, "class_id": "5"}), image("s3://bucket/b.jpg")
    )
    assert found.problems == []
    assert found.boxes.select("path", "class", "class_id", "line", "pointer", "raw", "unit").rows() == [
        ("images/a.jpg", name, number, 1, None, [2.0, 1.5, 40.0, 30.0], "xywh-pixels")
        for name, number in (("dog", 0), ("bone", 5))
    ]
    assert found.named.select("path", "width", "height").rows() == [
        ("images/a.jpg", 64.0, 48.0),
        ("images/b.jpg", 64.0, 48.0),
    ]
    assert found.splits["split"].to_list() == ["train", "train"]
    assert found.evidence == ("SageMaker Ground Truth: train.manifest, 2 images, 2 boxes, 2 classes.",)


def test_classes_of_images(tmp_path: Path) -> None:
    single = {"class-name": "cat", "type": "groundtruth/image-classification"}
    several = {"class-map": {"0": "cat", "1": "dog"}, "type": "groundtruth/image-classification-multilabel"}
    found = one(
        tmp_path,
        {"source-ref": "s3://b/a.jpg", "kind": "0", "kind-metadata": single},
        {"source-ref": "s3://b/b.jpg", "kinds": [0, 1], "kinds-metadata": several},
    )
    assert found.problems == []
    assert found.labels.select("path", "class", "class_id", "line").rows() == [
        ("images/a.jpg", "cat", None, 1),
        ("images/b.jpg", "cat", 0, 2),
        ("images/b.jpg", "dog", 1, 2),
    ]


def test_what_is_not_read_is_told(tmp_path: Path) -> None:
    masks = {
        "source-ref": "a.jpg",
        "m-ref": "s3://b/m.png",
        "m-ref-metadata": {"type": "groundtruth/semantic-segmentation"},
    }
    failed = {"source-ref": "b.jpg", "box-metadata": {"type": TYPE, "failure-reason": "too few workers"}}
    found = one(tmp_path, masks, failed)
    assert found.problems == []
    told = " ".join(found.evidence[1:])
    assert "1 answer of the kind groundtruth/semantic-segmentation" in told
    assert "1 image whose labelling failed" in told


@pytest.mark.parametrize(
    ("bad", "step", "reason"),
    [
        (7, "", "a number in place of a box"),
        ({"class_id": 0, "left": 1}, "", "the box has no `top`"),
        ({**DOG, "width": "x"}, "/width", "`width` is a text"),
        ({**DOG, "class_id": None}, "/class_id", "null in place of the number of a class"),
        ({key: DOG[key] for key in ("left", "top", "width", "height")}, "", "null in place of the number of a class"),
    ],
)
def test_a_bad_box_costs_that_box(tmp_path: Path, bad: Any, step: str, reason: str) -> None:
    found = one(tmp_path, image("b.jpg"), image("a.jpg", DOG, bad, DOG))
    assert places(found) == [("syntax", 2, None)]
    assert found.problems[0].reason.startswith(f"box/annotations/1{step}: {reason}")
    assert found.boxes.height == 2


def test_bad_lines(tmp_path: Path) -> None:
    several = {"type": "groundtruth/image-classification-multilabel", "class-map": {}}
    found = one(
        tmp_path,
        image("a.jpg", DOG),
        7,
        image(None, DOG),
        image("a.jpg"),
        {"source-ref": "b.jpg", "k": [None, 3], "k-metadata": several},
        image("gone.jpg"),
    )
    assert sorted(place[:2] for place in places(found)) == [
        ("repeated-id", 4),
        ("syntax", 2),
        ("syntax", 3),
        ("syntax", 5),
        ("unknown-category", 5),
    ]
    assert "with 1 box" in found.problems[1].reason
    assert found.named["file_row"].null_count() == 1


def test_classes_that_are_not_in_the_map(tmp_path: Path) -> None:
    found = one(tmp_path, image("a.jpg", {**DOG, "class_id": 7}))
    assert places(found) == [("unknown-category", 1, None)]
    assert found.boxes["class"].to_list() == ["7"]


@pytest.mark.parametrize("content", ["", "{", '{"source": "a.jpg"}\n', '[{"source-ref": "a.jpg"}]'])
def test_files_of_other_formats_are_left_alone(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, {"a.manifest": content, "a.jpg": "x"}, FORMATS) == []


VALUES = st.one_of(
    st.just(DOG), st.none(), st.fixed_dictionaries({"class_id": st.sampled_from([0, 9, "", None, 1.5])}), st.just({})
)


@settings(max_examples=60, deadline=None)
@given(st.lists(VALUES, max_size=6))
def test_records_are_used_or_problems(values: list[Any]) -> None:
    with TemporaryDirectory() as folder:
        (found,) = read(Path(folder), {"p.manifest": text(image("a.jpg", *values)), "a.jpg": "x"}, FORMATS)
    assert found.boxes.height + lost(found) == len(values)
