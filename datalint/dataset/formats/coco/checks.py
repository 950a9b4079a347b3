"""What is wrong between the records of a COCO file: repeated ids, ids that nothing has, masks of another size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from datalint.amounts import counted
from datalint.dataset.containers.json.places import nearest
from datalint.dataset.containers.json.values import is_number
from datalint.dataset.containers.records import quoted, shortened
from datalint.dataset.formats.coco.objects import CAPTION, PLAIN
from datalint.dataset.formats.coco.records import plain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from datalint.dataset.containers.json.text import Text
    from datalint.dataset.containers.records import Problem
    from datalint.dataset.formats.coco.blocks import Entry
    from datalint.dataset.formats.coco.records import Category


def repeated_ids(text: Text, section: str, noun: str, rows: pl.DataFrame) -> Iterator[Problem]:
    """Records (number, at, id, line) whose id an earlier one has."""
    ids = rows.select("number", "at", "id", "line").drop_nulls("id")
    again = ids.filter(~pl.col("id").is_first_distinct())
    if not len(again):
        return
    firsts = ids.unique("id", keep="first").select("id", pl.col("number").alias("first"), pl.col("line").alias("on"))
    for number, at, name, _, before, line in again.join(firsts, on="id", maintain_order="left").iter_rows():
        reason = f"{noun} id {shortened(name)} is already used at /{section}/{before} (line {line})"
        place = nearest(text.data, "/id", at)
        yield text.problem("repeated-id", place, f"/{section}/{number}/id", reason, "ids that occur once")


def repeated_categories(text: Text, entries: Sequence[Entry]) -> Iterator[Problem]:
    """Categories whose id or name an earlier one has."""
    firsts: dict[str, Entry] = {}
    names: dict[str | None, str] = {}
    for entry in entries:
        key, name = plain(entry.category.id) or "", entry.category.name
        pointer = f"/categories/{entry.number}"
        if key in firsts:
            first = firsts[key]
            reason = f"category id {key} is already used at /categories/{first.number}"
            if first.category.name != name:
                said = f"{quoted(first.category.name)} at /categories/{first.number}, {quoted(name)} here"
                reason = f"category id {key} is {said}"
            place = nearest(text.data, "/id", entry.at)
            yield text.problem("repeated-id", place, f"{pointer}/id", reason, "ids that occur once")
            continue
        firsts[key] = entry
        if name in names:
            reason = f"the name {quoted(name)} is also that of category {names[name]}"
            place = nearest(text.data, "/name", entry.at)
            yield text.problem("classes", place, f"{pointer}/name", reason, "names that occur once")
        else:
            names[name] = key


def skeletons(text: Text, entries: Sequence[Entry]) -> Iterator[Problem]:
    """Categories whose skeleton joins keypoints that they do not have. Their numbers begin at 1."""
    for entry in entries:
        skeleton, names = entry.category.skeleton, entry.category.keypoints
        if not names or not isinstance(skeleton, list):
            continue
        ends = [end for edge in skeleton if isinstance(edge, list) for end in edge if is_number(end)]
        wrong = next((end for end in ends if not 1 <= end <= len(names)), None)
        if wrong is None:
            continue
        reason = f"the skeleton joins keypoint {wrong:.15g}, and the category has {counted(len(names), 'keypoint')}"
        if min(ends) >= 0 and max(ends) < len(names):
            reason = f"the skeleton counts its {counted(len(names), 'keypoint')} from 0"
        place = nearest(text.data, "/skeleton", entry.at)
        pointer = f"/categories/{entry.number}/skeleton"
        yield text.problem("keypoints", place, pointer, reason, f"numbers of keypoints, 1 to {len(names)}")


def without_image(objects: pl.DataFrame, images: pl.DataFrame) -> pl.Series:
    """Whether each object is of an image that the file does not have."""
    known = images["id"].unique()
    if not len(known):
        return pl.Series([True] * len(objects), dtype=pl.Boolean)
    return ~objects["image_id"].is_in(known.implode())


def unknown_images(text: Text, lost: pl.DataFrame, unread: bool) -> Iterator[Problem]:
    """Objects without an image; one problem for all where the list of images could not be read (`unread`)."""
    missing = lost.unique("number", keep="first", maintain_order=True)
    if unread and len(missing):
        reason = f"the list of images cannot be read: {missing.height:,} annotations belong to no known image"
        yield text.problem("syntax", len(text.data), "/images", reason, "a list of images")
        return
    for number, at, name in missing.select("number", "at", "image_id").iter_rows():
        place = nearest(text.data, "/image_id", at)
        reason = f"no image has the id {shortened(name)}"
        pointer = f"/annotations/{number}/image_id"
        yield text.problem("syntax", place, pointer, reason, "the id of an image of this file")


def says_nothing() -> pl.Expr:
    """Whether an object has neither a box nor a shape nor keypoints."""
    return (pl.col("kind") == PLAIN) & pl.col("raw").is_null() & pl.col("keypoints").is_null()


def empty(text: Text, objects: pl.DataFrame) -> Iterator[Problem]:
    """Objects that say nothing, beside others that do."""
    for number, at in objects.select("number", "at").iter_rows():
        reason = "an annotation without bbox and segmentation"
        yield text.problem("syntax", at, f"/annotations/{number}", reason, "a bbox, or a segmentation")


def unknown_categories(
    text: Text, objects: pl.DataFrame, categories: Collection[str], broken: bool
) -> Iterator[Problem]:
    """Objects of a category that the file does not have; nothing where it may be in a part that is broken."""
    asked = objects.filter(pl.col("category_id").is_not_null() & (pl.col("kind") != CAPTION))
    unknown = asked.filter(~pl.col("category_id").is_in(list(categories)))
    if not len(unknown) or (broken and not categories):
        return
    if not categories:
        at, number = unknown.row(0, named=True)["at"], unknown.row(0, named=True)["number"]
        reason = f"the file declares no categories; {len(unknown):,} annotations have one"
        place = nearest(text.data, "/category_id", at)
        pointer = f"/annotations/{number}/category_id"
        yield text.problem("unknown-category", place, pointer, reason, "a list of categories with id and name")
        return
    for number, segment, at, name in unknown.select("number", "segment", "at", "category_id").iter_rows():
        inner = "/category_id" if segment is None else f"/segments_info/{segment}/category_id"
        place = nearest(text.data, inner, at)
        reason = f"no category has the id {shortened(name)}"
        pointer = f"/annotations/{number}{inner}"
        yield text.problem("unknown-category", place, pointer, reason, "the id of a category")


def without_id(text: Text, annotations: pl.DataFrame) -> Iterator[Problem]:
    """Annotations (number, at, id) that have none: one problem for all of them."""
    bare = annotations.filter(pl.col("id").is_null())
    if len(bare):
        reason = f"{len(bare):,} of {len(annotations):,} annotations have no id"
        yield text.problem(
            "id", bare["at"][0], f"/annotations/{bare['number'][0]}", reason, "an id for each annotation"
        )


def id_types(
    text: Text, objects: pl.DataFrame, images: pl.DataFrame, categories: Mapping[str, Category]
) -> Iterator[Problem]:
    """Objects that refer to an image or a category by a number where its id is a text, or the reverse: one problem."""
    of_categories = pl.DataFrame(
        {"id": list(categories), "text": [isinstance(item.id, str) for item in categories.values()]},
        schema={"id": pl.String, "text": pl.Boolean},
    )
    for noun, plural, known in (("image", "images", images), ("category", "categories", of_categories)):
        of_id = known.unique("id", keep="first").select(pl.col("id").alias(f"{noun}_id"), "text")
        asked = objects.select("number", "segment", "at", f"{noun}_id", f"{noun}_text")
        joined = asked.join(of_id, on=f"{noun}_id", how="inner", maintain_order="left")
        wrong = joined.filter(pl.col("text") != pl.col(f"{noun}_text"))
        if not len(wrong):
            continue
        first = wrong.row(0, named=True)
        said, meant = ("text", "numbers") if first[f"{noun}_text"] else ("a number", "texts")
        count = wrong.filter(pl.col("text") == first["text"]).height
        reason = f"{noun}_id is {said} in {count:,} of {len(joined):,} annotations, the ids of the {plural} are {meant}"
        inner = f"/{noun}_id" if first["segment"] is None else f"/segments_info/{first['segment']}/{noun}_id"
        place = nearest(text.data, inner, first["at"])
        yield text.problem("id", place, f"/annotations/{first['number']}{inner}", reason, "numbers in both places")


def unlike_their_images(masks: pl.DataFrame, images: pl.DataFrame) -> pl.DataFrame:
    """Those of the run-length masks (MASKS) that are of another size than their image."""
    of_image = images.unique("id", keep="first").select(pl.col("id").alias("image_id"), "width", "height")
    return (
        masks.join(of_image, on="image_id", how="inner", maintain_order="left")
        .drop_nulls(["width", "height"])
        .filter((pl.col("width") != pl.col("mask_width")) | (pl.col("height") != pl.col("mask_height")))
    )


def mask_sizes(text: Text, masks: pl.DataFrame) -> Iterator[Problem]:
    """Run-length masks of another size than their image."""
    for row in masks.iter_rows(named=True):
        mask = f"{row['mask_width']:.0f} x {row['mask_height']:.0f}"
        image = f"{row['width']:.0f} x {row['height']:.0f}"
        place = nearest(text.data, "/segmentation/size", row["at"])
        pointer = f"/annotations/{row['number']}/segmentation/size"
        yield text.problem(
            "mask", place, pointer, f"a mask of {mask} pixels for an image of {image}", f"{image} pixels"
        )


#: A box and what is in it are the same up to this share of the box's sides, and this many pixels.
_NEAR, _NEAR_PIXELS = 0.05, 2.0
#: An area is that of a mask up to this share.
_SAME_AREA = 0.01
#: Intersection over union of boxes that are not of one object.
_APART = 0.5


def unlike_their_boxes(masks: pl.DataFrame) -> pl.DataFrame:
    """Those of the run-length masks (MASKS, raw, area) that are not of the object that the box and area are of.

    Adds `why`: `inverted` where they are of all that the mask leaves out; `empty`; `elsewhere`.
    """
    box = [pl.col("raw").list.get(place, null_on_oob=True) for place in range(4)]
    sides = dict(
        zip(("left", "top", "right", "bottom"), (box[0], box[1], box[0] + box[2], box[1] + box[3]), strict=True)
    )
    placed = pl.all_horizontal(side.is_finite() for side in box) & (box[2] > 0) & (box[3] > 0)
    boxed = placed.fill_null(value=False)
    reach = {side: (_NEAR * box[2 + place % 2]).clip(_NEAR_PIXELS) for place, side in enumerate(sides)}

    def fits(part: str) -> pl.Expr:
        near = ((pl.col(f"{part}_{side}") - edge).abs() <= reach[side] for side, edge in sides.items())
        return boxed & pl.all_horizontal(near)

    def has_area(part: str) -> pl.Expr:
        return (pl.col("area") - pl.col(f"{part}_area")).abs() <= _SAME_AREA * pl.col(f"{part}_area")

    across = pl.min_horizontal("mask_right", sides["right"]) - pl.max_horizontal("mask_left", sides["left"])
    down = pl.min_horizontal("mask_bottom", sides["bottom"]) - pl.max_horizontal("mask_top", sides["top"])
    shared = across.clip(0) * down.clip(0)
    around = (pl.col("mask_right") - pl.col("mask_left")) * (pl.col("mask_bottom") - pl.col("mask_top"))
    within = (
        (pl.col("mask_left") >= sides["left"] - reach["left"])
        & (pl.col("mask_top") >= sides["top"] - reach["top"])
        & (pl.col("mask_right") <= sides["right"] + reach["right"])
        & (pl.col("mask_bottom") <= sides["bottom"] + reach["bottom"])
    )
    apart = boxed & ~within & (shared < _APART * (around + box[2] * box[3] - shared))
    of_rest = has_area("rest") & ~has_area("mask")
    # What lies within the box may be the part of the object that can be seen.
    inverted = (pl.col("rest_area") > 0) & ((fits("rest") & ~fits("mask") & (~within | of_rest)) | (~boxed & of_rest))
    why = (
        pl.when(inverted.fill_null(value=False))
        .then(pl.lit("inverted"))
        .when(pl.col("mask_area") == 0)
        .then(pl.lit("empty"))
        .when(apart)
        .then(pl.lit("elsewhere"))
    )
    return masks.with_columns(why.alias("why")).filter(pl.col("why").is_not_null())


def masks_unlike_their_boxes(text: Text, masks: pl.DataFrame) -> Iterator[Problem]:
    """Run-length masks that are not of the object that the box and area are of."""
    for row in masks.iter_rows(named=True):
        pixels = f"{row['mask_area']:,} of {row['mask_area'] + row['rest_area']:,} pixels"
        if row["why"] == "inverted":
            reason = (
                f"the mask is of all but the object: it covers {pixels}, and the box is that of the pixels "
                "which it leaves out"
            )
            expected = "runs that begin with one of background, of length 0 if there is none"
        elif row["why"] == "empty":
            reason, expected = "the mask is empty: its runs have no pixel of the object", "pixels of the object"
        else:
            left, top = row["mask_left"], row["mask_top"]
            found = f"{row['mask_right'] - left}x{row['mask_bottom'] - top} pixels at {left}, {top}"
            said = "{2:.6g}x{3:.6g} pixels at {0:.6g}, {1:.6g}".format(*row["raw"])
            reason, expected = f"the mask covers {found}, the box {said}", "the mask and the box of one object"
        place = nearest(text.data, "/segmentation/counts", row["at"])
        yield text.problem("mask", place, f"/annotations/{row['number']}/segmentation", reason, expected)


__all__ = [
    "empty",
    "id_types",
    "mask_sizes",
    "masks_unlike_their_boxes",
    "repeated_categories",
    "repeated_ids",
    "says_nothing",
    "skeletons",
    "unknown_categories",
    "unknown_images",
    "unlike_their_boxes",
    "unlike_their_images",
    "without_id",
    "without_image",
]
