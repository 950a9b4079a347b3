"""WIDER FACE: images and faces, numbers of faces that are wrong, and lines that cannot be used."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalint.dataset.formats.wider_face import FORMATS
from tests.dataset.formats.reading import Files, found, one, problems, read

FACE = "1 2 20 30 0 0 0 0 0 0"
IMAGES: Files = {f"WIDER_train/images/0--Parade/{name}.jpg": None for name in "abc"}
LIST = "wider_face_split/wider_face_train_bbx_gt.txt"


def text(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


def test_faces_and_images_without_any(tmp_path: Path) -> None:
    lines = text(
        *("0--Parade/a.jpg", "2", FACE, "5 6 7 8.5 2 0 0 1 0 0 "),
        *("0--Parade/b.jpg", "0", "0 0 0 0 0 0 0 0 0 0"),
        *("0--Parade/c.jpg", "0"),
    )
    annotations = one(tmp_path, IMAGES | {LIST: lines}, FORMATS)
    assert annotations.problems == []
    assert annotations.boxes.select("path", "class", "line", "raw", "unit", "crowd").rows() == [
        ("WIDER_train/images/0--Parade/a.jpg", "face", 3, [1.0, 2.0, 20.0, 30.0], "xywh-pixels", False),
        ("WIDER_train/images/0--Parade/a.jpg", "face", 4, [5.0, 6.0, 7.0, 8.5], "xywh-pixels", True),
    ]
    assert annotations.named.select("path", "line").rows() == [
        ("WIDER_train/images/0--Parade/a.jpg", 1),
        ("WIDER_train/images/0--Parade/b.jpg", 5),
        ("WIDER_train/images/0--Parade/c.jpg", 8),
    ]
    assert annotations.splits["split"].to_list() == ["train"] * 3
    assert annotations.evidence == (f"WIDER FACE: {LIST}, 3 images, 2 boxes, 1 class.",)


def test_splits_are_one_dataset(tmp_path: Path) -> None:
    lists = {LIST.replace("train", split): text("0--Parade/a.jpg", "1", FACE) for split in ("train", "val")}
    files: Files = {f"WIDER_{split}/images/0--Parade/a.jpg": None for split in ("train", "val")}
    annotations = one(tmp_path, files | lists, FORMATS)
    assert annotations.source == "wider_face_split"
    assert annotations.named["path"].to_list() == list(files)
    assert annotations.splits["split"].to_list() == ["train", "val"]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (("a.jpg", "2", FACE), [(5, "2 faces are announced, and 1 follows")]),
        (("a.jpg", "1", FACE, FACE), [(5, "1 face is announced, and 2 follow")]),
        (("a.jpg", FACE), [(5, "the number of faces is missing between the image and this face")]),
        (("a.jpg", "1", "1 2 20"), [(6, "'1 2 20' is not a face")]),
        (("a.jpg", "1", FACE[:-1] + "x"), [(6, "'1 2 20 30 0 0 0 0 0 x' is not a face")]),
        (("a.jpg", "0", FACE), [(5, "0 faces are announced, and 1 follows")]),
        (("a.jpg", "1", FACE, "2"), [(7, "'2' is not a face"), (5, "1 face is announced, and 2 follow")]),
        (("b.jpg", "1", FACE), [(4, "the image 'b.jpg' is listed again, after line 1")]),
        (("../../../x.jpg", "1", FACE), [(4, "the path '../../../x.jpg' leads outside the dataset"),
                                         (6, "there is no image in front of this face")]),
    ],
)  # fmt: skip
def test_what_cannot_be_used_costs_no_other_image(
    tmp_path: Path, lines: tuple[str, ...], told: list[tuple[int, str]]
) -> None:
    listed = text("b.jpg", "1", FACE, *lines, "c.jpg", "1", FACE)
    files = {f"{name}.jpg": None for name in "abc"}
    annotations = one(tmp_path, files | {"list.txt": listed}, FORMATS)
    assert sorted((line or 0, reason) for _, line, reason in problems(annotations)) == sorted(told)
    assert annotations.boxes.filter(path="b.jpg").height >= 1
    assert annotations.boxes.filter(path="c.jpg").height == 1


@pytest.mark.parametrize("content", ["", "a.jpg\n", "a.jpg\ncat\n", "a.jpg 1 2 3 4\n", "12\n0 1\n", "0 .5 .5 .1 .1\n"])
def test_other_files_are_left_alone(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, {"a.jpg": None, "list.txt": content}, FORMATS) == []


def test_a_whole_dataset_has_no_problem(tmp_path: Path) -> None:
    lines = [line for name in "abc" for line in (f"0--Parade/{name}.jpg", "1", FACE)]
    data = found(tmp_path, IMAGES | {LIST: text(*lines)})
    assert data.layouts == ("wider-face",)
    assert data.table("problems").is_empty()
    assert data.table("unread").is_empty()


LINES = st.sampled_from(["a.jpg", "b.jpg", "gone.jpg", "0", "2", FACE, "0 0 0 0", "1 2", "x", "nan 1 2 3", " "])


@given(st.lists(LINES, max_size=10))
def test_lines_are_used_or_problems(lines: list[str]) -> None:
    lines = ["c.jpg", "1", FACE, *lines]
    with TemporaryDirectory() as folder:
        annotations = one(Path(folder), {"a.jpg": None, "b.jpg": None, "list.txt": text(*lines)}, FORMATS)
    faces = [number for number, line in enumerate(lines, 1) if len(line.split()) in (4, 10)]
    told = {problem.line for problem in annotations.problems}
    nothing = {number for number in faces if lines[number - 1] == "0 0 0 0"}
    assert {*annotations.boxes["line"], *told, *nothing} >= set(faces)
    assert not told & set(annotations.boxes["line"])
    assert annotations.named.height == sum(line.endswith(".jpg") for line in lines)
