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
    """Images of a kind that Pillow alone does not read, though nothing is wrong with the files.

    ## What it does
    Recognises files that are whole, but that Pillow has no decoder for: TIFF of many bands or of 64-bit samples,
    12-bit and hierarchical JPEG, HEIF (HEIC), JPEG XL, camera raw, TGA with 15-bit colours. Their own
    structure sets them apart from damaged files. There is one finding a folder and kind, with the number of files.

    Where an extra is installed that reads them (`heif`, `jxl` or `tiff`, as in `pip install 'datalint-vision[heif]'`),
    they are measured as all others are, and the finding says that it took the extra. Of a TIFF of several bands, the
    size, the depth and the range of values are then known, but nothing that is a matter of red, green and blue.

    ## Why is this bad?
    A loader that uses Pillow, as torchvision does, stops at such a file. Without the extra its pixels are not known
    here either. A file that also has the name of another format, such as a HEIC photo named `.jpg`, is an error:
    nearly all loaders fail on it.

    ## Example
    `fixtures/unsupported-image/bad/cats/twelve.jpg`, a JPEG of 12 bits. `fixtures/unsupported-image/good` holds one of
    8 bits.

    ## When not to use it
    Where your loader reads such files (rasterio, tifffile, rawpy, a plugin for Pillow).
    """

    code, name, since = "DL111", "unsupported-image", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.PIXELS,)
    message = "{what}{others}"
    hint = "convert it to {target}{otherwise}"
    key = ("what",)

    def check(self, data: Dataset) -> LazyFrame:
        """One row per folder and kind of the files that Pillow alone does not read."""
        files = data.images.select("path", "status", "cause", "extra", "extension", "format", "colours", "bits")
        unread = pl.col("status") == "unsupported"
        by_extra = (
            (pl.col("status") == "ok") & pl.col("extra").is_not_null() & ~pl.col("misnamed")
        )  # else wrong-extension
        bands = pl.format("a TIFF of {} bands of {} bits, read only with the extra tiff", "colours", "bits")
        read = pl.format("a {} image, read only with the extra {}", "format", "extra")
        refused = pl.when(unread).then(pl.format("not supported: {}", "cause"))
        what = refused.when(pl.col("format") == "TIFF").then(bands).otherwise(read)
        found = misnamed(files).filter(unread | by_extra)
        groups = found.with_columns(what=what, folder=pl.col("path").str.extract("^(.*)/").fill_null(".")).group_by(
            "folder", "what", "extra", "status", "misnamed", "extension", maintain_order=True
        )
        worse, several = pl.col("misnamed"), pl.col("count") > 1
        named, others = pl.lit("the format that its name says"), pl.format(" ({} files of this folder)", "count")
        install = pl.format(", or pip install 'datalint-vision[{}]' to have datalint read it", "extra").fill_null("")
        first = pl.col("path").first(), pl.col("path").slice(1).alias("examples"), pl.len().alias("count")
        images = groups.agg(*first, pl.col("path").alias("members")).select(
            "path",
            "examples",
            "members",
            "count",
            "what",
            others=pl.when(several).then(others).otherwise(pl.lit("")),
            severity=pl.when(worse).then(pl.lit("error")).otherwise(pl.lit("warning")),
            target=pl.when(worse).then(named).otherwise(pl.lit("JPEG or PNG of 8 bits")),
            otherwise=pl.when(unread).then(install).otherwise(pl.lit(", unless your loader reads it")),
        )
        return pl.concat([images, _camera_raw(data)], how="diagonal")


def _camera_raw(data: Dataset) -> LazyFrame:
    """The raw files of each class folder: beside the pictures that were made of them, most often."""
    raw = data.skipped.filter(pl.col("in_class") & (pl.col("kind") == "camera-raw"))
    count = pl.len()
    several = pl.when(count > 1).then(pl.format(" ({} files of this folder)", count)).otherwise(pl.lit(""))
    return (
        raw.group_by(folder=pl.col("path").str.extract("^(.*)/"), maintain_order=True)
        .agg(
            pl.col("path").first(),
            examples=pl.col("path").slice(1),
            members=pl.col("path").alias("all"),
            count=count,
            others=several,
        )
        .select(
            "path",
            "examples",
            "members",
            "count",
            "others",
            what=pl.lit("not read: camera raw"),
            severity=pl.lit("note"),
            target=pl.lit("JPEG or PNG of 8 bits"),
            otherwise=pl.lit(", or move it out of the class folder"),
        )
    )
