"""Lists with boxes: a line is an image and its boxes, `img/a.jpg 10,20,110,220,0 30,40,50,60,2`, as of keras-yolo3.

Left, top, right and bottom in pixels and the number of the class, from 0; names from `classes.txt` beside the list.
Reference: https://github.com/qqwweee/keras-yolo3
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from datalint.amounts import counted
from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers.json.values import a_number
from datalint.dataset.containers.records import Kind, Outcome, Place, quoted
from datalint.dataset.containers.text_lines import beginning, numbered
from datalint.dataset.formats.label_format import Fault, LabelFile, Labels
from datalint.dataset.formats.split_files import SplitFiles, folders_near, put_in_split

if TYPE_CHECKING:
    from collections.abc import Mapping

_LINE = re.compile(r"(?P<image>.+?\.(?:jpe?g|png|bmp|tiff?|webp|gif))(?:\s+(?P<boxes>.*))?", re.IGNORECASE)
_NUMBER = r"[+-]?\d+(?:\.\d*)?"
_BOXES = re.compile(rf"(?:{_NUMBER},){{4}}\d{{1,6}}(?:\s+(?:{_NUMBER},){{4}}\d{{1,6}})*\s*")
_EXPECTED = "left, top, right, bottom and the number of the class, between commas"


class KerasYolo(SplitFiles):
    """A file a split."""

    name, title, extensions = "keras-yolo", "list with boxes", ("txt",)
    precision = 1

    def recognise(self, head: bytes) -> bool:
        """Lines of an image and boxes, beside those of an image alone."""
        lines = [_LINE.fullmatch(line.strip()) for line in beginning(head)]
        boxes = [line["boxes"] for line in lines if line is not None and line["boxes"]]
        fit = sum(_BOXES.fullmatch(text) is not None for text in boxes)
        return 2 * fit > len(boxes) and 2 * lines.count(None) < len(lines)

    def read(self, file: LabelFile, data: bytes, out: Labels) -> None:
        """A line an image."""
        names = _names(file, out)
        for number, text in numbered(data, file.path, out.problems):
            place, line = Place(file.path, number), _LINE.fullmatch(text.strip())
            if line is None:
                out.problem(
                    "syntax", place, f"{quoted(text.strip())} does not begin with an image", "an image and boxes"
                )
                continue
            boxes = (line["boxes"] or "").split()
            lost = counted(len(boxes), "box", "boxes") if boxes else ""
            found = out.image_named(line["image"], folders_near(file.folder), place, place, lost)
            if found is None:
                continue
            put_in_split(found, file, out)
            for nth, box in enumerate(boxes, 1):
                fault = _box(box, Record(found, None, None, place), names, out)
                if fault is not None:
                    out.problem("syntax", place, f"box {nth:,}: {fault.reason}", fault.expected, found.path)


def _box(text: str, record: Record, names: Mapping[int, str], out: Labels) -> Fault | None:
    """A box as a row, or why it cannot be one."""
    words = text.split(",")
    if len(words) != 5:
        return Fault("", f"{quoted(text)} is of {counted(len(words), 'number')}", _EXPECTED)
    numbers = [a_number(word) for word in words[:4]]
    raw = [value for value in numbers if value is not None]
    if len(raw) != 4:
        return Fault("", f"{quoted(words[numbers.index(None)])} is not a number", _EXPECTED)
    if not re.fullmatch(r"[0-9]{1,9}", words[4]):
        return Fault("", f"{quoted(words[4])} is not the number of a class", _EXPECTED)
    number = int(words[4])
    name = names.get(number) if names else str(number)
    if name is None:
        reason = f"class {number} of {counted(len(names), 'class', 'classes')}, counted from 0"
        out.problem("unknown-category", record.place, reason, "a class that is declared", record.found.path)
    else:
        out.classes.add(name)
    out.box(record._replace(name=name, number=number), raw, "xyxy-pixels")
    return None


def _names(file: LabelFile, out: Labels) -> dict[int, str]:
    """The classes that the only list of names declares, beside the file or in `model_data`; empty if there is none."""
    texts = out.tree.texts.filter(pl.col("stem").str.contains(r"(?i)^(?:.*_)?classes$"))
    folders = (file.folder, f"{file.folder}/model_data".lstrip("/"))
    for folder in folders:
        lists = texts.filter(pl.col("folder") == folder)
        if lists.height == 1:
            path, row = lists.select("path", "row").row(0)
            try:
                names = [line.strip() for _, line in numbered(out.tree.data(row), path, [])]
            except OSError:
                return {}
            for number, name in enumerate(names):
                if path not in out.outcomes:
                    out.declare(name, number, path)
            out.outcomes[path] = Outcome(Kind.READ, "read as names of classes", counted(len(names), "class", "classes"))
            return dict(enumerate(names))
    return {}


FORMATS = (KerasYolo,)
