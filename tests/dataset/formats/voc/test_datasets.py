"""Pascal VOC: which image, which split, what is broken and where."""

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
from datalint.dataset.formats.label_files import read
from datalint.dataset.formats.voc.datasets import FORMATS

CAT = (
    "<object>\n<name>cat</name>\n<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3.5</xmax><ymax>4</ymax></bndbox>\n</object>"
)
SIZE = "<size><width>64</width><height>48</height><depth>3</depth></size>"


def xml(*objects: str, name: str | None = "a.jpg", size: str = SIZE) -> str:
    filename = f"<filename>{name}</filename>" if name is not None else ""
    return "\n".join(["<annotation>", filename, size, *objects, "</annotation>"])


def make(root: Path, files: dict[str, str | bytes]) -> list[Annotations]:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    place = os.fsencode(root)
    return read(walk(place, [place], Config()), FORMATS)


def one(root: Path, files: dict[str, str | bytes]) -> Annotations:
    found = make(root, files)
    assert len(found) == 1
    return found[0]


def problems(annotations: Annotations) -> list[tuple[str, str, int | None]]:
    return [(problem.kind, problem.file, problem.line) for problem in annotations.problems]


def splits(annotations: Annotations) -> dict[str, int]:
    return dict(sorted(annotations.splits["split"].value_counts().iter_rows()))


def test_the_challenge_itself(tmp_path: Path) -> None:
    person = (
        "<object>\n<name>person</name><difficult>1</difficult><bndbox><xmin>5</xmin><ymin>6</ymin>"
        "<xmax>7</xmax><ymax>8</ymax></bndbox>\n<part><name>head</name>"
        "<bndbox><xmin>5</xmin><ymin>6</ymin><xmax>6</xmax><ymax>7</ymax></bndbox></part></object>"
    )
    found = one(
        tmp_path,
        {
            "VOCdevkit/VOC2007/Annotations/a.xml": xml(CAT, person),
            "VOCdevkit/VOC2007/Annotations/b.xml": xml(name="b.jpg", size=SIZE.replace("64", "0")),
            "VOCdevkit/VOC2007/JPEGImages/a.jpg": "x",
            "VOCdevkit/VOC2007/JPEGImages/b.jpg": "x",
            "VOCdevkit/VOC2007/JPEGImages/c.jpg": "x",
            "VOCdevkit/VOC2007/SegmentationClass/a.png": "x",
            "VOCdevkit/VOC2007/SegmentationObject/a.png": "x",
            "VOCdevkit/VOC2007/ImageSets/Main/train.txt": "a\n",
            "VOCdevkit/VOC2007/ImageSets/Main/val.txt": "b\r\n",
            "VOCdevkit/VOC2007/ImageSets/Main/trainval.txt": "a\nb\n",
            "VOCdevkit/VOC2007/ImageSets/Main/cat_train.txt": "a  1\n",
            "VOCdevkit/VOC2007/ImageSets/Segmentation/train.txt": "b\n",
        },
    )
    assert found.source == "VOCdevkit/VOC2007"
    assert found.problems == []
    assert found.boxes.select("class", "line", "box", "unit", "crowd").rows() == [
        ("cat", 4, 0, "xyxy-pixels", None),
        ("person", 8, 1, "xyxy-pixels", True),
    ]
    assert found.boxes["raw"].to_list()[0] == [1.0, 2.0, 3.5, 4.0]
    folder = "VOCdevkit/VOC2007/JPEGImages"
    assert found.named.select("path", "width", "height", "line").rows() == [
        (f"{folder}/a.jpg", 64.0, 48.0, 2),
        (f"{folder}/b.jpg", 0.0, 48.0, 2),
    ]
    assert splits(found) == {"train": 1, "val": 1}
    assert found.labels.is_empty()
    assert len(found.masks) == 2
    assert found.evidence[0] == "Pascal VOC: VOCdevkit/VOC2007, 2 label files, 2 images, 2 boxes, 2 classes."
    assert str(found.outcomes["VOCdevkit/VOC2007/Annotations/a.xml"]) == "read as Pascal VOC: 2 boxes"


def test_years_are_datasets_of_their_own(tmp_path: Path) -> None:
    years = {f"{year}/{name}": "x" for year in ("VOC2007", "VOC2012") for name in ("JPEGImages/a.jpg",)}
    found = make(tmp_path, {**years, **{f"{year}/Annotations/a.xml": xml(CAT) for year in ("VOC2007", "VOC2012")}})
    assert [one.source for one in found] == ["VOC2007", "VOC2012"]
    assert [one.named["path"].to_list() for one in found] == [
        ["VOC2007/JPEGImages/a.jpg"],
        ["VOC2012/JPEGImages/a.jpg"],
    ]


