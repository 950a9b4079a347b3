"""Run lengths in a table, as Kaggle has them: `ImageId,EncodedPixels` and pairs of first pixel and length in a cell.

Pixels count from 1, down one column after the other. The boxes around the masks are read; an empty cell, or -1, is an
image (or class in it) without a mask. Reference: https://www.kaggle.com/c/airbus-ship-detection/overview/evaluation
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from datalint.amounts import counted
from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers import delimited
from datalint.dataset.containers.columns import plain
from datalint.dataset.containers.records import Place, decode, quoted
from datalint.dataset.formats import run_lengths
from datalint.dataset.formats.label_format import Fault, LabelFile, Labels
from datalint.dataset.formats.run_lengths import Mask, Size
from datalint.dataset.formats.split_files import Rows, SplitFiles
from datalint.pixels import header

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

    from datalint.dataset.files.image_names import Found

_RUNS = ("encodedpixels", "encodedpixel", "rle", "rlemask", "maskrle")
_IMAGES = ("imageid", "image", "imageidclassid", "imagelabel", "id", "imgid", "img", "filename", "imagename")
#: Columns of an image and, after the last underscore, a class.
_BOTH = ("imageidclassid", "imagelabel")
_CLASSES = ("classid", "class", "label", "classname", "category", "defect")
_EXPECTED = "pairs of a first pixel, from 1, and a length"
_SIDES = ("mask_left", "mask_top", "mask_right", "mask_bottom")
#: Masks that are measured at once.
_BLOCK = 4096
_LARGEST = 1 << 16


class _Row(NamedTuple):
    place: Place
    found: Found
    name: str | None
    pairs: list[int]


class RunLengths(SplitFiles):
    """A table a split."""

    name, title, extensions = "kaggle-rle", "run lengths", ("csv",)
    precision = 2

    def recognise(self, head: bytes) -> bool:
        """A header with a column of images and one of run lengths."""
        columns = _columns(delimited.cells(re.split(r"[\r\n]", decode(head[:_BLOCK], "")[0], maxsplit=1)[0], ",") or ())
        return "runs" in columns and "image" in columns

    def is_of(self, file: LabelFile, head: bytes) -> bool:
        """Not what shows how answers are to be handed in."""
        return "submission" not in file.stem.lower() and self.recognise(head)

    def read(self, file: LabelFile, data: bytes, out: Labels) -> bool:
        """A row a mask."""
        records = out.records(file, data)
        if records is None:
            return True
        columns = _columns(records.frame.columns)
        if not {"image", "runs"} <= columns.keys():
            return False  # a quote that does not end, or the like, hides the columns
        rows, said = _rows(records.frame, list(records.lines), columns, file, out)
        sizes = self._sizes(rows, said)
        for start in range(0, len(rows), _BLOCK):
            _put(rows[start : start + _BLOCK], sizes, out)
        return True

    def _sizes(self, rows: Sequence[_Row], said: Mapping[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
        """Width and height of the images with masks: of the file, else as the table says."""
        there = {row.found.row: row.found.path for row in rows if row.found.row is not None}
        measured = header.sizes([self.tree.picture(row) for row in there])
        known = {path: size for path, size in zip(there.values(), measured, strict=True) if path and size}
        return {**said, **known}


def _columns(names: Sequence[str]) -> dict[str, str]:
    """image, runs, class, width and height -> the column's name."""
    by_name = {plain(name): name for name in reversed(names)}
    wanted = {"image": _IMAGES, "runs": _RUNS, "class": _CLASSES, "width": ("width",), "height": ("height",)}
    chosen = {what: next((name for name in known if name in by_name), None) for what, known in wanted.items()}
    return {what: by_name[name] for what, name in chosen.items() if name is not None}


