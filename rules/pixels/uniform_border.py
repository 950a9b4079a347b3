"""The rule `uniform-border`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class UniformBorder(Rule):
    """Letterbox or pillarbox bars: even strips at two opposite sides.

    ## What it does
    Flags images with strips of one colour at both sides, or at top and bottom, of about the same width, and none at
    the other sides. A subject on a plain background has them all around and is not flagged.

    ## Why is this bad?
    The bars are no part of the scene: they take a share of the input, and if some classes or sources have them and
    others do not, they give the answer away.

    ## Example
    `fixtures/uniform-border/bad/cats/0.jpg`, with black bars; in `fixtures/uniform-border/good` pictures fill the
    frame.

    ## When not to use it
    Where images were padded to a square on purpose.

    ## References
    5 % a side: the bars of 4:3 in 16:9 take 12.5 %, those of 16:9 in 1.85:1 take 2 % and do no harm.
    """

    code, name, since = "DL311", "uniform-border", "0.1.0"
    severity, confidence = Severity.NOTE, Confidence.MEDIUM
    needs = (Need.PIXELS,)
    message = "{place} of one colour take {share:.0%} of the {side}"
    hint = "crop the bars away"
    yields_to = ("flat-image", "dark", "light")

    width = option(0.05, "The narrowest bar that counts, as a share of the picture's side.", low=0.0, high=0.5)
    uneven = option(0.03, "How much the two bars may differ, as a share of the picture's side.", low=0.0, high=1.0)
    margin = option(
        0.02, "The widest strip at the other two sides, as a share of the picture's side.", low=0.0, high=1.0
    )

    def check(self, data: Dataset) -> LazyFrame:
        """Images with bars at two opposite sides only."""
        left, right, top, bottom = (pl.col(f"border_{side}") for side in ("left", "right", "top", "bottom"))

        def bars(first: pl.Expr, second: pl.Expr, *others: pl.Expr) -> pl.Expr:
            return (
                (pl.min_horizontal(first, second) >= self.width)
                & ((first - second).abs() <= self.uneven)
                & (pl.max_horizontal(*others) <= self.margin)
            )

        pillar, letter = bars(left, right, top, bottom), bars(top, bottom, left, right)
        return data.readable.filter(pillar | letter).select(
            "path",
            pl.when(pillar)
            .then(pl.lit("bars left and right"))
            .otherwise(pl.lit("bars above and below"))
            .alias("place"),
            pl.when(pillar).then(pl.lit("width")).otherwise(pl.lit("height")).alias("side"),
            pl.when(pillar).then(left + right).otherwise(top + bottom).alias("share"),
        )
