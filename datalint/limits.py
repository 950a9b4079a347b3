"""How much a scan may take: every limit on time and memory, once.

They hold for this process and for its workers. A dataset cannot change them: they are set by DATALINT_LIMIT, by
`--limit`, or by `applied`, never by a config file.
"""

from __future__ import annotations

import difflib
import math
import os
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE = "DATALINT_LIMIT"
_GIB = 1 << 30
_SHARE_OF_MACHINE = 0.5  # of its memory, for label files
_LEAST_FOR_LABELS = 2.0
_TIMES_THE_SIZE = 60
_BYTES_PER_FILE = 4096


class LimitError(ValueError):
    """A limit that is not known, or a value that it does not take: one line to show."""


def _half_of_the_memory() -> float:
    """In GiB; label files may be as large as the machine is."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIB
    except (AttributeError, ValueError, OSError):  # not on this platform
        return 8.0
    return max(_LEAST_FOR_LABELS, round(_SHARE_OF_MACHINE * memory, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds, and GiB of memory or disk."""

    image_seconds: float = 60.0
    """For one image. After this long a decoder hangs."""
    image_memory: float = 6.0
    """For one image. The largest that is decoded has 179 million pixels, each of which takes up to 27 bytes on the way
    to the facts (16 bits of grey, as floating-point numbers)."""
    label_seconds: float = 60.0
    """For one label file, and as much again for every 100 MB of it."""
    label_memory: float = 1.0
    """For a label file of no size; see `for_label_files`."""
    labels_seconds: float = 7200.0
    """For all label files."""
    labels_memory: float = _half_of_the_memory()
    """For all label files, however large: half of this machine's by default."""
    unpacked_disk: float = 16.0
    """For the members of compressed archives, while a scan runs: the disk of temporary files."""
    engine_seconds: float = 60.0
    """For a cluster to be without a worker, or to be reached."""
    store_seconds: float = 15.0
    """For one request to a store, which is made three times if need be."""

    def for_label_file(self, size: int) -> float:
        """Seconds that a label file of `size` bytes may take."""
        return self.label_seconds * (1 + size / 1e8)

    def for_label_files(self, size: int, files: int) -> int:
        """Bytes of memory that label files of `size` bytes together may take, in a dataset of so many files.

        Text of many short records grows most when it is read: a line of 20 bytes to a box of 200, of which there are a
        few copies for a moment.
        """
        wanted = bytes_of(self.label_memory) + _TIMES_THE_SIZE * size + _BYTES_PER_FILE * files
        return min(wanted, bytes_of(self.labels_memory))

    def __str__(self) -> str:
        return ",".join(f"{_written(entry.name)}={getattr(self, entry.name):g}" for entry in fields(self))


NAMES = tuple(entry.name.replace("_", "-") for entry in fields(Limits))
_current: Limits | None = None


def _written(name: str) -> str:
    return name.replace("_", "-")


def bytes_of(gibibytes: float) -> int:
    """A limit on memory, in bytes."""
    return int(min(gibibytes, 1e9) * _GIB)


def current() -> Limits:
    """The limits in force; raises LimitError for what DATALINT_LIMIT says wrong."""
    global _current
    if _current is None:
        _current = parsed(os.environ.get(VARIABLE, ""))
    return _current


def parsed(text: str, base: Limits | None = None) -> Limits:
    """Limits from `label-seconds=30,labels-memory=4`, the others as in `base`; raises LimitError."""
    changes = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = (piece.strip() for piece in part.partition("="))
        if name not in NAMES:
            close = next(iter(difflib.get_close_matches(name, NAMES, n=1)), "")
            hint = f"did you mean {close}?" if close else f"known: {', '.join(NAMES)}"
            raise LimitError(f"unknown limit {name!r}; {hint}")
        changes[name.replace("-", "_")] = _number(name, value)
    return replace(base or Limits(), **changes)


def _number(name: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not number > 0:
        unit = "seconds" if name.endswith("seconds") else "GiB"
        raise LimitError(f"the limit {name} takes a number of {unit} above 0, not {value!r}")
    return number


@contextmanager
def applied(text: str) -> Iterator[Limits]:
    """Within it these limits are in force, in this process; raises LimitError."""
    global _current
    before = current()
    _current = parsed(text, before)
    try:
        yield _current
    finally:
        _current = before


__all__ = ["NAMES", "VARIABLE", "LimitError", "Limits", "applied", "bytes_of", "current", "parsed"]
