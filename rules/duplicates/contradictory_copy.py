"""The rule `contradictory-copy`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules.annotations._boxes import home
from datalint.rules.annotations._placed import placed
from datalint.rules.duplicates._framed import Framed
from datalint.rules.duplicates._groups import EXACT, LISTED, groups
from datalint.rules.duplicates._matched import Differences, differences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polars import DataFrame

    from datalint import Dataset

#: From so many pictures on, and this share of those with copies, it is one finding about the dataset.
LEAST, SHARE = 30, 0.5
#: Images of more boxes are not compared.
_MOST = 1000
_EXAMPLES = 8


class ContradictoryCopy(Rule):
    """Copies of a picture (resized, recompressed, mirrored, turned) whose boxes differ.

    ## What it does
    Takes the groups of `near-duplicate`, brings the boxes of all their pictures into one frame (by the sizes of the
    pictures, and by how they are mirrored and turned against each other), and pairs boxes whose intersection over union
    is at least `overlap`. Flags pictures that lack a box of their copy, or have one of another class at its place. Of
    several copies the one whose classes are the commonest is compared with all others. One finding per group; if at
    least 30 groups, and half of those that are compared, differ, all of them are one finding: the copies were labelled
    in another way, or cut out.

    A picture that no label file names is left alone; one that is named without a box should have as many as its copy.
    A box that lies elsewhere in the copy is not flagged, nor are boxes that are smaller than `smallest` pixels there,
    or at whose place the two pictures do not show the same: something has moved, or was painted over.
    Not compared are neighbouring frames of a video, where things move; pictures that an EXIF tag turns, or with another
    size than their label file declares, because their boxes may be of another frame; pictures with objects that are not
    boxes, and pictures of more than 1,000 boxes. Equal pictures are left to `contradictory-duplicate`.

    ## Why is this bad?
    An object that is labelled in one copy and not in the other is taught as both object and background. At least one
    of the two is wrong, and it is found without judging what is in the picture.

    ## Example
    `fixtures/contradictory-copy/bad/annotations.json` has two boxes in `images/0.jpg`, and one in its mirrored copy
    `images/mirrored.jpg`. `fixtures/contradictory-copy/good` has both in both.

    ## When not to use it
    Where copies are labelled for different tasks.
    """

    code, name, since = "DL605", "contradictory-copy", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.MEDIUM
    needs = (Need.PAIRS, Need.BOXES)
    message = "{what}{others}"
    hint = "look at both, and give them the same boxes"
    groups = False

    overlap = option(0.5, "The least intersection over union of two boxes of the same object.", low=0.1, high=1.0)
    smallest = option(4.0, "The least width and height of a box that is missed, in pixels.", low=0.0)
    max_distance = option(
        12, "How far apart the hashes of two copies may be, in bits of 64; see near-duplicate.", low=0, high=12
    )

    def check(self, data: Dataset) -> DataFrame:
        """Groups of near copies whose boxes differ."""
        everyone = groups(data, near=self.max_distance)
        images = _compared(data, everyone)
        boxes = Framed(data, images)
        members = images.select("group", "image", reference=pl.col("image").first().over("group"))
        others = members.filter(pl.col("image") != pl.col("reference"))
        alike = boxes.alike(others["image"].to_list(), others["reference"].to_list(), self.overlap)
        contradictions: dict[int, _Contradiction] = {}
        for group, image, reference in others.filter(~pl.Series(alike, dtype=pl.Boolean)).iter_rows():
            found = differences(boxes.of(image), boxes.of(reference), self.overlap, self.smallest)
            found = boxes.shown(image, reference, found)
            if len(found) and group in contradictions:
                contradictions[group].images.append(image)
            elif len(found):
                contradictions[group] = _Contradiction(group, reference, [image], found)
        compared = others["group"].n_unique()
        paths = everyone.group_by("group").agg(members=pl.col("path"))
        if len(contradictions) >= max(LEAST, SHARE * compared):
            return _of_all(list(contradictions.values()), compared, paths)
        return _each(data, list(contradictions.values()), boxes, paths)


class _Contradiction(NamedTuple):
    """A group of copies whose boxes differ."""

    group: int
    reference: int
    images: list[int]
    """Those that differ from it."""
    differences: Differences
    """Of the first of them."""


def _compared(data: Dataset, everyone: DataFrame) -> DataFrame:
    """(group, image) of those whose boxes can be compared, two or more a group, the one to compare with first.

    Of equal pictures the first; those whose classes differ are left to contradictory-duplicate.
    """
    video = data.pairs.filter("frames").select("a").collect()["a"]
    shot = everyone.filter(pl.col("image").is_in(video.implode()))["group"]
    pixels = data.table("images").select("image", pixels=pl.col("width").cast(pl.UInt64) * pl.col("height"))
    equal = data.grouped(pl.col("kind").is_in(EXACT)).rename({"group": "picture"})
    members = (
        everyone.filter(~pl.col("group").is_in(shot.implode()))
        .select("group", "image")
        .join(_described(data), on="image")
        .join(pixels, on="image")
        .join(equal, on="image", how="left")
        .with_columns(pl.coalesce("picture", "image").alias("picture"))
        .sort("image")
    )
    once = (
        members.filter(pl.col("classes").n_unique().over("picture") == 1)
        .unique("picture", keep="first", maintain_order=True)
        .filter(pl.len().over("group") > 1)
    )
    order = {"group": False, "alike": True, "boxes": True, "pixels": True, "image": False}
    commonest = once.with_columns(alike=pl.len().over("group", "classes"))
    return commonest.sort(list(order), descending=list(order.values())).select("group", "image")


def _described(data: Dataset) -> DataFrame:
    """(image, boxes, classes) of images of which all objects are boxes of a known place; 0 boxes where it has none."""
    leads = ~pl.col("repeats").fill_null(value=False)
    known = placed(data).filter(leads).select("image", "class").drop_nulls("image")
    counted = (
        known.group_by("image", "class")
        .len("n")
        .sort("class")
        .group_by("image")
        .agg(boxes=pl.col("n").sum(), classes=pl.format("{} {}", "n", pl.col("class").fill_null("?")).str.join(", "))
    )
    records = data.boxes.filter(leads).group_by("image").len("records")
    others = pl.concat(
        [
            data.polygons.filter(pl.col("box").is_null()).select("image"),
            data.keypoints.filter(pl.col("box").is_null()).select("image"),
            _of_another_size(data),
        ]
    ).drop_nulls()
    return (
        _named(data)
        .join(others, on="image", how="anti")
        .join(records, on="image", how="left")
        .join(counted, on="image", how="left")
        .with_columns(pl.col("records", "boxes").fill_null(0), pl.col("classes").fill_null(""))
        .filter((pl.col("records") == pl.col("boxes")) & (pl.col("boxes") <= _MOST))
        .select("image", "boxes", "classes")
        .collect()
    )


def _named(data: Dataset) -> pl.LazyFrame:
    """(image) that label files name, of files (or folders of files of one image) that have boxes at all.

    A list of the pictures to be tested on says nothing of what is in them.
    """
    columns = ("image", "path", "file")
    with_box, named = (table.select(columns) for table in (data.boxes, data.named))
    return (
        pl.concat([with_box.with_columns(boxed=pl.lit(value=True)), named.with_columns(boxed=pl.lit(value=False))])
        .filter(pl.col("image").is_not_null() & pl.col("file").is_not_null())
        .with_columns(home=home())
        .filter(pl.col("boxed").any().over("home"))
        .select("image")
        .unique()
    )


def _of_another_size(data: Dataset) -> pl.LazyFrame:
    """(image) of images whose boxes may be in a frame other than the stored one."""
    sizes = data.sizes().lazy().join(data.images.select("path", "image"), on="path")
    same = (pl.col("declared_width") == pl.col("stored_width")) & (pl.col("declared_height") == pl.col("stored_height"))
    by_exif = pl.col("orientation").fill_null(1) > 1
    return sizes.filter(~pl.col("turned") & (~same.fill_null(value=True) | by_exif)).select("image")


def _each(data: Dataset, contradictions: Sequence[_Contradiction], boxes: Framed, paths: DataFrame) -> DataFrame:
    """A row a group."""
    known = data.table("images")["path"]
    files = _files(data)
    rows = []
    for found in contradictions:
        image, other = known[found.images[0]], known[found.reference]
        more = len(found.images) - 1
        others = f"; {more} more of its copies {'differs' if more == 1 else 'differ'} also" if more else ""
        rows.append((found.group, image, other, _said(found, boxes, other, files.get(found.images[0])), others))
    text = pl.String
    schema = {"group": pl.UInt32, "path": text, "other": text, "what": text, "others": text}
    return (
        pl.DataFrame(rows, schema=schema, orient="row")
        .join(paths, on="group", maintain_order="left")
        .with_columns(
            pl.concat_list("other", "members").list.unique(maintain_order=True)
            .list.set_difference(pl.concat_list("path")).list.head(LISTED - 1).alias("related"),
        )
        .select("path", "related", "what", "others")
    )  # fmt: skip


def _files(data: Dataset) -> dict[int, str]:
    """The label file that names an image, by image."""
    named = data.named.filter(pl.col("image").is_not_null() & pl.col("file").is_not_null())
    return dict(named.group_by("image").agg(pl.col("file").first()).collect().iter_rows())


def _said(found: _Contradiction, boxes: Framed, path: str, file: str | None) -> str:
    """What differs, of the image that is flagged."""
    copy = f"its {boxes.kind(found.images[0], found.reference)} {path}"
    missing, more, other = found.differences
    classes = boxes.table["class"].fill_null("unknown class")
    if not boxes.of(found.images[0]).rows.size:
        return f"{file} names it without a box, and {copy} has {_counted(classes, missing)}"
    if len(found.differences) > 1:
        parts = [
            *([f"{_counted(classes, missing)} only there"] if missing else []),
            *([f"{_counted(classes, more)} only here"] if more else []),
            *(
                f"{n} {theirs} that {'is' if n == 1 else 'are'} {mine} here"
                for (mine, theirs), n in _changes(classes, other)
            ),
        ]
        return f"differs from {copy} in {len(found.differences)} boxes: {', '.join(parts)}"
    if other:
        mine, theirs = other[0]
        where = _where(boxes.place(mine, found.images[0]))
        return f"has a box of {classes[mine]} {where} that is of {classes[theirs]} in {copy}"
    if missing:
        where = _where(boxes.place(missing[0], found.images[0]))
        return f"has no box of {classes[missing[0]]} {where}, and {copy} has one there"
    return f"has a box of {classes[more[0]]} {_where(boxes.place(more[0], found.images[0]))}, and {copy} has none there"


def _changes(classes: pl.Series, other: Sequence[tuple[int, int]]) -> list[tuple[tuple[str, str], int]]:
    return sorted(Counter((classes[mine], classes[theirs]) for mine, theirs in other).items())


def _counted(classes: pl.Series, rows: Sequence[int]) -> str:
    """`2 cat, 1 dog`."""
    counts = Counter(classes[row] for row in rows)
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


def _where(box: tuple[float, float, float, float]) -> str:
    x, y, width, height = box
    return f"at {x:.0f}, {y:.0f} ({width:.0f} x {height:.0f} pixels)"


def _of_all(contradictions: Sequence[_Contradiction], of: int, paths: DataFrame) -> DataFrame:
    """One row of all groups."""
    lack = sum(len(found.differences.missing) + len(found.differences.more) for found in contradictions)
    other = sum(len(found.differences.other) for found in contradictions)
    differ = pl.DataFrame({"group": [found.group for found in contradictions]}, schema={"group": pl.UInt32})
    members = paths.join(differ, on="group").sort("group").explode("members")["members"]
    return pl.DataFrame(
        {
            "members": [members.to_list()],
            "examples": [members.head(_EXAMPLES).to_list()],
            "count": [members.len()],
            "what": [
                f"{len(contradictions):,} of {of:,} pictures with copies have other boxes in a copy: "
                f"{lack:,} boxes are in one of the two only, {other:,} are of another class"
            ],
            "others": [""],
            "hint": ["find out how the copies were made and labelled, and give copies the same boxes"],
        }
    )
