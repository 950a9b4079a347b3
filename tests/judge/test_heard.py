"""What a rule finds does not depend on which others are chosen."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from datalint import scan
from datalint.judge import baseline
from tests.judge.cases import SETTINGS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Thirty pictures of one size, one that is long and one that is small for its own reasons."""
    sizes = [(64, 64)] * 30 + [(240, 40), (24, 24), (70, 66)]
    for number, size in enumerate(sizes):
        path = tmp_path / "data" / "ab"[number % 2] / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.effect_noise(size, 50).save(path)
    return tmp_path / "data"


def found(report: object, code: str) -> list[str]:
    return [finding.id for finding in report if finding.code == code]  # type: ignore[attr-defined]


def test_a_rule_alone_finds_what_it_finds_among_all(folder: Path) -> None:
    whole, alone = (scan(folder, select=[code], config=SETTINGS) for code in ("DL2", "DL204"))
    assert {finding.code for finding in whole} >= {"DL204", "DL206", "DL207"}
    assert found(alone, "DL204") == found(whole, "DL204")
    assert len(found(alone, "DL204")) == 1
    assert {finding.code for finding in alone} == {"DL204"}
    assert [rule.code for rule in alone.rules_run] == ["DL204"]
    assert alone.rules_not_run == ()
    assert set(alone.members["finding"]) == {finding.id for finding in alone}


def test_known_findings_are_known_whatever_is_selected(folder: Path, tmp_path: Path) -> None:
    whole = scan(folder, select=["DL2"], config=SETTINGS)
    known = tmp_path / "known.json"
    baseline.write(known, baseline.updated(whole, known, []))
    alone = scan(folder, select=["DL204"], config=SETTINGS.merged(baseline=known))
    assert (len(alone), alone.new.height) == (1, 0)


def test_what_is_ignored_is_not_heard(folder: Path) -> None:
    for ignored in ("DL206", "DL20"):
        alone = scan(folder, select=["DL204"], ignore=[ignored], config=SETTINGS)
        assert len(found(alone, "DL204")) == (2 if ignored == "DL206" else 3)


def test_a_rule_that_is_heard_and_cannot_run_is_not_listed(folder: Path) -> None:
    """near-duplicate yields to rules about splits, and there are none."""
    report = scan(folder, select=["DL602"], config=SETTINGS)
    assert report.rules_not_run == ()
