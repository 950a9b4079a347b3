"""The rule `unused-label-file`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity
from datalint.rules.labels._problems import problems

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset


class UnusedLabelFile(Rule):
    """Label files that belong to no image.

    ## What it does
    Flags files that lie among the label files of a format with one file per image, but belong to no image: the image
    is gone or has another name, or the file is something else, such as a list of classes.

    ## Why is this bad?
    Someone labelled an image that is not trained on. Programs that walk the label files rather than the images stop
    at a list of classes, or read it as a label.

    ## Example
    `fixtures/unused-label-file/bad/labels/train/classes.txt` lies among the labels of the images.
    `fixtures/unused-label-file/good/labels` holds one file per image.

    ## When not to use it
    When you scan a part of the images together with all label files.
    """

    code, name, since = "DL414", "unused-label-file", "0.1.0"
    severity, confidence = Severity.NOTE, Confidence.HIGH
    needs = (Need.PROBLEMS,)
    message = "no image belongs to this label file: {reason}"
    hint = "add its image, or move the file out of the labels"
    key = ("reason",)
    per_image = False
    unit = "label file"
    said_once = True
    fact = ("reason",)
    group_message = "{who} belong to no image: {reason}"
    group_hint = "add the images, or move the files out of the labels"

    def check(self, data: Dataset) -> LazyFrame:
        """The problems of this kind."""
        found: LazyFrame = problems(data, "unused-file")
        return found
