"""The rule `keypoint-mismatch`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules._degree import above
from datalint.rules.annotations import _units
from datalint.rules.annotations._boxes import PLACE
from datalint.rules.annotations._keypoints import placed, record, survey
from datalint.rules.annotations._outside import short
from datalint.rules.labels._problems import problems

if TYPE_CHECKING:
    from polars import DataFrame, Expr, LazyFrame

    from datalint import Dataset

#: A point is in a box up to this share of the box's longer side, and this many pixels.
_NEAR, _NEAR_PIXELS = 0.1, 2.0
#: A point is in the image up to so many pixels.
_ROUNDED = 0.5
#: Labelled points that cannot all be at one place by chance.
_SEVERAL = 3
#: Fewer objects than this say nothing of a file.
_FEW = 3


class KeypointMismatch(Rule):
    """Keypoints that contradict their own record.

    ## What it does
    Flags objects whose `num_keypoints` is not the number of points with a visibility above 0; with points at 0, 0 that
    are said to be labelled; with three and more labelled points, all at one place; and with all labelled points
    outside their box. Single points far outside the box are notes. A file in which all points have places and none is
    labelled is one finding, and so is a skeleton that joins points which the category does not have. Groups are left
    out.

    ## Why is this bad?
    COCO's evaluation and many loaders leave out objects by `num_keypoints`. A point that is not labelled and said to
    be visible at 0, 0 is learned there: the network draws arms to the corner of the image. Points outside the box are
    often those of another object.

    ## Example
    `fixtures/keypoint-mismatch/bad/annotations.json`, `/annotations/1`: `num_keypoints` is 3, two points are labelled.
    `fixtures/keypoint-mismatch/good` says 2.

    ## When not to use it
    Where the box is of a part of the object only, such as its head.

    ## References
    COCO's format: `num_keypoints` counts the points with a visibility above 0; a point that is not labelled is 0, 0, 0.
    """

    code, name, since = "DL815", "keypoint-mismatch", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.KEYPOINTS,)
    message = "{which}{fact}"
    hint = "correct the record"
    key = ("record",)
    unit = "set of keypoints"
    said_once = True
    fact = ("fact",)
    group_message = "{who}: they {fact}"

    far = option(0.5, "How far a labelled point may lie outside the box, as a share of its longer side.", low=0.1)

    def check(self, data: Dataset) -> DataFrame:
        """One row per object, with the worst that is wrong with it; one per file without a label; one per skeleton."""
        crowd = data.boxes.select("box", "crowd").filter(pl.col("crowd").fill_null(value=False))
        about = data.keypoints.select("box", "labelled", "file").with_row_index("row")
        rows = survey(data).lazy().join(about, on="row", how="right", maintain_order="right")
        rows = rows.join(crowd, on="box", how="anti", maintain_order="left").collect().lazy()
        nothing = _unlabelled(rows)
        wrong = pl.concat([_miscounted(rows), _cornered(rows), _at_one_place(rows), self._outside(data, crowd)])
        wrong = wrong.unique("row", keep="first", maintain_order=True).sort("row")
        found = data.table("keypoints")[wrong["row"]].hstack(wrong.drop("row"))
        objects = found.select(
            *PLACE,
            pl.col("class").alias("subject"),
            pl.format("the keypoints of {} ", pl.col("class").fill_null("?")).alias("which"),
            "fact",
            "severity",
            "hint",
            "score",
            record().alias("record"),
        )
        return pl.concat([objects, nothing, _skeletons(data)], how="diagonal")

    def _outside(self, data: Dataset, crowd: LazyFrame) -> DataFrame:
        """Objects with labelled points outside their box."""
        boxes = (
            data.boxes.select("box", "x", "y", "w", "h")
            .filter((pl.col("w") > 0) & (pl.col("h") > 0))
            .filter(pl.all_horizontal(pl.col("x", "y", "w", "h").is_finite()))
            .join(_units.boxes(data).lazy().select("box"), on="box", how="anti")
            .join(crowd, on="box", how="anti")
        )
        longer = pl.max_horizontal("w", "h")
        outside = pl.col("nearest") > _reach()
        fact = (
            pl.when(outside)
            .then(pl.format("lie outside the box, all {} that are labelled", "seen"))
            .otherwise(pl.format("reach {} pixels outside the box", short(pl.col("farthest"), 3)))
        )
        hint = pl.lit("correct the points or the box: they are of one object")
        severity = pl.when(outside).then(pl.lit(Severity.WARNING.value)).otherwise(pl.lit(Severity.NOTE.value))
        far = _gaps(data, _beyond(data, boxes)).filter(outside | (pl.col("farthest") > self.far * longer))
        return _findings(far, fact, hint, severity, above(longer + pl.col("farthest"), longer))


def _reach() -> Expr:
    """How far from a box a point may be that is in it."""
    return (_NEAR * pl.max_horizontal("w", "h")).clip(_NEAR_PIXELS)


def _beyond(data: Dataset, boxes: LazyFrame) -> DataFrame:
    """Objects of which a labelled point lies outside the box.

    What leaves the image is left to `invalid-keypoints`.
    """
    within = (
        (pl.min_horizontal("left", "top") >= -_ROUNDED)
        & (pl.col("right") <= pl.col("width") + _ROUNDED)
        & (pl.col("bottom") <= pl.col("height") + _ROUNDED)
    )
    across, down = pl.col("x"), pl.col("y")
    beyond = (
        across - pl.col("left"),
        down - pl.col("top"),
        pl.col("right") - across - pl.col("w"),
        pl.col("bottom") - down - pl.col("h"),
    )
    return (
        placed(data)
        .filter((pl.col("seen") > 1) & ~pl.col("turned") & pl.col("finite") & within)
        .join(boxes, on="box")
        .filter(pl.max_horizontal(beyond) > _reach())
        .select("row", "x", "y", "w", "h", "seen", "unit", "width", "height")
        .collect()
    )


def _gaps(data: Dataset, objects: DataFrame) -> LazyFrame:
    """`objects`, with how far the `nearest` and the `farthest` of their labelled points is from the box, in pixels.

    Only the points of these few are looked at one by one; a point in the box is nearer than 0.
    """
    numbers = data.table("keypoints")["points"].gather(objects["row"])
    names = ("at_x", "at_y", "seen_as")
    every = objects.lazy().with_columns(
        numbers.list.gather_every(3, place).alias(name) for place, name in enumerate(names)
    )
    share = pl.col("unit") == "share"
    across = pl.col("at_x") * pl.when(share).then("width").otherwise(1.0) - pl.col("x")
    down = pl.col("at_y") * pl.when(share).then("height").otherwise(1.0) - pl.col("y")
    gap = pl.max_horizontal(-across, across - pl.col("w"), -down, down - pl.col("h"))
    return (
        every.explode(*names)
        .filter(pl.col("seen_as") > 0)
        .with_columns(gap.alias("gap"))
        .group_by("row", maintain_order=True)
        .agg(
            pl.col("gap").min().alias("nearest"),
            pl.col("gap").max().alias("farthest"),
            pl.col("w", "h", "seen").first(),
        )
    )


def _findings(
    rows: LazyFrame, fact: Expr, hint: Expr, severity: Expr | None = None, score: Expr | None = None
) -> DataFrame:
    worse = pl.lit(Severity.WARNING.value) if severity is None else severity
    degree = pl.lit(0.0) if score is None else score
    return rows.select(
        "row", fact.alias("fact"), hint.alias("hint"), worse.alias("severity"), degree.alias("score")
    ).collect()


def _miscounted(rows: LazyFrame) -> DataFrame:
    """Objects whose file counts other labelled points than there are."""
    seen, points = pl.col("seen").fill_null(0), pl.col("points").fill_null(0)
    fact = pl.format(
        "have num_keypoints {}, and {} of {} points have a visibility above 0", short(pl.col("labelled")), seen, points
    )
    hint = pl.lit("write the number of points with a visibility above 0 as num_keypoints")
    return _findings(rows.filter(pl.col("labelled") != seen), fact, hint)


def _cornered(rows: LazyFrame) -> DataFrame:
    """Objects with labelled points in the corner of the image, where those that are not labelled are put."""
    count = pl.col("corner")
    points = pl.when(count == 1).then(pl.lit("point")).otherwise(pl.lit("points"))
    fact = pl.format("have {} {} at 0, 0 with a visibility above 0", count, points)
    hint = pl.lit("give points that are not labelled the visibility 0")
    return _findings(rows.filter((count > 0) & (pl.col("points") > 1)), fact, hint)


def _at_one_place(rows: LazyFrame) -> DataFrame:
    """Objects whose labelled points are all the same."""
    same = (pl.col("left") == pl.col("right")) & (pl.col("top") == pl.col("bottom"))
    fact = pl.format("are all at one place, the {} that are labelled", "seen")
    return _findings(rows.filter(same & (pl.col("seen") >= _SEVERAL)), fact, pl.lit("draw the points again"))


def _unlabelled(rows: LazyFrame) -> DataFrame:
    """Files in which no object has a labelled point, though points have places."""
    files = rows.filter(pl.col("drawn") > 0).group_by("file", maintain_order=True)
    nothing = files.agg(pl.len().alias("count"), pl.col("seen").sum()).filter(
        (pl.col("seen") == 0) & (pl.col("count") >= _FEW)
    )
    return nothing.select(
        "file",
        pl.format("none of the {} objects with keypoints has a labelled one", "count").alias("which"),
        pl.lit(": all have places and the visibility 0").alias("fact"),
        pl.lit("write 1 or 2 as the visibility of points that are labelled").alias("hint"),
        pl.lit("").alias("record"),
    ).collect()


def _skeletons(data: Dataset) -> DataFrame:
    return (
        problems(data, "keypoints")
        .select(
            "file",
            "line",
            "pointer",
            pl.lit("").alias("which"),
            pl.col("reason").alias("fact"),
            pl.format("write {}", "expected").alias("hint"),
            pl.col("reason").alias("record"),
        )
        .collect()
    )
