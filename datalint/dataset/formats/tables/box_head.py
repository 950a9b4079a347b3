"""What the beginning of a file tells of a table of boxes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from datalint.dataset.containers import columns, delimited
from datalint.dataset.containers.records import decode
from datalint.dataset.formats.tables import box_columns, candidates
from datalint.dataset.formats.tables.box_values import NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from datalint.config.settings import Config

#: Enough of a file to see its columns.
HEAD = 1 << 16
SAMPLE = 40
_KEY = re.compile(r'"((?:[^"\\]|\\.){1,40})"\s*:')
#: Keys of other formats that are lists of objects with boxes: CreateML, and COCO's lists of results.
OTHERS = {"coordinates", "score", "scores"}


def may_be(head: bytes, extension: str, config: Config) -> bool:
    """Whether the beginning of a file looks like a table of boxes."""
    if extension == "parquet":
        return head.startswith(b"PAR1")
    text, _ = decode(head[: len(head) - len(head) % 2], "")
    if extension in ("json", "jsonl", "ndjson"):
        opened = text.lstrip()[:1]
        if opened != ("[" if extension == "json" else "{"):
            return False
        keys = {columns.plain(key) for key in _KEY.findall(text)}
        return not keys & OTHERS and box_columns.of(sorted(keys)) is not None
    lines = re.split(r"\r\n|\n|\r", text)
    lines = [line for line in (lines[:-1] if len(head) == HEAD else lines) if line.strip()]
    if not lines or "\0" in lines[0]:
        return False
    delimiter = delimited.sniff(lines)
    rows = [row for line in lines[:SAMPLE] if (row := delimited.cells(line, delimiter)) is not None]
    if not rows:
        return False
    is_name = candidates.namer(config)
    if not any(is_name(cell.strip()) for cell in rows[0]):
        return extension != "txt" and box_columns.of([cell.strip() for cell in rows[0]]) is not None
    return four_numbers(rows, is_name) is not None


def four_numbers(rows: Sequence[Sequence[str]], is_name: Callable[[str], bool]) -> tuple[int, ...] | None:
    """The places of four numbers in rows of a path, four numbers and a class; None if the rows are not so."""
    width = len(rows[0])
    if not 5 <= width <= 7 or not is_name(rows[0][0].strip()):
        return None
    alike = [row for row in rows if len(row) == width]
    filled = [row for row in alike if all(cell.strip() for cell in row)]
    if not filled or len(alike) * 2 < len(rows):
        return None

    def share(place: int) -> float:
        return sum(re.fullmatch(NUMBER, row[place].strip()) is not None for row in filled) / len(filled)

    for places in ((1, 2, 3, 4), (2, 3, 4, 5)):
        if places[-1] < width and all(share(place) > 0.5 for place in places):
            return places
    return None


__all__ = ["HEAD", "OTHERS", "SAMPLE", "four_numbers", "may_be"]
