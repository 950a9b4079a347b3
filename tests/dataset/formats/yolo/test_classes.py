"""YOLO: lists of class names, and which of them counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalint.dataset.formats.yolo.classes import read_list
from tests.dataset.formats.yolo.test_data_file import START
from tests.dataset.formats.yolo.test_datasets import BOX, images, only, problems, read


def test_a_list_has_one_name_a_line() -> None:
    found = read_list(b"cat\n\ncat\n\n", "obj.names")
    assert found is not None
    assert {number: value.text for number, value in found.names.items()} == {0: "cat", 1: "", 2: "cat"}
    assert [(problem.kind, problem.line) for problem in found.problems] == [("classes", 2), ("classes", 3)]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"x" * 300, b"a\0b\n"])
def test_other_files_are_no_lists(content: bytes) -> None:
    assert read_list(content, "obj.names") is None


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("notes.json", '{"categories": [{"id": 0, "name": "dog"}, {"id": 1, "name": "cat"}], "info": {}}', None),
        ("label_map.pbtxt", "item {\n  id: 1\n  name: 'dog'\n}\nitem {\n  id: 2\n  name: \"cat\"\n}\n", 1),
    ],
)
def test_numbered_lists_in_another_order(tmp_path: Path, name: str, content: str, line: int | None) -> None:
    files: dict[str, str | bytes] = {
        "classes.txt": "cat\ndog\n",
        **images("images/a.jpg"),
        "labels/a.txt": BOX,
    }
    found = only(tmp_path / "1", {**files, name: content})
    assert problems(found) == [("classes", name, line)]
    assert found.problems[0].reason == "class 0 is 'dog' here and 'cat' in classes.txt"
    assert (
        problems(
            only(tmp_path / "2", {**files, name: content.replace("dog", "x").replace("cat", "dog").replace("x", "cat")})
        )
        == []
    )


@pytest.mark.parametrize("content", ["", "[]", "{", '{"categories": [{"id": "x"}]}', '{"categories": 1}'])
def test_notes_that_are_no_list(content: str) -> None:
    assert read_list(content.encode(), "a/notes.json") is None
    assert read_list(content.encode(), "a/label_map.pbtxt") is None


def test_lists_that_say_otherwise(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "data.yaml": START + "names: [cat, dog]",
        **images("images/a.jpg"),
        "labels/a.txt": BOX,
    }
    found = only(tmp_path, {**files, "classes.txt": "cat\ncow\n"})
    assert problems(found) == [("classes", "classes.txt", 2)]
    assert found.problems[0].reason == "class 1 is 'cow' here and 'dog' in data.yaml"


def test_a_list_that_the_data_file_names_leads(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "data.yaml": START + "names: data/my.names",
        "data/my.names": "dog\n",
        "classes.txt": "cat\n",
        **images("images/a.jpg"),
        "labels/a.txt": BOX,
    }
    found = only(tmp_path / "1", files)
    assert found.classes.rows() == [("dog", 0, "data/my.names")]
    assert problems(found) == [("classes", "classes.txt", 1)]
    del files["data/my.names"]
    gone = only(tmp_path / "2", files)
    assert gone.classes.rows() == [("cat", 0, "classes.txt")]
    assert problems(gone) == [("data-path", "data.yaml", 3)]


def test_a_count_without_names_declares_numbers(tmp_path: Path) -> None:
    found = only(
        tmp_path, {"data.yaml": START + "nc: 1", **images("images/a.jpg"), "labels/a.txt": BOX + "1" + BOX[1:]}
    )
    assert found.boxes["class"].to_list() == ["0", "1"]
    assert problems(found) == [("unknown-category", "labels/a.txt", 2)]


def test_what_is_wrong_in_a_list_of_two_datasets_is_said_once(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {
            "a.yaml": "train: x/images\nval: x/images\nnc: 1",
            "b.yaml": "train: y/images\nval: y/images\nnc: 1",
            "classes.txt": "cat\ncat\n",
            **images("x/images/a.jpg", "y/images/b.jpg"),
            "x/labels/a.txt": BOX,
            "y/labels/b.txt": BOX,
        },
    )
    assert [some.source for some in found] == ["a.yaml", "b.yaml"]
    assert [problems(some) for some in found] == [
        [("classes", "classes.txt", 2), ("classes", "a.yaml", 3)],
        [("classes", "b.yaml", 3)],
    ]


@pytest.mark.parametrize(
    ("numbers", "reasons"),
    [
        ("1231", ["the class 3 is not declared, 1 of 4 objects have it and none has 0: "
                  "the labels seem to count classes from 1"]),
        ("0123", ["the class 3 is not declared"]),
        ("1244", ["the class 4 is not declared"] * 2),
        ("2333", ["the class 3 is not declared"] * 3),
        ("1212", []),
    ],
)  # fmt: skip
def test_classes_counted_from_1_are_one_problem(tmp_path: Path, numbers: str, reasons: list[str]) -> None:
    lines = "".join(number + BOX[1:] for number in numbers)
    found = only(tmp_path, {"classes.txt": "cat\ndog\nfox\n", **images("images/a.jpg"), "labels/a.txt": lines})
    assert [problem.reason for problem in found.problems] == reasons
    assert found.boxes.height == 4
