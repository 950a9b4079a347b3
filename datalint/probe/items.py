"""What the probe is asked about, one label each: images, or, where the labels are of objects in them, those objects."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np
import polars as pl

from datalint.dataset import boxes, schema

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from datalint.dataset import Dataset, Noun
    from datalint.probe import Options
    from datalint.probe.given import Given

LEAST_SIDE = 8
"""Pixels of an object's shorter side, within its image, below which nothing is said about it."""

#: Where an object stands, beside its class.
_PLACE = ("image", "path", "file", "line", "pointer")
#: What of the columns of `probe` is known before it runs, and what is not a place in a file.
_BEFORE = (*_PLACE, "box", "x", "y", "w", "h", "given")


class Items(Protocol):
    """What can be asked about; an item is known by its row in the table `probe`."""

    @property
    def noun(self) -> Noun:
        """What one is: image, object."""
        ...

    @property
    def several(self) -> bool:
        """Whether an item may have several labels."""
        ...

    @property
    def obstacle(self) -> str | None:
        """Why nothing can be asked, if that is known at once."""
        ...

    @property
    def rows(self) -> pl.DataFrame:
        """The table `probe` before it is asked: all items, none assessed."""
        ...

    @property
    def candidates(self) -> pl.DataFrame:
        """(item, image, class, group) of those that may be asked about, ascending; groups are independent."""
        ...

    @property
    def left_out(self) -> dict[str, int]:
        """How many others there are, by the reason."""
        ...

    @property
    def least(self) -> tuple[pl.Expr, str]:
        """How much of its class, of independent items, there is beside a candidate, and what those of little are."""
        ...

    @property
    def small(self) -> NDArray[np.uint8] | None:
        """(items, side, side, 3) small pictures of all that are there without decoding anything; None if none are."""
        ...

    def sizes(self, items: NDArray[np.int64]) -> NDArray[np.float64]:
        """(n, 2) width and height in pixels, NaN where unknown."""
        ...

    def pictures(
        self,
        items: NDArray[np.int64],
        side: int,
        *,
        jobs: int | None = None,
        advance: Callable[[int], None] | None = None,
    ) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """(n, side, side, 3) pictures, and which of them are there (n,); see `measure.pictures`. Raises OSError."""
        ...

    def asked_with(self) -> pl.DataFrame:
        """All of it that the probe's answer depends on, beside the contents of the images, their splits and copies."""
        ...


def of(data: Dataset, options: Options, given: Given) -> Items:
    """Objects where no image has a class of its own but things in them have; else images."""
    objects = any(data.table(name).height for name in ("boxes", "polygons"))
    if data.table("labels").is_empty() and objects:
        refusal = "the embeddings are of whole images, and the labels are of objects in them"
        return Objects(data, options.margin, refusal if given.embeddings else None)
    if data.task == "multi":
        return Several(data, given.lacking())
    return Images(data, given.lacking())


class Images:
    """Whole images, with a class each; `lacking` are the numbers of those that cannot be asked about, by the reason."""

    noun: Noun = "image"
    several = False
    least = (pl.len().over("class"), "in classes of fewer than {} readable images")

    def __init__(self, data: Dataset, lacking: Mapping[str, NDArray[np.int64]] | None = None) -> None:
        self._data, self._lacking = data, lacking or {}

    @property
    def obstacle(self) -> str | None:
        """See `Items`."""
        return "the pictures were not measured" if self._data.thumbnails is None else None

    @property
    def rows(self) -> pl.DataFrame:
        """See `Items`."""
        labels = self._data.table("labels").filter(pl.col("image").is_not_null())
        given = labels.unique("image", keep="first", maintain_order=True).select("image", given="class")
        images = self._data.table("images").select("image", "path")
        return _not_assessed(images.join(given, on="image", how="left", maintain_order="left"))

    @property
    def candidates(self) -> pl.DataFrame:
        """See `Items`."""
        return self._found[0]

    @property
    def left_out(self) -> dict[str, int]:
        """See `Items`."""
        return self._found[1]

    @cached_property
    def _found(self) -> tuple[pl.DataFrame, dict[str, int]]:
        images = self._data.table("images")
        named = self._data.table("labels").filter(pl.col("image").is_not_null() & pl.col("class").is_not_null())
        labels = named.group_by("image").agg(pl.col("class").min(), pl.col("class").n_unique().alias("several"))
        readable = images.filter(pl.col("status") == "ok").select("image")
        labelled = readable.join(labels, on="image", how="inner").sort("image")
        single = labelled.filter(pl.col("several") == 1)
        left_out = {
            "without a label": readable.height - labelled.height,
            "unreadable": images.height - readable.height,
            "labelled with several classes": labelled.height - single.height,
        }
        for reason, numbers in self._lacking.items():
            lacks = single["image"].is_in(numbers.tolist())
            left_out[reason] = int(lacks.sum())
            single = single.filter(~lacks)
        found = single.select(pl.col("image").alias("item"), "image", "class")
        return _grouped(self._data, found), {reason: number for reason, number in left_out.items() if number}

    @property
    def small(self) -> NDArray[np.uint8] | None:
        """See `Items`."""
        return self._data.thumbnails

    def sizes(self, items: NDArray[np.int64]) -> NDArray[np.float64]:
        """See `Items`."""
        return self._data.table("images")[items].select(pl.col("width", "height").cast(pl.Float64)).to_numpy()

    def pictures(
        self,
        items: NDArray[np.int64],
        side: int,
        *,
        jobs: int | None = None,
        advance: Callable[[int], None] | None = None,
    ) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """See `Items`."""
        from datalint.measure.pictures import pictures

        return pictures(self._data, items, side, jobs=jobs, advance=advance)

    def asked_with(self) -> pl.DataFrame:
        """See `Items`."""
        return self._data.table("labels").select("image", "class")


