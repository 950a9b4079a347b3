"""The difference as one JSON document (`datalint schema diff` prints its schema)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import polars as pl

from datalint import __version__
from datalint.diff.snapshot import overview_of
from datalint.finding import plain

if TYPE_CHECKING:
    from datalint.diff import Difference


def render(difference: Difference) -> str:
    """Everything, sorted, byte-identical on a re-run."""
    document = {
        "schema": "datalint/diff/v1",
        "tool": {"name": "datalint", "version": __version__},
        **{
            side: {"name": state.name, "dataset": overview_of(state)}
            for side, state in (("old", difference.old), ("new", difference.new))
        },
        "images": None if difference.images is None else _images(difference),
        "findings": {change: _findings(difference.of(change)) for change in ("new", "fixed", "remaining")},
        "not_compared": difference.not_compared,
        "notes": list(difference.notes),
    }
    return json.dumps(plain(document), ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _images(difference: Difference) -> dict[str, list[dict[str, Any]]]:
    def one(frame: pl.DataFrame, side: str) -> list[dict[str, Any]]:
        names = {side: "path", f"{side}_splits": "splits", f"{side}_classes": "classes"}
        return frame.select(pl.col(column).alias(name) for column, name in names.items()).to_dicts()

    def two(frame: pl.DataFrame, what: str = "") -> list[dict[str, Any]]:
        steps = [pl.col(f"old_{what}").alias("from"), pl.col(f"new_{what}").alias("to")] if what else []
        return frame.select("old", "new", *steps).to_dicts()

    return {
        "added": one(difference.added, "new"),
        "removed": one(difference.removed, "old"),
        "changed": two(difference.changed),
        "renamed": two(difference.renamed),
        "moved": two(difference.moved, "splits"),
        "relabelled": two(difference.relabelled, "classes"),
        "redrawn": two(difference.redrawn),
    }


def _findings(findings: pl.DataFrame) -> list[dict[str, Any]]:
    return findings.drop("change").to_dicts()
