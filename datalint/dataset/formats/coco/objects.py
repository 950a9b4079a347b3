"""Annotations of a COCO file, and the segments of panoptic ones, as rows of one table."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from datalint.dataset.containers.json.values import as_float, is_number
from datalint.dataset.formats.coco.records import Id, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

OBJECTS = pl.Schema(
    [
        ("number", pl.UInt32),  # of the annotation
        ("segment", pl.UInt32),  # of the segment in it; null if it is not a panoptic annotation
        ("at", pl.Int64),
        ("id", pl.String),
        ("image_id", pl.String),
        ("category_id", pl.String),
        ("raw", pl.List(pl.Float64)),
        ("area", pl.Float64),
        ("crowd", pl.Boolean),
        ("kind", pl.UInt8),
        ("keypoints", pl.List(pl.Float64)),
        ("labelled", pl.Float64),  # how many of them, as the file says
        ("mask_area", pl.Float64),  # of a run-length mask
        ("line", pl.UInt32),
        ("image_text", pl.Boolean),  # whether image_id is a text
        ("category_text", pl.Boolean),
    ]
)
#: What an object is besides its box.
PLAIN, SHAPED, CAPTION, SEGMENT = range(4)


def table(
    columns: Mapping[str, Sequence[Any]], numbers: NDArray[Any], at: NDArray[np.int64], kind: NDArray[np.uint8]
) -> pl.DataFrame:
    """Records as rows of OBJECTS: their fields, their numbers in the list, offsets and kinds."""
    nothing = pl.Series([None], dtype=pl.UInt32).new_from_index(0, len(numbers))
    return pl.DataFrame(
        {
            "number": numbers.astype(np.uint32),
            "segment": nothing,
            "at": at,
            "id": _ids(columns["id"]),
            "image_id": _ids(columns["image_id"]),
            "category_id": _ids(columns["category_id"]),
            "raw": _lists(columns["bbox"]),
            "area": pl.Series(columns["area"], dtype=pl.Float64),
            "crowd": _flags(columns["iscrowd"]),
            "kind": kind,
            "keypoints": _lists(columns["keypoints"]),
            "labelled": _numbers(columns["num_keypoints"]),
            "mask_area": pl.Series([None], dtype=pl.Float64).new_from_index(0, len(numbers)),
            "line": nothing,
            "image_text": texts(columns["image_id"]),
            "category_text": texts(columns["category_id"]),
        },
        schema=OBJECTS,
    )


def _ids(values: Sequence[Id]) -> pl.Series:
    try:
        return pl.Series(values, dtype=pl.Int64).cast(pl.String)
    except (TypeError, OverflowError, pl.exceptions.PolarsError):
        return pl.Series([plain(value) for value in values], dtype=pl.String)


def _numbers(values: Sequence[Any]) -> pl.Series:
    """Null where there is no number."""
    if values.count(None) == len(values):
        return pl.Series([None], dtype=pl.Float64).new_from_index(0, len(values))
    if not set(map(type, values)) <= {int, float, type(None)}:
        values = [value if is_number(value) else None for value in values]
    try:
        return pl.Series(values, dtype=pl.Float64)
    except (OverflowError, pl.exceptions.PolarsError):
        return pl.Series([None if value is None else as_float(value) for value in values], dtype=pl.Float64)


def texts(values: Sequence[Id]) -> pl.Series:
    """Whether each id is a text."""
    return pl.Series([isinstance(value, str) for value in values], dtype=pl.Boolean)


def _flags(values: Sequence[float | bool | None]) -> pl.Series:
    return pl.Series([None if value is None else value != 0 for value in values], dtype=pl.Boolean)


def _lists(values: Sequence[list[float] | None]) -> pl.Series:
    """Lists of numbers, the usual case of equally long ones in one go."""
    if values.count(None) == len(values):
        return pl.Series([None], dtype=pl.List(pl.Float64)).new_from_index(0, len(values))
    if None not in values and values[0] and len(set(map(len, values))) == 1:  # type: ignore[arg-type]
        width = len(values[0])
        flat = chain.from_iterable(values)  # type: ignore[arg-type]
        numbers = np.fromiter(flat, np.float64, len(values) * width).reshape(-1, width)
        return pl.Series(numbers, dtype=pl.Array(pl.Float64, width)).arr.to_list()
    return pl.Series(values, dtype=pl.List(pl.Float64))


__all__ = ["CAPTION", "OBJECTS", "PLAIN", "SEGMENT", "SHAPED", "table", "texts"]
