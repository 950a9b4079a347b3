"""The rule `unusual-colour-space`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class UnusualColourSpace(Rule):
    """Images in CMYK or Lab, and images with another colour profile among sRGB.

    ## What it does
    Flags images whose samples are not RGB or grey values, and images with an embedded profile that is not sRGB
    (Adobe RGB, Display P3, ProPhoto, a monitor's own) if most of the dataset is sRGB or carries no profile. A profile
    is judged by what it does, not by its name: one that changes colours by less than 8 of 255 on average is left alone.

    ## Why is this bad?
    Loaders ignore profiles: Adobe RGB numbers read as sRGB are paler, ProPhoto's are greenish. CMYK has four
    channels, converting it without the profile gives glaring colours, and some decoders refuse it.

    ## Example
    `fixtures/unusual-colour-space/bad/cats/0.jpg`, a CMYK JPEG. `fixtures/unusual-colour-space/good` is all RGB.

    ## When not to use it
    Where the loader applies profiles (`PIL.ImageCms`), or slight differences of colour do not matter.

    ## References
    IEC 61966-2-1 (sRGB), ICC.1:2022 (profiles). The change is measured on a grid of 6 x 6 x 6 colours
    (`datalint/measure/profiles.py`): variants of sRGB and most monitors' own have 0 to 6, as much as JPEG changes a
    colourful picture; Adobe RGB has 9, Display P3 10, ColorMatch 15, ProPhoto over 20.
    """

    code, name, since = "DL209", "unusual-colour-space", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.HEADER,)
    message = "{fact}"
    hint = "convert it to sRGB with its profile (PIL.ImageCms.profileToProfile)"
    said_once = True
    fact = ("fact",)
    group_message = "{who}: {fact}"
    group_hint = "convert them to sRGB with their profiles (PIL.ImageCms.profileToProfile)"

    share = option(0.5, "The largest share of images with other profiles that counts as unusual.", low=0.0, high=1.0)

    change = option(8.0, "The smallest mean change of colours by a profile that counts, of 255.", low=0.0)

    def check(self, data: Dataset) -> LazyFrame:
        """Images that are not RGB or grey, and images of another profile than the rest."""
        foreign = pl.col("colour_space").is_in(["CMYK", "Lab", "YCbCr", "HSV"]).fill_null(value=False)
        profiled = ((pl.col("icc_change") >= self.change) & (pl.col("colours") == 3)).fill_null(value=False)
        return (
            data.readable.with_columns(foreign.alias("foreign"), profiled.alias("profiled"))
            .with_columns((pl.col("profiled") & (pl.col("profiled").mean() <= self.share)).alias("profiled"))
            .filter(pl.col("foreign") | pl.col("profiled"))
            .select(
                "path",
                pl.when("foreign")
                .then(pl.format("stored in {}", "colour_space"))
                .otherwise(
                    pl.format(
                        "embedded colour profile '{}', which changes colours by {} of 255",
                        "icc",
                        pl.col("icc_change").round(0).cast(pl.Int64),
                    )
                )
                .alias("fact"),
                pl.when("foreign").then(1.0).otherwise(pl.col("icc_change") / 255).alias("score"),
            )
        )
