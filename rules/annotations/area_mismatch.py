"""The rule `area-mismatch`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules._degree import apart
from datalint.rules.annotations._boxes import PLACE, record
from datalint.rules.annotations._outside import short
from datalint.rules.annotations._placed import placed
from datalint.rules.annotations._polygons import survey

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset

#: If more of a file's boxes without polygons than this share have a smaller area, it is that of masks elsewhere.
_MASKS = 0.5
#: The fewest boxes of a file whose areas are judged as a whole.
_LEAST = 8


class AreaMismatch(Rule):
    """Areas that fit neither the box nor the outline.

    ## What it does
    Compares the area that the label file declares with the area of the object's polygons and with that of its box. It
    flags an area that is far from both: by more than 5 %, and by more than the pixels along the outline, which some
    programs count and others do not. The area of a run-length mask is compared likewise. With neither, an area smaller
    than the box may be that of a mask elsewhere: it is flagged only where most areas in the file equal those of their
    boxes, or where the file's areas are all the same or all at most 1: those are not of masks either. Groups are left
    out.

    ## Why is this bad?
    COCO's evaluation sorts objects into small, medium and large by this number alone, and some trainers drop objects
    by it. If it is the area of the whole image, every object counts as large; if it is 1, every object counts as
    small. The evaluation of keypoints divides by it.

    ## Example
    `fixtures/area-mismatch/bad/annotations.json`, `/annotations/1/area` is that of the whole image.
    `fixtures/area-mismatch/good` has the areas of the boxes.

    ## When not to use it
    Where nothing reads the area.

    ## References
    COCO's evaluation: an area under 32 x 32 pixels is small, one over 96 x 96 is large.
    """

    code, name, since = "DL811", "area-mismatch", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.SIZES, Need.BOXES)
    message = "the declared area of {subject} is {area:,.9g} square pixels{whole}; {facts}"
    hint = "write the area of the mask, or of the box if there is no mask"
    key = ("record", "area")
    unit = "box"
    said_once = True
    group_message = "{who} have a declared area ({area:,.9g} square pixels) that is neither the mask's nor the box's"

    tolerance = option(0.05, "How far the area may be from that of the polygons or the box, as a share.", low=0.0)

    def check(self, data: Dataset) -> LazyFrame:
        """Boxes whose declared area is not theirs."""
        boxes: LazyFrame = (
            placed(data)
            .filter(pl.col("area").is_not_null() & ~pl.col("crowd").fill_null(value=False))
            .with_columns(
                (pl.col("w") * pl.col("h")).alias("box_area"), (2 * (pl.col("w") + pl.col("h"))).alias("around")
            )
            .join(_outlines(data), on="box", how="left", maintain_order="left")
        )
        area, keep = pl.col("area"), self.tolerance
        of_box = (area - pl.col("box_area")).abs() <= keep * pl.col("box_area") + pl.col("around") / 2 + 1
        # Parts may overlap, or be holes in the largest one.
        most, least = pl.col("outlined"), (2 * pl.col("largest") - pl.col("outlined")).clip(0)
        of_outline = area.is_between(
            least * (1 - keep) - pl.col("outline") - 1, most * (1 + keep) + pl.col("outline") + 1
        ) & (most > 0)
        drawn = pl.col("mask_area")
        masked = drawn.is_not_null()
        of_runs = (area - drawn).abs() <= keep * drawn + pl.col("around") / 2 + 1
        alone = pl.col("outlined").is_null() & ~masked
        of_mask = alone & (area > 0) & (area < pl.col("box_area"))
        of_file = of_mask & ~of_box
        masks = (of_file.sum() > _MASKS * alone.sum()).over("file")
        image = pl.col("frame_width") * pl.col("frame_height")
        same = (area.n_unique() == 1) & (pl.col("box_area").n_unique() > 1)
        blank = (pl.len() >= _LEAST) & ((area.max() <= 1) | same)
        share = (area <= 1) & ((area * image - pl.col("box_area")).abs() <= keep * pl.col("box_area"))
        whole = (area == image) & (pl.col("box_area") < (1 - keep) * image)
        facts = [
            pl.format("the box has {}", short(pl.col("box_area"))),
            pl.when(pl.col("outlined").is_not_null()).then(
                pl.format("the polygons have {}", short(pl.col("outlined")))
            ),
            pl.when(masked).then(pl.format("the mask has {}", short(drawn))),
        ]
        return (
            boxes.with_columns((of_mask & masks & ~blank.over("file")).alias("of_mask"))
            .filter(
                ~(of_box | of_outline.fill_null(value=False) | of_runs.fill_null(value=False) | pl.col("of_mask"))
                | whole
            )
            .select(
                *PLACE,
                pl.col("class").alias("subject"),
                "area",
                pl.when(whole).then(pl.lit(" (the whole image)")).otherwise(pl.lit("")).alias("whole"),
                pl.concat_str(facts, separator=", ", ignore_nulls=True).alias("facts"),
                pl.when(share)
                .then(pl.lit("it is a share of the image: multiply it by the image's width and height"))
                .otherwise(pl.lit(self.hint))
                .alias("hint"),
                apart(area, pl.coalesce("mask_area", "outlined", "box_area")),
                record().alias("record"),
            )
        )


def _outlines(data: Dataset) -> LazyFrame:
    """(box, outlined, largest, outline): area of all its polygons, of the largest one, and length of the outlines."""
    return (
        data.polygons.select("box", "unit")
        .with_row_index("row")
        .filter(pl.col("box").is_not_null() & (pl.col("unit") == "pixels"))
        .join(survey(data)[0].lazy(), on="row")
        .group_by("box")
        .agg(
            pl.col("area").abs().sum().alias("outlined"),
            pl.col("area").abs().max().alias("largest"),
            pl.col("length").sum().alias("outline"),
        )
    )
