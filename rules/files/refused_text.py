"""The rule `refused-text`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class RefusedText(Rule):
    """PNG files with a text or colour profile so large that Pillow refuses the picture.

    ## What it does
    Flags PNG files of which a chunk of text (`tEXt`, `zTXt`, `iTXt`) or the colour profile (`iCCP`) unpacks to more
    than Pillow allows: 1 MB a chunk, 64 MB in all. The pixels are fine and are measured; the chunk is not unpacked any
    further than that.

    ## Why is this bad?
    Pillow raises "Decompressed data too large" and does not open the file, so that torchvision's datasets stop at it,
    while viewers and OpenCV show the picture.

    ## Example
    `fixtures/refused-text/bad/cats/history.png`, whose `zTXt` chunk of 2 kB unpacks to 2 MB.
    In `fixtures/refused-text/good` the same text is short.

    ## When not to use it
    Where no part of training uses Pillow.

    ## References
    `PngImagePlugin.MAX_TEXT_CHUNK`: https://pillow.readthedocs.io/en/stable/handbook/image-file-formats.html#png
    """

    code, name, since = "DL112", "refused-text", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.PIXELS,)
    message = "the picture is fine, but Pillow refuses its metadata: {refused_text}, too large when unpacked"
    hint = "strip the chunk, for example with `exiftool -all= FILE` or `oxipng --strip safe FILE`"
    said_once = True
    group_message = "{who} are fine, but Pillow refuses their metadata, too large when unpacked: {refused_text}"

    def check(self, data: Dataset) -> LazyFrame:
        """Readable images that were read without some of their text."""
        return data.readable.filter(pl.col("refused_text").is_not_null()).select("path", "refused_text")
