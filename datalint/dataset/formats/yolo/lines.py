"""What a line of text looks like: one of YOLO's, one that is meant as such, or one of another format."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Lines of YOLO's form, as a share of those looked at, for a file or folder to hold YOLO labels.
ENOUGH = 0.5
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:nan|inf(?:inity)?)", re.IGNORECASE)
#: Words of a line that are looked at.
_LOOKED_AT = 1 << 12
#: KITTI's words, the last one a score; DOTA's words, the last one a difficulty.
_KITTI, _DOTA = (15, 16), (9, 10)


class Sample(NamedTuple):
    """Some lines of a folder, counted by what they look like."""

    lines: int
    inside: int
    """Lines of YOLO's form with all coordinates within the image."""
    foreign: int
    """Lines of another format."""
    resembling: int
    """Lines of YOLO's form, or that would be if the class were a number and no commas stood between."""


def sampled(lines: Sequence[Sequence[str]]) -> Sample:
    """What these lines, each as its words, look like."""
    inside = sum(all(-0.5 <= float(word) <= 1.5 for word in words[1:5]) for words in lines if fits(words))
    return Sample(len(lines), inside, sum(map(_is_foreign, lines)), sum(map(_resembles, lines)))


def fits(words: Sequence[str]) -> bool:
    """Whether a line has YOLO's form: a whole number, and at least four more numbers."""
    return (
        len(words) >= 5
        and re.fullmatch(r"\d{1,9}(?:\.0*)?", words[0]) is not None
        and all(map(_NUMBER.fullmatch, words[:_LOOKED_AT]))
    )


def _resembles(words: Sequence[str]) -> bool:
    """Whether a line could be meant as YOLO's: a class by its name, or commas between the numbers."""
    words = re.split(r"[\s,;]+", " ".join(words).strip(" ,;"))
    return len(words) >= 5 and not _is_foreign(words) and all(map(_NUMBER.fullmatch, words[1:_LOOKED_AT]))


def _is_foreign(words: Sequence[str]) -> bool:
    """Whether a line is one of KITTI's or DOTA's, or none of numbers at all."""
    numbers = [bool(_NUMBER.fullmatch(word)) for word in words[:16]]
    kitti = len(words) in _KITTI and not numbers[0] and all(numbers[1:])
    dota = len(words) in _DOTA and all(numbers[:8]) and not numbers[8]
    return kitti or dota or not any(numbers)


__all__ = ["ENOUGH", "Sample", "fits", "sampled"]
