"""The probe where the labels are of objects: boxes and polygons in the images."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from PIL import Image

from datalint import probe, scan
from datalint.config.settings import Config
from datalint.dataset import Dataset, schema
from datalint.probe import assess, features, items, ridge, speed, task
from datalint.probe.given import Given
from datalint.report import Report, text
from tests.probe.test_probe import pictures

pytest.importorskip("torch")
pytest.importorskip("cleanlab")

pytestmark = pytest.mark.usefixtures("one_thread")

ACROSS, DOWN, EACH = 160, 80, 5
IMAGES = 24
LABELS = np.arange(IMAGES * EACH) % 2
CLASSES = ("stands", "lies")
PLACES = ((4, 4), (44, 4), (84, 4), (24, 44), (104, 44))
"""Left upper corners of the objects of an image, each of 32 pixels."""


def drawn(root: Path, labels: NDArray[np.int64] = LABELS, wrong: tuple[int, ...] = ()) -> Path:
    """Images of EACH bars that stand or lie, in a COCO file; the labels numbered `wrong` are."""
    root.mkdir(exist_ok=True)
    patches = pictures(labels)
    given = labels.copy()
    given[list(wrong)] = 1 - given[list(wrong)]
    annotations, images = [], []
    for image in range(len(labels) // EACH):
        scene = np.random.default_rng(image).normal(128, 12, (DOWN, ACROSS, 3))
        for place, (left, top) in enumerate(PLACES):
            number = image * EACH + place
            scene[top : top + 32, left : left + 32] = patches[number]
            box = [left, top, 32, 32]
            annotations.append(
                {"id": number, "image_id": image, "category_id": int(given[number]), "bbox": box, "area": 1024}
            )
        name = f"{image:03}.png"
        Image.fromarray(np.clip(scene, 0, 255).astype(np.uint8)).save(root / name)
        images.append({"id": image, "file_name": name, "width": ACROSS, "height": DOWN})
    categories = [{"id": number, "name": name} for number, name in enumerate(CLASSES)]
    write(root, {"images": images, "annotations": annotations, "categories": categories})
    return root


def write(root: Path, content: dict[str, Any]) -> None:
    (root / "labels.json").write_text(json.dumps(content))


def changed(root: Path, **about: Any) -> None:
    """The annotations with other values: by name, number of the annotation -> value."""
    content = json.loads((root / "labels.json").read_text())
    for name, values in about.items():
        for number, value in values.items():
            content["annotations"][number][name] = value
    write(root, content)


def scanned(root: Path, **options: Any) -> Report:
    return scan(root, isolated=True, jobs=0, device="cpu", select=["DL9"], **options)


def reasons(report: Report) -> dict[str, int]:
    outcome = report.dataset.probe_outcome
    assert outcome is not None
    return dict(outcome.not_assessed)


def test_wrong_labels_are_found_where_they_stand(tmp_path: Path) -> None:
    wrong = (7, 40, 41, 83, 110)
    report = scanned(drawn(tmp_path / "data", wrong=wrong))
    outcome, table = report.dataset.probe_outcome, report.tables["probe"]
    assert outcome is not None
    assert outcome.ran
    assert outcome.noun == "object"
    assert outcome.accuracy is not None
    assert outcome.accuracy > 0.85
    assert table.height == len(LABELS)
    assert table["box"].to_list() == list(range(len(LABELS)))
    worst = table.sort("quality")["box"].head(len(wrong)).to_list()
    assert len({*worst} & {*wrong}) >= 4
    found = [finding for finding in report if finding.code in ("DL901", "DL902")]
    assert len(found) >= 3
    for finding in found:
        assert finding.scope == "record"
        assert finding.file == "labels.json"
        assert finding.pointer is not None
        number = int(finding.pointer.rpartition("/")[2])
        assert finding.path == f"{number // EACH:03}.png"
        left, top = PLACES[number % EACH]
        assert [finding.data[side] for side in "xywh"] == [left, top, 32, 32]
        given = CLASSES[LABELS[number] ^ (number in wrong)]
        assert f"the object of 32x32 pixels at {left}, {top} is labelled {given}, " in finding.message
        for near in ("near_given", "near_suggested"):
            assert len(finding.data[near]) == len(finding.data[f"{near}_boxes"]) > 0
            assert finding.path not in finding.data[near]
            assert all([*corner] in [[*place] for place in PLACES] for *corner, _, _ in finding.data[f"{near}_boxes"])
    assert len({finding.id for finding in found}) == len(found)
    assert "Probe: 120 labels assessed; the quick model gets" in text.render(report)
    assert "right on objects it did not see" in text.render(report, width=1000)


def test_same_seed_same_tables_and_the_cache_knows_boxes_labels_and_margin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATALINT_NO_CACHE")
    root, asked = drawn(tmp_path / "data", wrong=(3,)), []
    judged = assess._judged

    def noted(*arguments: Any) -> Any:
        asked.append(1)
        return judged(*arguments)

    monkeypatch.setattr(assess, "_judged", noted)

    def table(**options: Any) -> pl.DataFrame:
        return scanned(root, cache_dir=tmp_path / "cache", **options).tables["probe"]

    first = table()
    assert first.equals(table())
    assert len(asked) == 1
    assert first.equals(scanned(root, no_cache=True).tables["probe"])
    assert len(asked) == 2
    table(probe_margin=0.2)
    assert len(asked) == 3
    changed(root, bbox={9: [100, 40, 36, 36]})
    assert table()["w"][9] == 36
    assert len(asked) == 4
    changed(root, category_id={11: 0})
    assert table()["given"][11] == "stands"
    assert len(asked) == 5
    (root / "labels.json").rename(root / "moved.json")
    assert set(table()["file"]) == {"moved.json"}
    assert len(asked) == 5


def test_boxes_that_cannot_be_asked_about(tmp_path: Path) -> None:
    root = drawn(tmp_path / "data")
    boxes: dict[int, Any] = {
        0: [4, 4, 7.9, 32],
        1: [float("nan"), 4, 32, 32],
        2: [0, 0, float("inf"), 32],
        3: [200, 10, 30, 30],
        4: [155, 4, 40, 40],
        5: [4, 4, 0, 0],
        6: [-20, -20, 60, 60],
    }
    changed(root, bbox=boxes, iscrowd={7: 1})
    report = scanned(root)
    assert reasons(report) == {
        "that stand for a group or are to be ignored": 1,
        "with a box that is not a place in the image": 2,
        "outside their image": 1,
        "smaller than 8 pixels": 3,
    }
    tier = report.tables["probe"]["tier"]
    assert (tier == "not-assessed").arg_true().to_list() == [0, 1, 2, 3, 4, 5, 7]
    assert "3 objects not assessed: smaller than 8 pixels" in text.render(report, width=1000)


def test_images_that_are_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = drawn(tmp_path / "data")
    (root / "000.png").write_bytes(b"")
    (root / "001.png").unlink()
    cut = items.Objects.pictures

    def pictures_of(self: items.Objects, *rest: Any, **more: Any) -> Any:
        (root / "002.png").write_text("no longer")
        return cut(self, *rest, **more)

    monkeypatch.setattr(items.Objects, "pictures", pictures_of)
    report = scanned(root)
    assert reasons(report) == {
        "of images that are not there": EACH,
        "of images that cannot be read": EACH,
        "in images that could not be read again": EACH,
    }
    assert report.dataset.probe_outcome is not None
    assert report.dataset.probe_outcome.assessed == len(LABELS) - 3 * EACH
    assert report.dataset.probe_outcome.lacked == ("memory",)
    assert report.tables["probe"]["tier"].to_list()[: 3 * EACH] == ["not-assessed"] * 3 * EACH


def test_all_images_are_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: object, numbers: NDArray[np.int64], side: int, **__: object) -> Any:
        return np.zeros((len(numbers), side, side, 3), np.uint8), np.zeros(len(numbers), bool)

    monkeypatch.setattr(items.Objects, "pictures", none)
    (finding,) = scanned(drawn(tmp_path / "data"))
    assert finding.message == "labels were not checked: 120 of its pictures are in images that could not be read again"


def test_one_object_and_few_images(tmp_path: Path) -> None:
    root = drawn(tmp_path / "data")
    content = json.loads((root / "labels.json").read_text())
    write(root, content | {"annotations": content["annotations"][:1]})
    report = scanned(root)
    assert list(report) == []  # of one class
    assert report.dataset.probe_outcome is not None
    assert report.dataset.probe_outcome.reason == "fewer than two classes have enough objects"
    few = [entry | {"image_id": number % 4} for number, entry in enumerate(content["annotations"])]
    write(root, content | {"annotations": few})
    (finding,) = scanned(root)
    assert finding.message == "labels were not checked: fewer than two classes have enough objects"


def test_all_boxes_are_equal(tmp_path: Path) -> None:
    """The same part of an image under either label: nothing can be learned from that."""
    root = drawn(tmp_path / "data")
    changed(root, bbox={number: [4, 4, 32, 32] for number in range(len(LABELS))})
    report = scanned(root)
    assert report.dataset.probe_outcome is not None
    assert not set(report.tables["probe"]["tier"]) & {"likely"}


def test_out_of_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object, **__: object) -> Any:
        raise MemoryError

    monkeypatch.setattr(items.Objects, "pictures", none)
    (finding,) = scanned(drawn(tmp_path / "data"))
    assert finding.message == ("labels were not checked: out of memory: lower probe.seconds to assess fewer objects")


def test_embeddings_are_of_whole_images(tmp_path: Path) -> None:
    root = drawn(tmp_path / "data")
    np.save(tmp_path / "features.npy", np.zeros((IMAGES, 4), np.float32))
    (finding,) = scanned(root, embeddings=tmp_path / "features.npy")
    assert finding.message == (
        "labels were not checked: the embeddings are of whole images, and the labels are of objects in them"
    )


# -- what an object is -----------------------------------------------------------------------------------------------


def tables(**frames: dict[str, Any]) -> Dataset:
    images = {
        "image": [0, 1],
        "path": ["a.jpg", "b.jpg"],
        "width": [100, 100],
        "height": [50, 50],
        "status": ["ok"] * 2,
    }
    every = {"images": images, **frames}
    return Dataset(Path(), tables={name: schema.conform(name, pl.DataFrame(frame)) for name, frame in every.items()})


def test_an_object_of_polygons_is_the_box_around_them() -> None:
    polygons = {
        "image": [0, 0, 1, 1, 1],
        "path": ["a.jpg"] * 2 + ["b.jpg"] * 3,
        "class": ["cat", "cat", "dog", "cow", "cow"],
        "part": [0, 1, 0, 0, 0],
        "box": [None, None, None, 0, None],
        "points": [[10.0, 10, 20, 10, 20, 30], [40.0, 5, 50, 9], [0.125, 0.25, 0.5, 0.75], [0.0, 0.0], []],
        "unit": ["pixels", "pixels", "share", "pixels", "pixels"],
        "pointer": ["/0", "/0", "/1", "/2", "/3"],
    }
    box = {
        "image": [1],
        "path": ["b.jpg"],
        "box": [0],
        "class": ["cow"],
        "x": [1.0],
        "y": [2.0],
        "w": [9.0],
        "h": [8.0],
    }
    made = items.of(tables(polygons=polygons, boxes=box), probe.Options(), Given())
    assert made.noun == "object"
    rows = made.rows.select("path", "box", "pointer", "given", "x", "y", "w", "h").rows()
    assert rows == [
        ("b.jpg", 0, None, "cow", 1, 2, 9, 8),
        ("a.jpg", None, "/0", "cat", 10, 5, 40, 25),
        ("b.jpg", None, "/1", "dog", 12.5, 12.5, 37.5, 25),
        ("b.jpg", None, "/3", "cow", None, None, None, None),
    ]
    assert made.candidates["item"].to_list() == [0, 1, 2]
    assert made.left_out == {"with a box that is not a place in the image": 1}


def test_images_with_a_class_of_their_own_are_asked_about_as_before() -> None:
    labels = {"image": [0], "class": ["cat"]}
    box = {"image": [1], "path": ["b.jpg"], "box": [0], "class": ["cow"]}
    assert items.of(tables(labels=labels, boxes=box), probe.Options(), Given()).noun == "image"


def test_objects_of_an_image_and_of_its_copies_are_one_group() -> None:
    count = 120
    numbers = np.arange(count)
    boxes: dict[str, Any] = {
        "image": numbers // 3,
        "path": ["a"] * count,
        "class": [f"c{number % 2}" for number in numbers],
    }
    boxes |= {"x": [1.0] * count, "y": [1.0] * count, "w": [20.0] * count, "h": [20.0] * count, "box": numbers}
    images = {"image": np.arange(40), "path": [str(number) for number in range(40)], "status": ["ok"] * 40}
    images |= {"width": [64] * 40, "height": [64] * 40}
    copies = {"image": [4, 9, 30], "group": [4, 4, 4]}
    data = tables(images=images, boxes=boxes, copies=copies)
    posed = task.pose(data, items.of(data, probe.Options(), Given()), "all", 1000, 0)
    groups = posed.groups()
    assert sorted(map(len, groups)) == [3] * 37 + [9]
    (shared,) = (group for group in groups if len(group) == 9)
    assert set(numbers[shared] // 3) == {4, 9, 30}
    few = task.pose(data, items.of(data, probe.Options(), Given()), "all", 60, 0)
    assert len(few.items) == 60
    assert np.bincount(few.given).tolist() == [30, 30]
    assert few.not_assessed == {"beyond what the probe can do in its time (probe.seconds)": 60}


def test_rare_classes_are_drawn_too() -> None:
    names = ["common"] * 10_000 + ["rare"] * 12
    count = len(names)
    boxes = {"image": np.arange(count), "path": [""] * count, "class": names, "box": np.arange(count)}
    boxes |= {side: [20.0] * count for side in "xywh"}
    images = {"image": np.arange(count), "path": [f"{n:06}" for n in range(count)], "status": ["ok"] * count}
    images |= {"width": [64] * count, "height": [64] * count}
    data = tables(images=images, boxes=boxes)
    posed = task.pose(data, items.of(data, probe.Options(), Given()), "all", 500, 0)
    assert np.bincount(posed.given).tolist() == [490, 10]


def test_how_many_objects_there_is_time_for() -> None:
    alone = speed.objects(Given(), "cpu", 50.0, 10_000_000)
    together = speed.objects(Given(), "cpu", 150.0, 1_000)
    assert alone < together <= 12_000
    assert speed.objects(Given(), "cpu", 50.0, alone) == pytest.approx(alone, rel=0.01)
    assert speed.objects(Given(), "cuda", 150.0, 1_000) > 200_000
    assert speed.objects(Given(), "cpu", 0.0, 1_000) == 1
    assert speed.objects(Given(), "cpu", 1e9, 1_000) * features.WIDTH * 4 < 420e6  # bytes, of 2 GB in all


# -- leaving groups out ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("landmarks", [None, 30])
def test_every_item_in_a_group(landmarks: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many groups as an image has objects, and one that is larger than the number of landmarks."""
    rng = np.random.default_rng(1)
    count = 120
    features, given = rng.normal(size=(count, 6)).astype(np.float32), rng.integers(0, 3, count)
    group = np.concatenate([np.repeat(np.arange(20), 4), np.full(40, 20)])[rng.permutation(count)]
    if landmarks:
        monkeypatch.setattr(ridge, "EXACT", 10)
        monkeypatch.setattr(ridge, "LANDMARKS", landmarks)
        monkeypatch.setattr(ridge, "_AT_ONCE", 25)
    kernel = ridge.kernel(features, 0, smooth=True)
    groups = [np.flatnonzero(group == number) for number in range(21)]
    scores = ridge.left_out(kernel, given, 3, groups, 0.1)
    values = kernel.values.double().numpy()
    if landmarks:
        marks = kernel.landmarks.numpy()
        inner = values[marks] + 1e-4 * np.eye(len(marks))
        values = values @ np.linalg.solve(inner, values.T)
    for out in groups:
        rest = np.setdiff1d(np.arange(count), out)
        target = np.eye(3)[given[rest]] - 1 / 3
        weight = np.linalg.solve(values[np.ix_(rest, rest)] + 0.1 * np.eye(len(rest)), target)
        assert np.allclose(scores[out], values[np.ix_(out, rest)] @ weight + 1 / 3, atol=4e-3)


def test_the_margin_is_checked() -> None:
    for margin in (-0.1, 1.5, float("nan")):
        with pytest.raises(ValueError, match=r"margin takes a share from 0 to 1"):
            Config(probe_margin=margin)
