"""Panoptic masks: which files the annotations name, and the size that each must have."""

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
        pairs: list[tuple[int, str]] = []
        for image, name in document.masks.select("image_id", "name").iter_rows():
            row = tree.names.find(name, near).row
            if row is not None and row not in own:
                pairs.append((row, image))
            else:
                missing.append(name)
        for name in missing if pairs else ():
            reason = f"the mask {quoted(name, LONGEST_NAME)} is not there"
            problems.append(Problem("mask", Place(source.file), reason, "a mask for each image"))
        checks.append(_checks(source, pairs))
    return pl.concat(checks), problems


def _checks(source: Source, pairs: Sequence[tuple[int, str]]) -> pl.DataFrame:
    """What masks, by row and id of their image, must fit: the size that the image is said to have."""
    said = source.named.select("id", of="path", of_width="width", of_height="height").unique("id", keep="last")
    found = pl.DataFrame(pairs, schema={"file_row": pl.UInt32, "id": pl.String}, orient="row")
    return conform(MASK_CHECKS, found.join(said, on="id", how="left", maintain_order="left"))


__all__ = ["find"]
