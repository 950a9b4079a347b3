"""Changes as edits of files: each is found whole before anything of it is kept, so that it is done or it is not."""

from __future__ import annotations

import os
import re
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from datalint.repair import lists
from datalint.repair.changes import (
    DropClass,
    DropRecord,
    MoveToClass,
    MoveToSplit,
    RemoveImage,
    RenameImage,
    SetClass,
    SetEncoding,
    SetNumbers,
    SetUpright,
    Tidy,
    Unlist,
)
from datalint.repair.class_lists import category, is_yaml, without_last
from datalint.repair.classes import reclassed
from datalint.repair.edits import Edit, Edited, FixError, digest
from datalint.repair.encoding import as_utf8, tidied
from datalint.repair.json_file import JsonFile
from datalint.repair.label_file import Spot
from datalint.repair.moves import to_class, to_split
from datalint.repair.names import renamed
from datalint.repair.numbers import replaced
from datalint.repair.opened import JSON_LINES, opened
from datalint.repair.orientation import upright
from datalint.repair.text_file import TextFile
from datalint.repair.xml_file import XmlFile

if TYPE_CHECKING:
    from collections.abc import Hashable

    from datalint.repair.changes import Change
    from datalint.repair.facts import Facts
    from datalint.repair.label_file import LabelFile

#: Formats of text in which a line is an image with its boxes, and those that count their lines.
_IMAGE_LINES = {"keras-yolo", "imagenet-loc", "paddleocr", "deeplabcut"}
_COUNTED = {"wider-face", "celeba"}
_TABLES = JSON_LINES | {".csv", ".tsv"}


