"""The rule `mixed-size`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules._degree import apart
from datalint.rules.sizes._classes import with_class
from datalint.rules.sizes._minority import few_among_many

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class MixedSize(Rule):
    """Images of another size where nearly all are of one.

    ## What it does
    If at least nine in ten images have one width and height, flags those that differ. Sizes are compared as stored.
    Where sizes vary, `odd-size` looks for outliers instead. A class most of whose images differ is left to `shortcut`:
    there the size gives the class away.

    ## Why is this bad?
    In a dataset of one size the pipeline often has no resize step: another size breaks the batch. Where it has one,
    the image that skipped the preparation of the others is scaled and blurred differently.

    ## Example
    `fixtures/mixed-size/bad/cats/0.jpg`, 64x64 among 48x48. In `fixtures/mixed-size/good` all pictures are 48x48.

    ## When not to use it
    Where sizes are free and the loader resizes anyway.

    ## References
    A share of one in ten is where "a few" ends by our judgement.
    """

    code, name, since = "DL204", "mixed-size", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.HEADER,)
    message = "{width}x{height} pixels among {others:,} images of {usual}"
    hint = "prepare it as the other images were, or remove it"
    yields_to = ("tiny-image", "odd-aspect-ratio", "exif-rotated")
    said_once = True
    group_message = "{who} are not of {usual} pixels, as {others:,} images are: {width} wide, {height} high"
    group_hint = "prepare them as the other images were, or remove them"

    share = option(0.1, "The largest share of the images that counts as a few.", low=0.0, high=0.5)
    least = option(10, "The smallest dataset that is judged, in images.", low=2)

    def check(self, data: Dataset) -> LazyFrame:
        """Images that do not have the dominating size."""
        rare: LazyFrame = few_among_many(
            with_class(data), pl.format("{}x{}", "width", "height"), self.share, self.least
        )
        odd = with_class(data).join(rare.select("image", odd=pl.lit(value=True)), on="image", how="left")
        of_class = odd.group_by("class").agg(pl.col("odd").is_not_null().mean().alias("part")).drop_nulls("class")
        rare = rare.join(of_class.filter(pl.col("part") > 0.5), on="class", how="anti")
        usual = pl.col("usual").str.split("x").list
        sides = (("width", 0), ("height", 1))
        degree = [apart(pl.col(side), usual.get(place).cast(pl.Float64)) for side, place in sides]
        return rare.select("path", "width", "height", "usual", "others", pl.max_horizontal(degree).alias("score"))
