"""Settings of a Git revision: which repository is asked, and for which file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from datalint import git
from datalint.config import files
from datalint.config.resolve import MOST, find, load
from datalint.config.settings import Config, ConfigError
from datalint.judge import baseline
from tests.test_git import commit, run

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")


@pytest.fixture
def top(tmp_path: Path) -> Path:
    top = tmp_path / "top"
    (top / "data").mkdir(parents=True)
    (top / "datalint.toml").write_text("# outer\n")
    (top / "data" / "datalint.toml").write_text("# inner\n")
    (top / "a blob").write_text("odd name")
    run(top, "init", "-q")
    commit(top)
    return top


def test_a_file_is_read_as_it_was(top: Path) -> None:
    then = files.revision(top / "data", "HEAD")
    assert (then.name, then.top) == ("HEAD", top)
    (top / "data" / "datalint.toml").write_text("# changed\n")
    (top / "new.toml").touch()
    assert files.content(top / "data" / "datalint.toml", then) == b"# inner\n"
    assert files.content(top / "data" / ".." / "datalint.toml", then) == b"# outer\n"
    assert files.content(top / "data" / "datalint.toml", None) == b"# changed\n"
    assert files.content(top / "new.toml", then) is None
    for name in ("no blob", "data", "data/x/y", "a blob/x", "a blob\nx"):
        assert files.content(top / name, then) is None, name
    assert files.content(top / "a blob", then) == b"odd name"


def test_what_the_repository_does_not_hold_is_read_from_the_disk(top: Path) -> None:
    then = files.revision(top, "HEAD")
    (top.parent / "own.toml").write_text("# own")
    assert files.content(top.parent / "own.toml", then) == b"# own"
    assert files.content(top.parent / "none.toml", then) is None


def test_the_search_is_in_the_revision_and_ends_at_its_root(top: Path) -> None:
    (top.parent / "datalint.toml").touch()
    (top / "data" / ".datalint.toml").touch()
    then = files.revision(top / "data", "HEAD")
    assert find(top / "data", then) == top / "data" / "datalint.toml"
    assert find(top / "new folder", then) == top / "datalint.toml"
    run(top, "rm", "-q", "--cached", "datalint.toml", "data/datalint.toml")
    run(top, "commit", "-qm", "none")
    assert find(top / "data", files.revision(top / "data", "HEAD")) is None


def test_the_repository_is_the_one_that_the_path_names(top: Path, tmp_path: Path) -> None:
    """Not the one that a link in it leads to."""
    other = tmp_path / "other"
    shutil.copytree(top, other)
    (other / "datalint.toml").write_text("# of another repository\n")
    commit(other)
    shutil.rmtree(top / "data")
    (top / "data").symlink_to(other / "data")
    then = files.revision(top / "data", "HEAD")
    assert then.top == top
    assert files.content(top / "datalint.toml", then) == b"# outer\n"


def test_an_annotated_tag_is_a_commit_and_a_blob_is_none(top: Path) -> None:
    run(top, "tag", "-am", "x", "v1")
    assert git.commit(top, "v1") == run(top, "rev-parse", "HEAD")
    assert git.commit(top, "HEAD:datalint.toml") is None


def test_a_config_of_any_size_or_depth_is_refused_in_one_line(tmp_path: Path) -> None:
    config = tmp_path / "datalint.toml"
    config.write_text("classes = " + "[" * 100_000)
    with pytest.raises(ConfigError, match="nested too deeply"):
        load(config)
    with config.open("wb") as file:
        file.truncate(MOST + 1)
    with pytest.raises(ConfigError, match="more than 4 MiB"):
        load(config)
    (tmp_path / "data").mkdir()
    config.rename(tmp_path / "pyproject.toml")
    assert find(tmp_path / "data") is None
    (tmp_path / "pyproject.toml").write_text("x = " + "[" * 100_000)
    assert find(tmp_path / "data") is None


@pytest.mark.parametrize("text", ["fail-on = '{}'", "'{}' = 1", "[probe]\n'{}' = 1", "exclude = [['{}']]"])
def test_no_more_of_a_config_is_quoted_than_the_beginning_of_a_token(tmp_path: Path, text: str) -> None:
    (tmp_path / "datalint.toml").write_text(text.format("s" * 500))
    with pytest.raises(ConfigError) as error:
        load(tmp_path / "datalint.toml")
    assert "s" * 20 in str(error.value)
    assert "s" * 60 not in str(error.value)


@pytest.mark.parametrize("name", ["datalint.toml", ".datalint.toml", "pyproject.toml"])
def test_a_config_that_is_found_through_a_link_is_the_repositorys_own(top: Path, tmp_path: Path, name: str) -> None:
    """A link in a stranger's dataset may lead to a file of yours, whose keys an error message would show."""
    inner = top / "data" / "deep"
    inner.mkdir()
    (tmp_path / "yours").write_text("[tool.datalint]\n")
    (inner / name).symlink_to(tmp_path / "yours")
    with pytest.raises(ConfigError, match=r"a symbolic link leads out of .*; --config names the file"):
        find(inner)
    (inner / name).unlink()
    (top / "shared.toml").write_text("[tool.datalint]\n")
    (inner / name).symlink_to(top / "shared.toml")
    assert find(inner) == inner / name
    (inner / name).unlink()
    (inner / name).symlink_to(top / ".git" / "config")
    if name != "pyproject.toml":  # no settings of datalint are in there
        with pytest.raises(ConfigError, match="not read"):
            find(inner)


def test_a_baseline_that_is_found_through_a_link_is_the_repositorys_own(top: Path, tmp_path: Path) -> None:
    (tmp_path / "yours").write_text("{}")
    (top / "data" / baseline.NAME).symlink_to(tmp_path / "yours")
    with pytest.raises(ConfigError, match=r"a symbolic link leads out of .*; --baseline names the file"):
        baseline.find(Config(), top / "data")
    assert baseline.find(Config(baseline=top / "data" / baseline.NAME), top / "data") == top / "data" / baseline.NAME
