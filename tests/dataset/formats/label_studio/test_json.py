"""Label Studio's JSON: tasks with annotations, flat records, every kind of answer, and what is broken where."""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalint.config.settings import Config
from datalint.dataset.assembly.annotations import Annotations
from datalint.dataset.files.walk import walk
from datalint.dataset.formats.label_files import read
from datalint.dataset.formats.label_studio import FORMATS

SIZE = {"original_width": 200, "original_height": 100, "image_rotation": 0}
BOX = {"x": 10, "y": 20.5, "width": 30, "height": 40, "rotation": 0}
CAT = {**BOX, "rectanglelabels": ["cat"]}


def result(kind: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"id": "r", "from_name": "label", "to_name": "image", "type": kind, **SIZE, "value": value, **more}


def annotation(*results: Any, **more: Any) -> dict[str, Any]:
    return {"id": 1, "was_cancelled": False, "completed_by": 1, "result": list(results), **more}


def task(name: Any, *annotations: Any, **more: Any) -> dict[str, Any]:
    return {"id": 7, "annotations": list(annotations), "data": {"image": name}, **more}


def flat(name: Any, **answers: Any) -> dict[str, Any]:
    own = {"annotator": 1, "annotation_id": 1, "created_at": "2024", "updated_at": "2024", "lead_time": 1.5}
    return {"image": name, "id": 1, **answers, **own}


def text(*tasks: Any) -> str:
    """Each task in a line of its own, from line 2."""
    return "[\n" + ",\n".join(json.dumps(one) for one in tasks) + "\n]"


def make(root: Path, files: dict[str, str | bytes]) -> list[Annotations]:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    place = os.fsencode(root)
    return read(walk(place, [place], Config()), FORMATS)


def one(root: Path, *tasks: Any) -> Annotations:
    found = make(root, {"project.json": text(*tasks), "images/a.jpg": "x", "images/b.jpg": "x"})
    assert len(found) == 1
    return found[0]


def problems(annotations: Annotations) -> list[tuple[str, int | None, str | None]]:
    return [(problem.kind, problem.line, problem.pointer) for problem in annotations.problems]


def test_boxes_are_shares(tmp_path: Path) -> None:
    named = task("/data/upload/1/0a1b2c3d-b.jpg", annotation())
    found = one(tmp_path, task("/data/upload/1/a.jpg", annotation(result("rectanglelabels", CAT))), named)
    assert found.problems == []
    assert found.boxes.select("path", "class", "line", "pointer", "raw", "unit", "id").rows() == [
        ("images/a.jpg", "cat", 2, "/0/annotations/0/result/0", [0.1, 0.205, 0.3, 0.4], "xywh-share", "r")
    ]
    assert found.named.select("path", "width", "height", "pointer").rows() == [
        ("images/a.jpg", 200.0, 100.0, "/0"),
        ("images/b.jpg", None, None, "/1"),
    ]
    assert found.evidence == ("Label Studio: project.json, 2 images, 1 box, 1 class.",)
    assert str(found.outcomes["project.json"]) == "read as Label Studio: 2 images, 1 box"


def test_a_turned_box_has_its_corners(tmp_path: Path) -> None:
    turned = {**CAT, "x": 50, "y": 50, "width": 10, "height": 40, "rotation": 90}
    found = one(tmp_path, task("a.jpg", annotation(result("rectanglelabels", turned))))
    (raw,) = found.boxes["raw"].to_list()
    # 20 x 40 pixels about (100, 50), turned clockwise: to 40 x 20 pixels, left of and below it
    assert raw == pytest.approx([0.5, 0.5, 0.5, 0.7, 0.3, 0.7, 0.3, 0.5])
    assert found.boxes["unit"].to_list() == ["quad-share"]


def test_shapes_of_all_kinds(tmp_path: Path) -> None:
    found = one(
        tmp_path,
        task(
            "a.jpg",
            annotation(
                result("polygonlabels", {"points": [[1, 2], [50, 2], [50, 100]], "polygonlabels": ["cat", "tail"]}),
                result("keypointlabels", {"x": 5, "y": 6, "width": 0.5, "keypointlabels": ["nose"]}),
                result("ellipselabels", {"x": 50, "y": 50, "radiusX": 10, "radiusY": 20, "ellipselabels": ["eye"]}),
                result("rectangle", BOX, id="two"),
                result("labels", {**BOX, "labels": ["dog"]}, id="two"),
                result("rectangle", BOX, id="bare"),
                result("choices", {"choices": ["indoor", "night"]}),
                result("choices", {**BOX, "choices": ["occluded"]}),
                result("textarea", {**BOX, "text": ["hello"]}),
                result("brushlabels", {"format": "rle", "rle": [1, 2], "brushlabels": ["sky"]}),
                {"type": "relation", "from_id": "a", "to_id": "b", "direction": "right"},
            ),
        ),
    )
    assert found.problems == []
    assert found.polygons.select("class", "points", "unit").rows() == [
        (name, [0.01, 0.02, 0.5, 0.02, 0.5, 1.0], "share") for name in ("cat", "tail")
    ]
    assert found.keypoints.select("class", "points", "unit").rows() == [("nose", [0.05, 0.06, 2.0], "share")]
    assert found.boxes.select("class", "raw", "unit").rows() == [
        ("eye", [0.5, 0.5, 0.2, 0.4], "cxcywh-share"),
        ("dog", [0.1, 0.205, 0.3, 0.4], "xywh-share"),
        (None, [0.1, 0.205, 0.3, 0.4], "xywh-share"),
    ]
    assert found.labels["class"].to_list() == ["indoor", "night"]
    left = "Of Label Studio's annotations not read: "
    assert set(found.evidence[1:]) == {
        f"{left}1 answer of the kind textarea.",
        f"{left}1 answer of the kind choices.",
        f"{left}1 answer of the kind relation.",
        f"{left}1 mask of a brush.",
    }


