"""The rule `invalid-polygon`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules._degree import apart
from datalint.rules.annotations import _boxes, _quads, _scale, _units
from datalint.rules.annotations._boxes import PLACE
from datalint.rules.annotations._outside import outside, short
from datalint.rules.annotations._polygons import survey

if TYPE_CHECKING:
    from polars import DataFrame, Expr, LazyFrame

    from datalint import Dataset

#: How many numbers of a polygon are enough to tell it from others.
_TELLING = 12


class InvalidPolygon(Rule):
    """Polygons that outline nothing, leave their image, or cross themselves.

    ## What it does
    Flags polygons of fewer than 3 points, of an odd number of coordinates, with NaN or Infinity, with a point more
    than half a pixel outside the image (of the size that the label file declares, where the image is absent), and
    those whose points lie on one line. Outlines that cross themselves are warnings, if the loop is at least 1 % of
    the area and one square pixel: smaller ones are slips of the hand that change no pixel. Edges that touch, such as
    those that lead to a hole, are not a crossing. Open lines need 2 points, and may cross.

    Boxes of four corners (oriented boxes of YOLO and DOTA) that cross themselves are also warnings: two corners have
    changed places. Where nearly all of them are rectangles, one that is not is a note; a corner on the border of the
    image may have been cut off.

    ## Why is this bad?
    A mask is drawn from the outline: without 3 points there is no mask, and pycocotools stops. Where an outline crosses
    itself, programs differ in what is inside, and the area is wrong.

    ## Example
    `fixtures/invalid-polygon/bad/annotations.json`, `/annotations/1`: an outline of 2 points.
    `fixtures/invalid-polygon/good` has closed outlines within their images.

    ## When not to use it
    Where crossings do no harm in your training: raise `loop`.
    """

    code, name, since = "DL808", "invalid-polygon", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.SIZES, Need.OBJECTS)
    message = "{which} of {subject} {fact}"
    hint = "draw the outline again"
    key = ("record",)
    unit = "outline"
    fact = ("fact",)
    group_message = "{who}: {which} {fact}"
    group_hint = "draw the outlines again"

    tolerance = option(0.5, "How far a point may lie outside, in pixels.", low=0.0)
    loop = option(0.01, "The smallest part of the area that a crossing must cut off.", low=0.0, high=0.5)

    def check(self, data: Dataset) -> DataFrame:
        """One row per polygon or box of four corners, with the worst that is wrong with it."""
        return pl.concat([self._polygons(data), self._quads(data)], how="diagonal")

    def _quads(self, data: Dataset) -> DataFrame:
        """Boxes of four corners that cross themselves, or are not rectangles."""
        crossing = _quads.crossed(data).filter((pl.col("share") >= self.loop) & (pl.col("loop") >= 1))
        order = pl.lit("put the corners in order, around the object")
        uneven = pl.format(
            "is not a rectangle: its diagonals are {} and {} pixels", short(pl.col("one"), 4), short(pl.col("other"), 4)
        )
        again = pl.lit("draw the box again, with right angles")
        crossing = crossing.with_columns(_crosses().alias("fact"), order.alias("hint"))
        skewed = _quads.uneven(data).with_columns(
            uneven.alias("fact"), again.alias("hint"), apart(pl.col("one"), pl.col("other")).alias("off")
        )
        wrong = pl.concat(
            [_findings(crossing.lazy(), Severity.WARNING, "share"), _findings(skewed.lazy(), Severity.NOTE, "off")]
        )
        wrong = wrong.unique("row", keep="first", maintain_order=True)
        found = data.table("boxes")[wrong["row"]].with_columns(
            wrong["fact"], wrong["severity"], wrong["hint"], wrong["score"]
        )
        return found.select(
            *PLACE,
            pl.col("class").alias("subject"),
            pl.lit("the box").alias("which"),
            "fact",
            "severity",
            "hint",
            "score",
            _boxes.record().alias("record"),
        )

    def _polygons(self, data: Dataset) -> DataFrame:
        """Polygons with the worst that is wrong with each."""
        table = data.table("polygons")
        shapes, crossed = survey(data)
        numbers = table.select(
            pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"),
            "closed",
            pl.col("points").list.len().fill_null(0).alias("numbers"),
        )
        wrong = pl.concat(
            [
                _uncounted(numbers, shapes),
                self._outside(data, shapes),
                self._crossed(data, crossed),
                _flat(numbers, shapes),
            ]
        ).unique("row", keep="first", maintain_order=True)
        records = (
            table[wrong["row"]].with_columns(wrong["fact"], wrong["severity"], wrong["hint"], wrong["score"]).lazy()
        )
        several = data.polygons.filter(pl.col("part") > 0).select("file", "pointer", "line", "path").unique()
        first = pl.col("points").list.head(_TELLING).list.eval(pl.element().cast(pl.String)).list.join(" ")
        of_several = pl.struct("file", "pointer", "line", "path").is_in(several.collect().to_struct().implode())
        which = pl.when((pl.col("part") > 0) | of_several).then(pl.format("polygon {}", pl.col("part") + 1))
        return (
            records.with_row_index("order")
            .select(
                *PLACE,
                pl.col("class").alias("subject"),
                which.otherwise(pl.lit("the polygon")).alias("which"),
                "fact",
                "severity",
                pl.col("hint").fill_null(self.hint),
                "score",
                pl.format("{} {}: {}", pl.col("class").fill_null("?"), pl.col("points").list.len(), first).alias(
                    "record"
                ),
            )
            .collect()
        )

    def _outside(self, data: Dataset, shapes: DataFrame) -> DataFrame:
        """Polygons that leave their image."""
        units = _units.polygons(data).select(pl.col("polygon").alias("row"))
        scale = {
            side: pl.when(pl.col("unit") == "share").then(pl.col(size)).otherwise(1.0)
            for side, size in zip(("left", "top", "right", "bottom"), ("width", "height") * 2, strict=True)
        }
        placed = (
            data.polygons.select("path", "unit", "box")
            .with_row_index("row")
            .join(_scale.boxes(data).lazy(), on="box", how="anti", maintain_order="left")
            .join(shapes.lazy(), on="row", maintain_order="left")
            .join(data.sizes().lazy(), on="path", maintain_order="left")
            .filter(pl.col("width") > 0)
            .join(units.lazy(), on="row", how="anti", maintain_order="left")
            .with_columns(pl.col("width").alias("frame_width"), pl.col("height").alias("frame_height"))
            .with_columns((pl.col(side) * by).alias(side) for side, by in scale.items())
        )
        fact = pl.format("reaches outside the {}: {}{}", "size", "beyond", "sizes")
        return _findings(
            outside(placed, self.tolerance).with_columns(fact.alias("fact"), pl.col("remedy").alias("hint")),
            score="score",
        )

    def _crossed(self, data: Dataset, found: DataFrame) -> DataFrame:
        """Closed polygons that cross themselves, by a loop that matters."""
        pixels = pl.when(pl.col("unit") == "share").then(pl.col("width") * pl.col("height")).otherwise(1.0)
        about = (
            data.polygons.select("path", "unit", "closed")
            .with_row_index("row")
            .join(found.lazy(), on="row", maintain_order="left")
            .join(data.sizes().lazy().select("path", "width", "height"), on="path", how="left", maintain_order="left")
            .with_columns((pl.col("loop") * pixels.fill_null(1.0)).alias("loop"))
            .filter("closed", (pl.col("share") >= self.loop) & (pl.col("loop") >= 1))
        )
        return _findings(
            about.with_columns(_crosses().alias("fact"), pl.lit(None, pl.String).alias("hint")),
            Severity.WARNING,
            "share",
        )


def _crosses() -> Expr:
    return pl.format(
        "crosses itself: one loop is {} % of its area, {} square pixels",
        short(pl.col("share") * 100, 2),
        short(pl.col("loop"), 3),
    )


def _findings(rows: LazyFrame, severity: Severity = Severity.ERROR, score: str | None = None) -> DataFrame:
    """Rows with what is wrong with each; `score` is a column, and without one nothing can be drawn of it."""
    degree = pl.lit(1.0) if score is None else pl.col(score).cast(pl.Float64)
    return rows.select("row", "fact", "hint", pl.lit(severity.value).alias("severity"), degree.alias("score")).collect()


def _uncounted(numbers: DataFrame, shapes: DataFrame) -> DataFrame:
    """Polygons whose numbers do not make an outline: too few, not in pairs, or not finite."""
    points, least = pl.col("numbers") // 2, pl.when("closed").then(3).otherwise(2)
    fact = (
        pl.when(pl.col("numbers") % 2 == 1)
        .then(pl.format("has {} numbers: the last point has no y", "numbers"))
        .when(points < least)
        .then(
            pl.format(
                "has {} point{}; it needs at least {}",
                points,
                pl.when(points == 1).then(pl.lit("")).otherwise(pl.lit("s")),
                least,
            )
        )
        .otherwise(pl.lit("has points that are not finite"))
    )
    known = pl.col("row").is_in(shapes["row"].implode())
    short_of = (pl.col("numbers") % 2 == 1) | (points < least)
    return _findings(
        numbers.lazy().filter(short_of | ~known).with_columns(fact.alias("fact"), pl.lit(None, pl.String).alias("hint"))
    )


def _flat(numbers: DataFrame, shapes: DataFrame) -> DataFrame:
    """Closed polygons whose points lie on one line."""
    longest = pl.max_horizontal(pl.col("right") - pl.col("left"), pl.col("bottom") - pl.col("top"))
    flat = pl.col("area").abs() <= 1e-9 * longest * longest
    return _findings(
        numbers.lazy()
        .filter("closed")
        .join(shapes.lazy().filter(flat), on="row", maintain_order="left")
        .with_columns(
            pl.lit("has no area: its points lie on one line").alias("fact"), pl.lit(None, pl.String).alias("hint")
        )
    )
