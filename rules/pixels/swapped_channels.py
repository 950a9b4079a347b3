"""The rule `swapped-channels`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules._degree import above

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset

#: Scales a median absolute deviation to a standard deviation, for a normal distribution.
CONSISTENT = 1.4826

#: No class is taken to be steadier than this in log(red / blue).
STEADIEST = 0.05


class SwappedChannels(Rule):
    """Images whose red and blue look swapped against the rest of their class.

    ## What it does
    Takes log(mean red / mean blue) of each image and flags those that lie far outside their class and would lie
    right in its middle with red and blue exchanged. Classes without a colour of their own, or whose colours vary,
    are not judged. Where a whole split looks swapped, `split-shift` says so once.

    ## Why is this bad?
    OpenCV reads and writes BGR. Written by one library and read by another, skin turns blue and grass stays green;
    the network learns the mistake.

    ## Example
    `fixtures/swapped-channels/bad/cats/0.jpg`, blue where all others are orange; `fixtures/swapped-channels/good`
    has all in one order.

    ## When not to use it
    Where colours are free, as for painted objects or false-colour images.

    ## References
    Thresholds were chosen to be silent on ordinary photographs; a swap is found only in classes of steady colour.
    """

    code, name, since = "DL309", "swapped-channels", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.MEDIUM
    needs = (Need.PIXELS, Need.LABELS)
    message = (
        "red/blue ratio {ratio:.2f}, but about {median:.2f} in {images:,} images of {class}; "
        "it fits with red and blue exchanged"
    )
    hint = "look at the image, and exchange red and blue if they are swapped (cv2.cvtColor, COLOR_BGR2RGB)"
    yields_to = ("split-shift",)
    group_message = (
        "{who} fit the rest with red and blue exchanged: "
        "red/blue ratio {ratio:.2f}, where others have about {median:.2f}"
    )
    group_hint = "look at some, and exchange red and blue if they are swapped (cv2.cvtColor, COLOR_BGR2RGB)"

    deviations = option(4.0, "How many robust standard deviations from the class's median.", low=1.0)
    distance = option(0.5, "How far from the class's median, in log(red / blue): 0.5 is 1.6 times as red.", low=0.0)
    least = option(20, "The smallest class that is judged, in images.", low=3)

    def check(self, data: Dataset) -> LazyFrame:
        """Images that fit their class only with red and blue exchanged."""
        ratio = ((pl.col("mean_r") + 0.01) / (pl.col("mean_b") + 0.01)).log()
        labels = data.labels.filter(pl.col("image").is_not_null()).select("image", "class").unique(maintain_order=True)
        median = pl.col("ratio").median().over("class")
        images = (
            labels.join(data.readable.filter(pl.col("colours") == 3), on="image", maintain_order="left")
            .select("path", "class", ratio.alias("ratio"))
            .filter(pl.col("ratio").is_not_null())
            .with_columns(pl.len().over("class").alias("images"), median.alias("median"))
            .with_columns((pl.col("ratio") - pl.col("median")).abs().alias("away"))
            .with_columns(
                pl.max_horizontal(CONSISTENT * pl.col("away").median().over("class"), pl.lit(STEADIEST)).alias("sigma")
            )
        )
        mirrored = (pl.col("ratio") + pl.col("median")).abs()
        swapped = (
            (pl.col("images") >= self.least)
            & (pl.col("away") > self.deviations * pl.col("sigma"))
            & (pl.col("away") > self.distance)
            & (mirrored < 1.5 * pl.col("sigma"))
        )
        far = above(pl.col("away"), max(self.distance, 1e-6))
        return (
            images.filter(swapped)
            .unique("path", keep="first", maintain_order=True)
            .select("path", pl.col("ratio").exp(), "class", "images", pl.col("median").exp(), far)
        )
