"""VisDrone's videos: `annotations/uav1_v.txt` of the frames in `sequences/uav1_v`, a line of 10 numbers an object.

Frame, track, left, top, width and height in pixels, whether it counts, class, truncation, occlusion, between commas.
Reference: https://github.com/VisDrone/VisDrone2018-VID-toolkit
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.dataset.formats.frame_lines import Frames, Thing, Video, above, class_number, floats
from datalint.dataset.formats.label_format import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datalint.dataset.formats.label_format import LabelFile, Labels

_CLASSES = (
    "ignored regions", "pedestrian", "people", "bicycle", "car", "van", "truck", "tricycle", "awning-tricycle",
    "bus", "motor", "others",
)  # fmt: skip


class VisDroneVideo(Frames):
    """The files of a folder are one dataset, with those of other splits."""

    name, title = "visdrone-video", "VisDrone's videos"
    widths = (10,)
    expected = "10 numbers between commas: frame, track, left, top, width, height, score, class, truncation, occlusion"

    def is_of(self, file: LabelFile, head: bytes) -> bool:
        """Of a file that is named after a folder of images."""
        return self.recognise(head) and file.stem in self.folders_by_name()

    def dataset_of(self, file: LabelFile) -> str:
        """The folder above the files' own."""
        return above(file.folder)

    def video(self, file: LabelFile, out: Labels) -> Video:
        """The folder that the file is named after."""
        return Video(self.folder_called(file.stem, file.folder), classes=dict(enumerate(_CLASSES)))

    def things(self, lines: Sequence[Sequence[str]], video: Video) -> Iterator[Thing | Fault]:
        """A box a line."""
        for words in lines:
            numbers = floats(words, self.expected)
            if isinstance(numbers, Fault):
                yield numbers
                continue
            number = class_number(words[7], self.expected)
            if isinstance(number, Fault):
                yield number
            else:
                is_ignored = numbers[6] == 0 or number == 0
                yield Thing(video.classes.get(number), number, numbers[2:6], is_ignored, words[1])


FORMATS = (VisDroneVideo,)
