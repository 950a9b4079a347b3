"""Selection, plugins, clashes, and what loading them costs."""

from __future__ import annotations

import importlib.metadata
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from datalint.catalogue import registry
from datalint.catalogue.plugins import RegistryError
from datalint.catalogue.registry import find, load, select
from datalint.config.settings import Config, ConfigError
from datalint.rule import Rule

LOCAL = '''
from datalint import Confidence, Need, Rule, Severity
from datalint.lazy import polars as pl

class SquareImage(Rule):
    """Images that are square."""
    code, name, since = "ACME001", "square-image", "1.0"
    severity, confidence = Severity.NOTE, Confidence.HIGH
    needs = (Need.HEADER,)
    message = "{width}x{height} is square"
    def check(self, data):
        return data.readable.filter(pl.col("width") == pl.col("height")).select("path", "width", "height")
'''


def codes(**settings: Any) -> set[str]:
    config = Config(**settings, isolated=True)
    return {rule.code for rule in select(config, load(config))}


def test_everything_is_on_by_default() -> None:
    assert codes() == {entry.rule.code for entry in load(Config(isolated=True)) if not entry.rule.preview}


def test_selectors() -> None:
    assert codes(select=("DL103",)) == {"DL103"}
    assert codes(select=("empty-file",)) == {"DL103"}
    assert codes(select=("dl103",)) == {"DL103"}
    assert {code[:3] for code in codes(select=("DL1",))} == {"DL1"}
    assert codes(select=("DL1",), ignore=("DL103",)) == codes(select=("DL1",)) - {"DL103"}


def test_the_closest_selector_decides() -> None:
    assert codes(ignore=("DL1",), extend_select=("DL103",)) >= {"DL103"}
    assert "DL102" not in codes(ignore=("DL1",), extend_select=("DL103",))
    assert codes(select=("DL103",), ignore=("DL103",)) == set()


@pytest.mark.parametrize("key", ["select", "ignore", "extend_select"])
def test_an_unknown_selector_is_an_error_with_a_suggestion(key: str) -> None:
    with pytest.raises(ConfigError, match="did you mean empty-file"):
        codes(**{key: ("empty-fil",)})


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("DL999", "DL9 has DL901 to "),
        ("DL79", "DL7 has DL701 to DL"),
        ("XY123", "`datalint rules` lists them all"),
        ("DL7O1", "did you mean DL701?"),
        ("nearduplicate", "did you mean near-duplicate or exact-duplicate or "),
    ],
)
def test_what_is_suggested(name: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        codes(select=(name,))
    assert f"; {said}" in str(caught.value)


def test_an_unknown_option_names_the_rule_and_the_key() -> None:
    with pytest.raises(ConfigError, match=r"rules\.empty-file: .* no option colour"):
        codes(rules={"empty-file": {"colour": 1}})
    with pytest.raises(ConfigError, match="unknown rule 'empty-fill'"):
        codes(rules={"empty-fill": {}})


def test_severity_override() -> None:
    config = Config(severity={"DL1": "note", "empty-file": "warning"}, isolated=True)
    assert registry.severity_override(config, find("DL103", config).rule) == "warning"
    assert registry.severity_override(config, find("DL101", config).rule) == "note"


def test_local_rules(tmp_path: Path) -> None:
    (tmp_path / "ours.py").write_text(LOCAL)
    config = Config(plugins=("ours.py",), source=tmp_path / "datalint.toml")
    assert find("square-image", config).origin == str(tmp_path / "ours.py")
    assert any(rule.code == "ACME001" for rule in select(config, load(config)))
    with pytest.raises(ConfigError):
        find("square-image", config.merged(isolated=True))


def test_a_clash_names_both_origins(tmp_path: Path) -> None:
    (tmp_path / "ours.py").write_text(LOCAL.replace("ACME001", "DL103"))
    with pytest.raises(RegistryError, match=r"DL103: EmptyFile of datalint and SquareImage of .*ours\.py"):
        load(Config(plugins=("ours.py",), source=tmp_path / "datalint.toml"))
    (tmp_path / "ours.py").write_text(LOCAL.replace("square-image", "empty-file"))
    with pytest.raises(RegistryError, match="called empty-file"):
        load(Config(plugins=("ours.py",), source=tmp_path / "datalint.toml"))


def test_a_plugin_leaves_no_bytecode_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (tmp_path / "ours.py").write_text(LOCAL)
    load(Config(plugins=("ours.py",), source=tmp_path / "datalint.toml"))
    assert [path.name for path in tmp_path.iterdir()] == ["ours.py"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import nothing_of_this_name", "failed to import: ModuleNotFoundError"),
        ("1 +", "failed to import: SyntaxError"),
        ("x = 1", "defines no rule"),
        (LOCAL.replace("needs = (Need.HEADER,)", ""), "failed to import: TypeError: rule SquareImage lacks needs"),
    ],
)
def test_a_broken_plugin_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "ours.py").write_text(text)
    with pytest.raises(RegistryError, match=said):
        load(Config(plugins=("ours.py",), source=tmp_path / "datalint.toml"))


def test_entry_points(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "acme_rules.py").write_text(LOCAL)
    (tmp_path / "acme_broken.py").write_text("raise RuntimeError('no licence')")
    monkeypatch.syspath_prepend(str(tmp_path))

    def points(module: str) -> None:
        point = importlib.metadata.EntryPoint("acme", module, registry.GROUP)
        monkeypatch.setattr(importlib.metadata, "entry_points", lambda **_: [point])

    points("acme_rules")
    assert find("ACME001", Config()).origin == "acme_rules"
    points("acme_broken")
    with pytest.raises(RegistryError, match="'acme' of acme_broken failed to import: RuntimeError: no licence"):
        load(Config())


def test_options_are_typed_and_bounded() -> None:
    from datalint.rule import Option, OptionError

    ratio: Option[float] = Option(0.5, "A share.", 0.0, 1.0, ())
    assert ratio.validated(1) == 1.0
    for wrong in (2, -1, "x", float("nan"), True):
        with pytest.raises(OptionError):
            ratio.validated(wrong)


def test_public_names_are_lazy() -> None:
    from datalint.rules import EmptyFile

    assert issubclass(EmptyFile, Rule)
    with pytest.raises(ImportError):
        from datalint.rules import NoSuchRule  # noqa: F401


@pytest.mark.parametrize("arguments", [["--help"], ["rule", "DL101"], ["rules"], ["scan", "--help"]])
def test_nothing_heavy_is_imported(arguments: list[str]) -> None:
    """Explaining a rule takes under 0.3 s of CPU and loads neither torch nor polars."""
    script = f"""
import sys, time
sys.argv = ["datalint", *{arguments!r}]
try:
    from datalint.cli import main
    main()
finally:
    heavy = {{"torch", "polars", "numpy", "PIL", "cleanlab"}} & set(sys.modules)
    print(sorted(heavy), time.process_time(), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr.startswith("[] "), done.stderr
    assert done.stdout


def test_explaining_a_rule_is_quick() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "datalint", "rule", "DL103"], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.3
