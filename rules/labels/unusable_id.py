"""The rule `unusable-id`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.rules.labels._problems import problems

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class UnusableId(Rule):
    """Ids in a label file that other programs cannot use: texts where numbers refer to them, or none at all.

    ## What it does
    Flags COCO files whose annotations refer to images or categories by a number where the id is a text, or the
    reverse; and files with annotations that have no id. Each is one finding a file, with the number of annotations.
    datalint takes `"1"` and `1` for the same and reads on.

    ## Why is this bad?
    For most programs `"1"` and `1` are different keys. pycocotools then finds no annotation of any image, or stops with
    `KeyError`; an annotation without id stops it at once.

    ## Example
    `fixtures/unusable-id/bad/annotations.json` has the image ids `"0"` to `"5"`, and annotations of image 0 to 5.
    `fixtures/unusable-id/good` has numbers in both.

    ## When not to use it
    Where only your own program reads the file.

    ## References
    The index that pycocotools makes: `createIndex` in https://github.com/cocodataset/cocoapi.
    """

    code, name, since = "DL416", "unusable-id", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.PROBLEMS,)
    message = "{reason}; expected {expected}"
    hint = "write ids, and what refers to them, as numbers, and give each annotation an id of its own"
    key = ("reason",)
    per_image = False

    def check(self, data: Dataset) -> LazyFrame:
        """The problems of this kind."""
        found: LazyFrame = problems(data, "id")
        return found
