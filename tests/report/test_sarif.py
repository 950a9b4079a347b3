"""SARIF: valid for the standard and for GitHub, whatever files are called and however many findings there are."""

from __future__ import annotations

import json
import os
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import jsonschema
import polars as pl
import pytest

from datalint import scan
from datalint.config.settings import Config
from datalint.report import Report, sarif
from tests.report import factory

SCHEMA = json.loads((Path(__file__).parent / "vendor" / "sarif-schema-2.1.0.json").read_text("utf-8"))


def run(report: Report) -> Any:
    """The one run of a valid log."""
    text = report.render("sarif")
    log = json.loads(text)
    (found,) = log["runs"]
    results = found["results"]
    # Of thousands of results of one make every tenth is enough.
    found["results"] = results[:: 1 + 9 * (len(results) > 1_000)]
    jsonschema.Draft7Validator(SCHEMA).validate(log)
    found["results"] = results
    assert len(text.encode()) < 10_000_000
    codes = [rule["id"] for rule in found["tool"]["driver"]["rules"]]
    assert all(codes[result["ruleIndex"]] == result["ruleId"] for result in found["results"])
    hashes = [result["partialFingerprints"]["primaryLocationLineHash"] for result in found["results"]]
    assert len(set(hashes)) == len(hashes)
    return found


def uris(found: Any) -> list[str]:
    return [result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in found["results"]]


def test_every_kind_of_finding(tmp_path: Path) -> None:
    found = run(factory.report(tmp_path))
    assert found["automationDetails"]["id"] == "datalint/"
    assert found["invocations"][0]["exitCode"] == 1
    leak = next(result for result in found["results"] if result["ruleId"] == "DL701")
    assert leak["message"]["text"].startswith("the same picture is in train ([")
    assert leak["message"]["text"].endswith("](1)). Keep it in one split.")
    assert leak["relatedLocations"][0]["id"] == 1
    syntax = next(result for result in found["results"] if result["ruleId"] == "DL401")
    assert syntax["locations"][0]["physicalLocation"]["region"]["startLine"] == 12
    box = next(result for result in found["results"] if result["ruleId"] == "DL801")
    assert box["locations"][0]["logicalLocations"] == [{"fullyQualifiedName": "/annotations/0"}]


def test_no_finding(tmp_path: Path) -> None:
    found = run(factory.report(tmp_path, rows=[]))
    assert found["results"] == []
    assert len(found["tool"]["driver"]["rules"]) == len(factory.RULES)


def test_one_finding(tmp_path: Path) -> None:
    found = run(factory.report(tmp_path, rows=[factory.finding(factory.RULES[4], path="train/cat/a.jpg")]))
    assert uris(found) == ["train/cat/a.jpg"]


def test_thirty_thousand_findings_are_cut_to_the_worst(tmp_path: Path) -> None:
    report = factory.many(tmp_path, 30_000)
    found = run(report)
    assert len(found["results"]) == 5_000
    assert found["properties"] == {"findings": 30_000, "cut": 25_000}
    assert "5,000 of 30,000" in report.notice("sarif")
    told = [note["message"]["text"] for note in found["invocations"][0]["toolExecutionNotifications"]]
    assert report.notice("sarif") in told
    assert {result["level"] for result in found["results"]} == {"error"}
    ranks = [result["rank"] for result in found["results"]]
    left_out = report.findings.filter(pl.col("severity") == "error")["score"].sort(descending=True)[5_000:]
    assert min(ranks) >= 100 * (left_out.max() or 0) - 0.1  # type: ignore[operator]


def test_nothing_is_cut_in_silence_below_the_limit(tmp_path: Path) -> None:
    assert factory.report(tmp_path).notice("sarif") == ""


NAMES = [
    "a b.jpg",
    "100%.jpg",
    "new\nline.jpg",
    'quo"te.jpg',
    "back\\slash.jpg",
    "#?:&[].jpg",
    "naïve.jpg",
    "..jpg",
]  # the last is a hidden file to a scan


def test_a_class_is_no_link(tmp_path: Path) -> None:
    rows = [factory.finding(factory.RULES[4], message="labelled [see](https:x)", hint="not [this](https:y)")]
    text = run(factory.report(tmp_path, rows=rows))["results"][0]["message"]["text"]
    assert "[see\\](https:x)" in text
    assert "[this\\](https:y)" in text


def test_hostile_names_give_relative_uris(tmp_path: Path) -> None:
    rows = [factory.finding(factory.RULES[4], path=f"train/cat/{name}", related=NAMES) for name in NAMES]
    found = run(factory.report(tmp_path, rows=rows))
    assert [unquote_to_bytes(uri).decode() for uri in uris(found)] == [f"train/cat/{name}" for name in NAMES]
    assert uris(found)[0] == "train/cat/a%20b.jpg"
    text = found["results"][0]["message"]["text"]
    assert "[#?:&\\[\\].jpg](6)" in text
    assert "\n" not in text


