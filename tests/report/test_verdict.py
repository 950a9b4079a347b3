"""The verdict: one sentence that does not call known errors none."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from datalint.finding import NotRun
from datalint.report.verdict import sentence, verdict
from tests.report import factory


@pytest.mark.parametrize(
    ("new", "known", "tone", "title"),
    [
        (("error", "warning", "note"), (), "error", "11 errors to fix before training"),
        (("warning", "note"), (), "warning", "No errors, 66 warnings to review"),
        ((), (), "good", "No findings"),
        (("warning",), ("error",), "warning", "66 new warnings to review; 11 known errors in the baseline"),
        (("error",), ("warning",), "error", "11 new errors to fix before training"),
        ((), ("error", "warning"), "warning", "Nothing new; 11 known errors in the baseline"),
        ((), ("warning",), "good", "No new findings"),
        (("warning",), ("note",), "warning", "No new errors, 66 new warnings to review"),
    ],
)
def test_what_is_new_and_what_is_known(
    tmp_path: Path, new: tuple[str, ...], known: tuple[str, ...], tone: str, title: str
) -> None:
    report = factory.report(tmp_path)
    status = pl.when(pl.col("severity").is_in(known)).then(pl.lit("baselined")).otherwise(pl.lit("new"))
    report.findings = report.findings.filter(pl.col("severity").is_in([*new, *known])).with_columns(status=status)
    told = verdict(report)
    assert (told.tone, told.title) == (tone, title)
    assert title in report.render("html")
    if "error" in known:
        for kind in ("text", "markdown", "html"):
            page = report.render(kind)
            assert "known error" in page, kind
            assert "No errors" not in page, kind
            assert "\n0 errors" not in page, kind


def test_it_names_the_first_step(tmp_path: Path) -> None:
    report = factory.report(tmp_path)
    assert sentence(report, report.plan) == f"11 errors to fix before training. First: {report.plan[0].what}"
    assert sentence(factory.report(tmp_path / "none", rows=[]), ()) == "No findings"


def test_a_crash_is_said_first(tmp_path: Path) -> None:
    report = factory.report(tmp_path, rows=[])
    report.rules_not_run = (NotRun("DL101", "unreadable-image", "crashed: x", crashed=True),)
    assert verdict(report)[:2] == ("error", "The scan did not finish: 1 rule crashed")
