"""The rule `apple-double`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset

#: How many of the files one finding names.
MOST_EXAMPLES = 20


class AppleDouble(Rule):
    """Files `._name.jpg` that a Mac left beside the images.

    ## What it does
    Counts the files whose names are `._` and the name of an image. macOS writes them into archives and on foreign
    disks, for what its own file system keeps beside a file. They have one cause and one remedy, so there is one finding
    for the whole dataset, with their number and the first of their names.

    ## Why is this bad?
    They carry an image's extension and hold no image. A loader that takes files by their extension, as torchvision's
    `ImageFolder` does, opens them and stops in the middle of an epoch, and counts each picture twice.

    ## Example
    `fixtures/apple-double/bad/cats/._0.jpg`, four kilobytes without a pixel. `fixtures/apple-double/good` holds only
    pictures.

    ## When not to use it
    Where the loader leaves out hidden files: those whose names begin with a dot.

    ## References
    RFC 1740, appendix A and B: AppleSingle and AppleDouble; the magic number is 00051607.
    """

    code, name, since = "DL113", "apple-double", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.FILES,)
    message = (
        "{count:,} AppleDouble files (._*) lie beside {images:,} images{archive}: "
        "loaders that filter by extension take them for images and stop"
    )
    hint = "delete them: find . -name '._*' -type f -delete{also}"
    per_image = False

    def check(self, data: Dataset) -> LazyFrame:
        """One row if there is any such file that has the extension of an image of the dataset."""
        folder = pl.col("path").str.contains(r"(?s)(^|/)__MACOSX$")
        parts = pl.col("path").str.extract_groups(r"(?s)(?:^|/)\._[^/]*\.(?<extension>[^./]+)$")
        extensions = data.images.select("extension").unique()
        files = (
            data.skipped.filter(pl.col("kind") == "system")
            .with_columns(parts.struct.field("extension").str.to_lowercase().alias("extension"), folder.alias("folder"))
            .join(extensions.with_columns(known=pl.lit(value=True)), on="extension", how="left", maintain_order="left")
            .with_columns(pl.col("known").fill_null(value=False))
        )
        archive = pl.col("folder").any()
        return (
            files.select(
                pl.col("path").filter("known").head(MOST_EXAMPLES).implode().alias("examples"),
                pl.col("known").sum().alias("count"),
                pl.when(archive).then(pl.lit(", and in __MACOSX")).otherwise(pl.lit("")).alias("archive"),
                pl.when(archive).then(pl.lit("; rm -r __MACOSX")).otherwise(pl.lit("")).alias("also"),
            )
            .join(data.images.select(pl.len().alias("images")), how="cross")
            .filter(pl.col("count") > 0)
        )
