"""CSV and its kin, read so that a bad row costs that row and every row knows its line."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import polars as pl

from datalint.dataset.containers import quotes
from datalint.dataset.containers.limits import LONGEST_LINE, MOST_COLUMNS, TooMuchError
from datalint.dataset.containers.problems import Problems
from datalint.dataset.containers.quotes import cells
from datalint.dataset.containers.records import NotRecordsError, Place, Problem, Records, decode, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DELIMITERS = (",", ";", "\t", "|")

_SAMPLE = 50


def read(data: bytes, file: str, is_name: Callable[[str], bool]) -> Records:
    """The records of a delimited text. `is_name` tells a file's name from a column's: without a header line, the
    first line is a record.

    Raises NotRecordsError where there is no table at all, and TooMuchError where most of it cannot be read.
    """
    text, odd = decode(data, file)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    problems = Problems(odd)
    lines = text.split("\n", 4 * _SAMPLE)[: 4 * _SAMPLE]
    if delimiter_is_blank(lines, is_name):
        delimiter, text = " ", re.sub(r"(?m)^ +| +$|(?<= ) +", "", text)
    else:
        delimiter = sniff(lines)
    found, unread = quotes.records(text, delimiter, file, problems)
    del text
    first: list[str] = found["cells"][0].to_list() if found.height else []
    width = len(first)
    if width > MOST_COLUMNS:
        reason = f"a table of {width:,} columns"
        raise TooMuchError(Problem("syntax", Place(file, 1), reason, f"at most {MOST_COLUMNS:,} columns"))
    if found.is_empty():
        raise NotRecordsError("it has no records") if unread is None else TooMuchError(unread)
    if width == 1 and not any(is_name(row[0].strip()) for row in found["cells"].head(_SAMPLE).to_list()):
        raise NotRecordsError("its only column does not hold file names")
    # A space after each delimiter of the first line is this file's way of writing, and no fault of a cell.
    spaced = width > 1 and all(cell.startswith(" ") for cell in first[1:])
    header = not any(is_name(cell.strip()) for cell in first)
    if unread is not None and found.height == header:
        raise TooMuchError(unread)
    names = _column_names(first, file, problems) if header else [f"column_{n}" for n in range(1, width + 1)]
    found = _rectangular(found.slice(1 if header else 0), width, file, problems)
    frame = found.select(pl.col("cells").list.get(place).alias(name) for place, name in enumerate(names))
    if spaced:
        frame = frame.with_columns(pl.all().str.strip_prefix(" "))
    return Records(frame, found["line"], problems=problems, header=header)


def sniff(lines: Sequence[str]) -> str:
    """The delimiter that cuts the first lines into the same number of fields most often, and into most fields."""
    sample = [line for line in lines[: 4 * _SAMPLE] if line.strip() and len(line) <= LONGEST_LINE][:_SAMPLE]
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        widths = [len(cells(line, delimiter) or ()) for line in sample]
        if widths and widths[0] > 1:
            score = (sum(width == widths[0] for width in widths) / len(widths), widths[0])
            if score > best_score:
                best, best_score = delimiter, score
    return best


def delimiter_is_blank(lines: Sequence[str], is_name: Callable[[str], bool]) -> bool:
    """Whether blanks cut the first lines into equally many words, of which the first and no other is a file's name.

    Only the first line may have no name: it may be the header.
    """
    sample = [line for line in lines if line.strip() and len(line) <= LONGEST_LINE][:_SAMPLE]
    rows = [line.split() for line in sample]
    if not rows or any("\t" in line for line in sample) or {len(row) for row in rows} in ({0}, {1}):
        return False
    names = [is_name(row[0]) for row in rows]
    alike = all(len(row) == len(rows[0]) and not any(map(is_name, row[1:])) for row in rows)
    return alike and all(names[1:]) and any(names)


def _rectangular(found: pl.DataFrame, width: int, file: str, problems: Problems) -> pl.DataFrame:
    """The records of `width` cells; more are forgiven if they are empty, all else is a problem."""
    size = pl.col("cells").list.len()
    if found.select((size == width).all()).item():
        return found
    more = pl.col("cells").list.slice(width).list.join("").str.strip_chars()
    fits = (size == width) | ((size > width) & (more == ""))
    expected = f"{width:,} fields"
    ragged = found.filter(~fits).select("line", size)
    reason = f"fields in a table of {width:,} columns"
    problems.several(
        ragged.height,
        (Problem("syntax", Place(file, line), f"{count:,} {reason}", expected) for line, count in ragged.iter_rows()),
    )
    return found.filter(fits)


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


__all__ = ["cells", "delimiter_is_blank", "read", "sniff"]
