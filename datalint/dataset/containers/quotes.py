"""The lines of a delimited text as records: most are cut at once, those with quotes or worse are read one by one.

A quote that is never closed is taken for a slip, which costs its line. Where more text follows than any record has, and
no other quote, that text is the field that does not end: it is not read.
"""

from __future__ import annotations

import csv
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, Self

import polars as pl

from datalint.amounts import counted
from datalint.dataset.containers.limits import LONGEST_LINE, MOST_LINES_A_FIELD, Effort
from datalint.dataset.containers.records import Place, Problem

if TYPE_CHECKING:
    from datalint.dataset.containers.problems import Problems

#: Characters that are taken apart at once.
_PIECE = 1 << 20
_RECORDS = pl.Schema({"line": pl.UInt32(), "cells": pl.List(pl.String())})
_QUOTE, _NUL = '"', "\0"


class Cut(NamedTuple):
    """The records of a text."""

    frame: pl.DataFrame
    """line (u32, from 1) and cells of every record that can be read, in order, without blank lines."""
    unread: Problem | None = None
    """What was not read for its length, if anything: a line, or a field that does not end."""


def records(text: str, delimiter: str, file: str, problems: Problems) -> Cut:
    """The records of `text`, which has no carriage returns. What cannot be read is added to `problems`."""
    reader = _Reader(text, delimiter, file, problems)
    last = text.find("\n", text.rfind(_QUOTE)) if _QUOTE in text else -1
    frames = [_RECORDS.to_frame()]
    at = 0
    while at <= len(text):
        stop = text.find("\n", at + _PIECE)
        stop = len(text) if stop < 0 else stop
        stop = last if at <= last < stop else stop
        if stop - at > _PIECE + LONGEST_LINE:
            begin = text.rfind("\n", at, at + _PIECE) + 1
            if begin == 0:
                reader.pass_over(stop - at)
                at = stop + 1
                continue
            stop = begin - 1
        frames.append(reader.records(at, stop))
        if stop == last and len(text) - stop > LONGEST_LINE and reader.open_line == reader.lines:
            lost = counted(text.count("\n", stop), "line")
            problems[-1] = problems[-1]._replace(reason=f"{problems[-1].reason}; the {lost} after it were not read")
            return Cut(pl.concat(frames), problems[-1])
        at = stop + 1
    return Cut(pl.concat(frames), reader.unread)


def cells(line: str, delimiter: str) -> list[str] | None:
    """The cells of one line; None if its quotes do not close."""
    return _cells(line, delimiter)[0]


def _cells(line: str, delimiter: str) -> tuple[list[str] | None, str | None]:
    """Cells of one line, or why there are none; neither if a quoted field goes on in the next line."""
    if _QUOTE not in line:
        return line.split(delimiter), None
    try:
        return next(
            csv.reader([line], delimiter=delimiter, strict=True, skipinitialspace=f'{delimiter} "' in line)
        ), None
    except csv.Error as error:
        if "unexpected end" in str(error):
            return None, None
        return None, f"misplaced quotes: {error}"


