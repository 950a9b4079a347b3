"""Several label files about the same images: one leads, the others are compared."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from datalint.dataset.assembly import compare
from datalint.dataset.assembly.annotations import CLASSES, FOLDERS, LABELS, Annotations
from datalint.dataset.assembly.collector import Collector, Record
from datalint.dataset.assembly.merge import merge
from datalint.dataset.containers.records import Place
from datalint.dataset.files.image_names import Found


def source(
    name: str,
    place: str,
    boxes: dict[str, list[tuple[str, list[float]]]],
    precision: int = 0,
    unit: str = "xyxy-pixels",
) -> Annotations:
    """Boxes by image; `a.jpg` is file 0, `b.jpg` file 1, ..."""
    made = Collector(name, place, precision)
    made.evidence.append(f"{name}: {place}.")
    for line, (path, objects) in enumerate(boxes.items(), 1):
        found = Found(ord(path[0]) - ord("a"), path)
        made.image(found, Place(place, line))
        for cls, raw in objects:
            record = Record(found, cls, None, Place(place, line))
            box = made.box(record, raw, unit)
            made.polygon(record, [0, 0, 1, 0, 1, 1], box=box)
    return made.annotations()


CAT, DOG = ("cat", [0.0, 0.0, 10.0, 10.0]), ("dog", [5.0, 5.0, 9.0, 9.0])
XML = source("voc", "Annotations", {"a.jpg": [CAT], "b.jpg": [CAT, DOG], "c.jpg": []})


def test_a_source_that_says_the_same_adds_nothing() -> None:
    csv = source("box-table", "all.csv", {"a.jpg": [CAT], "b.jpg": [DOG, CAT], "c.jpg": []}, precision=2)
    found = merge([csv, XML])
    assert found.boxes["file"].to_list() == ["Annotations"] * 3
    assert found.problems.is_empty()
    assert "they agree" in " ".join(found.evidence)


def test_where_two_sources_differ_is_a_problem_of_the_less_precise_one() -> None:
    csv = source("box-table", "all.csv", {"a.jpg": [CAT], "b.jpg": [DOG, DOG], "c.jpg": []}, precision=2)
    found = merge([csv, XML])
    assert found.problems.select("kind", "file", "line", "path", "reason").rows() == [
        ("disagreement", "all.csv", 2, "b.jpg", "2 dog here, 1 cat, 1 dog in Annotations")
    ]


def test_boxes_elsewhere_are_told() -> None:
    moved = ("cat", [50.0, 0.0, 60.0, 10.0])
    csv = source("box-table", "all.csv", {"a.jpg": [moved], "b.jpg": [CAT, DOG], "c.jpg": []}, precision=2)
    (reason,) = merge([csv, XML]).problems["reason"]
    assert reason == "other boxes of 1 cat here, 1 cat in Annotations"


def test_other_units_are_compared_by_class() -> None:
    shares = [("cat", [0.5, 0.5, 0.1, 0.1])]
    txt = source("yolo", "labels", {"a.jpg": shares}, precision=1, unit="cxcywh-share")
    found = merge([XML, txt])
    assert found.problems.is_empty()
    assert found.boxes.height == 3


def test_images_that_only_one_describes_are_added_and_boxes_keep_their_polygons() -> None:
    csv = source("box-table", "all.csv", {"a.jpg": [CAT], "d.jpg": [DOG, CAT], "b.jpg": [CAT, DOG]}, precision=2)
    found = merge([XML, csv])
    assert found.boxes.select("path", "class", "box").rows()[3:] == [("d.jpg", "dog", 3), ("d.jpg", "cat", 4)]
    joined = found.polygons.join(found.boxes, on="box", suffix="_box")
    assert joined.height == 5
    assert (joined["path"] == joined["path_box"]).all()
    assert (joined["class"] == joined["class_box"]).all()


def test_another_task_is_told_and_not_added() -> None:
    parts = source("coco", "parts.json", {name: [("wheel", [0.0, 0.0, 1.0, 1.0])] for name in ("a.jpg", "b.jpg")}, 1)
    found = merge([XML, parts])
    assert found.boxes.height == 3
    assert found.problems.is_empty()
    assert "another task" in " ".join(found.evidence)


def test_folders_are_no_classes_where_label_files_say_what_is_there() -> None:
    def folders(*rows: int) -> Annotations:
        place: dict[str, Any] = {"class": "x", "class_id": 0, "file": None, "line": None, "pointer": None}
        labels = pl.DataFrame([{"file_row": row, "path": f"{row}", **place} for row in rows], schema=LABELS)
        classes = pl.DataFrame({"class": ["x"], "class_id": [0], "source": ["folder"]}, schema=CLASSES)
        folders = frozenset({"x"})
        return Annotations(
            "image-folder", "", FOLDERS, labels, classes=classes, image_level=True, class_folders=folders
        )

    found = merge([folders(0, 1, 2), XML])
    assert found.labels.is_empty()
    assert found.classes.is_empty()
    assert found.names == ("voc",)
    kept = merge([folders(*range(20)), XML])
    assert kept.labels.height == 20
    assert kept.names == ("image-folder", "voc")


def test_sources_about_other_images_are_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of label files would otherwise take hours: the work for each must not grow with their number."""

    def work(sources: int) -> int:
        asked: list[str] = []
        facts = compare.facts

        def counted(source: Annotations, subject: compare.Subject) -> pl.DataFrame:
            asked.append(source.source)
            return facts(source, subject)

        monkeypatch.setattr(compare, "facts", counted)
        found = merge([source("coco", f"{number}.json", {f"k{number}.jpg": [CAT]}) for number in range(sources)])
        monkeypatch.setattr(compare, "facts", facts)
        assert found.boxes.height == sources
        return len(asked)

    assert work(40) == 4 * work(10)


def test_each_source_is_compared_with_the_earlier_ones_about_its_images() -> None:
    first, second, third = (source("coco", name, {"a.jpg": [CAT], f"{name[0]}.jpg": [DOG]}) for name in ("x", "y", "z"))
    told = " ".join(merge([first, second, third]).evidence)
    assert "y describes 1 image that x also describes" in told
    assert "z describes 1 image that x also describes" in told
    assert "z describes 1 image that y also describes" in told


def compared(sources: list[Annotations], monkeypatch: pytest.MonkeyPatch) -> int:
    """How often one source is compared with another one."""
    count = 0
    differing = compare.differing

    def counted(*given: Any) -> compare.Difference:
        nonlocal count
        count += 1
        return differing(*given)

    monkeypatch.setattr(compare, "differing", counted)
    merge(sources)
    return count


def test_many_sources_about_images_of_their_own_are_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = [source("coco", f"{n}.json", {f"{chr(ord('a') + n)}.jpg": [CAT]}) for n in range(100)]
    assert compared(sources, monkeypatch) == 0


def test_many_sources_about_the_same_image_are_not_compared_each_with_each(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = [source("coco", f"{n}.json", {"a.jpg": [CAT]}) for n in range(100)]
    assert 99 <= compared(sources, monkeypatch) <= 2 * 100


def test_a_few_sources_about_the_same_image_are_all_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = [source("coco", f"{n}.json", {"a.jpg": [CAT]}) for n in range(4)]
    assert compared(sources, monkeypatch) == 6
