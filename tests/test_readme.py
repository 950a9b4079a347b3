"""What the README shows works: its Python, its settings, its links."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import pytest

from datalint import scan
from datalint.catalogue.registry import load, select
from datalint.config.settings import parse
from datalint.report.text import render

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


SNIPPETS = [block for block in blocks("python") if not block.startswith("# ")]
FILES = {block.split("\n")[0][2:]: block for block in blocks("python") if block.startswith("# ")}
SETTINGS = blocks("toml")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dataset called `data` in the current folder."""
    shutil.copytree(ROOT / "fixtures" / "datasets" / "labels", tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


@pytest.mark.parametrize("snippet", SNIPPETS, ids=range(len(SNIPPETS)))
def test_python(snippet: str, data: Path) -> None:
    namespace: dict[str, object] = {"__name__": "readme"}
    exec(compile(snippet, "README.md", "exec"), namespace)
    assert "report" in namespace


def test_own_rule(data: Path) -> None:
    ((name, text),) = FILES.items()
    (data / name).parent.mkdir(parents=True)
    (data / name).write_text(text, "utf-8")
    (settings,) = [block for block in SETTINGS if name in block]
    (data / "datalint.toml").write_text(settings, "utf-8")
    (data / "images" / "000.jpg").write_bytes((data / "images" / "000.jpg").read_bytes()[:800])
    report = scan(data, select=["OUR"], jobs=0, allow_plugins=True)
    assert [(finding.code, finding.path, finding.message) for finding in report] == [
        ("OUR001", "images/000.jpg", "the file has 800 bytes")
    ]
    assert not [rule for rule in report.rules_not_run if rule.crashed]


@pytest.mark.parametrize("block", SETTINGS, ids=range(len(SETTINGS)))
def test_settings(block: str) -> None:
    config = parse(tomllib.loads(block), ROOT / "datalint.toml")
    select(config, load(config.merged(isolated=True)))  # rules and options exist


def test_links() -> None:
    named = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_two_commands_stand_there() -> None:
    assert (
        "$ python -m pip install '.[probe]' && datalint scan fixtures/datasets/demo --format html=report.html\n"
        in README
    )
    assert "$ python -m pip install '.[probe,dev]' && python -m pytest\n" in README
    assert "pip install datalint" not in README


def test_the_terminal_shows_what_a_scan_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shortened, and with the probe: the plan and the end are held, word for word."""
    sample = README.partition("<!-- terminal -->")[2].partition("<!-- end of terminal -->")[0]
    monkeypatch.chdir(ROOT)
    report = scan("fixtures/datasets/demo", ignore=["DL9"])
    said = render(report)
    plan = sample.partition("\n10 errors")[2].partition("\n\n")[0]
    assert plan.count("\n  ") > 10
    assert f"\n10 errors{plan}\n" in said
    assert sample.partition("\nNext")[2].removesuffix("```\n") in said
    assert "error   DL701 split-leak  2 of 103 test images\n" in said
