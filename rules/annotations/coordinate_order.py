"""The rule `coordinate-order`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl
from datalint.rules.annotations import _order

if TYPE_CHECKING:
    from polars import DataFrame

    from datalint import Dataset

_WORDS = {
    "xywh": "a corner and the size (left, top, width, height)",
    "xyxy": "two corners (left, top, right, bottom)",
    "cxcywh": "the centre and the size (centre x, centre y, width, height)",
    "yx-xywh": "a corner and the size, the vertical number first (top, left, height, width), or of turned pictures",
    "yx-xyxy": "two corners, the vertical number first (top, left, bottom, right), or of turned pictures",
    "yx-cxcywh": "the centre and the size, the vertical number first (centre y, centre x, height, width)",
    "reversed": "two corners the wrong way round (right, bottom, left, top)",
}
_SIZES = "write right - left as the width and bottom - top as the height"
#: (what the format has, what the numbers are) -> what to do.
_HINTS = {
    ("xywh", "xyxy"): _SIZES,
    ("xywh", "cxcywh"): "take half of the width and of the height off the centre",
    ("xyxy", "xywh"): "add the width to the left edge and the height to the top edge",
    ("cxcywh", "xyxy"): f"{_SIZES}, and the middle between the corners as the centre",
    ("cxcywh", "xywh"): "add half of the width and of the height to the corner",
} | {(kind, f"yx-{kind}"): "write the horizontal number of each pair first" for kind in ("xywh", "xyxy", "cxcywh")}


class CoordinateOrder(Rule):
    """Boxes whose four numbers are not those that the format has: corners given as sizes, or the reverse.

    ## What it does
    Flags label files, and folders of label files with one image each, whose boxes make no sense as the format has
    them and all make sense another way: left, top, right and bottom in place of left, top, width and height, a
    corner in place of the centre, corners the wrong way round, top before left. It takes at least 8 boxes. Either a
    tenth of them, as the format has them, reach outside their image by more than 3 % of its side or have a negative
    size, or nine tenths of the declared areas fit only the other way; and the other way 98 % lie within their images.
    A centre in place of a corner shows only at the border: there 2 % and 16 boxes are enough, or 20 % and 5 boxes, if
    they leave the image in both directions. The findings about the single boxes are left out then.

    ## Why is this bad?
    Every box is wrong, also those that happen to lie within the image. A trainer clips them to the border and learns
    boxes that are too large; the loss looks normal.

    ## Example
    `fixtures/coordinate-order/bad/annotations.json` has corners where COCO has left, top, width and height.
    `fixtures/coordinate-order/good` has the same boxes in COCO's order.

    ## When not to use it
    No case is known: in training data each finding is a fault.

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
        rows = [_found(row) for row in _order.homes(data).iter_rows(named=True)]
        schema = {"file": pl.String, "line": pl.UInt32, "pointer": pl.String, "count": pl.Int64}
        words = dict.fromkeys(("looks", "meant", "proof", "hint"), pl.String)
        return pl.DataFrame(rows, schema={**schema, **words}, orient="row")


def _found(row: dict[str, Any]) -> tuple[Any, ...]:
    """A home of boxes as a finding."""
    own, kind = row["unit"].partition("-")[0], row["kind"]
    proof = []
    if row["far"]:
        proof.append(
            f"as the format has them, {row['far']:,} reach far outside their image or have a negative side; "
            f"the other way, {row['others_far']:,} do"
        )
    if row["areas"]:
        proof.append(f"{row['areas']:,} of the declared areas fit only the other way")
    looks = " or ".join(_WORDS[one] for one in (kind, *row["others"]))
    hint = _HINTS.get((own, kind), CoordinateOrder.hint)
    return row["file"], row["line"], row["pointer"], row["count"], looks, _WORDS[own], "; ".join(proof), hint
