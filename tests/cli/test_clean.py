from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from datalint.cli import cli
from tests.measure.pictures import photo


@pytest.fixture
def dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three pictures, and a user with an empty cache folder."""
    monkeypatch.delenv("DATALINT_NO_CACHE")
    monkeypatch.setattr("datalint.cache.store.user_folder", lambda: tmp_path / "caches")
    (tmp_path / "data").mkdir()
    for number in range(3):
        photo(number, (80, 60)).save(tmp_path / "data" / f"{number}.png")
    return tmp_path / "data"


def run(*arguments: str | Path) -> str:
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.output


def scan(*arguments: str | Path) -> str:
    return run("scan", *arguments, "--select", "DL1", "-v", "-j", "1", "--isolated")


def test_clean_removes_what_scans_have_kept(dataset: Path, tmp_path: Path) -> None:
    scan(dataset)
    assert len(list((tmp_path / "caches").iterdir())) == 1
    assert "measured 0 of 3 images" in scan(dataset)
    assert "MiB removed" in run("clean", dataset)
    assert list((tmp_path / "caches").iterdir()) == []
    scan(dataset)
    run("clean", "--all")
    assert list((tmp_path / "caches").iterdir()) == []
    assert sorted(path.name for path in dataset.iterdir()) == ["0.png", "1.png", "2.png"]


@pytest.mark.parametrize("content", [b"", b"Signature: 8a477f597d28d172789f06886806bc55\n", None])
def test_a_cache_whose_tag_is_damaged_or_lost_is_one(dataset: Path, tmp_path: Path, content: bytes | None) -> None:
    scan(dataset)
    (folder,) = (tmp_path / "caches").iterdir()
    (folder / "CACHEDIR.TAG").unlink()
    if content is not None:
        (folder / "CACHEDIR.TAG").write_bytes(content)
    assert "measured 0 of 3 images" in scan(dataset)
    run("clean", dataset)
    assert not folder.exists()


def test_options_say_where_and_whether(dataset: Path, tmp_path: Path) -> None:
    scan(dataset, "--no-cache")
    assert not (tmp_path / "caches").exists()
    scan(dataset, "--cache-dir", tmp_path / "chosen")
    assert (tmp_path / "chosen" / "CACHEDIR.TAG").is_file()
    assert not (tmp_path / "caches").exists()
    run("clean", dataset, "--cache-dir", tmp_path / "chosen")
    assert not (tmp_path / "chosen").exists()
