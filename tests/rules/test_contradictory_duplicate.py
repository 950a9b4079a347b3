"""Equal pictures whose boxes differ contradict each other; a hair's breadth does not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from datalint import scan
from tests.measure.pictures import photo

if TYPE_CHECKING:
    from pathlib import Path

BOX = (1, [10, 10, 40, 30])


@pytest.mark.parametrize(
    ("other", "labels"),
    [
        ([(1, [11, 10, 40, 31])], None),
        ([(2, [10, 10, 40, 30])], "1 cat in one and 1 dog in another"),
        ([BOX, BOX], "1 cat in one and 2 cat in another"),
        ([(1, [50, 10, 20, 30])], "1 cat, in different places"),
        ([], "1 cat in one and nothing in another"),
        (None, None),
    ],
)
def test_equal_pictures_with_boxes(tmp_path: Path, other: list[tuple[int, list[int]]] | None, labels: str) -> None:
    for name in ("a.png", "b.png"):
        photo(7, (80, 60)).save(tmp_path / name)
    photo(8, (80, 60)).save(tmp_path / "c.png")
    named = [(1, "a.png"), (3, "c.png"), *([] if other is None else [(2, "b.png")])]
    boxes = [(1, *BOX), (3, *BOX), *((2, *box) for box in other or ())]
    coco = {
        "images": [{"id": number, "file_name": name, "width": 80, "height": 60} for number, name in named],
        "annotations": [
            {"id": number, "image_id": image, "category_id": category, "bbox": box, "iscrowd": 0}
            for number, (image, category, box) in enumerate(boxes)
        ],
        "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
    }
    (tmp_path / "instances.json").write_text(json.dumps(coco))
    report = scan(tmp_path, select=["DL603"], isolated=True, jobs=0)
    messages = report.findings["message"].to_list()
    assert messages == ([] if labels is None else [f"the same picture is labelled {labels}"])


def test_a_contradiction_across_splits_is_a_leak_and_says_so(tmp_path: Path) -> None:
    for number, place in enumerate(("train/cat", "train/dog", "val/cat", "val/dog")):
        (tmp_path / place).mkdir(parents=True)
        photo(number, (80, 60)).save(tmp_path / place / "1.png")
    photo(0, (80, 60)).save(tmp_path / "val" / "dog" / "0.png")
    report = scan(tmp_path, select=["DL603", "DL701"], isolated=True, jobs=0)
    messages = report.findings["message"].to_list()
    assert messages == ["the same picture is labelled cat (1), dog (1), in train and val"]


def test_blank_pictures_contradict_nothing(tmp_path: Path) -> None:
    for place in ("train/cat", "train/dog", "val/cat", "val/dog"):
        (tmp_path / place).mkdir(parents=True)
        Image.new("L", (64, 64)).save(tmp_path / place / "slice.png")
    assert scan(tmp_path, select=["DL603", "DL701"], isolated=True, jobs=0).findings.is_empty()
    assert scan(tmp_path, select=["DL307"], isolated=True, jobs=0).findings.height == 4


@pytest.mark.parametrize(("copied", "more"), [(9, 0), (9, 8), (9, 12), (7, 0)])
def test_a_class_under_two_names_is_one_finding(tmp_path: Path, copied: int, more: int) -> None:
    """If it is half of the smaller class; else each picture is its own."""
    for place, numbers in (("cat", range(copied + more)), ("kitty", [*range(copied), *range(50, 50 + more)])):
        (tmp_path / place).mkdir()
        for number in numbers:
            photo(number, (80, 60)).save(tmp_path / place / f"{place}{number}.png")
    report = scan(tmp_path, select=["DL603", "DL601"], isolated=True, jobs=0)
    if copied == 7 or more == 12:
        assert report.findings["message"].to_list() == ["the same picture is labelled cat (1), kitty (1)"] * copied
        return
    of = "all 9" if not more else f"9 of {copied + more}"
    assert report.findings.select("code", "subject", "scope", "count", "message").rows() == [
        ("DL603", "cat / kitty", "class", 18, f"{of} pictures of cat are labelled both cat and kitty")
    ]
    assert report.tables["members"].height == 18
