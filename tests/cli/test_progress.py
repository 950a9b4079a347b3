"""The progress bar on a terminal."""

from __future__ import annotations

import io
import sys

import pytest

from datalint.cli.progress import bars


class Terminal(io.StringIO):
    """Stderr as a terminal."""

    def isatty(self) -> bool:
        return True


def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    return stream


def test_it_shows_that_it_works_before_anything_can_be_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = terminal(monkeypatch)
    with bars(enabled=True) as progress:
        assert progress is not None
    assert "Reading the labels" in stream.getvalue()


def test_each_stage_has_its_own_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = terminal(monkeypatch)
    with bars(enabled=True) as progress:
        assert progress is not None
        progress("measure", 1_000, 2_000)
        stream.truncate(0)
        progress("judge", 5, 20)
    last = stream.getvalue()
    assert "Measuring images" in last
    assert "1,000/2,000" in last
    assert "5/20" in last
    assert "Reading the labels" not in last


def test_no_bar_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = terminal(monkeypatch)
    monkeypatch.setenv("CI", "true")
    with bars(enabled=True) as progress:
        assert progress is None
    assert stream.getvalue() == ""
