"""The rule `not-an-image`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class NotAnImage(Rule):
    """Web pages, JSON, archives or text under an image's name.

    ## What it does
    Flags files that have an image's extension but whose first bytes show that they are something else.

    ## Why is this bad?
    Most often a download saved the server's error page: the image is lost and nobody noticed. Such files fail to
    decode in the middle of an epoch.

    ## Example
    `fixtures/not-an-image/bad/cats/page.jpg`, an HTML page. `fixtures/not-an-image/good` holds only pictures.

    ## When not to use it
    On files that are not meant to be images: leave them out with `exclude` in the config.
    """

    code, name, since = "DL106", "not-an-image", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.HEADER,)
    message = "not an image: {cause}"
    hint = "fetch the image again, or delete the file and its label"
    fact = ("cause",)
    group_message = "{who} are not images: {cause}"
    group_hint = "fetch the images again, or delete the files and their labels"

    def check(self, data: Dataset) -> LazyFrame:
        """Files whose status is `not-an-image`."""
        return data.images.filter(pl.col("status") == "not-an-image").select("path", "cause")
