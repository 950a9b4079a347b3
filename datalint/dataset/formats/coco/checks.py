"""What is wrong between the records of a COCO file: repeated ids, ids that nothing has, masks of another size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from datalint.dataset.containers.json.places import nearest
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


def mask_sizes(text: Text, sizes: pl.DataFrame, images: pl.DataFrame) -> Iterator[Problem]:
    """Run-length masks of another size than their image."""
    of_image = images.unique("id", keep="first").select(pl.col("id").alias("image_id"), "width", "height")
    wrong = (
        sizes.join(of_image, on="image_id", how="inner", maintain_order="left")
        .drop_nulls(["width", "height"])
        .filter((pl.col("width") != pl.col("mask_width")) | (pl.col("height") != pl.col("mask_height")))
    )
    for row in wrong.iter_rows(named=True):
        mask = f"{row['mask_width']:.0f} x {row['mask_height']:.0f}"
        image = f"{row['width']:.0f} x {row['height']:.0f}"
        place = nearest(text.data, "/segmentation/size", row["at"])
        pointer = f"/annotations/{row['number']}/segmentation/size"
        yield text.problem(
            "mask", place, pointer, f"a mask of {mask} pixels for an image of {image}", f"{image} pixels"
        )


__all__ = [
    "empty",
    "id_types",
    "mask_sizes",
    "repeated_categories",
    "repeated_ids",
    "says_nothing",
    "unknown_categories",
    "unknown_images",
    "without_id",
    "without_image",
]
