"""HRSC2016: turned boxes, images by name, and objects that cannot be used."""

from __future__ import annotations

import math
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalint.dataset.formats.hrsc2016 import FORMATS
from tests.dataset.formats.reading import Files, found, one, problems, read

SIDES = {"mbox_cx": "10", "mbox_cy": "20", "mbox_w": "8", "mbox_h": "4", "mbox_ang": "0.5"}
UPRIGHT = {"box_xmin": "1", "box_ymin": "2", "box_xmax": "30", "box_ymax": "40"}
IMAGES: Files = {"Train/AllImages/1.bmp": None, "Train/AllImages/2.bmp": None}


def ship(**tags: str) -> str:
    return "<HRSC_Object>" + "".join(f"<{tag}>{text}</{tag}>" for tag, text in tags.items()) + "</HRSC_Object>"


def text(name: str, *ships: str) -> str:
    head = f"<HRSC_Image>\n<Img_FileName>{name}</Img_FileName><Img_FileFmt>bmp</Img_FileFmt>\n"
    size = "<Img_SizeWidth>64</Img_SizeWidth><Img_SizeHeight>48</Img_SizeHeight>\n"
    return head + size + "<HRSC_Objects>\n" + "\n".join(ships) + "\n</HRSC_Objects></HRSC_Image>"


def test_turned_and_upright_boxes(tmp_path: Path) -> None:
    lines = text("1", ship(Class_ID="100000013", difficult="1", **SIDES), ship(Class_ID="100000006", **UPRIGHT))
    files = {"Train/Annotations/1.xml": lines, "Train/Annotations/2.xml": text("2")}
    annotations = one(tmp_path, IMAGES | files, FORMATS)
    assert annotations.problems == []
    assert annotations.boxes.select("path", "class", "class_id", "line", "raw", "unit", "crowd").rows() == [
        ("Train/AllImages/1.bmp", "100000013", 100000013, 5, [10.0, 20.0, 8.0, 4.0], "cxcywh-pixels", True),
        ("Train/AllImages/1.bmp", "100000006", 100000006, 6, [1.0, 2.0, 30.0, 40.0], "xyxy-pixels", False),
    ]
    assert annotations.boxes["angle"][0] == pytest.approx(math.degrees(0.5))
    assert annotations.named.select("path", "width", "height").rows() == [
        ("Train/AllImages/1.bmp", 64.0, 48.0),
        ("Train/AllImages/2.bmp", 64.0, 48.0),
    ]
    assert annotations.splits["split"].to_list() == ["train", "train"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (ship(**SIDES), "the object has no class"),
        (ship(Class_ID="1"), "the object has no <box_xmin>"),
        (ship(Class_ID="1", **(SIDES | {"mbox_ang": "x"})), "<mbox_ang> is 'x', not a number"),
    ],
)
def test_a_bad_object_costs_that_object(tmp_path: Path, bad: str, reason: str) -> None:
    good = ship(Class_ID="1", **SIDES)
    annotations = one(tmp_path, IMAGES | {"Train/Annotations/1.xml": text("1", good, bad, good)}, FORMATS)
    assert problems(annotations) == [("syntax", 6, reason)]
    assert annotations.boxes["line"].to_list() == [5, 7]


def test_an_image_that_is_not_there(tmp_path: Path) -> None:
    annotations = one(tmp_path, IMAGES | {"Train/Annotations/9.xml": text("9")}, FORMATS)
    assert annotations.named.select("file_row", "path").rows() == [(None, "Train/AllImages/9.bmp")]


@pytest.mark.parametrize("content", ["", "<annotation><object/></annotation>", "x"])
def test_other_files_are_left_alone(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, IMAGES | {"Train/Annotations/1.xml": content}, FORMATS) == []


def test_a_whole_dataset_has_no_problem(tmp_path: Path) -> None:
    ships = {f"Train/Annotations/{name}.xml": text(name, ship(Class_ID="1", **SIDES)) for name in "12"}
    data = found(tmp_path, IMAGES | ships)
    assert data.layouts == ("hrsc2016",)
    assert data.table("problems").is_empty()
    assert data.table("unread").is_empty()


SHIPS = st.lists(
    st.dictionaries(st.sampled_from(["Class_ID", *SIDES]), st.sampled_from(["1", "", "nan", "x"])), max_size=5
)


@given(SHIPS)
def test_objects_are_used_or_problems(ships: list[dict[str, str]]) -> None:
    lines = text("1", *(ship(**tags) for tags in ships))
    with TemporaryDirectory() as folder:
        annotations = one(Path(folder), IMAGES | {"Train/Annotations/1.xml": lines}, FORMATS)
    assert annotations.boxes.height + len(annotations.problems) == len(ships)
