"""The Python and the settings that the README and the pages show work, and the README's links lead somewhere."""

from __future__ import annotations

import re
import shutil
import textwrap
import tomllib
from pathlib import Path

import pytest

from datalint import scan
from datalint.catalogue.registry import load, select
from datalint.config.settings import parse

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text("utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs" / "recipes").glob("*.md"))]
#: Needs a cluster, or the datasets of the reader: tests/executors, tests/dataset/test_handed.py.
ELSEWHERE = ("cluster.md", "sources.md")


def blocks(language: str) -> dict[str, str]:
    """`page:number` -> the text of a code block."""
    found = {}
    for page in PAGES:
        text = page.read_text("utf-8")
        for number, block in enumerate(
            re.findall(rf"^ *```{language}\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL), start=1
        ):
            found[f"{page.name}:{number}"] = textwrap.dedent(block)
    return found


PYTHON = {name: block for name, block in blocks("python").items() if not name.startswith(ELSEWHERE)}
SNIPPETS = {name: block for name, block in PYTHON.items() if not block.startswith("# ")}
FILES = {block.split("\n")[0][2:]: block for block in PYTHON.values() if block.startswith("# ")}
SETTINGS = blocks("toml")


def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> Path:
    """A dataset called `data` in the current folder."""
    shutil.copytree(ROOT / "fixtures" / name, tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


@pytest.mark.parametrize("name", SNIPPETS)
def test_python(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data(tmp_path, monkeypatch, "split-leak/bad")
    namespace: dict[str, object] = {"__name__": "page"}
    exec(compile(SNIPPETS[name], name, "exec"), namespace)
    assert namespace.keys() - {"__name__", "__builtins__"}


def test_own_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = data(tmp_path, monkeypatch, "datasets/labels")
    ((name, text),) = FILES.items()
    (root / name).parent.mkdir(parents=True)
    (root / name).write_text(text, "utf-8")
    (settings,) = [block for block in SETTINGS.values() if name in block]
    (root / "datalint.toml").write_text(settings, "utf-8")
    (root / "images" / "000.jpg").write_bytes((root / "images" / "000.jpg").read_bytes()[:800])
    report = scan(root, select=["OUR"], jobs=0, allow_plugins=True)
    assert [(finding.code, finding.path, finding.message) for finding in report] == [
        ("OUR001", "images/000.jpg", "the file has 800 bytes")
    ]
    assert not [rule for rule in report.rules_not_run if rule.crashed]


@pytest.mark.parametrize("name", SETTINGS)
def test_settings(name: str) -> None:
    config = parse(tomllib.loads(SETTINGS[name]), ROOT / "datalint.toml")
    select(config, load(config.merged(isolated=True)))  # rules and options exist


def test_links() -> None:
    named = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_two_commands_stand_there() -> None:
    assert (
        "$ python -m pip install '.[probe]' && datalint scan fixtures/datasets/demo --format html=report.html\n"
        in README
    )
    assert "$ python -m pip install '.[probe,dev]' && python -m pytest -n auto\n" in README
    assert "pip install datalint" not in README
