"""The rule `unread-labels`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from typing import Any

    from polars import DataFrame

    from datalint import Dataset

#: What a file of no known format looks like.
_SIGNS = {
    "records": "labels in no format that is known",
    "stems": "labels of one image each, in no format that is known",
    "title": "labels, by its name",
}


class UnreadLabels(Rule):
    """Files that look like labels and were not used.

    ## What it does
    Flags files beside the images that datalint has not used, though they look like labels: they are in a format that is
    known and not read, they mention images of the dataset with something about each, they are named after images, or
    they are called labels or annotations where there are no others. One finding is about all files of a kind. It is a
    note where label files that were read already describe most of the images that such files are about.

    Lists of images or of classes, texts, settings and files that a format has used are left alone.

    ## Why is this bad?
    What these files say was not checked: that nothing was found wrong with the labels means nothing then. Training code
    that expects another format may miss them as well.

    ## Example
    `fixtures/unread-labels/bad/export.json` is an export of Kili, which is not read.
    `fixtures/unread-labels/good` holds the same labels as a table, with a list of the images and a text beside it.

    ## When not to use it
    When the files are not labels, or are meant for something else: `exclude` them.
    """

    code, name, since = "DL415", "unread-labels", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.MEDIUM
    needs = (Need.FILES,)
    message = "{words}"
    hint = "{table}convert {them} to a format that is read (`datalint formats` lists them), or exclude {them}"
    key = ("format", "sign")
    per_image = False
    groups = False

    share = option(
        0.5,
        "The share of the images in question without a label from which the finding is a warning.",
        low=0.0,
        high=1.0,
    )

    def check(self, data: Dataset) -> DataFrame:
        """One row a kind of file."""
        asked = pl.when(pl.col("names") > 0).then("names").otherwise("of")
        bare = pl.col("unlabelled") >= self.share * asked
        severity = pl.when(bare).then(pl.lit("warning")).otherwise(pl.lit("note")).alias("severity")
        found = data.unread.filter(bare | pl.col("format").is_not_null()).with_columns(severity).collect()
        words = [_words(kind) for kind in found.iter_rows(named=True)]
        them = ["it" if files == 1 else "them" for files in found["files"]]
        is_table = (pl.col("sign") == "records") & pl.col("extension").is_in(
            ["csv", "tsv", "jsonl", "ndjson", "parquet"]
        )
        column = "name the column of labels (`label-column` in the config), "
        return found.drop("whole").with_columns(
            pl.Series("words", words, pl.String),
            pl.Series("them", them, pl.String),
            pl.when(is_table).then(pl.lit(column)).otherwise(pl.lit("")).alias("table"),
        )


def _words(kind: dict[str, Any]) -> str:
    """What the files of a kind look like, which images they are about, and whether those are labelled all the same."""
    one = kind["files"] == 1
    who = "the file looks" if one else f"{kind['files']:,} files of one kind look"
    looks = f"{who} like {kind['format'] or _SIGNS[kind['sign']]}"
    it, was = ("it", "was") if one else ("they", "were")
    if not kind["names"]:
        return f"{looks}; {it} {was} not used"
    names = "names" if one else "name"
    if kind["sign"] == "stems":
        names = "is named after" if one else "are named after"
    least = "" if kind["whole"] else "at least "
    bare = kind["unlabelled"]
    if bare == kind["names"]:
        labelled = "none of these is in a label file that was read"
    elif bare:
        labelled = f"{bare:,} of these are in no label file that was read"
    else:
        labelled = "all of these have labels that were read"
    about = f"{it} {names} {least}{kind['names']:,} of the {kind['of']:,} images"
    return f"{looks}; {about} and {was} not used; {labelled}"
