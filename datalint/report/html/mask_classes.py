"""The classes of masks: which masks hold a value, and what it stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from datalint.dataset import Dataset

#: More different values than this, which no list of classes names, are numbers of objects.
MOST = 64

#: What tells the classes of a mask: masks that are equal in it are named once.
_KIND = ("mode", "values", "palette", "declared_in", "indices", "colours")


def classes(data: Dataset) -> pl.DataFrame | None:
    """(path, image, class), a row for each value of each mask; None without masks of classes."""
    masks = data.masks.filter((pl.col("values").list.len() == pl.col("different")) & pl.col("listed_in").is_null())
    masks = masks.join(data.table("images").select("image", of="path"), on="of")
    kinds = masks.select(_KIND).unique(maintain_order=True)
    declared = data.table("classes").select("source", "class_id", "class").drop_nulls()
    names = {(source, number): name for source, number, name in declared.iter_rows()}
    unnamed, found = set[int](), list[list[str]]()
    for kind in kinds.iter_rows(named=True):
        known = _named(kind, names)
        unnamed.update(value for value in kind["values"] if value not in known)
        if len(unnamed) > MOST:
            return None
        form = "value {}" if _by_index(kind["mode"]) else "colour #{:06x}"
        found.append([known.get(value) or form.format(value) for value in kind["values"]])
    if not found:
        return None
    kinds = kinds.with_columns(pl.Series("class", found, pl.List(pl.String)))
    held = masks.join(kinds, on=_KIND, nulls_equal=True).select("image", "class", path="of")
    return held.explode("class").select("path", "image", "class")


def _by_index(mode: str) -> bool:
    """Whether the pixels of such a mask are numbers, and not colours."""
    return mode in ("1", "L", "P", "I") or mode.startswith("I;16")


def _named(kind: Mapping[str, Any], names: Mapping[tuple[str, int], str]) -> dict[int, str]:
    """Value -> class, as the list of classes has it. A palette of other colours than the list's has other indices."""
    indices, colours = kind["indices"] or [], kind["colours"] or []
    colour_of = dict(zip(indices, colours, strict=True)) if len(indices) == len(colours) else {}
    if kind["palette"] is not None and colour_of:
        own = {colour_of[value] for value in kind["values"] if value in colour_of}
        indices = indices if own == set(kind["palette"]) else []
    of_values = zip(indices, indices if _by_index(kind["mode"]) else colours, strict=False)
    known = {value: names.get((kind["declared_in"], number)) for number, value in of_values}
    return {value: name for value, name in known.items() if name is not None}
