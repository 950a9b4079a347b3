"""MOT Challenge: `gt/gt.txt` of the frames in `img1`, one object of one frame a line of 9 numbers between commas.

Frame, track, left, top, width and height in pixels, whether it counts, class, visibility; of 2015, 10 numbers without a
class. `seqinfo.ini` says where the frames are, their number and size, and `gt/labels.txt` the classes, as CVAT exports
them. Reference: https://arxiv.org/abs/2003.09003
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from datalint.amounts import counted
from datalint.dataset.containers.records import Kind, Outcome, decode
from datalint.dataset.formats.frame_lines import Frames, Thing, Video, above, class_names, class_number, floats
from datalint.dataset.formats.label_format import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datalint.dataset.formats.label_format import LabelFile, Labels

_CLASSES = (
    "pedestrian", "person on vehicle", "car", "bicycle", "motorbike", "non motorized vehicle", "static person",
    "distractor", "occluder", "occluder on the ground", "occluder full", "reflection", "crowd",
)  # fmt: skip
_MOST = 1 << 16


class Mot(Frames):
    """The videos in one folder are one dataset, with those of other splits."""

    name, title = "mot", "MOT Challenge"
    widths = (9, 10)
    expected = "9 numbers between commas: frame, track, left, top, width, height, whether it counts, class, visibility"

    def is_of(self, file: LabelFile, head: bytes) -> bool:
        """The file's name tells: other videos have lines that look the same."""
        return file.stem == "gt" and posixpath.basename(file.folder) == "gt" and self.recognise(head)

    def dataset_of(self, file: LabelFile) -> str:
        """The folder above the videos."""
        return above(posixpath.dirname(file.folder))

    def video(self, file: LabelFile, out: Labels) -> Video:
        """As `seqinfo.ini` says."""
        root = posixpath.dirname(file.folder)
        said = _settings(posixpath.join(root, "seqinfo.ini"), out)
        width, height, length = (_count(said.get(key)) for key in ("imWidth", "imHeight", "seqLength"))
        labels = posixpath.join(file.folder, "labels.txt")
        names = list(class_names(labels, out))
        for name in names:
            out.declare_once(name, labels)
        if names:
            out.outcomes[labels] = Outcome(Kind.READ, "read as MOT Challenge", counted(len(names), "class", "classes"))
        folder = posixpath.normpath(posixpath.join(root, said.get("imDir") or "img1"))
        return Video(folder, length, (width, height), dict(enumerate(names or _CLASSES, 1)))

    def things(self, lines: Sequence[Sequence[str]], video: Video) -> Iterator[Thing | Fault]:
        """A box a line."""
        for words in lines:
            numbers = floats(words, self.expected)
            if isinstance(numbers, Fault):
                yield numbers
                continue
            number = class_number(words[7], self.expected) if len(words) == 9 and numbers[7] != -1 else 1
            if isinstance(number, Fault):
                yield number
            else:
                yield Thing(video.classes.get(number), number, numbers[2:6], numbers[6] == 0, words[1])


def _settings(file: str, out: Labels) -> dict[str, str]:
    row = out.names.row(file)
    if row is None:
        return {}
    try:
        text = decode(out.tree.data(row, _MOST), file)[0]
    except OSError:
        return {}
    pairs = (line.partition("=") for line in text.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs if value}


def _count(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"[0-9]{1,9}", text) else None


FORMATS = (Mot,)
