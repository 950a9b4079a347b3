"""Plain English: the worst habits stay out of what users and contributors read."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from datalint.catalogue.registry import load
from datalint.config.settings import Config
from datalint.dataset.schema import TABLES
from datalint.rule import Rule

ROOT = Path(__file__).resolve().parent.parent
RULES = [entry.rule for entry in load(Config(isolated=True))]
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md"])
#: Modules whose every text, comment aside, is held to it.
MODULES = sorted([*(ROOT / "rules").rglob("*.py"), *(ROOT / "datalint").glob("report/**/*.py")])
MODULES += [*sorted((ROOT / "datalint" / "probe").glob("*.py")), ROOT / "datalint" / "git.py"]

#: What is wrong, and what to write instead. "There is no" and "no longer" are plain.
HABITS = {
    r"(?<![Tt]here )\b(?:is|are|was|were) no (?!longer\b|more than\b|better\b|worse\b|matter what\b)\w+": "is not a",
    r"\b(?:is|are|was|were|be) told\b(?! apart)": "is reported",
    r", too(?=[.;:)\n]|$)": "also",
    r"\bmend(?:s|ed|ing)?\b": "fix",
    r"\bhangs? on\b": "depends on",
    r"\b(?:see|look) whether\b": "say what to do",
    r"\bwithout a word\b": "silently",
    r"\btak(?:e|es|en|ing) back\b": "accept",
}


def habits(text: str) -> list[str]:
    """The bad habits in a text, with the better words; what stands between backticks is quoted and does not count."""
    prose = re.sub(r"```.*?```|`[^`\n]*`", "`", text, flags=re.DOTALL)
    prose = re.sub(r"[ \t]*\n[ \t]*(?=\S)", " ", prose)
    return [f"{found[0]!r}: {better}" for habit, better in HABITS.items() for found in re.finditer(habit, prose)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.name))
def test_rules(rule: type[Rule]) -> None:
    options = [option.doc for option in rule.options.values()]
    assert [found for text in (rule.message, rule.hint, rule.page(), *options) for found in habits(text)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages(page: Path) -> None:
    assert habits(page.read_text("utf-8")) == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(ROOT)))
def test_texts_of_modules(module: Path) -> None:
    assert [(line, found) for line, text in texts(module) for found in habits(text)] == []


def test_columns() -> None:
    meanings = [column.meaning for columns in TABLES.values() for column in columns]
    assert [found for meaning in meanings for found in habits(meaning)] == []


def texts(module: Path) -> Iterator[tuple[int, str]]:
    """Every text in a module, docstrings among them, with its line."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


@pytest.mark.parametrize(
    "bad",
    [
        "this is no number",
        "masks are no images of the dataset",
        "others are told",
        "this picture is in train, too",
        "a leak, too.",
        "mend the record",
        "what hangs on\nthe content",
        "see whether it belongs here",
    ],
)
def test_the_habits_are_known(bad: str) -> None:
    assert habits(bad)


@pytest.mark.parametrize(
    "good",
    [
        "there is no image",
        "an entry that is no longer used",
        "too large, too small, or neither",
        "recommended",
        "the switch `is no number` in a quote",
        "a rule that can be told apart from others",
    ],
)
def test_plain_words_pass(good: str) -> None:
    assert habits(good) == []
