"""FiftyOne's `samples.json`: fields of samples, which of them are read, and what is broken where."""

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
CAT: dict[str, Any] = {"_cls": "Detection", "label": "cat", "bounding_box": SIDES}


def boxes(*labels: Any) -> dict[str, Any]:
    return {"_cls": "Detections", "detections": list(labels)}


def sample(name: str, **fields: Any) -> dict[str, Any]:
    about = {"_cls": "ImageMetadata", "width": 64, "height": 48}
    return {"filepath": f"data/{name}.jpg", "tags": ["x", "train"], "_media_type": "image", "metadata": about, **fields}


def text(*samples: Any) -> str:
    """Each sample in a line of its own, from line 2."""
    return '{"samples": [\n' + ",\n".join(json.dumps(one) for one in samples) + "\n]}"


def one(root: Path, *samples: Any) -> Annotations:
    pictures = {f"data/{name}.jpg": "x" for name in ("a", "b")}
    (found,) = read(root, {"samples.json": text(*samples), **pictures}, FORMATS)
    return found


def test_fields(tmp_path: Path) -> None:
    triangle = [[[0.1, 0.1], [0.4, 0.1], [0.4, 0.4]]]
    fields = {
        "objects": boxes(CAT, {**CAT, "iscrowd": 1}),
        "kind": {"_cls": "Classification", "label": "night"},
        "kinds": {"_cls": "Classifications", "classifications": [{"label": "rain"}]},
        "lines": {"_cls": "Polylines", "polylines": [{"label": "road", "points": triangle, "closed": True}]},
        "points": {"_cls": "Keypoints", "keypoints": [{"label": "nose", "points": [[0.5, 0.5]]}]},
    }
    found = one(tmp_path, sample("a", **fields), sample("b"))
    assert found.problems == []
    assert found.boxes.select("path", "class", "line", "pointer", "raw", "unit", "crowd").rows() == [
        ("data/a.jpg", "cat", 2, "/samples/0/objects/detections/0", SIDES, "xywh-share", None),
        ("data/a.jpg", "cat", 2, "/samples/0/objects/detections/1", SIDES, "xywh-share", True),
    ]
    assert found.labels.select("class", "pointer").rows() == [
        ("night", "/samples/0/kind"),
        ("rain", "/samples/0/kinds/classifications/0"),
    ]
    assert found.polygons.select("points", "unit", "closed").rows() == [([0.1, 0.1, 0.4, 0.1, 0.4, 0.4], "share", True)]
    assert found.keypoints.select("points", "unit").rows() == [([0.5, 0.5, 2.0], "share")]
    assert found.named.select("path", "width", "height").rows() == [
        ("data/a.jpg", 64.0, 48.0),
        ("data/b.jpg", 64.0, 48.0),
    ]
    assert found.splits["split"].to_list() == ["train", "train"]


def test_fields_that_are_not_read(tmp_path: Path) -> None:
    predicted = boxes({**CAT, "confidence": 0.5})
    found = one(
        tmp_path,
        sample("a", ground_truth=boxes(CAT), predictions=predicted, other=boxes(CAT)),
        sample("b", predictions=predicted, mask={"_cls": "Segmentation", "mask": "x"}),
    )
    assert found.problems == []
    assert found.boxes.height == 1
    told = " ".join(found.evidence)
    assert "2 field of predictions" in told or "2 fields of predictions" in told
    assert "1 field beside ground_truth" in told
    assert "1 field of the kind Segmentation" in told


@pytest.mark.parametrize(
    ("bad", "step", "reason"),
    [
        (7, "", "a number in place of an object"),
        ({**CAT, "label": None}, "/label", "the label has no `label`"),
        ({"label": "cat"}, "", "null in place of 4 numbers"),
        ({**CAT, "bounding_box": [1, 2]}, "/bounding_box", "a list of 2 in place of 4 numbers"),
    ],
)
def test_a_bad_label_costs_that_label(tmp_path: Path, bad: Any, step: str, reason: str) -> None:
    found = one(tmp_path, sample("b"), sample("a", ground_truth=boxes(CAT, bad, CAT)))
    assert places(found) == [("syntax", 3, f"/samples/1/ground_truth/detections/1{step}")]
    assert reason in found.problems[0].reason
    assert found.boxes.height == 2


def test_bad_samples_and_shapes(tmp_path: Path) -> None:
    found = one(
        tmp_path,
        sample("a", kind={"_cls": "Classification", "label": ""}),
        7,
        {"filepath": None, "ground_truth": boxes(CAT)},
        sample("b", objects={"_cls": "Detections"}, more={"_cls": "Detections", "detections": {}}),
        sample("a", lines={"_cls": "Polylines", "polylines": [{"label": "x", "points": [[[0.1]]]}, {"label": "x"}]}),
        sample("gone", points={"_cls": "Keypoint", "label": "x"}),
    )
    assert places(found) == [
        ("syntax", 2, "/samples/0/kind/label"),
        ("syntax", 3, "/samples/1"),
        ("syntax", 4, "/samples/2/filepath"),
        ("syntax", 5, "/samples/3/objects"),
        ("syntax", 5, "/samples/3/more/detections"),
        ("repeated-id", 6, "/samples/4"),
        ("syntax", 6, "/samples/4/lines/polylines/0/points/0/0"),
        ("syntax", 6, "/samples/4/lines/polylines/1"),
        ("syntax", 7, "/samples/5/points"),
    ]
    assert found.named["file_row"].null_count() == 1


def test_a_file_that_ends_early(tmp_path: Path) -> None:
    content = text(sample("a", ground_truth=boxes(CAT)), sample("b", ground_truth=boxes(CAT)))[:-30]
    (found,) = read(tmp_path, {"samples.json": content, "data/a.jpg": "x", "data/b.jpg": "x"}, FORMATS)
    assert found.boxes.height == 1
    assert [place[:2] for place in places(found)] == [("syntax", 3)]


@pytest.mark.parametrize("content", ["[]", "{", '{"samples": []}', '{"samples": [{"image": "a.jpg"}]}'])
def test_files_of_other_formats_are_left_alone(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, {"samples.json": content, "a.jpg": "x"}, FORMATS) == []


VALUES = st.one_of(
    st.just(CAT),
    st.none(),
    st.fixed_dictionaries({"label": st.sampled_from(["cat", "", None])}, optional={"bounding_box": st.just(SIDES)}),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(VALUES, max_size=6))
def test_records_are_used_or_problems(values: list[Any]) -> None:
    with TemporaryDirectory() as folder:
        files = {"samples.json": text(sample("a", ground_truth=boxes(*values))), "data/a.jpg": "x"}
        (found,) = read(Path(folder), files, FORMATS)
    assert found.boxes.height + lost(found) == len(values)
