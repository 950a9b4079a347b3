"""Shares of splits, as people write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from datalint.splitting.ratios import SplitError, shares


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("80/10/10", {"train": 0.8, "val": 0.1, "test": 0.1}),
        ("0.75/0.25", {"train": 0.75, "val": 0.25}),
        ("train=3,test=1", {"train": 0.75, "test": 0.25}),
        ((1, 1, 0), {"train": 0.5, "val": 0.5}),
        ({"a": 1, "b": 3}, {"a": 0.25, "b": 0.75}),
    ],
)
def test_they_are_shares_of_one(said: str | Sequence[float] | Mapping[str, float], meant: dict[str, float]) -> None:
    assert shares(said) == meant


@pytest.mark.parametrize(
    "said",
    ["", "80", "80/10/5/5", "80/x", "train=8", "train=8,train=2", "-1/2", "nan/1", "inf/1", "0/0", "a/b=1,c=2", 7],
)
def test_what_is_not_that(said: str) -> None:
    with pytest.raises(SplitError):
        shares(said)
