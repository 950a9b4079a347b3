"""A pull request cannot loosen its own check: settings come from a Git revision, never from the working tree."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from datalint import scan
from datalint.config.settings import ConfigError
from tests.catalogue.test_plugins import RUN
from tests.cli.test_scan import line, run
from tests.diff.test_diff import commit, git, picture

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
CHANGE = "this change loosens: "


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a dataset that has one fault; `base` is its first commit."""
    top = tmp_path / "repository"
    for seed in range(2):
        picture(seed, top / "data" / "ab"[seed] / f"{seed}.png")
    (top / "data" / "a" / "empty.png").touch()
    git(top, "init", "-q")
    commit(top)
    git(top, "branch", "base")
    monkeypatch.chdir(top)
    return top


def checked(ref: str | None = "base", **options: Any) -> tuple[int, str]:
    """Exit code and text of a scan with the settings of `ref`; None for those of the working tree."""
    report = scan("data", jobs=0, **{"settings_from": ref, "select": ["DL1"], **options})
    return report.exit_code, report.render("text")


LOOSER = {
    "ignore": 'ignore = ["DL103"]',
    "accept": '[[accept]]\nrule = "ALL"\npath = "**"\nreason = "x"',
    "path": 'per-path-ignores = { "**" = ["ALL"] }',
    "exclude": 'exclude = ["empty*"]',
    "severity": 'severity = { DL1 = "note" }',
    "fail-on": 'fail-on = "never"',
}
SAID = {
    "ignore": "ignores DL103",
    "accept": "accepts ALL in **",
    "path": "ignores ALL in **",
    "exclude": "excludes empty*",
    "severity": "lowers DL1 to note",
    "fail-on": "never fails",
}


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        *((kind, "data/datalint.toml") for kind in LOOSER),
        ("accept", "datalint.toml"),
        ("accept", "data/.datalint.toml"),
    ],
)
def test_a_change_of_the_config_has_no_effect_and_is_reported(top: Path, kind: str, place: str) -> None:
    (top / place).write_text(f'extend-select = ["DL1"]\n{LOOSER[kind]}')
    chosen = {"select": None}  # a selection would undo `ignore`
    assert checked(None, **chosen)[0] == 0, "it is a loosening"
    code, text = checked(**chosen)
    assert code == 1
    assert "config: none in base" in text
    assert f"{CHANGE}{SAID[kind]}; it also sets extend-select; the scan used the settings of base" in text


def test_the_settings_of_the_revision_are_in_force(top: Path) -> None:
    (top / "data" / "datalint.toml").write_text(LOOSER["accept"])
    commit(top)
    git(top, "branch", "-f", "base")
    (top / "data" / "datalint.toml").write_text('fail-on = "note"\n')
    code, text = checked()
    assert code == 0
    assert "config: data/datalint.toml of base (accepts 1 finding)" in text
    assert "this change of the config sets fail-on, accept; the scan used the settings of base" in text
    (top / "data" / "datalint.toml").unlink()
    code, text = checked()
    assert (code, f"{CHANGE}removes the config" in text) == (0, True)


def test_nothing_changed_and_nothing_is_said(top: Path) -> None:
    (top / "data" / "datalint.toml").write_text(LOOSER["accept"])
    commit(top)
    code, text = checked("HEAD")
    assert code == 0
    assert "the scan used the settings" not in text


def test_the_baseline_is_the_revisions_too(top: Path) -> None:
    assert run("scan", "data", "--select", "DL1", "--write-baseline", cwd=top).returncode == 0
    assert checked(None)[0] == 0
    code, text = checked()
    assert code == 1
    assert f"{CHANGE}takes 1 more finding as known in the baseline" in text
    commit(top)
    code, text = checked("HEAD")
    assert (code, CHANGE in text) == (0, False)
    (top / "data" / "datalint-baseline.json").write_text("[")
    code, text = checked("HEAD")
    assert (code, f"{CHANGE}has a baseline that cannot be used" in text) == (0, True)


def test_a_baseline_that_is_named_is_of_the_revision(top: Path) -> None:
    run("scan", "data", "--select", "DL1", "--write-baseline", "--baseline", "known.json", cwd=top)
    assert checked(None, baseline="known.json")[0] == 0
    code, text = checked(baseline="known.json")
    assert (code, "takes 1 more finding as known" in text) == (1, True)
    (top / "known.json").rename(top.parent / "known.json")
    assert checked(baseline="../known.json")[0] == 0, "it is not the pull request's"


def test_a_config_that_is_named_is_of_the_revision(top: Path) -> None:
    (top / "ci.toml").write_text(LOOSER["accept"])
    assert checked(None, config="ci.toml")[0] == 0
    assert checked(config="ci.toml")[0] == 1
    (top / "ci.toml").rename(top.parent / "ci.toml")
    assert checked(config="../ci.toml")[0] == 0, "it is not the pull request's"


def test_a_broken_config_of_the_change_is_a_note(top: Path) -> None:
    (top / "data" / "datalint.toml").write_text("select = [")
    code, text = checked()
    assert code == 1
    assert f"{CHANGE}has a config that cannot be used" in text


def test_a_folder_that_became_a_link_keeps_its_settings(top: Path) -> None:
    (top / "data" / "datalint.toml").write_text('fail-on = "warning"\n')
    commit(top)
    git(top, "branch", "-f", "base")
    (top / "data").rename(top / "elsewhere")
    (top / "elsewhere" / "datalint.toml").write_text('fail-on = "never"\n')
    (top / "data").symlink_to("elsewhere")
    code, text = checked()
    assert code == 1
    assert "config: data/datalint.toml of base" in text


