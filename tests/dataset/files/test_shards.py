"""What the names of archives say."""

from __future__ import annotations

import pytest

from datalint.dataset.files import shards


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cats.zip", "cats"),
        ("train.tar.gz", "train"),
        ("train-000012.tar", "train"),
        ("train-00012-of-00100.parquet", "train"),
        ("val_shard_03.tar", "val"),
        ("00012.tar", ""),
        ("7.zip", ""),
        ("class7.zip", "class7"),
    ],
)
def test_a_number_in_a_series_is_no_part_of_the_name(name: str, expected: str) -> None:
    assert shards.plain(name) == expected
