"""No command runs a stranger's plugins; `datalint trust` lets them run as they are."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from datalint import scan
from datalint.cli import main
from tests.catalogue.test_plugins import RUN
from tests.cli.test_scan import line, run
from tests.diff.test_diff import commit, git, picture


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Pictures beside a config whose plugin leaves a file when it runs; in Git, with a commit of before."""
    folder = tmp_path / "data"
    for seed in range(2):
        picture(seed, folder / "ab"[seed] / f"{seed}.png")
    (folder / "a" / "empty.png").touch()
    git(folder, "init", "-q")
    commit(folder)
    (folder / "ours.py").write_text(RUN)
    (folder / "datalint.toml").write_text('plugins = ["ours.py"]\nselect = ["DL1", "ACME001"]\n')
    commit(folder)
    return folder


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def called(dataset: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Call a command in the dataset's folder, in this process; its exit code."""
    monkeypatch.chdir(dataset)
    monkeypatch.setenv("DATALINT_JOBS", "1")
    with pytest.raises(SystemExit) as stop:
        main(list(arguments))
    assert isinstance(stop.value.code, int)
    return stop.value.code


COMMANDS = {
    "scan": ["scan", "."],
    "scan of a folder in it": ["scan", "a"],
    "baseline": ["scan", ".", "--write-baseline", "--baseline", "known.json"],
    "settings": ["scan", ".", "--show-settings"],
    "settings of a revision": ["scan", ".", "--settings-from", "HEAD"],
    "rules": ["rules"],
    "rule": ["rule", "ACME001"],
    "built-in rule": ["rule", "DL101"],
    "diff": ["diff", "HEAD~1", "HEAD"],
    "fix": ["fix", "."],
    "split": ["split", "."],
    "review": ["review", "none.json"],
    "advise": ["advise", "."],
    "init": ["init", "--stdout"],
    "formats": ["formats"],
    "schema": ["schema", "config"],
    "trust": ["trust"],
    "list": ["trust", "--list"],
    "clean": ["clean"],
    "completion": ["completion", "bash"],
}


def test_every_command_is_among_these() -> None:
    from datalint.cli import COMMANDS as ALL

    assert {arguments[0] for arguments in COMMANDS.values()} == set(ALL)


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_runs_a_plugin_of_a_dataset(dataset: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    called(dataset, monkeypatch, *COMMANDS[command])
    assert not (dataset / "ran").exists()


@pytest.mark.parametrize("command", ["scan", "settings", "settings of a revision", "rules", "rule", "diff"])
@pytest.mark.parametrize("word", [["--allow-plugins"], ["--config", "datalint.toml"], []])
def test_the_same_commands_run_it_where_the_user_says_so(
    dataset: Path, monkeypatch: pytest.MonkeyPatch, command: str, word: list[str]
) -> None:
    if not word:
        monkeypatch.setenv("DATALINT_ALLOW_PLUGINS", "1")
    assert called(dataset, monkeypatch, *COMMANDS[command], *word) in (0, 1)
    assert (dataset / "ran").exists()


@pytest.mark.parametrize("name", ["datalint.toml", ".datalint.toml", "pyproject.toml"])
def test_wherever_the_config_is_found(tmp_path: Path, name: str) -> None:
    picture(0, tmp_path / "data" / "a" / "0.png")
    (tmp_path / "ours.py").write_text(RUN)
    head = "[tool.datalint]\n" if name == "pyproject.toml" else ""
    (tmp_path / name).write_text(f'{head}plugins = ["ours.py"]\n')
    report = scan(tmp_path / "data", jobs=0, select=["DL1"])
    assert report.exit_code == 0
    assert "plugin ours.py: the config's plugins are not trusted" in report.render("text")
    assert not (tmp_path / "ran").exists()


def test_what_was_not_run_is_in_every_report_with_the_way_out(dataset: Path, tmp_path: Path) -> None:
    forms = ("json", "markdown", "html", "sarif", "junit")
    done = run(
        "scan", ".", *(part for form in forms for part in ("--format", f"{form}={tmp_path / form}")), cwd=dataset
    )
    assert done.returncode == 1, "as without the plugin"
    assert (
        "the config's plugins are not trusted; to trust them as they are: datalint trust datalint.toml" in done.stdout
    )
    for form in forms:
        text = (tmp_path / form).read_text().replace("&#39;", "'")
        assert "ours.py" in text, form
        assert "datalint trust datalint.toml" in text, form
    (entry,) = (
        rule for rule in json.loads((tmp_path / "json").read_text())["summary"]["rules_not_run"] if rule["code"] is None
    )
    assert entry["plugin"] == "ours.py"


def test_the_report_follows_its_schema(dataset: Path) -> None:
    import jsonschema

    (dataset / "a" / "empty.png").unlink()
    done = run("scan", ".", "--format", "json", cwd=dataset)
    assert done.returncode == 0, "a plugin that was not run is no reason to fail"
    jsonschema.validate(json.loads(done.stdout), json.loads(run("schema", "report").stdout))


def test_trusting_changing_and_removing(dataset: Path) -> None:
    done = run("trust", "data", cwd=dataset.parent)
    assert done.returncode == 0
    assert f"trusted as it is now: {dataset / 'datalint.toml'}\n  plugin ours.py  SHA-256 " in done.stdout
    assert run("trust", "--list").stdout == f"{dataset / 'datalint.toml'}: trusted\n"
    run("rules", cwd=dataset)
    assert (dataset / "ran").exists()

    (dataset / "ran").unlink()
    (dataset / "ours.py").write_text(RUN + "# changed\n")
    done = run("scan", ".", cwd=dataset)
    assert "ours.py changed since it was trusted" in done.stdout
    assert not (dataset / "ran").exists()
    assert run("trust", "--list").stdout == f"{dataset / 'datalint.toml'}: changed\n"

    assert run("trust", dataset / "datalint.toml").returncode == 0
    run("rules", cwd=dataset)
    assert (dataset / "ran").exists()

    (dataset / "ran").unlink()
    shutil.copytree(dataset, dataset.parent / "kept")
    (dataset / "datalint.toml").unlink()
    assert run("trust", "--list").stdout == f"{dataset / 'datalint.toml'}: gone\n"
    assert run("trust", "--remove", dataset).stdout == f"not trusted any more: {dataset / 'datalint.toml'}\n"
    assert run("trust", "--list").stdout == ""
    done = run("trust", "--remove", dataset)
    assert (done.returncode, "no such config is in the list" in line(done)) == (2, True)


def test_what_cannot_be_trusted_is_one_line(dataset: Path, home: Path, tmp_path: Path) -> None:
    assert "no such file or folder" in line(run("trust", tmp_path / "dta"))
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / ".git").mkdir()
    assert "there is no config file" in line(run("trust", tmp_path / "plain"))
    (tmp_path / "plain" / "datalint.toml").write_text("")
    assert "names no plugins" in line(run("trust", tmp_path / "plain"))
    assert "exclude each other" in line(run("trust", "--list", "--remove"))
    (dataset / "ours.py").unlink()
    assert "ours.py cannot be read" in line(run("trust", dataset))
    listed = home / "datalint" / "trusted.json"
    listed.parent.mkdir(parents=True)
    listed.write_text("{")
    assert "the list of trusted configs is damaged" in line(run("trust", "--list"))


@pytest.mark.parametrize(
    ("options", "runs"),
    [
        ({}, False),
        ({"allow_plugins": True}, True),
        ({"config": "datalint.toml"}, True),
        ({"allow_plugins": True, "isolated": True}, False),
    ],
)
def test_from_python(dataset: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], runs: bool) -> None:
    monkeypatch.chdir(dataset)
    report = scan(".", jobs=0, select=["DL1"], **options)
    assert (dataset / "ran").exists() == runs
    plugins = [rule.name for rule in report.rules_not_run if rule.code is None]
    assert plugins == ([] if runs or "isolated" in options else ["ours.py"])
