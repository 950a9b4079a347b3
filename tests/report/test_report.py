"""The report as a Python object."""

from __future__ import annotations

from pathlib import Path

from tests.report import factory


def test_it_is_short_where_it_is_shown(tmp_path: Path) -> None:
    report = factory.report(tmp_path / "data")
    assert repr(report).startswith(f"<Report of {report.root_name}: 60 images, {report.counts['error']} errors, ")
    assert len(repr(report)) < 200 + len(report.root_name)
    assert repr(report.dataset) == f"<Dataset of {report.dataset.root}: 60 images, 60 labels>"


def test_its_length_is_that_of_its_findings(tmp_path: Path) -> None:
    report = factory.report(tmp_path / "data")
    assert len(report) == len(list(report)) == report.findings.height
    empty = factory.report(tmp_path / "none", rows=[])
    assert len(empty) == 0
    assert bool(empty), "a report without findings is still one"
    assert "0 errors" in repr(empty)


def test_a_notebook_shows_the_verdict_and_the_worst(tmp_path: Path) -> None:
    report = factory.report(tmp_path / "data", extra=(factory.HOSTILE,))
    shown = report._repr_html_()
    assert "errors to fix before training" in shown
    assert "DL701" in shown
    assert "data:image/" in shown
    assert len(shown) < 300_000
    assert "<script" not in shown
    assert "onerror=alert(1)>" not in shown


def test_a_notebook_shows_a_report_without_findings(tmp_path: Path) -> None:
    shown = factory.report(tmp_path / "none", rows=[])._repr_html_()
    assert "No findings" in shown
    assert "<img" not in shown
