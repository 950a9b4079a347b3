"""What a row of a rule's frame becomes, and which rows become nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image

from datalint import scan
from datalint.config.settings import Accept, Config
from tests.judge.cases import SETTINGS, Every, Louder, Quieter, drawn


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return drawn(tmp_path / "data")


def test_a_frame_becomes_findings(folder: Path) -> None:
    report = scan(folder, rules=[Every], config=SETTINGS)
    first = next(iter(report))
    assert first.path == "cat/0.png"
    assert first.message == f"{(folder / 'cat/0.png').stat().st_size} bytes, ? of nothing"
    assert first.hint == "look at png"
    assert first.data == {"bytes": (folder / "cat/0.png").stat().st_size, "extension": "png", "unknown": None}
    assert report.exit_code == 0
    assert scan(folder, rules=[Every], config=SETTINGS, fail_on="warning").exit_code == 1


def test_severity_by_row_and_by_config(folder: Path) -> None:
    (finding,) = scan(folder, rules=[Louder], config=SETTINGS)
    assert finding.severity == "error"
    (finding,) = scan(folder, rules=[Louder], config=Config(isolated=True, severity={"TEST002": "note"}))
    assert finding.severity == "note"


def test_one_cause_one_code(folder: Path) -> None:
    """A rule is silent about images that a rule it yields to has spoken of; and only if that rule ran."""
    report = scan(folder, rules=[Quieter, Louder], config=SETTINGS)
    assert [(finding.code, finding.path) for finding in report] == [("TEST002", "cat/0.png"), ("TEST003", "cat/2.png")]
    assert len(list(scan(folder, rules=[Quieter], config=SETTINGS))) == 3


def test_a_rename_keeps_the_id_and_a_change_does_not(folder: Path) -> None:
    before = {finding.path: finding.id for finding in scan(folder, rules=[Every], config=SETTINGS)}
    shutil.move(folder / "cat" / "0.png", folder / "cat" / "z.png")
    after = {finding.path: finding.id for finding in scan(folder, rules=[Every], config=SETTINGS)}
    assert after["cat/z.png"] == before["cat/0.png"]
    Image.effect_noise((50, 50), 50).save(folder / "cat" / "z.png")
    changed = {finding.path: finding.id for finding in scan(folder, rules=[Every], config=SETTINGS)}
    assert changed["cat/z.png"] != after["cat/z.png"]
    assert changed["cat/1.png"] == after["cat/1.png"]


def test_accepted_findings_are_counted_not_listed(folder: Path) -> None:
    accept = (Accept(rule="every-image", reason="known", path="cat/1*"),)
    report = scan(folder, rules=[Every], config=Config(isolated=True, accept=accept))
    assert [finding.path for finding in report] == ["cat/0.png", "cat/2.png"]
    assert report.summary["accepted"] == 1
    ignores = Config(isolated=True, per_path_ignores={"cat/*": ("TEST",)})
    assert scan(folder, rules=[Every], config=ignores).summary["accepted"] == 3


def test_globs_of_accepted_findings_are_relative_to_the_config_file(folder: Path) -> None:
    entry = '[[accept]]\nrule = "DL103"\nreason = "a mark"\npath = "data/cat/**"\n'
    (folder.parent / "datalint.toml").write_text(entry)
    (folder / "cat" / "empty.png").touch()
    report = scan(folder, select=["DL103"])
    assert (report.findings.height, report.summary["accepted"]) == (0, 1)


def test_one_rule_twice_with_other_options(folder: Path) -> None:
    largest = max(path.stat().st_size for path in folder.rglob("*.png"))
    assert scan(folder, rules=[Every(), Every(at_least=largest)], config=SETTINGS).findings.height == 4
