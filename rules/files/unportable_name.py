"""The rule `unportable-name`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset

#: What Windows refuses in one part of a path -> the reason. Each pattern matches from the path's beginning to the end
#: of the offending part.
REFUSED = {
    r"(?i)^((?:.*/)?(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.[^/]*)?)(?:/|$)": "is reserved on Windows",
    r"^((?:.*?/)?[^/]*[. ])(?:/|$)": "ends in a dot or a space, which Windows drops",
    r"^((?:.*?/)?[^/]*[<>:\"|?*\\][^/]*)(?:/|$)": 'holds one of < > : " | ? * \\, which Windows refuses',
    r"(?s)^((?:.*?/)?[^/]*[\x00-\x1f\x7f][^/]*)(?:/|$)": "holds a control character",
}

#: Any of the above, in one cheap look: most paths are ruled out by it.
SUSPECT = r"[<>:\"|?*\\\x00-\x1f\x7f]|[. ](?:/|$)|(?i:(?:^|/)(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|/|$))"


class UnportableName(Rule):
    r"""Names that collide or are refused on another system.

    ## What it does
    Flags images in one folder whose names differ only in upper and lower case or in Unicode form (é as one character
    or as e and an accent), names that Windows refuses (`aux.jpg`, `what?.png`, a dot or a space at the end), and
    names that are not valid UTF-8. A folder with such a name is reported once.

    ## Why is this bad?
    Copied to macOS or Windows, unpacked or cloned there, one of two colliding images silently replaces the other, and
    label files that name both point to one. A refused name stops the copy.

    ## Example
    `Cat.jpg` beside `cat.jpg`, or `aux.jpg`. There is no fixture folder: these files would break a clone, so
    `tests/rules/test_unportable_name.py` makes them.

    ## When not to use it
    Where the dataset never leaves Linux.

    ## References
    Windows names: https://learn.microsoft.com/windows/win32/fileio/naming-a-file.
    Unicode forms: https://unicode.org/reports/tr15/
    """

    code, name, since = "DL109", "unportable-name", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.FILES,)
    message = "the name {fault}"
    hint = "rename it, and its entries in label files"
    unit = "file"
    said_once = True
    fact = ("fault",)
    group_message = "{count:,} files{of}: the name {fault}"
    group_hint = "rename them, and their entries in label files"

    def check(self, data: Dataset) -> LazyFrame:
        """Collisions, then what Windows refuses, then undecodable names; one row per path or refused folder."""
        escaped = pl.col("path").cast(pl.Binary) != pl.col("os_path")
        undecodable = (pl.col("path").str.contains(r"\\x[0-9a-f]{2}") & escaped).fill_null(value=False)
        paths = data.images.select("path", undecodable.alias("undecodable"))
        decodable = paths.filter(~pl.col("undecodable")).select("path")
        related = pl.lit(None, pl.List(pl.String)).alias("related")
        faults = [_collisions(decodable)]
        suspects = decodable.filter(pl.col("path").str.contains(SUSPECT))
        for pattern, reason in REFUSED.items():
            faults.append(
                suspects.with_columns(pl.col("path").str.extract(pattern).alias("until"))
                .filter(pl.col("until").is_not_null())
                .group_by("until")
                .agg(pl.col("path").min(), pl.lit(reason).first().alias("fault"))
                .with_columns(pl.col("until").str.replace(r"(?s)^.*/", "").alias("name"), related)
                .select("path", "name", "fault", "related")
            )
        faults.append(
            paths.filter("undecodable").select("path", _name(), pl.lit("is not valid UTF-8").alias("fault"), related)
        )
        return pl.concat(faults).unique("path", keep="first", maintain_order=True)


def _name() -> pl.Expr:
    return pl.col("path").str.replace(r"(?s)^.*/", "").alias("name")


def _collisions(paths: LazyFrame) -> LazyFrame:
    folder, name = pl.col("path").str.replace(r"(?s)[^/]*$", ""), _name()
    return (
        paths.filter(pl.col("path").str.normalize("NFC").str.to_lowercase().is_duplicated())
        .with_columns(folder.alias("folder"), name, name.str.normalize("NFC").str.to_lowercase().alias("folded"))
        .filter(pl.len().over("folder", "folded") > 1)
        .group_by("folder", "folded")
        .agg(pl.col("path").sort(), pl.col("name"))
        .select(
            pl.col("path").list.first(),
            pl.col("path").list.first().str.replace(r"(?s)^.*/", "").alias("name"),
            pl.format(
                "differs from {} only in case or Unicode form",
                pl.col("path").list.slice(1).list.eval(pl.element().str.replace(r"(?s)^.*/", "")).list.join(", "),
            ).alias("fault"),
            pl.col("path").list.slice(1).alias("related"),
        )
    )
