"""ICDAR's places of text: corners of every number, words that are ignored, and lines that cannot be used."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalint.dataset.files.tree import Tree
from datalint.dataset.formats.icdar import FORMATS
from tests.dataset.formats.reading import found, one, problems, read

WORD = "377,117,463,117,465,130,378,130,Genaxis Theatre"


def test_places_of_text(tmp_path: Path) -> None:
    lines = f"\ufeff{WORD}\n374,155,409,155,409,170,374,170,###\n1,2,3,2,3,4,1,4,1,200\n"
    outline = "1,1,5,1,6,2,5,3,1,3,curved, text\n"
    files = {
        "train/img_1.jpg": None,
        "train/gt_img_1.txt": lines,
        "test/img_2.jpg": None,
        "test/gt_img_2.txt": '38 43 920 215 "Tiredness"\n' + outline,
        "test/img_3.jpg": None,
        "test/gt_img_3.txt": "",
    }
    annotations = one(tmp_path, files, FORMATS)
    assert annotations.boxes.select("path", "class", "line", "raw", "unit", "crowd").rows() == [
        ("test/img_2.jpg", "text", 1, [38.0, 43.0, 920.0, 215.0], "xyxy-pixels", False),
        ("train/img_1.jpg", "text", 1, [377.0, 117.0, 463.0, 117.0, 465.0, 130.0, 378.0, 130.0], "quad-pixels", False),
        ("train/img_1.jpg", "text", 2, [374.0, 155.0, 409.0, 155.0, 409.0, 170.0, 374.0, 170.0], "quad-pixels", True),
        ("train/img_1.jpg", "text", 3, [1.0, 2.0, 3.0, 2.0, 3.0, 4.0, 1.0, 4.0], "quad-pixels", False),
    ]
    assert annotations.polygons["points"].to_list() == [[1.0, 1.0, 5.0, 1.0, 6.0, 2.0, 5.0, 3.0, 1.0, 3.0]]
    assert annotations.named["path"].to_list() == ["test/img_2.jpg", "test/img_3.jpg", "train/img_1.jpg"]
    assert annotations.splits["split"].to_list() == ["test", "test", "train"]
    assert [problem.kind for problem in annotations.problems] == ["encoding"]
    assert annotations.evidence == ("ICDAR: the root, 3 label files, 3 images, 4 boxes, 1 polygon or line, 1 class.",)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("377,117,463,117,465,130,378,Genaxis", "7 numbers in front of the text 'Genaxis'"),
        ("Genaxis", "'Genaxis' does not begin with a number"),
        ("1,2,3,4", "4 numbers in front of the text ''"),
        (
            "377,1l7,463,117,465,130,378,130,Genaxis",
            "1 number in front of the text '1l7,463,117,465,130,378,130,Genaxis'",
        ),
    ],
)
def test_a_bad_line_costs_that_line(tmp_path: Path, bad: str, reason: str) -> None:
    annotations = one(tmp_path, {"a.jpg": None, "gt_a.txt": f"{WORD}\n{bad}\n{WORD}\n"}, FORMATS)
    assert problems(annotations) == [("syntax", 2, reason)]
    assert annotations.boxes.height == 2


def test_an_image_that_is_not_there(tmp_path: Path) -> None:
    files = {"a.jpg": None, "gt_a.txt": WORD, "gt_gone.txt": WORD}
    assert one(tmp_path, files, FORMATS).named.select("file_row", "path").rows() == [(0, "a.jpg"), (None, "gone")]


@pytest.mark.parametrize(
    "content",
    ["0 0.5 0.5 0.1 0.1\n", "1,2,3,4,1,4,0,2\n", "1,2,3,4,1,4,0,0,\n", "1 2 3 2 3 4 1 4 plane 0\n", "a.jpg cat\n", ""],
)
def test_other_files_are_left_alone(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, {"a.jpg": None, "a.txt": content}, FORMATS) == []


def test_of_a_folder_of_other_text_files_few_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    head = Tree.head

    def counted(self: Tree, row: int) -> bytes:
        looked.append(row)
        return head(self, row)

    monkeypatch.setattr(Tree, "head", counted)
    files = {f"labels/{n}.txt": "0 .5 .5 .1 .1\n" for n in range(99)} | {f"images/{n}.jpg": None for n in range(99)}
    assert read(tmp_path, files | {"labels/gt_0.txt": WORD, "labels/0.jpg": None}, FORMATS)[0].boxes.height == 1
    assert len(looked) < 10


def test_a_whole_dataset_has_no_problem(tmp_path: Path) -> None:
    data = found(tmp_path, {"a.jpg": None, "gt_a.txt": WORD, "b.jpg": None, "gt_b.txt": WORD})
    assert data.layouts == ("icdar",)
    assert data.table("problems").is_empty()
    assert data.table("unread").is_empty()


def test_files_in_a_folder_of_yolo_are_read_once(tmp_path: Path) -> None:
    data = found(tmp_path, {"images/a.jpg": None, "labels/a.txt": f"{WORD}\n"})
    assert data.layouts == ("icdar",)
    assert data.table("problems").is_empty()


LINES = st.sampled_from([WORD, "1,2,3,4,x", "1,2", "x", " ", '1 2 3 4 "5"', WORD + ",5", "nan," * 8 + "x"])


@given(st.lists(LINES, max_size=8))
def test_lines_are_used_or_problems(lines: list[str]) -> None:
    lines = [WORD] * 9 + lines
    with TemporaryDirectory() as folder:
        annotations = one(Path(folder), {"a.jpg": None, "gt_a.txt": "\n".join(lines)}, FORMATS)
    used = annotations.boxes.height + annotations.polygons.height
    assert used + len(annotations.problems) == sum(bool(line.strip()) for line in lines)
