"""What is read of a state: of a report that was written, and of a scan."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalint.diff.snapshot import of_report, read
from datalint.finding import NotRun
from tests.report import factory


@pytest.mark.parametrize("written", [True, False])
def test_which_rules_crashed_is_a_fact_not_a_wording(tmp_path: Path, written: bool) -> None:
    report = factory.report(tmp_path, images=3, rows=[])
    report.rules_not_run = (
        NotRun("DL805", "tiny-box", "crashed into nothing"),
        NotRun("DL806", "huge-box", "out of luck", crashed=True),
    )
    report.write("json", tmp_path / "report.json")
    snapshot = read(tmp_path / "report.json") if written else of_report(report, "now")
    assert snapshot.crashed == ("DL806",)
