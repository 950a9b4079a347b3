"""The rule `all-crowd`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules.annotations._boxes import home

if TYPE_CHECKING:
    from polars import LazyFrame

    from datalint import Dataset

#: Classes that are meant to be left out.
_MEANT = r"(?i)crowd|ignor|don'?t.?care|difficult|void|other"


class AllCrowd(Rule):
    """Label files, or classes, all of whose boxes are marked as crowds or as to be ignored.

    ## What it does
    Flags a label file (or a folder of label files with one image each) with at least 5 boxes all of which have the
    mark: `iscrowd` in COCO, `difficult` in Pascal VOC. So it does with a class of which at least 5 boxes are all so
    marked where others are not, unless its name says that it is meant (`crowd`, `ignored`, `DontCare`).

    ## Why is this bad?
    Trainers and evaluations leave such boxes out: nothing is learned from them, and the average precision of the class
    is not defined. Some programs set the mark for each object that is a run-length mask.

    ## Example
    `fixtures/all-crowd/bad/annotations.json` says `"iscrowd": 1` of each object.
    `fixtures/all-crowd/good` says 0.

    ## When not to use it
    Where the file only lists regions to be ignored, beside another one with the objects.

    ## References
    detectron2 and torchvision's reference scripts drop annotations with `iscrowd` 1; COCO's evaluation ignores them.
    """

    code, name, since = "DL817", "all-crowd", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.BOXES,)
    message = "all {count:,} boxes{of} are marked as crowds or as to be ignored (`iscrowd`, `difficult`)"
    hint = "clear the mark of boxes around single objects: trainers leave marked boxes out"
    per_image = False

    least = option(5, "The fewest boxes that are judged together.", low=1)

    def check(self, data: Dataset) -> LazyFrame:
        """Label files or folders all of whose boxes are marked; and classes, elsewhere."""
        crowd = pl.col("crowd").fill_null(value=False)
        boxes = data.boxes.filter(~pl.col("repeats").fill_null(value=False)).with_columns(home().alias("home"))
        meant = pl.col("class").str.contains(_MEANT).fill_null(value=False)
        marked = boxes.with_columns((crowd.all() & ~meant.all()).over("home").alias("all"))
        counted = [pl.col(name).first() for name in ("file", "line", "pointer")] + [pl.len().alias("count")]
        files = marked.filter("all").group_by("home", maintain_order=True).agg(counted)
        classes = (
            marked.filter(~pl.col("all").all().over("class"), ~meant)
            .filter(crowd.all().over("class"))
            .group_by(pl.col("class").alias("subject"), maintain_order=True)
            .agg(counted)
            .with_columns(pl.format(" of the class {}", "subject").alias("of"))
        )
        found: LazyFrame = pl.concat([files.drop("home").with_columns(pl.lit("").alias("of")), classes], how="diagonal")
        return found.filter(pl.col("count") >= self.least)
