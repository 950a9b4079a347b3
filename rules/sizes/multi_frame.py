"""The rule `multi-frame`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset

#: Formats whose further frames are not pictures that a loader misses: previews and gain maps behind a JPEG (MPO),
#: layers that are already merged in frame 0 (PSD), and the sizes of one icon.
ONE_PICTURE = ("MPO", "PSD", "ICO", "ICNS", "CUR")

#: Measuring counts no further.
COUNTED = 10_000


class MultiFrame(Rule):
    """Animated or multi-page files.

    ## What it does
    Flags images with more than one frame or page: animated GIF, WebP, PNG and AVIF, TIFF stacks. The second picture
    of an MPO (a phone's gain map), the layers of a PSD and the sizes of an icon are not counted.

    ## Why is this bad?
    A loader takes frame 0 and silently drops the rest. The first frame of an animation is often blank or a
    title; a TIFF stack's first page is one of many slices, or a thumbnail.

    ## Example
    `fixtures/multi-frame/bad/cats/0.gif`, three frames. In `fixtures/multi-frame/good` each file has one.

    ## When not to use it
    Where the loader reads all frames, as for volumes and clips.
    """

    code, name, since = "DL211", "multi-frame", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.FRAMES,)
    message = "{counted} frames in one {format} file; loaders take the first"
    hint = "extract the frame that shows the subject, or split the file"
    said_once = True
    group_message = "{who} hold several frames ({counted}); loaders take the first"
    group_hint = "extract the frames that show the subject, or split the files"

    def check(self, data: Dataset) -> LazyFrame:
        """Files with more than one frame."""
        several = (pl.col("frames") > 1) & ~pl.col("format").is_in(ONE_PICTURE)
        many = pl.when(pl.col("frames") > COUNTED).then(pl.lit(f"more than {COUNTED:,}"))
        counted = many.otherwise(pl.col("frames").cast(pl.String))
        return data.readable.filter(several).select("path", "frames", "format", counted=counted)
