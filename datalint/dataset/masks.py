"""Mask files: which ones there are, and what is wrong with them once they are measured."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import polars as pl

from datalint.amounts import counted
from datalint.dataset import segments
from datalint.dataset.assembly.annotations import MASK_CHECKS, PROBLEMS
from datalint.dataset.containers.records import Place, Problem
from datalint.dataset.schema import conform

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datalint.dataset import Dataset
    from datalint.dataset.assembly.annotations import Annotations
    from datalint.dataset.files.tree import Tree

#: What is not a class by convention: void in Cityscapes, VOC and most others.
_IGNORED = 255
_MOST_NAMED = 5
#: Fewer masks than this say nothing of all.
_FEW = 3
#: Values of a mask that no class explains: those along edges that were smoothed are dozens.
_SMOOTHED = 8
#: Stray pixels are at most so many, and so many times fewer than in most masks; what many masks hold is meant.
_STRAY, _FAR_MORE, _SOME = 16, 50, 0.2
_IS_JPEG = pl.col("path").str.to_lowercase().str.contains(r"\.(?:jpe?g|jfif)$")


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
    found = [*_not_decodable(masks), *_sizes(masks, data.table("images")), *_unknown(masks.filter(~_IS_JPEG))]
    found += segments.problems(masks.filter(~_IS_JPEG))
    read = masks.filter(pl.col("values").list.len() > 0)
    alone = pl.col("of").is_null() | (pl.len().over("of") == 1)  # of several masks of an image each is of another kind
    folder = pl.col("path").str.extract("(?s)^(.*)/").fill_null("")
    for _, together in read.filter(alone).group_by("declared_in", folder, maintain_order=True):
        found += [
            problem for judge in (_lossy, _between, _white, _empty, _stray, _modes) if (problem := judge(together))
        ]
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
        pl.col("path").str.extract("(?s)^(.*)/"), "cause", maintain_order=True
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


# -- what is wrong with all of them, each told once --------------------------------------------------------------------


def _lossy(masks: pl.DataFrame) -> Problem | None:
    """Masks that were saved as JPEG, whose values are no longer those that were drawn."""
    jpeg = masks.filter(_IS_JPEG & (pl.col("values").list.len() > _SMOOTHED))
    if jpeg.is_empty():
        return None
    values = int(jpeg["values"].list.len().median())  # type: ignore[arg-type]
    reason = (
        f"{counted(jpeg.height, 'mask')} of {masks.height:,} are JPEG, which is lossy: they hold {values:,} different "
        "values, and those along the edges are of no class"
    )
    return _of_all(jpeg, reason, "PNG")


def _between(masks: pl.DataFrame) -> Problem | None:
    """Grey masks with many values of their own, where the values of most masks are few and the same."""
    grey = masks.filter((pl.col("mode") == "L") & ~_IS_JPEG)
    often = Counter(value for values in grey["values"] for value in values)
    known = {value for value, count in often.items() if 2 * count > grey.height}
    other = grey.filter(pl.col("values").list.set_difference(sorted(known)).list.len() > _SMOOTHED)
    if grey.height < _FEW or not 0 < len(known) <= _SMOOTHED or other.is_empty() or 2 * other.height > grey.height:
        return None
    listed = ", ".join(map(str, sorted(known)[:_MOST_NAMED]))
    reason = (
        f"{counted(other.height, 'mask')} of {grey.height:,} hold many values beside {listed}, as masks do that were "
        "resized with smoothing"
    )
    return _of_all(other, reason, "masks that were resized by their nearest pixels")


def _white(masks: pl.DataFrame) -> Problem | None:
    """Masks of 0 and 255 where other numbers are declared: 255 is what most trainers leave out."""
    values = {value for values in masks["values"] for value in values}
    declared = set(masks["indices"][0]) if masks["declared_in"][0] else set()
    if values != {0, _IGNORED} or _IGNORED in declared or len(declared) < 2 or "P" in set(masks["mode"]):
        return None
    absent = ", ".join(map(str, sorted(declared - {0})[:_MOST_NAMED]))
    reason = (
        f"all pixels of all {masks.height:,} masks are 0 or 255; the declared {absent} occurs nowhere, "
        "and most trainers ignore 255"
    )
    return _of_all(masks, reason, f"the numbers of the classes in {masks['declared_in'][0]}, such as 1 in place of 255")


def _empty(masks: pl.DataFrame) -> Problem | None:
    if masks.height < _FEW or any(list(values) != [0] for values in masks["values"]):
        return None
    return _of_all(masks, f"all {masks.height:,} masks are empty: every pixel is 0", "pixels of another class")


def _stray(masks: pl.DataFrame) -> Problem | None:
    """Masks of a few pixels, where those of the others are far more."""
    drawn = masks.filter((pl.col("marked") > 0) & ~_IS_JPEG)
    usual = pl.col("marked").median()
    stray = drawn.filter((pl.col("marked") <= _STRAY) & (_FAR_MORE * pl.col("marked") <= usual))
    if drawn.height < _FEW or stray.is_empty() or stray.height > _SOME * drawn.height:
        return None
    most = int(stray["marked"].max())  # type: ignore[arg-type]
    half = int(drawn["marked"].median())  # type: ignore[arg-type]
    reason = (
        f"{counted(stray.height, 'mask')} of {masks.height:,} hold nothing but stray pixels: at most {most}, where "
        f"half of the masks have {half:,} or more"
    )
    return _of_all(stray, reason, "an outline, or an empty mask", "odd-mask")


def _modes(masks: pl.DataFrame) -> Problem | None:
    """Masks of numbers beside masks of colours: a loader reads them one way or the other."""
    by_colour = masks.filter(pl.col("mode").is_in(["RGB", "RGBA"]))
    by_number = masks.filter(pl.col("mode").is_in(["L", "P", "1"]))
    few, many = sorted((by_colour, by_number), key=lambda frame: frame.height)
    if few.is_empty() or many.height < _FEW:
        return None
    mode, usual = (frame["mode"].mode().sort()[0] for frame in (few, many))
    reason = f"{counted(few.height, 'mask')} of {masks.height:,} are {mode}, the others {usual}"
    return _of_all(few, reason, "masks of one mode")


def _of_all(masks: pl.DataFrame, reason: str, expected: str, kind: str = "mask") -> Problem:
    return Problem(kind, Place(masks["path"][0]), reason, expected, masks["of"][0])


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
