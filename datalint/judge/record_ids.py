"""The ids that label files give their objects: people look for annotation 2457, not for the 2,456th of a list."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import polars as pl

from datalint.finding import RECORD_ID

if TYPE_CHECKING:
    from datalint.dataset import Dataset

_PLACE = ["file", "pointer"]


def with_record_ids(findings: pl.DataFrame, data: Dataset) -> pl.DataFrame:
    """`findings` whose data hold the id of the object that each points to, where its label file gives it one."""
    known = data.table("boxes").filter(pl.col("id").is_not_null(), pl.col("pointer").is_not_null())
    if known.is_empty() or findings.is_empty():
        return findings
    record = pl.col("pointer").str.extract(r"^(/[^/]*/\d+)(?:/|$)")  # the place may be within it
    asked = findings.with_row_index("row").filter(scope="record")
    places = asked.select("row", "file", record.alias("pointer")).drop_nulls()
    ids = known.join(places, on=_PLACE, how="semi").select(*_PLACE, "id").unique(_PLACE)
    found = places.join(ids, on=_PLACE)
    if found.is_empty():
        return findings
    values = findings["data"].to_list()
    for row, identity in found.select("row", "id").iter_rows():
        values[row] = json.dumps({RECORD_ID: identity, **json.loads(values[row])}, ensure_ascii=False)
    return findings.with_columns(pl.Series("data", values, pl.String))
