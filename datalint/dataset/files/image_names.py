"""Which image a label file means by a name: exact first, then by the name's last parts, never outside the root."""

from __future__ import annotations

import posixpath
import re
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from datalint.dataset.containers.records import LONGEST_NAME, quoted
from datalint.dataset.files.alike import FEW, Alike
from datalint.dataset.files.matching import inside

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

_ABSOLUTE = re.compile(r"/|[A-Za-z]:[/\\]|\\\\|~/|file:")


class Found(NamedTuple):
    """What a name means."""

    row: int | None
    """Row in `Tree.files`; None if no such file is there."""
    path: str | None
    """The image's path relative to the root, whether or not it is there; None if the name cannot be one."""
    fault: str | None = None
    """What is wrong with the name itself, in words: absolute, outside the dataset, empty."""
    outside: bool = False
    """Whether the name leads outside the dataset."""
    by_case: bool = False
    """Whether the file's name differs from it in the case of letters."""


#: Characters of a path: as many as Linux takes.
LONGEST = 4096


class ImageNames:
    """The files of a dataset by path, name and stem."""

    def __init__(self, files: pl.DataFrame) -> None:
        self._rows: dict[str, int] = dict(files.select("path", "file_row").iter_rows())
        self._paths: list[str] = files["path"].to_list()
        self._names: dict[str, list[int]] = dict(files.group_by("name").agg("file_row").iter_rows())
        images = files.filter("candidate")
        self._stems: dict[str, list[int]] = dict(images.group_by("stem").agg("file_row").iter_rows())
        self._named_alike: dict[str, Alike] = {}
        self._cased_alike: dict[str, Alike] = {}
        self._stems_alike: dict[str, Alike] = {}

    def path(self, row: int) -> str:
        """Path of a file."""
        return self._paths[row]

    def row(self, path: str) -> int | None:
        """The file at exactly this path relative to the root."""
        return self._rows.get(path)

    def find(self, name: str, folders: Sequence[str]) -> Found:
        """The file that `name`, extension and all, means for a label file that looks in `folders`, the likeliest first.

        Tried in order: the name in each folder; the same from a folder above; the only file of that name whose
        path ends like it, also if only their case differs, which is reported. A path that is absolute or leads
        outside the dataset is reported and looked for by its last parts, as what a machine wrote on which the
        images lay elsewhere.
        """
        if len(name) > LONGEST:
            return Found(None, None, f"a name of {len(name):,} characters")
        cleaned = name.strip().replace("\\", "/")
        if not cleaned or "\0" in cleaned or cleaned.endswith("/"):
            return Found(None, None, "no image is named")
        absolute = bool(_ABSOLUTE.match(cleaned))
        fault = f"the path {quoted(name, LONGEST_NAME)} is absolute" if absolute else None
        if not absolute:
            first: str | None = None
            for folder in folders or ("",):
                path = inside(cleaned, folder)
                if path is None:
                    continue
                first = first or path
                if path in self._rows:
                    return Found(self._rows[path], path)
            if first is None:
                fault = _leads_outside(name)
        else:
            first = None
            cleaned = re.sub(r"^(?:file:/*|~/|[A-Za-z]:/|/+)", "", cleaned)
        outside = first is None and not absolute
        wanted = posixpath.normpath(cleaned)
        row = self._by_last_parts(wanted, folders)
        if row is not None:
            path = self._paths[row]
            said = None if fault is None else f"{fault}; {quoted(path, LONGEST_NAME)} was found by its last parts"
            return Found(row, path, said, outside)
        row = self._by_case(wanted, folders)
        if row is None:
            return Found(None, first, fault, outside)
        path = self._paths[row]
        case = f"{quoted(path, LONGEST_NAME)} was found, whose letters differ in case"
        return Found(
            row, path, f"{fault or f'{quoted(name, LONGEST_NAME)} is not there'}; {case}", outside, by_case=True
        )

    def by_stem(self, stem: str, folders: Sequence[str]) -> Found:
        """The image whose path without extension is `stem` in one of `folders`, or the only one of that name."""
        if len(stem) > LONGEST:
            return Found(None, None, f"a name of {len(stem):,} characters")
        wanted = stem.strip().replace("\\", "/")
        last = wanted.rpartition("/")[2]
        rows = self._stems.get(last, [])
        first = inside(wanted, folders[0] if folders else "")
        if len(rows) == 1:
            bare = self._paths[rows[0]].rpartition(".")[0]
            if f"/{bare}".endswith(f"/{wanted}") or any(inside(wanted, folder) == bare for folder in folders or ("",)):
                return Found(rows[0], self._paths[rows[0]])
        elif rows:
            alike = self._stems_alike.get(last)
            if alike is None:
                alike = Alike({row: self._paths[row].rpartition(".")[0] for row in rows})
                if len(rows) > FEW:
                    self._stems_alike[last] = alike
            for folder in folders or ("",):
                row = alike.row(inside(wanted, folder))
                if row is not None:
                    return Found(row, self._paths[row])
            if (row := alike.only(wanted)) is not None:
                return Found(row, self._paths[row])
        if first is None:
            return Found(None, None, _leads_outside(stem), outside=True)
        return Found(None, first)

    def _by_last_parts(self, name: str, folders: Sequence[str]) -> int | None:
        """The only file whose path ends in most of the last parts of `name`."""
        last = name.rpartition("/")[2]
        rows = self._names.get(last, ())
        if len(rows) < 2:
            return rows[0] if rows else None
        alike = self._named_alike.get(last)
        if alike is None:
            alike = Alike({row: self._paths[row] for row in rows})
            if len(rows) > FEW:
                self._named_alike[last] = alike
        return alike.nearest(name, tuple(folders))

    def _by_case(self, name: str, folders: Sequence[str]) -> int | None:
        """The same whatever the case of letters."""
        lower = name.lower()
        last = lower.rpartition("/")[2]
        rows = self._any_case.get(last, ())
        if len(rows) < 2:
            return rows[0] if rows else None
        alike = self._cased_alike.get(last)
        if alike is None:
            alike = Alike({row: self._paths[row].lower() for row in rows})
            if len(rows) > FEW:
                self._cased_alike[last] = alike
        return alike.nearest(lower, tuple(folder.lower() for folder in folders))

    @cached_property
    def _any_case(self) -> dict[str, list[int]]:
        """Rows by name in lower case."""
        found: dict[str, list[int]] = {}
        for name, rows in self._names.items():
            found.setdefault(name.lower(), []).extend(rows)
        return found


def _leads_outside(name: str) -> str:
    return f"the path {quoted(name, LONGEST_NAME)} leads outside the dataset"


__all__ = ["Found", "ImageNames"]
