"""The line that a notebook shows."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from datalint import progress


class Handle:
    """A displayed line, and what it said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def display(self, data: dict[str, str], *, raw: bool, display_id: bool) -> Handle:
        assert raw
        assert display_id
        self.update(data, raw=raw)
        return self

    def update(self, data: dict[str, str], *, raw: bool) -> None:
        self.said.append(data["text/plain"])


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Handle:
    handle = Handle()
    shell = SimpleNamespace(kernel=object())
    module: Any = SimpleNamespace(get_ipython=lambda: shell, display=SimpleNamespace(display=handle.display))
    monkeypatch.setitem(sys.modules, "IPython", module)
    monkeypatch.setattr(progress, "_EVERY", 0.0)
    return handle


def test_a_notebook_shows_one_line(notebook: Handle) -> None:
    with progress.shown(None) as tell:
        assert tell is not None
        tell("measure", 5, 2_000)
        tell("plugin", 1, 2)
    assert notebook.said == ["Reading the labels", "Measuring images  5/2,000", "plugin  1/2", ""]


def test_it_is_gone_after_an_error(notebook: Handle) -> None:
    with pytest.raises(OSError, match="away"), progress.shown(None):
        raise OSError("away")
    assert notebook.said[-1] == ""


def test_what_is_given_is_called(notebook: Handle) -> None:
    def own(stage: str, done: int, total: int) -> None: ...

    with progress.shown(own) as tell:
        assert tell is own
    with progress.shown(False) as tell:
        assert tell is None
    assert notebook.said == []


def test_elsewhere_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (None, SimpleNamespace(get_ipython=lambda: None), SimpleNamespace(get_ipython=lambda: object())):
        monkeypatch.setitem(sys.modules, "IPython", module)
        with progress.shown(None) as tell:
            assert tell is None
