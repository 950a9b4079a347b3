"""YOLO: which files are label files, whose they are, and what is wrong with them."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from datalint.config.settings import Config
from datalint.dataset.assembly.annotations import Annotations
from datalint.dataset.containers.records import decode
from datalint.dataset.files.walk import walk
from datalint.dataset.formats.yolo import datasets as yolo

BOX = "0 0.5 0.5 0.2 0.2\n"
DATA = "path: .\ntrain: images/train\nval: images/val\nnames: [cat, dog]\n"


def make(root: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def read(root: Path, files: dict[str, str | bytes]) -> list[Annotations]:
    place = str(make(root, files)).encode()
    return yolo.read(walk(place, [place], Config()), Config())


def only(root: Path, files: dict[str, str | bytes]) -> Annotations:
    found = read(root, files)
    assert len(found) == 1
    return found[0]


def images(*names: str) -> dict[str, str | bytes]:
    return dict.fromkeys(names, b"x")


def problems(found: Annotations) -> list[tuple[str, str, int | None]]:
    return [(problem.kind, problem.file, problem.line) for problem in found.problems]


def named(found: Annotations) -> list[str]:
    return sorted(found.named.drop_nulls("file_row")["path"].to_list())


def of_split(found: Annotations) -> dict[str, list[int]]:
    return {str(split): rows for split, rows in found.splits.group_by("split").agg("file_row").iter_rows()}


@pytest.mark.parametrize(
    "files",
    [
        {"data.yaml": DATA, "images/train/a.jpg": b"x", "labels/train/a.txt": BOX},
        {"data.yaml": DATA, "images/train/a.jpg": b"x", "images/train/a.txt": BOX},
        {"images/train/a.jpg": b"x", "labels/train/a.txt": BOX},
        {"train/images/a.jpg": b"x", "train/labels/a.txt": BOX},
        {"a.jpg": b"x", "a.txt": BOX},
        {"Images/a.jpg": b"x", "Annotations/a.txt": BOX},
        {"pictures/train/a.jpg": b"x", "boxes/train/a.txt": BOX},
        {"images/images/a.jpg": b"x", "images/labels/a.txt": BOX},
    ],
)
def test_label_files_are_found(tmp_path: Path, files: dict[str, str | bytes]) -> None:
    found = only(tmp_path, files)
    assert found.boxes.select("raw", "unit", "line", "class_id").rows() == [
        ([0.5, 0.5, 0.2, 0.2], "cxcywh-share", 1, 0)
    ]
    assert found.named["file_row"].null_count() == 0
    assert [kind for kind, _, _ in problems(found) if kind != "data-path"] == []


@pytest.mark.parametrize(
    "files",
    [
        {"a.jpg": b"x", "a.txt": "a photograph of 2 dogs and 1 cat\n"},
        {"image_2/a.png": b"x", "label_2/a.txt": "Car 0 0 -1 0 0 1 1 -1 -1 -1 -1 -1 -1 -1\n"},
        {"images/a.png": b"x", "labelTxt/a.txt": "0 0 0 2 2 2 2 0 plane 0\n"},
        {"RGB/a.png": b"x", "GTTXT/a.txt": "8 11 11 3 3\n8 11 11 3 3\n"},
        {"a.jpg": b"x", "train.txt": "a.jpg 3\n", "package.yaml": "name: x\nnc: 1\n"},
        {"a.jpg": b"x", "model.yaml": "nc: 80\nbackbone: [[1, 2]]\n", "config.yml": "train: {lr: 1}\nnames: [a]\n"},
        {"a.jpg": b"x", "automl.yaml": "train: data/train.csv\nnc: 3\n", "export.yaml": "path: best.pt\nnames: [a]\n"},
    ],
)
def test_files_of_other_formats_are_left_alone(tmp_path: Path, files: dict[str, str | bytes]) -> None:
    assert read(tmp_path, files) == []


def test_classes_splits_and_backgrounds(tmp_path: Path) -> None:
    found = only(
        tmp_path,
        {
            "data.yaml": DATA,
            **images("images/train/a.jpg", "images/train/b.png", "images/train/c.jpg", "images/val/d.jpg"),
            "labels/train/a.txt": "1 .5 .5 .1 .1\r\n\r\n0 5e-1 0.5 0.1 0.1\r\n",
            "labels/train/b.txt": "",
            "labels/val/d.txt": BOX,
        },
    )
    assert found.boxes.select("class", "line").rows() == [("dog", 1), ("cat", 3), ("cat", 1)]
    assert named(found) == ["images/train/a.jpg", "images/train/b.png", "images/val/d.jpg"]
    assert {split: len(rows) for split, rows in of_split(found).items()} == {"train": 3, "val": 1}
    assert found.classes.rows() == [("cat", 0, "data.yaml"), ("dog", 1, "data.yaml")]
    assert problems(found) == []
    assert found.evidence == ("YOLO detection: data.yaml, 3 images, 3 label files (1 empty), 3 boxes, 2 classes.",)


def test_tasks_are_told_by_all_lines(tmp_path: Path) -> None:
    quad = "0 0.1 0.1 0.2 0.1 0.2 0.2 0.1 0.2\n"
    triangle = "0 0.1 0.1 0.2 0.1 0.2 0.2\n"
    person = "0 0.5 0.5 0.2 0.2 0.4 0.4 2 0.6 0.6 1\n"
    turned = only(tmp_path / "1", {**images("images/a.jpg"), "labels/a.txt": quad * 2})
    assert turned.boxes["unit"].to_list() == ["quad-share"] * 2
    assert turned.boxes["raw"].to_list()[0] == [0.1, 0.1, 0.2, 0.1, 0.2, 0.2, 0.1, 0.2]
    outlines = only(tmp_path / "2", {**images("images/a.jpg"), "labels/a.txt": quad + triangle + BOX})
    assert outlines.polygons.select("line", "part", "box").rows() == [(1, 0, None), (2, 0, None)]
    assert outlines.boxes["line"].to_list() == [3]
    assert "(labels/a.txt, line 3, first)" in outlines.evidence[1]
    pose = only(tmp_path / "3", {**images("images/a.jpg"), "labels/a.txt": person})
    assert pose.keypoints.select("box", "points").rows() == [(0, [0.4, 0.4, 2.0, 0.6, 0.6, 1.0])]
    declared = {"data.yaml": DATA + "kpt_shape: [2, 2]\n", **images("images/train/a.jpg")}
    flat = only(tmp_path / "4", {**declared, "labels/train/a.txt": "0 0.5 0.5 0.2 0.2 0.4 0.4 0.6 0.6\n" + BOX})
    assert flat.keypoints["points"].to_list() == [[0.4, 0.4, 2.0, 0.6, 0.6, 2.0]]
    assert ("syntax", "labels/train/a.txt", 2) in problems(flat)


def test_each_bad_line_has_its_reason(tmp_path: Path) -> None:
    lines = (
        "0 0.5 0.5 0.2 0.2",
        "0 0.5 0.5 0.2",
        "0 0.5 0,5 0.2 0.2",
        "1.5 0.5 0.5 0.2 0.2",
        "-1 0.5 0.5 0.2 0.2",
        "7 0.5 0.5 0.2 0.2",
        "1 nan Infinity 640 1e400",
        "nan 0.5 0.5 0.2 0.2",
        "\tdog 0.5 0.5 0.2 0.2",
        "9" * 5000 + " 0.5 0.5 0.2 0.2",
    )
    files: dict[str, str | bytes] = {"data.yaml": DATA, **images("images/train/a.jpg")}
    found = only(tmp_path, {**files, "labels/train/a.txt": "\n".join(lines)})
    told = {problem.line: (problem.kind, problem.column, problem.reason) for problem in found.problems}
    assert told == {
        2: ("syntax", None, "4 numbers in the line"),
        3: ("syntax", 7, "'0,5' is no number"),
        4: ("syntax", 1, "the class number 1.5 is no whole number"),
        5: ("syntax", 1, "the class number -1 is negative"),
        6: ("unknown-category", 1, "the class 7 is not declared"),
        8: ("syntax", 1, "the class number nan is no whole number"),
        9: ("syntax", 2, "'dog' is no number"),
        10: ("syntax", 1, "the class number inf is no whole number"),
    }
    assert found.boxes.select("class", "line").rows() == [("cat", 1), ("7", 6), ("dog", 7)]
    assert str(found.boxes["raw"].to_list()[2]) == "[nan, inf, 640.0, inf]"


@pytest.mark.parametrize("line", ["0,0.5,0.5,0.2,0.2", "dog 0.5 0.5 0.2 0.2", "0; .5; .5; .2; .2"])
def test_files_that_are_wrong_throughout(tmp_path: Path, line: str) -> None:
    found = only(tmp_path, {**images("images/a.jpg"), "labels/a.txt": f"{line}\n{line}\n"})
    assert problems(found) == [("syntax", "labels/a.txt", 1), ("syntax", "labels/a.txt", 2)]


def test_files_without_an_image_are_told(tmp_path: Path) -> None:
    found = only(
        tmp_path,
        {
            **images("images/a.jpg"),
            "labels/a.txt": BOX,
            "labels/gone.txt": BOX,
            "labels/classes.txt": "cat\ndog\n",
            "README.txt": "about",
        },
    )
    assert sorted(problems(found)) == [
        ("unused-file", "labels/classes.txt", None),
        ("unused-file", "labels/gone.txt", None),
    ]
    assert "('cat', 'dog')" in str(found.problems)
    assert found.boxes["class"].to_list() == ["cat"]
    assert "README.txt" not in found.outcomes


def test_labels_without_any_image_are_read(tmp_path: Path) -> None:
    found = only(tmp_path, {"labels/train/a.txt": BOX, "labels/train/b.txt": ""})
    assert found.named.select("file_row", "path").rows() == [(None, "images/train/a"), (None, "images/train/b")]
    assert problems(found) == []


def test_images_of_one_name_share_their_labels(tmp_path: Path) -> None:
    found = only(tmp_path, {**images("images/a.jpg", "images/a.png"), "labels/a.txt": BOX})
    assert found.boxes["path"].to_list() == ["images/a.jpg", "images/a.png"]


def test_data_files_about_the_same_images_do_not_add_up(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"images/train/a.jpg": b"x", "images/val/b.jpg": b"x", "labels/train/a.txt": BOX}
    found = only(tmp_path, {**files, "data.yaml": DATA, "segment.yaml": DATA + "nc: 3\n"})
    assert found.source == "data.yaml"
    assert found.boxes.height == 1
    assert problems(found) == [("classes", "segment.yaml", 5)]
    assert "segment.yaml is about the same images as data.yaml, which leads." in found.evidence


def test_two_datasets_are_two(tmp_path: Path) -> None:
    one: dict[str, str | bytes] = {"data.yaml": DATA, "images/train/a.jpg": b"x", "labels/train/a.txt": BOX}
    found = read(tmp_path, {f"{folder}/{name}": content for folder in "xy" for name, content in one.items()})
    assert sorted((some.source, some.boxes.height) for some in found) == [("x/data.yaml", 1), ("y/data.yaml", 1)]
    assert [problem.line for problem in found[0].problems] == [3]


def test_unreadable_and_oddly_encoded_files(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"data.yaml": DATA, **images("images/train/a.jpg", "images/train/b.jpg")}
    files |= {"labels/train/a.txt": b"\xef\xbb\xbf0 .5 .5 .1 .1", "labels/train/b.txt": BOX.encode("utf-16")}
    found = only(tmp_path, {**files, "images/val/c.jpg": b"x"})
    assert found.boxes["line"].to_list() == [1, 1]
    assert {problem.kind for problem in found.problems} == {"encoding"}
    place = str(tmp_path).encode()
    tree = walk(place, [place], Config())
    (tmp_path / "labels/train/a.txt").unlink()
    (gone,) = yolo.read(tree, Config())
    assert str(gone.outcomes["labels/train/a.txt"]).startswith("cannot be read:")
    assert gone.boxes.height == 1


VALID = (BOX * 2 + "1 0.25 0.25 0.5 0.5\n\n0 .1 .1 .1 .1").encode()


@given(
    st.lists(st.tuples(st.integers(0, len(VALID)), st.integers(0, 6), st.binary(max_size=6)), max_size=8),
    st.lists(st.tuples(st.integers(0, len(DATA)), st.integers(0, 6), st.binary(max_size=6)), max_size=2),
)
@example([(0, 1, b"\x00")], [])
@settings(max_examples=60, deadline=None)
def test_no_line_is_lost(labels: list[tuple[int, int, bytes]], data: list[tuple[int, int, bytes]]) -> None:
    def mutated(content: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
        for place, cut, added in changes:
            content = content[:place] + added + content[place + cut :]
        return content

    files = {"images/train/a.jpg": b"x", "labels/train/a.txt": mutated(VALID, labels)}
    with TemporaryDirectory() as folder:
        for found in read(Path(folder), {**files, "data.yaml": mutated(DATA.encode(), data)}):
            told = {
                problem.line for problem in found.problems if problem.kind == "syntax" and problem.file.endswith("txt")
            }
            if "labels/train/a.txt" in found.outcomes:
                text = decode(files["labels/train/a.txt"], "")[0].replace("\r\n", "\n").replace("\r", "\n")
                lines = {
                    line for line, content in enumerate(text.split("\n"), 1) if re.search(r"[^\s]|[\x1c-\x1f]", content)
                }
                used = set(found.boxes["line"].to_list()) | set(found.polygons["line"].to_list())
                assert used | told == lines
                assert not used & told
