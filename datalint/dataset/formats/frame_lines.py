"""One text file a video, one object of one frame a line: what MOT, UAVDT and VisDrone's videos share."""

from __future__ import annotations

import math
import posixpath
import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from datalint.amounts import counted
from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers.records import Place, quoted
from datalint.dataset.containers.text_lines import beginning, numbered
from datalint.dataset.files.image_names import Found
from datalint.dataset.formats.label_format import Fault, Format, LabelFile, Labels, above_splits, first_split

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from datalint.dataset.files.tree import Tree

#: A number in a line; `float` would also take `1_000`.
_NOT_A_NUMBER = re.compile(r"[^\d.eE+\-a-zA-Z]|_")
_FRAME = re.compile(r"\d{1,9}")
_LAST_NUMBER = re.compile(r"(\d{1,9})$")


class Thing(NamedTuple):
    """An object in a frame."""

    name: str | None
    """The class; None if nothing names it."""
    number: int | None
    raw: Sequence[float]
    """Left, top, width and height in pixels."""
    crowd: bool
    track: str


@dataclass
class Video:
    """The frames of a label file."""

    folder: str
    """Where their images are."""
    length: int | None = None
    """How many there are said to be."""
    size: tuple[float | None, float | None] = (None, None)
    """The width and height that they are said to have."""
    classes: Mapping[int, str] = field(default_factory=dict)
    """The names of classes, by number."""


class Frames(Format):
    """What a format of frames states: the form of its lines, and where the frames of a file are."""

    extensions = ("txt",)
    precision = 1
    separator: str | None = ","
    widths: tuple[int, ...]
    """Words in a line."""
    expected: str

    def __init__(self, tree: Tree) -> None:
        super().__init__(tree)
        self._by_folder = cache(lambda: _by_folder(tree))
        self._by_name = cache(lambda: _by_name(self._by_folder()))

    def video(self, file: LabelFile, out: Labels) -> Video:
        """The frames of a file, and what other files say of them."""
        raise NotImplementedError

    def things(self, lines: Sequence[Sequence[str]], video: Video) -> Iterable[Thing | Fault]:
        """The object in each of `lines`, which have the right number of words; or why there is none."""
        raise NotImplementedError

    def recognise(self, head: bytes) -> bool:
        """Most of the first lines have the right number of words, the first of them the number of a frame."""
        lines = [self._words(line) for line in beginning(head)]
        return 2 * sum(len(line) in self.widths and _FRAME.fullmatch(line[0]) is not None for line in lines) > len(
            lines
        )

    def source(self, out: Labels) -> str:
        """The folder of several files."""
        return out.files[0].path if len(out.files) == 1 else out.root

    def read(self, file: LabelFile, data: bytes, out: Labels) -> None:
        """A line an object; frames without one are frames in which there is nothing."""
        video = self.video(file, out)
        images = self._images(video.folder)
        fine: list[tuple[Place, int, list[str]]] = []
        for number, text in numbered(data, file.path, out.problems):
            words, place = self._words(text), Place(file.path, number)
            if len(words) not in self.widths:
                out.problem("syntax", place, f"{counted(len(words), 'word')} in the line", self.expected)
            elif not _FRAME.fullmatch(words[0]):
                out.problem("syntax", place, f"{quoted(words[0])} is not the number of a frame", self.expected)
            elif video.length is not None and int(words[0]) > video.length:
                reason = f"frame {int(words[0]):,} of a video of {counted(video.length, 'frame')}"
                out.problem("syntax", place, reason, "the number of a frame", self._found(words[0], images, video).path)
            else:
                fine.append((place, int(words[0]), words))
        first: dict[int, Found] = {}
        for (place, frame, words), thing in zip(fine, self.things([words for *_, words in fine], video), strict=True):
            found = first.get(frame)
            if found is None:
                found = first[frame] = self._found(words[0], images, video)
                self._image(found, place, video, out)
            self._put(thing, found, place, out)
        for frame in sorted(images.keys() - first.keys()):
            self._image(self._found(str(frame), images, video), Place(file.path), video, out)

    def _words(self, line: str) -> list[str]:
        words = [word.strip() for word in line.split(self.separator)]
        return words[:-1] if len(words) > 1 and not words[-1] else words

    def _put(self, thing: Thing | Fault, found: Found, place: Place, out: Labels) -> None:
        if isinstance(thing, Fault):
            out.lost(thing, place, found.path)
            return
        if thing.name is None:
            reason = f"{thing.number} is not the number of a class"
            out.problem("unknown-category", place, reason, "a class that is declared", found.path)
        else:
            out.classes.add(thing.name)
        record = Record(found, thing.name, thing.number, place)
        out.box(record, thing.raw, "xywh-pixels", id=thing.track, crowd=thing.crowd)

    def _image(self, found: Found, place: Place, video: Video, out: Labels) -> None:
        out.image(found, place, video.size)
        if (split := first_split(video.folder.split("/")[::-1])) is not None:
            out.split(found, split)

    def _found(self, frame: str, images: Mapping[int, int], video: Video) -> Found:
        row = images.get(int(frame))
        if row is not None:
            return Found(row, self.tree.path(row))
        known = self.tree.path(next(iter(images.values()))) if images else "000000.jpg"
        stem, extension = posixpath.splitext(posixpath.basename(known))
        name = _LAST_NUMBER.sub(lambda number: frame.zfill(len(number[0])), stem)
        return Found(None, posixpath.join(video.folder, name + extension))

    def _images(self, folder: str) -> dict[int, int]:
        """Frame -> row of its image."""
        stems, rows = self._by_folder().get(folder, ((), ()))
        numbers = [_LAST_NUMBER.search(stem) for stem in stems]
        return {int(number[1]): row for number, row in zip(numbers, rows, strict=True) if number}

    def folder_called(self, name: str, near: str) -> str:
        """The folder of images of this name that is nearest to the folder `near`; beside it if there is none."""

        def shared(folder: str) -> int:
            return len(posixpath.commonprefix([folder.split("/"), near.split("/")]))

        beside = posixpath.join(posixpath.dirname(near), name)
        return max(self.folders_by_name().get(name, ()), key=shared, default=beside)

    def folders_by_name(self) -> Mapping[str, list[str]]:
        """The folders of images by their last part."""
        return self._by_name()


