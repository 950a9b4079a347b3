"""CVAT's XML: shapes, images, subsets, tracks, and what is broken where."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalint.config.settings import Config
from datalint.dataset.assembly.annotations import Annotations
from datalint.dataset.files.walk import walk
from datalint.dataset.formats.cvat import FORMATS
from datalint.dataset.formats.label_files import read

META = (
    "<meta><task><id>7</id><subset>{subset}</subset><labels>\n<label><name>cat</name></label>"
    "<label><name>face</name><type>skeleton</type></label><label><name>eye</name><parent>face</parent></label>"
    "</labels></task></meta>"
)
BOX = '<box label="cat" xtl="1" ytl="2.5" xbr="3" ybr="4"/>'
CORNERS = [f"{axis}{corner}{face}" for face in "12" for corner in ("tl", "tr", "br", "bl") for axis in "xy"]
CUBOID = f'<cuboid label="cat" {" ".join(f"{corner}={chr(34)}1{chr(34)}" for corner in CORNERS)}/>'


def xml(*shapes: str, name: str = "a.jpg", subset: str = "") -> str:
    inner = "\n".join(shapes)
    return "\n".join(
        [
            "<?xml version='1.0' encoding='utf-8'?>",
            "<annotations>",
            META.format(subset=subset),
            f'<image id="0" name="{name}" width="64" height="48">',
            inner,
            "</image>",
            "</annotations>",
        ]
    )


def make(root: Path, files: dict[str, str | bytes]) -> list[Annotations]:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    place = os.fsencode(root)
    return read(walk(place, [place], Config()), FORMATS)


def one(root: Path, *shapes: str) -> Annotations:
    found = make(root, {"annotations.xml": xml(*shapes), "images/a.jpg": "x"})
    assert len(found) == 1
    return found[0]


def problems(annotations: Annotations) -> list[tuple[str, int | None]]:
    return [(problem.kind, problem.line) for problem in annotations.problems]


def test_every_shape(tmp_path: Path) -> None:
    found = one(
        tmp_path,
        BOX.replace("<box", '<box rotation="30"'),
        '<polygon label="cat" points="1,2;3,4;5,6"/>',
        '<polyline label="cat" points="1,2;3,4"/>',
        '<points label="cat" points="1,2;3,4"/>',
        '<mask label="cat" rle="2, 4" left="5" top="6" width="3" height="2"/>',
        '<ellipse label="cat" cx="9" cy="8" rx="3" ry="2"/>',
        '<skeleton label="face">\n<points label="eye" outside="0" occluded="1" points="7,8"/></skeleton>',
        '<tag label="cat"/>',
        CUBOID,
    )
    assert found.problems == []
    assert found.boxes.select("line", "raw", "unit", "angle").rows() == [
        (6, [1.0, 2.5, 3.0, 4.0], "xyxy-pixels", 30.0),
        (10, [5.0, 6.0, 3.0, 2.0], "xywh-pixels", None),
        (11, [9.0, 8.0, 6.0, 4.0], "cxcywh-pixels", None),
    ]
    assert found.polygons.select("line", "part", "closed").rows() == [
        (7, 0, True),
        (8, 0, False),
        (15, 0, True),
        (15, 1, True),
    ]
    assert found.keypoints.select("class", "points").rows() == [
        ("cat", [1.0, 2.0, 2.0, 3.0, 4.0, 2.0]),
        ("face", [7.0, 8.0, 1.0]),
    ]
    assert found.labels.select("path", "class", "line").rows() == [("images/a.jpg", "cat", 14)]
    assert found.classes["class"].to_list() == ["cat", "face"]
    assert found.named.select("path", "width", "height", "line").rows() == [("images/a.jpg", 64.0, 48.0, 5)]


@pytest.mark.parametrize(
    ("shape", "kind", "reason"),
    [
        (BOX.replace('xbr="3"', ""), "syntax", "the box has no `xbr`"),
        (BOX.replace("2.5", "x"), "syntax", "the box has 'x' as `ytl`, not a number"),
        ('<polygon label="cat" points="1,2;3"/>', "syntax", "the points '1,2;3' are not pairs of numbers"),
        ('<points label="cat"/>', "syntax", "the points has no points"),
        ('<skeleton label="face"/>', "syntax", "the skeleton has no points"),
        ("ybox label=2>", "syntax", "text between the shapes: 'ybox label=2>'"),
        ('<blob label="cat"/>', "syntax", "<blob> is not a known shape"),
        (BOX.replace("cat", "dog"), "unknown-category", "the label 'dog' is not declared in <meta>"),
        (BOX.replace("cat", ""), "unknown-category", "the box has no label"),
        ('<mask label="cat" rle="1,2" left="5" top="6" width="3" height="2"/>', "mask", "3 pixels long, and it has 6"),
        ('<mask label="cat" rle="x" left="5" top="6" width="3" height="2"/>', "mask", "not whole numbers"),
    ],
)
def test_a_bad_shape_is_told_with_its_line(tmp_path: Path, shape: str, kind: str, reason: str) -> None:
    found = one(tmp_path, BOX, shape, BOX)
    assert [problem.kind for problem in found.problems] == [kind]
    assert found.problems[0].line == (5 if "blob" in shape or "ybox" in shape else 7)
    assert reason in found.problems[0].reason
    assert found.boxes.height == (2 if kind == "syntax" else 3)


def test_which_image_and_which_split(tmp_path: Path) -> None:
    two = xml(BOX).replace(
        "</annotations>", '<image name="a.jpg" subset="Test"/><image/>\n<image name="../../../x.jpg"/></annotations>'
    )
    found = make(
        tmp_path,
        {
            "p/annotations.xml": two,
            "p/images/a.jpg": "x",
            "p/images/Test/a.jpg": "x",
            "q/train.xml": xml(name="sub/b.jpg"),
            "q/val.xml": xml(name="gone.jpg", subset="Holdout"),
            "q/sub/b.jpg": "x",
        },
    )
    assert [one.source for one in found] == ["p/annotations.xml", "q"]
    assert found[0].named["path"].to_list() == ["p/images/a.jpg", "p/images/Test/a.jpg"]
    assert problems(found[0]) == [("syntax", 8), ("syntax", 9)]
    assert found[0].splits["split"].to_list() == ["test"]
    assert found[1].named["path"].to_list() == ["q/sub/b.jpg", "q/images/Holdout/gone.jpg"]
    assert found[1].splits["split"].to_list() == ["train"]


def test_an_image_twice(tmp_path: Path) -> None:
    twice = xml(BOX).replace("</annotations>", '<image name="a.jpg"/></annotations>')
    found = make(tmp_path, {"a.xml": twice, "a.jpg": "x"})[0]
    assert problems(found) == [("repeated-id", 8)]


VIDEO = (
    "<annotations><meta><task><labels><label><name>car</name></label></labels></task></meta>\n"
    '<track id="4" label="car">\n<box frame="2" outside="0" xtl="1" ytl="2" xbr="3" ybr="4"/>\n'
    '<box frame="3" outside="1" xtl="1" ytl="2" xbr="3" ybr="4"/>\n<box frame="x" xtl="1"/></track></annotations>'
)


def test_tracks_are_read_where_the_frames_are(tmp_path: Path) -> None:
    found = make(tmp_path, {"a.xml": VIDEO, "images/frame_000002.png": "x", "images/frame_000003.png": "x"})[0]
    assert found.boxes.select("path", "class", "line", "id").rows() == [("images/frame_000002.png", "car", 3, "4")]
    assert found.named["path"].to_list() == ["images/frame_000002.png", "images/frame_000003.png"]
    assert problems(found) == [("syntax", 5)]


def test_a_video_without_frames_is_refused_in_one_line(tmp_path: Path) -> None:
    found = make(tmp_path, {"a.xml": VIDEO, "other.png": "x"})[0]
    assert found.boxes.is_empty()
    assert str(found.outcomes["a.xml"]).startswith("not read as labels: CVAT for video")
    assert "1 tracks of a video whose frames are not there" in found.evidence[1]


@pytest.mark.parametrize("text", ["<annotations><note/></annotations>", "<annotation><image/></annotation>", "", "x"])
def test_other_xml_is_left_alone(tmp_path: Path, text: str) -> None:
    assert make(tmp_path, {"a.xml": text, "a.jpg": "x"}) == []


def test_a_cut_file_is_read_up_to_its_end(tmp_path: Path) -> None:
    whole = xml(BOX, BOX)
    found = make(tmp_path, {"a.xml": whole[: whole.rindex("xbr")], "a.jpg": "x"})[0]
    assert found.boxes.height == 1
    assert problems(found) == [("syntax", 7)]


WHOLE = xml(BOX, '<polygon label="cat" points="1,2;3,4;5,6"/>', BOX).encode()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_records_are_used_or_told(data: st.DataObject) -> None:
    values = data.draw(st.lists(st.sampled_from(["1", "", "x", "NaN", "1e999", "-0", "1 2", "٣"]), max_size=6))
    mutated = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 3))):
        mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))
    with TemporaryDirectory() as folder:
        files: dict[str, str | bytes] = {
            "a.jpg": "x",
            "a/a.xml": xml(*(BOX.replace("2.5", value) for value in values)),
            "b/b.xml": bytes(mutated),
        }
        found = make(Path(folder), files)
    assert found[0].boxes.height + len(found[0].problems) == len(values)
    for other in found[1:]:
        assert other.boxes.height + other.polygons.height == 3 or other.problems
