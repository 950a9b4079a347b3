"""Tables of boxes that are lists of objects, one an image (or one a box): JSON, JSON Lines, nested Parquet."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from datalint.dataset.containers import columns
from datalint.dataset.containers.json import records as json_records
from datalint.dataset.containers.records import NotUsableError, Place, Problem, quoted
from datalint.dataset.formats.tables import box_columns, image_column, split_column
from datalint.dataset.formats.tables.box_head import OTHERS
from datalint.dataset.formats.tables.box_objects import Objects
from datalint.dataset.formats.tables.box_table import ROWS, BoxTable, TableFile, class_columns
from datalint.dataset.formats.tables.box_values import Thing, step, text_of, things

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.dataset.containers.json.records import Item
    from datalint.dataset.formats.tables.box_columns import Columns
    from datalint.dataset.formats.tables.record_images import RecordImages


class _Keys(NamedTuple):
    """Which keys of an object say what."""

    boxes: Columns
    label: str | None
    number: str | None
    split: str | None


def read(items: Sequence[Item], problems: Sequence[Problem], file: TableFile, images: RecordImages) -> BoxTable:
    """The boxes in `items`; raises NotUsableError where there are none."""
    keys = list(dict.fromkeys(key for item in items for key in item.value))
    if OTHERS & {columns.plain(key) for key in keys}:
        raise NotUsableError("another format's list")
    where = box_columns.of(keys)
    if where is None:
        raise NotUsableError("no key of boxes")
    plain = [key for key in keys if key not in where.edges]
    frame = pl.DataFrame(
        {json_records.clean(key): [json_records.cell(item.value.get(key)) for item in items] for key in plain},
        schema=dict.fromkeys(map(json_records.clean, plain), pl.String),
    )
    path = image_column.choose(frame, file.folder, images.known, images.config)
    others = [name for name in plain if name not in (path.name, where.width, where.height)]
    split = split_column.choose(frame.select(name for name in others if name in frame.columns), images.config)
    label, number = class_columns(others, images.config)
    if label is None:
        label, number = number, None
    base = _base(items, frame[path.name], where, split)
    found = list(problems)
    rows, form = _rows(items, base, _Keys(where, label, number, split), file.path, found)
    if not rows["is_box"].any():
        raise NotUsableError("no box")
    words = f"paths in {quoted(path.name)}; boxes in {', '.join(where.edges)}"
    return BoxTable(file.path, file.folder, rows, tuple(map(columns.plain, keys)), form, "xywh", words, found)


def _base(items: Sequence[Item], cells: pl.Series, where: Columns, split: str | None) -> pl.DataFrame:
    """What each record says of its image."""
    values = [item.value for item in items]
    return pl.DataFrame(
        {
            "cell": cells,
            "line": [item.line for item in items],
            "record": [item.pointer for item in items],
            "width": [None if where.width is None else _as_number(value.get(where.width)) for value in values],
            "height": [None if where.height is None else _as_number(value.get(where.height)) for value in values],
            "split": [None if split is None else text_of(value.get(split)) for value in values],
        },
        schema={name: ROWS[name] for name in ("cell", "line", "record", "width", "height", "split")},
    )


def _rows(
    items: Sequence[Item], base: pl.DataFrame, keys: _Keys, file: str, problems: list[Problem]
) -> tuple[pl.DataFrame, str | None]:
    """A row an object, and the form that most of them have; objects that cannot be read are problems."""
    forms: dict[str | None, int] = defaultdict(int)
    objects = Objects(file, problems)
    for order, item in enumerate(items):
        at = item.pointer or ""
        if len(keys.boxes.edges) == 1:
            at = f"{at}/{step(keys.boxes.edges[0])}"
        try:
            found = _things(item.value, keys)
        except (ValueError, RecursionError) as error:
            reason = str(error) if isinstance(error, ValueError) else "nested too deeply"
            problems.append(Problem("syntax", Place(file, item.line, None, at or None), reason, "boxes of 4 numbers"))
            continue
        for thing in found:
            forms[thing.form] += thing.numbers is not None
        objects.add(found, order, item.line, at)
    return objects.frame(base).drop("order"), max(forms, key=lambda key: forms[key]) if forms else None


def _things(value: dict[str, Any], keys: _Keys) -> list[Thing]:
    """The objects of one record. Raises ValueError and RecursionError where they cannot be read."""
    labels, numbers = (None if key is None else value.get(key) for key in (keys.label, keys.number))
    edges = keys.boxes.edges
    if len(edges) == 1:
        return things(value.get(edges[0]), labels, numbers)
    if all(value.get(edge) is None for edge in edges):
        return []
    return things({edge: value.get(edge) for edge in edges}, labels, numbers)


def _as_number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


__all__ = ["read"]
