"""The rule `rare-class`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules._degree import below
from datalint.rules.balance._counts import counted, told_together

if TYPE_CHECKING:
    from polars import DataFrame

    from datalint import Dataset


class RareClass(Rule):
    """Classes with fewer images than can be learned or split.

    ## What it does
    Flags every class with fewer than `fewest` images, in datasets whose largest class has more. More than eight of them
    are one finding, which lists them in its data. Where all classes are that small the dataset is one for few-shot
    learning, and nothing is flagged.

    ## Why is this bad?
    Of nine images a split of 80/10/10 leaves one to test on. Whatever is measured there is chance.

    ## Example
    `fixtures/rare-class/bad` holds 12 cats and 3 dogs. `fixtures/rare-class/good` holds 3 of each.

    ## When not to use it
    For few-shot learning, or where rare classes are expected: lower `fewest`.

    ## References
    With 10 images, a tenth of a class is one image: the smallest class that can be split 80/10/10 at all. DataEval's
    flow asks for 20 to train on and 30 to test on.
    """

    code, name, since = "DL502", "rare-class", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.ANNOTATIONS,)
    message = "{who} fewer than {fewest} images: {count}"
    hint = "collect more images of the class, merge it with another one, or leave it out"
    per_image = False
    scope = "class"

    fewest = option(10, "The fewest images that a class should have.", low=2)

    def check(self, data: Dataset) -> DataFrame:
        """Classes with at least one and fewer than `fewest` images."""
        counts = counted(data.annotations).select(pl.col("class").alias("subject"), pl.col("images").alias("count"))
        rare = (pl.col("count") < self.fewest) & (pl.col("count").max() >= self.fewest)
        found = counts.with_columns(total=pl.len()).filter(rare).sort("count", "subject").collect()
        names = found["subject"].to_list()
        who = told_together(names, found["total"][0] if names else 0)
        if who is not None:
            images = found["count"].to_list()
            bounds = f"{images[0]:,} to {images[-1]:,}"
            one = {"who": f"{who} have", "fewest": self.fewest, "count": bounds, "classes": names}
            return pl.DataFrame([one])
        return found.select(
            "subject",
            pl.format("the class {} has", "subject").alias("who"),
            pl.lit(self.fewest).alias("fewest"),
            pl.col("count").cast(pl.String),
            below(pl.col("count"), self.fewest),
        )
