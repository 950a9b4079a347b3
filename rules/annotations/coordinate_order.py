"""The rule `coordinate-order`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl
from datalint.rules.annotations import _order

if TYPE_CHECKING:
    from polars import DataFrame, Expr

    from datalint import Dataset

_WORDS = {
    "xywh": "a corner and the size (left, top, width, height)",
    "xyxy": "two corners (left, top, right, bottom)",
    "cxcywh": "the centre and the size (centre x, centre y, width, height)",
    "reversed": "two corners the wrong way round (right, bottom, left, top)",
}


class CoordinateOrder(Rule):
    """Boxes whose four numbers are not those that the format has: corners given as sizes, or the reverse.

    ## What it does
    Flags label files, and folders of label files with one image each, whose boxes make no sense as the format has
    them and all make sense another way: left, top, right and bottom in place of left, top, width and height, a corner
    in place of the centre, corners the wrong way round. It takes at least 8 boxes. Either a tenth of them, as the
    format has them, reach outside their image by more than 3 % of its side or have a negative size, or nine tenths of
    the declared areas fit only the other way; and the other way 98 % lie within their images. The findings
    about the single boxes are left out then.

    ## Why is this bad?
    Every box is wrong, also those that happen to lie within the image. A trainer clips them to the border and learns
    boxes that are too large; the loss looks normal.

    ## Example
    `fixtures/coordinate-order/bad/annotations.json` has corners where COCO has left, top, width and height.
    `fixtures/coordinate-order/good` has the same boxes in COCO's order.

    ## When not to use it
    Never for training data.

    ## References
    COCO has left, top, width, height; Pascal VOC left, top, right, bottom; YOLO the centre, width and height.
    """

    code, name, since = "DL816", "coordinate-order", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.BOXES,)
    message = "the {count:,} boxes look like {looks}, where the format has {meant}: {proof}"
    hint = "write the numbers in the order of the format"
    key = ("looks", "meant")
    per_image = False

    def check(self, data: Dataset) -> DataFrame:
        """A label file, or a folder of label files, a row."""
        meant = pl.col("unit").str.extract(r"^(\w+)-").replace_strict(_WORDS, default=None)
        kinds = pl.concat_list("kind", "others").list.eval(pl.element().replace_strict(_WORDS, default=None))
        far = pl.format(
            "as the format has them, {} reach far outside their image or have a negative side; the other way, {} do",
            "far",
            "others_far",
        )
        areas = pl.format("{} of the declared areas fit only the other way", "areas")
        proof = [pl.when(pl.col("far") > 0).then(far), pl.when(pl.col("areas") > 0).then(areas)]
        return _order.homes(data).select(
            "file",
            "line",
            "pointer",
            "count",
            kinds.list.join(" or ").alias("looks"),
            meant.alias("meant"),
            pl.concat_str(proof, separator="; ", ignore_nulls=True).alias("proof"),
            _hint().alias("hint"),
        )


def _hint() -> Expr:
    to_sizes = "write right - left as the width and bottom - top as the height"
    from_corner = "add half of the width and of the height to the corner"
    own, kind = pl.col("unit").str.extract(r"^(\w+)-"), pl.col("kind")
    return (
        pl.when((own == "xywh") & (kind == "xyxy"))
        .then(pl.lit(to_sizes))
        .when((own == "xywh") & (kind == "cxcywh"))
        .then(pl.lit("take half of the width and of the height off the centre"))
        .when((own == "xyxy") & (kind == "xywh"))
        .then(pl.lit("add the width to the left edge and the height to the top edge"))
        .when((own == "cxcywh") & (kind == "xyxy"))
        .then(pl.lit(f"{to_sizes}, and the middle between the corners as the centre"))
        .when((own == "cxcywh") & (kind == "xywh"))
        .then(pl.lit(from_corner))
        .otherwise(pl.lit(CoordinateOrder.hint))
    )
