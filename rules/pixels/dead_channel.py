"""The rule `dead-channel`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class DeadChannel(Rule):
    """Colour images in which one or two channels are constant.

    ## What it does
    Flags images stored in colour of which one or two channels hardly vary (standard deviation under 0.01) while
    another does. Drawings in a few tones are left alone: a red sign on black needs no blue.

    ## Why is this bad?
    A channel was lost on the way: a failed sensor, a wrong index, a plane that was never written. Normalization
    turns the constant into an offset, and the network gets a third less of the picture.

    ## Example
    `fixtures/dead-channel/bad/cats/0.png`, without blue; in `fixtures/dead-channel/good` all channels vary.

    ## When not to use it
    For false-colour images that use one channel on purpose, such as fluorescence.

    ## References
    0.01 is 2.5 levels of 255: more than the rounding of a JPEG leaves in a constant channel, less than any channel
    of an ordinary photograph varies. 3 bits of entropy is CleanVision's limit of low information.
    """

    code, name, since = "DL310", "dead-channel", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.PIXELS,)
    message = "constant channel: {channels} (at {level} of 255), while others vary"
    hint = "export the image again with all its channels"
    fact = ("channels",)
    group_message = "{who} have a constant channel: {channels} (at {level} of 255), while others vary"

    constant = option(0.01, "The largest standard deviation of a dead channel, of a range of 1.", low=0.0)
    alive = option(0.05, "The smallest standard deviation of a live channel, of a range of 1.", low=0.0)
    entropy = option(3.0, "The smallest entropy of a picture that is not a drawing, in bits.", low=0.0)

    def check(self, data: Dataset) -> LazyFrame:
        """Images with a dead channel beside a live one."""
        names = {"r": "red", "g": "green", "b": "blue"}
        deviation = {
            channel: (pl.col(f"square_{channel}") - pl.col(f"mean_{channel}") ** 2).clip(0).sqrt() for channel in names
        }
        dead = {channel: deviation[channel] < self.constant for channel in names}
        found = data.readable.filter(
            (pl.col("colours") == 3)
            & (pl.col("entropy") >= self.entropy)
            & pl.any_horizontal(dead.values())
            & (pl.max_horizontal(deviation.values()) >= self.alive)
        )
        return found.select(
            "path",
            pl.concat_str(
                [pl.when(dead[channel]).then(pl.lit(name)) for channel, name in names.items()],
                separator=" and ",
                ignore_nulls=True,
            ).alias("channels"),
            pl.concat_str(
                [
                    pl.when(dead[channel]).then(
                        (pl.col(f"mean_{channel}") * 255).round(0).cast(pl.Int64).cast(pl.String)
                    )
                    for channel in names
                ],
                separator=" and ",
                ignore_nulls=True,
            ).alias("level"),
        )
