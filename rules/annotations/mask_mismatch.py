"""The rule `mask-mismatch`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl
from datalint.rules.labels._problems import problems

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class MaskMismatch(Rule):
    """Masks that do not fit their image or their list of classes.

    ## What it does
    Flags masks that cannot be decoded, masks of another size than their image, masks that hold an index or a colour
    without a class, panoptic masks that lack a segment of their annotation or have another one, run-length masks whose
    runs do not add up to the size they declare, images without a mask, and masks without an image. So are run-length
    masks that contradict the box of their own record: those that are empty, that lie elsewhere, and those that are
    inverted. The first run is of background; where it is missing, the mask is of all but the object.

    What is true of many masks is one finding: masks saved as JPEG, masks that were resized with smoothing, masks that
    hold 0 and 255 where the classes are numbered otherwise, masks of numbers beside masks of colours, and masks that
    are all empty. A few masks of some stray pixels, where the others hold far more, are a warning.

    ## Why is this bad?
    A mask that cannot be decoded stops training when it is read. A mask of another size is stretched over the image and
    labels the wrong pixels. An index without a class stops training on a GPU with an assertion that does not name the
    file.

    ## Example
    `fixtures/mask-mismatch/bad/annotations.json` holds a run-length mask of 24x24 pixels for an image of 48x48.
    `fixtures/mask-mismatch/good` holds one of 48x48.

    ## When not to use it
    No case is known: in training data each finding is a fault.
    """

    code, name, since = "DL813", "mask-mismatch", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.PROBLEMS, Need.MASKS)
    message = "{reason}; expected {expected}"
    hint = "make the mask again from its source, at the size of the image"
    key = ("reason",)
    per_image = False
    unit = "mask"
    said_once = True
    fact = ("reason",)

    def check(self, data: Dataset) -> LazyFrame:
        """The problems of both kinds."""
        odd = problems(data, "odd-mask").with_columns(
            severity=pl.lit(Severity.WARNING), hint=pl.lit("look at them: draw the object, or make the mask empty")
        )
        return pl.concat([problems(data, "mask"), odd], how="diagonal")
