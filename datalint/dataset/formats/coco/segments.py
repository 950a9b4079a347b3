"""The segments of a panoptic COCO annotation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
import polars as pl

from datalint.dataset.containers.json.blocks import Fault
from datalint.dataset.containers.json.places import end
from datalint.dataset.formats.coco import objects
from datalint.dataset.formats.coco.records import ANNOTATIONS, SEGMENTS, Segment

if TYPE_CHECKING:
    from datalint.dataset.containers.json.blocks import Block
    from datalint.dataset.formats.coco.records import Annotation


def read(data: bytes, block: Block[Annotation], row: int, first: int) -> pl.DataFrame | Fault:
    """The segments of the annotation in that row as OBJECTS; or what is wrong with one of them."""
    at = int(block.starts[row])
    try:
        segments = SEGMENTS.decode(block.columns["segments_info"][row])
    except (msgspec.DecodeError, RecursionError, ValueError):
        fault = ANNOTATIONS.fault(data, at, end(data, at))
        return fault or Fault("/segments_info", "segments that cannot be read", "a list of segments")
    for place, segment in enumerate(segments):
        here = f"/segments_info/{place}"
        if segment.category_id is None:
            return Fault(here, "a segment without category_id", "the id of a category")
        if segment.bbox is not None and len(segment.bbox) not in (0, 4):
            reason = f"a box of {len(segment.bbox):,} numbers"
            return Fault(f"{here}/bbox", reason, "4 numbers: left, top, width, height")
    count = len(segments)
    columns = {name: [getattr(segment, name) for segment in segments] for name in Segment.__struct_fields__}
    columns["bbox"] = [box or None for box in columns["bbox"]]
    columns |= {"image_id": [block.columns["image_id"][row]] * count}
    columns |= dict.fromkeys(("keypoints", "num_keypoints"), [None] * count)
    kind = np.full(count, objects.SEGMENT, np.uint8)
    frame = objects.table(columns, np.full(count, first + row), np.full(count, at, np.int64), kind)
    return frame.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias("segment"))


__all__ = ["read"]
