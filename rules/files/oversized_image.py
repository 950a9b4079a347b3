"""The rule `oversized-image`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class OversizedImage(Rule):
    """Images of more pixels than can safely be decoded.

    ## What it does
    Compares the size that the header declares with Pillow's limit against decompression bombs. Such a file is never
    decoded, so nothing else is known about it.

    ## Why is this bad?
    A file of a few hundred bytes can claim gigabytes of pixels: the loader refuses it, or the machine runs out of
    memory. Even if the size is true, one such image stalls a data loader.

    ## Example
    `fixtures/oversized-image/bad/cats/bomb.png`, 60000x60000 pixels in under 100 bytes.
    `fixtures/oversized-image/good` holds only pictures of ordinary size.

    ## When not to use it
    For whole-slide scans and satellite scenes that are read in tiles.

    ## References
    `PIL.Image.MAX_IMAGE_PIXELS`: https://pillow.readthedocs.io/en/stable/reference/limits.html
    """

    code, name, since = "DL107", "oversized-image", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.HEADER,)
    message = "too large to decode: {cause}"
    hint = "cut the image into tiles or shrink it, or delete it if it is not a real picture"
    group_message = "{who} are too large to decode"
    group_hint = "cut the images into tiles or shrink them, or delete those that are not real pictures"

    def check(self, data: Dataset) -> LazyFrame:
        """Files whose status is `oversized`."""
        return data.images.filter(pl.col("status") == "oversized").select("path", "cause")
