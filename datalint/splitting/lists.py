"""A division as lists of images, one a split, or as a table with a column: written, and read again to be checked."""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from datalint.output import put
from datalint.splitting.groups import natural
from datalint.splitting.ratios import SplitError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from datalint.splitting.division import Division

_BREAKS = re.compile(rb"[\r\n]")


def check_lists(division: Division, folder: Path) -> None:
    """SplitError where a list is there already, or cannot name an image."""
    for name in division.splits:
        if os.path.lexists(folder / f"{name}.txt"):
            raise SplitError(f"{folder / f'{name}.txt'} is there already: choose another folder, or move it away")
    for _, place in _places(division):
        if _BREAKS.search(os.fsencode(place)):
            raise SplitError(f"{str(place)!r} has a line break in its name, so no list can name it: rename it")


def write_lists(division: Division, folder: Path) -> dict[str, list[int]]:
    """Write `train.txt` and so on; split -> images, as the lists say when they are read again.

    A line is a path from the list's folder, with `./` in front, as YOLO's tools read it.
    """
    folder = Path(os.path.abspath(folder))
    folder.mkdir(parents=True, exist_ok=True)
    by_split: dict[str, list[tuple[str, bytes]]] = {name: [] for name in division.splits}
    number: dict[bytes, int] = {}
    rows = division.table.select("image", "path", "split").iter_rows()
    for (image, path, split), (_, place) in zip(rows, _places(division), strict=True):
        said = b"./" + os.fsencode(os.path.relpath(place, os.path.realpath(folder)).replace(os.sep, "/"))
        number[said] = image
        if split is not None:
            by_split[split].append((path, said))
    for name, lines in by_split.items():
        ordered = [
            said for _, said in sorted(lines, key=lambda line: (line[0].rpartition("/")[0], natural(line[0]), line))
        ]
        body = b"".join(said + b"\n" for said in ordered)
        put(folder / f"{name}.txt", lambda target, body=body: target.write_bytes(body))  # type: ignore[misc]
    return {
        name: [number[said] for said in (folder / f"{name}.txt").read_bytes().splitlines()] for name in division.splits
    }


def check_column(file: Path) -> None:
    """SplitError where the file is there already."""
    if os.path.lexists(file):
        raise SplitError(f"{file} is there already: choose another name, or move it away")


def write_column(division: Division, file: Path) -> dict[str, list[int]]:
    """Write a table of path, group and split; split -> images, as it says when it is read again.

    Paths are from the dataset's folder. A cell of `split` is empty where an image goes into none.
    """
    rows = division.table.select("path", "group", "split").rows()

    def fill(target: Path) -> None:
        with target.open("w", encoding="utf-8", newline="") as out:
            _table(out, rows)

    put(file, fill)
    number = dict(division.table.select("path", "image").iter_rows())
    found: dict[str, list[int]] = {name: [] for name in division.splits}
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["split"]:
                found[row["split"]].append(number[row["path"]])
    return found


def _table(out: object, rows: Iterable[tuple[str | None, ...]]) -> None:
    writer = csv.writer(out, lineterminator="\n")  # type: ignore[arg-type]
    writer.writerow(("path", "group", "split"))
    writer.writerows(["" if cell is None else cell for cell in row] for row in rows)


def _places(division: Division) -> list[tuple[int, Path]]:
    root = Path(os.path.realpath(division.data.root))
    names = division.data.table("images")["os_path"].gather(division.table["image"])
    return [(image, root / os.fsdecode(name)) for image, name in zip(division.table["image"], names, strict=True)]
