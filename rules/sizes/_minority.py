"""A few images that differ from the rest: shared by the `mixed-...` rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import Expr, LazyFrame


def few_among_many(images: LazyFrame, kind: Expr, share: float, least: int) -> LazyFrame:
    """Rows of `images` of another `kind` than nearly all the rest.

    Nothing unless there are at least `least` images and all that differ are at most `share` of them, so a dataset
    that is mixed by nature gives no rows. Adds `kind`, `usual` (the dominating kind), `others` (how many images are
    of that kind) and `images` (of how many).
    """
    return (
        counted(images, kind)
        .filter((pl.col("images") >= least) & (pl.col("others") >= (1 - share) * pl.col("images")))
        .filter(pl.col("kind") != pl.col("usual"))
    )


def counted(images: LazyFrame, kind: Expr) -> LazyFrame:
    """`images` with the columns `kind`, `usual`, `others` and `images` of `few_among_many`; null kinds are left out."""
    known = images.with_columns(kind.alias("kind")).filter(pl.col("kind").is_not_null())
    usual = (
        known.group_by("kind")
        .agg(pl.len().alias("others"))
        .with_columns(pl.col("others").sum().alias("images"))
        .sort("others", "kind", descending=[True, False])
        .head(1)
        .rename({"kind": "usual"})
    )
    return known.join(usual, how="cross")


#: How many examples the one finding about a dataset without a usual kind names.
MOST_EXAMPLES = 20


def few_or_mixed(images: LazyFrame, kind: Expr, share: float, least: int) -> LazyFrame:
    """Findings: each of a few images of another kind, or one row where no kind dominates.

    Their columns are `path`, `fact`, `examples` and `members`.
    `kind` is a text such as `RGB`; `share` and `least` as in `few_among_many`.
    """
    odd = counted(images, kind).filter((pl.col("images") >= least) & (pl.col("kind") != pl.col("usual")))
    few = pl.col("others") >= (1 - share) * pl.col("images")
    single = odd.filter(few).select(
        "path",
        pl.format("{} among {} images of {}", "kind", "others", "usual").alias("fact"),
        pl.lit(None, pl.List(pl.String)).alias("examples"),
        pl.lit(None, pl.List(pl.String)).alias("members"),
    )
    whole = odd.filter(~few).select(
        pl.lit(None, pl.String).alias("path"),
        pl.format(
            "{} of {} images are {}, the rest {}",
            pl.len(),
            pl.col("images").first(),
            pl.col("kind").unique().sort().str.join(" or "),
            pl.col("usual").first(),
        ).alias("fact"),
        pl.col("path").head(MOST_EXAMPLES).implode().alias("examples"),
        pl.col("path").implode().alias("members"),
    )
    return pl.concat([single, whole.filter(pl.col("examples").list.len() > 0)])
