"""The rule `exif-rotated`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset

#: What a viewer does with each EXIF orientation.
TURNS = {
    2: "mirrored",
    3: "turned by 180 degrees",
    4: "mirrored upside down",
    5: "mirrored and turned by 90 degrees",
    6: "turned by 90 degrees clockwise",
    7: "mirrored and turned by 90 degrees",
    8: "turned by 90 degrees anticlockwise",
}


class ExifRotated(Rule):
    """Images that viewers turn and many loaders do not.

    ## What it does
    Flags images whose EXIF orientation is not 1. It is an error where the image's boxes fit the turned picture but
    not the stored one: then a loader that ignores the tag trains on wrong boxes.

    ## Why is this bad?
    People see and annotate the turned picture; Pillow, torchvision's `ImageFolder` and most decoders deliver the
    stored one, lying on its side. OpenCV turns it, so two pipelines disagree about the same file.

    ## Example
    `fixtures/exif-rotated/bad/cats/0.jpg`, orientation 6. In `fixtures/exif-rotated/good` the tag is 1 or absent.

    ## When not to use it
    Where every reader applies the tag (`PIL.ImageOps.exif_transpose`).

    ## References
    EXIF 2.32, tag 0x0112 (Orientation).
    """

    code, name, since = "DL208", "exif-rotated", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.HEADER,)
    fixable = True
    message = "EXIF orientation {orientation}: shown {turn}, stored as {width}x{height}{boxes}"
    hint = "save the turned pixels without the tag (jpegtran, or ImageOps.exif_transpose)"
    said_once = True
    group_message = "{who} have an EXIF orientation that loaders may ignore ({orientation})"

    def check(self, data: Dataset) -> LazyFrame:
        """Images with an orientation of 2 to 8."""
        right, bottom = pl.col("x") + pl.col("w"), pl.col("y") + pl.col("h")
        # Where a label file declares the turned size, its boxes are turned back already.
        turned = data.sizes().lazy().filter("turned").select("path", "turned")
        reach = (
            data.boxes.join(turned, on="path", how="left")
            .group_by("image")
            .agg(right.max().alias("right"), bottom.max().alias("bottom"), pl.col("turned").any())
        )
        sideways = (pl.col("orientation") >= 5) & (
            pl.col("turned")
            | ((pl.col("right") > pl.col("width") + 1) | (pl.col("bottom") > pl.col("height") + 1))
            & (pl.col("right") <= pl.col("height") + 1)
            & (pl.col("bottom") <= pl.col("width") + 1)
        ).fill_null(value=False)
        return (
            data.readable.filter(pl.col("orientation").is_between(2, 8))
            .join(reach, on="image", how="left", maintain_order="left")
            .select(
                "path",
                "orientation",
                pl.col("orientation").replace_strict(TURNS, return_dtype=pl.String).alias("turn"),
                "width",
                "height",
                pl.when(sideways)
                .then(pl.lit("; its boxes fit only the turned picture"))
                .otherwise(pl.lit(""))
                .alias("boxes"),
                pl.when(sideways)
                .then(pl.lit(Severity.ERROR.value))
                .otherwise(pl.lit(Severity.WARNING.value))
                .alias("severity"),
            )
        )