def test_links_are_followed_within_the_revision_alone(top: Path) -> None:
    (top / "shared.toml").write_text('fail-on = "warning"\n')
    (top / "data" / "datalint.toml").symlink_to("../shared.toml")
    commit(top)
    (top / "shared.toml").write_text('fail-on = "never"\n')
    code, text = checked("HEAD")
    assert code == 1
    assert f"{CHANGE}never fails" in text
    (top / "data" / "datalint.toml").unlink()
    (top / "data" / "datalint.toml").symlink_to("/etc/hostname")
    commit(top)
    with pytest.raises(ConfigError, match="is a link that leads out of the repository"):
        checked("HEAD")


def test_the_note_is_in_every_report_and_never_in_the_exit_code(top: Path, tmp_path: Path) -> None:
    (top / "data" / "a" / "empty.png").unlink()
    (top / "data" / "datalint.toml").write_text(LOOSER["ignore"])
    forms = ("json", "markdown", "html", "sarif", "github", "gitlab")
    pairs = [part for form in forms for part in ("--format", f"{form}={tmp_path / form}")]
    done = run("scan", "data", "--settings-from", "base", "--select", "DL1", "--fail-on", "note", *pairs, cwd=top)
    assert done.returncode == 0
    assert CHANGE in done.stdout
    for form in forms:
        assert "ignores DL103" in (tmp_path / form).read_text(), form
    settings = json.loads((tmp_path / "json").read_text())["settings"]
    assert settings["config"] is None
    assert settings["revision"] == {"name": "base", "commit": git(top, "rev-parse", "base")}
    assert settings["change"] == {"loosens": ["ignores DL103"], "also": []}
    assert (
        f"::notice title=datalint,file=data/datalint.toml::{CHANGE}ignores DL103" in (tmp_path / "github").read_text()
    )
    (entry,) = json.loads((tmp_path / "gitlab").read_text())
    assert (entry["severity"], entry["location"]["path"]) == ("info", "data/datalint.toml")
    for form in ("concise", "jsonl", "junit"):
        done = run("scan", "data", "--settings-from", "base", "--select", "DL1", "--format", form, cwd=top)
        assert CHANGE in done.stderr


@pytest.mark.parametrize(
    "ref", ["--output=x", "nothing", "-h", "base..HEAD", ":/x", "HEAD^{tree}", "base\nHEAD", "HEAD:data"]
)
def test_a_bad_revision_is_refused(top: Path, ref: str) -> None:
    with pytest.raises(ConfigError, match="Git knows no commit"):
        checked(ref)
    assert {path.name for path in top.iterdir()} == {".git", "data"}


def test_a_bad_revision_is_one_line(top: Path) -> None:
    done = run("scan", "data", "--settings-from=--output=x", cwd=top)
    assert done.returncode == 2
    assert "Git knows no commit '--output=x'" in line(done)


def test_no_revision_is_never_taken_for_the_working_tree(top: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="was given nothing"):
        checked("")
    with pytest.raises(ConfigError, match="--isolated"):
        checked(isolated=True)
    shutil.copytree(top / "data", tmp_path / "plain")
    with pytest.raises(ConfigError, match="not in a Git checkout"):
        scan(tmp_path / "plain", settings_from="HEAD")
    done = run("scan", "data", "--settings-from", "base", "--write-baseline", cwd=top)
    assert "which cannot be written" in line(done)


def test_what_a_partial_clone_left_out_is_not_taken_for_nothing(top: Path, tmp_path: Path) -> None:
    (top / "data" / "datalint.toml").write_text('fail-on = "warning"\n')
    commit(top)
    git(top, "config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--filter=blob:none", "--no-checkout", top.as_uri(), str(clone))
    shutil.copytree(top / "data", clone / "data")
    top.rename(tmp_path / "gone")
    with pytest.raises(ConfigError, match="Git does not have"):
        scan(clone / "data", settings_from="HEAD")


def test_plugins_are_those_of_the_revision(top: Path) -> None:
    (top / "data" / "ours.py").write_text(RUN)
    (top / "data" / "datalint.toml").write_text('plugins = ["ours.py"]\n')
    commit(top)
    (top / "data" / "ours.py").write_text("raise SystemExit('of the working tree')")
    code, text = checked("HEAD")
    assert code == 1
    assert "plugin ours.py: the config's plugins are not trusted; --allow-plugins runs those of HEAD" in text
    assert not (top / "data" / "ran").exists()
    code, text = checked("HEAD", allow_plugins=True)
    assert code == 1
    assert (top / "data" / "ran").exists()
    (top / "data" / "datalint.toml").write_text('plugins = ["other.py"]\n')
    code, text = checked("HEAD", allow_plugins=True)
    assert "this change of the config sets plugins" in text


def test_a_hook_of_the_repository_is_not_run(top: Path) -> None:
    """Nor another program that its configuration names."""
    marker = top.parent / "ran"
    script = top.parent / "program"
    script.write_text(f"#!/bin/sh\ntouch {marker}\n")
    script.chmod(0o755)
    for key in ("core.fsmonitor", "core.sshCommand", "diff.external", "filter.x.smudge", "diff.x.textconv"):
        git(top, "config", key, str(script))
    (top / ".gitattributes").write_text("* filter=x diff=x\n")
    (top / "data" / "datalint.toml").write_text(LOOSER["ignore"])
    assert checked()[0] == 1
    assert not marker.exists()
