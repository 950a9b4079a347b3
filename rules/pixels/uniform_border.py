"""The rule `uniform-border`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import numpy as np
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from polars import LazyFrame

    from datalint import Dataset

#: Two bars are of one colour if they differ by no more than this, of 255.
SAME = 20

#: The picture beside a bar differs from it by more than this, of 255 ...
OTHER = 24

#: ... in this share of the bar's length: a subject in front of a plain background touches it in a few places only.
EDGE = 0.7


class UniformBorder(Rule):
    """Letterbox or pillarbox bars: even strips at two opposite sides.

    ## What it does
    Flags images with strips of one colour at left and right, or at top and bottom, of about the same width, none at the
    other sides, and an edge along the bars' whole length. A subject on a plain background is not flagged.

    ## Why is this bad?
    The bars are not part of the scene: they take a share of the input, and if some classes or sources have them and
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
    message = "single-colour {place} take {share:.0%} of the {side}"
    hint = "crop the bars away"
    yields_to = ("flat-image", "dark", "light")
    said_once = True
    fact = ("place",)
    group_message = "{who} have single-colour {place}, which take {share:.0%} of the {side}"

    width = option(0.05, "The narrowest bar that counts, as a share of the picture's side.", low=0.0, high=0.5)
    uneven = option(0.03, "How much the two bars may differ, as a share of the picture's side.", low=0.0, high=1.0)
    margin = option(
        0.02, "The widest strip at the other two sides, as a share of the picture's side.", low=0.0, high=1.0
    )

    def check(self, data: Dataset) -> LazyFrame:
        """Images with bars at two opposite sides only, of one colour, and with an edge along their whole length."""
        left, right, top, bottom = (pl.col(f"border_{side}") for side in ("left", "right", "top", "bottom"))

        def bars(first: pl.Expr, second: pl.Expr, *others: pl.Expr) -> pl.Expr:
            return (
                (pl.min_horizontal(first, second) >= self.width)
                & ((first - second).abs() <= self.uneven)
                & (pl.max_horizontal(*others) <= self.margin)
            )

        pillar = bars(left, right, top, bottom)
        found = (
            data.readable.filter(pillar | bars(top, bottom, left, right))
            .select(
                "image",
                "path",
                pl.when(pillar)
                .then(pl.lit("bars at left and right"))
                .otherwise(pl.lit("bars at top and bottom"))
                .alias("place"),
                pl.when(pillar).then(pl.lit("width")).otherwise(pl.lit("height")).alias("side"),
                pl.when(pillar).then(left).otherwise(top).alias("first"),
                pl.when(pillar).then(right).otherwise(bottom).alias("second"),
            )
            .collect()
        )
        framed = [
            data.thumbnails is None or _framed(data.thumbnails[image], upright=side == "width", bars=(first, second))
            for image, side, first, second in found.select("image", "side", "first", "second").iter_rows()
        ]
        share = pl.col("first") + pl.col("second")
        return (
            found.lazy()
            .filter(pl.Series(framed, dtype=pl.Boolean))
            .select("path", "place", share.alias("share"), "side", share.clip(0, 1).alias("score"))
        )


def _framed(small: NDArray[np.uint8], *, upright: bool, bars: tuple[float, float]) -> bool:
    """Whether both bars of a small (side, side, 3) picture have one colour, and the picture another beside them."""
    lines = (small.swapaxes(0, 1) if upright else small).astype(np.int16)
    side = len(lines)
    colour = np.median(lines[0], axis=0)
    if np.abs(np.median(lines[-1], axis=0) - colour).max() > SAME:
        return False
    inner = (lines[min(int(bars[0] * side) + 2, side - 1)], lines[max(side - int(bars[1] * side) - 3, 0)])
    return all((np.abs(line - colour).max(axis=1) > OTHER).mean() >= EDGE for line in inner)
