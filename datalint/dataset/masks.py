"""Mask files: which ones there are, and what is wrong with them once they are measured."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import polars as pl

from datalint.dataset.assembly.annotations import MASK_CHECKS, PROBLEMS
from datalint.dataset.containers.records import Place, Problem, counted
from datalint.dataset.schema import conform

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datalint.dataset import Dataset
    from datalint.dataset.assembly.annotations import Annotations
    from datalint.dataset.files.tree import Tree

#: What is not a class by convention: void in Cityscapes, VOC and most others.
_IGNORED = 255
_MOST_NAMED = 5


def table(tree: Tree, annotations: Sequence[Annotations]) -> pl.DataFrame:
    """The mask files of a dataset, each once, with what it must fit."""
    rows = sorted(frozenset[int]().union(*(source.masks for source in annotations)))
    checks = pl.concat([MASK_CHECKS.to_frame(), *(source.mask_checks for source in annotations)])
    checks = checks.unique("file_row", keep="first", maintain_order=True)
    masks = tree.files.filter(pl.col("file_row").is_in(rows)).with_row_index("mask")
    return conform("masks", masks.join(checks, on="file_row", how="left", maintain_order="left"))


def resolve(data: Dataset) -> None:
    """Add what is wrong with the measured masks to the problems: not decodable, of another size, unknown values."""
    masks = data.masks.filter(pl.col("status").is_not_null())
    if masks.is_empty():
        return
    found = [*_not_decodable(masks), *_sizes(masks, data.table("images")), *_unknown(masks)]
    problems = pl.DataFrame([problem.row() for problem in found], schema=PROBLEMS, orient="row")
    data.tables["problems"] = pl.concat([data.table("problems"), conform("problems", problems)])
    compared = Counter(masks.filter(pl.col("values").is_not_null())["declared_in"].drop_nulls())
    data.evidence += tuple(
        f"The pixels of {counted(count, 'mask')} were compared with {file}." for file, count in sorted(compared.items())
    )


def _not_decodable(masks: pl.DataFrame) -> Iterator[Problem]:
    broken = masks.filter(~pl.col("status").is_in(["ok", "unsupported"])).select("path", "cause", "of")
    for path, cause, image in broken.iter_rows():
        yield Problem("mask", Place(path), f"the mask cannot be read: {cause}", "an image", image)
    folders = masks.filter(pl.col("status") == "unsupported").group_by(
        pl.col("path").str.extract("^(.*)/"), "cause", maintain_order=True
    )
    for path, cause, image, count in (
        folders.agg(pl.col("path").first().alias("first"), pl.col("of").first(), pl.len().alias("count"))
        .select("first", "cause", "of", "count")
        .iter_rows()
    ):
        several = f" ({count:,} masks of this folder)" * (count > 1)
        yield Problem("mask", Place(path), f"the mask is not supported: {cause}{several}", "a PNG", image)


def _sizes(masks: pl.DataFrame, images: pl.DataFrame) -> Iterator[Problem]:
    """Masks of another size than their image is, or is said to be."""
    own = images.select(
        pl.col("path").alias("of"), pl.col("width").alias("own_width"), pl.col("height").alias("own_height")
    )
    sized = masks.join(own, on="of", how="left", maintain_order="left").with_columns(
        pl.coalesce("of_width", "own_width").alias("across"), pl.coalesce("of_height", "own_height").alias("down")
    )
    other = sized.filter(
        (pl.col("across") > 0)
        & (pl.col("down") > 0)
        & ((pl.col("across") != pl.col("width")) | (pl.col("down") != pl.col("height")))
    )
    for path, image, width, height, across, down in other.select(
        "path", "of", "width", "height", "across", "down"
    ).iter_rows():
        reason = f"the mask is {width}x{height}, the image {across:.15g}x{down:.15g}"
        yield Problem("mask", Place(path), reason, "the image's size", image)


def _unknown(masks: pl.DataFrame) -> Iterator[Problem]:
    """Values in the masks that are not a declared class."""
    compared = masks.filter(pl.col("declared_in").is_not_null() & pl.col("values").is_not_null())
    for mask in compared.iter_rows(named=True):
        if unknown := _unknown_values(mask):
            listed = ", ".join(unknown[:_MOST_NAMED]) + (", ..." if len(unknown) > _MOST_NAMED else "")
            what = "values" if len(unknown) > 1 else "value"
            reason = f"the {what} {listed} in the mask, which {mask['declared_in']} does not declare"
            yield Problem("mask", Place(mask["path"]), reason, "declared classes", mask["of"])


def _unknown_values(mask: dict[str, Any]) -> list[str]:
    """Indices or colours that are not declared."""
    colours = set(mask["colours"] or ())
    if mask["mode"] in ("1", "L", "P", "I") or mask["mode"].startswith("I;16"):
        strange = sorted(set(mask["values"]) - {_IGNORED} - set(mask["indices"]))
        by_colour = mask["palette"] is not None and colours and colours.issuperset(mask["palette"])
        return [] if by_colour else [str(value) for value in strange]
    if not colours:
        return []
    strange = sorted(set(mask["values"]) - colours)
    return [f"({value >> 16}, {value >> 8 & 255}, {value & 255})" for value in strange]


__all__ = ["resolve", "table"]
