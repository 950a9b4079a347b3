"""A table put in order a column at a time: as if it were sorted whole."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from datalint.judge.columns import Columns

KIND = pl.Enum(["worse", "bad"])
SCHEMA = pl.Schema(
    {"kind": KIND, "path": pl.String(), "line": pl.UInt32(), "named": pl.List(pl.String()), "said": pl.String()}
)
ROWS = st.tuples(
    st.sampled_from(["bad", "worse"]),
    st.sampled_from(["b", "a", "ä", None]),
    st.none() | st.integers(0, 2),
    st.lists(st.sampled_from("xyz"), max_size=2),
    st.sampled_from(["no", "yes", "perhaps"]),
)


@given(pieces=st.lists(st.lists(ROWS, max_size=8), max_size=4))
def test_pieces_are_sorted_as_a_whole(pieces: list[list[tuple[object, ...]]]) -> None:
    columns = Columns(SCHEMA)
    frames = [pl.DataFrame(rows, schema=SCHEMA, orient="row") for rows in pieces]
    for frame in frames:
        columns.add(frame)
    whole = pl.concat([pl.DataFrame(schema=SCHEMA), *frames])
    assert columns.height == whole.height
    assert columns["path"].equals(whole["path"])
    found = columns.by(["kind", "path", "line"], ties=("said",))
    expected = whole.sort(["kind", "path", "line", "said"], nulls_last=True, maintain_order=True)
    assert found.schema == SCHEMA
    assert found.equals(expected)


def test_by_what_stands_beside() -> None:
    columns = Columns({"path": pl.String})
    columns.add(pl.DataFrame({"path": ["a", "b", "c"]}))
    assert columns.by([pl.Series([2, 1, 1]), "path"])["path"].to_list() == ["b", "c", "a"]


def test_columns_without_a_value() -> None:
    columns = Columns({"path": pl.String, "line": pl.UInt32})
    columns.add(pl.DataFrame({"path": [None, None], "line": [None, None]}))
    assert columns.by(["path", "line"]).rows() == [(None, None), (None, None)]


def test_nothing_known_to_order_by() -> None:
    columns = Columns({"path": pl.String, "said": pl.String})
    columns.add(pl.DataFrame({"path": [None, None], "said": ["yes", "no"]}, schema_overrides={"path": pl.String}))
    assert columns.by(["path"])["said"].to_list() == ["yes", "no"]
