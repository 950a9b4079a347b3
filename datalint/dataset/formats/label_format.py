"""What a format of label files states, and the rows that it fills.

A format is a subclass of `Format`: a new one needs a module of its own and a line in the registry.
"""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from datalint.amounts import counted
from datalint.dataset.assembly.collector import Collector
from datalint.dataset.containers import delimited
from datalint.dataset.containers.limits import TooMuchError
from datalint.dataset.containers.records import (
    LONGEST_NAME,
    NotRecordsError,
    Place,
    quoted,
    refused,
    shortened,
)
from datalint.dataset.files.extensions import LABEL_EXTENSIONS
from datalint.dataset.files.image_names import Found
from datalint.dataset.files.splits import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from datalint.dataset.assembly.annotations import Annotations
    from datalint.dataset.containers.records import Records
    from datalint.dataset.files.image_names import ImageNames
    from datalint.dataset.files.tree import Tree


class LabelFile(NamedTuple):
    """A file that may hold labels."""

    path: str
    """Relative to the root, like `folder`."""
    row: int
    """In `Tree.files`."""
    folder: str
    stem: str
    extension: str


class Counted(NamedTuple):
    """How a format counts the rows of a table in the report."""

    table: str
    one: str
    many: str
    always: bool = False
    """Whether it is reported if there are none."""


class Fault(NamedTuple):
    """Why a record cannot be used."""

    step: str
    """Where in it: a JSON pointer from the record on."""
    reason: str
    expected: str


IMAGES = Counted("named", "image", "images", always=True)
BOXES = Counted("boxes", "box", "boxes", always=True)
LINES = Counted("polygons", "polygon or line", "polygons and lines")
POINTS = Counted("keypoints", "set of points", "sets of points")


class Format:
    """What a format states: attributes and the first three methods; the others suit most formats as they are.

    There is one object of it for a scan.
    """

    name: ClassVar[str]
    """As `--labels-format` takes it."""
    title: ClassVar[str]
    """In the report."""
    extensions: ClassVar[tuple[str, ...]]
    counts: ClassVar[tuple[Counted, ...]] = (IMAGES, BOXES)
    precision: ClassVar[int] = 0
    """As in `Annotations`."""
    multi: ClassVar[bool] = True
    """As in `Annotations`."""
    one_image: ClassVar[bool] = False
    """Whether a file is about one image, which may be named after it."""
    own_first: ClassVar[bool] = False
    """Of files about one image: whether the image of the file's own name comes before the one that the file names."""
    name_expected: ClassVar[str] = "the name of an image"
    largest: ClassVar[int | None] = None
    """A file of more bytes is refused."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    def recognise(self, head: bytes) -> bool | None:
        """Whether a file that begins like this is of this format; None if only `confirm` can tell."""
        raise NotImplementedError

    def is_of(self, file: LabelFile, head: bytes) -> bool | None:
        """The same, where the name of the file also tells."""
        return self.recognise(head)

    def dataset_of(self, file: LabelFile) -> str:
        """The folder that stands for the file's dataset; files for which it is the same belong together."""
        return file.folder

    def read(self, file: LabelFile, data: bytes, out: Labels) -> bool | None:
        """Put the records of a file into rows, and what cannot be used into problems.

        False if the file turns out to be of another format: then nothing is reported.
        """
        raise NotImplementedError

    def confirm(self, data: bytes) -> bool:
        """Whether a file with this content is of this format; asked where `recognise` gives None."""
        raise NotImplementedError

    def blank(self, head: bytes) -> tuple[str, str] | None:
        """Why a file that begins like this is a broken one of this format if it lies beside others of it, and what was
        expected; None if it is not. Asked of files that no format recognises.
        """
        return None

    def datasets(self) -> Iterable[str]:
        """Datasets that other files than label files speak for: `finish` reads those."""
        return ()

    def home(self, root: str) -> str:
        """The folder of the label files of a dataset: images that other files name are searched for from there."""
        return root

    def search(self, folder: str, root: str) -> Iterable[str]:
        """Folders where the image of a label file in `folder` may be, the likeliest first; they need not be there."""
        return (folder,)

    def belongs(self, path: str, root: str) -> bool:
        """Whether the image at `path` may belong to the dataset `root`."""
        return True

    def finish(self, out: Labels) -> None:
        """After the last file of a dataset."""
        out.evidence[:0] = out.summary(len(out.files))

    def source(self, out: Labels) -> str:
        """The file or folder that stands for a dataset."""
        return out.files[0].path if len(out.files) == 1 else out.root


