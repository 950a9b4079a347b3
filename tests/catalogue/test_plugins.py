"""Whose plugins run: those of settings that the user chose, allowed or trusted, as they were read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from datalint.catalogue import plugins, registry, trust
from datalint.catalogue.plugins import RegistryError, admitted
from datalint.config.resolve import load, nearest
from datalint.config.settings import Config, ConfigError
from tests.catalogue.test_registry import LOCAL

RUN = "from pathlib import Path; Path(__file__).with_name('ran').touch()\n" + LOCAL


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A config with a plugin that leaves a file when it runs."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "ours.py").write_text(RUN)
    (folder / "datalint.toml").write_text('plugins = ["ours.py"]\n')
    return folder


def trusted(folder: Path) -> None:
    settings = nearest(folder)
    assert settings.source is not None
    trust.add(
        settings.source, settings.origin.digest, {plugin.name: plugin.content for plugin in plugins.read(settings)}
    )


def runs(settings: Config, folder: Path) -> bool:
    (folder / "ran").unlink(missing_ok=True)
    catalogue = registry.load(settings)
    known = any(entry.rule.code == "ACME001" for entry in catalogue)
    assert known == (folder / "ran").exists()
    assert known == (not catalogue.not_run)
    return known


def test_the_word_of_the_user(folder: Path) -> None:
    found = nearest(folder)
    assert not runs(found, folder)
    assert runs(found.merged(allow_plugins=True), folder)
    assert runs(load(folder / "datalint.toml"), folder)
    assert runs(Config(plugins=("ours.py",), source=folder / "datalint.toml"), folder)
    trusted(folder)
    assert runs(found, folder)
    trust.remove([folder / "datalint.toml"])
    assert not runs(found, folder)


def test_a_changed_config_or_plugin_is_not_trusted_any_more(folder: Path) -> None:
    trusted(folder)
    (folder / "ours.py").write_text(RUN + "#")
    assert not runs(nearest(folder), folder)
    assert admitted(nearest(folder))[1].startswith("ours.py changed since it was trusted; look at what changed")
    trusted(folder)
    assert runs(nearest(folder), folder)
    (folder / "datalint.toml").write_text('plugins = ["ours.py"]\nignore = ["DL9"]\n')
    assert not runs(nearest(folder), folder)
    assert "datalint.toml changed since it was trusted" in admitted(nearest(folder))[1]


def test_one_changed_plugin_stops_them_all(folder: Path) -> None:
    (folder / "more.py").write_text(LOCAL.replace("ACME001", "ACME002").replace("square-image", "square-too"))
    (folder / "datalint.toml").write_text('plugins = ["ours.py", "more.py"]\n')
    trusted(folder)
    assert runs(nearest(folder), folder)
    (folder / "more.py").write_text("")
    assert not runs(nearest(folder), folder)
    assert [plugin.name for plugin in registry.load(nearest(folder)).not_run] == ["ours.py", "more.py"]


def test_a_plugin_that_is_gone_is_not_trusted(folder: Path) -> None:
    trusted(folder)
    (folder / "ours.py").unlink()
    assert "ours.py cannot be read: there is no such file" in admitted(nearest(folder))[1]
    with pytest.raises(RegistryError, match="no such file"):
        admitted(load(folder / "datalint.toml"))


def test_trust_is_of_one_place(folder: Path, tmp_path: Path) -> None:
    trusted(folder)
    folder.rename(tmp_path / "elsewhere")
    assert not runs(nearest(tmp_path / "elsewhere"), tmp_path / "elsewhere")


def test_what_was_read_is_what_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that changes after its digest was compared is not what runs."""
    trusted(folder)
    compared = trust.digest

    def swapped(content: bytes) -> str:
        (folder / "ours.py").write_text("raise SystemExit('another file')")
        return compared(content)

    monkeypatch.setattr(trust, "digest", swapped)
    assert runs(nearest(folder), folder)
    assert "another file" in (folder / "ours.py").read_text()


def test_a_config_that_changes_after_it_was_read_is_judged_as_it_was_read(folder: Path) -> None:
    trusted(folder)
    right = (folder / "datalint.toml").read_bytes()
    (folder / "evil.py").write_text(RUN)
    (folder / "datalint.toml").write_text('plugins = ["evil.py"]\n')
    read = nearest(folder)
    (folder / "datalint.toml").write_bytes(right)
    assert not runs(read, folder)


@pytest.mark.parametrize("way", ["above", "absolute", "link"])
def test_a_plugin_elsewhere_follows_the_same_rule(folder: Path, tmp_path: Path, way: str) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text(LOCAL)
    name = {"above": "../outside.py", "absolute": str(outside), "link": "link.py"}[way]
    if way == "link":
        (folder / "link.py").symlink_to(outside)
    (folder / "datalint.toml").write_text(f'plugins = ["{name}"]\n')
    assert [plugin.name for plugin in registry.load(nearest(folder)).not_run] == [name]
    trusted(folder)
    assert registry.load(nearest(folder)).not_run == ()
    outside.write_text(LOCAL + "#")
    assert [plugin.name for plugin in registry.load(nearest(folder)).not_run] == [name]
    if way == "link":
        (tmp_path / "other.py").write_text(LOCAL + "##")
        (folder / "link.py").unlink()
        (folder / "link.py").symlink_to(tmp_path / "other.py")
        assert "link.py changed since it was trusted" in admitted(nearest(folder))[1]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
def test_no_plugin_of_a_stranger_is_opened_and_no_pipe_at_all(folder: Path) -> None:
    (folder / "ours.py").unlink()
    os.mkfifo(folder / "ours.py")
    assert not runs(nearest(folder), folder)
    with pytest.raises(RegistryError, match="no such file"):
        admitted(load(folder / "datalint.toml"))


def test_a_damaged_list_trusts_nobody_and_is_named(folder: Path) -> None:
    trusted(folder)
    trust.list_file().write_text("{")
    assert not runs(nearest(folder), folder)
    assert "trusted.json: the list of trusted configs is damaged" in admitted(nearest(folder))[1]


def test_settings_that_name_rules_of_a_plugin_that_was_not_run_are_no_mistake(folder: Path) -> None:
    (folder / "datalint.toml").write_text(
        'plugins = ["ours.py"]\nselect = ["DL1", "ACME001"]\nextend-select = ["square-image"]\nignore = ["ACME"]\n'
        'severity = { ACME001 = "note" }\nper-path-ignores = { "x" = ["square-image"] }\n'
        '[rules.square-image]\nsize = 3\n[[accept]]\nrule = "ACME001"\npath = "*"\nreason = "x"\n'
    )
    settings = nearest(folder)
    chosen = registry.select(settings, registry.load(settings))
    assert {rule.code[:3] for rule in chosen} == {"DL1"}


def test_a_rule_that_is_not_known_may_be_one_of_a_plugin_that_was_not_run(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"may be one of ours\.py, not run"):
        registry.find("ACME001", nearest(folder))
