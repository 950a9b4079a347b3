"""How far a finding is from what is right, as a score from 0 (at the limit) to 1 (as far as can be)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import Expr


def above(value: Expr, limit: float | Expr) -> Expr:
    """The score of a value above its limit: a half at twice the limit."""
    return below(pl.lit(limit) if isinstance(limit, int | float) else limit, value)


def below(value: Expr, limit: float | Expr) -> Expr:
    """The score of a value below its limit: a half at half the limit, 1 at zero."""
    share = value.cast(pl.Float64) / limit
    return (1 - share.fill_nan(None)).fill_null(1.0).clip(0.0, 1.0).alias("score")


def apart(one: Expr, other: Expr) -> Expr:
    """The score of two sizes that should be equal: a half where one is twice the other."""
    return below(pl.min_horizontal(one, other), pl.max_horizontal(one, other))
