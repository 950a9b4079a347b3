"""`datalint.fix`: a repair from Python."""

from __future__ import annotations

from pathlib import Path

import pytest

import datalint
from datalint.repair import journal
from datalint.repair.fix import FixError
from datalint.report import Report
from tests.repair import made
from tests.repair.repair import CONFIG

BAD: dict[str, list[made.Box]] = {**made.GOOD, "a.png": [(30, 6, 30, 40), (4, 5, 24.5, 30)]}


@pytest.fixture
def report(tmp_path: Path) -> Report:
    return datalint.scan(made.write("voc", tmp_path / "data", BAD), config=CONFIG)


def label(root: Path) -> str:
    return (root / "annotations/a.xml").read_text("utf-8-sig")


def test_without_a_place_nothing_is_changed(tmp_path: Path, report: Report) -> None:
    before = label(tmp_path / "data")
    repaired = datalint.fix(report)
    assert repaired.outcome is None
    assert "DL802 degenerate-box" in str(repaired)
    assert "annotations/a.xml" in str(repaired)
    assert "-  </object>" in str(repaired)
    assert label(tmp_path / "data") == before


def test_a_copy(tmp_path: Path, report: Report) -> None:
    repaired = datalint.fix(report, only="degenerate-box", to=tmp_path / "to")
    assert repaired.outcome is not None
    assert repaired.outcome.exit_code == 0
    assert label(tmp_path / "data").count("<object>") == 2
    assert label(tmp_path / "to").count("<object>") == 1
    assert "1 of 1 findings are gone" in str(repaired)


def test_in_place_and_back(tmp_path: Path, report: Report) -> None:
    before = label(tmp_path / "data")
    repaired = datalint.fix(report, safe=True, backup=tmp_path / "kept")
    assert repaired.manifest == tmp_path / "kept/manifest.json"
    assert label(tmp_path / "data").count("<object>") == 1
    journal.undo(repaired.manifest)
    assert label(tmp_path / "data") == before


def test_what_cannot_be(tmp_path: Path, report: Report) -> None:
    with pytest.raises(TypeError, match="not both"):
        datalint.fix(report, to=tmp_path / "to", backup=tmp_path / "kept")
    with pytest.raises(FixError, match="no fix is built in for 'blurry'"):
        datalint.fix(report, only=["blurry"])
