"""Small charts for findings about classes or splits: how what was measured differs between them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from datalint.amounts import percent
from datalint.report.html import svg
from datalint.report.html.distributions import Figure, bins
from datalint.report.html.svg import Tick
from datalint.report.html.texts import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from datalint.dataset import Dataset

#: Charts of one rule, and values of a property that are told apart.
CHARTS, VALUES = 6, 8
#: Values further out than these shares are counted in the outermost bins.
_OUTER = (0.005, 0.995)

#: Properties that rules name, as columns of the table `images`.
_PROPERTIES: dict[str, pl.Expr] = {
    "brightness": pl.col("brightness"),
    "contrast": pl.col("contrast"),
    "red minus blue": pl.col("mean_r") - pl.col("mean_b"),
    "sharpness": pl.col("sharpness").fill_nan(None),
    "colourfulness": pl.col("colour_spread"),
    "bars at the edges": pl.sum_horizontal(f"border_{side}" for side in ("left", "right", "top", "bottom")),
    "bytes": pl.col("bytes"),
    "width": pl.col("width"),
    "height": pl.col("height"),
    "JPEG quality": pl.col("jpeg_quality"),
    "format": pl.col("format"),
    "mode": pl.col("mode"),
    "camera": pl.col("camera"),
    "chroma subsampling": pl.col("subsampling"),
    "progressive coding": pl.col("progressive").cast(pl.String).replace({"true": "progressive", "false": "baseline"}),
    "date": pl.col("taken").dt.date().cast(pl.String),
}


class Side(NamedTuple):
    """Images that are compared with others."""

    name: str
    values: pl.Series


def charts(data: Dataset, code: str, findings: pl.DataFrame) -> list[Figure]:
    """A chart for each of the first findings of a rule that compares classes or splits; none for other rules."""
    draw = _DRAWN.get(code)
    if draw is None:
        return []
    values = (json.loads(text) for text in findings["data"].head(CHARTS))
    drawn = (draw(data, {**each, "subject": name}) for each, name in zip(values, findings["subject"], strict=False))
    return [figure for figure in drawn if figure is not None]


def _of_splits(data: Dataset, finding: dict[str, object]) -> Figure | None:
    """How a property is distributed in two splits."""
    names = [str(finding.get(key, "")) for key in ("split", "other")]
    return _property(data, str(finding.get("property", "")), [(name, _in_split(data, name)) for name in names])


def _of_classes(data: Dataset, finding: dict[str, object]) -> Figure | None:
    """How a property is distributed in the classes that it tells, and in the others."""
    labels = data.table("labels").drop_nulls(["image", "class"])
    subject = str(finding["subject"])
    named = [subject] if subject in labels["class"] else subject.split(", ")
    inside = labels.filter(pl.col("class").is_in(named))["image"].unique()
    others = labels.filter(~pl.col("image").is_in(inside.implode()))["image"].unique()
    name = named[0] if len(named) == 1 else f"{len(named)} classes"
    return _property(data, str(finding.get("property", "")), [(name, inside), ("the others", others)])


def _in_split(data: Dataset, name: str) -> pl.Series:
    return data.table("splits").filter(pl.col("split") == name)["image"].unique()


def _property(data: Dataset, name: str, groups: list[tuple[str, pl.Series]]) -> Figure | None:
    if name not in _PROPERTIES:
        return None
    measured = data.table("images").select("image", _PROPERTIES[name].alias("value")).drop_nulls()
    sides = [
        Side(visible(group), measured.join(images.to_frame("image"), on="image", how="semi")["value"])
        for group, images in groups
    ]
    if any(side.values.is_empty() for side in sides):
        return None
    title = f"{name[0].upper()}{name[1:]}"
    several = pl.concat([side.values for side in sides]).n_unique()
    if measured.schema["value"] == pl.String or several <= VALUES:
        return _of_values(title, sides)
    return _of_numbers(title, sides)


def _of_numbers(title: str, sides: list[Side]) -> Figure:
    """Lines: the share of each side's images by the property."""
    numbers = [side.values.cast(pl.Float64).to_numpy() for side in sides]
    low, high = np.quantile(np.concatenate(numbers), _OUTER)
    high = high if high > low else low + 1
    parts = bins(min(map(len, numbers)))
    series = [np.histogram(np.clip(each, low, high), parts, (low, high))[0] / len(each) for each in numbers]
    ticks = [Tick(at / 4, svg.number(float(f"{low + at / 4 * (high - low):.2g}"))) for at in range(5)]
    medians = ", ".join(f"{side.name} {np.median(each):.3g}" for side, each in zip(sides, numbers, strict=True))
    words = f"Medians: {medians}"
    chart = svg.outlines(title, words, [(100 * each).tolist() for each in series], ticks, ("s1", "s2"), " %")
    return Figure("", title, "share of the images by value", chart, words, _legend(sides))