@pytest.mark.parametrize(
    ("label", "image"),
    [
        ("train/a.xml", "train/a.jpg"),
        ("train/Annotations/a.xml", "train/JPEGImages/a.jpg"),
        ("Annotations/train/a.xml", "JPEGImages/train/a.jpg"),
        ("annotations/train/a.xml", "images/train/a.jpg"),
        ("annotations/xmls/train/a.xml", "photos/train/a.jpg"),
        ("data/train/labels/a.xml", "data/train/images/a.jpg"),
    ],
)
def test_ways_to_lay_it_out(tmp_path: Path, label: str, image: str) -> None:
    other = label.replace("train", "valid"), image.replace("train", "valid")
    found = one(tmp_path, {label: xml(CAT), image: "x", other[0]: xml(), other[1]: "x"})
    assert found.named["path"].to_list() == [image, other[1]]
    assert splits(found) == {"train": 1, "val": 1}
    assert found.problems == []


def test_the_label_files_own_name_leads(tmp_path: Path) -> None:
    found = one(
        tmp_path,
        {
            **{f"{name}.jpg": "x" for name in ("a", "b", "d", "f")},
            "a.xml": xml(CAT, name="b.jpg"),  # both are there
            "b.xml": xml(CAT, name="gone.jpg"),  # only its own is
            "c.xml": xml(CAT, name="d.jpg"),  # only the named one is
            "e.xml": xml(CAT, name="f.jpg"),  # which has a label file of its own
            "f.xml": xml(CAT, name=None),
            "g.xml": xml(CAT, name="h.jpg"),  # none is
            "i.xml": xml(CAT, name="i.xml"),
        },
    )
    assert [(file, path) for file, path in found.named.select("file", "path").iter_rows()] == [
        ("a.xml", "a.jpg"),
        ("b.xml", "b.jpg"),
        ("c.xml", "d.jpg"),
        ("f.xml", "f.jpg"),
        ("g.xml", "h.jpg"),
        ("i.xml", "i"),
    ]
    assert problems(found) == [("path", "a.xml", 2), ("unused-file", "e.xml", 2)]
    assert found.boxes.height == 6
    assert "1 label file names an image that is not there (b.xml: gone.jpg)" in found.evidence[1]


def test_paths_stay_in_the_dataset(tmp_path: Path) -> None:
    found = one(
        tmp_path,
        {
            "JPEGImages/a.jpg": "x",
            "Annotations/a.xml": xml(CAT, name="/home/me/a.jpg").replace(SIZE, "<path>C:\\x\\a.jpg</path>"),
            "Annotations/b.xml": xml(CAT, name="../../../etc/passwd"),
        },
    )
    assert found.named["path"].to_list() == ["JPEGImages/a.jpg", "JPEGImages/b"]
    assert problems(found) == [("path", "Annotations/a.xml", 2), ("path", "Annotations/b.xml", 2)]


@pytest.mark.parametrize(
    ("objects", "line", "reason"),
    [
        (CAT.replace("<name>cat</name>", ""), 4, "the object has no name"),
        (CAT.replace("<ymax>4</ymax>", ""), 6, "the box has no <ymax>"),
        (CAT.replace("3.5", "3,5"), 6, "<xmax> is '3,5', not a number"),
        ("<object>\n<name>cat</name>\n</object>", 4, "the object 'cat' has no box"),
        ("<object><name>cat</name>\n<polygon><x1>1</x1></polygon></object>", 5, "corners are not pairs"),
    ],
)
def test_a_bad_object_costs_that_object(tmp_path: Path, objects: str, line: int, reason: str) -> None:
    found = one(tmp_path, {"a.jpg": "x", "a.xml": xml(objects, CAT)})
    assert problems(found) == [("syntax", "a.xml", line)]
    assert reason in found.problems[0].reason
    assert found.problems[0].path == "a.jpg"
    assert found.boxes.height == 1


def test_odd_boxes_are_kept(tmp_path: Path) -> None:
    odd = [CAT.replace("3.5", value) for value in ("NaN", "-inf", "1", "1e9", " 7 ")]
    found = one(tmp_path, {"a.jpg": "x", "a.xml": xml(*odd)})
    assert [str(raw[2]) for raw in found.boxes["raw"].to_list()] == ["nan", "-inf", "1.0", "1000000000.0", "7.0"]
    assert found.problems == []