class Draft:
    """The files of a dataset with what is to become of them. `leaving` are all images that may be removed."""

    def __init__(self, root: Path, facts: Facts, leaving: set[str]) -> None:
        self._root, self._facts, self._leaving = root, facts, leaving
        self._files: dict[str, LabelFile] = {}
        self._edited: set[str] = set()
        self._upright: dict[str, Edited] = {}
        self._removed: set[str] = set()
        self._renamed: dict[str, str] = {}
        self._taken: set[str] = set()  # the new names
        self._classes: dict[str, set[str]] = {}

    def add(self, change: Change) -> None:
        """Take a change up; FixError if it cannot be done."""
        if isinstance(change, DropRecord):
            self._drop([(change.file, Spot(change.line, change.pointer))], twin=change.twin)
        elif isinstance(change, SetNumbers):
            file = self._file(change.file)
            span = file.span(Spot(change.line, change.pointer))
            edits = replaced(file.data, span, change.old, change.new)
            if change.area is not None:
                edits += replaced(file.data, span, change.area[:1], change.area[1:])
            self._replace(change.file, edits)
        elif isinstance(change, SetClass):
            file, spot = self._file(change.file), Spot(change.line, change.pointer)
            self._replace(change.file, reclassed(file, spot, change.old, change.new))
        elif isinstance(change, MoveToClass):
            self._reclass(change)
        elif isinstance(change, MoveToSplit):
            self._resplit(change)
        elif isinstance(change, DropClass):
            self._drop_class(change)
        elif isinstance(change, SetEncoding):
            self._replace(change.file, as_utf8(self._file(change.file, other=True).data))
        elif isinstance(change, Tidy):
            named = self._facts.paths_in(change.file) if change.what == "paths" else self._facts.classes_in(change.file)
            records = [(Spot(line, pointer), path, name) for line, pointer, path, name in named]
            self._replace(change.file, tidied(self._file(change.file), records))
        elif isinstance(change, SetUpright):
            self._set_upright(change)
        elif isinstance(change, RemoveImage):
            self._remove(change.path, last=change.last)
        elif isinstance(change, Unlist):
            self._unlist(change)
        else:
            self._rename(change)

    def result(self) -> tuple[dict[str, Edited], dict[str, str], dict[str, str]]:
        """Files that are edited, removed (with their SHA-256) and renamed."""
        edited = {name: made for name, made in self._upright.items() if name not in self._removed}
        for name in sorted(self._edited - self._removed):
            file = self._files.pop(name)
            if name in self._classes:
                for edit in without_last(file.data, self._classes[name], in_yaml=is_yaml(name)):
                    file.replace(edit)
            edited[name] = Edited(digest(file.data), file.edits())
        removed = {name: content_digest(self._root / name) for name in sorted(self._removed)}
        renamed = {old: new for old, new in sorted(self._renamed.items()) if old not in self._removed}
        return dict(sorted(edited.items())), removed, renamed

    # -- the changes

    def _drop(
        self, records: list[tuple[str, Spot]], *, twin: tuple[int | None, str | None] | None = None, boxes: bool = True
    ) -> None:
        found: list[tuple[str, Hashable]] = []
        for name, spot in records:
            file = self._file(name)
            if isinstance(file, TextFile):
                _check_lines(self._facts, boxes=boxes)
            if twin is not None and not _same(file, spot, Spot(*twin)):
                raise FixError(f"it differs from the first one, in {Spot(*twin)}, in more than its place")
            found += [(name, target) for target in file.dropping(spot)]
        for name, target in found:
            self._files[name].drop(target)
            self._edited.add(name)

    def _replace(self, name: str, edits: list[Edit]) -> None:
        for edit in edits:
            self._files[name].replace(edit)
            self._edited.add(name)

    def _remove(self, path: str, *, last: bool) -> None:
        folder = self._facts.class_folder(path)
        there = self._facts.in_class_folders.get(folder or "", set())
        if folder is not None and not last and there <= {*self._removed, path}:
            raise FixError(f"it is the last image of the class folder {folder}: decide about it")
        files = {path, *self._facts.masks.get(path, ())}
        records = []
        for file, spots in self._facts.records.get(path, {}).items():
            if file in files:  # a mask
                continue
            if _is_named_after(file, path) and self._facts.described[file] <= self._leaving:  # all of its images go
                files.add(file)
            else:
                own = _outermost([Spot(*spot) for spot in spots])
                nested = isinstance(self._file(file), XmlFile)
                records += [(file, spot) for spot in own if spot.image or not nested]
        for file in files:
            self._checked(file, link=True)
        records += [(entry.file, Spot(entry.line)) for entry in self._lists.get(path, ())]
        self._drop(records, boxes=False)
        self._removed |= files

    def _unlist(self, change: Unlist) -> None:
        records = [(entry.file, Spot(entry.line)) for entry in self._lists.get(change.path, ())]
        for file, spots in self._facts.records.get(change.path, {}).items():
            records += [(file, Spot(*spot)) for spot in spots]
        of_split = [(file, spot) for file, spot in records if _is_of_split(file, change.split)]
        if not of_split or len(of_split) == len(records):
            raise FixError(f"which file lists it in {change.split} is not known")
        self._drop(of_split, boxes=False)

    def _set_upright(self, change: SetUpright) -> None:
        if change.path in self._leaving:
            raise FixError("the image is to be removed")
        if change.path in self._renamed:
            raise FixError(f"{change.path} is moved by another repair: repair again after that")
        self._checked(change.path)
        # Its bytes are not kept: pictures are many and large.
        self._upright[change.path] = upright((self._root / change.path).read_bytes(), change.turn)

    def _drop_class(self, change: DropClass) -> None:
        file = self._file(change.file)
        if isinstance(file, JsonFile):
            self._drop([(change.file, Spot(None, category(file, change.name)))])
            return
        # Which are the last ones is known when all are there that go.
        names = {*self._classes.get(change.file, ()), change.name, *change.following}
        without_last(file.data, names, in_yaml=is_yaml(change.file))
        self._classes[change.file] = names
        self._edited.add(change.file)

    def _reclass(self, change: MoveToClass) -> None:
        files = [*self._facts.records.get(change.path, ()), *(entry.file for entry in self._lists.get(change.path, ()))]
        if files:
            raise FixError(f"{files[0]} names it by its path: give it the other class there")
        self._move({change.path: to_class(change.path, change.name, self._facts)})

    def _resplit(self, change: MoveToSplit) -> None:
        entries = self._lists.get(change.path, [])
        own, shared = list[str](), list[str]()
        for file in self._facts.records.get(change.path, {}):
            (own if self._facts.described.get(file) == {change.path} else shared).append(file)
        if entries:
            self._relist(change, entries)
            return
        if shared:
            raise FixError(f"{shared[0]} holds the labels of several images: datalint split deals such a dataset anew")
        files = sorted({*own, *self._facts.masks.get(change.path, ())} - {change.path})
        self._move(to_split(change.path, files, change.split, self._facts))

    def _relist(self, change: MoveToSplit, entries: list[lists.Entry]) -> None:
        """Take the image out of the lists of other splits, and put its line at the end of this split's."""
        if any(_is_of_split(entry.file, change.split) for entry in entries):
            raise FixError(f"a list of {change.split} names it already")
        targets = [name for name in self._list_files if _is_of_split(name, change.split)]
        beside = [name for name in targets if PurePosixPath(name).parent == PurePosixPath(entries[0].file).parent]
        if len(beside) != 1 or len(entries) != 1:
            raise FixError(f"which list of {change.split} is meant is not certain")
        own, target = self._file(entries[0].file), self._file(beside[0])
        line = own.data[slice(*own.span(Spot(entries[0].line)))]
        end = b"\r\n" if b"\r\n" in target.data else b"\n"
        closed = not target.data or target.data.endswith((b"\n", b"\r"))
        added = line + end if closed else end + line
        self._drop([(entries[0].file, Spot(entries[0].line))], boxes=False)
        self._replace(beside[0], [Edit(len(target.data), len(target.data), added)])

    def _move(self, names: dict[str, str]) -> None:
        """Give files other places, in folders that are there."""
        if next(iter(names)) in self._leaving:
            raise FixError("the image is to be removed")
        for old, new in names.items():
            self._checked(old)
            if self._is_changed(old):
                raise FixError(f"{old} is changed by another repair: repair again after that")
            if not (self._root / new).parent.is_dir():
                raise FixError(f"there is no folder {PurePosixPath(new).parent}: make it first")
            if os.path.realpath((self._root / new).parent) != os.path.join(  # noqa: PTH118 - as text
                os.path.realpath(self._root), *PurePosixPath(new).parent.parts
            ):
                raise FixError("a symbolic link leads there, or out of the dataset")
            if os.path.lexists(self._root / new) or new in self._taken:
                raise FixError(f"{new} is there already")
        self._renamed.update(names)
        self._taken.update(names.values())

    def _rename(self, change: RenameImage) -> None:
        if change.path in self._leaving:
            raise FixError("the image is to be removed")
        self._checked(change.path)
        if self._is_changed(change.path):
            raise FixError(f"{change.path} is changed by another repair: repair again after that")
        new = str(PurePosixPath(change.path).with_name(change.name))
        if os.path.lexists(self._root / new) or new in self._taken:
            raise FixError(f"{new} is there already")
        edits = []
        spots = [(file, Spot(*spot)) for file, of in self._facts.records.get(change.path, {}).items() for spot in of]
        for name, spot in [*spots, *((entry.file, Spot(entry.line)) for entry in self._lists.get(change.path, ()))]:
            file = self._file(name)
            whole = len(self._facts.described.get(name, ())) == 1
            span = (0, len(file.data)) if whole else file.span(spot)
            edits += [(name, edit) for edit in renamed(file.data, span, change.path, change.name)]
        for name, edit in edits:
            self._replace(name, [edit])
        self._renamed[change.path] = new
        self._taken.add(new)

    # -- the files

    def _is_changed(self, name: str) -> bool:
        return name in self._edited or name in self._upright or name in self._renamed

    def _file(self, name: str, *, other: bool = False) -> LabelFile:
        """A label file; with `other` one of any content, which is known by its bytes alone."""
        if name in self._renamed:
            raise FixError(f"{name} is moved by another repair: repair again after that")
        if name not in self._files:
            self._checked(name)
            data = (self._root / name).read_bytes()
            self._files[name] = TextFile(data) if other and b"\0" in data[:4096] else opened(name, data)
        return self._files[name]

    def _checked(self, name: str, *, link: bool = False) -> None:
        """FixError unless a path of the tables leads to a file below the root, past no symbolic link."""
        place = self._root / name
        parent = os.path.realpath(place.parent)
        if Path(parent) != Path(os.path.realpath(self._root)) / PurePosixPath(name).parent:
            raise FixError("a symbolic link leads there, or out of the dataset")
        if not os.path.lexists(place):
            raise FixError("it is not there, or its name is not text in UTF-8")
        if place.is_symlink() and not link:
            raise FixError("it is a symbolic link")

    @cached_property
    def _list_files(self) -> list[str]:
        return sorted({entry.file for found in self._lists.values() for entry in found})

    @cached_property
    def _lists(self) -> dict[str, list[lists.Entry]]:
        found: dict[str, list[lists.Entry]] = {}
        for entry in lists.entries(self._root, self._facts.images, self._facts.described):
            found.setdefault(entry.path, []).append(entry)
        return found


