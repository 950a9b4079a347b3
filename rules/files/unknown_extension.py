"""The rule `unknown-extension`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl
from datalint.rules.files.wrong_extension import FORMATS

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class UnknownExtension(Rule):
    """Images whose names do not say that they are images.

    ## What it does
    Flags images whose name has no extension, or one that is not that of an image (`photo.jpg_large`, `photo.jpg!d`).
    They are recognised by their first bytes and measured as all others. Images that a label file names are left alone:
    whoever opens them goes by that name.

    ## Why is this bad?
    Loaders that list a folder by extension, as torchvision's `ImageFolder` and Hugging Face's `imagefolder` do, leave
    such files out without telling, or stop because a class seems to be empty.

    ## Example
    `fixtures/unknown-extension/bad/cats/holiday`, a JPEG. `fixtures/unknown-extension/good` has it as `holiday.jpg`.

    ## When not to use it
    Where your loader opens every file, whatever it is called.

    ## References
    torchvision's `IMG_EXTENSIONS` (torchvision/datasets/folder.py): the extensions that `ImageFolder` opens.
    """

    code, name, since = "DL116", "unknown-extension", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.HEADER,)
    message = "named {ending}, though it is an image ({format}): loaders that go by extension leave it out"
    hint = "rename it, with the extension of its format"
    said_once = True
    fact = ("ending", "format")
    group_message = (
        "{who} are named {ending}, though they are images ({format}): loaders that go by extension leave them out"
    )
    group_hint = "rename them, with the extension of their format"

    def check(self, data: Dataset) -> LazyFrame:
        """Readable images with no or an unknown extension that no record of a label file names."""
        records = [
            data.table(name).filter(pl.col("file").is_not_null()).select("image") for name in ("labels", "boxes")
        ]
        named = pl.concat(records).drop_nulls().unique().lazy()
        bare = pl.col("extension") == ""
        return (
            data.readable.filter(~pl.col("extension").is_in(list(FORMATS)))
            .join(named, on="image", how="anti", maintain_order="left")
            .select(
                "path",
                "format",
                ending=pl.when(bare)
                .then(pl.lit("without an extension"))
                .otherwise(pl.format(".{}", pl.col("extension").str.slice(0, 20))),
            )
        )