def test_outlines_and_turned_boxes(tmp_path: Path) -> None:
    outline = "<polygon><x1>1</x1><y1>2</y1><x2>3</x2><y2>4</y2><x10>5</x10><y10>6</y10></polygon>"
    points = "<polygon><point><x>1</x><y>2</y></point><point><x>3</x><y>4</y></point></polygon>"
    turned = "<robndbox><cx>9</cx><cy>8</cy><w>4</w><h>2</h><angle>1.5707963267948966</angle></robndbox>"
    found = one(
        tmp_path,
        {
            "a.jpg": "x",
            "a.xml": xml(
                CAT.replace("</object>", f"{outline}</object>"),
                f"<object><name>dog</name>{points}</object>",
                f"<object><name>ship</name>{turned}</object>",
            ),
        },
    )
    assert found.polygons.select("class", "box", "points").rows() == [
        ("cat", 0, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
        ("dog", None, [1.0, 2.0, 3.0, 4.0]),
    ]
    assert found.boxes.select("class", "raw", "unit", "angle").rows()[1] == (
        "ship",
        [9.0, 8.0, 4.0, 2.0],
        "cxcywh-pixels",
        90.0,
    )


def test_utf_16(tmp_path: Path) -> None:
    found = one(tmp_path, {"a.jpg": "x", "a.xml": xml(CAT).encode("utf-16")})
    assert found.boxes.height == 1
    assert found.problems == []


def test_a_cut_file_is_one_problem(tmp_path: Path) -> None:
    whole = xml(CAT, CAT, CAT)
    found = one(tmp_path, {"a.jpg": "x", "a.xml": whole[: whole.rindex("<xmax>")]})
    assert problems(found) == [("syntax", "a.xml", 14)]
    assert found.boxes.height == 2


def test_files_without_any_element_are_told_beside_others_only(tmp_path: Path) -> None:
    found = one(
        tmp_path,
        {
            "Annotations/a.xml": xml(CAT),
            "JPEGImages/a.jpg": "x",
            "Annotations/b.xml": "",
            "JPEGImages/b.jpg": "x",
            "Annotations/c.xml": "<note/>",
            "other/d.xml": "",
        },
    )
    assert problems(found) == [("syntax", "Annotations/b.xml", 1)]
    assert found.problems[0].path == "JPEGImages/b.jpg"
    assert set(found.outcomes) == {"Annotations/a.xml", "Annotations/b.xml"}


@pytest.mark.parametrize(
    "text",
    [
        "<annotations><image/></annotations>",
        "<project><object/></project>",
        "<annotation><filename>a.jpg</filename><object><polygon><pt><x>1</x></pt></polygon></object></annotation>",
        "<annotation/>",
        "no XML",
    ],
)
def test_other_xml_is_left_alone(tmp_path: Path, text: str) -> None:
    assert make(tmp_path, {"a.jpg": "x", "a.xml": text}) == []


def test_lists_of_images(tmp_path: Path) -> None:
    main = "ImageSets/Main"
    found = one(
        tmp_path,
        {
            **{f"Annotations/{name}.xml": xml(CAT, name=f"{name}.jpg") for name in "abc"},
            **{f"JPEGImages/{name}.jpg": "x" for name in "abcd"},
            f"{main}/train.txt": '# a comment\n\na\n"b"\ngone\n',
            f"{main}/test.txt": "c.jpg\nd\n../../../x\n",
            f"{main}/all.txt": "a\nb\ngone\nc\nd\n../../../x\n",
        },
    )
    assert splits(found) == {"test": 2, "train": 2}
    assert found.named.filter(found.named["file_row"].is_null()).select("path", "file", "line").rows() == [
        ("JPEGImages/gone", f"{main}/train.txt", 5)
    ]
    assert problems(found) == [("path", f"{main}/test.txt", 3), ("path", f"{main}/all.txt", 6)]
    assert "1 image of the lists has no label file." in found.evidence


def test_a_lone_trainval_is_what_is_trained_on(tmp_path: Path) -> None:
    files = {f"Annotations/{name}.xml": xml(CAT, name=f"{name}.jpg") for name in "ab"}
    images = {f"JPEGImages/{name}.jpg": "x" for name in "ab"}
    lists = {"ImageSets/Main/trainval.txt": "a\n", "ImageSets/Main/test.txt": "b\n"}
    assert splits(one(tmp_path, {**files, **images, **lists})) == {"test": 1, "train": 1}


def test_lists_of_classes_count_where_there_is_no_xml(tmp_path: Path) -> None:
    found = one(
        tmp_path,
        {
            **{f"JPEGImages/{name}.jpg": "x" for name in "abc"},
            "ImageSets/Main/train.txt": "a\nb\n",
            "ImageSets/Main/cat_train.txt": "a  1\nb -1\nc 1 2 x\na 0\nb 1\nc -1\n",
        },
    )
    assert found.labels.select("path", "class", "line").rows() == [
        ("JPEGImages/a.jpg", "cat", 1),
        ("JPEGImages/b.jpg", "cat", 5),
    ]
    assert problems(found) == [("syntax", "ImageSets/Main/cat_train.txt", 3)]
    assert splits(found) == {"train": 2}


def test_lists_alone_are_no_labels(tmp_path: Path) -> None:
    assert make(tmp_path, {"JPEGImages/a.jpg": "x", "ImageSets/Segmentation/train.txt": "a\n"}) == []


WHOLE = xml(CAT, CAT.replace("cat", "dog"), CAT.replace("3.5", "7")).encode()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_records_are_used_or_told(data: st.DataObject) -> None:
    values = data.draw(st.lists(st.sampled_from(["1", "", "x", "NaN", "1e999", "<b/>", "-0", "1 2"]), max_size=6))
    objects = [CAT.replace("3.5", value) for value in values]
    mutated = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 3))):
        mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))
    with TemporaryDirectory() as folder:
        files: dict[str, str | bytes] = {"a.jpg": "x", "b.jpg": "x", "a.xml": xml(*objects), "b.xml": bytes(mutated)}
        found = one(Path(folder), files)
    mine = found.boxes.filter(found.boxes["file"] == "a.xml").height
    assert mine + sum(problem.file == "a.xml" for problem in found.problems) == len(objects)
    others = found.boxes.filter(found.boxes["file"] == "b.xml").height
    assert others == 3 or any(problem.file == "b.xml" for problem in found.problems) or "b.xml" not in found.outcomes


