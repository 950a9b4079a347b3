"""DeepLabCut: points of one animal and of several, parts that cannot be seen, and lines that cannot be used."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalint.dataset.formats.deeplabcut import FORMATS
from tests.dataset.formats.reading import Files, found, one, problems, read

IMAGES: Files = {"p/labeled-data/v/img1.png": None, "p/labeled-data/v/img2.png": None}
NAME = "p/labeled-data/v/CollectedData_me.csv"
HEADER = "scorer,me,me,me,me\nbodyparts,nose,nose,tail,tail\ncoords,x,y,x,y\n"
ROW = "labeled-data/v/img1.png,1.5,2.5,3,4\n"


def test_points_of_one_animal(tmp_path: Path) -> None:
    text = HEADER + ROW + "labeled-data/v/img2.png,,,3,4\n"
    annotations = one(tmp_path, IMAGES | {NAME: text}, FORMATS)
    assert annotations.problems == []
    assert annotations.keypoints.select("path", "line", "points").rows() == [
        ("p/labeled-data/v/img1.png", 4, [1.5, 2.5, 2.0, 3.0, 4.0, 2.0]),
        ("p/labeled-data/v/img2.png", 5, [0.0, 0.0, 0.0, 3.0, 4.0, 2.0]),
    ]
    assert annotations.evidence == (f"DeepLabCut: {NAME}, 2 images, 2 sets of points, 0 classes.",)


def test_several_animals_and_paths_in_columns(tmp_path: Path) -> None:
    text = (
        "scorer,,,me,me,me,me\nindividuals,,,m1,m1,m2,m2\nbodyparts,,,nose,nose,nose,nose\ncoords,,,x,y,x,y\n"
        "labeled-data,v,img1.png,1,2,3,4\nlabeled-data,v,img2.png,,,,\n"
    )
    annotations = one(tmp_path, IMAGES | {NAME: text}, FORMATS)
    assert annotations.problems == []
    assert annotations.keypoints["points"].to_list() == [[1.0, 2.0, 2.0], [3.0, 4.0, 2.0]]
    assert annotations.named["path"].to_list() == list(IMAGES)


def test_a_header_of_long_lines(tmp_path: Path) -> None:
    parts = [f"a_body_part_of_a_long_name_{number}" for number in range(150)]
    header = ["scorer" + ",somebody" * 300, "bodyparts" + "".join(f",{part},{part}" for part in parts)]
    text = "\n".join([*header, "coords" + ",x,y" * 150, "labeled-data/v/img1.png" + ",1,2" * 150])
    annotations = one(tmp_path, IMAGES | {NAME: text}, FORMATS)
    assert annotations.problems == []
    assert len(annotations.keypoints["points"][0]) == 450


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("labeled-data/v/img2.png,1,2,3", "4 fields in a table of 5 columns"),
        ("labeled-data/v/img2.png,1,,3,4", "a part has only one of x and y, in column 2"),
        ("labeled-data/v/img2.png,1,2,3,x", "'x' is not a number, in column 4"),
        ("../../x.png,1,2,3,4", "the path '../../x.png' leads outside the dataset, with its points"),
    ],
)
def test_a_bad_line_costs_that_line(tmp_path: Path, bad: str, reason: str) -> None:
    bad = bad.replace("../../x", "../../../../../x")
    annotations = one(tmp_path, IMAGES | {NAME: HEADER + ROW + bad + "\n"}, FORMATS)
    assert problems(annotations) == [("syntax", 5, reason.replace("../../x", "../../../../../x"))]
    assert annotations.keypoints["line"].to_list() == [4]


def test_images_that_are_not_there_or_named_twice(tmp_path: Path) -> None:
    annotations = one(tmp_path, IMAGES | {NAME: HEADER + ROW + ROW + ROW.replace("img1", "gone")}, FORMATS)
    assert problems(annotations) == [
        ("repeated-id", 5, "the image 'labeled-data/v/img1.png' is listed again, after line 4")
    ]
    assert annotations.named["file_row"].null_count() == 1


@pytest.mark.parametrize(
    "content",
    ["", "scorer,me\n", "scorer,me,me,me\nbodyparts,nose,nose,nose\ncoords,x,y,likelihood\n0,1,2,0.9\n", "a.png,cat\n"],
)
def test_other_files_are_left_alone(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, IMAGES | {NAME: content}, FORMATS) == []


def test_a_whole_dataset_has_no_problem(tmp_path: Path) -> None:
    data = found(tmp_path, IMAGES | {NAME: HEADER + ROW + ROW.replace("img1", "img2")})
    assert data.layouts == ("deeplabcut",)
    assert data.table("problems").is_empty()
    assert data.table("unread").is_empty()


LINES = st.lists(st.sampled_from(["labeled-data/v/img1.png", "1", "", "x", "nan"]), max_size=6).map(",".join)


@given(st.lists(LINES, max_size=6))
def test_lines_are_used_or_problems(lines: list[str]) -> None:
    lines = [line for line in lines if line.strip()]
    with TemporaryDirectory() as folder:
        annotations = one(Path(folder), IMAGES | {NAME: HEADER + ROW + "\n".join(lines)}, FORMATS)
    used = set(annotations.keypoints["line"])
    told = {problem.line for problem in annotations.problems if problem.kind == "syntax"}
    nothing = {number for number, line in enumerate(lines, 5) if line.endswith(".png,,,,")}
    assert used | told | nothing >= {number for number, _ in enumerate(lines, 5)}
    assert not used & told
