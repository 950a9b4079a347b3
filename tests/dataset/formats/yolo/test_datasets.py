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
from datalint.dataset.formats.yolo.described import Dataset

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


def test_data_files_about_other_images_are_not_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    are_same = yolo._are_same

    def counted(dataset: Dataset, leader: Dataset) -> bool:
        asked.append(dataset.start)
        return are_same(dataset, leader)

    monkeypatch.setattr(yolo, "_are_same", counted)
    one: dict[str, str | bytes] = {"data.yaml": DATA, "images/train/a.jpg": b"x", "labels/train/a.txt": BOX}
    found = read(tmp_path, {f"{folder}/{name}": content for folder in "uvwxyz" for name, content in one.items()})
    assert len(found) == 6
    assert asked == []
    files = {f"z/{name}": content for name, content in one.items()}
    (alone,) = read(tmp_path / "more", {**files, "z/b.yaml": DATA, "z/c.yaml": "path: .\ntrain: none\nnames: [a]\n"})
    assert asked == ["z"]
    assert "z/c.yaml names no image that is here, unlike z/b.yaml, which leads." in alone.evidence
