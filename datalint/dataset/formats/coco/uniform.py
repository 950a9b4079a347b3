"""Annotations that all look alike, as programs write them: the numbers of a whole block parsed at once.

If the text without its digits is the same for each record, but for the lengths of its polygons, then the text without
anything but digits and commas is the list of its numbers in a known order. What does not fit in any way, such as an
exponent, a mask or a text, is left to the general reader.
"""

from __future__ import annotations

import re
import string
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from datalint.dataset.assembly import lists
from datalint.dataset.containers.json.places import BrokenJSONError, members

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SCALARS = frozenset({"id", "image_id", "category_id", "area", "iscrowd"})
_LISTS = frozenset({"bbox", "segmentation"})
_NUMBER = b"0123456789.+- \t\r\n"
_REST = b'"[]{}:_' + string.ascii_letters.encode()
#: Spaces stay: two numbers with only a space between them are not one number.
_SPACES = bytes.maketrans(b"\t\r\n", b"   ")
#: Larger whole numbers are not exact in floating point.
_EXACT = 2.0**53


class Uniform(NamedTuple):
    """The fields of a block's records, (n,) each."""

    starts: NDArray[np.int64]
    """Offset of each."""
    columns: dict[str, pl.Series | None]
    """id, image_id and category_id as text, bbox, area, iscrowd; None where the records have no such field."""
    polygons: pl.DataFrame
    """row, part, points"""


def read(data: bytes, at: int, stop: int) -> Uniform | None:
    """The annotations from the one at `at` to the one that ends at `stop`; None if they do not all look alike."""
    try:
        keys = tuple(member.key for member in members(data, at))
    except BrokenJSONError:
        return None
    if len(set(keys)) < len(keys) or not {"image_id", "category_id", *_LISTS} <= set(keys) <= _SCALARS | _LISTS:
        return None
    text = data[at:stop]
    skeleton = text.translate(None, _NUMBER)
    if not _pattern(keys).fullmatch(skeleton):
        return None
    marks = np.frombuffer(skeleton, np.uint8)
    commas = np.flatnonzero(marks == ord(","))
    values = floats(text.translate(_SPACES, _REST), len(commas) + 1)
    if values is None:
        return None
    starts = at + np.flatnonzero(np.frombuffer(text, np.uint8) == ord("{"))
    return _columns(keys, starts, marks, commas, values)


@lru_cache(maxsize=64)
def _pattern(keys: tuple[str, ...]) -> re.Pattern[bytes]:
    lists = {"bbox": rb"\[,,,\]", "segmentation": rb"\[\[,*+\](?:,\[,*+\])*+\]"}
    record = rb"\{%s\}" % b",".join(b'"%s":%s' % (key.encode(), lists.get(key, b"")) for key in keys)
    return re.compile(rb"%s(?:,%s)*+" % (record, record))


def floats(text: bytes, count: int) -> pl.Series | None:
    """`count` numbers with commas between them; None if they are not."""
    try:
        values = pl.read_csv(
            text, has_header=False, schema={"value": pl.Float64}, eol_char=",", separator=";", quote_char=None
        )["value"]
    except pl.exceptions.PolarsError:
        return None
    return values if len(values) == count and not values.null_count() else None


def _columns(
    keys: tuple[str, ...],
    starts: NDArray[np.int64],
    marks: NDArray[np.uint8],
    commas: NDArray[np.int64],
    values: pl.Series,
) -> Uniform | None:
    records = np.flatnonzero(marks == ord("{"))
    opens = np.flatnonzero(marks == ord("["))
    opens = opens[marks[opens + 1] != ord("[")]
    closes = np.flatnonzero(marks == ord("]"))
    closes = closes[marks[closes - 1] != ord("]")]
    # Before the n-th comma stand n numbers.
    first = np.searchsorted(commas, records)
    length = np.diff(first, append=len(values))
    size = closes - opens
    owner = np.searchsorted(records, opens) - 1
    if keys.index("bbox") < keys.index("segmentation"):
        box = np.searchsorted(owner, np.arange(len(records)))
    else:
        box = np.searchsorted(owner, np.arange(len(records)), side="right") - 1
    polygon = np.ones(len(opens), bool)
    polygon[box] = False
    size, owner = size[polygon], owner[polygon]
    if (size % 2).any():
        return None
    drawn = length - (len(keys) - 2) - 4
    numbers = values.to_numpy()
    of_polygon = np.ones(len(numbers), bool)
    columns: dict[str, pl.Series | None] = dict.fromkeys(_SCALARS)
    at = first
    for key in keys:
        if key == "bbox":
            places = at[:, None] + np.arange(4)
            of_polygon[places] = False
            columns[key] = pl.Series(numbers[places], dtype=pl.Array(pl.Float64, 4)).arr.to_list()
            at = at + 4
        elif key == "segmentation":
            at = at + drawn
        else:
            scalars = numbers[at]
            of_polygon[at] = False
            if key.endswith("id"):
                whole = scalars.astype(np.int64)
                if (np.abs(scalars) >= _EXACT).any() or (whole != scalars).any():
                    return None
                columns[key] = pl.Series(whole).cast(pl.String)
            else:
                columns[key] = pl.Series(scalars) if key == "area" else pl.Series(scalars != 0)
            at = at + 1
    before = np.flatnonzero(np.diff(owner, prepend=-1))
    part = np.arange(len(owner)) - np.repeat(before, np.diff(before, append=len(owner)))
    polygons = pl.DataFrame(
        {
            "row": owner.astype(np.uint32),
            "part": part.astype(np.uint32),
            "points": lists.split(values.filter(pl.Series(of_polygon)), size),
        }
    )
    return Uniform(starts, columns, polygons)


__all__ = ["Uniform", "floats", "read"]
