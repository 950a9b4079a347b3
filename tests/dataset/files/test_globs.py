"""Patterns name what a regular expression made of them would name, and none of them takes longer than its path."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from datalint.dataset.files import globs
from datalint.dataset.files.globs import Globs


def expression(pattern: str) -> str:
    """What a pattern means, for an engine that tries one way after the other."""
    pattern = pattern.replace("\\", "/").removeprefix("./").rstrip("/")
    if "/" not in pattern:
        pattern = f"**/{pattern}"
    pattern = pattern.removeprefix("/")
    if pattern.endswith("/**"):
        pattern = pattern.removesuffix("/**")
    made = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    found = ""
    for token in re.findall(r"\*\*/|\*\*|\*|\?|\[[!^]?[^]][^]]*\]|(?s:.)", pattern):
        if len(token) > 1 and token[0] == "[":
            inside = token[1:-1].replace("[", r"\[")
            found += f"[^{inside[1:]}]" if inside[0] in "!^" else f"[{inside}]"
        else:
            found += made.get(token) or re.escape(token)
    return found


PATTERNS = st.lists(st.text("ab/*?[]!^-.\\", max_size=9), max_size=3)


@pytest.mark.filterwarnings("ignore:Possible set:FutureWarning")  # of the expression that it is compared with
@settings(deadline=None)
@given(patterns=PATTERNS, path=st.text("ab/-.\n", max_size=9))
@example(patterns=["**/*a", "a?/**"], path="ab/b")
@example(patterns=["[a-b]*[!a]"], path="a/b")
def test_a_pattern_names_what_its_expression_matches(patterns: list[str], path: str) -> None:
    try:
        expected = re.compile("|".join(f"(?:{expression(pattern)})" for pattern in patterns) or "(?!)", re.DOTALL)
    except re.error:
        assume(False)
    found = Globs(patterns)
    assert found.names(path) is (expected.fullmatch(path) is not None)
    assert found.names(path) is found.names(path)
    parts = path.split("/")
    above = ("/".join(parts[:length]) for length in range(1, len(parts) + 1))
    assert found.cover(path) is any(expected.fullmatch(part) is not None for part in above)


@pytest.mark.parametrize(
    ("pattern", "named", "not_named"),
    [
        ("*.bak", ["a.bak", "x/a.bak"], ["a.bak/x", "a.jpg"]),
        ("raw/**", ["raw"], ["raw/a", "x/raw"]),
        ("x/**/a?.jpg", ["x/a1.jpg", "x/y/z/a1.jpg"], ["a1.jpg", "x/a.jpg"]),
        ("[!]a].jpg", ["b.jpg"], ["a.jpg", "].jpg"]),
        ("[b-a]", [], ["a", "b", "[b-a]"]),
        ("[ab", ["[ab"], ["a"]),
    ],
)
def test_what_patterns_mean(pattern: str, named: list[str], not_named: list[str]) -> None:
    found = Globs([pattern])
    assert [path for path in [*named, *not_named] if found.names(path)] == named
    assert all(found.cover(f"{path}/under/it") for path in named)


@pytest.mark.parametrize(
    "pattern",
    [
        "*a" * 40 + "*b",
        "**/a/" * 40 + "b",
        "**a" * 40 + "b",
        "*?" * 40 + "*b",
        "**/*a*/" * 40 + "b",
    ],
)
@pytest.mark.parametrize("path", ["a" * 250, "a/" * 250 + "c", "/".join(["aa" * 20] * 50)])
def test_no_pattern_takes_longer_than_its_path(pattern: str, path: str) -> None:
    """One way after the other, each of these would take longer than the sun will shine."""
    found = Globs([pattern])
    assert not found.names(path)
    assert not found.cover(path)


def test_a_pattern_that_is_made_for_it_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(globs, "_MOST_STATES", 50)
    pattern = "*a" + "?" * 12 + "b"
    found, expected = Globs([pattern]), re.compile(expression(pattern))
    paths = [f"{number:020b}".replace("0", "a").replace("1", "b") for number in range(0, 1 << 20, 997)]
    assert [found.names(path) for path in paths] == [expected.fullmatch(path) is not None for path in paths]
    assert len(found._steps._states) <= 50