class _Reader:
    def __init__(self, text: str, delimiter: str, file: str, problems: Problems) -> None:
        self.lines = 0
        """So many were read."""
        self.open_line = 0
        """The last one with a quote that is not closed."""
        self.unread: Problem | None = None
        """The last one that is too long."""
        self._text = text
        self._delimiter = delimiter
        self._file = file
        self._problems = problems
        self._effort = Effort(len(text))
        self._free = 1  # the first line that is not part of a record that began before it
        self._width = len(cells(text.partition("\n")[0], delimiter) or ())

    def pass_over(self, size: int) -> None:
        """A line that is too long, of so many characters: it is not looked at."""
        self.lines += 1
        self._bad(self.lines, None, f"a line of {size:,} characters", f"at most {LONGEST_LINE:,} characters")
        self.unread = self._problems[-1]

    def records(self, at: int, stop: int) -> pl.DataFrame:
        """The records that begin in the lines between two offsets."""
        text, line = pl.col("text"), pl.col("line")
        lines = pl.DataFrame({"text": [self._text[at:stop]]}).select(text.str.split("\n").explode())
        size = text.str.len_chars()
        lines = lines.with_row_index("line", self.lines + 1).with_columns(size.alias("size"))
        self.lines += len(lines)
        odd = lines.select(
            text.str.contains(_QUOTE, literal=True)
            | text.str.contains(_NUL, literal=True)
            | (pl.col("size") > LONGEST_LINE)
        ).to_series()
        odd |= lines["line"] < self._free
        read = _RECORDS.to_frame()
        if odd.any():
            place = (pl.col("size") + 1).cum_sum() - pl.col("size") - 1 + at
            read, inner = self._odd(lines.with_columns(place.alias("at")).filter(odd))
            lines = lines.filter(~odd & ~line.is_in(inner))
        plain = lines.filter(text.str.strip_chars() != "")
        cut = plain.select(line, text.str.split(self._delimiter).alias("cells"))
        return pl.concat([cut, read]).sort("line") if len(read) else cut

    def _odd(self, odd: pl.DataFrame) -> tuple[pl.DataFrame, list[int]]:
        """The records that begin in odd lines, and further lines that belong to them."""
        numbers: list[int] = []
        rows: list[str] = []
        inner: list[int] = []
        for number, line, at in odd.select("line", "text", "at").iter_rows():
            if number < self._free:
                continue
            row, used = self._record(number, line, at)
            self._free = number + used
            inner += range(number + 1, self._free)
            if row is not None:
                numbers.append(number)
                # No line with a NUL gets here, so that it can stand between the cells: lists are slow to convert.
                rows.append(_NUL.join(row))
        cut = pl.Series("cells", rows, pl.String).str.split(_NUL)
        return pl.DataFrame({"line": pl.Series(numbers, dtype=pl.UInt32), "cells": cut}), inner

    def _record(self, number: int, line: str, at: int) -> tuple[list[str] | None, int]:
        """Cells of the record that starts in a line with quotes or worse, None if it is a problem; and its lines."""
        if len(line) > LONGEST_LINE:
            bad = self._bad(number, None, f"a line of {len(line):,} characters", f"at most {LONGEST_LINE:,} characters")
            self.unread = self._problems[-1]
            return bad
        if _NUL in line:
            return self._bad(number, line.index(_NUL), "a NUL character", "text")
        row, reason = _cells(line, self._delimiter)
        if row is not None:
            return row, 1
        column = line.index(_QUOTE)
        if reason is not None:
            return self._bad(number, column, reason, "quotes that open and close a whole field")
        several = self._several(at, at + len(line))
        if several is not None:
            return several
        self.open_line = number
        return self._bad(number, column, "a quoted field that does not end", "a closing quote")

    def _bad(self, number: int, column: int | None, reason: str, expected: str) -> tuple[None, int]:
        place = Place(self._file, number, None if column is None else column + 1)
        self._problems.append(Problem("syntax", place, reason, expected))
        return None, 1

    def _several(self, at: int, stop: int) -> tuple[list[str], int] | None:
        """Cells of a record with line breaks in a quoted field, and how many lines it takes; None if it never ends.

        Its first line stands between the two offsets.
        """
        closing = self._text.find(_QUOTE, stop)
        if closing < 0 or self._effort.left < 0 or self._text.count("\n", stop, closing) >= MOST_LINES_A_FIELD:
            return None
        feed = _Feed(self._text, at)
        with suppress(csv.Error, StopIteration):
            several = next(csv.reader(feed, delimiter=self._delimiter, strict=True))
            # A stray quote that swallows the following records gives a row of another width.
            if len(several) == self._width and feed.lines > 1:
                return several, feed.lines
        self._effort.spend(feed.at - at)
        return None


class _Feed:
    """The lines of a text from an offset on, up to one that is in no record."""

    def __init__(self, text: str, at: int) -> None:
        self.at = at
        self.lines = 0
        self._text = text

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        if self.lines == MOST_LINES_A_FIELD or self.at > len(self._text):
            raise StopIteration
        stop = self._text.find("\n", self.at, self.at + LONGEST_LINE + 1)
        if stop < 0 and len(self._text) - self.at > LONGEST_LINE:
            raise StopIteration
        line = self._text[self.at : len(self._text) if stop < 0 else stop]
        if _NUL in line:
            raise StopIteration
        self.at += len(line) + 1
        self.lines += 1
        return f"{line}\n"


__all__ = ["Cut", "cells", "records"]