class Labels(Collector):
    """The rows of one dataset, and what its format asks of the front door."""

    def __init__(self, form: Format, root: str) -> None:
        super().__init__(form.name, root, form.precision)
        self.tree = form.tree
        self.root = root
        self.files: list[LabelFile] = []
        """Those that were given to the format."""
        self.homes: set[str] = set()
        """Their folders."""
        self.classes: set[str] = set()
        """To be counted; a format adds to it."""
        self.images: dict[LabelFile, Found] = {}
        """The image of each file that is about one."""
        self._format = form
        self._search: dict[str, list[str]] = {}
        self._first: dict[tuple[str, str | None], str] = {}
        self._declared: set[str] = set()
        self._renamed: list[tuple[str, str]] = []

    @property
    def names(self) -> ImageNames:
        """The files of the dataset by name."""
        return self.tree.names

    # -- which image

    def find(self, name: str, folders: Sequence[str]) -> Found:
        """The image that `name` means to a label file that looks in `folders`."""
        found = self.names.find(name, folders)
        if found.row is not None and _is_label(self.names.path(found.row)):
            return Found(None, None, f"{quoted(name, LONGEST_NAME)} is not an image")
        return found

    def image_of(self, file: LabelFile, said: str | None, place: Place) -> Found | None:
        """The image of a file that is about one, and that names `said`; what is odd about the name is a problem.

        None if the image has a label file of its own (of formats for which that comes first), or none is named.
        """
        form = self._format
        folders = self.folders_of(file.folder)
        if said and (row := self._both(file, said, folders)) is not None:
            self.images[file] = Found(row, self.names.path(row))
            return self.images[file]
        own = self._mine(self.names.by_stem(file.stem, folders if form.own_first else [file.folder, *folders]))
        named = self._mine(self.names.find(said, folders)) if said else Found(None, None)
        if form.own_first and said and named.row is None and own.row is None:
            bare = self._mine(self.names.by_stem(said, folders))
            named = bare if bare.row is not None else named
        if form.own_first and named.by_case and named.row == own.row:
            named = Found(None, None)  # programs go by the label file's own name
        if named.fault:
            self.problem("path", place, named.fault, form.name_expected, named.path)
        if own.row is not None and (form.own_first or named.row is None):
            found: Found | None = own
        elif form.own_first and self._is_taken(file, named, place):
            found = None
        else:
            found = next((one for one in (named, own) if one.path is not None), own if form.own_first else None)
        if found is not None:
            self._compare(file, said, own, named, place)
            self.images[file] = found
        return found

    def _both(self, file: LabelFile, said: str, folders: Sequence[str]) -> int | None:
        """The image that a file is named after, if that is the one that it names: nearly always."""
        stem, _, extension = said.rpartition(".")
        if stem != file.stem or extension.lower() in LABEL_EXTENSIONS:
            return None
        rows = (self.names.row(f"{folder}/{said}" if folder else said) for folder in folders)
        return next((row for row in rows if row is not None), None)

    def folders_of(self, folder: str) -> list[str]:
        """Where the images of the label files in `folder` may be, the likeliest first."""
        known = self._search.get(folder)
        if known is None:
            wanted = dict.fromkeys(self._format.search(folder, self.root))
            known = [one for one in wanted if one in self.tree.folder_set] or [folder]
            self._search[folder] = known
        return known

    def listed(self, name: str) -> Found:
        """The image that a list of this dataset calls `name`, with or without extension."""
        folders = self.folders_of(self._format.home(self.root))
        found = self._mine(self.names.by_stem(name, folders))
        if found.row is None:
            named = self._mine(self.names.find(name, folders))
            found = named if named.row is not None else found
        return found

    def _mine(self, found: Found) -> Found:
        """`found`, if that can be an image of this dataset: no label file, nor one of another dataset."""
        if found.row is None:
            return found
        path = self.names.path(found.row)
        if _is_label(path):
            return Found(None, None, found.fault if self._format.own_first else None)
        if self._format.belongs(path, self.root):
            return found
        folder = self.folders_of(self._format.home(self.root))[0]
        return Found(None, posixpath.join(folder, path.rpartition("/")[2]), found.fault)

    def _is_taken(self, file: LabelFile, named: Found, place: Place) -> bool:
        """Whether the image that a file names has a label file of its own, which is a problem then."""
        if named.row is None:
            return False
        own = posixpath.join(file.folder, f"{_stem(named.path or '')}.{file.extension}")
        if own == file.path or self.names.row(own) is None:
            return False
        reason = f"it names {named.path}, which has its own label file, {own}"
        self.problem("unused-file", place, reason, f"an image {file.stem}", named.path)
        self.outcomes[file.path] = refused(reason)
        return True

    def _compare(self, file: LabelFile, said: str | None, own: Found, named: Found, place: Place) -> None:
        """Report a file that names another image than its own name does."""
        if own.row is None:
            return
        if named.row is None:
            if said:
                self._renamed.append((file.path, said))
        elif named.row != own.row and (self._format.own_first or _stem(named.path or "") != file.stem):
            first, which = (own, "former") if self._format.own_first else (named, "latter")
            reason = f"the file is named after {own.path}, but names {named.path}; the {which} was used"
            self.problem("path", place, reason, "one image", first.path)

    # -- what the files say

    def records(self, file: LabelFile, data: bytes) -> Records | None:
        """The lines of a delimited file; None where there are none that can be read, which is its outcome then."""
        try:
            records = delimited.read(data, file.path, lambda cell: False)
        except NotRecordsError as error:
            self.outcomes[file.path] = error.outcome if isinstance(error, TooMuchError) else refused(error)
            self.problems += [error.problem] if isinstance(error, TooMuchError) else []
            return None
        self.problems += records.problems
        return records

    def image_named(
        self,
        name: Any,
        folders: Sequence[str],
        place: Place,
        at: Place,
        more: str = "",
        size: tuple[float | None, float | None] = (None, None),
    ) -> Found | None:
        """The image that the record at `place` names, as a row; None if it names none, which loses `more`.

        `at` is the place of the name, `size` the width and height that the record declares, in pixels.
        """
        found = self.find(name, folders) if isinstance(name, str) else Found(None, None)
        if found.path is None:
            self.unnamed(found, at, more)
            return None
        if found.fault:
            self.problem("path", at, found.fault, self._format.name_expected, found.path)
        self.once(found, str(name), place)
        self.image(found, place, size)
        return found

    def lost(self, fault: Fault, place: Place, path: str | None = None) -> None:
        """A record, at `place` and about the image `path`, that cannot be used.

        Where a line is a document of its own there are no pointers: the step in it is part of the reason.
        """
        reason = fault.reason
        if place.pointer is not None:
            place = place._replace(pointer=f"{place.pointer}{fault.step}")
        elif fault.step:
            reason = f"{fault.step.strip('/')}: {reason}"
        self.problem("syntax", place, reason, fault.expected, path)

    def unnamed(self, found: Found, place: Place, more: str = "", expected: str = "the name of an image") -> None:
        """Report a record without an image; `more` says what is lost with it."""
        reason = f"{found.fault or 'no image is named'}{f', with {more}' if more else ''}"
        self.problem("syntax", place, reason, expected)

    def is_new(self, found: Found, place: Place) -> bool:
        """Whether the file of `place` names this image for the first time."""
        known = len(self._first)
        self._first.setdefault((place.file, found.path), _where(place))
        return len(self._first) > known

    def once(self, found: Found, name: str, place: Place) -> None:
        """Report an image that the file of `place` named before."""
        first = self._first.setdefault((place.file, found.path), _where(place))
        if first != _where(place):
            reason = f"the image {quoted(name, LONGEST_NAME)} is listed again, after {first}"
            self.problem("repeated-id", place, reason, "each image once", found.path)

    def declare_once(self, name: str, source: str) -> None:
        """A class that several files may declare."""
        self.classes.add(name)
        if name not in self._declared:
            self._declared.add(name)
            self.declare(name, None, source)

    def remark(self, sentence: str) -> None:
        """Evidence that several files may give."""
        if sentence not in self.evidence:
            self.evidence.append(sentence)

    # -- evidence

    def tables(self) -> dict[str, int]:
        """Rows so far of the tables that the format counts."""
        return {one.table: self.count(one.table) for one in self._format.counts}

    def words(self, rows: dict[str, int], labelled: bool = True) -> str:
        """Numbers of rows in words; those that are always said are so where there are label files (`labelled`)."""
        wanted = [one for one in self._format.counts if rows[one.table] or (one.always and labelled) or one == IMAGES]
        return ", ".join(counted(rows[one.table], one.one, one.many) for one in wanted)

    def summary(self, files: int) -> list[str]:
        """The first sentences of the evidence; `files` is the number of files that were read."""
        form = self._format
        said = [self.words(self.tables(), files > 0), counted(len(self.classes), "class", "classes")]
        if form.one_image and files:
            said.insert(0, counted(files, "label file"))
        sentences = [f"{form.title}: {form.source(self) or 'the root'}, {', '.join(said)}."]
        if self._renamed:
            path, name = self._renamed[0]
            sentences.append(
                f"{counted(len(self._renamed), 'label file names', 'label files name')} an image that is not there "
                f"({path}: {shortened(name, LONGEST_NAME)}); the image with the label file's own name was used."
            )
        return sentences

    def annotations(self) -> Annotations:
        """Everything given so far."""
        return replace(super().annotations(), source=self._format.source(self), multi=self._format.multi)


def first_split(names: Iterable[str]) -> str | None:
    """The first split that is among the names of folders or files."""
    return next((split for name in names if (split := canonical(name))), None)


def above_splits(folder: str) -> str:
    """The folder without the folders of splits that it ends in."""
    parts = folder.split("/")
    while parts and canonical(parts[-1]):
        parts.pop()
    return "/".join(parts)


def _where(place: Place) -> str:
    return place.pointer if place.pointer is not None else f"line {place.line}"


def _is_label(path: str) -> bool:
    return path.rpartition(".")[2].lower() in LABEL_EXTENSIONS


def _stem(path: str) -> str:
    return posixpath.splitext(posixpath.basename(path))[0]
