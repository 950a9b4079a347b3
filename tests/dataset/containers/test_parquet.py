"""Parquet files that unpack to far more than they weigh, and footers that are not what they seem."""

from __future__ import annotations

import struct
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalint.dataset.containers import parquet, parquet_footer
from datalint.dataset.containers.limits import ALWAYS_UNPACKED, MOST_COLUMNS, MOST_FOOTER, TooMuchError
from datalint.dataset.containers.parquet_footer import FooterError
from datalint.dataset.containers.records import NotRecordsError
from datalint.workers import Allowance, WorkerLost, call

if TYPE_CHECKING:
    from collections.abc import Mapping


def packed(columns: Mapping[str, Any], **options: Any) -> bytes:
    out = BytesIO()
    pl.DataFrame(columns).write_parquet(out, **options)
    return out.getvalue()


SMALL = packed({"path": ["a.jpg", "b.jpg", None], "n": [1, 2, 3], "tags": [["x"], [], ["y", "z"]]})


def test_the_footer_says_what_is_in_the_file() -> None:
    footer = parquet_footer.read(SMALL)
    assert footer.rows == 3
    assert [(column.name, column.values) for column in footer.columns] == [("path", 3), ("n", 3), ("tags", 4)]
    assert all(0 < column.unpacked < 1000 for column in footer.columns)
    groups = packed({"path": [f"{n}.jpg" for n in range(100)]}, row_group_size=10)
    assert parquet_footer.read(groups).columns[0].values == 100


def test_equal_rows_by_the_million_are_refused_with_the_figures() -> None:
    data = packed(
        {"path": pl.repeat("a.jpg", 20_000_000, eager=True), "label": pl.repeat("cat", 20_000_000, eager=True)}
    )
    assert len(data) < 1 << 20
    with pytest.raises(TooMuchError) as caught:
        parquet.read(data, "t.parquet")
    reason = caught.value.problem.reason
    assert reason.startswith("20,000,000 rows unpack to 64")
    assert reason.endswith(f"from a file of {len(data):,}")
    assert caught.value.problem.expected == f"at most {ALWAYS_UNPACKED:,} bytes"


@pytest.mark.parametrize("nested", [False, True])
def test_long_texts_that_are_packed_well_are_refused(nested: bool) -> None:
    """A dictionary holds the text once, and its footer knows no more than that."""
    text = pl.repeat("x" * 1_000_000, 1000, eager=True)
    column = pl.DataFrame({"label": text}).select(pl.struct("label")).to_series() if nested else text
    data = packed({"path": pl.repeat("a.jpg", 1000, eager=True), "label": column})
    assert len(data) < 1 << 20
    with pytest.raises(TooMuchError, match="rows unpack to"):
        parquet.items(data, "t.parquet") if nested else parquet.read(data, "t.parquet")


def test_a_footer_that_plays_it_down_does_not_help(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is unpacked is counted, a slice of rows at a time."""
    footer = parquet_footer.read

    def modest(data: bytes) -> parquet_footer.Footer:
        said = footer(data)
        return said._replace(columns=[column._replace(values=1, unpacked=1) for column in said.columns])

    rows: list[int] = []
    collect = pl.LazyFrame.collect

    def counted(frame: pl.LazyFrame) -> pl.DataFrame:
        found = collect(frame)
        rows.append(found.height)
        return found

    data = packed({"path": pl.repeat("a.jpg", 20_000_000, eager=True)})
    monkeypatch.setattr(parquet_footer, "read", modest)
    monkeypatch.setattr(pl.LazyFrame, "collect", counted)
    with pytest.raises(TooMuchError, match=r"[\d,]+ of 20,000,000 rows unpack to"):
        parquet.read(data, "t.parquet")
    assert sum(rows) < 15_000_000


def test_files_that_unpack_to_what_they_hold_are_read() -> None:
    data = packed({"path": [f"images/{n:07}.jpg" for n in range(300_000)], "label": ["cat", "dog", "fox"] * 100_000})
    records = parquet.read(data, "t.parquet")
    assert records.frame.height == 300_000
    assert records.frame["label"][299_999] == "fox"
    assert records.lines[-1] == 300_000


def test_another_table_that_is_too_large_is_no_finding() -> None:
    """Without a column of names, as a file of features; the reason is given all the same."""
    data = packed({"feature": pl.repeat(1.5, 20_000_000, eager=True)})
    with pytest.raises(NotRecordsError, match="rows unpack to") as caught:
        parquet.read(data, "t.parquet")
    assert not isinstance(caught.value, TooMuchError)


def test_too_many_columns_are_refused() -> None:
    data = packed({"path": ["a.jpg"], **{f"c{n}": [n] for n in range(MOST_COLUMNS)}})
    with pytest.raises(NotRecordsError, match=r"a table of 16,385 columns|a description of"):
        parquet.read(data, "t.parquet")


def test_a_footer_that_is_too_large_is_not_read() -> None:
    data = b"PAR1" + bytes(MOST_FOOTER + 1) + struct.pack("<I", MOST_FOOTER + 1) + b"PAR1"
    with pytest.raises(FooterError, match="a description of"):
        parquet_footer.read(data)


@pytest.mark.parametrize(
    "footer",
    [
        b"",
        b"\x19\xfc" + b"\xff" * 9 + b"\x01",  # a list of 2^60 structs
        b"\x1c" * 1000,  # structs in structs
        b"\x16" + b"\xff" * 20,  # a number without an end
        b"\x18\xff\xff\xff\xff\x07",  # a text longer than the file
        b"\x1b\x01",  # a map
    ],
)
def test_broken_footers_are_refused(footer: bytes) -> None:
    data = b"PAR1" + footer + struct.pack("<I", len(footer)) + b"PAR1"
    with pytest.raises(FooterError):
        parquet_footer.read(data)
    with pytest.raises(NotRecordsError):
        parquet.read(data, "t.parquet")


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2000), st.integers(0, 255))
def test_no_changed_byte_breaks_the_reader(at: int, byte: int) -> None:
    """In a worker, as files are read: asked for more memory than there is, Polars ends the process."""
    data = bytearray(SMALL)
    data[at % len(data)] = byte
    with suppress(WorkerLost):
        assert call(_is_read_or_refused, bytes(data), Allowance(60, 8 << 30))


def _is_read_or_refused(data: bytes) -> bool:
    try:
        records = parquet.read(data, "t.parquet")
    except NotRecordsError:
        return True
    return len(records.lines) == records.frame.height


def test_a_panic_is_told_in_the_same_words_each_time() -> None:
    def panics() -> None:
        raise pl.exceptions.PanicException(
            "called `Result::unwrap()` on an `Err` value: JoinError::Panic(Id(152), ...)"
        )

    with pytest.raises(NotRecordsError) as caught:
        parquet.guarded(panics)
    assert str(caught.value) == "it cannot be read as Parquet: the reader fails on it"