def _check_lines(facts: Facts, *, boxes: bool) -> None:
    """FixError where a line of the labels is more or less than one record."""
    unfit = facts.layouts & (_COUNTED | (_IMAGE_LINES if boxes else set()))
    if unfit:
        raise FixError(f"a line of {' or '.join(sorted(unfit))} is not one record")


def _is_named_after(file: str, path: str) -> bool:
    """Whether a label file has the name of an image."""
    pure = PurePosixPath(file)
    return pure.name.startswith(PurePosixPath(path).stem) and pure.suffix.lower() not in _TABLES


def place_of(change: Change) -> str:
    """Where a change is, in words."""
    if isinstance(change, RemoveImage | RenameImage | Unlist | MoveToClass | MoveToSplit | SetUpright):
        return change.path
    if isinstance(change, DropClass | SetEncoding | Tidy):
        return change.file
    return f"{change.file}#{change.pointer}" if change.pointer else f"{change.file}:{change.line}"


def content_digest(place: Path) -> str:
    """SHA-256 of a file's bytes; of a symbolic link, of where it leads."""
    return digest(os.fsencode(place.readlink()) if place.is_symlink() else place.read_bytes())


def _same(file: LabelFile, one: Spot, other: Spot) -> bool:
    first, second = (file.data[slice(*file.span(spot))].strip() for spot in (one, other))
    return first == second


def _outermost(spots: list[Spot]) -> list[Spot]:
    """The records of an image, without those that go with another one of them."""
    own = [spot for spot in spots if spot.image]
    return [spot for spot in spots if spot.image or not any(_holds(one, spot) for one in own)]


def _holds(image: Spot, record: Spot) -> bool:
    if image.pointer is None:
        return record.pointer is not None and record.line == image.line
    return record.pointer is not None and record.pointer.startswith(f"{image.pointer}/")


def _is_of_split(file: str, split: str) -> bool:
    """Whether a file's path names the split as a word: `train.txt`, `annotations/instances_train2017.json`."""
    return split.lower() in re.findall(r"[a-z]+", file.lower())