def flagged(name: str, *flags: str) -> str:
    box = "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>64</xmax><ymax>48</ymax></bndbox>"
    return xml(*(f"<object><name>cat</name>\n<difficult>{flag}</difficult>{box}</object>" for flag in flags), name=name)


def test_difficult_is_0_or_1_and_said_once_if_not(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "Annotations/a.xml": flagged("a.jpg", "0", " 1 ", "Unspecified"),
        "Annotations/b.xml": flagged("b.jpg", "", "2"),
        "JPEGImages/a.jpg": "x",
        "JPEGImages/b.jpg": "x",
    }
    found = one(tmp_path, files)
    assert found.boxes["crowd"].to_list() == [False, True, False, False, False]
    (problem,) = found.problems
    assert (problem.kind, problem.file, problem.line) == ("syntax", "Annotations/a.xml", 9)
    assert problem.reason == ("<difficult> is neither 0 nor 1 in 3 of 5 objects, 'Unspecified' first; it was read as 0")


def test_outer_spaces_of_names_are_said_once(tmp_path: Path) -> None:
    spaced = CAT.replace(">cat<", "> cat <")
    found = one(tmp_path, {"Annotations/a.xml": xml(CAT, spaced, spaced), "JPEGImages/a.jpg": "x"})
    assert found.boxes["class"].unique().to_list() == ["cat"]
    (problem,) = found.problems
    assert (problem.kind, problem.line) == ("encoding", 9)
    assert problem.reason == "outer spaces in 2 of 3 class names, ' cat ' first"


def test_a_bad_polygon_does_not_cost_its_box(tmp_path: Path) -> None:
    bad = CAT.replace("</object>", "<polygon><x1>1</x1><y1>a</y1></polygon></object>")
    found = one(tmp_path, {"Annotations/a.xml": xml(bad), "JPEGImages/a.jpg": "x"})
    assert (found.boxes.height, found.polygons.height) == (1, 0)
    assert [problem.reason for problem in found.problems] == ["the polygon's corners are not pairs of numbers"]


def test_a_filename_of_another_case_gives_way_to_the_files_own_name(tmp_path: Path) -> None:
    found = one(tmp_path, {"Annotations/a.xml": xml(CAT, name="A.JPG"), "JPEGImages/a.jpg": "x"})
    assert found.named["path"].to_list() == ["JPEGImages/a.jpg"]
    assert found.problems == []
