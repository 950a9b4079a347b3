"""The numbers behind the HTML report's charts. A chart that has nothing to show is absent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from datalint.report.place import escaped

if TYPE_CHECKING:
    from datalint.dataset import Dataset

#: Classes shown, the largest first; the rest is counted.
CLASSES = 40
#: Distinct image sizes shown, the commonest first.
SIZES = 400
#: Bins of a histogram: at least this many images a bin on average, within bounds.
PER_BIN, FEWEST, MOST = 12, 10, 40
#: Aspect ratios further out are counted in the last bins.
WIDEST = 4.0


def charts(data: Dataset) -> dict[str, Any]:
    """Chart name -> its numbers: `classes`, `sizes`, `aspect`, `brightness`, `channels`."""
    made = {
        "classes": _classes(data),
        "sizes": _sizes(data),
        "aspect": _aspect(data),
        "brightness": _shares(data, "brightness"),
        "channels": _shares(data, "mean_r", "mean_g", "mean_b"),
    }
    return {name: chart for name, chart in made.items() if chart}


def _classes(data: Dataset) -> dict[str, Any] | None:
    """Images (or objects) by class, and by split where there is one."""
    noun = "images" if data.table("labels").height else "objects"
    table = data.annotations.drop_nulls("class").select("image", "class").collect()
    if table.is_empty():
        return None
    if noun == "images":
        table = table.unique()
    # An image in two splits is one: a part of its own, not one of either.
    splits = data.table("splits").group_by("image").agg(pl.col("split").unique().sort().str.join(" and "))
    table = table.join(splits, on="image", how="left").with_columns(pl.col("split").fill_null(""))
    order = table.group_by("class").len().sort(["len", "class"], descending=[True, False])
    shown = order.head(CLASSES)["class"].to_list()
    counts = {(name, split): number for name, split, number in table.group_by("class", "split").len().iter_rows()}
    parts = sorted(table["split"].unique(), key=lambda split: (("train", "val", "test", split).index(split), split))
    return {
        "noun": noun,
        "labels": [escaped(name) for name in shown],
        "series": [
            {"name": escaped(split) or noun, "values": [counts.get((name, split), 0) for name in shown]}
            for split in parts
        ],
        "more": order.height - len(shown),
    }


def _sizes(data: Dataset) -> dict[str, Any] | None:
    """Width, height and number of images of the commonest sizes; absent where all are alike."""
    sizes = _measured(data).group_by("width", "height").len()
    if sizes.height < 2:
        return None
    shown = sizes.sort(["len", "width", "height"], descending=[True, False, False]).head(SIZES)
    return {"points": [list(row) for row in shown.iter_rows()], "more": sizes.height - shown.height}


def _measured(data: Dataset) -> pl.DataFrame:
    """Width and height where they are true: the headers of broken files may say anything."""
    readable = data.table("images").filter(pl.col("status").eq_missing("ok") | pl.col("status").is_null())
    return readable.select("width", "height").filter((pl.col("width") > 0) & (pl.col("height") > 0))


def _bins(images: int) -> int:
    return 5 * round(min(max(images / PER_BIN, FEWEST), MOST) / 5)


def _aspect(data: Dataset) -> dict[str, Any] | None:
    """Images by width over height, in bins of equal ratio."""
    sizes = _measured(data)
    if sizes.unique().height < 2:
        return None
    ratios = sizes["width"].cast(pl.Float64).to_numpy() / sizes["height"].cast(pl.Float64).to_numpy()
    edges = np.geomspace(
        1 / WIDEST, WIDEST, _bins(sizes.height) + 2
    )  # an odd number of bins: a square is in the middle of one
    counts, _ = np.histogram(np.clip(ratios, 1 / WIDEST, WIDEST), edges)
    middles = np.sqrt(edges[1:] * edges[:-1])
    return {"labels": [f"{middle:.2f}" for middle in middles], "series": [counts.tolist()]}


def _shares(data: Dataset, *columns: str) -> dict[str, Any] | None:
    """Images by columns that lie in [0, 1]."""
    table = data.table("images").select(columns).drop_nulls().filter(pl.all_horizontal(pl.all().is_not_nan()))
    if table.is_empty():
        return None
    edges = np.linspace(0, 1, _bins(table.height) + 1)
    series = [np.histogram(np.clip(table[name].to_numpy(), 0, 1), edges)[0].tolist() for name in columns]
    return {"labels": [f"{middle:.3g}" for middle in (edges[1:] + edges[:-1]) / 2], "series": series}
