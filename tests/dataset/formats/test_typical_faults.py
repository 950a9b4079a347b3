"""What is typically wrong with label files is found in every format, at the right line.

Boxes outside their image, images that are not there, shares in place of pixels.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

import datalint
from tests.dataset.formats.masks.test_pairs import photo

OUTSIDE, MISSING, UNITS = "DL801", "DL402", "DL812"


class Form(NamedTuple):
    """How to write a dataset of two images of 64 x 48 pixels with a box each."""

    image: str
    """The path of an image, by its number."""
    file: str
    """The path of its label file; of all where it has no number."""
    head: str
    box: str
    """A line of image `n` with the box from `x`, `y` to `r`, `b`; `w` and `h` are its sides."""
    tail: str = ""
    line: int = 1
    """Of the first box."""
    pixels: bool = True
    """Whether shares can be told from pixels by the numbers."""


FORMS = {
    "icdar": Form("{n}.png", "gt_{n}.txt", "", "{x},{y},{r},{y},{r},{b},{x},{b},word"),
    "paddleocr": Form(
        "{n}.png",
        "Label.txt",
        "",
        '{n}.png\t[{{"transcription": "word", "points": [[{x}, {y}], [{r}, {y}], [{r}, {b}], [{x}, {b}]]}}]',
    ),
    "wider-face": Form("{n}.png", "wider_face_train_bbx_gt.txt", "", "{n}.png\n1\n{x} {y} {w} {h} 0 0 0 0 0 0", line=3),
    "mot": Form("v/img1/00000{n}.png", "v/gt/gt.txt", "", "{n},1,{x},{y},{w},{h},1,1,1"),
    "uavdt": Form("M1/img00000{n}.png", "GT/M1_gt_whole.txt", "", "{n},1,{x},{y},{w},{h},1,1,1"),
    "visdrone-video": Form("sequences/v/000000{n}.png", "annotations/v.txt", "", "{n},1,{x},{y},{w},{h},1,4,0,0"),
    "keras-yolo": Form("{n}.png", "train.txt", "", "{n}.png {x},{y},{r},{b},0"),
    "imagenet-loc": Form("{n}.png", "LOC.csv", "ImageId,PredictionString\n", "{n},n01440764 {x} {y} {r} {b}", line=2),
    "dlib": Form(
        "{n}.png",
        "x.xml",
        "<dataset>\n",
        "<image file='{n}.png'><box left='{x}' top='{y}' width='{w}' height='{h}'/></image>",
        "</dataset>",
        line=2,
    ),
    "hrsc2016": Form(
        "AllImages/{n}.png",
        "Annotations/{n}.xml",
        "<HRSC_Image>\n",
        "<HRSC_Object><Class_ID>1</Class_ID><box_xmin>{x}</box_xmin><box_ymin>{y}</box_ymin><box_xmax>{r}</box_xmax>"
        "<box_ymax>{b}</box_ymax></HRSC_Object>",
        "</HRSC_Image>",
        line=2,
    ),
    "fair1m": Form(
        "images/{n}.png",
        "labelXml/{n}.xml",
        "<annotation><objects>\n",
        "<object><possibleresult><name>ship</name></possibleresult><points><point>{x},{y}</point><point>{r},{y}</point>"
        "<point>{r},{b}</point><point>{x},{b}</point></points></object>",
        "</objects></annotation>",
        line=2,
    ),
    "celeba": Form("{n}.png", "list_bbox.txt", "2\nimage_id x_1 y_1 width height\n", "{n}.png {x} {y} {w} {h}", line=3),
    "wflw": Form("{n}.png", "train.txt", "", "5 6 17 19 " * 49 + "{x} {y} {r} {b} 0 0 0 0 0 0 {n}.png"),
}
GOOD = (4, 5, 30, 40)


def written(root: Path, form: Form, *boxes: tuple[float, float, float, float], missing: bool = False) -> Path:
    """A box of each image, from 1 on; the last image may not be there."""
    files: dict[str, list[str]] = {}
    for number, (x, y, r, b) in enumerate(boxes, 1):
        if not (missing and number == len(boxes)):
            photo(root / form.image.format(n=number))
        line = form.box.format(n=number, x=x, y=y, r=r, b=b, w=r - x, h=b - y)
        files.setdefault(form.file.format(n=number), []).append(line)
    for name, lines in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(form.head + "\n".join([*lines, form.tail]))
    return root


def findings(root: Path, *select: str) -> list[datalint.Finding]:
    return list(datalint.scan(root, select=list(select), isolated=True, jobs=0))


@pytest.mark.parametrize("name", FORMS)
def test_what_is_right_has_no_finding(tmp_path: Path, name: str) -> None:
    root = written(tmp_path, FORMS[name], GOOD, GOOD)
    report = datalint.scan(root, select=["DL1", "DL4", "DL8"], isolated=True, jobs=0)
    assert report.tables["images"].height == 2
    assert [finding.code for finding in report] == []


@pytest.mark.parametrize("name", FORMS)
def test_a_box_outside_its_image(tmp_path: Path, name: str) -> None:
    form = FORMS[name]
    (finding,) = findings(written(tmp_path, form, (4, 5, 90, 40), GOOD), OUTSIDE)
    assert (finding.path, finding.file) == (form.image.format(n=1), form.file.format(n=1))
    assert finding.line == form.line


@pytest.mark.parametrize("name", FORMS)
def test_an_image_that_is_not_there(tmp_path: Path, name: str) -> None:
    form = FORMS[name]
    (finding,) = findings(written(tmp_path, form, GOOD, GOOD, GOOD, missing=True), MISSING)
    assert (finding.file or "") == form.file.format(n=3)
    if "{n}" not in form.file:
        at = form.line - form.box.count("\n") + 2 * (1 + form.box.count("\n"))
        assert finding.line == at


@pytest.mark.parametrize("name", FORMS)
def test_shares_in_place_of_pixels(tmp_path: Path, name: str) -> None:
    root = written(tmp_path, FORMS[name], *[(0.1, 0.125, 0.5, 0.75)] * 8)
    assert {finding.code for finding in findings(root, UNITS)} == {UNITS}
