"""The user's list of trusted configs: where it lies, what is in it, and what happens when it is damaged."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from datalint import output
from datalint.catalogue import trust
from datalint.config.settings import ConfigError
from datalint.output import WriteError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_nothing_is_trusted_at_first(home: Path) -> None:
    assert trust.records() == []
    assert not home.exists()


def test_a_config_is_added_replaced_and_removed(home: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "datalint.toml", tmp_path / "b" / "datalint.toml"
    trust.add(first, "1" * 64, {"x.py": b"x"})
    trust.add(second, "2" * 64, {"y.py": b"y"})
    trust.add(first, "3" * 64, {"x.py": b"z"})
    assert [(record.config, record.sha256) for record in trust.records()] == [
        (str(first), "3" * 64),
        (str(second), "2" * 64),
    ]
    assert trust.records()[0].plugins == {"x.py": trust.digest(b"z")}
    assert trust.remove([first, tmp_path / "c"]) == [str(first)]
    assert trust.remove([first]) == []
    assert [record.config for record in trust.records()] == [str(second)]
    assert [path.name for path in (home / "datalint").iterdir()] == ["trusted.json"]


def test_a_config_has_one_name_whatever_links_lead_to_its_folder(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert trust.name_of(tmp_path / "link" / "datalint.toml") == trust.name_of(tmp_path / "real" / "datalint.toml")


@pytest.mark.skipif(os.name == "nt", reason="names are bytes")
def test_a_name_that_is_not_text_can_be_trusted(tmp_path: Path) -> None:
    config = tmp_path / os.fsdecode(b"odd \xff") / "datalint.toml"
    trust.add(config, "1" * 64, {})
    assert trust.records()[0].config == trust.name_of(config)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"schema": "datalint/trust/v9", "configs": []}',
        b'{"schema": "datalint/trust/v1", "configs": [{"config": "x"}]}',
        b'{"schema": "datalint/trust/v1", "configs": [], "more": 1}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_list_is_one_line_and_trusts_nobody(home: Path, content: bytes) -> None:
    (home / "datalint").mkdir(parents=True)
    (home / "datalint" / "trusted.json").write_bytes(content)
    for use in (trust.records, lambda: trust.add(Path("x"), "1", {}), lambda: trust.remove([Path("x")])):
        with pytest.raises(ConfigError) as error:
            use()
        assert "trusted.json: the list of trusted configs is damaged" in str(error.value)
        assert "\n" not in str(error.value)
    assert (home / "datalint" / "trusted.json").read_bytes() == content, "nothing is repaired by guessing"


def test_the_list_is_written_whole_or_not_at_all(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trust.add(Path("a"), "1" * 64, {})
    before = (home / "datalint" / "trusted.json").read_bytes()

    def full(content: str | Iterable[str]) -> Iterator[bytes]:
        yield b'{"schema":'
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(output, "in_bytes", full)
    with pytest.raises(WriteError, match="No space left"):
        trust.add(Path("b"), "2" * 64, {})
    assert (home / "datalint" / "trusted.json").read_bytes() == before
    assert len(list((home / "datalint").iterdir())) == 1


@pytest.mark.skipif(os.name == "nt", reason="of XDG")
def test_a_relative_config_home_is_not_looked_for_in_the_dataset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "home")
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.chdir(tmp_path)
    trust.add(Path("a"), "1" * 64, {})
    assert not (tmp_path / "home").exists()
    document = json.loads(next((tmp_path / "user").rglob("trusted.json")).read_text())
    assert [entry["config"] for entry in document["configs"]] == [str(tmp_path / "a")]
