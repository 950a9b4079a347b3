"""Decisions that a program takes about findings."""

from __future__ import annotations

from pathlib import Path

import pytest

import datalint
from datalint.repair import decisions
from datalint.report import Report
from tests.repair import made
from tests.repair.repair import CONFIG
from tests.report import factory

BAD: dict[str, list[made.Box]] = {**made.GOOD, "a.png": [(30, 6, 30, 40)], "b.png": [(10, 12, 70, 44)]}


@pytest.fixture
def report(tmp_path: Path) -> Report:
    return datalint.scan(made.write("coco", tmp_path / "data", BAD), config=CONFIG)


def of(report: Report, name: str) -> datalint.Finding:
    (found,) = [finding for finding in report if finding.name == name]
    return found


def test_fix_does_what_was_decided(tmp_path: Path, report: Report) -> None:
    outside = of(report, "box-outside-image")
    assert report.decide(outside, "Clip", by="ann").decision == "clip"
    repaired = datalint.fix(report, decisions=report.decisions, to=tmp_path / "clean")
    assert repaired.plan.fixed == {outside.id}
    assert repaired.outcome is not None
    assert repaired.outcome.exit_code == 0


def test_the_last_one_counts(report: Report) -> None:
    outside = of(report, "box-outside-image")
    report.decide(outside, "clip")
    report.decide(outside.id, "keep")
    assert not datalint.fix(report, decisions=report.decisions).plan.fixed


def test_a_file_of_them_is_what_the_command_reads(tmp_path: Path, report: Report) -> None:
    outside = of(report, "box-outside-image")
    taken = report.decide(outside, "drop-box", by="ann")
    report.decisions.write(tmp_path / "decisions.jsonl")
    report.decisions.clear()
    report.decide(outside, "accept", "the camera\u2028cuts")
    report.decisions.write(tmp_path / "decisions.jsonl")
    read = (tmp_path / "decisions.jsonl").read_text("utf-8").split("\n")
    assert read[0] + "\n" == taken.line
    assert len(read) == 3
    assert decisions.read(tmp_path / "decisions.jsonl")[outside.id].decision == "accept"
    assert taken.when is not None
    assert taken.when.endswith("+00:00")


@pytest.mark.parametrize(
    ("decision", "value", "says"),
    [
        ("relabel", "dog", "box-outside-image does not offer 'relabel'; it offers keep, clip, drop-box, accept"),
        ("sing", None, "does not offer 'sing'"),
    ],
)
def test_what_is_not_offered(decision: str, value: str | None, says: str, report: Report) -> None:
    with pytest.raises(ValueError, match=says):
        report.decide(of(report, "box-outside-image"), decision, value)
    with pytest.raises(ValueError, match="no finding 'datalint/v1:gone'"):
        report.decide("datalint/v1:gone", "keep")
    assert report.decisions == []


def test_a_new_class_must_be_named(tmp_path: Path) -> None:
    report = factory.report(tmp_path / "data")
    finding = next(finding for finding in report if finding.code == "DL901")
    with pytest.raises(ValueError, match="relabel takes a class"):
        report.decide(finding, "relabel")
    assert report.decide(finding, "relabel", "cat").value == "cat"
