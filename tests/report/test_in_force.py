"""The config in force, in every report that names it: what it says, and that nothing in it is more than text."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from datalint.config.settings import Revision
from datalint.finding import Accepted, NotRun
from datalint.judge.in_force import Change, InForce
from datalint.report import Report, in_force
from tests.report import factory

HOSTILE = "</script><img src=x onerror=alert(1)> `x` **b**\n::error::owned\r##[error]owned \x1b[2J | @name"
NAMING = ("text", "json", "markdown", "html", "sarif", "github")


def report(root: Path, word: str = "DL204") -> Report:
    made = factory.report(root, rows=[])
    made.settings = InForce(
        root / "datalint.toml",
        Revision("main", "a" * 40, root),
        (f"ignores {word}", "accepts 3 findings"),
        Change((f"excludes {word}",), ("classes",), root / "datalint.toml"),
    )
    made.acceptances = (Accepted("DL103", "empty-file", 3, (f"{word}.png",)),)
    made.rules_not_run = (NotRun(None, f"{word}.py", f"not trusted: datalint trust {word}"),)
    return made


@pytest.mark.parametrize("form", NAMING)
def test_every_report_names_it(tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = report(tmp_path)
    assert in_force.line(made) == "config: datalint.toml of main (ignores DL204, accepts 3 findings)"
    change = "this change loosens: excludes DL204; it also sets classes; the scan used the settings of main"
    assert in_force.notice(made) == change
    text = made.render(form)
    if form == "json":
        assert json.loads(text)["settings"] == {
            "config": "datalint.toml",
            "revision": {"name": "main", "commit": "a" * 40},
            "effects": ["ignores DL204", "accepts 3 findings"],
            "change": {"loosens": ["excludes DL204"], "also": ["classes"]},
        }
        assert json.loads(text)["summary"]["accepted_by_code"] == {"DL103": 3}
    else:
        assert in_force.line(made) in text
        assert change in text


def test_the_exit_code_does_not_hang_on_it(tmp_path: Path) -> None:
    made = report(tmp_path)
    made.config = made.config.merged(fail_on="note")
    assert made.exit_code == 0


@pytest.mark.parametrize("form", ["text", "json", "jsonl", "markdown", "html", "sarif", "github", "gitlab", "junit"])
def test_nothing_in_it_is_more_than_text(tmp_path: Path, form: str) -> None:
    text = report(tmp_path, HOSTILE).render(form)
    assert "\x1b" not in text
    if form == "html":
        assert "<img src=x" not in text
    elif form == "markdown":
        page = MarkdownIt("commonmark", {"html": True}).render(text)
        assert "<img" not in page
        assert "<strong>b" not in page
    elif form == "github":
        assert [line for line in text.splitlines() if line.startswith("::error")] == []
        plain = [line for line in text.splitlines() if not line.startswith("::")]
        assert not any("##[" in line for line in plain)
    elif form in ("json", "sarif", "gitlab"):
        json.loads(text)
    elif form == "junit":
        ElementTree.fromstring(text)


def test_without_a_config_nothing_is_said(tmp_path: Path) -> None:
    made = factory.report(tmp_path, rows=[])
    assert in_force.line(made) == in_force.notice(made) == ""
    assert made.document()["settings"] is None
    for form in NAMING[:4]:
        assert "config:" not in made.render(form)
        assert "Accepted" not in made.render(form)
