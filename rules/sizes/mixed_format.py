"""The rule `mixed-format`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules.sizes._minority import few_among_many

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class MixedFormat(Rule):
    """A few images in another file format than the rest.

    ## What it does
    Flags images whose content is of another format than at least nine in ten of the dataset. A dataset that is really
    mixed is not flagged. MPO counts as JPEG: it is one, with a second picture behind the first.

    ## Why is this bad?
    A few PNG files among thousands of JPEG files came another way: another source, a screenshot, an edited copy.
    They lack the compression traces that the others have, and a network sees that before it sees the object.

    ## Example
    `fixtures/mixed-format/bad/cats/0.png`, the only PNG. In `fixtures/mixed-format/good` all pictures are JPEG.

    ## When not to use it
    Where images are collected from many sources on purpose.

    ## References
    A share of one in ten is where "a few" ends by our judgement; on single-source datasets it is 0, and on web
    collections such as COCO all images were re-encoded.
    """

    code, name, since = "DL201", "mixed-format", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.HEADER,)
    message = "{format} among {others:,} {usual} images"
    hint = "convert it to the usual format, or accept the finding if the difference is intended"
    yields_to = ("wrong-extension",)
    said_once = True
    fact = ("format",)
    group_message = "{who} are {format}, where {others:,} are {usual}"
    group_hint = "convert them to the usual format, or accept the finding if the difference is intended"

    share = option(0.1, "The largest share of the images that counts as a few.", low=0.0, high=0.5)
    least = option(10, "The smallest dataset that is judged, in images.", low=2)

    def check(self, data: Dataset) -> LazyFrame:
        """Images whose format is not the dominating one."""
        kind = pl.when(pl.col("format") == "MPO").then(pl.lit("JPEG")).otherwise("format")
        rare: LazyFrame = few_among_many(data.readable, kind, self.share, self.least)
        return rare.select("path", "format", "usual", "others")
