"""How far two sources of labels agree about the images that both describe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.dataset.assembly.annotations import Annotations

#: Two sources that say the same of at least this share of their common images mean the same thing.
_SAME = 0.5
#: Of more sources than this, so many lead an image.
_MANY, _MOST_LEADERS = 32, 2
#: The same under other names (numbers for names): a chance agreement is likelier, so more is asked.
_SAME_RENAMED = 0.9
#: Two sources that say different things of more than this share of their images do not mean the same thing.
_OTHER_TASK = 0.5


class Comparison(NamedTuple):
    """The labels of two sources, image by image."""

    common: int
    """Images that both label."""
    same: bool
    """Whether they mean the same classes."""
    differing: pl.DataFrame
    """Records (columns of labels, and `other`: the leading source's class) that say something else."""


def overlapping(images: Sequence[pl.Series]) -> list[list[int]]:
    """For the images of each of several sources, the numbers of the earlier ones that have some of them.

    Found for all at once: to compare each source with each other one would take hours where there are thousands. Of
    many sources only the first few that have an image lead it, or thousands about one image would be as slow.
    """
    found: list[list[int]] = [[] for _ in images]
    if len(images) < 2:
        return found
    parts = [
        pl.DataFrame({"image": one.drop_nulls().unique()}).with_columns(pl.lit(number, pl.UInt32).alias("number"))
        for number, one in enumerate(images)
    ]
    shared = pl.concat(parts).filter(pl.len().over("image") > 1)
    if len(images) > _MANY:
        leaders = shared.filter(pl.int_range(pl.len()).over("image") < _MOST_LEADERS)
        pairs = leaders.join(shared, on="image", suffix="_other").filter(pl.col("number") < pl.col("number_other"))
        for leader, other in pairs.select("number", "number_other").unique().sort("number").iter_rows():
            found[other].append(leader)
        return found
    for (number,), mine in shared.partition_by("number", as_dict=True).items():
        others = shared.join(mine, on="image", how="semi")["number"].unique().sort()
        found[number] = others.filter(others < number).to_list()
    return found


def labels(lead: pl.DataFrame, other: pl.DataFrame) -> Comparison:
    """How the labels `other` agree with `lead` on the images that both label (single labels)."""
    leading = lead.drop_nulls("file_row").group_by("file_row").agg(pl.col("class").unique().sort().alias("said"))
    both = other.drop_nulls("file_row").join(leading, on="file_row", how="inner", maintain_order="left")
    both = both.with_columns(pl.col("said").list.join(", ").alias("other"))
    if both.is_empty():
        return Comparison(0, False, both)
    equal = pl.col("class").is_in(pl.col("said"))
    if both.select(equal.mean()).item() >= _SAME:
        return Comparison(both["file_row"].n_unique(), True, both.filter(~equal))
    modes = (
        both.group_by("class", "other")
        .len()
        .sort("len", "other", descending=[True, False])
        .unique("class", keep="first")
    )
    renamed = both.join(
        modes.select("class", pl.col("other").alias("usual")), on="class", how="left", maintain_order="left"
    )
    alike = renamed.select((pl.col("other") == pl.col("usual")).mean()).item()
    one_to_one = modes["other"].n_unique() == modes.height == both["other"].n_unique() and modes.height > 1
    same = one_to_one and alike >= _SAME_RENAMED
    return Comparison(both["file_row"].n_unique(), same, renamed.filter(pl.col("other") != pl.col("usual")))


@dataclass(frozen=True, slots=True)
class Subject:
    """The subject on which two sources are compared."""

    tables: tuple[str, ...]
    """Which of their tables tell."""
    word: str


OBJECTS = Subject(("boxes", "polygons"), "objects")
CLASSES = Subject(("labels",), "classes")
SUBJECTS = (OBJECTS, CLASSES)


class Difference(NamedTuple):
    """Where two sources differ."""

    images: pl.DataFrame
    """path, what the other source says, what the leading one says."""
    by: str
    """What was compared, in words."""
    other_task: bool
    """Whether they differ so often that they do not mean the same thing."""


def facts(source: Annotations, subject: Subject) -> pl.DataFrame:
    """(path, class) of everything the source says of images, objects counted once."""
    columns = ("path", "class")
    if subject is not OBJECTS:
        return source.labels.select(columns)
    alone = source.polygons.filter(pl.col("box").is_null() & (pl.col("part") == 0))
    return pl.concat([source.boxes.select(columns), alone.select(columns)])


def differing(leader: Annotations, other: Annotations, both: pl.DataFrame, subject: Subject) -> Difference:
    """Where `other` says something else than `leader` of the images in `both` (path).

    Boxes are compared to the pixel where both give pixels and most agree so; else the classes, counted, are.
    """
    if subject is OBJECTS and _in_pixels(leader) and _in_pixels(other):
        found = _unequal(_placed(leader), _placed(other), both)
        if found.height <= _OTHER_TASK * both.height:
            return Difference(found, "classes and boxes", other_task=False)
    fact = pl.col("class").fill_null("?").alias("fact")
    lead, others = (facts(source, subject).with_columns(fact) for source in (leader, other))
    found = _unequal(lead, others, both)
    return Difference(found, "classes, counted", found.height > _OTHER_TASK * both.height)


def _unequal(lead: pl.DataFrame, other: pl.DataFrame, both: pl.DataFrame) -> pl.DataFrame:
    """(path, what `other` says, what `lead` says) of the images in `both` whose facts (path, class, fact) differ."""
    here, there = (_by_image(side, both) for side in (other, lead))
    joined = here.join(there, on="path", suffix="_leader")
    same = pl.col("facts").eq_missing(pl.col("facts_leader"))
    elsewhere = pl.col("said").eq_missing(pl.col("said_leader"))
    return (
        joined.filter(~same)
        .sort("path")
        .select(
            "path",
            pl.concat_str(
                pl.when(elsewhere).then(pl.lit("other boxes of ")).otherwise(pl.lit("")),
                pl.col("said").fill_null("nothing"),
            ).alias("said"),
            pl.col("said_leader").fill_null("nothing"),
        )
    )


def _by_image(side: pl.DataFrame, both: pl.DataFrame) -> pl.DataFrame:
    """The images in `both`, each with its facts, sorted, and in words how many of which class."""
    counts = pl.col("class").fill_null("?").value_counts(sort=False).sort()
    text = pl.concat_str(counts.struct.field("count").cast(pl.String), pl.lit(" "), counts.struct.field("class"))
    said = (
        side.join(both, on="path", how="semi")
        .group_by("path")
        .agg(pl.col("fact").sort().alias("facts"), text.str.join(", ").alias("said"))
    )
    return both.join(said, on="path", how="left")


def _in_pixels(source: Annotations) -> bool:
    units = source.boxes["unit"]
    return source.boxes.height > 0 and bool(units.is_in(["xyxy-pixels", "xywh-pixels"]).all())


def _placed(source: Annotations) -> pl.DataFrame:
    """(path, class, fact) of boxes; `fact` is the class and the corners in whole pixels."""
    first, second, third, fourth = (pl.col("raw").list.get(place, null_on_oob=True) for place in range(4))
    corners = pl.col("unit") == "xyxy-pixels"
    right, bottom = (
        pl.when(corners).then(third).otherwise(first + third),
        pl.when(corners).then(fourth).otherwise(second + fourth),
    )
    numbers = [number.round().cast(pl.String) for number in (first, second, right, bottom)]
    return source.boxes.select(
        "path", "class", pl.concat_str([pl.col("class"), *numbers], separator=" ", ignore_nulls=True).alias("fact")
    )


__all__ = [
    "CLASSES", "OBJECTS", "SUBJECTS", "Comparison", "Difference", "Subject", "differing", "facts", "labels",
    "overlapping",
]  # fmt: skip
