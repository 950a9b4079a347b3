"""What changed since an earlier report, as each format says it."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from datalint.report import Report
from datalint.report.html import glance
from tests.report import factory


def compared(root: Path) -> Report:
    """Its earlier report had one finding more, did not know two others, and was made by other rules."""
    report = factory.report(root, images=40)
    document = report.document()
    rows = document["findings"]
    gone = {**rows[0], "id": "datalint/v1:gone", "path": factory.HOSTILE, "message": "it was <b>here</b>", "data": {}}
    document["findings"] = [gone, *rows[2:]]
    document["summary"]["rules_run"] = [code for code in document["summary"]["rules_run"] if code != "DL210"] + [
        "DL999"
    ]
    (root / "old.json").write_text(json.dumps(document))
    report.compare(root / "old.json")
    return report


def test_the_terminal_has_it_in_a_few_lines(tmp_path: Path) -> None:
    lines = compared(tmp_path).render("text").splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("Compared"))
    assert lines[first].startswith("Compared  2 new, 1 fixed, ")
    assert lines[first].endswith(f"remaining since {tmp_path.as_posix()}/old.json")
    assert lines[first + 1 : first + 5] == [
        "  new    DL401 label-syntax 2",
        "  fixed  DL401 label-syntax 1",
        "  not compared, as it ran only then: DL999",
        "  not compared, as it ran only now: DL210",
    ]


def test_markdown_has_a_table_and_what_is_fixed(tmp_path: Path) -> None:
    page = compared(tmp_path).render("markdown")
    assert "| DL401 label-syntax | 2 | 1 |  |" in page
    assert "it was &lt;b&gt;here&lt;/b&gt;" in page


def test_the_page_lists_new_and_fixed(tmp_path: Path) -> None:
    report = compared(tmp_path)
    found = glance.compared(report)
    assert found is not None
    assert found["changed"] == [("DL401", "label-syntax", 2, 1, 0, True)]
    assert [row[1] for row in found["listed"]["new"]] == ["DL401", "DL401"]
    page = report.render("html")
    assert "it was &lt;b&gt;here&lt;/b&gt;" in page
    assert factory.HOSTILE not in page
    report.comparison = None
    assert 'id="since"' not in report.render("html")


def test_long_lists_are_cut(tmp_path: Path) -> None:
    report = compared(tmp_path)
    assert report.comparison is not None
    fixed = pl.concat([report.comparison.fixed] * 3000)
    object.__setattr__(report.comparison, "fixed", fixed)
    page = report.render("html")
    assert page.count("it was &lt;b&gt;here") == glance.LISTED
    assert "and 2,900 more; the JSON report has all" in page
    assert "2,990 more fixed" in report.render("markdown")


def test_another_dataset_is_named(tmp_path: Path) -> None:
    report = factory.report(tmp_path, images=40)
    document = report.document()
    document["dataset"]["root"] = "somewhere/else"
    (tmp_path / "old.json").write_text(json.dumps(document))
    report.compare(tmp_path / "old.json")
    assert "the earlier report is of somewhere/else" in report.render("text")
