"""The JSON report is made finding by finding, and is what it would be as a whole."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from tests.report import factory
from tests.report.test_jsonl import report


@pytest.mark.parametrize("count", [0, 1, 3])
def test_pieces_are_the_document(count: int) -> None:
    made = report(count)
    whole = json.dumps(made.document(), ensure_ascii=False, allow_nan=False, indent=1) + "\n"
    assert "".join(made.parts("json")) == whole


def test_names_of_any_kind(tmp_path: Path) -> None:
    made = factory.report(tmp_path)
    made.findings = made.findings.with_columns(message=pl.lit('a\nline, "[]" and \u2028 a 画'), subject=pl.lit("[]"))
    whole = json.dumps(made.document(), ensure_ascii=False, allow_nan=False, indent=1) + "\n"
    assert made.render("json") == whole


def test_it_begins_before_the_last_finding_is_looked_at() -> None:
    made = report(3)
    made.findings = made.findings.with_columns(
        data=pl.when(pl.col("id") == "2").then(pl.lit("no JSON")).otherwise("data")
    )
    pieces = made.parts("json")
    assert '"schema": "datalint/report/v1"' in next(pieces)
    assert '"id": "0"' in next(pieces)
