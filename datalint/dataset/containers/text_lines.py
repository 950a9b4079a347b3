"""Lines of many small text files at once: hundreds of thousands of label files are one frame, not as many objects."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from datalint.dataset.containers.problems import Problems
from datalint.dataset.containers.records import Kind, Outcome, Place, Problem, decode, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Contents = Callable[[int], bytes]
    """The bytes of a file by its row; raises OSError."""

#: The objects of one image are no larger than this; a larger file is reported, not read.
_LARGEST = 64 << 20
#: Bytes of text that are taken apart at once.
_CHUNK = 32 << 20
#: To find out what a folder holds: files looked into, bytes of each, lines of each.
_SAMPLE, _SAMPLE_BYTES, _SAMPLE_LINES = 6, 8192, 20

_SCHEMA = {"file": pl.UInt32, "line": pl.UInt32, "text": pl.String}


@dataclass
class TextLines:
    """What several text files hold."""

    frame: pl.DataFrame
    """file (number of the file in the order given), line (from 1) and text of every line that is not blank."""
    problems: Problems = field(default_factory=Problems)
    """Odd encodings, and files that are too large."""
    failed: dict[str, Outcome] = field(default_factory=dict)
    """Files that could not be read -> the reason."""


def read(files: pl.DataFrame, contents: Contents) -> TextLines:
    """Every line of `files` (row, path, bytes), whose content `contents` gives by row."""
    found = TextLines(pl.DataFrame(schema=_SCHEMA))
    frames = [_split(numbers, texts) for numbers, texts in _chunks(files, contents, found)]
    if frames:
        found.frame = pl.concat(frames)
    return found


def _chunks(files: pl.DataFrame, contents: Contents, found: TextLines) -> Iterator[tuple[list[int], list[str]]]:
    numbers: list[int] = []
    texts: list[str] = []
    waiting = 0
    for number, (row, path, size) in enumerate(files.select("row", "path", "bytes").iter_rows()):
        if size == 0:
            continue
        try:
            data = contents(row) if size is None or size <= _LARGEST else None
        except OSError as error:
            found.failed[path] = unreadable(error)
            continue
        if data is None or len(data) > _LARGEST:
            held = f"{size if data is None else len(data):,} bytes"
            reason = f"not read: {held} are too many for the labels of one image"
            found.failed[path] = Outcome(Kind.UNREADABLE, reason)
            found.problems.append(Problem("syntax", Place(path), held, f"at most {_LARGEST:,} bytes"))
            continue
        text, problems = decode(data, path)
        found.problems += problems
        numbers.append(number)
        texts.append(text)
        waiting += len(data)
        if waiting > _CHUNK:
            yield numbers, texts
            numbers, texts, waiting = [], [], 0
    if numbers:
        yield numbers, texts


def _split(numbers: list[int], texts: list[str]) -> pl.DataFrame:
    unix = [re.sub(r"\r\n?", "\n", text) if "\r" in text else text for text in texts]
    files = pl.DataFrame({"file": numbers, "text": unix}, schema={"file": pl.UInt32, "text": pl.String})
    return (
        files.with_columns(pl.col("text").str.split("\n"))
        .with_columns(pl.int_ranges(1, pl.col("text").list.len() + 1).alias("line"))
        .explode("line", "text")
        .select(pl.col(name).cast(kind) for name, kind in _SCHEMA.items())
        .filter(pl.col("text").str.contains(r"\S"))
    )


def numbered(data: bytes, file: str, problems: list[Problem]) -> Iterator[tuple[int, str]]:
    """Number and text of every line of a file that is not blank; what is odd about its encoding is a problem."""
    text, odd = decode(data, file)
    problems += odd
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), 1):
        if line.strip():
            yield number, line


def beginning(head: bytes) -> list[str]:
    """The first lines of a file that begins with `head`: some, none of them blank or cut short."""
    part = head[:_SAMPLE_BYTES]
    lines = decode(part, "")[0].splitlines()
    if len(head) > len(part) and len(lines) > 1:
        lines.pop()
    return [line for line in lines if line.strip()][:_SAMPLE_LINES]


def sample(files: pl.DataFrame, heads: Contents) -> list[list[str]]:
    """The words of each line at the beginnings of some of `files` (row, bytes) that are not empty."""
    filled = files.filter(pl.col("bytes") > 0)
    step = max(1, filled.height // _SAMPLE)
    return [
        words
        for row in filled["row"].gather_every(step).head(_SAMPLE).to_list()
        for line in first_lines(row, heads)
        if (words := line.split())
    ]


def first_lines(row: int, heads: Contents) -> list[str]:
    """The first lines of a file by its row, as `beginning` gives them; none at all if it cannot be read."""
    try:
        return beginning(heads(row))
    except OSError:
        return []


def words(text: pl.Series) -> pl.Series:
    """The words of each line, as `str.split` without an argument would take it apart."""
    if text.str.contains(r"[^\S ]|  |^ | $").any():
        text = text.str.replace_all(r"\s+", " ").str.strip_chars(" ")
    return text.str.split(" ")


def column_of(text: str, number: int) -> int | None:
    """1-based column of the word `number` (from 0) of a line."""
    for place, match in enumerate(re.finditer(r"\S+", text)):
        if place == number:
            return match.start() + 1
    return None
