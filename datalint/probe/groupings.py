"""What items were labelled together: by split, folder, label file, name, number or time."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from datalint.dataset import Dataset

_TOKENS = re.compile(r"[^\W\d_]+|\d+|[\W_]+")
_LEVELS = 4  # folders above an image, and tokens of its name, by which it is grouped


@dataclass(frozen=True, slots=True)
class Grouping:
    """One way to part the items of a task, in the order of the task."""

    by: str
    """split, folder, file or name."""
    part: NDArray[np.int64]
    """(n,) the part of each item; -1 where it is in none."""
    names: Sequence[str]
    """Of the parts."""


@dataclass(frozen=True, slots=True)
class Order:
    """One way to line the items of a task up: those that were labelled together are neighbours."""

    by: str
    """number or time."""
    rank: NDArray[np.int64]
    """(n,) the place of each item; -1 where it has none."""
    names: Sequence[str]
    """Of the items: what a run of them is named by, from the first to the last."""


def groupings(data: Dataset, rows: pl.DataFrame, classes: Collection[str]) -> list[Grouping]:
    """The ways that a person sees first come first. `rows` are those of the items of a task in `probe`."""
    paths = rows["path"].to_list()
    return [*_splits(data, rows), *_folders(paths, classes), *_files(data, rows), *_names(paths)]


def orders(data: Dataset, rows: pl.DataFrame) -> list[Order]:
    """By the numbers in the names of the files, and by the time that the pictures were taken."""
    images = data.table("images")[rows["image"]]
    paths = images["path"].to_list()
    stems = [path.rsplit("/", 1)[-1] for path in paths]
    by_number = sorted(range(len(paths)), key=lambda row: (_natural(stems[row]), paths[row]))
    found = [Order("number", _rank(by_number, len(paths)), stems)]
    if "taken" in images.columns and images["taken"].null_count() < images.height:
        taken = images["taken"].to_list()
        timed = [row for row in by_number if taken[row] is not None]
        timed.sort(key=lambda row: taken[row])
        times = [f"{one:%Y-%m-%d %H:%M}" if one is not None else "" for one in taken]
        found.append(Order("time", _rank(timed, len(paths)), times))
    return found


def _rank(order: list[int], count: int) -> NDArray[np.int64]:
    rank = np.full(count, -1, np.int64)
    rank[order] = np.arange(len(order))
    return rank


def _natural(stem: str) -> tuple[tuple[int, int, str], ...]:
    """A key under which `img9` comes before `img10`."""
    return tuple(
        (0, int(token), token) if token.isdecimal() and len(token) < 20 else (1, 0, token)
        for token in _TOKENS.findall(stem)
    )


def _splits(data: Dataset, rows: pl.DataFrame) -> Iterator[Grouping]:
    """Each split by itself: an image can be in two."""
    splits = data.table("splits").filter(pl.col("split").is_not_null())
    images = rows["image"].to_numpy()
    for split in sorted(splits["split"].unique()):
        inside = splits.filter(pl.col("split") == split)["image"].to_numpy()
        yield Grouping("split", np.where(np.isin(images, inside), 0, -1), [split])


def _folders(paths: Sequence[str], classes: Collection[str]) -> Iterator[Grouping]:
    """The folders above an image, but for those named after a class: so both classes of a place have the same."""
    classes = set(classes)
    above = [[part for part in path.split("/")[:-1] if part not in classes] for path in paths]
    for level in range(1, min(_LEVELS, max(map(len, above))) + 1):
        yield _grouping("folder", ["/".join(parts[:level]) if len(parts) >= level else None for parts in above])


def _files(data: Dataset, rows: pl.DataFrame) -> Iterator[Grouping]:
    """The label file that gives an image, or an object, its class."""
    if rows["file"].null_count() < rows.height:
        yield _grouping("file", rows["file"].to_list())
        return
    named = data.table("labels").select("image", "file").drop_nulls().unique("image", keep="first", maintain_order=True)
    if named.is_empty():
        return
    file = dict(named.iter_rows())
    yield _grouping("file", [file.get(image) for image in rows["image"].to_list()])


def _names(paths: Sequence[str]) -> Iterator[Grouping]:
    """What the names of files begin with, token by token: letters, digits, what stands between; and their extension."""
    stems = [path.rsplit("/", 1)[-1] for path in paths]
    tokens = [_TOKENS.findall(stem.rpartition(".")[0] or stem) for stem in stems]
    for level in range(1, _LEVELS + 1):
        begun = ["".join(parts[:level]) if len(parts) > level else None for parts in tokens]
        yield _grouping("name", [None if start is None else f"{start}*" for start in begun])
    # what the names are made of: `IMG_2041` and `00017` come from two places
    made = ["".join(_kind(token) for token in parts) for parts in tokens]
    extensions = [stem.rpartition(".")[2] for stem in stems]
    whole = _grouping("name", [f"{kind}.{extension}" for kind, extension in zip(made, extensions, strict=True)])
    first: dict[int, list[str]] = defaultdict(list)
    for part, stem in zip(whole.part.tolist(), stems, strict=True):
        first[part].append(stem)
    yield Grouping("name", whole.part, [_alike(first[part]) for part in range(len(whole.names))])


def _kind(token: str) -> str:
    if token.isdecimal():
        return "0"
    return ("A" if token.isupper() else "a") if token.isalpha() else token


def _alike(stems: list[str]) -> str:
    """`IMG_*.JPG`, or where the names have no start in common, one of them."""
    start, end = _start(stems), _start([stem[::-1] for stem in stems])[::-1]
    return f"{start}*{end}" if start and len(stems) > 1 else f"like {min(stems)}"


def _start(texts: list[str]) -> str:
    """What all of them begin with: what the first and the last in order do."""
    pairs = zip(min(texts), max(texts), strict=False)
    return "".join(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _grouping(by: str, keys: Sequence[str | None]) -> Grouping:
    names = sorted({key for key in keys if key is not None})
    number = {name: row for row, name in enumerate(names)}
    return Grouping(by, np.array([-1 if key is None else number[key] for key in keys], np.int64), names)


__all__ = ["Grouping", "Order", "groupings", "orders"]
