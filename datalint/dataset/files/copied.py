"""Folders that are copies of others: archives unpacked into themselves, `train - Copy`, a backup beside the original.

A folder is a copy if most of its files lie under another one too, at the same place below it and of the same size, and
those of a sample are the same byte for byte.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from datalint.dataset.files import splits
from datalint.dataset.files.tree import Copy, Skip

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from datalint.dataset.files.tree import Tree

#: The least files of a copy, and the share of its files that the original has too.
_LEAST, _SHARE = 4, 0.9
#: Files of one name and size are compared up to so many of them: more say nothing of folders.
_MOST_ALIKE = 8
#: Pairs of files of which the bytes are compared.
_SAMPLE = 16
#: What is added to the name of a copy.
_WORDS = re.compile(r"(?i)cop(?:y|ie|ia|ied)|kopie|backup|\bbak\b|\bold\b|orig|dup|\(\d+\)")


class _Pair(NamedTuple):
    """Two folders, one of which may be a copy of the other."""

    copy: str
    of: str


def without_copies(tree: Tree) -> Tree:
    """The same tree without the files of copied folders that their originals have too."""
    twins = _twins(tree)
    copies: list[Copy] = []
    packed: list[Skip] = []
    gone: set[int] = set()
    for pair, rows in _copies(tree, twins):
        held = tree.files.filter(_below(pair.copy))
        if _is_packed(pair, tree.archives):  # no loader reads it, and all of it is left out
            lacking = held.height - len(rows)
            more = f"; {lacking:,} of its {held.height:,} files are not there" if lacking else ""
            packed.append(Skip(pair.copy, "copy", f"an archive of what lies in {pair.of or 'the root'}{more}"))
            gone.update(held["file_row"])
            continue
        copies.append(Copy(pair.copy, pair.of, len(rows), held.height))
        gone.update(row for row, _ in rows)
    if not gone:
        return tree
    left = pl.col("file_row").is_in(sorted(gone))
    skipped = [
        Skip(path, "copy", f"the folder {copy.path} is a copy of {copy.of or 'the root'}")
        for copy in copies
        for path in tree.files.filter(left & _below(copy.path))["path"]
    ]
    inside = tuple(f"{skip.path}/" for skip in packed)
    folders = tuple(folder for folder in tree.folders if not f"{folder}/".startswith(inside))
    files = tree.files.filter(~left).drop("file_row").with_row_index("file_row")
    return replace(tree, files=files, folders=folders, skipped=[*tree.skipped, *packed, *skipped], copies=tuple(copies))


def _below(folder: str) -> pl.Expr:
    return pl.col("path").str.starts_with(f"{folder}/")


def _twins(tree: Tree) -> pl.DataFrame:
    """(row, folder, other, other_folder) of files with another one of the same name and size elsewhere, both ways."""
    known = tree.files.filter((pl.col("bytes") > 0) & pl.col("foreign_link").is_null()).select(
        "file_row", "folder", "name", "bytes"
    )
    alike = known.filter(pl.len().over("name", "bytes").is_between(2, _MOST_ALIKE))
    return (
        alike.join(alike, on=["name", "bytes"], suffix="_other")
        .filter(pl.col("folder") != pl.col("folder_other"))
        .select("file_row", "folder", pl.col("file_row_other").alias("other"), "folder_other")
    )


def _copies(tree: Tree, twins: pl.DataFrame) -> Iterator[tuple[_Pair, list[tuple[int, int]]]]:
    """Pairs of folders, the outermost first, none within another copy; and the files that both have."""
    shared: Counter[_Pair] = Counter()
    deep: set[_Pair] = set()
    for folder, other, count in twins.group_by("folder", "folder_other").len().iter_rows():
        for level, pair in enumerate(_ends(folder, other)):
            shared[pair] += count
            if level:
                deep.add(pair)
    held = _held(tree)
    enough = {pair: count for pair, count in shared.items() if count >= max(_LEAST, _SHARE * held[pair.copy])}
    taken: list[str] = []

    def order(pair: _Pair) -> tuple[object, ...]:
        return -enough[pair], pair.copy.count("/"), pair.copy, pair.of.count("/"), len(pair.of), pair.of

    for pair in sorted(enough, key=order):
        both = _Pair(pair.of, pair.copy) in enough
        lies_in_copy = any(f"{place}/".startswith(f"{copy}/") for copy in taken for place in pair)
        if lies_in_copy or (_within(pair.of, tree.archives) and not _within(pair.copy, tree.archives)):
            continue  # of an archive and what was unpacked from it, the archive is the copy
        packed = _is_packed(pair, tree.archives) and _split(pair.copy) == _split(pair.of)
        if packed or _is_copy(pair, both=both, deep=pair in deep):
            rows = _rows(tree, twins, pair)
            if _same_bytes(tree, rows):
                taken.append(pair.copy)
                yield pair, rows


def _is_packed(pair: _Pair, archives: frozenset[str]) -> bool:
    """Whether the first folder is an archive, or lies in one, and the other one does not."""
    return _within(pair.copy, archives) and not _within(pair.of, archives)


def _within(folder: str, archives: frozenset[str]) -> bool:
    """Whether a folder is an archive, or lies in one."""
    return any(f"{folder}/".startswith(f"{one}/") for one in archives)


def _ends(folder: str, other: str) -> Iterator[_Pair]:
    """The two folders, and those above them as long as their last names are the same."""
    while folder != other and folder:
        yield _Pair(folder, other)
        above, _, name = folder.rpartition("/")
        above_other, _, name_other = other.rpartition("/")
        if name != name_other or not other:
            return
        folder, other = above, above_other


def _held(tree: Tree) -> Mapping[str, int]:
    """Folder -> the files in and below it."""
    held: Counter[str] = Counter()
    for folder, count in tree.files.group_by("folder").len().iter_rows():
        for above in accumulate(folder.split("/"), "{}/{}".format) if folder else ():
            held[above] += count
        held[""] += count
    return held


def _is_copy(pair: _Pair, *, both: bool, deep: bool) -> bool:
    """Whether it is the first of two such folders that is the copy.

    Splits that share files leak, and two folders of images with the same files may be two classes:
    then it takes a name that says so.
    """
    copy, of = pair
    if _split(copy) != _split(of):
        return False
    if f"{copy}/".startswith(f"{of}/") or not of:
        return True
    if f"{of}/".startswith(f"{copy}/"):
        return False
    last, last_of = copy.rpartition("/")[2], of.rpartition("/")[2]
    named = bool(_WORDS.search(copy)) and not _WORDS.search(of)
    if not (deep or last == last_of or (named and last.lower().startswith(last_of.lower()[:3]))):
        return False
    return named or not both or (copy.count("/"), len(copy), copy) > (of.count("/"), len(of), of)


def _split(folder: str) -> str | None:
    """The split that the innermost of its names says."""
    said = [found.split for part in folder.split("/") if (found := splits.read(part))]
    return said[-1] if said else None


def _rows(tree: Tree, twins: pl.DataFrame, pair: _Pair) -> list[tuple[int, int]]:
    """The files of a copy and those of the original at the same place."""
    start, start_of = (f"{folder}/" if folder else "" for folder in pair)
    inside = twins.filter(pl.format("{}/", "folder").str.starts_with(start)).select("file_row", "other")
    return [
        (row, other)
        for row, other in inside.sort("file_row").iter_rows()
        if tree.path(other) == start_of + tree.path(row).removeprefix(start)
    ]


def _same_bytes(tree: Tree, rows: list[tuple[int, int]]) -> bool:
    with suppress(OSError):
        sample = rows[:: max(1, -(-len(rows) // _SAMPLE))]
        return bool(sample) and all(_digest(tree, row) == _digest(tree, other) for row, other in sample)
    return False


def _digest(tree: Tree, row: int) -> str:
    with tree.picture(row).open() as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


__all__ = ["without_copies"]
