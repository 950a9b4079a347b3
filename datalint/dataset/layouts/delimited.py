"""CSV and its kin, read so that a bad row costs that row and every row knows its line."""

from __future__ import annotations

import csv
import re
from collections import Counter
from typing import TYPE_CHECKING

import polars as pl

from datalint.dataset.layouts.records import NotRecordsError, Problem, Records, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

DELIMITERS = (",", ";", "\t", "|")

#: A longer line is not read: no record of a label table is, but a minified file or a binary is.
_LONGEST_LINE = 1 << 20
#: A quoted field may hold line breaks; one that reaches further than this has lost its closing quote.
_MOST_LINES = 100
_SAMPLE = 50


def read(data: bytes, file: str, is_name: Callable[[str], bool]) -> Records:
    """The records of a delimited text. `is_name` tells a file's name from a column's: without a header line, the
    first line is a record.

    Raises NotRecordsError where there is no table at all.
    """
    text, problems = decode(data, file)
    lines = re.split(r"\r\n|\n|\r", text) if "\r" in text else text.split("\n")
    delimiter = sniff(lines)
    rows: list[list[str]] = []
    numbers: list[int] = []
    for number, row in _rows(lines, delimiter, file, problems):
        rows.append(row)
        numbers.append(number)
    if not rows:
        raise NotRecordsError("it holds no record")
    width = len(rows[0])
    if width == 1 and not is_name(rows[0][0].strip()) and not any(is_name(row[0].strip()) for row in rows[1:_SAMPLE]):
        raise NotRecordsError("it holds a single column of no file names")
    # A space after each delimiter of the first line is this file's way of writing, and no fault of a cell.
    spaced = width > 1 and all(cell.startswith(" ") for cell in rows[0][1:])
    header = not any(is_name(cell.strip()) for cell in rows[0])
    names = _column_names(rows[0], file, problems) if header else [f"column_{n}" for n in range(1, width + 1)]
    if header:
        del rows[0], numbers[0]
    kept: list[list[str]] = []
    kept_numbers: list[int] = []
    for number, row in zip(numbers, rows, strict=True):
        if len(row) > width and not any(cell.strip() for cell in row[width:]):
            row = row[:width]
        if len(row) == width:
            kept.append(row)
            kept_numbers.append(number)
        else:
            reason = f"{len(row):,} fields in a table of {width:,} columns"
            problems.append(Problem("syntax", file, number, None, None, reason, f"{width:,} fields"))
    columns = list(zip(*kept, strict=True)) if kept else [()] * width
    frame = pl.DataFrame(
        {name: list(column) for name, column in zip(names, columns, strict=True)},
        schema=dict.fromkeys(names, pl.String),
    )
    if spaced:
        frame = frame.with_columns(pl.all().str.strip_prefix(" "))
    return Records(frame, pl.Series("line", kept_numbers, pl.UInt32), problems=problems, header=header)


def sniff(lines: Sequence[str]) -> str:
    """The delimiter that cuts the first lines into the same number of fields most often, and into most fields."""
    sample = [line for line in lines[: 4 * _SAMPLE] if line.strip() and len(line) <= _LONGEST_LINE][:_SAMPLE]
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        widths = [len(_cells(line, delimiter)[0] or ()) for line in sample]
        if widths and widths[0] > 1:
            score = (sum(width == widths[0] for width in widths) / len(widths), widths[0])
            if score > best_score:
                best, best_score = delimiter, score
    return best


def _rows(lines: Sequence[str], delimiter: str, file: str, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of every record that can be read; blank lines are no records."""

    def bad(index: int, column: int | None, reason: str, expected: str) -> None:
        problems.append(Problem("syntax", file, index + 1, column, None, reason, expected))

    index = 0
    while index < len(lines):
        line = lines[index]
        if '"' not in line and "\0" not in line and len(line) <= _LONGEST_LINE:
            if line and not line.isspace():
                yield index + 1, line.split(delimiter)
            index += 1
            continue
        if len(line) > _LONGEST_LINE:
            bad(index, None, f"a line of {len(line):,} characters", f"at most {_LONGEST_LINE:,} characters")
        elif "\0" in line:
            bad(index, line.index("\0") + 1, "a NUL character", "text")
        else:
            row, reason = _cells(line, delimiter)
            if row is not None:
                yield index + 1, row
            elif reason is not None:
                bad(index, line.index('"') + 1, reason, "quotes that open and close a whole field")
            elif (several := _several(lines, index, delimiter)) is not None:
                row, used = several
                yield index + 1, row
                index += used - 1
            else:
                bad(index, line.index('"') + 1, "a quoted field that does not end", "a closing quote")
        index += 1


def _cells(line: str, delimiter: str) -> tuple[list[str] | None, str | None]:
    """Cells of one line, or why there are none; neither if a quoted field goes on in the next line."""
    if '"' not in line:
        return line.split(delimiter), None
    try:
        return next(
            csv.reader([line], delimiter=delimiter, strict=True, skipinitialspace=f'{delimiter} "' in line)
        ), None
    except csv.Error as error:
        if "unexpected end" in str(error):
            return None, None
        return None, f"misplaced quotes: {error}"


def _several(lines: Sequence[str], start: int, delimiter: str) -> tuple[list[str], int] | None:
    """Cells of a record whose quoted field holds line breaks, and how many lines it takes; None if it never ends."""
    for used in range(2, _MOST_LINES + 1):
        if start + used > len(lines) or len(lines[start + used - 1]) > _LONGEST_LINE:
            return None
        if '"' not in lines[start + used - 1]:
            continue
        joined = "\n".join(lines[start : start + used])
        if "\0" in joined:
            return None
        try:
            row = next(csv.reader([joined], delimiter=delimiter, strict=True))
        except csv.Error as error:
            if "unexpected end" in str(error):
                continue
            return None
        # A stray quote that swallows the following records gives a row of another width.
        width = len(_cells(lines[0], delimiter)[0] or ())
        return (row, used) if len(row) == width else None
    return None


def _column_names(header: Sequence[str], file: str, problems: list[Problem]) -> list[str]:
    """Unique names of the columns."""
    names: list[str] = []
    seen: Counter[str] = Counter()
    for place, cell in enumerate(header, 1):
        name = cell.strip() or f"column_{place}"
        seen[name] += 1
        if seen[name] > 1:
            reason = f"two columns are named {name!r}; the first one is used"
            problems.append(Problem("duplicate-column", file, 1, None, None, reason, "different names"))
            name = f"{name} ({seen[name]})"
        names.append(name)
    return names
