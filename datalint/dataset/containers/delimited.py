"""CSV and its kin, read so that a bad row costs that row and every row knows its line."""

from __future__ import annotations

import csv
import re
from collections import Counter
from typing import TYPE_CHECKING

import polars as pl

from datalint.dataset.containers.records import NotRecordsError, Place, Problem, Records, decode, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DELIMITERS = (",", ";", "\t", "|")

#: A longer line is not read: no record of a label table is, but a minified file or a binary is.
_LONGEST_LINE = 1 << 20
#: A quoted field may hold line breaks; one that reaches further than this has lost its closing quote.
_MOST_LINES = 100
_SAMPLE = 50
_JOINED = pl.Schema({"line": pl.UInt32(), "text": pl.String()})


def read(data: bytes, file: str, is_name: Callable[[str], bool]) -> Records:
    """The records of a delimited text. `is_name` tells a file's name from a column's: without a header line, the
    first line is a record.

    Raises NotRecordsError where there is no table at all.
    """
    text, problems = decode(data, file)
    lines = re.split(r"\r\n|\n|\r", text) if "\r" in text else text.split("\n")
    delimiter = sniff(lines)
    records = _records(lines, delimiter, file, problems)
    if records.is_empty():
        raise NotRecordsError("it has no records")
    first: list[str] = records["cells"][0].to_list()
    width = len(first)
    if width == 1 and not any(is_name(row[0].strip()) for row in records["cells"].head(_SAMPLE).to_list()):
        raise NotRecordsError("its only column does not hold file names")
    # A space after each delimiter of the first line is this file's way of writing, and no fault of a cell.
    spaced = width > 1 and all(cell.startswith(" ") for cell in first[1:])
    header = not any(is_name(cell.strip()) for cell in first)
    names = _column_names(first, file, problems) if header else [f"column_{n}" for n in range(1, width + 1)]
    records = _rectangular(records.slice(1 if header else 0), width, file, problems)
    frame = records.select(pl.col("cells").list.get(place).alias(name) for place, name in enumerate(names))
    if spaced:
        frame = frame.with_columns(pl.all().str.strip_prefix(" "))
    return Records(frame, records["line"], problems=problems, header=header)


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


def _records(lines: list[str], delimiter: str, file: str, problems: list[Problem]) -> pl.DataFrame:
    """line (u32, from 1) and cells of every record that can be read, in order, without blank lines.

    Lines without quotes, nearly all of them, are cut at once; the others one by one.
    """
    all_lines = pl.DataFrame({"text": lines}, schema={"text": pl.String}).with_row_index("line", 1)
    text = pl.col("text")
    odd = (
        text.str.contains('"', literal=True)
        | text.str.contains("\0", literal=True)
        | (text.str.len_chars() > _LONGEST_LINE)
    )
    rows: dict[int, list[str]] = {}
    inner: set[int] = set()
    free = 1
    for number in all_lines.filter(odd)["line"].to_list():
        if number < free:
            continue
        row, used = _odd_line(lines, number - 1, delimiter, file, problems)
        if row is not None:
            rows[number] = row
        free = number + used
        inner.update(range(number + 1, free))
    blank = text.str.strip_chars() == ""
    plain = all_lines.filter(~odd & ~blank & ~pl.col("line").is_in(sorted(inner)))
    cut = plain.select("line", text.str.split(delimiter).alias("cells"))
    # No line with a NUL gets here, so that it can stand between the cells: lists of lists are slow to convert.
    joined = pl.DataFrame({"line": list(rows), "text": ["\0".join(row) for row in rows.values()]}, schema=_JOINED)
    quoted = joined.select("line", text.str.split("\0").alias("cells"))
    return pl.concat([cut, quoted]).sort("line")


def _odd_line(
    lines: Sequence[str], index: int, delimiter: str, file: str, problems: list[Problem]
) -> tuple[list[str] | None, int]:
    """Cells of the record that starts in a line with quotes or worse, None if it is a problem; and its lines."""

    def bad(column: int | None, reason: str, expected: str) -> tuple[None, int]:
        problems.append(Problem("syntax", Place(file, index + 1, column), reason, expected))
        return None, 1

    line = lines[index]
    if len(line) > _LONGEST_LINE:
        return bad(None, f"a line of {len(line):,} characters", f"at most {_LONGEST_LINE:,} characters")
    if "\0" in line:
        return bad(line.index("\0") + 1, "a NUL character", "text")
    row, reason = _cells(line, delimiter)
    if row is not None:
        return row, 1
    if reason is not None:
        return bad(line.index('"') + 1, reason, "quotes that open and close a whole field")
    several = _several(lines, index, delimiter)
    return several or bad(line.index('"') + 1, "a quoted field that does not end", "a closing quote")


def _rectangular(records: pl.DataFrame, width: int, file: str, problems: list[Problem]) -> pl.DataFrame:
    """The records of `width` cells; more are forgiven if they are empty, all else is a problem."""
    size = pl.col("cells").list.len()
    ragged = records.filter(size != width)
    if ragged.is_empty():
        return records
    forgiven = []
    for line, cells in ragged.iter_rows():
        if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
            forgiven.append(line)
        else:
            reason = f"{len(cells):,} fields in a table of {width:,} columns"
            problems.append(Problem("syntax", Place(file, line), reason, f"{width:,} fields"))
    return records.filter((size == width) | pl.col("line").is_in(forgiven))


def cells(line: str, delimiter: str) -> list[str] | None:
    """The cells of one line; None if its quotes do not close."""
    return _cells(line, delimiter)[0]


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
            reason = f"two columns are named {quoted(name)}; the first one is used"
            problems.append(Problem("duplicate-column", Place(file, 1), reason, "different names"))
            name = f"{name} ({seen[name]})"
        names.append(name)
    return names