def test_a_turned_ellipse_is_in_the_box_around_it(tmp_path: Path) -> None:
    value = {"x": 50, "y": 50, "radiusX": 10, "radiusY": 10, "rotation": 90, "ellipselabels": ["eye"]}
    found = one(tmp_path, task("a.jpg", annotation(result("ellipselabels", value))))
    assert found.boxes["raw"].to_list()[0] == pytest.approx([0.5, 0.5, 0.1, 0.4])


def test_of_several_annotations_one_counts(tmp_path: Path) -> None:
    dog = result("choices", {"choices": ["dog"]})
    cat = result("choices", {"choices": ["cat"]})
    found = one(
        tmp_path,
        task("a.jpg", annotation(dog, was_cancelled=True), annotation(dog), annotation(cat, ground_truth=True)),
        task("b.jpg", annotation(dog, was_cancelled=True)),
    )
    assert found.labels.select("path", "class").rows() == [("images/a.jpg", "cat")]
    assert found.named["path"].to_list() == ["images/a.jpg"]
    assert found.multi is False
    assert found.evidence[1:] == (
        "Of Label Studio's annotations not read: 1 further annotation of an image, where the first one counts.",
        "Of Label Studio's annotations not read: 1 task without an annotation.",
    )


def test_completions_and_videos(tmp_path: Path) -> None:
    old = {"id": 1, "completions": [annotation(result("rectanglelabels", CAT))], "data": {"image": "a.jpg"}}
    video = {"id": 2, "annotations": [annotation(result("videorectangle", {"sequence": []}))], "data": {"v": "x.mp4"}}
    found = one(tmp_path, old, video)
    assert found.boxes["pointer"].to_list() == ["/0/completions/0/result/0"]
    assert found.problems == []
    assert found.evidence[1:] == ("Of Label Studio's annotations not read: 1 video.",)


def test_flat_records(tmp_path: Path) -> None:
    region = {**CAT, **SIZE}
    found = one(
        tmp_path,
        flat("/data/upload/1/a.jpg", label=[region, {**region, "rectanglelabels": ["dog"]}], kind="night"),
        flat("/data/local-files/?d=images/b.jpg", kind={"choices": ["day", "rain"]}) | {"id": 2},
        flat("/data/local-files/?d=images/b.jpg", kind="day") | {"id": 2},
    )
    assert found.problems == []
    assert found.boxes.select("path", "class", "pointer").rows() == [
        ("images/a.jpg", "cat", "/0/label/0"),
        ("images/a.jpg", "dog", "/0/label/1"),
    ]
    assert found.labels.select("path", "class", "pointer").rows() == [
        ("images/a.jpg", "night", "/0/kind"),
        ("images/b.jpg", "day", "/1/kind"),
        ("images/b.jpg", "rain", "/1/kind"),
    ]
    assert "1 further annotation" in found.evidence[1]


def test_texts_that_people_write_are_no_classes(tmp_path: Path) -> None:
    tasks = [flat("a.jpg", said="A cat.") | {"id": 1}, flat("b.jpg", said="A dog.") | {"id": 2}]
    assert one(tmp_path, *tasks, flat("c.jpg", said="A cow.") | {"id": 3}).labels.is_empty()
    assert one(tmp_path, *(flat("a.jpg", caption="cat") | {"id": number} for number in range(9))).labels.is_empty()


