"""The Markdown report: deterministic, bounded, and nothing in a name is markup."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from datalint.report import markdown
from tests.report import factory

GOLDEN = Path(__file__).parent / "golden" / "factory.markdown"


def test_golden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: object) -> None:
    monkeypatch.chdir(tmp_path)  # so that the dataset has a name that is the same everywhere
    text = factory.report(tmp_path / "data", extra=("a|b`c.jpg",)).render("markdown")
    if request.config.getoption("--update-golden"):  # type: ignore[attr-defined]
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(text, "utf-8")
    assert text == GOLDEN.read_text("utf-8")


def test_the_same_report_gives_the_same_text(tmp_path: Path) -> None:
    assert factory.report(tmp_path).render("markdown") == factory.report(tmp_path).render("markdown")


def test_no_findings(tmp_path: Path) -> None:
    text = factory.report(tmp_path, rows=[]).render("markdown")
    assert text.startswith("## datalint: no findings\n")
    assert "| severity |" not in text


def test_long_reports_are_cut_and_say_so(tmp_path: Path) -> None:
    long = "x" * 5000
    rows = [
        factory.finding(rule, path=f"{long}{n}.jpg", message=long, related=[long] * 9)
        for rule in factory.RULES
        for n in range(200)
    ]
    report = factory.report(tmp_path, rows=rows)
    report.rules_not_run = tuple(
        type(report.rules_not_run[0])(f"AB{n:03d}", f"rule-{n}", f"reason {n} {long}") for n in range(400)
    )
    text = report.render("markdown")
    assert len(text) <= markdown.LIMIT
    assert len(text.encode()) < 2**20
    assert "The rest was cut" in text


def test_hostile_names_are_inert(tmp_path: Path) -> None:
    hostile = "`x`|<img src=x onerror=alert(1)>\n## owned @everyone\u202e.jpg"
    rows = [factory.finding(factory.RULES[0], path=hostile, subject=hostile, message=f"labelled {hostile}")]
    text = factory.report(tmp_path, rows=rows).render("markdown")
    html = MarkdownIt("commonmark").enable("table").render(text)
    assert "<img" not in html
    assert "<h2>owned" not in html
    assert html.count("<h2>") == 1
    assert "\u202e" not in text


@given(st.text(max_size=60))
def test_code_spans_hold_any_text(value: str) -> None:
    html = MarkdownIt("commonmark").render(f"- {markdown.code(value)}")
    assert re.fullmatch(r"<ul>\n<li><code>[^<]*</code></li>\n</ul>\n", html)


@given(st.text(max_size=60))
def test_text_makes_no_markup(value: str) -> None:
    html = MarkdownIt("commonmark").enable("table").render(f"x {markdown.text(value)} x")
    assert set(re.findall(r"</?(\w+)", html)) == {"p"}


@given(st.text(max_size=60))
def test_text_is_one_table_cell(value: str) -> None:
    html = MarkdownIt("commonmark").enable("table").render(f"| a | b |\n|---|---|\n| {markdown.text(value)} | end |")
    assert html.count("<td>") == 2
