"""The rule `odd-box`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules._degree import above
from datalint.rules.annotations._boxes import PLACE, record
from datalint.rules.annotations._outside import short
from datalint.rules.annotations._placed import placed
from datalint.rules.annotations.huge_box import SHARE
from datalint.rules.annotations.tiny_box import SIDE

if TYPE_CHECKING:
    from polars import Expr, LazyFrame

    from datalint import Dataset


class OddBox(Rule):
    """Boxes of a size or shape far from all others of their class.

    ## What it does
    Compares the boxes of each class that has at least 50: the share of the image that they cover, and their width
    over height, both as logarithms. Notes boxes beyond three interquartile ranges from the quartiles, if they
    are also 10 times as large or small, or 4 times as long or high, as the median. Boxes that `box-outside-image`,
    `tiny-box` or `huge-box` report are left out; so are groups and regions to ignore.

    ## Why is this bad?
    A box around several objects, around a part of one, or of another class: what does not look like the rest of its
    class was often labelled by mistake.

    ## Example
    `fixtures/odd-box/bad/annotations.json`, `/annotations/0`: 46x2 pixels among boxes of about 8x7.
    `fixtures/odd-box/good` has none like it.

    ## When not to use it
    For classes that hold unlike things by definition, such as `other`.

    ## References
    Three interquartile ranges beyond the quartiles are Tukey's outer fences.
    """

    code, name, since = "DL807", "odd-box", "0.1.0"
    severity, confidence = Severity.NOTE, Confidence.LOW
    needs = (Need.SIZES, Need.BOXES)
    message = "the box of {subject}, {w:.4g}x{h:.4g} pixels, is {fact} than the median of its class"
    hint = "correct the box, or accept the finding if it holds one whole object of its class"
    key = ("record",)
    unit = "box"
    group_hint = "correct the boxes, or accept the finding if each holds one whole object of its class"
    group_message = "{who} are of another size or shape than the median of their class: {w:.4g} wide, {h:.4g} high"

    ranges = option(3.0, "How many interquartile ranges from the quartiles (Tukey's outer fence).", low=0.5)
    area = option(10.0, "How many times larger or smaller than the median.", low=1.0)
    shape = option(4.0, "How many times longer or higher than the median.", low=1.0)
    least = option(50, "The smallest class that is judged, in boxes.", low=8)

    def check(self, data: Dataset) -> LazyFrame:
        """Outliers of size and shape, class by class."""
        area = pl.col("w") * pl.col("h") / (pl.col("frame_width") * pl.col("frame_height"))
        inside = (
            (pl.min_horizontal("x", "y") >= -1)
            & (pl.col("x") + pl.col("w") <= pl.col("frame_width") + 1)
            & (pl.col("y") + pl.col("h") <= pl.col("frame_height") + 1)
        )
        whole = (pl.min_horizontal("w", "h") >= SIDE) & (area < SHARE)
        boxes: LazyFrame = (
            placed(data)
            .filter(~pl.col("crowd").fill_null(value=False) & inside & whole)
            .with_columns(area.log().alias("area"), (pl.col("w") / pl.col("h")).log().alias("shape"))
            .filter(pl.len().over("class") >= self.least)
        )
        times = {name: (pl.col(name) - pl.col(name).median().over("class")).exp() for name in ("area", "shape")}
        judged = boxes.with_columns(
            self._odd("area", self.area).alias("odd_area"),
            self._odd("shape", self.shape).alias("odd_shape"),
            times["area"].alias("times_area"),
            times["shape"].alias("times_shape"),
        )
        facts = {
            "odd_area": pl.when(pl.col("times_area") > 1)
            .then(pl.format("{} times larger", short(pl.col("times_area"), 2)))
            .otherwise(pl.format("{} times smaller", short(1 / pl.col("times_area"), 2))),
            "odd_shape": pl.when(pl.col("times_shape") > 1)
            .then(pl.format("{} times wider for its height", short(pl.col("times_shape"), 2)))
            .otherwise(pl.format("{} times higher for its width", short(1 / pl.col("times_shape"), 2))),
        }
        far = [
            pl.max_horizontal(times, 1 / times) / factor
            for times, factor in ((pl.col("times_area"), self.area), (pl.col("times_shape"), self.shape))
        ]
        words = [pl.when(pl.col(name)).then(fact) for name, fact in facts.items()]
        return judged.filter(pl.col("odd_area") | pl.col("odd_shape")).select(
            *PLACE,
            pl.col("class").alias("subject"),
            "w",
            "h",
            pl.concat_str(words, separator=" and ", ignore_nulls=True).alias("fact"),
            above(pl.max_horizontal(far), 1.0),
            record().alias("record"),
        )

    def _odd(self, name: str, factor: float) -> Expr:
        """Whether a logarithm is far from those of its class."""
        low, high = (pl.col(name).quantile(part).over("class") for part in (0.25, 0.75))
        reach = self.ranges * (high - low)
        distance = (pl.col(name) - pl.col(name).median().over("class")).abs()
        beyond = (pl.col(name) > high + reach) | (pl.col(name) < low - reach)
        return beyond & (distance >= pl.lit(factor).log())
