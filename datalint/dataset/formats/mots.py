"""MOTS: `instances_txt/0001.txt` of the frames in `0001`, one mask of one frame a line, as compressed run lengths.

Frame, track, class, height and width of the image, and the run lengths as COCO has them, with blanks between. The boxes
around the masks are read. Reference: https://www.vision.rwth-aachen.de/page/mots
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from datalint.amounts import counted
from datalint.dataset.containers.records import quoted
from datalint.dataset.containers.text_lines import beginning
from datalint.dataset.formats import run_lengths
from datalint.dataset.formats.frame_lines import Frames, Thing, Video, above
from datalint.dataset.formats.label_format import Fault
from datalint.dataset.formats.run_lengths import Mask, Size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datalint.dataset.formats.label_format import LabelFile, Labels

_LINE = re.compile(r"\d{1,9} \d{1,9} \d{1,4} (\d{1,6}) (\d{1,6}) (?=\S*[^\d\s])\S+")
_CLASSES = {1: "car", 2: "pedestrian", 10: "ignored region"}
_IGNORED = 10
#: Masks that are measured at once.
_BLOCK = 4096
#: Pixels of a side.
_LARGEST = 1 << 16
_SIDES = ("mask_left", "mask_top", "mask_right", "mask_bottom")


class Mots(Frames):
    """The videos in one folder are one dataset, with those of other splits."""

    name, title = "mots", "MOTS"
    separator = None
    widths = (6,)
    expected = "frame, track, class, height, width and run lengths, with blanks between"

    def recognise(self, head: bytes) -> bool:
        """Lines of five numbers and run lengths."""
        lines = beginning(head[: head.rfind(b"\n") + 1] or head)
        return 2 * sum(_LINE.fullmatch(line.strip()) is not None for line in lines) > len(lines)

    def dataset_of(self, file: LabelFile) -> str:
        """The folder above the videos, or above the label files."""
        return above(posixpath.dirname(file.folder) if _is_challenge(file) else file.folder)

    def video(self, file: LabelFile, out: Labels) -> Video:
        """`img1` beside `gt`, as in MOTSChallenge; else the folder that the file is named after, as in KITTI MOTS."""
        if _is_challenge(file):
            folder = posixpath.join(posixpath.dirname(file.folder), "img1")
        else:
            folder = self.folder_called(file.stem, file.folder)
        said = next((found for line in beginning(self.tree.head(file.row)) if (found := _LINE.fullmatch(line))), None)
        return Video(folder, size=(float(said[2]), float(said[1])) if said else (None, None), classes=_CLASSES)

    def things(self, lines: Sequence[Sequence[str]], video: Video) -> Iterator[Thing | Fault]:
        """The box around each mask."""
        for start in range(0, len(lines), _BLOCK):
            yield from self._block(lines[start : start + _BLOCK])

    def _block(self, lines: Sequence[Sequence[str]]) -> Iterator[Thing | Fault]:
        sizes = {row: Size(row, *size) for row, words in enumerate(lines) if (size := _size(words)) is not None}
        found = run_lengths.measure([Mask(size, lines[row][5]) for row, size in sizes.items()])
        sides = {row: numbers for row, *numbers in found.measures.select("row", *_SIDES).iter_rows()}
        for row, words in enumerate(lines):
            if (fault := self._fault(words, sizes.get(row), found.totals.get(row), row in sides)) is not None:
                yield fault
                continue
            left, top, right, bottom = sides[row]
            number = int(words[2])
            raw = [float(value) for value in (left, top, right - left, bottom - top)]
            yield Thing(_CLASSES.get(number), number, raw, number == _IGNORED, words[1])

    def _fault(self, words: Sequence[str], size: Size | None, total: int | None, is_there: bool) -> Fault | None:
        if size is None:
            bad = next((word for word in words[1:5] if not re.fullmatch(r"[0-9]{1,9}", word)), words[3])
            return Fault("", f"{quoted(bad)} is not a number that can stand here", self.expected)
        if total is not None:
            pixels = counted(size.height * size.width, "pixel")
            return Fault(
                "", f"the run lengths are of {counted(total, 'pixel')}, the image is of {pixels}", self.expected
            )
        return None if is_there else Fault("", "the run lengths cannot be decoded", self.expected)


def _is_challenge(file: LabelFile) -> bool:
    return file.stem == "gt" and posixpath.basename(file.folder) == "gt"


def _size(words: Sequence[str]) -> tuple[int, int] | None:
    """Height and width; None where one of the numbers of a line is not one, or the image has no pixels."""
    if not all(re.fullmatch(r"[0-9]{1,9}", word) for word in words[1:5]):
        return None
    height, width = int(words[3]), int(words[4])
    return (height, width) if 0 < height <= _LARGEST and 0 < width <= _LARGEST else None


FORMATS = (Mots,)
