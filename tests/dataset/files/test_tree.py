"""The tree numbers its files, and reads each of them as little as it can."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from datalint.config.settings import Config
from datalint.dataset.files import tree as trees
from datalint.dataset.files.tree import HEAD, TAIL, Tree
from datalint.dataset.files.walk import walk


def grown(folder: Path, files: dict[str, bytes]) -> Tree:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    root = os.fsencode(folder)
    return walk(root, [root], Config())


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Every file of the dataset that is opened, in order."""
    seen: list[bytes] = []
    real = os.open

    def watched(place: bytes, *rest: int) -> int:
        if os.fsdecode(place).startswith(str(tmp_path)):
            seen.append(place)
        return real(place, *rest)

    monkeypatch.setattr("datalint.sources.folder.os.open", watched)
    return seen


def row(tree: Tree, path: str) -> int:
    return int(tree.files.filter(tree.files["path"] == path)["file_row"].item())


def test_files_are_numbered_in_the_order_of_their_paths(tmp_path: Path) -> None:
    tree = grown(tmp_path, {"b.txt": b"", "a/c.jpg": b"x", "a.csv": b"1"})
    assert tree.files["file_row"].to_list() == [0, 1, 2]
    assert [tree.path(number) for number in range(3)] == ["a.csv", "a/c.jpg", "b.txt"]
    assert tree.usable("csv", "txt")["path"].to_list() == ["a.csv", "b.txt"]


def test_a_short_file_is_opened_once(tmp_path: Path, opened: list[bytes]) -> None:
    tree = grown(tmp_path, {"a.json": b"[1, 2]"})
    assert (tree.head(0), tree.tail(0), tree.data(0), tree.data(0, 2)) == (b"[1, 2]", b"[1, 2]", b"[1, 2]", b"[1")
    assert len(opened) == 1


def test_a_long_file_is_opened_for_its_ends_and_for_all_of_it(tmp_path: Path, opened: list[bytes]) -> None:
    data = os.urandom(3 * HEAD)
    tree = grown(tmp_path, {"a.json": data})
    assert (tree.head(0), tree.tail(0)) == (data[:HEAD], data[-TAIL:])
    assert tree.head(0) == data[:HEAD]
    assert tree.data(0) == data
    assert len(opened) == 2


def test_a_long_file_that_several_ask_for_is_read_once(tmp_path: Path, opened: list[bytes]) -> None:
    data = os.urandom(3 * HEAD)
    tree = grown(tmp_path, {"a.csv": data})
    assert tree.data(0, 2 * HEAD) == data[: 2 * HEAD]
    opened.clear()
    assert [tree.data(0), tree.data(0), tree.data(0, 2 * HEAD)] == [data, data, data[: 2 * HEAD]]
    assert (tree.head(0), tree.tail(0)) == (data[:HEAD], data[-TAIL:])
    assert tree.without([0]).data(0) == data
    assert len(opened) == 1


def test_whole_files_are_kept_as_long_as_there_is_room(
    tmp_path: Path, opened: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees, "_KEPT_WHOLE", 5 * HEAD)
    tree = grown(
        tmp_path, {f"{number}.csv": os.urandom(2 * HEAD) for number in range(3)} | {"big.csv": bytes(6 * HEAD)}
    )
    monkeypatch.setattr(tree._wholes, "room", 5 * HEAD)
    for number in (0, 1, 0, 2, 0, 2, 3, 2):
        tree.data(number)
    assert [os.fsdecode(place)[-5:] for place in opened] == ["0.csv", "1.csv", "2.csv", "g.csv"]
    opened.clear()
    for number in (1, 3):
        tree.data(number)
    assert len(opened) == 2
    assert tree._wholes.room == 5 * HEAD - sum(len(data) + trees._COST for data in tree._wholes.known.values())


def test_where_heads_are_many_not_all_are_kept(
    tmp_path: Path, opened: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = grown(tmp_path, {f"{number}.txt": b"x" * 100 for number in range(9)})
    monkeypatch.setattr(tree._heads, "room", 450)
    for number in (*range(9), *range(9)):
        assert tree.head(number) == b"x" * 100
    assert 9 < len(opened) < 18
    assert sys.maxsize > trees._KEPT


def test_names_are_made_once_for_a_tree_and_its_part_without_masks(tmp_path: Path) -> None:
    tree = grown(tmp_path, {"images/a.png": b"", "masks/a.png": b""})
    names = tree.names
    mask = row(tree, "masks/a.png")
    rest = tree.without([mask])
    assert rest.names is names
    assert rest.files["candidate"].to_list() == [True, False]
    assert tree.files["candidate"].to_list() == [True, True]


def test_dangling_links_are_never_opened(tmp_path: Path) -> None:
    (tmp_path / "gone.json").symlink_to(tmp_path / "nowhere")
    tree = grown(tmp_path, {"a.json": b"{}"})
    assert tree.usable("json")["path"].to_list() == ["a.json"]
