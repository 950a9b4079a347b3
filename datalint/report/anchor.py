# ruff: noqa: PTH118 -- names are bytes here, which pathlib does not take
"""Where a finding is in the repository: forges take places relative to its root, and no finding without one."""

from __future__ import annotations

import os
import re
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote_from_bytes

import polars as pl

from datalint.report.place import escaped, said
from datalint.sources.url import Url

if TYPE_CHECKING:
    from datalint.dataset import Dataset
    from datalint.finding import Finding
    from datalint.report import Report


#: What a path that a label names may hold beside plain parts.
_LEADS_ELSEWHERE = re.compile(r"^/|(^|/)\.{0,2}(/|$)")


_BYTE = re.compile(rb"\\x([0-9a-f]{2})")


class Place(NamedTuple):
    """A file in the repository; line and column are 1-based."""

    name: bytes
    """Relative to the repository's root, `/` between parts."""
    line: int | None = None
    column: int | None = None

    @property
    def path(self) -> str:
        r"""The name as text, undecodable bytes as \xNN."""
        return self.name.decode("utf-8", "backslashreplace")

    @property
    def uri(self) -> str:
        """The name as a relative URI: percent-encoded, byte for byte."""
        return quote_from_bytes(self.name, safe="/")


class Anchors:
    """Places of a report's findings. A finding about the whole dataset is anchored to its config, else to a file of it.

    The repository is the nearest folder above the dataset with a `.git`; without one it is the folder that the scan
    was started in, and else the dataset itself.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._root = os.path.realpath(os.fsencode(_folder(report.dataset)))
        self._base = _repository(self._root)
        images = report.dataset.table("images").select("path", "os_path", "link")
        # Few names differ from their bytes, few are links: only those are looked up.
        plain = (pl.col("path").cast(pl.Binary) == pl.col("os_path")).fill_null(True) & pl.col("link").is_null()
        self._odd: dict[str, bytes] = dict(images.filter(~plain).select("path", "os_path").iter_rows())
        files = report.findings["file"].drop_nulls().unique()
        odd_files = files.filter(files.str.contains("\\", literal=True)).to_list()
        self._odd |= {file: name for file in odd_files if (name := self._undecoded(file)) is not None}

    def of(self, finding: Finding) -> Place:
        """The place of one finding: in its label file, else its image, else where `whole` is."""
        if finding.file is not None:
            line = finding.line
            return self.file(finding.file)._replace(line=line, column=finding.column if line is not None else None)
        path = finding.path or next(iter(finding.related), None)
        return self.whole if path is None else self.file(path)

    def file(self, path: str) -> Place:
        """A file of the dataset, by its path as in the tables; a symbolic link by what it leads to, and what lies in an
        archive or a table by that.
        """
        if (holder := self._holder(path)) != path:
            return self.file(holder)
        odd = self._odd.get(path)
        if odd is None and path and not _LEADS_ELSEWHERE.search(path):
            return Place(self._prefix + path.encode())
        place = os.path.join(self._root, path.encode() if odd is None else odd)
        real = place if odd is None else os.path.realpath(place)
        return self._place(real if self._within(real) else place)

    def said(self, finding: Finding) -> str:
        """The message, with what lies in an archive by its path before it: the place is that of the archive."""
        inside = finding.file if finding.file is not None else finding.path
        text = said(finding)
        return text if inside is None or self._holder(inside) == inside else f"{escaped(inside)}: {text}"

    def _holder(self, path: str) -> str:
        """The archive or table in which something lies: a forge knows no more."""
        return os.fsdecode(self._report.dataset.file_of(os.fsencode(path)))

    def _undecoded(self, file: str) -> bytes | None:
        r"""The name of a label file whose path has `\xNN` where its bytes are not text; None if it has none."""
        name = _BYTE.sub(lambda byte: bytes([int(byte[1], 16)]), file.encode())
        return name if os.path.lexists(os.path.join(self._root, name)) else None

    @cached_property
    def _prefix(self) -> bytes:
        return b"" if self.root.name == b"." else self.root.name + b"/"

    @cached_property
    def root(self) -> Place:
        """The dataset's folder; `.` where that is the repository itself."""
        return self._place(self._root)

    @cached_property
    def whole(self) -> Place:
        """The place of what concerns the dataset as a whole."""
        source = self._report.config.source
        if source is not None:
            config = os.path.realpath(os.fsencode(source))
            if self._within(config):
                return self._place(config)
        labels, images = (self._report.dataset.table(name) for name in ("labels", "images"))
        first = next(iter(labels["file"].drop_nulls().head(1)), None) or next(iter(images["path"].head(1)), None)
        return self.root if first is None else self.file(first)

    @cached_property
    def settings(self) -> Place:
        """The config file or baseline that a change of the settings is about."""
        settings = self._report.settings
        place = settings.change.place if settings is not None and settings.change is not None else None
        return self.whole if place is None else self._place(os.path.realpath(os.fsencode(place)))

    def _within(self, place: bytes) -> bool:
        return os.path.normpath(place).startswith(os.path.join(self._base, b""))

    def _place(self, place: bytes) -> Place:
        # A label may name a file outside of the repository, which no forge can show.
        relative = os.path.relpath(place if self._within(place) else self._root, self._base)
        if os.sep != "/":
            relative = relative.replace(os.sep.encode(), b"/")
        return Place(relative)


def _folder(data: Dataset) -> Path:
    """The dataset's folder. A forge takes no URL: what lies in a store is named as if it lay in the working folder."""
    return data.home / data.root.partition("://")[2] if isinstance(data.root, Url) else data.root


def _repository(root: bytes) -> bytes:
    folder = Path(os.fsdecode(root))
    for above in (folder, *folder.parents):
        if (above / ".git").exists():
            return os.fsencode(above)
    here = os.path.realpath(os.fsencode(Path.cwd()))
    return here if root.startswith(os.path.join(here, b"")) else root