class Several(Images):
    """Whole images with several labels each: the items are the images, and what is counted are labels.

    An image that a label file names and gives no label has none; of one that none names nothing is known.
    """

    noun: Noun = "label"
    several = True

    @property
    def rows(self) -> pl.DataFrame:
        """One row per image and label, and one per image without a label."""
        images = self._data.table("images").select("image", "path")
        given = self._given.with_columns(given=pl.col("label"))
        return _not_assessed(images.join(given, on="image", how="left", maintain_order="left"))

    @cached_property
    def _given(self) -> pl.DataFrame:
        """(image, label), sorted, each once."""
        named = self._data.table("labels").drop_nulls(["image", "class"])
        return named.select("image", label="class").unique().sort("image", "label")

    @cached_property
    def _found(self) -> tuple[pl.DataFrame, dict[str, int]]:
        """One row per image and label, and one with a null class per image that has none."""
        ok = self._data.table("images").filter(pl.col("status") == "ok").select("image")
        known = pl.concat([self._given["image"], self._data.table("named")["image"].drop_nulls()]).unique()
        readable = ok.filter(pl.col("image").is_in(known.implode())).sort("image")
        found = readable.join(self._given, on="image", how="left", maintain_order="left")
        found = found.select(pl.col("image").alias("item"), "image", pl.col("label").alias("class"))
        left_out = {"of images that cannot be read": self._given.height - found["class"].count()}
        for reason, numbers in self._lacking.items():
            lacks = found["image"].is_in(numbers.tolist())
            left_out[reason] = found.filter(lacks)["class"].count()
            found = found.filter(~lacks)
        return _grouped(self._data, found), {reason: number for reason, number in left_out.items() if number}

    def asked_with(self) -> pl.DataFrame:
        """See `Items`."""
        none = self._data.table("named").select("image", label=pl.lit(None, pl.String))
        return pl.concat([self._given, none.unique().sort("image")])