def _rows(
    frame: pl.DataFrame, lines: Sequence[int], columns: Mapping[str, str], file: LabelFile, out: Labels
) -> tuple[list[_Row], dict[str, tuple[int, int]]]:
    """The rows with masks, and the sizes of images that the table declares."""
    images, rows = Rows(file, out), list[_Row]()
    said: dict[str, tuple[int, int]] = {}
    both = plain(columns["image"]) in _BOTH
    cells = {what: frame[name].to_list() for what, name in columns.items()}
    nothing = [None] * frame.height
    for line, image, runs, name, width, height in zip(
        lines, cells["image"], cells["runs"], *(cells.get(what, nothing) for what in ("class", "width", "height")),
        strict=True,
    ):  # fmt: skip
        place = Place(file.path, line)
        if both and image:
            image, _, name = image.strip().rpartition("_")
        size = (_side(width), _side(height))
        found = images.image(image, place, size, "a mask" if runs else "")
        if found is None or found.path is None:
            continue
        if size[0] and size[1]:
            said.setdefault(found.path, (size[0], size[1]))
        pairs = _pairs(runs or "")
        if isinstance(pairs, Fault):
            out.lost(pairs, place, found.path)
        elif pairs:
            rows.append(_Row(place, found, (name or "").strip() or None, pairs))
    return rows, said


def _side(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"[1-9][0-9]{0,4}", text.strip()) else None


def _pairs(text: str) -> list[int] | Fault:
    """The numbers of a cell, empty where there is no mask; or why they are not run lengths."""
    words = text.split()
    if words in ([], ["-1"]):
        return []
    bad = next((word for word in words if not re.fullmatch(r"[0-9]{1,10}", word)), None)
    if bad is not None:
        return Fault("", f"{quoted(bad)} is not a number of pixels", _EXPECTED)
    numbers = [int(word) for word in words]
    if len(numbers) % 2:
        return Fault("", f"{counted(len(numbers), 'number')}, which are not pairs", _EXPECTED)
    runs = list(zip(numbers[::2], numbers[1::2], strict=True))
    if runs[0][0] == 0:
        return Fault("", "a run begins at pixel 0", _EXPECTED)
    if any(length == 0 for _, length in runs):
        return Fault("", "a run has no length", _EXPECTED)
    for (first, length), (second, _) in pairwise(runs):
        if second < first + length:
            reason = "overlaps" if second >= first else "lies before"
            return Fault("", f"the run that begins at {second} {reason} the one before it, {first} {length}", _EXPECTED)
    return numbers


def _put(rows: Sequence[_Row], sizes: Mapping[str, tuple[int, int]], out: Labels) -> None:
    """The boxes around masks; of images whose size nothing says there are none."""
    masks: list[Mask] = []
    for number, row in enumerate(rows):
        width, height = sizes.get(row.found.path or "", (0, 0))
        last = row.pairs[-2] + row.pairs[-1] - 1
        if not 0 < width <= _LARGEST or not 0 < height <= _LARGEST:
            continue
        if last > width * height:
            reason = f"the mask ends at pixel {last:,} of {width * height:,} ({width}x{height})"
            out.problem("syntax", row.place, reason, "a mask within its image", row.found.path)
        else:
            masks.append(Mask(Size(number, height, width), _runs(row.pairs, width * height)))
    measured = run_lengths.measure(masks).measures
    for number, left, top, right, bottom in measured.select("row", *_SIDES).sort("row").iter_rows():
        row = rows[number]
        if row.name is not None:
            out.classes.add(row.name)
        raw = [float(value) for value in (left, top, right - left, bottom - top)]
        out.box(Record(row.found, row.name, None, row.place), raw, "xywh-pixels")


def _runs(pairs: Sequence[int], pixels: int) -> list[int]:
    """Lengths of runs that are and are not of the mask, in turn, the first of those that are not."""
    runs, at = [], 1
    for first, length in zip(pairs[::2], pairs[1::2], strict=True):
        runs += [first - at, length]
        at = first + length
    return [*runs, pixels - at + 1]


FORMATS = (RunLengths,)
