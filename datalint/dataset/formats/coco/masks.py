"""Panoptic masks: which files the annotations name, and the size and the segments that each must have."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

import polars as pl

from datalint.dataset.assembly.annotations import MASK_CHECKS, conform
from datalint.dataset.containers.problems import Problems
from datalint.dataset.containers.records import LONGEST_NAME, Place, Problem, quoted
from datalint.dataset.formats.coco import images

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.dataset.files.tree import Tree
    from datalint.dataset.formats.coco.source import Source


def find(sources: Sequence[Source], tree: Tree) -> tuple[pl.DataFrame, list[Problem]]:
    """The mask files of `sources` (MASK_CHECKS), in a folder of the JSON file's name, beside it, or near; and the masks
    that are not there."""
    checks = [MASK_CHECKS.to_frame()]
    problems = Problems()
    for source in sources:
        document = source.document
        if not len(document.masks):
            continue
        folder, stem = posixpath.dirname(document.file), posixpath.basename(document.file).rpartition(".")[0]
        own = set(source.named["file_row"].drop_nulls())
        near = [posixpath.join(folder, stem), *images.folders(document.masks["name"], folder, source.role.split, tree)]
        missing: list[str] = []
        rows: list[int | None] = []
        for name in document.masks["name"]:
            row = tree.names.find(name, near).row
            rows.append(row if row not in own else None)
            if rows[-1] is None:
                missing.append(name)
        for name in missing if len(missing) < len(rows) else ():
            reason = f"the mask {quoted(name, LONGEST_NAME)} is not there"
            problems.append(Problem("mask", Place(source.file), reason, "a mask for each image"))
        checks.append(_checks(source, document.masks.with_columns(pl.Series("file_row", rows, pl.UInt32))))
    return pl.concat(checks), problems


def _checks(source: Source, masks: pl.DataFrame) -> pl.DataFrame:
    """What masks (file_row, image_id, segments) must fit: the size that their image is said to have, their segments."""
    said = source.named.select("id", of="path", of_width="width", of_height="height").unique("id", keep="last")
    found = masks.drop_nulls("file_row").with_columns(pl.lit(source.file).alias("listed_in"))
    return conform(MASK_CHECKS, found.join(said, left_on="image_id", right_on="id", how="left", maintain_order="left"))


__all__ = ["find"]
