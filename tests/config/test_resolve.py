"""Where settings are looked for, and what the options of a scan change in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalint.config.resolve import find, load, resolve
from datalint.config.settings import Config, ConfigError
from tests.config.test_settings import write


def test_nearest_wins_whole(tmp_path: Path) -> None:
    write(tmp_path, "datalint.toml", 'fail-on = "note"')
    near = write(tmp_path / "data", "datalint.toml", 'ignore = ["DL9"]')
    assert find(tmp_path / "data" / "train") == near
    assert load(near).fail_on == "error"


def test_order_within_a_folder(tmp_path: Path) -> None:
    pyproject = write(tmp_path, "pyproject.toml", '[tool.datalint]\nfail-on = "never"')
    assert find(tmp_path) == pyproject
    plain = write(tmp_path, "datalint.toml", "")
    assert find(tmp_path) == plain
    hidden = write(tmp_path, ".datalint.toml", "")
    assert find(tmp_path) == hidden


@pytest.mark.parametrize("text", ["tool = 3", "[[tool]]\nx = 1"])
def test_an_odd_pyproject_above_is_passed_over(tmp_path: Path, text: str) -> None:
    write(tmp_path, "pyproject.toml", text)
    (tmp_path / "data").mkdir()
    assert find(tmp_path / "data") is None


def test_a_table_that_is_none_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, "pyproject.toml", "[tool]\ndatalint = 3")
    assert find(tmp_path) == path
    with pytest.raises(ConfigError, match="takes a table, not 3"):
        load(path)


def test_a_pyproject_without_the_table_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "data", "pyproject.toml", "[tool.ruff]\nline-length = 100")
    outer = write(tmp_path, "datalint.toml", "")
    assert find(tmp_path / "data") == outer


def test_the_search_ends_at_the_repository(tmp_path: Path) -> None:
    write(tmp_path, "datalint.toml", "")
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    (tmp_path / "repo" / "data").mkdir()
    assert find(tmp_path / "repo" / "data") is None


def test_a_selection_on_the_command_line_starts_afresh() -> None:
    base = Config(select=("DL1",), ignore=("DL103",))
    assert resolve([Path()], base, {"select": ("DL1",)}).ignore == ()
    assert resolve([Path()], base, {"ignore": ("DL104",)}).ignore == ("DL103", "DL104")


def test_an_unknown_python_option_is_refused() -> None:
    with pytest.raises(ConfigError, match="no option 'fail'"):
        resolve([Path()], Config(), {"fail": "x"})
