"""Parquet files that the reader does not survive."""

from __future__ import annotations

import polars as pl
import pytest

from datalint.dataset.containers.parquet import guarded
from datalint.dataset.containers.records import NotRecordsError


def test_a_panic_is_told_in_the_same_words_each_time() -> None:
    def panics() -> None:
        raise pl.exceptions.PanicException(
            "called `Result::unwrap()` on an `Err` value: JoinError::Panic(Id(152), ...)"
        )

    with pytest.raises(NotRecordsError) as caught:
        guarded(panics)
    assert str(caught.value) == "it cannot be read as Parquet: the reader fails on it"
