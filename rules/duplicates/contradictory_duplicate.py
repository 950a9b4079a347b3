"""The rule `contradictory-duplicate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import polars as pl
from datalint.rules._degree import above
from datalint.rules.duplicates._groups import LISTED, blank, groups, placeholders

#: The fewest pictures, and the least share of a class, that make one finding of a class that is there under two names.
LEAST, SHARE = 8, 0.5

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polars import DataFrame

    from datalint import Dataset


class ContradictoryDuplicate(Rule):
    """Identical pictures with different labels.

    ## What it does
    Takes the groups of `exact-duplicate` (equal bytes or equal pixels) and flags those whose pictures are labelled
    differently: other classes in a single-label dataset, or other boxes (another number of them, another class, or a
    place with an overlap, intersection over union, below `overlap`). A picture that no label file names is left alone;
    one that is named without a box counts as empty. Blank pictures are left to `flat-image`, and
    one picture in many classes, which has no right label, to `exact-duplicate`. One finding per group;
    it names the splits if there are several: the group is then also a leak. If at least 8 pictures, and half of a
    class, are also labelled as one other class, those are one finding: a class that is there under two names.

    ## Why is this bad?
    At most one of the labels is right. In training they pull against each other, and in the test no model can be
    right on both. It is the one kind of label error that can be found without judgement.

    ## Example
    `fixtures/contradictory-duplicate/bad` holds one picture as a cat and as a dog.
    `fixtures/contradictory-duplicate/good` holds each picture once.

    ## When not to use it
    Where a picture may belong to several classes: set `task = "multi"`.
    """

    code, name, since = "DL603", "contradictory-duplicate", "0.1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.PAIRS, Need.ANNOTATIONS)
    message = "{what} labelled {labels}{across}"
    hint = "decide which label is right, and keep one file"
    groups = False
    scope = "class"

    overlap = option(0.75, "The least intersection over union of two boxes of the same object.", low=0.0, high=1.0)

    def check(self, data: Dataset) -> DataFrame:
        """Groups of equal images whose labels differ."""
        members = groups(data).join(blank(data), on="image", how="anti")
        members = members.join(data.once(placeholders), on="group", how="anti")
        labelled = _classes(data)
        twice = _twice(members, labelled)
        single = members.join(twice, on="group", how="anti")
        by_class = self._classes(single, labelled)
        by_box = self._boxes(data, single.join(by_class, on="group", how="anti"))
        alone = (
            single.sort("image")
            .group_by("group")
            .agg(path=pl.col("path").first(), related=pl.col("path").slice(1, LISTED - 1), count=pl.len())
            .join(pl.concat([by_class, by_box]), on="group")
            .join(_across(data, single), on="group", how="left")
            .sort("group")
            .select(
                "path",
                "related",
                "count",
                "labels",
                pl.col("across").fill_null(""),
                above(pl.col("count"), 1.0),
                what=pl.lit("the same picture is"),
            )
        )
        return pl.concat([alone, _of_classes(members, twice)], how="diagonal")

    def _classes(self, members: DataFrame, labelled: DataFrame) -> DataFrame:
        """(group, labels) of groups of several classes."""
        return (
            members.lazy()
            .join(labelled.lazy(), on="image")
            .group_by("group", "class")
            .len("n")
            .sort("group", "n", "class", descending=[False, True, False])
            .group_by("group", maintain_order=True)
            .agg(pl.format("{} ({})", "class", "n").str.join(", ").alias("labels"), pl.len().alias("kinds"))
            .filter(pl.col("kinds") > 1)
            .select("group", "labels")
            .collect()
        )

    def _boxes(self, data: Dataset, members: DataFrame) -> DataFrame:
        """(group, labels) of groups whose boxes differ from those of the first picture."""
        named = data.described.select("image").drop_nulls().unique().collect()
        members = members.join(named, on="image", how="semi").filter(pl.len().over("group") > 1)
        leads = ~pl.col("repeats").fill_null(value=False)
        boxes = (
            data.boxes.filter(leads)
            .join(members.lazy(), on="image", how="semi")
            .select("image", "class", *"xywh")
            .collect()
        )
        # Most copies have the very same boxes; only the others are matched one by one.
        facts = boxes.group_by("image").agg(pl.struct("class", *"xywh").sort().alias("boxes"))
        compared = members.join(facts, on="image", how="left")
        members = compared.filter(pl.col("boxes").n_unique().over("group") > 1).select(members.columns)
        of_image = {key[0]: frame for key, frame in boxes.group_by("image")}
        nothing = boxes.clear()
        rows = []
        for (group,), frame in members.group_by("group"):
            first, *others = (of_image.get(image, nothing) for image in frame.sort("image")["image"])
            different = next((other for other in others if not self._same(first, other)), None)
            if different is not None:
                said = f"{_said(first)} in one and {_said(different)} in another"
                rows.append(
                    (group, said if _said(first) != _said(different) else f"{_said(first)}, in different places")
                )
        return pl.DataFrame(rows, schema={"group": pl.UInt32, "labels": pl.String}, orient="row")

    def _same(self, one: DataFrame, other: DataFrame) -> bool:
        """Whether each box has a partner of its class at its place."""
        if sorted(one["class"].fill_null("").to_list()) != sorted(other["class"].fill_null("").to_list()):
            return False
        left = other.rows()
        for _, name, *box in one.iter_rows():
            overlaps = [_overlap(box, mine) if theirs == name else -1.0 for _, theirs, *mine in left]
            best = max(range(len(left)), key=overlaps.__getitem__)
            if overlaps[best] < self.overlap:
                return False
            del left[best]
        return True


def _classes(data: Dataset) -> DataFrame:
    """(image, class) of images that have one class; one that contradicts itself is left to conflicting-labels."""
    return (
        data.labels.filter(pl.col("image").is_not_null() & pl.col("class").is_not_null() & (data.task == "single"))
        .group_by("image")
        .agg(pl.col("class").first(), kinds=pl.col("class").n_unique())
        .filter(pl.col("kinds") == 1)
        .select("image", "class")
        .collect()
    )


def _twice(members: DataFrame, labelled: DataFrame) -> DataFrame:
    """(group, a, b, of_a, of_b) of groups labelled as two classes, of which one is in the other to a large part.

    `of_a` and `of_b` are how many different pictures the classes have.
    """
    pictures = labelled.join(members.select("image", "group"), on="image", how="left").select(
        "class", "group", picture=pl.coalesce(-1 - pl.col("group").cast(pl.Int64), pl.col("image").cast(pl.Int64))
    )
    sizes = pictures.group_by("class").agg(pl.col("picture").n_unique().alias("size"))
    both = (
        pictures.drop_nulls("group")
        .group_by("group")
        .agg(pl.col("class").unique().sort().alias("classes"))
        .filter(pl.col("classes").list.len() == 2)
        .select("group", pl.col("classes").list.first().alias("a"), pl.col("classes").list.last().alias("b"))
    )
    return (
        both.join(sizes.rename({"class": "a", "size": "of_a"}), on="a")
        .join(sizes.rename({"class": "b", "size": "of_b"}), on="b")
        .filter(pl.len().over("a", "b") >= pl.max_horizontal(LEAST, SHARE * pl.min_horizontal("of_a", "of_b")))
    )


def _of_classes(members: DataFrame, twice: DataFrame) -> DataFrame:
    """The rows about two classes that share many pictures."""
    pictures = pl.col("group").n_unique()
    size, of_a = pl.min_horizontal("of_a", "of_b"), pl.col("of_a") <= pl.col("of_b")
    smaller = pl.when(of_a).then("a").otherwise("b")
    return (
        members.join(twice, on="group")
        .sort("image")
        .group_by("a", "b", maintain_order=True)
        .agg(
            pl.col("path").alias("members"),
            pl.col("path").head(LISTED).alias("examples"),
            pictures.alias("pictures"),
            size.first().alias("size"),
            smaller.first().alias("smaller"),
        )
        .sort("a", "b")
        .select(
            "members",
            "examples",
            pl.concat_str("a", pl.lit(" / "), "b").alias("subject"),
            pl.format("both {} and {}", "a", "b").alias("labels"),
            pl.lit("").alias("across"),
            pl.when(pl.col("pictures") == pl.col("size"))
            .then(pl.format("all {} pictures of {} are", "pictures", "smaller"))
            .otherwise(pl.format("{} of {} pictures of {} are", "pictures", "size", "smaller"))
            .alias("what"),
            pl.lit("if it is one class under two names, keep one of the copies").alias("hint"),
        )
        .with_columns(pl.col("members").list.len().cast(pl.UInt32).alias("count"))
        .with_columns(above(pl.col("count"), 1.0))
    )


def _across(data: Dataset, members: DataFrame) -> DataFrame:
    """(group, across) of groups in several splits, which are also leaks."""
    splits = members.lazy().join(data.splits, on="image").group_by("group").agg(pl.col("split").unique().sort())
    several = splits.filter(pl.col("split").list.len() > 1)
    return several.select("group", pl.format(", in {}", pl.col("split").list.join(" and ")).alias("across")).collect()


def _overlap(a: Sequence[float | None], b: Sequence[float | None]) -> float:
    """Intersection over union of two boxes (x, y, w, h); 1 if they are equal, whatever they are."""
    if a == b:
        return 1.0
    if None in a or None in b:
        return 0.0
    (ax, ay, aw, ah), (bx, by, bw, bh) = cast("list[float]", a), cast("list[float]", b)
    width = min(ax + aw, bx + bw) - max(ax, bx)
    height = min(ay + ah, by + bh) - max(ay, by)
    if not (width > 0 and height > 0):
        return 0.0
    return width * height / (aw * ah + bw * bh - width * height)


def _said(boxes: DataFrame) -> str:
    """`2 cat, 1 dog`."""
    counts = boxes.group_by("class").len().sort("class")
    return ", ".join(f"{count} {name}" for name, count in counts.iter_rows()) or "nothing"
