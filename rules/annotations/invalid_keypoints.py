"""The rule `invalid-keypoints`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules.annotations import _units
from datalint.rules.annotations._boxes import PLACE
from datalint.rules.annotations._keypoints import placed, record, survey
from datalint.rules.annotations._outside import outside, short

if TYPE_CHECKING:
    from polars import DataFrame, Expr, LazyFrame

    from datalint import Dataset


class InvalidKeypoints(Rule):
    """Keypoints that a trainer cannot use: too few, not finite, outside the image.

    ## What it does
    Flags objects with another number of points than the label file declares for their class, with coordinates that are
    NaN or Infinity, or with a labelled point more than half a pixel outside the image. A point is labelled if its
    visibility is above 0. In files that give shares of the image (YOLO) a point outside is an error, because the
    image is then left out; in pixels it is a warning. So is a visibility that is not 0, 1 or 2.

    ## Why is this bad?
    With another number of points training stops, or each point is taken for the next one. A point outside the image
    has no place in the heatmap that a network learns.

    ## Example
    `fixtures/invalid-keypoints/bad/annotations.json`, `/annotations/1`: two points, and the class has three.
    `fixtures/invalid-keypoints/good` has three everywhere.

    ## When not to use it
    Where points outside the image are meant, as guesses of where a hidden joint is.

    ## References
    COCO's format: visibility 0 is not labelled, 1 labelled but hidden, 2 labelled and visible.
    """

    code, name, since = "DL814", "invalid-keypoints", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.KEYPOINTS,)
    message = "the keypoints of {subject} {fact}"
    hint = "correct the points"
    key = ("record",)
    unit = "set of keypoints"
    fact = ("fact",)
    group_message = "{who}: they {fact}"

    tolerance = option(0.5, "How far a point may lie outside, in pixels.", low=0.0)

    def check(self, data: Dataset) -> DataFrame:
        """One row per object, with the worst that is wrong with it."""
        wrong = pl.concat([_numbers(data), self._outside(data), _visibilities(data)])
        wrong = wrong.unique("row", keep="first", maintain_order=True).sort("row")
        found = data.table("keypoints")[wrong["row"]].hstack(wrong.drop("row"))
        return found.select(
            *PLACE, pl.col("class").alias("subject"), "fact", "severity", "hint", "score", record().alias("record")
        )

    def _outside(self, data: Dataset) -> DataFrame:
        """Objects with a labelled point outside their image."""
        units = _units.boxes(data).lazy().select("box")
        objects = placed(data).join(units, on="box", how="anti", maintain_order="left")
        fact = pl.format("reach outside the {}: {}{}", "size", "beyond", "sizes")
        hint = pl.col("remedy").fill_null("correct the points, or give them the visibility 0")
        share = pl.when(pl.col("unit") == "share").then(pl.lit(Severity.ERROR.value))
        return _findings(
            outside(objects, self.tolerance),
            fact,
            hint,
            share.otherwise(pl.lit(Severity.WARNING.value)),
            pl.col("score"),
        )


def _findings(rows: LazyFrame, fact: Expr, hint: Expr, severity: Expr, score: float | Expr) -> DataFrame:
    degree = pl.lit(score) if isinstance(score, float) else score
    return rows.select(
        "row", fact.alias("fact"), hint.alias("hint"), severity.alias("severity"), degree.alias("score")
    ).collect()


def _numbers(data: Dataset) -> DataFrame:
    """Objects with another number of points than is declared, or with numbers that are not finite."""
    declared = data.keypoints.select("declared").with_row_index("row")
    rows = survey(data).lazy().join(declared, on="row", maintain_order="left")
    other = (pl.col("points") != pl.col("declared")).fill_null(value=False)
    are = pl.when(pl.col("points") == 1).then(pl.lit("are only")).otherwise(pl.lit("are"))
    fact = (
        pl.when(other)
        .then(pl.format("{} {}, and the class has {}", are, "points", "declared"))
        .otherwise(pl.lit("are not all finite numbers"))
    )
    hint = (
        pl.when(other)
        .then(pl.lit("write x, y and visibility of each point that is declared: 0, 0, 0 where it is not labelled"))
        .otherwise(pl.lit("correct the numbers"))
    )
    return _findings(rows.filter(other | ~pl.col("finite")), fact, hint, pl.lit(Severity.ERROR.value), 1.0)


def _visibilities(data: Dataset) -> DataFrame:
    """Objects with a visibility that is none."""
    fact = pl.format(
        "have {} as the visibility of point {}, which is not 0, 1 or 2", short(pl.col("strange")), "strange_at"
    )
    hint = pl.lit("write 0 for not labelled, 1 for hidden, 2 for visible")
    rows = survey(data).lazy().filter(pl.col("strange_at").is_not_null())
    return _findings(rows, fact, hint, pl.lit(Severity.WARNING.value), 0.0)
