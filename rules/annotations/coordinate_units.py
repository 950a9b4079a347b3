"""The rule `coordinate-units`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules.annotations import _units

if TYPE_CHECKING:
    from polars import DataFrame, LazyFrame

    from datalint import Dataset

#: How many examples the one finding about many label files names.
_MOST_RELATED = 20


class CoordinateUnits(Rule):
    """Coordinates in pixels where the format has shares of the image, or the reverse.

    ## What it does
    Flags label files whose numbers cannot be in the unit of their format: boxes and polygons with numbers of 2 or
    more, at least 1 wide and high, where shares from 0 to 1 are expected; and files most of whose objects lie within
    the first pixel of the image, where pixels are expected. Where most files of a folder with one file per image are
    wrong, there is one finding for all of them. Angles of more than a full turn are degrees where radians are expected.

    ## Why is this bad?
    Trainers clip such shares to 1 or silently drop the image, and learn nothing from it. Shares that are read as
    pixels give boxes of no size in the corner.

    ## Example
    `fixtures/coordinate-units/bad/labels/val/1.txt` says `1 24.0 23.0 27.0 27.0`, pixels in a YOLO file.
    `fixtures/coordinate-units/good/labels/val/1.txt` has the same box in shares.

    ## When not to use it
    No case is known: in training data each finding is a fault.

    ## References
    The label format of Ultralytics YOLO has coordinates from 0 to 1; COCO and Pascal VOC have pixels.
    """

    code, name, since = "DL812", "coordinate-units", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.OBJECTS,)
    message = (
        "{what} in {meant_not}, where the format has {meant}: "
        "{count:,} of {objects:,}, with numbers up to {largest:g}{files}"
    )
    hint = "divide the numbers by the image's width and height (percentages by 100)"
    key = ("what", "meant")
    per_image = False

    least = option(3, "How many label files of a folder must be wrong to be reported as one.", low=2)

    def check(self, data: Dataset) -> DataFrame:
        """One row per label file and kind of object, or per folder of label files."""
        return pl.concat(
            [
                self._found(_units.boxes(data), data.table("boxes"), "boxes"),
                self._found(_units.polygons(data), data.table("polygons"), "polygons"),
                self._found(_units.angles(data), data.table("boxes"), "angles"),
            ]
        )

    def _found(self, wrong: DataFrame, table: DataFrame, what: str) -> DataFrame:
        """Findings about the rows `wrong` of `table`."""
        every = table.lazy().group_by("file").agg(pl.len().alias("objects"), pl.col("path").n_unique().alias("images"))
        by_file = (
            wrong.lazy()
            .group_by("file", "meant", maintain_order=True)
            .agg(pl.len().alias("count"), pl.col("line", "pointer", "path").first(), pl.col("largest").max())
            .join(every, on="file")
            .sort("file", "meant")
            .with_columns(pl.col("file").str.replace(r"[^/]*$", "").alias("folder"))
        )
        alone = pl.col("images") == 1
        folders = (
            every.filter(alone)
            .group_by(pl.col("file").str.replace(r"[^/]*$", "").alias("folder"))
            .agg(pl.len().alias("files"), pl.col("objects").sum().alias("all_objects"))
        )
        placed = by_file.join(folders, on="folder", how="left", maintain_order="left").with_columns(
            (
                alone
                & (pl.len().over("folder", "meant") * 2 > pl.col("files"))
                & (pl.len().over("folder", "meant") >= self.least)
            )
            .fill_null(value=False)
            .alias("many")
        )
        single = _one_by_one(placed.filter(~pl.col("many")))
        whole = _by_folder(placed.filter("many")).select(single.collect_schema().names())
        other = pl.col("meant").replace_strict({"shares": "pixels", "pixels": "shares", "radians": "degrees"})
        hint = (
            pl.when(pl.col("meant") == "shares")
            .then(pl.lit(self.hint))
            .when(pl.col("meant") == "radians")
            .then(pl.lit("divide the angles by 57.29578 (180 / pi)"))
            .otherwise(pl.lit("multiply the numbers by the image's width and height"))
        )
        return (
            pl.concat([single, whole])
            .with_columns(pl.lit(what).alias("what"), other.alias("meant_not"), hint.alias("hint"))
            .collect()
        )


def _one_by_one(placed: LazyFrame) -> LazyFrame:
    """A label file a row."""
    return placed.select(
        "file",
        "line",
        "pointer",
        "largest",
        pl.when(pl.col("images") == 1).then(pl.col("path")).alias("path"),
        "meant",
        "count",
        "objects",
        pl.lit("").alias("files"),
        pl.lit(None, pl.List(pl.String)).alias("related"),
    )


def _by_folder(placed: LazyFrame) -> LazyFrame:
    """A folder a row, of label files that all have one image."""
    return (
        placed.group_by("folder", "meant", maintain_order=True)
        .agg(
            pl.col("file", "line", "pointer").first(),
            pl.col("largest").max(),
            pl.col("path").head(_MOST_RELATED).alias("related"),
            pl.col("count").sum(),
            pl.col("all_objects").first().alias("objects"),
            pl.format(", in {} of {} label files of the folder", pl.len(), pl.col("files").first()).alias("files"),
        )
        .with_columns(pl.lit(None, pl.String).alias("path"))
    )