@pytest.mark.parametrize(
    ("bad", "step", "reason"),
    [
        (7, "", "a number in place of a result"),
        (result("rectanglelabels", None), "/value", "null in place of a region"),
        (result("rectanglelabels", BOX), "/value", "the region has no `rectanglelabels`"),
        (result("rectanglelabels", {**CAT, "rectanglelabels": []}), "/value/rectanglelabels", "not a list of classes"),
        (result("rectanglelabels", {**CAT, "x": "left"}), "/value/x", "`x` is"),
        (result("rectanglelabels", {"rectanglelabels": ["cat"], "x": 1}), "/value", "the region has no `y`"),
        (result("rectanglelabels", {**CAT, "rotation": []}), "/value/rotation", "`rotation` is"),
        (
            result("rectanglelabels", {**CAT, "rotation": 45}, original_width=None),
            "",
            "the region is turned, and the size of the image is not said",
        ),
        (result("polygonlabels", {"polygonlabels": ["cat"]}), "/value", "the polygon has no points"),
        (
            result("polygonlabels", {"polygonlabels": ["cat"], "points": [[1, 2], [3]]}),
            "/value/points/1",
            "a list that is not a point",
        ),
        (result("choices", {"choices": 3}), "/value/choices", "in place of choices"),
    ],
)
def test_a_bad_result_costs_that_result(tmp_path: Path, bad: Any, step: str, reason: str) -> None:
    good = result("rectanglelabels", CAT)
    found = one(tmp_path, task("b.jpg", annotation()), task("a.jpg", annotation(good, bad, good)))
    assert problems(found) == [("syntax", 3, f"/1/annotations/0/result/1{step}")]
    assert reason in found.problems[0].reason
    assert found.boxes.height == 2


def test_bad_tasks(tmp_path: Path) -> None:
    good = annotation(result("rectanglelabels", CAT))
    found = one(
        tmp_path,
        task("a.jpg", good),
        7,
        {"id": 1, "annotations": [good]},
        {"id": 1, "annotations": {}, "data": {"image": "a.jpg"}},
        task("a.jpg", 7),
        task("b.jpg", {"id": 1, "completed_by": 1}),
        task(None, good),
        task("../../../x/gone.jpg", good),
        task("a.jpg", good),
    )
    assert problems(found) == [
        ("syntax", 3, "/1"),
        ("syntax", 4, "/2"),
        ("syntax", 5, "/3/annotations"),
        ("syntax", 6, "/4/annotations/0"),
        ("syntax", 7, "/5/annotations/0"),
        ("syntax", 8, "/6/data"),
        ("repeated-id", 10, "/8"),
    ]
    assert "with 1 region" in found.problems[5].reason
    assert found.named["path"].to_list() == ["images/a.jpg", "images/b.jpg", "gone.jpg", "images/a.jpg"]


def test_a_file_that_ends_early(tmp_path: Path) -> None:
    content = text(task("a.jpg", annotation(result("rectanglelabels", CAT))), task("b.jpg", annotation()))
    found = make(tmp_path, {"p.json": content[:-30], "a.jpg": "x", "b.jpg": "x"})[0]
    assert found.boxes.height == 1
    assert [problem.line for problem in found.problems] == [3]


def test_files_of_splits_are_one_dataset(tmp_path: Path) -> None:
    files = {f"{split}.json": text(task(f"{split}/a.jpg", annotation())) for split in ("train", "val")}
    found = make(tmp_path, {**files, "train/a.jpg": "x", "val/a.jpg": "x"})
    assert [one.source for one in found] == [""]
    assert found[0].splits["split"].to_list() == ["train", "val"]


@pytest.mark.parametrize(
    "content",
    [
        '{"images": [], "annotations": [], "categories": []}',
        '[{"image": "a.jpg", "annotations": [{"label": "cat", "coordinates": {"x": 1}}]}]',
        '[{"id": 1, "annotations": []}]',
        '[{"name": "a.jpg", "labels": [{"category": "car", "box2d": {}}]}]',
        "[]",
        "{",
    ],
)
def test_files_of_other_formats_are_left_alone(tmp_path: Path, content: str) -> None:
    assert make(tmp_path, {"a.json": content, "a.jpg": "x"}) == []


VALUES = st.one_of(
    st.just(CAT),
    st.just({"points": [[1, 2], [3, 4], [5, 6]], "rectanglelabels": ["cat"]}),
    st.dictionaries(st.sampled_from(["x", "y", "width", "height", "rectanglelabels"]), st.none() | st.integers(0, 99)),
    st.none(),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(VALUES, max_size=4), min_size=1, max_size=4), st.booleans())
def test_records_are_used_or_problems(values: list[list[Any]], is_flat: bool) -> None:
    tasks: list[Any] = []
    for number, some in enumerate(values):
        if is_flat:
            tasks.append({**flat(f"{number}.jpg", label=[None if one is None else {**one, **SIZE} for one in some])})
        else:
            tasks.append(task(f"{number}.jpg", annotation(*(result("rectanglelabels", one) for one in some))))
    with TemporaryDirectory() as folder:
        files: dict[str, str | bytes] = {f"{number}.jpg": "x" for number in range(len(values))}
        (found,) = make(Path(folder), {"p.json": text(*tasks), **files})
    lost = Counter(problem.kind for problem in found.problems)
    left = sum(1 for some in values for one in some if is_flat and one == {})
    assert found.named.height == len(values)
    drawn = found.boxes.height + found.polygons.height + found.keypoints.height
    unread = sum(int(sentence.rsplit(": ", 1)[1].split()[0]) for sentence in found.evidence[1:])
    assert drawn + lost["syntax"] + unread == sum(map(len, values)), (left, found.problems)
    assert all(math.isfinite(number) for raw in found.boxes["raw"] for number in raw)
