"""The rule `mixed-mode`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules.sizes._minority import MOST_EXAMPLES, counted, few_or_mixed

if TYPE_CHECKING:
    from polars import Expr, LazyFrame

    from datalint import Dataset


#: What loaders make of one mode without being asked: `convert("RGB")`.
CONVERTED = ("grey", "RGB")
#: So many are named one by one.
FEW = 3
_HINT_CONVERTED = 'make sure that the loader converts them: Image.open(path).convert("RGB")'


class MixedMode(Rule):
    """Images with other channels than the rest: grey among RGB, RGBA, palette, CMYK.

    ## What it does
    Flags images whose channels as stored differ from those of at least nine in ten. Where no kind dominates there is
    one finding for the dataset, with the count. Grey and RGB together are one note (up to three images:
    one each), because nearly every loader converts them. CMYK and Lab belong to `unusual-colour-space`.

    ## Why is this bad?
    An image of one or four channels among images of three breaks the batch, or is converted by a default that
    nobody chose: alpha is cut off, a palette's indices are taken for grey values, one channel is repeated.

    ## Example
    `fixtures/mixed-mode/bad/cats/0.jpg`, grey among RGB. In `fixtures/mixed-mode/good` all pictures are RGB.

    ## When not to use it
    Where the loader converts every image to one mode, and grey or transparent images are welcome.

    ## References
    A share of one in ten is where "a few" ends by our judgement. About 0.3 % of COCO's photographs are grey.
    """

    code, name, since = "DL202", "mixed-mode", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.HEADER,)
    message = "{fact}"
    hint = "convert the images to one mode, or make the loader do it: Image.open(path).convert(...)"
    yields_to = ("unusual-colour-space", "wrong-extension")
    said_once = True
    fact = ("fact",)
    group_message = "{who}: {fact}"

    share = option(0.1, "The largest share of the images that counts as a few.", low=0.0, high=0.5)
    least = option(10, "The smallest dataset that is judged, in images.", low=2)

    def check(self, data: Dataset) -> LazyFrame:
        """Images of the rarer kinds, or one row if none is usual."""
        kind = pl.format("{}{}", "colour_space", _if("alpha", " with alpha"))
        plain = (pl.col("kind").is_in(CONVERTED) & pl.col("usual").is_in(CONVERTED)).fill_null(value=False)
        modes = data.readable.select("path", kind.alias("kind")).collect()
        if modes["kind"].drop_nulls().n_unique() < 2:
            return modes.clear().lazy()
        images = counted(modes.lazy(), pl.col("kind"))
        together = images.filter(plain & (pl.col("kind") != pl.col("usual")) & (pl.col("images") >= self.least))
        rest = images.filter(~plain | (pl.col("kind") == pl.col("usual"))).select("path", pl.col("kind").alias("mode"))
        others: LazyFrame = few_or_mixed(rest, pl.col("mode"), self.share, self.least)
        return pl.concat(
            [
                others.with_columns(severity=pl.lit(self.severity), hint=pl.lit(self.hint)),
                together.filter(pl.len() <= FEW).select(
                    "path",
                    pl.format("{} among {} images of {}", "kind", "others", "usual").alias("fact"),
                    *_note(pl.lit(None, pl.List(pl.String)), pl.lit(None, pl.List(pl.String))),
                ),
                together.filter(pl.len() > FEW)
                .select(
                    pl.lit(None, pl.String).alias("path"),
                    pl.format(
                        "{} of {} images are {}, {} {}",
                        pl.len(),
                        *(pl.col(name).first() for name in ("images", "kind", "others", "usual")),
                    ).alias("fact"),
                    *_note(pl.col("path").head(MOST_EXAMPLES).implode(), pl.col("path").implode()),
                )
                .filter(pl.col("fact").is_not_null()),
            ]
        )


def _note(examples: Expr, members: Expr) -> tuple[Expr, ...]:
    return (
        examples.alias("examples"),
        members.alias("members"),
        pl.lit(Severity.NOTE).alias("severity"),
        pl.lit(_HINT_CONVERTED).alias("hint"),
    )


def _if(flag: str, text: str) -> Expr:
    """`text` where the column `flag` is true."""
    return pl.when(flag).then(pl.lit(text)).otherwise(pl.lit(""))
