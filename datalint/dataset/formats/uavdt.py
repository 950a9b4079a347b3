"""UAVDT: `GT/M0101_gt_whole.txt` of the frames in `M0101`, one vehicle of one frame a line of 9 numbers.

Frame, track, left, top, width and height in pixels, out of view, occlusion, class, between commas.
`M0101_gt_ignore.txt` has regions to be ignored; `M0101_gt.txt` has the same vehicles without their class, and is read
where it is alone.
Reference: https://sites.google.com/view/grli-uavdt
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from datalint.dataset.containers.records import Kind, Outcome
from datalint.dataset.formats.frame_lines import Frames, Thing, Video, class_number, floats
from datalint.dataset.formats.label_format import Fault, above_splits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datalint.dataset.formats.label_format import LabelFile, Labels

_NAMED = re.compile(r"(?P<video>.+)_gt(?P<kind>|_whole|_ignore)", re.DOTALL)
_CLASSES = {1: "car", 2: "truck", 3: "bus"}
_ANY, _IGNORED = "vehicle", "ignored region"


class Uavdt(Frames):
    """The files of a folder are one dataset."""

    name, title = "uavdt", "UAVDT"
    widths = (9,)
    expected = "9 numbers between commas: frame, track, left, top, width, height, out of view, occlusion, class"

    def is_of(self, file: LabelFile, head: bytes) -> bool:
        """The file's name tells: other videos have lines that look the same."""
        return _NAMED.fullmatch(file.stem) is not None and self.recognise(head)

    def dataset_of(self, file: LabelFile) -> str:
        """The folder above those of splits."""
        return above_splits(file.folder)

    def read(self, file: LabelFile, data: bytes, out: Labels) -> None:
        """A file that says no more than another one is left out."""
        whole = posixpath.join(file.folder, f"{file.stem}_whole.txt")
        if file.stem.endswith("_gt") and out.names.row(whole) is not None:
            out.outcomes[file.path] = Outcome(Kind.UNUSED, "not added: UAVDT, of vehicles read already")
            return
        super().read(file, data, out)

    def video(self, file: LabelFile, out: Labels) -> Video:
        """The folder that the file is named after."""
        named = _NAMED.fullmatch(file.stem)
        name = named["video"] if named else file.stem
        kind = named["kind"] if named else ""
        classes = {1: _IGNORED} if kind == "_ignore" else _CLASSES
        return Video(self.folder_called(name, file.folder), classes=classes)

    def things(self, lines: Sequence[Sequence[str]], video: Video) -> Iterator[Thing | Fault]:
        """A box a line."""
        ignored = video.classes[1] == _IGNORED
        for words in lines:
            numbers = floats(words, self.expected)
            if isinstance(numbers, Fault):
                yield numbers
            elif ignored or numbers[8] == -1:
                yield Thing(_IGNORED if ignored else _ANY, None, numbers[2:6], ignored, words[1])
            elif isinstance(number := class_number(words[8], self.expected), Fault):
                yield number
            else:
                yield Thing(_CLASSES.get(number), number, numbers[2:6], crowd=False, track=words[1])


FORMATS = (Uavdt,)
