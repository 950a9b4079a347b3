"""ImageNet's localization: `LOC_train_solution.csv`, an image and its boxes a row, `n01440764 240 170 260 240 ...`.

A box is the synset that is its class, and left, top, right and bottom in pixels.
Reference: https://www.kaggle.com/c/imagenet-object-localization-challenge/data
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from datalint.amounts import counted
from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers.columns import plain
from datalint.dataset.containers.json.values import a_number
from datalint.dataset.containers.records import Place, quoted
from datalint.dataset.formats.label_format import Fault, LabelFile, Labels
from datalint.dataset.formats.split_files import Rows, SplitFiles

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEADER = re.compile(rb"(?i)(?:\xef\xbb\xbf)?[\"']?ImageId[\"']?,[\"']?PredictionString[\"']?\s*[\r\n]")
_SYNSET = re.compile(r"n\d{8}")
_FIRST = re.compile(rb"[\r\n][^,\r\n]+,\s*\"?n\d{8}\s")
_EXPECTED = "a synset as n01440764, left, top, right and bottom"


class ImageNetLoc(SplitFiles):
    """A table a split."""

    name, title, extensions = "imagenet-loc", "ImageNet's localization", ("csv",)
    precision = 2

    def recognise(self, head: bytes) -> bool:
        """The two columns, and a synset in the second."""
        return _HEADER.match(head) is not None and _FIRST.search(head) is not None

    def is_of(self, file: LabelFile, head: bytes) -> bool:
        """Not what shows how answers are to be handed in."""
        return "submission" not in file.stem.lower() and self.recognise(head)

    def read(self, file: LabelFile, data: bytes, out: Labels) -> bool:
        """A row an image."""
        records = out.records(file, data)
        if records is None:
            return True
        named = {plain(name): name for name in records.frame.columns}
        if not named.keys() >= {"imageid", "predictionstring"}:
            return False  # a quote that does not end, or the like, hides the columns
        images = Rows(file, out)
        cells = (records.frame[named[name]].to_list() for name in ("imageid", "predictionstring"))
        for line, image, text in zip(records.lines, *cells, strict=True):
            place, words = Place(file.path, line), (text or "").split()
            boxes = [words[start : start + 5] for start in range(0, len(words), 5)]
            found = images.image(image, place, lost=counted(len(boxes), "box", "boxes") if boxes else "")
            if found is None:
                continue
            for number, box in enumerate(boxes, 1):
                if (fault := _box(box, Record(found, None, None, place), out)) is not None:
                    out.problem("syntax", place, f"box {number:,}: {fault.reason}", fault.expected, found.path)
        return True


def _box(words: Sequence[str], record: Record, out: Labels) -> Fault | None:
    """A box as a row, or why it cannot be one."""
    if len(words) != 5:
        return Fault("", f"{counted(len(words), 'word')} are left for it", _EXPECTED)
    if not _SYNSET.fullmatch(words[0]):
        return Fault("", f"{quoted(words[0])} is not a synset", _EXPECTED)
    numbers = [a_number(word) for word in words[1:]]
    raw = [value for value in numbers if value is not None]
    if len(raw) != 4:
        return Fault("", f"{quoted(words[1 + numbers.index(None)])} is not a number", _EXPECTED)
    out.classes.add(words[0])
    out.box(record._replace(name=words[0]), raw, "xyxy-pixels")
    return None


FORMATS = (ImageNetLoc,)
