"""A split by group: what keeps the pictures of one source together, at the sizes that the splits have now."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from datalint.report import Report

_LEAK = "group-leak"
#: A group of more than this share of all pictures is one long recording, to be cut in its order.
_LONG = 0.5
_DIGITS = re.compile(r"([0-9]{1,15})")


def proposal(report: Report) -> pl.DataFrame | None:
    """(path, group, split): a split for each image that is in one now; None where no group is spread over splits.

    `group` is the source that group-leak found, or null: such pictures fill what the groups leave of each split, and
    stay where they are if they can. Largest groups first, each into the split that lacks most of those that it fits;
    a recording that is most of the dataset is cut into one stretch a split. Without any random choice.
    """
    found = report.findings.filter(pl.col("name") == _LEAK).sort("subject", "path")
    images = report.tables["splits"].unique().join(report.tables["images"].select("image", "path"), on="image")
    images = images.sort("path", "split").unique("path", keep="first", maintain_order=True)
    if found.is_empty() or images.is_empty():
        return None
    singles = found.select("id", "subject", path=pl.concat_list("path", "related")).explode("path")
    listed = report.members.filter(pl.col("path").is_not_null()).select("subject", "path", id="finding")
    members = (
        pl.concat([singles.select("id", "subject", "path"), listed.select("id", "subject", "path")])
        .join(found.select("id"), on="id", how="semi")
        .drop_nulls("subject")
        .unique("path", keep="first", maintain_order=True)
        .select(group="subject", path="path", number=pl.struct("subject", "id").rank("dense"))
    )
    rows = images.join(members, on="path", how="left").sort("path")
    sizes = dict(rows.group_by("split").len().sort("len", "split", descending=[True, False]).iter_rows())
    lacking = dict(sizes)
    chosen: dict[str, str] = {}
    grouped = rows.filter(pl.col("number").is_not_null())
    for part in sorted(grouped.partition_by("number"), key=lambda part: (-part.height, part["number"][0])):
        paths = part["path"].to_list()
        if part.height > _LONG * rows.height:
            chosen |= dict(zip(_in_order(paths), _stretches(part.height, lacking), strict=True))
        else:
            fits = [name for name in lacking if lacking[name] >= part.height] or list(lacking)
            split = max(fits, key=lambda name: (lacking[name] / sizes[name], sizes[name]))
            chosen |= dict.fromkeys(paths, split)
            lacking[split] -= part.height
    alone = rows.filter(pl.col("number").is_null()).select("path", "split").rows()
    moved = []
    for path, split in alone:
        if lacking[split] > 0:
            chosen[path], lacking[split] = split, lacking[split] - 1
        else:
            moved.append(path)
    for path in moved:
        split = max(lacking, key=lambda name: lacking[name])
        chosen[path], lacking[split] = split, lacking[split] - 1
    proposed = rows["path"].replace_strict(chosen, return_dtype=pl.String)
    return rows.select("path", "group").with_columns(split=proposed)


def _in_order(paths: list[str]) -> list[str]:
    """Frames in the order of their names, numbers by their size, whatever split they lie in now."""
    return sorted(paths, key=lambda path: ([_number(part) for part in _DIGITS.split(path.rpartition("/")[2])], path))


def _number(part: str) -> tuple[int, str]:
    return (int(part), "") if part.isascii() and part.isdigit() else (-1, part)


def _stretches(count: int, lacking: dict[str, int]) -> list[str]:
    """The split of each of `count` frames in order: one stretch a split, in proportion to what the splits lack."""
    total = max(1, sum(max(0, size) for size in lacking.values()))
    names: list[str] = []
    for split, size in list(lacking.items()):
        many = min(round(count * max(0, size) / total), count - len(names))
        names += [split] * many
        lacking[split] -= many
    first, rest = next(iter(lacking)), count - len(names)
    names += [first] * rest
    lacking[first] -= rest
    return sorted(names, key=list(lacking).index)
