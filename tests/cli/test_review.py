"""`datalint review`: one finding at a time, by single keys, written as it goes."""

from __future__ import annotations

import contextlib
import json
import math
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from datalint import scan
from datalint.cli.review import command
from datalint.report import Report
from tests.report import factory
from tests.test_demo import DATASETS


@pytest.fixture
def report(tmp_path: Path) -> Report:
    made = factory.report(tmp_path / "data")
    for form in ("json", "html"):
        made.write(form, tmp_path / f"report.{form}")
    return made


def review(folder: Path, keys: str, *options: str, form: str = "json") -> Result:
    arguments = [str(folder / f"report.{form}"), "--decisions", str(folder / "decisions.jsonl"), *options]
    return CliRunner().invoke(command, arguments, input=keys)


def written(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "decisions.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("form", ["json", "html"])
def test_single_keys_decide(report: Report, tmp_path: Path, form: str) -> None:
    ids = report.findings.filter(code="DL701")["id"].to_list()
    keys = "ec2\nm1\nsatwo takes\nq"
    done = review(tmp_path, keys, "--only", "split-leak", "--by", "ann", form=form)
    assert done.exit_code == 0, done.output
    assert [(row["id"], row["decision"], row["value"]) for row in written(tmp_path)] == [
        (ids[0], "keep", None),
        (ids[1], "keep-copy", report.findings.filter(code="DL701")["related"][1][0]),
        (ids[2], "move", "test"),
        (ids[4], "accept", "two takes"),
    ]
    assert {row["by"] for row in written(tmp_path)} == {"ann"}
    assert "[1/6] error  DL701 split-leak" in done.output
    assert "the same picture is in train" in done.output
    assert "4 of 6 decided" in done.output


def test_a_suggested_class_is_taken_by_enter(report: Report, tmp_path: Path) -> None:
    done = review(tmp_path, "r\nrcow\n3\nq", "--only", "DL901")
    assert [(row["decision"], row["value"]) for row in written(tmp_path)] == [("relabel", "dog"), ("relabel", "hare")]
    assert "it is none of these" in done.output


def test_it_goes_on_where_it_stopped(report: Report, tmp_path: Path) -> None:
    review(tmp_path, "eq", "--only", "DL701")
    file = tmp_path / "decisions.jsonl"
    file.write_text(file.read_text("utf-8").rstrip("\n"), "utf-8")
    done = review(tmp_path, "e", "--only", "DL701")
    assert "[1/5]" in done.output
    assert len({row["id"] for row in written(tmp_path)}) == 2
    assert "2 of 6 decided" in done.output


def test_back_decides_anew(report: Report, tmp_path: Path) -> None:
    done = review(tmp_path, "ebdq", "--only", "DL701")
    first, second = written(tmp_path)
    assert first["id"] == second["id"]
    assert (first["decision"], second["decision"]) == ("keep", "delete")
    assert "decided: keep" in done.output


def test_all_decided_asks_nothing(report: Report, tmp_path: Path) -> None:
    review(tmp_path, "e" * 6, "--only", "DL701")
    done = review(tmp_path, "", "--only", "DL701")
    assert "6 of 6 decided" in done.output
    assert len(written(tmp_path)) == 6


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("no report", "not a report of datalint scan"),
        ('{"schema": "datalint/diff/v1"}', "not a report of datalint scan"),
        ('{"schema": "datalint/report/v1", "dataset": {}, "findings": [{"id": 3}]}', "not a report of datalint scan"),
        ('<script type="application/json" id="data">{"findings": {"rule": [0]}}</script>', "not a report"),
        ("[" * 99_999, "not a report of datalint scan"),
    ],
)
def test_what_is_not_a_report(content: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(content, "utf-8")
    done = review(tmp_path, "")
    assert done.exit_code == 1
    assert said in done.output
    assert len(done.output.splitlines()) == 1


def test_a_rule_without_findings(report: Report, tmp_path: Path) -> None:
    done = review(tmp_path, "", "--only", "blurry")
    assert "has no finding of blurry" in done.output
    assert not (tmp_path / "decisions.jsonl").exists()


def test_json_and_html_offer_the_same(tmp_path: Path) -> None:
    from datalint.report.place import place
    from datalint.report.reopened import reopened

    made = scan(DATASETS / "demo", ignore=["DL9"], isolated=True)
    for form in ("json", "html"):
        made.write(form, tmp_path / f"report.{form}")
    both = [
        sorted(
            (one.finding.id, one.finding.code, place(one.finding), one.finding.message, one.offers)
            for one in reopened(tmp_path / f"report.{form}").entries
        )
        for form in ("json", "html")
    ]
    assert both[0] == both[1]
    assert len(both[0]) == len(made)


def test_control_c_keeps_what_was_decided(report: Report, tmp_path: Path) -> None:
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "datalint", "review", str(tmp_path / "report.json"), "--only", "DL701"],
        stdin=child,
        stdout=child,
        stderr=child,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(DATASETS.parent.parent), "TERM": "dumb"},
        start_new_session=True,
    )
    os.close(child)
    shown = b""
    ends = time.monotonic() + 240
    for wanted, key in ((b"[1/6]", b""), (b"[2/6]", b"e"), (b"[3/6]", b"d")):
        pressed = -math.inf
        while time.monotonic() < ends and process.poll() is None and wanted not in shown:
            if select.select([parent], [], [], 0.3)[0]:
                shown += os.read(parent, 4096)
            elif time.monotonic() > pressed + 10:
                # A key that comes before the terminal waits for one is lost: then it is pressed again.
                os.write(parent, key)
                pressed = time.monotonic()
        assert wanted in shown
    while process.poll() is None and time.monotonic() < ends:
        with contextlib.suppress(OSError):  # it has ended meanwhile
            os.write(parent, b"\x03")
        time.sleep(0.5)
    assert process.wait(5) == 130
    os.close(parent)
    assert [row["decision"] for row in written(tmp_path)] == ["keep", "delete"]
