"""Damage to tables of text: columns dropped, repeated, renamed, swapped; rows too long or short; odd cells, quotes."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from tools.fuzz.mutate import text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

_DELIMITERS = ",;\t|"


def mutated(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    """One change to a CSV or TSV file; what is none any more is changed as text."""
    delimiter = "\t" if data.count(b"\t") > data.count(b",") else ","
    try:
        rows = [row for row in csv.reader(io.StringIO(data.decode(), newline=""), delimiter=delimiter) if row]
    except (ValueError, csv.Error):
        rows = []
    if not rows:
        return text.mutated(data, chance, others)
    _change(rows, chance)
    out = io.StringIO()
    style: Any = chance.choice((csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC))
    end = chance.choice(("\n", "\n", "\r\n"))
    written = delimiter if chance.random() < 0.9 else chance.choice(_DELIMITERS)
    csv.writer(out, delimiter=written, quoting=style, lineterminator=end).writerows(rows)
    return out.getvalue().encode("utf-8", "surrogatepass")


def words(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    """One change to lines of words between spaces."""
    rows = [line.split(" ") for line in data.decode("utf-8", "replace").splitlines()]
    if not rows:
        return text.mutated(data, chance, others)
    _change(rows, chance)
    return "\n".join(chance.choice((" ", " ", " ", " ", "  ", "\t", ", ")).join(row) for row in rows).encode() + b"\n"


def _change(rows: list[list[str]], chance: Random) -> None:
    kind = chance.randrange(8)
    row = chance.choice(rows)
    if not row:
        row.append("")
    at, other = chance.randrange(len(row)), chance.randrange(len(row))
    if kind < 3:
        row[at] = chance.choice((*text.NUMBERS, *text.WORDS))
    elif kind == 3:
        del row[at]
    elif kind == 4:
        row[at:at] = [row[at]] * chance.choice((1, 1, 50))
    else:
        _change_columns(rows, at, other, kind)
    if kind == 7:
        rows.insert(chance.randint(0, len(rows)), chance.choice(rows))


def _change_columns(rows: list[list[str]], at: int, other: int, kind: int) -> None:
    for row in rows:
        if max(at, other) >= len(row):
            continue
        if kind == 5:
            del row[at]
        elif kind == 6:
            row[at], row[other] = row[other], row[at]
        else:
            row.append(row[at])
