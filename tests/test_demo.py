"""The demo datasets: every planted fault is found, and nothing else at warning or above."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from datalint import Finding, Report, scan
from datalint.config.settings import Config

DATASETS = Path(__file__).resolve().parent.parent / "fixtures" / "datasets"
NAMES = sorted(path.name.removesuffix(".answers.json") for path in DATASETS.glob("*.answers.json"))
PLACE = ("path", "file", "line", "subject")


def settings(name: str) -> Config | Path:
    own = DATASETS / name / "datalint.toml"
    return own if own.exists() else Config()


@cache
def scanned(name: str) -> Report:
    """Without the probe: its part has a test of its own."""
    return scan(DATASETS / name, config=settings(name), jobs=0, ignore=["DL9"])


@cache
def answers(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((DATASETS / f"{name}.answers.json").read_text("utf-8"))
    return found


def answered(finding: Finding, answer: dict[str, Any]) -> bool:
    """Whether a finding is what an answer asks for; of two copies either one may be named first."""
    if finding.code != answer["code"]:
        return False
    if "related" in answer:
        return {answer.get("path"), *answer["related"]} == {finding.path, *finding.related}
    return all(getattr(finding, part) == answer[part] for part in PLACE if part in answer)


def compare(findings: list[Finding], planted: list[dict[str, Any]]) -> tuple[list[str], list[str]]:
    """What was planted and not found, and what was found at warning or above and not planted."""
    missed = [
        f"{answer['code']} {answer.get('path') or answer.get('file') or answer.get('subject')}: {answer['why']}"
        for answer in planted
        if not any(answered(finding, answer) for finding in findings)
    ]
    invented = [
        f"{finding.code} {finding.path or finding.file or finding.subject}: {finding.message}"
        for finding in findings
        if finding.severity != "note" and not any(answered(finding, answer) for answer in planted)
    ]
    return missed, invented


@pytest.mark.parametrize("name", NAMES)
def test_what_is_found_is_what_was_planted(name: str) -> None:
    planted = [answer for answer in answers(name) if not answer["code"].startswith("DL9")]
    assert compare(list(scanned(name)), planted) == ([], [])


@pytest.mark.parametrize("name", NAMES)
def test_no_fault_is_told_twice(name: str) -> None:
    told = Counter(
        (finding.code, finding.path, finding.file, finding.line, finding.subject) for finding in scanned(name)
    )
    assert [place for place, times in told.items() if times > 1] == []


@pytest.mark.parametrize(("name", "code"), [("demo", 1), ("labels", 1), ("splits", 0)])
def test_exit_code(name: str, code: int) -> None:
    """Errors were planted in demo and labels; what is wrong with splits are warnings."""
    assert scanned(name).exit_code == code


@pytest.mark.skipif(find_spec("torch") is None, reason="the probe needs torch")
def test_wrong_labels_are_found_and_right_ones_left_alone() -> None:
    report = scan(DATASETS / "demo", config=Config(), jobs=0, device="cpu", select=["DL9"])
    planted = {answer["path"] for answer in answers("demo") if answer["code"] == "DL901"}
    contradicted = {answer["path"] for answer in answers("demo") if answer["code"] == "DL603"}  # wrong too
    likely = {finding.path for finding in report if finding.code == "DL901"}
    assert planted <= likely <= planted | contradicted


def test_the_comparison_can_fail() -> None:
    planted = answers("demo")
    findings = list(scanned("demo"))
    assert compare(findings[1:], planted)[0]
    assert compare(findings, [answer for answer in planted if answer["code"] != "DL102"])[1]
