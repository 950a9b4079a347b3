"""Text files in formats that are known but not read: recognised by their look and reported."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from datalint.dataset.containers.text_lines import first_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.dataset.files.tree import Tree
    from datalint.dataset.formats.unread.known import Known

#: Of a folder with more text files than this, some are looked into, and what they agree on holds for all.
_MANY, _SAMPLE = 20, 5
#: Longer lines are none of these.
_LONGEST_LINE = 4000


def looks(tree: Tree, formats: Sequence[Known]) -> dict[str, str]:
    """Text files that no format has taken and that look like labels nonetheless -> their outcome.

    Of `formats`, those that say how lines look are asked.
    """
    formats = [known for known in formats if known.lines]
    if not formats:
        return {}
    files = tree.texts.filter(pl.col("bytes") > 0)
    files = files.join(pl.DataFrame({"path": list(tree.taken)}, schema={"path": pl.String}), on="path", how="anti")
    looks: dict[str, str] = {}
    for _, some in files.group_by("folder", maintain_order=True):
        paths: list[str] = some["path"].to_list()
        is_large = len(paths) > _MANY
        asked = some.gather_every(max(1, len(paths) // _SAMPLE)).head(_SAMPLE) if is_large else some
        found = {
            path: _look(path, first_lines(row, tree.head), formats)
            for path, row in asked.select("path", "row").iter_rows()
        }
        if is_large:
            agreed = set(found.values())
            found = dict.fromkeys(paths, agreed.pop() if len(agreed) == 1 else None)
        looks |= {path: words for path, words in found.items() if words is not None}
    return looks


def _look(path: str, lines: Sequence[str], formats: Sequence[Known]) -> str | None:
    lines = [line.strip() for line in lines if line.strip()]
    if not lines or any(len(line) > _LONGEST_LINE for line in lines):
        return None
    return next((known.words for known in formats if _is(known, path, lines)), None)


def _is(known: Known, path: str, lines: Sequence[str]) -> bool:
    if not re.fullmatch(known.path, path, re.IGNORECASE) or len(lines) < len(known.lines) - 1:
        return False
    last = len(known.lines) - 1
    return all(
        re.fullmatch(known.lines[min(place, last)], line, re.IGNORECASE) is not None for place, line in enumerate(lines)
    )


__all__ = ["looks"]