class Objects:
    """Boxes, and objects of polygons only by the box around them, cut out with `margin` of their size on every side."""

    noun: Noun = "object"
    several = False
    #: those in one image do not say that of one another
    least = (pl.col("group").n_unique().over("class"), "of classes that fewer than {} images have")
    small = None

    def __init__(self, data: Dataset, margin: float, obstacle: str | None = None) -> None:
        self._data, self._margin, self.obstacle = data, margin, obstacle

    @cached_property
    def rows(self) -> pl.DataFrame:
        """See `Items`."""
        return _not_assessed(self._all.rename({"class": "given"}))

    @property
    def candidates(self) -> pl.DataFrame:
        """See `Items`."""
        askable = self._placed.filter(pl.col("lack").is_null())
        return _grouped(self._data, askable.select("item", "image", "class"))

    @property
    def left_out(self) -> dict[str, int]:
        """See `Items`."""
        counts = self._placed["lack"].drop_nulls().value_counts()
        number = dict(counts.iter_rows())
        return {reason: number[reason] for reason in _LACKS if reason in number}

    def sizes(self, items: NDArray[np.int64]) -> NDArray[np.float64]:
        """See `Items`."""
        return self._placed[items].select("across", "down").to_numpy()

    def pictures(
        self,
        items: NDArray[np.int64],
        side: int,
        *,
        jobs: int | None = None,
        advance: Callable[[int], None] | None = None,
    ) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """See `Items`."""
        from datalint.measure.crops import crops

        wanted = self._placed[items]
        edges = wanted.select(
            *_within(pl.col("x") - self._margin * pl.col("w"), pl.col("y") - self._margin * pl.col("h")),
            *_within(
                pl.col("x") + (1 + self._margin) * pl.col("w"),
                pl.col("y") + (1 + self._margin) * pl.col("h"),
                names=("right", "bottom"),
            ),
        )
        images = wanted["image"].to_numpy().astype(np.int64)
        return crops(self._data, images, edges.to_numpy(), side, jobs=jobs, advance=advance)

    def asked_with(self) -> pl.DataFrame:
        """See `Items`."""
        return self._placed.select("image", "class", "lack", "x", "y", "w", "h")

    @cached_property
    def _all(self) -> pl.DataFrame:
        """All objects, of images that one label file leads on."""
        leads = ~pl.col("repeats").fill_null(value=False)
        columns = (*_PLACE, "class", "box", "x", "y", "w", "h", "crowd")
        with_box = self._data.table("boxes").filter(leads).select(columns)
        alone = self._data.table("polygons").filter(leads & pl.col("box").is_null())
        if alone.is_empty():
            return with_box
        outlined = boxes.placed(self._data, _around(alone)).with_columns(
            pl.lit(None, pl.UInt32).alias("box"), pl.lit(None, pl.Boolean).alias("crowd")
        )
        return pl.concat([with_box, outlined.select(columns)]).rechunk()

    @cached_property
    def _placed(self) -> pl.DataFrame:
        """All objects, with the size of what lies within their image, and why they cannot be asked about."""
        images = self._data.table("images").select("image", "width", "height", "status")
        known = self._all.with_row_index("item").join(images, on="image", how="left", maintain_order="left")
        left, top = _within(pl.col("x"), pl.col("y"))
        right, bottom = _within(pl.col("x") + pl.col("w"), pl.col("y") + pl.col("h"))
        inside = known.with_columns((right - left).alias("across"), (bottom - top).alias("down"))
        shorter = pl.min_horizontal("across", "down")
        finite = pl.all_horizontal(pl.col(side).is_finite().fill_null(value=False) for side in "xywh")
        conditions = (
            pl.col("status").is_null(),
            pl.col("status") != "ok",
            pl.col("class").is_null(),
            pl.col("crowd").fill_null(value=False),
            ~finite,
            (shorter <= 0) & (pl.min_horizontal("w", "h") > 0),
            ~(shorter >= LEAST_SIDE),
        )
        lack = pl.coalesce(
            pl.when(condition).then(pl.lit(reason)) for condition, reason in zip(conditions, _LACKS, strict=True)
        )
        return inside.with_columns(lack.alias("lack"))


_LACKS = (
    "of images that are not there",
    "of images that cannot be read",
    "without a class",
    "that stand for a group or are to be ignored",
    "with a box that is not a place in the image",
    "outside their image",
    f"smaller than {LEAST_SIDE} pixels",
)


def _within(across: pl.Expr, down: pl.Expr, names: tuple[str, str] = ("left", "top")) -> tuple[pl.Expr, pl.Expr]:
    """Places in pixels, moved to the border of the image where they are outside."""
    return across.clip(0, pl.col("width")).alias(names[0]), down.clip(0, pl.col("height")).alias(names[1])


def _around(polygons: pl.DataFrame) -> pl.DataFrame:
    """The boxes around objects of polygons, each from its part 0 to the next one's, as records of boxes."""
    numbers = polygons.with_columns((pl.col("part") == 0).cum_sum().alias("object"))
    xs, ys = pl.col("points").list.gather_every(2), pl.col("points").list.gather_every(2, 1)
    ends = numbers.with_columns(
        xs.list.min().alias("left"),
        ys.list.min().alias("top"),
        xs.list.max().alias("right"),
        ys.list.max().alias("bottom"),
    )
    first = [pl.col(name).first() for name in (*_PLACE, "class", "unit")]
    least, most = pl.col("left", "top").min(), pl.col("right", "bottom").max()
    whole = ends.group_by("object", maintain_order=True).agg(*first, least, most)
    return whole.with_columns(
        pl.concat_list("left", "top", "right", "bottom").alias("raw"),
        pl.when(pl.col("unit") == "share").then(pl.lit("xyxy-share")).otherwise(pl.lit("xyxy-pixels")).alias("unit"),
        pl.lit(None, pl.Float64).alias("angle"),
    )


def _grouped(data: Dataset, items: pl.DataFrame) -> pl.DataFrame:
    """`items` with the column `group`: the smallest number among the copies of their image."""
    copies = data.table("copies").unique("image")
    known = items.join(copies, on="image", how="left", maintain_order="left")
    return known.with_columns(pl.coalesce("group", "image").alias("group"))


def _not_assessed(items: pl.DataFrame) -> pl.DataFrame:
    return schema.conform("probe", items.with_columns(pl.lit("not-assessed").alias("tier")))
