"""JSON Lines are made line by line."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from datalint import Dataset
from datalint.config.settings import Config
from datalint.finding import FINDINGS
from datalint.report import Report


def report(count: int) -> Report:
    row = dict.fromkeys(FINDINGS) | {"related": ["b.png"], "count": 1, "data": '{"bytes": 3}'}
    row |= dict.fromkeys(("code", "name", "message", "hint"), "é")
    row |= {"severity": "note", "confidence": "low", "scope": "image", "status": "new"}
    findings = pl.DataFrame([row | {"id": str(number)} for number in range(count)], schema=FINDINGS)
    return Report(Dataset(Path("no-such-folder")), Config(isolated=True), findings)


def test_a_line_a_finding(tmp_path: Path) -> None:
    lines = list(report(3).parts("jsonl"))
    assert [json.loads(line)["id"] for line in lines] == ["0", "1", "2"]
    assert all(line.endswith("}\n") for line in lines)
    assert "".join(lines) == report(3).render("jsonl")
    report(3).write("jsonl", tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_text("utf-8") == "".join(lines)


def test_the_first_line_is_there_before_the_last_finding_is_looked_at() -> None:
    findings = report(2)
    findings.findings = findings.findings.with_columns(
        data=pl.when(pl.col("id") == "1").then(pl.lit("no JSON")).otherwise("data")
    )
    assert json.loads(next(findings.parts("jsonl")))["data"] == {"bytes": 3}
