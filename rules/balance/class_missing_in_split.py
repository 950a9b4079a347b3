"""The rule `class-missing-in-split`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl
from datalint.rules._degree import above
from datalint.rules.balance._counts import told_together

if TYPE_CHECKING:
    from polars import DataFrame

    from datalint import Dataset


class ClassMissingInSplit(Rule):
    """Classes that are in one split and not in another.

    ## What it does
    Flags each class that has images in one of train, val and test (or other splits with labels) and none in another.
    More than eight of them are one finding a split, which lists them in its data.
    Where train holds one class only, the others are the anomalies to find, and train is not flagged.

    ## Why is this bad?
    A class that is tested and never trained is always wrong; one that is trained and never tested is never measured.
    Loaders that number the class folders of each split on their own give the same number to different classes.

    ## Example
    `fixtures/class-missing-in-split/bad/test` has no dogs. `fixtures/class-missing-in-split/good/test` has.

    ## When not to use it
    For open-set or zero-shot tests, where new classes in the test are the point.
    """

    code, name, since = "DL504", "class-missing-in-split", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.ANNOTATIONS, Need.SPLITS)
    message = "{who} no image in {split}, but {count:,} in {others}"
    hint = "split the class again so that each split has a share of it"
    key = ("split",)
    per_image = False
    scope = "class"

    def check(self, data: Dataset) -> DataFrame:
        """One row per class and split that lacks it, or per split that lacks many."""
        labels = data.annotations.filter(pl.col("image").is_not_null() & pl.col("class").is_not_null())
        placed = labels.select("image", pl.col("class").alias("subject")).unique().join(data.splits, on="image")
        there = placed.group_by("subject", "split").len("count")
        others = there.group_by("subject").agg(
            pl.col("split").sort().str.join(" and ").alias("others"), pl.col("count").sum()
        )
        pairs = there.select("subject").unique().join(there.select("split").unique(), how="cross")
        lacking = pairs.join(there, on=["subject", "split"], how="anti").join(others, on="subject")
        # A training split of one class is intended: the others are the anomalies to find.
        known_again = pl.len().over("subject") > 1
        alone = there.filter((pl.col("split") == "train") & (pl.len().over("split") == 1) & known_again)
        lacking = lacking.join(alone, on="split", how="anti")
        found = (
            lacking.select("subject", "split", pl.col("count").cast(pl.UInt32), "others")
            .sort("subject", "split")
            .collect()
        )
        total = there.select(pl.col("subject").n_unique()).collect().item()
        rows = []
        for (split,), group in found.group_by("split", maintain_order=True):
            names = group["subject"].to_list()
            who = told_together(names, total)
            if who is None:
                who_has = pl.format("the class {} has", "subject").alias("who")
                rows.append(group.with_columns(who_has, above(pl.col("count") + 1, 1.0)))
                continue
            elsewhere = sorted({name for said in group["others"] for name in said.split(" and ")})
            one = {"who": f"{who} have", "split": split, "count": group["count"].sum(), "classes": names}
            rows.append(pl.DataFrame([{**one, "others": " and ".join(elsewhere)}]).cast({"count": pl.UInt32}))
        return pl.concat(rows, how="diagonal") if rows else found.with_columns(who=pl.lit(""))
