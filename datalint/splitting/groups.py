"""Which pictures must stay in one split: copies, and those of one source."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from datalint.dataset.components import components
from datalint.splitting.ratios import SplitError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from datalint.dataset import Dataset
    from datalint.rule import Rule

#: A picture of less contrast (standard deviation of luma) shows nothing, and equal ones are not copies.
_BLANK = 0.004
_DIGITS = re.compile(r"([0-9]{1,15})")
#: A group is cut where it is larger than the largest split by this much.
_TOO_LARGE = 1.05


class Together(NamedTuple):
    """What belongs together."""

    group: NDArray[np.int64]
    """The group of each image: the smallest number of an image in it."""
    copies: int
    """How many groups of copies there are."""
    sources: int
    """How many sources of several pictures: recordings, patients, bursts, as group-leak finds them."""
    cut: tuple[int, ...] = ()
    """Sizes of the groups that were cut, as no split has room for them."""


def together(data: Dataset, leak: Rule | None, pattern: str | None, shares: Sequence[float]) -> Together:
    """The groups of a dataset whose copies were looked for.

    `leak` is the rule group-leak. `pattern` is a regular expression whose first group, in the path of an image, is what
    the image belongs to. A group for which no split has room, by its share, is cut into stretches of its order: only
    copies stay together then.
    """
    copies = _copies(data)
    sources = [*(_sources(data, leak) if leak is not None else ()), *(_named(data, pattern) if pattern else ())]
    edges = [copies, *(_edges(numbers) for numbers in sources)]
    group = _joined(data, edges)
    narrow = _joined(data, [_copies(data, frames=False)])
    cut = []
    sizes = np.bincount(group, minlength=1)
    for one in np.flatnonzero(sizes > _TOO_LARGE * max(shares) * len(group)):
        members = np.flatnonzero(group == one)
        if np.unique(narrow[members]).size > 1:
            cut.append(members.size)
            group[members] = _stretches(data, members, narrow, shares)
    counted = len({one for numbers in sources for one in np.unique(group[numbers]).tolist()})
    several = np.unique(copies).size and np.unique(_joined(data, [copies])[np.unique(copies)]).size
    return Together(group, int(several), counted, tuple(cut))


def _joined(data: Dataset, edges: Iterable[NDArray[np.int64]]) -> NDArray[np.int64]:
    """The smallest image number in each image's group; `edges` are (n, 2)."""
    every = np.concatenate([np.empty((0, 2), np.int64), *edges])
    return components(data.table("images").height, every[:, 0], every[:, 1])


def _copies(data: Dataset, *, frames: bool = True) -> NDArray[np.int64]:
    """(n, 2) image numbers of copies, equal and near; with those of neighbouring frames of one shot or without."""
    blank = data.table("images").select("image", blank=(pl.col("contrast") < _BLANK).fill_null(value=False))
    shown = set(blank.filter("blank")["image"].to_list())
    pairs = data.table("pairs")
    if not frames:
        pairs = pairs.filter(~pl.col("frames").fill_null(value=False))
    rows = pairs.select("a", "b").rows()
    kept = [(a, b) for a, b in rows if a not in shown or b not in shown]
    return np.array(kept, np.int64).reshape(-1, 2)


def _sources(data: Dataset, leak: Rule) -> Iterator[Sequence[int]]:
    """The images of each source that group-leak would find in several splits, whatever splits there are.

    The rule is asked about two ways to deal the images out: every second one, and by chance.
    """
    images = data.table("images").select("image", "path")
    number = dict(images.select("path", "image").iter_rows())
    for name in (lambda row, _path: row % 2, lambda _row, path: hashlib.sha256(path.encode()).digest()[0] % 2):
        splits = [("train", "test")[name(row, path)] for row, path in images.iter_rows()]
        asked = replace(
            data, tables={**data.tables, "splits": images.select("image", split=pl.Series(splits, dtype=pl.String))}
        )
        found = leak.check(asked)
        frame = found.collect() if isinstance(found, pl.LazyFrame) else found
        rows = frame.select("pattern", "subject", path=pl.concat_list("path", pl.col("related").fill_null([])))
        sources = rows.explode("path").drop_nulls("path").group_by("pattern", "subject", maintain_order=True)
        for paths in sources.agg("path")["path"]:
            yield sorted({number[path] for path in paths if path in number})


def _named(data: Dataset, pattern: str) -> Iterator[Sequence[int]]:
    """The images in whose path the pattern's first group is the same."""
    try:
        read = re.compile(pattern)
    except re.error as error:
        raise SplitError(f"{pattern!r} is not a regular expression: {error}") from None
    if read.groups < 1:
        raise SplitError(f"{pattern!r} has no group: put round brackets around what the pictures have in common")
    found: dict[str, list[int]] = {}
    for image, path in data.table("images").select("image", "path").iter_rows():
        if (match := read.search(path)) and match[1] is not None:
            found.setdefault(match[1], []).append(image)
    if not found:
        raise SplitError(f"{pattern!r} fits the path of no image")
    yield from found.values()


def _edges(numbers: Sequence[int]) -> NDArray[np.int64]:
    """A chain through some images."""
    return np.stack([np.asarray(numbers[:-1], np.int64), np.asarray(numbers[1:], np.int64)], axis=1).reshape(-1, 2)


def _stretches(
    data: Dataset, members: NDArray[np.int64], narrow: NDArray[np.int64], shares: Sequence[float]
) -> NDArray[np.int64]:
    """The groups of the images of one that is too large: a stretch of their order for each split, copies together."""
    paths = data.table("images")["path"].gather(members).to_list()
    order = sorted(range(len(members)), key=lambda number: (natural(paths[number]), paths[number]))
    bounds = np.round(np.cumsum(shares) * len(order)).astype(int)
    found = np.empty(len(members), np.int64)
    first: dict[int, int] = {}
    for place, number in enumerate(order):
        start = int(bounds[np.searchsorted(bounds, place, side="right") - 1]) if place >= bounds[0] else 0
        own = int(members[order[start]])
        found[number] = first.setdefault(int(narrow[members[number]]), own)
    return found


def natural(path: str) -> list[tuple[int, str]]:
    """Sorts names with numbers by the numbers."""
    parts = _DIGITS.split(path.rpartition("/")[2])
    return [(int(part), "") if part.isascii() and part.isdigit() else (-1, part) for part in parts]
