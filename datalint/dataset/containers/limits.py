"""How much of a label file is read at most: beyond this it is refused, with the figures, and not worked through.

None of these is reached by a file of labels as programs and people write them. They keep a file that someone made, or
broke, from taking time and memory out of all proportion to its size.
"""

from __future__ import annotations

from datalint.dataset.containers.records import Kind, NotRecordsError, Outcome, Problem

#: Columns of a table; as many as a spreadsheet has.
MOST_COLUMNS = 16_384
#: Cells of a table that is made from records of which each may have other keys: this many, or that many a byte of it.
MOST_CELLS = 1 << 22
MOST_CELLS_A_BYTE = 2
#: Characters of a line of a table, and of what follows a quote that is never closed.
LONGEST_LINE = 1 << 20
#: Characters of a line of JSON Lines, which may hold all that is in an image.
LONGEST_RECORD = 1 << 26
#: Lines of a field in quotes.
MOST_LINES_A_FIELD = 100
#: Problems of one file or folder that are kept one by one; the last one counts the others.
MOST_PROBLEMS = 100_000

#: Bytes of a Parquet file's description of itself.
MOST_FOOTER = 1 << 22
#: Bytes that a Parquet file unpacks to, whatever it weighs; those that it may always unpack to; and how many times its
#: own size it may unpack to beyond that.
MOST_UNPACKED = 1 << 32
ALWAYS_UNPACKED = 1 << 28
MOST_UNPACKED_A_BYTE = 100

#: Bytes that a reader may look at again where it tries another way to read on behind a fault: as many times the file's
#: own, and these for small files.
MOST_READ_AGAIN = 16
ALWAYS_READ_AGAIN = 1 << 25


class TooMuchError(NotRecordsError):
    """A file that is refused for how much there is of it, and the problem to report."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.reason)
        self.problem = problem

    @property
    def outcome(self) -> Outcome:
        """What became of the file."""
        return Outcome(Kind.UNREADABLE, f"not read: {self}")


class Effort:
    """What a reader has left for a second look, so that a file that is broken everywhere is read in linear time."""

    def __init__(self, size: int) -> None:
        """`size` is that of the file, in bytes or characters."""
        self.left = MOST_READ_AGAIN * size + ALWAYS_READ_AGAIN

    def spend(self, size: int) -> bool:
        """Whether so much more may be looked at again."""
        self.left -= size
        return self.left >= 0


__all__ = [
    "ALWAYS_READ_AGAIN",
    "ALWAYS_UNPACKED",
    "LONGEST_LINE",
    "LONGEST_RECORD",
    "MOST_CELLS",
    "MOST_CELLS_A_BYTE",
    "MOST_COLUMNS",
    "MOST_FOOTER",
    "MOST_LINES_A_FIELD",
    "MOST_PROBLEMS",
    "MOST_READ_AGAIN",
    "MOST_UNPACKED",
    "MOST_UNPACKED_A_BYTE",
    "Effort",
    "TooMuchError",
]
