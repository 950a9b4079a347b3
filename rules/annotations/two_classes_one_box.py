"""The rule `two-classes-one-box`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import numpy as np
from datalint.lazy import polars as pl
from datalint.rules.annotations._boxes import PLACE, record
from datalint.rules.annotations._near import near

if TYPE_CHECKING:
    from polars import DataFrame

    from datalint import Dataset

#: A pixel is much of a small box: edges are no farther apart than this share of its shorter side.
_SHARE = 0.05
#: Two classes belong together if at least half of the boxes of one, and so many, are also boxes of the other.
_TOGETHER, _FEW = 0.5, 3
#: Where more boxes than this share have two classes, objects are meant to have several.
_MANY = 1 / 3


class TwoClassesOneBox(Rule):
    """Boxes that are also given to another class.

    ## What it does
    Flags boxes whose edges all lie within one pixel, and within 5 % of the shorter side, of those of an earlier box of
    the same image and label file that is of another class. Classes that belong together, because half of the boxes of
    one are also boxes of the other (as in a hierarchy, such as that of Open Images), are left out; so are datasets in
    which a third of the boxes have two classes, groups, rotated boxes, and boxes of less than eight pixels.

    ## Why is this bad?
    One of the two is most often wrong: the class was corrected in a copy, or two exports were merged. A detector is
    trained to say both of one object, and is punished for each of them.

    ## Example
    `fixtures/two-classes-one-box/bad/annotations.json`, `/annotations/2`, gives the box of `/annotations/1` to another
    class. `fixtures/two-classes-one-box/good` does not.

    ## When not to use it
    Where an object may be of several classes.
    """

    code, name, since = "DL819", "two-classes-one-box", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.MEDIUM
    needs = (Need.BOXES,)
    message = "the box of {subject} is also one of {other}, at {first}"
    hint = "look which class is right, and delete the other box"
    key = ("record", "other")
    unit = "box"
    group_message = "{who} are also boxes of another class"
    group_hint = "look which classes are right, and delete the other boxes"

    tolerance = option(1.0, "How far apart the edges may be at most, in pixels.", low=0.0)
    least = option(8.0, "The smallest width and height of a box that is compared, in pixels.", low=0.0)

    def check(self, data: Dataset) -> DataFrame:
        """Boxes after the first one at their place."""
        upright = pl.col("angle").is_null() & ~pl.col("unit").str.starts_with("quad")
        table = (
            data.boxes.filter(
                upright,
                ~pl.col("crowd").fill_null(value=False),
                pl.all_horizontal(pl.col("x", "y", "w", "h").is_finite()),
                pl.min_horizontal("w", "h") >= self.least,
            )
            .with_columns(
                pl.struct("file", "path").rank("dense").alias("group"),
                pl.col("class").rank("dense").fill_null(0).alias("kind"),
            )
            .collect()
        )
        pairs = self._pairs(table)
        first = pl.coalesce("pointer", pl.format("line {}", "line"), "file")
        earlier = table.select(first.alias("first"), pl.col("class").alias("other"))[pairs["of"]]
        return (
            table[pairs["row"]]
            .with_columns(earlier["first"], earlier["other"])
            .select(*PLACE, pl.col("class").alias("subject"), "first", "other", record().alias("record"))
        )

    def _pairs(self, table: DataFrame) -> DataFrame:
        """(row, of): boxes, and the first one at their place that is of another class."""
        left, top, width, height = table.select("x", "y", "w", "h").to_numpy().T
        edges = np.column_stack([left, top, left + width, top + height])
        kind = table["kind"].to_numpy()
        most = np.minimum(self.tolerance, _SHARE * np.minimum(width, height))
        earliest = np.arange(len(edges))
        for one, other in near(edges, table["group"].to_numpy(), 2 * most, 2 * most):
            apart = np.abs(edges[one] - edges[other]).max(axis=1, initial=0)
            same = (apart <= np.minimum(most[one], most[other]) + 1e-9) & (kind[one] != kind[other])
            np.minimum.at(earliest, np.maximum(one, other)[same], np.minimum(one, other)[same])
        rows = np.flatnonzero(earliest < np.arange(len(edges)))
        pairs = pl.DataFrame({"row": rows, "of": earliest[rows]}, schema={"row": pl.UInt32, "of": pl.UInt32})
        if 2 * len(pairs) > _MANY * len(edges):
            return pairs.clear()
        return _apart(pairs, table["kind"])


def _apart(pairs: DataFrame, kinds: pl.Series) -> DataFrame:
    """The pairs of classes that do not belong together."""
    total = kinds.value_counts(name="boxes")
    one, other = kinds[pairs["row"]], kinds[pairs["of"]]
    both = pairs.with_columns(
        pl.min_horizontal(one, other).alias("a"), pl.max_horizontal(one, other).alias("b")
    ).with_columns(pl.len().over("a", "b").alias("shared"))
    for name in ("a", "b"):
        both = both.join(total.rename({"kind": name, "boxes": f"boxes_{name}"}), on=name, maintain_order="left")
    together = (pl.col("shared") >= _FEW) & (pl.col("shared") >= _TOGETHER * pl.min_horizontal("boxes_a", "boxes_b"))
    return both.filter(~together).select("row", "of")
