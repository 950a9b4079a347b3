"""The rule `unsupported-image`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl
from datalint.rules.files.wrong_extension import misnamed

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class UnsupportedImage(Rule):
    """Images of a kind that is not read, though nothing is wrong with the files.

    ## What it does
    Recognises files that are whole, but that Pillow has no decoder for: TIFF of many bands or of 64-bit samples,
    12-bit and hierarchical JPEG, HEIF (HEIC), JPEG XL, camera raw, TGA with 15-bit colours. They are told from damaged
    files by their own structure. There is one finding a folder and kind, with the number of files.

    Where an extra is installed that reads them, they are measured as all others are: `pip install
    'datalint-vision[heif]'` (or `jxl`, `tiff`). Of a TIFF of several bands that are not colours, size, bit depth and
    the range of values are then known, but nothing that is a matter of red, green and blue.

    ## Why is this bad?
    A loader that uses Pillow, as torchvision does, stops at such a file. Nothing is known here about its pixels: other
    rules do not see it. A file that also has the name of another format, such as a HEIC photo named `.jpg`, is an
    error: nearly all loaders fail on it.

    ## Example
    `fixtures/unsupported-image/bad/cats/bands.tif`, seven bands of 16 bits. `fixtures/unsupported-image/good` holds a
    grey TIFF of 16 bits, which is read.

    ## When not to use it
    Where your loader reads such files (rasterio, tifffile, rawpy).
    """

    code, name, since = "DL111", "unsupported-image", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.PIXELS,)
    message = "not supported: {cause}{others}"
    key = ("cause",)

    def check(self, data: Dataset) -> LazyFrame:
        """One row per folder and kind of the files whose status is `unsupported`."""
        found = data.images.filter(pl.col("status") == "unsupported")
        named = misnamed(found.select("path", "cause", "extra", "extension", "format"))
        groups = named.with_columns(folder=pl.col("path").str.extract("^(.*)/").fill_null(".")).group_by(
            "folder", "cause", "extra", "misnamed", "extension", maintain_order=True
        )
        several, worse = pl.col("count") > 1, pl.col("misnamed")
        convert = pl.when(worse).then(pl.lit("the format that its name says")).otherwise(pl.lit("JPEG or PNG"))
        install = pl.format(", or pip install 'datalint-vision[{}]' to have datalint read it", "extra").fill_null("")
        return groups.agg(
            pl.col("path").first(), pl.col("path").slice(1).alias("examples"), pl.len().alias("count")
        ).select(
            "path",
            "examples",
            "count",
            "cause",
            others=pl.when(several).then(pl.format(" ({} files of this folder)", "count")).otherwise(pl.lit("")),
            severity=pl.when(worse).then(pl.lit("error")).otherwise(pl.lit("warning")),
            hint=pl.format("convert it to {}{}", convert, install),
        )
