"""The rule `truncated-image`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class TruncatedImage(Rule):
    """Images whose bit stream ends early.

    ## What it does
    Decodes every image to its last bit and flags those that end before their last row.

    ## Why is this bad?
    An interrupted download or a full disk cut the file. Some loaders stop; others, and Pillow with
    `LOAD_TRUNCATED_IMAGES`, fill the missing rows with grey, and the model learns grey bars.

    ## Example
    `fixtures/truncated-image/bad/cats/cut.jpg`, the first half of a JPEG.
    `fixtures/truncated-image/good` holds the whole file.

    ## When not to use it
    Where pictures are cut on purpose, as in the test data of a decoder.
    """

    code, name, since = "DL102", "truncated-image", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.PIXELS,)
    message = "the file ends early: {cause}"
    hint = "fetch the image again, or delete the file and its label"
    group_message = "{who} end early: the rest of each is missing"
    group_hint = "fetch the images again, or delete the files and their labels"

    def check(self, data: Dataset) -> LazyFrame:
        """Files whose status is `truncated`."""
        return data.images.filter(pl.col("status") == "truncated").select("path", "cause")