@pytest.mark.skipif(os.name == "nt", reason="names are bytes on POSIX only")
def test_a_name_that_is_no_text_keeps_its_bytes(tmp_path: Path) -> None:
    report = factory.report(tmp_path, rows=[factory.finding(factory.RULES[4], path="train/cat/\\xff.jpg")])
    images = report.dataset.tables["images"].with_row_index("row")
    first = pl.col("row") == 0
    report.dataset.tables["images"] = images.with_columns(
        pl.when(first).then(pl.lit("train/cat/\\xff.jpg")).otherwise("path").alias("path"),
        pl.when(first).then(pl.lit(b"train/cat/\xff.jpg")).otherwise("os_path").alias("os_path"),
    ).drop("row")
    assert uris(run(report)) == ["train/cat/%FF.jpg"]


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file system that takes any bytes")
def test_a_label_file_whose_name_is_no_text_keeps_its_bytes(tmp_path: Path) -> None:
    rows = [factory.finding(factory.RULES[4], path="train/cat/1.jpg", file="lab\\xffels.csv", line=3)]
    report = factory.report(tmp_path, rows=rows)
    Path(os.fsdecode(os.fsencode(report.dataset.root) + b"/lab\xffels.csv")).touch()
    assert uris(run(report)) == ["lab%FFels.csv"]


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file system that takes any bytes")
def test_a_scan_of_hostile_names(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    folder = tmp_path / "da ta" / "cat"
    folder.mkdir(parents=True)
    names = [*NAMES[:-1], os.fsdecode(b"\xff\xfe.jpg"), "::error::x.jpg", "\x1b[2J.jpg", "]]>\u202e.jpg", "-rf.jpg"]
    for name in names:
        (folder / name).touch()
    for number in range(2 * len(names)):  # what is true of most of a folder would be one finding
        (folder / f"{number}.jpg").write_bytes(b"\xff")
    report = scan(tmp_path / "da ta", select=["DL103"], config=Config(isolated=True), jobs=0)
    found = {unquote_to_bytes(uri) for uri in uris(run(report))}
    assert found == {b"da ta/cat/" + os.fsencode(name) for name in names}
    assert len(json.loads(report.render("gitlab"))) == len(names)
    assert len(ElementTree.fromstring(report.render("junit")).findall("testsuite/testcase/failure")) == len(names)
    assert all(line.startswith(("::error title=", "datalint: ")) for line in report.render("github").splitlines())


def test_places_are_relative_to_the_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    found = run(factory.report(tmp_path / "my data", rows=[factory.finding(factory.RULES[4], path="train/cat/a.jpg")]))
    assert uris(found) == ["my%20data/train/cat/a.jpg"]
    assert found["automationDetails"]["id"] == "datalint/my%20data/"


def test_a_link_is_named_by_what_it_leads_to(tmp_path: Path) -> None:
    report = factory.report(tmp_path, rows=[])
    first, second = report.dataset.table("images")["path"][:2]
    (tmp_path / first).unlink()
    (tmp_path / first).symlink_to(tmp_path / second)
    report.dataset.tables["images"] = report.dataset.table("images").with_columns(
        pl.when(pl.col("path") == first).then(pl.lit("inside")).alias("link")
    )
    rows = [factory.finding(factory.RULES[4], path=first)]
    report.findings = pl.concat([report.findings, pl.DataFrame(rows, schema=report.findings.schema)])
    assert uris(run(report)) == [second]


def test_what_concerns_no_file_is_anchored_to_the_config(tmp_path: Path) -> None:
    rows = [factory.finding(factory.RULES[5], subject="cat")]
    report = factory.report(tmp_path, rows=rows)
    assert uris(run(report)) == [report.dataset.table("images")["path"][0]]
    report.config = report.config.merged(source=tmp_path / "datalint.toml")
    assert uris(run(report)) == ["datalint.toml"]


def test_a_label_cannot_lead_out_of_the_repository(tmp_path: Path) -> None:
    rows = [factory.finding(factory.RULES[4], path=path) for path in ("../../etc/passwd", "/etc/passwd")]
    assert uris(run(factory.report(tmp_path, rows=rows))) == [".", "."]


def test_the_baseline_is_left_out(tmp_path: Path) -> None:
    rows = [factory.finding(factory.RULES[4], path="a.jpg", status="baselined")]
    assert run(factory.report(tmp_path, rows=rows))["results"] == []


def test_a_crashed_rule_is_a_failed_run(tmp_path: Path) -> None:
    report = factory.report(tmp_path, rows=[])
    idle = report.rules_not_run[0]
    report.rules_not_run = (type(idle)(idle.code, idle.name, "crashed: out of luck", crashed=True),)
    invocation = run(report)["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"][0]["level"] == "error"


def test_descriptions_are_cut(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(type(factory.RULES[0]), "__doc__", "long " * 1_000)
    rule = run(factory.report(tmp_path, rows=[]))["tool"]["driver"]["rules"][0]
    assert len(rule["shortDescription"]["text"]) == sarif.LONG


def test_a_group_is_one_result_that_says_how_many(tmp_path: Path) -> None:
    made = run(factory.report(tmp_path))
    (result,) = [result for result in made["results"] if result["ruleId"] == "DL210"]
    assert result["occurrenceCount"] == result["properties"]["count"] == 15
    assert result["properties"]["scope"] == "folder"
    assert result["message"]["text"].count("](") == 8
    assert "and 7 more" in result["message"]["text"]
    assert len(result["relatedLocations"]) == 8
    assert all("occurrenceCount" not in other for other in made["results"] if other["properties"]["count"] == 1)
