"""The files under a root, and their bytes."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import polars as pl

from datalint.dataset.files import label_pairs
from datalint.dataset.files.image_names import ImageNames
from datalint.dataset.files.links import LinkedAwayError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from datalint.dataset.files.links import Links, Unlinked
    from datalint.sources import Item, Source
    from datalint.sources.tables import Table

T = TypeVar("T")

#: First bytes of a file that every format may look at, and last bytes, in which long JSON files say what they are.
HEAD, TAIL = 1 << 16, 1 << 12
#: Bytes of heads that are kept: those of 100,000 label files of one image each.
_KEPT = 1 << 27
#: Bytes of whole files that are kept for who asks next; a larger file is given and not kept.
_KEPT_WHOLE = 1 << 26
#: Memory for keeping a file, in addition to its bytes.
_COST = 200
_TEXT = ".txt"
_AT_ONCE = 16  # files that are read ahead


class Skip(NamedTuple):
    """A file or folder that is not a candidate."""

    path: str
    kind: str
    reason: str
    link: str | None = None
    """The symbolic link that is why ..."""
    target: str | None = None
    """... and what it says of where it leads."""


class Copy(NamedTuple):
    """A folder that is a copy of another one."""

    path: str
    of: str
    """The other one; '' for the root."""
    files: int
    """How many files both have ..."""
    held: int
    """... of so many in the copy."""


class _Ends(NamedTuple):
    head: bytes
    tail: bytes


@dataclass
class _Heads:
    """The first and last bytes of files, each read once while there is room."""

    known: dict[int, _Ends] = field(default_factory=dict)
    room: int = _KEPT
    failed: dict[int, OSError] = field(default_factory=dict)
    """Files that cannot be read: a store is not asked for one again and again."""


@dataclass
class _Wholes:
    """The files that were last read whole: several formats may look into the same one."""

    known: dict[int, bytes] = field(default_factory=dict)
    room: int = _KEPT_WHOLE

    def keep(self, row: int, data: bytes) -> None:
        """A file in place of those that were asked for longest ago."""
        size = len(data) + _COST
        if size > _KEPT_WHOLE:
            return
        self.room -= size
        while self.room < 0:
            self.room += len(self.known.pop(next(iter(self.known)))) + _COST
        self.known[row] = data

    def get(self, row: int) -> bytes | None:
        """A file that is kept; it will be for longer."""
        data = self.known.pop(row, None)
        if data is not None:
            self.known[row] = data
        return data


@dataclass
class Tree:
    """What lies under a root."""

    source: Source
    links: Links | Unlinked
    walked_ns: int
    """When the walk began, ns since 1970."""
    files: pl.DataFrame
    """One file a row, sorted by path: file_row (its number, which every other table refers to), path, os_path, folder
    (its path, '' for the root), name, stem, extension, bytes, mtime_ns, ctime_ns, etag, link (as in the `images`
    table), real (where links lead to), candidate (by its extension); and for what does not belong to the dataset
    foreign_link (the link that leads to it) and foreign_target (what that says)."""
    folders: tuple[str, ...]
    """Every folder that was entered, relative to the root; the root itself is ''."""
    extensions: frozenset[str]
    """Those of images."""
    skipped: list[Skip] = field(default_factory=list)
    """Files and folders that are neither candidates nor possible label files."""
    copies: tuple[Copy, ...] = ()
    """Folders that are copies of others, the files of which are `skipped`."""
    unentered: Mapping[str, int] | None = None
    """Folders that were not entered, with how many images are in them, where a listing told; None if none did."""
    archives: frozenset[str] = frozenset()
    """Those of `folders` that are archives."""
    tables: Mapping[str, Table] = field(default_factory=dict)
    """Those of `files` that hold pictures, each of which is a row of `files` too."""
    unopened: Mapping[str, str] = field(default_factory=dict)
    """Archives that were not entered, and why."""
    faults: Mapping[str, str] = field(default_factory=dict)
    """Archives that cannot be read, or not to their end, and why."""
    taken: frozenset[str] = frozenset()
    """Paths of label files that belong to a format for certain: who is asked later leaves them alone."""
    _heads: _Heads = field(default_factory=_Heads, repr=False)
    _wholes: _Wholes = field(default_factory=_Wholes, repr=False)

    @property
    def root(self) -> bytes:
        """The root on this machine, absolute."""
        return self.source.root

    @cached_property
    def folder_set(self) -> frozenset[str]:
        """`folders`, to look one up."""
        return frozenset(self.folders)

    @cached_property
    def present(self) -> frozenset[str]:
        """Every extension that a file has."""
        return frozenset(self.files["extension"].unique())

    def usable(self, *extensions: str) -> pl.DataFrame:
        """The rows of `files` that can be read as labels, of these extensions; without any, of all.

        Not those where a link leads nowhere or out of the dataset.
        """
        return self._usable.filter(pl.col("extension").is_in(extensions)) if extensions else self._usable

    @cached_property
    def others(self) -> pl.DataFrame:
        """The usable files beside the candidates, without the empty ones."""
        return self._usable.filter(~pl.col("candidate") & (pl.col("bytes") > 0))

    @cached_property
    def _usable(self) -> pl.DataFrame:
        there = ~pl.col("link").fill_null("").is_in(["dangling", "loop"]) & pl.col("foreign_link").is_null()
        return self.files.filter(there)

    def path(self, row: int) -> str:
        """The path of a file, relative to the root."""
        return self._paths[row]

    def item(self, row: int) -> Item:
        """A file by its number, to be read; raises LinkedAwayError, an OSError, where it is not the dataset's."""
        if self._foreign[row]:
            raise LinkedAwayError
        return self.source.item(self._os_paths[row], self._sizes[row], follow=False, real=self._real[row])

    def picture(self, row: int) -> Item:
        """A file by its number, to be decoded as an image and nothing else: it may lie anywhere."""
        return self.source.item(self._os_paths[row], self._sizes[row])

    def in_root(self, name: bytes) -> Item:
        """The file `name` in the root, whether or not it was walked; raises LinkedAwayError."""
        return self.source.item(name, follow=False, real=self.links.in_root(name))

    def head(self, row: int) -> bytes:
        """The first HEAD bytes of a file, which are read once; raises OSError."""
        return self._ends(row).head

    def tail(self, row: int) -> bytes:
        """The last TAIL bytes of a file, read with its head; raises OSError."""
        return self._ends(row).tail

    def look_ahead(self, extensions: Collection[str]) -> None:
        """Read the ends of all other files of these extensions, several at once: the source takes long to answer."""
        wanted = self.others.filter(pl.col("extension").is_in(sorted(extensions)))

        def fetch(row: int) -> None:
            with suppress(OSError):  # who asks for it will be told
                self._ends(row)

        with ThreadPoolExecutor(_AT_ONCE) as threads:
            deque(threads.map(fetch, wanted["file_row"]), maxlen=0)

    def data(self, row: int, most: int | None = None) -> bytes:
        """All bytes of a file, or the first `most`; not opened again where they are at hand. Raises OSError."""
        if most is not None and most <= HEAD:
            return self.head(row)[:most]
        ends = self._heads.known.get(row)
        if ends is not None and len(ends.head) < HEAD:
            return ends.head
        data = self._wholes.get(row)
        if data is None:
            data = self._asked(row, lambda item: item.read(most))
            if most is None or len(data) < most:
                self._wholes.keep(row, data)
        return data if most is None else data[:most]

    @cached_property
    def names(self) -> ImageNames:
        """The files by path, name and stem."""
        return ImageNames(self.files)

    @cached_property
    def texts(self) -> pl.DataFrame:
        """Every `.txt` file that is not taken: row, path, folder, name, stem, bytes."""
        texts = label_pairs.text_files(self.usable())
        taken = pl.DataFrame({"path": list(self.taken)}, schema={"path": pl.String})
        return texts.join(taken, on="path", how="anti", maintain_order="left") if self.taken else texts

    @cached_property
    def label_pairs(self) -> pl.DataFrame:
        """Each image that a text file is named after, and that file: label, image (rows of `files`)."""
        return label_pairs.pairs(self.files, self.texts)

    def without(self, masks: Collection[int] = (), taken: Collection[str] = ()) -> Tree:
        """The same tree, where the rows `masks` are not candidates and the files `taken` belong to a format."""
        tree = replace(self, taken=self.taken.union(taken))
        if masks:
            candidate = pl.col("candidate") & ~pl.col("file_row").is_in(sorted(masks))
            tree.files = self.files.with_columns(candidate)
        of_candidates = {"label_pairs", "others", "_usable"} if masks else set()
        if any(path.lower().endswith(_TEXT) for path in taken):
            of_candidates |= {"texts", "label_pairs"}
        made = {name: value for name, value in self.__dict__.items() if name not in Tree.__dataclass_fields__}
        tree.__dict__ |= {name: value for name, value in made.items() if name not in of_candidates}
        return tree

    @cached_property
    def _paths(self) -> list[str]:
        return self.files["path"].to_list()

    @cached_property
    def _os_paths(self) -> list[bytes]:
        return self.files["os_path"].to_list()

    @cached_property
    def _real(self) -> list[bytes | None]:
        return self.files["real"].to_list()

    @cached_property
    def _foreign(self) -> list[bool]:
        return self.files["foreign_link"].is_not_null().to_list()

    @cached_property
    def _sizes(self) -> list[int | None]:
        return self.files["bytes"].to_list()

    def _asked(self, row: int, question: Callable[[Item], T]) -> T:
        """What a file answers; raises OSError, and the same again where it did not answer before."""
        if (known := self._heads.failed.get(row)) is not None:
            raise known
        item = self.item(row)
        try:
            return question(item)
        except OSError as error:
            self._heads.failed[row] = error
            raise

    def _ends(self, row: int) -> _Ends:
        known = self._heads.known.get(row)
        if known is None and (data := self._wholes.get(row)) is not None:
            return _Ends(data[:HEAD], data[-TAIL:])
        if known is None:
            known = _Ends(*self._asked(row, lambda item: item.ends(HEAD, TAIL)))
            if len(known.head) < HEAD:
                known = _Ends(known.head, known.head[-TAIL:])
            size = len(known.head) + len(known.tail)
            if size <= self._heads.room:
                self._heads.known[row] = known
                self._heads.room -= size
        return known