def _of_values(title: str, sides: list[Side]) -> Figure:
    """Bars: the share of each side's images that have each of the commonest values."""
    counts = [dict(side.values.cast(pl.String).value_counts().iter_rows()) for side in sides]
    totals = [len(side.values) for side in sides]
    share = {
        value: [count.get(value, 0) / total for count, total in zip(counts, totals, strict=True)]
        for value in sorted({*counts[0], *counts[1]})
    }
    shown = sorted(sorted(share, key=lambda value: -max(share[value]))[:VALUES], key=_as_number)
    return _bars(title, "share of the images", shown, [[share[value][at] for value in shown] for at in (0, 1)], sides)


def _as_number(value: str) -> tuple[float, str]:
    try:
        return float(value), value
    except ValueError:
        return float("inf"), value


def _bars(title: str, remark: str, names: list[str], series: list[list[float]], sides: list[Side]) -> Figure:
    seen = [visible(name) for name in names]
    words = "; ".join(
        f"{name}: " + ", ".join(f"{side.name} {percent(part[at])}" for side, part in zip(sides, series, strict=True))
        for at, name in enumerate(seen[:3])
    )
    chart = svg.grouped(title, words, seen, [[100 * share for share in part] for part in series], ("s1", "s2"), " %")
    return Figure("", title, remark, chart, words, _legend(sides))


def _legend(sides: list[Side]) -> tuple[tuple[str, str], ...]:
    return tuple((f"s{place}", side.name) for place, side in enumerate(sides, 1))


def _of_drift(data: Dataset, finding: dict[str, object]) -> Figure | None:
    """The classes whose shares differ most between two splits."""
    names = [str(finding.get(key, "")) for key in ("one", "other")]
    labels = data.annotations.select("image", "class").drop_nulls().unique().collect()
    counts = []
    for name in names:
        own = labels.filter(pl.col("image").is_in(_in_split(data, name).implode()))
        counts.append(own.group_by("class").agg(pl.len() / own.height))
    table = counts[0].join(counts[1], on="class", how="full", coalesce=True).fill_null(0.0)
    table.columns = ["class", "one", "other"]
    if table.is_empty():
        return None
    apart = (pl.col("one") - pl.col("other")).abs()
    table = table.sort(apart, "class", descending=[True, False]).head(VALUES)
    sides = [Side(visible(name), table["class"]) for name in names]
    shares = [table["one"].to_list(), table["other"].to_list()]
    remark = "share of the labels of each split; those that differ most"
    return _bars("Classes", remark, table["class"].to_list(), shares, sides)


def _of_shared(data: Dataset, finding: dict[str, object]) -> Figure | None:
    """How many pictures two splits have for themselves, and together."""
    one, other = (str(finding.get(key, "")) for key in ("one", "other"))
    content = data.table("images").select("image", pl.coalesce("sha256", "path").alias("content"))
    first, second = (
        set(content.filter(pl.col("image").is_in(_in_split(data, name).implode()))["content"]) for name in (one, other)
    )
    parts = (len(first - second), len(first & second), len(second - first))
    if not parts[1]:
        return None
    names = [f"only {visible(one)}", "both", f"only {visible(other)}"]
    words = ", ".join(f"{name} {number:,}" for name, number in zip(names, parts, strict=True))
    title = "Images of the two splits"
    chart = svg.grouped(title, words, names, [list(parts)], ("s1",))
    return Figure("", title, "images by the splits that they are in", chart, words)


_DRAWN: dict[str, Callable[[Dataset, dict[str, object]], Figure | None]] = {
    "DL312": _of_splits,
    "DL505": _of_classes,
    "DL704": _of_drift,
    "DL705": _of_shared,
}
