"""The classes of masks: which masks hold a value, and what it stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from datalint.dataset import Dataset

#: More different values than this, which no list of classes names, are numbers of objects.
MOST = 64

_VALUE = ["declared_in", "coloured", "value"]


def classes(data: Dataset) -> pl.DataFrame | None:
    """(path, image, class), a row for each value of each mask; None without masks of classes."""
    masks = data.masks.filter((pl.col("values").list.len() == pl.col("different")) & pl.col("listed_in").is_null())
    coloured = pl.col("mode").is_in(["RGB", "RGBA"]).alias("coloured")
    held = masks.select("declared_in", coloured, pl.col("values").alias("value"), path="of").explode("value")
    held = held.join(data.table("images").select("path", "image"), on="path")
    named = _declared(data)
    unnamed = held.select(_VALUE).unique().join(named, on=_VALUE, how="anti", nulls_equal=True)
    if held.is_empty() or unnamed["value"].n_unique() > MOST:
        return None
    said = [f"colour #{value:06x}" if colour else f"value {value}" for _, colour, value in unnamed.iter_rows()]
    known = pl.concat([named, unnamed.with_columns(pl.Series("class", said, pl.String))])
    return held.join(known, on=_VALUE, nulls_equal=True).select("path", "image", "class")


def _declared(data: Dataset) -> pl.DataFrame:
    """What lists of classes name: `_VALUE` and the class."""
    lists = data.masks.select("declared_in", "indices", "colours").drop_nulls(["declared_in", "indices"]).unique()
    by_index = lists.explode("indices").select("declared_in", coloured=False, value="indices", class_id="indices")
    both = lists.filter(pl.col("colours").list.len() == pl.col("indices").list.len()).explode("indices", "colours")
    by_colour = both.select("declared_in", coloured=True, value="colours", class_id="indices")
    names = data.table("classes").select("class", "class_id", declared_in="source").drop_nulls()
    found = pl.concat([by_index, by_colour]).join(names, on=["declared_in", "class_id"])
    return found.select(*_VALUE, "class").unique(_VALUE, keep="first", maintain_order=True)
