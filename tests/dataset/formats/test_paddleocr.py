"""PaddleOCR: places of text in JSON, lists of texts, and what is broken in which line."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalint.dataset.formats.paddleocr import FORMATS
from tests.dataset.formats.reading import Files, found, one, problems, read

PLACE: dict[str, Any] = {"transcription": "MASA", "points": [[1, 2], [9, 2], [9, 6], [1, 6.5]]}


def line(name: str, *places: Any) -> str:
    return f"{name}\t{json.dumps(list(places), ensure_ascii=False)}\n"


def test_places_and_images_without_any(tmp_path: Path) -> None:
    ignored = PLACE | {"transcription": "###", "difficult": True}
    outline = {"transcription": "ä", "points": [[1, 1], [5, 1], [6, 3], [5, 5], [1, 5]]}
    text = line("shop/a.jpg", PLACE, ignored, outline) + line("shop/b.jpg")
    annotations = one(tmp_path, {"shop/a.jpg": None, "shop/b.jpg": None, "shop/Label.txt": text}, FORMATS)
    quad = [1.0, 2.0, 9.0, 2.0, 9.0, 6.0, 1.0, 6.5]
    assert annotations.problems == []
    assert annotations.boxes.select("path", "class", "line", "raw", "unit", "crowd").rows() == [
        ("shop/a.jpg", "text", 1, quad, "quad-pixels", False),
        ("shop/a.jpg", "text", 1, quad, "quad-pixels", True),
    ]
    assert annotations.polygons.height == 1
    assert annotations.named["path"].to_list() == ["shop/a.jpg", "shop/b.jpg"]
    assert annotations.evidence == ("PaddleOCR: shop/Label.txt, 2 images, 2 boxes, 1 polygon or line, 1 class.",)


def test_texts_are_no_classes(tmp_path: Path) -> None:
    files: Files = {f"train/word_{number}.png": None for number in range(3)}
    lists = {"rec_gt_train.txt": "train/word_0.png\tJOINT\ntrain/word_1.png\t你好, x\ntrain/word_9.png\t9\n"}
    annotations = one(tmp_path, files | lists, FORMATS)
    assert annotations.problems == []
    assert annotations.labels.is_empty()
    assert annotations.named["file_row"].to_list() == [1, 2, None]
    assert annotations.splits["split"].to_list() == ["train", "train"]
    words = {"gt.txt": 'word_0.png, "PROPER"\nword_1.png, "a, b"\n', "word_0.png": None, "word_1.png": None}
    assert one(tmp_path / "icdar", words, FORMATS).named["path"].to_list() == ["word_0.png", "word_1.png"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("b.jpg []\n", "there is no tab in the line"),
        (line(" ", PLACE), "no image is named, with 1 place"),
        ('b.jpg\t[{"transcription": \n', "what follows the image is not valid JSON: Expecting value"),
        ('b.jpg\t{"x": 1}\n', "an object in place of a list"),
        (line("b.jpg", 7), "place 1: a number in place of an object"),
        (line("b.jpg", {"points": PLACE["points"]}), "place 1: there is no transcription"),
        (line("b.jpg", PLACE | {"points": [[1, 2], [3]]}), "place 1: `points` is not a list of at least 3 points"),
        (line("b.jpg", PLACE | {"points": [[1, 2], [3, 4]]}), "place 1: `points` is not a list of at least 3 points"),
    ],
)
def test_a_bad_line_costs_that_line(tmp_path: Path, bad: str, reason: str) -> None:
    text = line("a.jpg", PLACE) + bad + line("c.jpg", PLACE)
    annotations = one(tmp_path, {"a.jpg": None, "b.jpg": None, "c.jpg": None, "Label.txt": text}, FORMATS)
    assert problems(annotations) == [("syntax", 2, reason)]
    assert annotations.boxes.height == 2


def test_a_list_without_a_text(tmp_path: Path) -> None:
    files = {"a.jpg": None, "b.jpg": None, "c.jpg": None, "rec_gt.txt": "a.jpg\tx\nb.jpg\t\nc.jpg\ty\na.jpg\tz\n"}
    assert problems(one(tmp_path, files, FORMATS)) == [
        ("syntax", 2, "there is no text after the image"),
        ("repeated-id", 4, "the image 'a.jpg' is listed again, after line 1"),
    ]


@pytest.mark.parametrize("content", ["a.jpg\tcat\n", "a.jpg\t[1, 2]\n", "", "0 .5 .5 .1 .1\n"])
def test_other_files_are_left_alone(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, {"a.jpg": None, "train.txt": content}, FORMATS) == []


def test_a_whole_dataset_has_no_problem(tmp_path: Path) -> None:
    data = found(tmp_path, {"a.jpg": None, "b.jpg": None, "Label.txt": line("a.jpg", PLACE) + line("b.jpg", PLACE)})
    assert data.layouts == ("paddleocr",)
    assert data.table("problems").is_empty()
    assert data.table("unread").is_empty()


VALUES = st.sampled_from([PLACE, None, 3, {"transcription": 1}, PLACE | {"points": []}, PLACE | {"points": None}])


@given(st.lists(VALUES, max_size=6))
def test_places_are_used_or_problems(values: list[Any]) -> None:
    with TemporaryDirectory() as folder:
        annotations = one(Path(folder), {"a.jpg": None, "Label.txt": line("a.jpg", PLACE, *values)}, FORMATS)
    assert annotations.boxes.height + len(annotations.problems) == len(values) + 1
