"""CelebA: tables of attributes, boxes, landmarks and splits of the same images, with blanks or commas between.

`list_attr_celeba.txt`, `list_bbox_celeba.txt`, `list_landmarks_celeba.txt`, `list_eval_partition.txt` and the like hold
the number of images, the names of the columns, and an image a line. Attributes of 1 are the classes of an image.
Reference: https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

from datalint.amounts import counted
from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers.records import Kind, Outcome, Place, quoted
from datalint.dataset.containers.text_lines import beginning, numbered
from datalint.dataset.containers.xml import number as a_number
from datalint.dataset.formats.label_format import BOXES, IMAGES, POINTS, Counted, Fault, Format, LabelFile, Labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.dataset.files.tree import Tree

_IMAGE = re.compile(r".+\.(?:jpe?g|png)", re.IGNORECASE)
_LISTS = re.compile(r"list_(?:attr|bbox|landmarks)(?:_align)?_celeba|list_eval_partition", re.IGNORECASE)
_SPLITS = {"0": "train", "1": "val", "2": "test"}
_CLASS = "face"
_VALUES = frozenset({"-1", "0", "1"})
_FOLDERS = ("img_celeba", "img_align_celeba", "img_align_celeba/img_align_celeba", "")


class _Head(NamedTuple):
    """What stands above the images."""

    kind: str
    """attributes, boxes, landmarks or splits."""
    columns: list[str]
    said: int | None
    """How many images there are said to be."""
    lines: int
    """Lines of it that are not blank."""


class CelebA(Format):
    """The tables of a folder, with those in `Anno` and `Eval`, are one dataset."""

    name, title, extensions = "celeba", "CelebA", ("txt", "csv")
    counts = (IMAGES, Counted("labels", "attribute", "attributes"), BOXES, POINTS)
    precision = 2

    def __init__(self, tree: Tree) -> None:
        super().__init__(tree)
        self._named: set[tuple[str, str | None]] = set()

    def is_of(self, file: LabelFile, head: bytes) -> bool:
        """By the first lines; tables that any program could have written by their names too."""
        found = _head(beginning(head), file)
        return found is not None and (found.said is not None or _LISTS.fullmatch(file.stem) is not None)

    def dataset_of(self, file: LabelFile) -> str:
        """The folder above `Anno` and `Eval`."""
        folder = file.folder
        return posixpath.dirname(folder) if posixpath.basename(folder) in ("Anno", "Eval") else folder

    def read(self, file: LabelFile, data: bytes, out: Labels) -> None:
        """A line an image."""
        lines = list(numbered(data, file.path, out.problems))
        head = _head([text for _, text in lines[:20]], file)
        if head is None:
            return
        rows = [(Place(file.path, number), _words(text, file)) for number, text in lines[head.lines :]]
        folders = self._folders(file, out)
        if head.kind in ("boxes", "landmarks") and "align" not in file.stem and self._is_aligned(rows, folders, out):
            words = f"not used: {head.kind} in the images as they were before they were aligned"
            out.outcomes[file.path] = Outcome(Kind.UNUSED, words)
            return
        if head.kind == "attributes":
            for name in head.columns:
                out.declare_once(name, file.path)
        if head.said is not None and head.said != len(rows):
            reason = f"{counted(head.said, 'image is', 'images are')} announced, and {len(rows):,} follow"
            out.problem("syntax", Place(file.path, lines[0][0]), reason, "the number of lines")
        for place, cells in rows:
            found = out.find(cells[0], folders) if _IMAGE.fullmatch(cells[0]) else None
            if found is None or found.path is None:
                reason = (found.fault if found else None) or f"{quoted(cells[0])} is not an image"
                out.problem("syntax", place, reason, "the name of an image, and its values")
                continue
            out.once(found, cells[0], place)
            if (out.root, found.path) not in self._named:
                self._named.add((out.root, found.path))
                out.image(found, place)
            fault = _put(head, cells[1:], Record(found, _CLASS, None, place), out)
            if fault is not None:
                out.lost(fault, place, found.path)

    def _folders(self, file: LabelFile, out: Labels) -> list[str]:
        """Where the images may be, the likeliest first."""
        names = sorted(_FOLDERS, key=lambda name: "align" in file.stem and "align" not in name)
        above = [posixpath.join(out.root, folder) for folder in ("Img", "img", "")]
        return [posixpath.join(folder, name).rstrip("/") for name in names for folder in above]

    def _is_aligned(self, rows: Sequence[tuple[Place, list[str]]], folders: Sequence[str], out: Labels) -> bool:
        """Whether the first image that is there is one of those that were aligned."""
        for _, words in rows[:100]:
            found = out.find(words[0], folders)
            if found.row is not None:
                return "align" in posixpath.dirname(found.path or "")
        return False


def _words(text: str, file: LabelFile) -> list[str]:
    if file.extension == "csv":
        return [word.strip().strip('"') for word in text.split(",")]
    return text.split()


def _head(lines: Sequence[str], file: LabelFile) -> _Head | None:
    """The head of a table of CelebA; None if the lines are something else."""
    rows = [_words(line, file) for line in lines]
    if len(rows) > 1 and file.stem.lower() == "list_eval_partition":
        head = 0 if _IMAGE.fullmatch(rows[0][0]) else 1
        fine = all(len(row) == 2 and row[1] in _SPLITS for row in rows[head:])
        return _Head("splits", ["partition"], None, head) if fine else None
    said = int(rows[0][0]) if rows and len(rows[0]) == 1 and re.fullmatch(r"[0-9]{1,9}", rows[0][0]) else None
    start = 1 if said is not None else 0
    if len(rows) < start + 2 or (said is None and file.extension == "txt"):
        return None
    columns = rows[start]
    if columns[0] == "image_id":
        columns = columns[1:]
    values = rows[start + 1]
    if len(values) < 2 or not _IMAGE.fullmatch(values[0]) or not all(re.search("[A-Za-z]", name) for name in columns):
        return None
    if len(columns) == 4 and {"width", "height"} <= set(columns):
        return _Head("boxes", columns, said, start + 1)
    if len(columns) % 2 == 0 and all(name.endswith(("_x", "_y")) for name in columns):
        return _Head("landmarks", columns, said, start + 1)
    fine = len(values) == len(columns) + 1 and _VALUES.issuperset(values[1:])
    return _Head("attributes", columns, said, start + 1) if fine else None


def _put(head: _Head, words: Sequence[str], record: Record, out: Labels) -> Fault | None:
    """What a line says of its image as rows, or why it cannot be used."""
    expected = f"{counted(len(head.columns), 'value')} after the image"
    if len(words) != len(head.columns):
        return Fault("", counted(len(words), "value"), expected)
    if head.kind in ("attributes", "splits"):
        known = _VALUES if head.kind == "attributes" else _SPLITS.keys()
        if (bad := next((word for word in words if word not in known), None)) is not None:
            return Fault("", f"the value {quoted(bad)} is none of {', '.join(sorted(known))}", expected)
        if head.kind == "splits":
            out.split(record.found, _SPLITS[words[0]])
            return None
        for name, word in zip(head.columns, words, strict=True):
            if word == "1":
                out.classes.add(name)
                out.label(record._replace(name=name))
        return None
    numbers = [value for word in words if (value := a_number(word)) is not None]
    if len(numbers) != len(words):
        bad = next(word for word in words if a_number(word) is None)
        return Fault("", f"{quoted(bad)} is not a number", expected)
    out.classes.add(_CLASS)
    if head.kind == "boxes":
        out.box(record, numbers, "xywh-pixels")
    else:
        pairs = zip(numbers[::2], numbers[1::2], strict=True)
        out.keypoints(record, [value for x, y in pairs for value in (x, y, 2.0)])
    return None


FORMATS = (CelebA,)
