"""The front door of label files: whose file is it, and what becomes of those that are nobody's or cannot be read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from datalint.config.settings import Config
from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers.records import Kind, Place
from datalint.dataset.files.tree import Tree
from datalint.dataset.files.walk import walk
from datalint.dataset.formats import label_files
from datalint.dataset.formats.label_format import Format, LabelFile, Labels

if TYPE_CHECKING:
    from pathlib import Path


class Plain(Format):
    """`image class` a line: all that a format must state."""

    name, title, extensions = "plain", "Plain", ("txt",)

    def recognise(self, head: bytes) -> bool | None:
        return True if head.startswith(b"plain") else None if head.startswith(b"perhaps") else False

    def confirm(self, data: bytes) -> bool:
        return data.endswith(b"plain\n")

    def read(self, file: LabelFile, data: bytes, out: Labels) -> bool:
        for number, line in enumerate(data.decode().splitlines()[1:], 1):
            if line == "not ours":
                return False
            name, _, cls = line.partition(" ")
            place = Place(file.path, number + 1)
            found = out.image_named(name, [file.folder], place, place)
            if found is not None and cls:
                out.classes.add(cls)
                out.box(Record(found, cls, None, place), [1, 2, 3, 4], "xywh-pixels")
        return True


class Greedy(Plain):
    """Takes all that it is asked for."""

    name, title = "greedy", "Greedy"

    def recognise(self, head: bytes) -> bool:
        return True


class Small(Plain):
    """Refuses long files, and says why a file is blank."""

    name, title, largest = "small", "Small", 1 << 20

    def blank(self, head: bytes) -> tuple[str, str] | None:
        return None if head else ("the file is empty", "lines")


def tree(root: Path, files: dict[str, str]) -> Tree:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content, "utf-8")
    place = os.fsencode(root)
    return walk(place, [place], Config())


def test_a_format_states_three_things(tmp_path: Path) -> None:
    files = {"x/a.txt": "plain\na.jpg cat\nb.jpg\na.jpg dog\n\n", "x/a.jpg": "x", "x/b.jpg": "x", "c.txt": "other"}
    (found,) = label_files.read(tree(tmp_path, files), [Plain])
    assert (found.name, found.source) == ("plain", "x/a.txt")
    assert found.named.select("path", "line").rows() == [("x/a.jpg", 2), ("x/b.jpg", 3), ("x/a.jpg", 4)]
    assert found.boxes["class"].to_list() == ["cat", "dog"]
    assert [(problem.kind, problem.line) for problem in found.problems] == [("repeated-id", 4), ("syntax", 5)]
    assert found.evidence == ("Plain: x/a.txt, 3 images, 2 boxes, 2 classes.",)
    assert {path: str(outcome) for path, outcome in found.outcomes.items()} == {
        "x/a.txt": "read as Plain: 3 images, 2 boxes"
    }


def test_a_file_goes_to_the_first_format_that_recognises_it(tmp_path: Path) -> None:
    files = {"a.txt": "plain\na.jpg cat", "b.txt": "other\na.jpg dog", "a.jpg": "x"}
    found = label_files.read(tree(tmp_path, files), [Plain, Greedy])
    assert [(one.name, list(one.outcomes)) for one in found] == [("plain", ["a.txt"]), ("greedy", ["b.txt"])]


def test_the_whole_file_is_asked_where_its_head_does_not_tell(tmp_path: Path) -> None:
    files = {"a.txt": "perhaps\na.jpg plain\n", "b.txt": "perhaps\na.jpg other\n", "a.jpg": "x"}
    (found,) = label_files.read(tree(tmp_path, files), [Plain])
    assert list(found.outcomes) == ["a.txt"]


def test_nothing_is_said_of_a_file_that_turns_out_to_be_of_another_format(tmp_path: Path) -> None:
    assert label_files.read(tree(tmp_path, {"a.txt": "plain\nnot ours"}), [Plain]) == []


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    (found,) = label_files.read(tree(tmp_path, {"a.txt": "plain" + "\n" * (1 << 20)}), [Small])
    assert found.outcomes["a.txt"].kind is Kind.NOT_LABELS
    assert [problem.reason for problem in found.problems] == ["larger than 1 MB, too large for one image"]


def test_blank_and_unreadable_files_are_known_by_their_company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = {f"{folder}/{name}.txt": "" for folder in ("x", "y") for name in ("blank", "closed")}
    made = tree(tmp_path, {**names, "x/a.txt": "plain\na.jpg cat", "x/blank.jpg": "x"})
    head = Tree.head

    def closed(self: Tree, row: int) -> bytes:
        if "closed" in self.path(row):
            raise PermissionError(13, "Permission denied")
        return head(self, row)

    monkeypatch.setattr(Tree, "head", closed)
    (found,) = label_files.read(made, [Small])
    assert {path: outcome.kind for path, outcome in found.outcomes.items()} == {
        "x/a.txt": Kind.READ,
        "x/blank.txt": Kind.NOT_LABELS,
        "x/closed.txt": Kind.UNREADABLE,
    }
    assert [(problem.file, problem.path) for problem in found.problems] == [("x/blank.txt", "x/blank.jpg")]
