"""The rule `repeated-box`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import numpy as np
from datalint.lazy import polars as pl
from datalint.rules.annotations._boxes import PLACE, cornered, record
from datalint.rules.annotations._near import near

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from polars import DataFrame

    from datalint import Dataset


class RepeatedBox(Rule):
    """The same box of the same object twice.

    ## What it does
    Flags boxes that cover an earlier box of the same image, class and label file by at least 95 % (intersection over
    union). Groups and regions to ignore are left out. Rotated boxes are compared by their numbers.

    ## Why is this bad?
    The object counts twice in the loss and in the metrics; a detector that finds it once is counted as missing one.
    Most often an object was pasted twice, or two exports were merged.

    ## Example
    `fixtures/repeated-box/bad/annotations.json`, `/annotations/2`, has the box of `/annotations/1`.
    `fixtures/repeated-box/good` holds it once.

    ## When not to use it
    Where one object hides another of the same class and the same outline, and both are meant.

    ## References
    0.95 is the overlap from which cleanlab's ObjectLab takes two boxes for one.
    """

    code, name, since = "DL804", "repeated-box", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.BOXES,)
    fixable = True
    message = "the box of {subject} is repeated: it covers the one at {first} by {overlap:.1%}"
    hint = "delete one of the two"
    key = ("record",)
    unit = "box"
    group_message = "{who} are repeated: they cover another one by {overlap:.1%}"
    group_hint = "delete the repeated ones"

    overlap = option(0.95, "The smallest intersection over union of two boxes that count as one.", low=0.5, high=1.0)

    def check(self, data: Dataset) -> DataFrame:
        """Boxes after the first of their kind."""
        group = pl.struct("file", "path", "class", "unit", "angle")
        table = (
            cornered(data)
            .filter(
                ~pl.col("crowd").fill_null(value=False),
                pl.all_horizontal(pl.col(side).is_finite() for side in ("left", "top", "right", "bottom")),
                pl.col("across") > 0,
                pl.col("down") > 0,
            )
            .filter(group.is_duplicated())
            .with_columns(group.rank("dense").alias("group"), pl.col("unit").str.starts_with("quad").alias("quad"))
            .collect()
        )
        pairs = _same_numbers(table)
        left = (
            table.with_row_index("row")
            .filter(~pl.col("quad"))
            .join(pairs.select("row"), on="row", how="anti", maintain_order="left")
        )
        near = _near(left, self.overlap)
        found = pl.concat([pairs, near]).sort("row")
        first = pl.coalesce("pointer", pl.format("line {}", "line"), "file")
        earlier = table.select(first.alias("first"))[found["of"]]
        return (
            table[found["row"]]
            .with_columns(earlier["first"], found["overlap"])
            .select(
                *PLACE,
                pl.col("class").alias("subject"),
                "first",
                "overlap",
                pl.col("overlap").alias("score"),
                record().alias("record"),
            )
        )


def _same_numbers(table: DataFrame) -> DataFrame:
    """(row, of, overlap) of boxes whose numbers an earlier box of their group has."""
    numbers = pl.struct("group", "raw")
    return (
        table.lazy()
        .with_row_index("row")
        .with_columns(pl.col("row").first().over("group", "raw").alias("of"))
        .filter(pl.col("of") != pl.col("row"))
        .select("row", "of", pl.lit(1.0).alias("overlap"))
        .collect()
        if table.select(numbers.is_duplicated().any()).item()
        else pl.DataFrame(schema={"row": pl.UInt32, "of": pl.UInt32, "overlap": pl.Float64})
    )


def _near(table: DataFrame, least: float) -> DataFrame:
    """(row, of, overlap) of boxes that cover an earlier one of their group by `least`.

    Edges of two such boxes differ by at most (1 / least - 1) of the smaller one's sides.
    """
    edges = table.select("left", "top", "right", "bottom").to_numpy()
    width, height = edges[:, 2] - edges[:, 0], edges[:, 3] - edges[:, 1]
    with np.errstate(over="ignore"):  # of boxes that other rules report
        area = width * height
    share = 1 / least - 1
    # Boxes in the order of the file; each box of a pair that comes later repeats the other one.
    earliest = np.arange(len(edges))
    for one, other in near(edges, table["group"].to_numpy(), share * width, share * height):
        same = _overlap(edges[one], edges[other], area[one] + area[other]) >= least
        np.minimum.at(earliest, np.maximum(one, other)[same], np.minimum(one, other)[same])
    again = np.flatnonzero(earliest < np.arange(len(edges)))
    twin = earliest[again]
    rows = table["row"].to_numpy()
    return pl.DataFrame(
        {
            "row": rows[again],
            "of": rows[twin],
            "overlap": _overlap(edges[again], edges[twin], area[again] + area[twin]),
        },
        schema={"row": pl.UInt32, "of": pl.UInt32, "overlap": pl.Float64},
    )


def _overlap(one: NDArray[np.float64], other: NDArray[np.float64], areas: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of boxes given by their edges, and the sum of their areas."""
    across = np.minimum(one[:, 2], other[:, 2]) - np.maximum(one[:, 0], other[:, 0])
    down = np.minimum(one[:, 3], other[:, 3]) - np.maximum(one[:, 1], other[:, 1])
    with np.errstate(over="ignore", invalid="ignore"):
        shared = np.maximum(across, 0) * np.maximum(down, 0)
        return np.asarray(shared / (areas - shared))
