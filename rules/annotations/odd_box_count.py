"""The rule `odd-box-count`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules._degree import above
from datalint.rules.annotations._boxes import home

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset

#: Of more images than this share the number is nothing odd; one image may always be.
_FEW = 0.01


class OddBoxCount(Rule):
    """Images with far more boxes than any other.

    ## What it does
    Sorts the images of a label file, or of a folder of label files with one image each, by their number of boxes and
    looks for a gap: images with at least 20 boxes and at least four times as many as the next one. Only one image in a
    hundred, or a single one, is flagged: crowds that are there more often belong to the dataset.

    ## Why is this bad?
    Boxes of a whole video, or of every image without a name, have ended up in one image; or one annotator labelled each
    leaf where all others labelled the tree. A detector is trained hundreds of times on the wrong places.

    ## Example
    `fixtures/odd-box-count/bad/annotations.json` has 55 boxes in `images/0.jpg` and one in each other image.
    `fixtures/odd-box-count/good` has ten in each.

    ## When not to use it
    Where a few images show a crowd and the others one object each.
    """

    code, name, since = "DL820", "odd-box-count", "0.1.0"
    severity, confidence = Severity.NOTE, Confidence.MEDIUM
    needs = (Need.BOXES,)
    message = "{count:,} boxes in one image, where no other has more than {others:,} and half have at most {median:.0f}"
    hint = "delete the boxes that belong to other images, or accept the finding"

    least = option(20, "The smallest number of boxes that is flagged.", low=2)
    times = option(4.0, "How many times as many as in the next image.", low=1.5)
    images = option(5, "The fewest images with boxes that are compared.", low=3)

    def check(self, data: Dataset) -> LazyFrame:
        """Images above the gap."""
        count, place = pl.col("count"), pl.int_range(1, pl.len() + 1)
        gap = (count >= self.least) & (count >= self.times * count.shift(-1)) & (pl.len() >= self.images)
        few = place <= pl.max_horizontal(1, (_FEW * pl.len()).floor())
        last = place.filter(gap & few).max()
        return (
            data.boxes.filter(pl.col("path").is_not_null())
            .group_by(home().alias("home"), "path", maintain_order=True)
            .agg(count=pl.len(), file=pl.col("file").first())
            .sort("home", "count", descending=[False, True], maintain_order=True)
            .with_columns(
                (place <= last).over("home").alias("odd"),
                count.filter(place > last).max().over("home").alias("others"),
                count.median().over("home").alias("median"),
            )
            .filter("odd")
            .select("path", "file", "count", "others", "median", above(count, pl.col("others")))
        )
