"""What stands in place of an answer where the probe has none. Nothing heavy is imported for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from datalint.dataset import ProbeOutcome, schema

if TYPE_CHECKING:
    from datalint.dataset import Dataset, Lack
    from datalint.probe.task import AbstainError


def abstain(data: Dataset, error: AbstainError) -> None:
    """Set the tables of a probe that has nothing to say, and why."""
    data.tables["probe"], data.probe_outcome = nothing(data), without(str(error), error.lack)


def without(reason: str, lack: Lack | None) -> ProbeOutcome:
    """The outcome of a probe that did not run, for this reason."""
    return ProbeOutcome(ran=False, reason=reason, lacked=(lack,) if lack else ())


def nothing(data: Dataset) -> pl.DataFrame:
    """Every image, not assessed."""
    given = (
        data.table("labels").filter(pl.col("image").is_not_null()).unique("image", keep="first", maintain_order=True)
    )
    images = data.table("images").select("image", "path")
    named = images.join(
        given.select("image", pl.col("class").alias("given")), on="image", how="left", maintain_order="left"
    )
    return schema.conform("probe", named.with_columns(pl.lit("not-assessed").alias("tier")))


__all__ = ["abstain", "nothing", "without"]
