"""The rule `unreadable-image`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl
from datalint.rules.files.wrong_extension import misnamed

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset

MISNAMED = "fetch the image again and convert it to the format that its name says, or delete the file and its label"


class UnreadableImage(Rule):
    """Images that cannot be decoded.

    ## What it does
    Decodes every image to its last bit and flags those that fail, with the decoder's reason. Files that are empty,
    cut short, not images at all, too large, whole but of a kind that is not read, or Git LFS pointers have rules of
    their own and are not repeated here.

    ## Why is this bad?
    The file stops a loader in the middle of an epoch, or is silently skipped, so that every run trains on other data
    than its author believes. The header alone proves nothing: in many broken files it is intact.

    ## Example
    `fixtures/unreadable-image/bad/cats/broken.png`, whose compressed pixels are garbage after an intact header.
    `fixtures/unreadable-image/good` holds the same picture, intact.

    ## When not to use it
    Where broken files are there on purpose, as in the test data of a decoder.
    """

    code, name, since = "DL101", "unreadable-image", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.PIXELS,)
    message = "cannot be decoded: {cause}"
    hint = "fetch the image again, or delete the file and its label"
    yields_to = ("broken-link",)
    fact = ("cause",)
    group_message = "{who} cannot be decoded: {cause}"
    group_hint = "fetch the images again, or delete the files and their labels"

    def check(self, data: Dataset) -> LazyFrame:
        """Files whose status is `unreadable`."""
        broken = data.images.filter(pl.col("status") == "unreadable").select("path", "cause", "extension", "format")
        hint = pl.when("misnamed").then(pl.lit(MISNAMED)).otherwise(pl.lit(self.hint))
        return misnamed(broken).select("path", "cause", hint=hint)
