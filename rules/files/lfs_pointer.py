"""The rule `lfs-pointer`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset

#: How many of the files one finding names.
MOST_EXAMPLES = 20


class LfsPointer(Rule):
    """Git LFS pointers in place of the images.

    ## What it does
    Recognises the small text files that Git LFS leaves where the content was not fetched. They have one cause and
    one remedy, so there is one finding for the whole dataset, with their number and the first of their names.

    ## Why is this bad?
    There is no image. Training stops, or goes on without them.

    ## Example
    `fixtures/lfs-pointer/bad/cats/tabby.jpg`, 130 bytes of text. `fixtures/lfs-pointer/good` holds a picture.

    ## When not to use it
    Where a dataset is checked without its content on purpose (`GIT_LFS_SKIP_SMUDGE=1`): then look only at its
    label files, `--select DL4`.

    ## References
    The pointer format: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
    """

    code, name, since = "DL105", "lfs-pointer", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.HEADER,)
    message = "{count:,} of {images:,} files: Git LFS pointers, not images"
    hint = "run git lfs pull"
    per_image = False

    def check(self, data: Dataset) -> LazyFrame:
        """One row if there is any file of status `lfs-pointer`."""
        pointer = pl.col("status") == "lfs-pointer"
        return data.images.select(
            pl.col("path").filter(pointer).head(MOST_EXAMPLES).implode().alias("examples"),
            pointer.sum().alias("count"),
            pl.len().alias("images"),
        ).filter(pl.col("count") > 0)
