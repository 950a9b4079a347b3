"""Files that hold labels, by what they look like, and were not used."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from datalint.dataset.containers.records import Kind
from datalint.dataset.files.extensions import LABEL_EXTENSIONS
from datalint.dataset.formats.unread.mentions import ImageNames

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from datalint.dataset.containers.records import Outcome
    from datalint.dataset.files.tree import Tree
    from datalint.dataset.formats.unread.known import Known

SCHEMA = pl.Schema(
    {
        "file": pl.String,
        "files": pl.UInt32,
        "extension": pl.String,
        "format": pl.String,
        "sign": pl.String,
        "names": pl.UInt32,
        "of": pl.UInt32,
        "unlabelled": pl.UInt32,
        "whole": pl.Boolean,
    }
)

#: Files of other programs that may hold labels, or images with their labels.
_OBJECTS = frozenset(
    {"mat", "npy", "npz", "h5", "hdf5", "pkl", "pickle", "arrow", "feather", "tfrecord", "tfrecords", "record", "mdb",
     "lmdb", "mds", "rec", "sqlite", "db", "xlsx", "xls", "ods", "hdf"}
)  # fmt: skip
_ARCHIVES = frozenset({"zip", "tar", "gz", "tgz", "bz2", "xz", "7z", "rar", "zst"})
_OTHERS = frozenset({"", "lst", "pts", "ann", "geojson", "gt"})
_SEARCHED = LABEL_EXTENSIONS | _OBJECTS | _OTHERS
_PART = re.compile(r"(?:tfrecords?|record)-\d+-of-\d+")
#: Bytes that are searched for names: of one file, and of all.
_MOST, _MOST_OF_ALL = 1 << 24, 1 << 26
#: Bytes by which it is told whether a file holds records.
_HEAD = 1 << 16
#: Of more files of one extension in a folder, the first few speak for all.
_SAMPLE = 5
#: A file that mentions fewer images than this share, and fewer than this number, does so in passing.
_SHARE, _ENOUGH = 0.05, 20
#: With fewer images any list may be as long as a list of their labels; so many words are a caption.
_FEWEST = 4
#: The share of digits from which a text is of numbers.
_NUMBERS = 0.1
#: Files of one kind are named after images if this share of them is.
_NAMED = 0.5
_LABELS = (
    r"(?:.*[\W_])?(?:labels?|annotations?|annots?|gts?|ground[\W_]?truths?|bboxe?s?|targets?)"
    r"(?:[\W_]*(?:train|training|val|valid|validation|test|all|final|\d+))*"
)
#: Names of files that speak of images and do not label them.
_NO_LABELS = (
    r"(?:.*[\W_])?(?:read[\W_]?me|licen[cs]es?|copying|notice|changelog|requirements|citation|logs?|stdout|stderr|nohup"
    r"|checksums?|md5\w*|sha\d+\w*|sample[\W_]?submission)(?:[\W_].*)?"
)
#: Folders of numbers that belong to images and do not label them.
_NO_LABEL_FOLDERS = r"(?:calibs?|calibrations?|poses?|cams?|cameras?|depths?|features?|embeddings?|exif|metadata|oxts)"


class Labelled(NamedTuple):
    """Rows of `Tree.files`: the images that are labelled."""

    by_files: Collection[int]
    by_folders: Collection[int]
    """Those that are labelled by the names of their folders alone."""


@dataclass
class _Found:
    """Files of one kind."""

    files: list[str] = field(default_factory=list)
    names: set[int] = field(default_factory=set)
    whole: bool = True


def left(
    tree: Tree, outcomes: Mapping[str, Outcome], told: Collection[str], labelled: Labelled, known: Sequence[Known]
) -> pl.DataFrame:
    """Kinds of files that look like labels and were not used: rows of the table `unread`.

    `told` are label files with problems: they are reported as such. Empty where there is no image.
    """
    images = tree.files.filter("candidate").select("file_row", "name", "stem")
    if images.is_empty():
        return SCHEMA.to_frame()
    return _Search(tree, images, labelled).run(_unused(tree, outcomes, told), outcomes, known)


def _unused(tree: Tree, outcomes: Mapping[str, Outcome], told: Collection[str]) -> pl.DataFrame:
    used = {path for path, outcome in outcomes.items() if outcome.kind in (Kind.READ, Kind.UNUSED, Kind.UNREADABLE)}
    return tree.others.filter(~pl.col("path").is_in(sorted(used.union(told))))


class _Search:
    def __init__(self, tree: Tree, images: pl.DataFrame, labelled: Labelled) -> None:
        self._tree = tree
        self._names = ImageNames(images["name"])
        self._numbers = {name: number for number, name in enumerate(self._names.names)}
        self._stems = dict(zip(images["stem"], map(self._numbers.__getitem__, images["name"]), strict=True))
        self._by_files = self._names_of(images, labelled.by_files)
        self._by_any = self._by_files | self._names_of(images, labelled.by_folders)
        self._room = _MOST_OF_ALL
        self._containers: dict[str, str] = {}
        self._found: dict[tuple[str, str, str | None], _Found] = {}

    def _names_of(self, images: pl.DataFrame, rows: Collection[int]) -> set[int]:
        """Names of which each image is among `rows`."""
        bare = images.filter(~pl.col("file_row").is_in(pl.Series(list(rows), dtype=pl.UInt32).implode()))
        return set(self._numbers.values()) - {self._numbers[name] for name in bare["name"]}

    def run(self, files: pl.DataFrame, outcomes: Mapping[str, Outcome], known: Sequence[Known]) -> pl.DataFrame:
        formats = {one.words: one for one in known}
        objects = {one.what for one in known if one.objects}
        for (folder, extension), some in files.group_by("folder", "extension", maintain_order=True):
            unknown: list[tuple[str, int]] = []
            for path, row in some.select("path", "file_row").iter_rows():
                if _is(_NO_LABELS, _stem(path)):
                    continue
                outcome = outcomes.get(path)
                form = formats.get(outcome.words) if outcome is not None else None
                if form is not None and form.labels:
                    self._put(extension, "format", form.what, [path], *self._mentioned([(path, row)]))
                elif form is not None and form.labels is None:
                    self._containers[path] = form.what
                    unknown.append((path, row))
                elif outcome is None or outcome.kind is not Kind.KNOWN_FORMAT:
                    unknown.append((path, row))
            self._look(folder, extension, unknown)
        return pl.DataFrame(list(self._rows(objects)), schema=SCHEMA, orient="row")

    def _look(self, folder: str, extension: str, files: list[tuple[str, int]]) -> None:
        """Files of one extension in a folder, in no format that is known."""
        own = _is(_LABELS, posixpath.basename(folder))
        searched = files if extension in _SEARCHED or _PART.fullmatch(extension) else []
        named = [file for file in files if self._named_after(file[0]) is not None]
        if (
            (own or (extension in LABEL_EXTENSIONS and not _is(_NO_LABEL_FOLDERS, posixpath.basename(folder))))
            and len(named) >= _NAMED * len(files)
            and self._are_enough(len(named))
            and not (extension == "txt" and all(_is_prose(self._head(row)) for _, row in named[:_SAMPLE]))
        ):
            names = {number for path, _ in named if (number := self._named_after(path)) is not None}
            self._put(extension, "stems", None, [path for path, _ in named], names, True)
            return
        for path, row in searched[:_SAMPLE]:
            names, whole = self._mentioned([(path, row)])
            if self._are_enough(len(names)) and self._names.are_records(self._head(row)):
                self._put(extension, "records", self._containers.get(path), [path], names, whole)
        if not self._by_any and len(self._names.names) >= _FEWEST:
            for path, row in files[:_SAMPLE]:
                if _is(_LABELS, _stem(path)) and self._holds_as_many(row, extension):
                    self._put(extension, "title", self._containers.get(path), [path], set(), True)

    def _named_after(self, path: str) -> int | None:
        """The image that a file is named after: a.json or a.jpg.json of a.jpg."""
        stem = _stem(path)
        return self._stems.get(stem, self._numbers.get(stem))

    def _are_enough(self, count: int) -> bool:
        total = len(self._names.names)
        return count >= min(total, 2) and count >= min(_SHARE * total, _ENOUGH)

    def _holds_as_many(self, row: int, extension: str) -> bool:
        """Whether a file may hold a record an image: by the lines or values of a text."""
        if extension in _OBJECTS | _ARCHIVES:
            return True
        head = self._head(row)
        marks = max(head.count(b"\n"), head.count(b","))
        return extension in _SEARCHED and (len(head) == _HEAD or marks + 1 >= len(self._names.names))

    def _mentioned(self, files: Iterable[tuple[str, int]]) -> tuple[set[int], bool]:
        """The names that files mention, or are named after; and whether that is all that they mention."""
        names: set[int] = set()
        whole = True
        for path, row in files:
            if (own := self._named_after(path)) is not None:
                names.add(own)
                continue
            most = min(_MOST, self._room)
            try:
                data = self._tree.data(row, most)
            except OSError:
                continue
            self._room -= len(data)
            whole = whole and len(data) < most
            names |= self._names.mentioned(data)
        return names, whole

    def _head(self, row: int) -> bytes:
        try:
            return self._tree.head(row)[:_HEAD]
        except OSError:
            return b""

    def _put(self, extension: str, sign: str, form: str | None, files: list[str], names: set[int], whole: bool) -> None:
        found = self._found.setdefault((extension, sign, form), _Found())
        found.files += files
        found.names |= names
        found.whole = found.whole and whole

    def _rows(self, objects: Collection[str]) -> Iterable[tuple[object, ...]]:
        total = len(self._names.names)
        known = any(sign == "format" for _, sign, _ in self._found)
        for (extension, sign, form), found in sorted(self._found.items(), key=lambda item: min(item[1].files)):
            if sign == "title" and known:
                continue
            labelled = self._by_files if form in objects and found.names else self._by_any
            count = len((found.names or set(range(total))) - labelled)
            yield (
                min(found.files), len(found.files), extension, form, sign, len(found.names), total, count, found.whole,
            )  # fmt: skip


def _is(pattern: str, name: str) -> bool:
    return re.fullmatch(pattern, name, re.IGNORECASE | re.DOTALL) is not None


def _is_prose(text: bytes) -> bool:
    """Whether a text is words, as a caption is, and no numbers."""
    return len(text.split()) >= _FEWEST and sum(map(text.count, b"0123456789")) < _NUMBERS * len(text)


def _stem(path: str) -> str:
    return posixpath.splitext(posixpath.basename(path))[0]


__all__ = ["SCHEMA", "Labelled", "left"]
