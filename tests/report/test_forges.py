"""GitHub annotations, GitLab code quality and JUnit: limits, escaping, and what counts as a failure."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from datalint.report import Report, github
from datalint.report.place import escaped
from tests.report import factory

HOSTILE = "a, b: 100%\r\n::error::owned \x00\x1b[2J\u2028.jpg"
COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")


def commands(report: Report) -> list[tuple[str, dict[str, str], str]]:
    """Level, properties and message of each command, unescaped as the runner does."""
    *lines, tally = report.render("github").split("\n")[:-1]
    assert tally == f"datalint: {report.tally}"
    found = []
    for line in lines:
        match = COMMAND.fullmatch(line)
        assert match is not None, line
        level, properties, message = match.groups()
        pairs = [pair.split("=", 1) for pair in properties.split(",")]
        found.append((level, {name: unescaped(value) for name, value in pairs}, unescaped(message)))
    return found


def unescaped(text: str) -> str:
    for code, character in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        text = text.replace(code, character)
    return text


def test_ten_annotations_a_level_and_the_rest_is_told(tmp_path: Path) -> None:
    report = factory.many(tmp_path, 30_000)
    found = commands(report)
    for level, total in (("error", 7_500), ("warning", 15_000), ("notice", 7_500)):
        messages = [message for name, _, message in found if name == level]
        assert len(messages) == 10
        assert messages[-1].startswith(f"and {total - 9:,} more")
    assert [level for level, _, _ in found] == ["error"] * 10 + ["warning"] * 10 + ["notice"] * 10


def test_ten_findings_need_no_cut(tmp_path: Path) -> None:
    rows = [factory.finding(factory.RULES[4], path=f"{number}.jpg") for number in range(10)]
    found = commands(factory.report(tmp_path, rows=rows))
    assert [properties["file"] for _, properties, _ in found] == [f"{number}.jpg" for number in range(10)]


def test_a_place_in_a_label_file_has_its_line(tmp_path: Path) -> None:
    rows = [factory.finding(factory.RULES[2], file="labels.csv", line=12, column=3, hint="repair the line")]
    ((level, properties, message),) = commands(factory.report(tmp_path, rows=rows))
    assert level == "error"
    assert properties == {"title": "DL401 label-syntax", "file": "labels.csv", "line": "12", "col": "3"}
    assert message == "found. Repair the line"


def test_hostile_text_forges_no_command(tmp_path: Path) -> None:
    rows = [factory.finding(factory.RULES[4], path=HOSTILE, message=HOSTILE, hint=HOSTILE)]
    ((_, properties, message),) = commands(factory.report(tmp_path, rows=rows))
    assert properties["file"] == escaped(HOSTILE)
    assert "\n" not in message
    assert "\\x1b[2J" in message


def test_trouble_is_annotated(tmp_path: Path) -> None:
    report = factory.report(tmp_path, rows=[])
    idle = report.rules_not_run[0]
    report.rules_not_run = (type(idle)(idle.code, idle.name, "crashed: out of luck", crashed=True),)
    assert commands(report) == [("error", {"title": "datalint"}, "DL805 tiny-box did not run: crashed: out of luck")]


@given(st.text(max_size=40))
def test_escaping_keeps_a_command_on_its_line(text: str) -> None:
    assert unescaped(github.value(text)) == text
    assert not set("\r\n:,") & set(github.value(text))


def test_gitlab_has_every_finding_once(tmp_path: Path) -> None:
    rows = [factory.finding(factory.RULES[4], path=HOSTILE) for _ in range(3)]
    rows += [factory.finding(factory.RULES[5], subject="cat", status="baselined")]
    rows += [factory.finding(factory.RULES[2], file="labels.csv", line=12)]
    entries: list[dict[str, Any]] = json.loads(factory.report(tmp_path, rows=rows).render("gitlab"))
    assert len({entry["fingerprint"] for entry in entries}) == len(entries) == 4
    assert entries[0]["description"] == "DL401 label-syntax: found"
    assert entries[0]["location"] == {"path": "labels.csv", "lines": {"begin": 12}}
    assert entries[1]["location"] == {"path": HOSTILE, "lines": {"begin": 1}}
    assert {entry["severity"] for entry in entries} == {"critical", "major"}
    keys = {"description", "check_name", "fingerprint", "severity", "location"}
    assert all(set(entry) == keys for entry in entries)


def test_gitlab_holds_all_of_many(tmp_path: Path) -> None:
    assert len(json.loads(factory.many(tmp_path, 30_000).render("gitlab"))) == 30_000
    assert json.loads(factory.report(tmp_path, rows=[]).render("gitlab")) == []


def suites(report: Report) -> dict[str, ElementTree.Element]:
    """The suites by name; every count in the file is right."""
    root = ElementTree.fromstring(report.render("junit"))
    for element in (root, *root):
        cases = list(element.iter("testcase"))
        assert element.get("tests") == str(len(cases))
        for name, counted in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert element.get(counted) == str(sum(case.find(name) is not None for case in cases))
    return {suite.get("name", ""): suite for suite in root}


def test_a_case_fails_if_it_makes_the_exit_code_1(tmp_path: Path) -> None:
    report = factory.report(tmp_path)
    found = suites(report)
    assert len(found["DL701 split-leak"].findall("testcase/failure")) == 6
    assert found["DL304 dark"].find("testcase/failure") is None
    assert found["DL201 mixed-format"].get("tests") == "1"
    assert found["DL805 tiny-box"].find("testcase/skipped") is not None
    report.config = report.config.merged(fail_on="warning")
    assert suites(report)["DL304 dark"].find("testcase/failure") is not None
    for calm in ({"fail_on": "never"}, {"fail_on": "error", "exit_zero": True}):
        report.config = report.config.merged(**calm)
        assert not any(suite.findall("testcase/failure") for suite in suites(report).values())


def test_junit_takes_any_text(tmp_path: Path) -> None:
    hostile = HOSTILE + "]]><&\"'\ufffe\ud7ff"
    rows = [factory.finding(factory.RULES[1], path=hostile, message=hostile, hint=hostile, related=[hostile])]
    failure = suites(factory.report(tmp_path, rows=rows))["DL701 split-leak"].find("testcase/failure")
    assert failure is not None
    assert "]]><&\"'\\ufffe" in (failure.text or "")
    assert "100%\\r\\n" in (failure.get("message") or "")


def test_junit_tells_a_scan_of_nothing(tmp_path: Path) -> None:
    report = factory.report(tmp_path, rows=[])
    report.dataset.tables = {}
    assert report.exit_code == 3
    assert suites(report)["datalint"].find("testcase/error") is not None