def _by_folder(tree: Tree) -> dict[str, tuple[list[str], list[int]]]:
    """Stems and rows of the images in each folder."""
    images = tree.files.filter("candidate").group_by("folder", maintain_order=True).agg("stem", "file_row")
    return {name: (stems, rows) for name, stems, rows in images.iter_rows()}


def _by_name(folders: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for folder in folders:
        found.setdefault(posixpath.basename(folder), []).append(folder)
    return found


def floats(words: Sequence[str], expected: str) -> list[float] | Fault:
    """The numbers in a line, or which word is not one."""
    numbers: list[float] = []
    for word in words:
        try:
            numbers.append(math.nan if _NOT_A_NUMBER.search(word) else float(word))
        except ValueError:
            return Fault("", f"{quoted(word)} is not a number", expected)
        if math.isnan(numbers[-1]) and word.lower().strip("+-") != "nan":
            return Fault("", f"{quoted(word)} is not a number", expected)
    return numbers


def class_number(word: str, expected: str) -> int | Fault:
    """The number of a class, or that it is not one."""
    if re.fullmatch(r"[0-9]{1,9}(?:\.0*)?", word):
        return int(word.partition(".")[0])
    return Fault("", f"{quoted(word)} is not the number of a class", expected)


def above(folder: str) -> str:
    """The folder above that of a video, and above those of splits."""
    return above_splits(posixpath.dirname(folder))


def class_names(file: str, out: Labels) -> Iterator[str]:
    """The names in the file `file`, one a line, if it is there."""
    row = out.names.row(file)
    if row is None:
        return
    try:
        data = out.tree.data(row)
    except OSError:
        return
    for _, line in numbered(data, file, out.problems):
        yield line.strip()


__all__ = ["Frames", "Thing", "Video", "above", "class_names", "class_number", "floats"]
