"""Which decisions a finding offers, and the file that they are kept in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from datalint import scan
from datalint.cli import main
from datalint.repair.decisions import Decision
from datalint.repair.fixers import FIXERS
from datalint.repair.plan import plan
from datalint.report.deciding import Decisions
from datalint.report.decisions import BY_NAME, KINDS, Decided, DecisionError, offered, read, word

FIXTURES = Path(__file__).resolve().parent.parent.parent / "fixtures"


def test_every_finding_can_be_kept_or_accepted() -> None:
    for code, scope in (
        ("DL301", "dataset"),
        ("DL501", "class"),
        ("DL704", "split"),
        ("XY1", "image"),
        ("DL1", "file"),
    ):
        assert offered(code, scope, 1) == ("keep", "accept")


def test_what_is_about_one_image_is_not_offered_for_a_group() -> None:
    assert {"keep-copy", "move", "delete"} <= set(offered("DL701", "image", 1))
    assert set(offered("DL701", "dataset", 5)) == {"keep", "delete", "accept"}
    assert "quarantine" not in offered("DL901", "record", 1)
    assert "relabel" in offered("DL901", "record", 1)


def test_each_decision_has_a_key_of_its_own() -> None:
    keys = [kind.key for kind in KINDS]
    assert len(set(keys)) == len(keys)
    # Those of the report (j, k, t) and of the terminal (s, b, q) are others.
    assert not set(keys) & set("jktsbq")


def test_what_is_repaired_is_offered() -> None:
    does = {"DL601": {"keep-copy"}, "DL701": {"keep-copy", "move"}, "DL702": {"keep-copy", "move"}, "DL703": {"move"},
            "DL801": {"clip"}, "DL802": {"drop-box"}, "DL804": {"drop-box"}}  # fmt: skip
    for code in FIXERS:
        scope = {"DL406": "class"}.get(code, "record" if code[:3] in ("DL4", "DL8") else "image")
        assert does.get(code, {"fix"}) <= set(offered(code, scope, 1)), code


@pytest.mark.parametrize(
    "name",
    ["wrong-extension", "dark", "unlabeled-image", "missing-image", "repeated-label", "exact-duplicate", "split-leak",
     "group-leak", "box-outside-image", "degenerate-box", "odd-box", "invalid-polygon", "two-classes-one-box"],
)  # fmt: skip
def test_what_is_offered_can_be_done(name: str) -> None:
    report = scan(FIXTURES / name / "bad", select=[name], isolated=True, no_cache=True, jobs=0)
    assert len(report) > 0
    for finding in report:
        for offer in offered(finding.code, finding.scope, finding.count):
            if BY_NAME[offer].asks in ("", "copy") and offer != "keep":
                made = plan(report, lambda _: False, None, {finding.id: Decision(offer)})
                assert made.fixed == {finding.id}, (offer, made.left)


def test_a_decision_is_a_line(tmp_path: Path) -> None:
    file = tmp_path / "decisions.jsonl"
    taken = Decided("datalint/v1:0", "accept", "so\u2028 it \u00fcs", "ann", "2026-01-31T00:00:00Z")
    file.write_text("\ufeff" + taken.line + "\n" + Decided("b", "Keep this_copy").line, "utf-8")
    assert read(file) == {"datalint/v1:0": taken, "b": Decided("b", "keep-copy")}
    file.write_bytes(b"\xff")
    with pytest.raises(DecisionError, match="cannot be read"):
        read(file)


def test_a_scan_accepts_what_was_accepted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, file, page = str(FIXTURES / "dark/bad"), tmp_path / "decisions.jsonl", tmp_path / "report.html"
    options = ["scan", data, "--isolated", "--no-progress", "--no-cache", "-j", "0", "--select", "DL304,DL3"]
    found = list(scan(data, select=["DL3"], isolated=True, no_cache=True, jobs=0))
    dark, *rest = sorted(found, key=lambda finding: finding.code != "DL304")
    rows = [Decided(dark.id, "accept", "night"), *(Decided(finding.id, "keep") for finding in rest)]
    file.write_text("".join(row.line for row in rows), "utf-8")
    with pytest.raises(SystemExit):
        main([*options, "--decisions", str(file), "--format", "json", "--format", f"html={page}"])
    report = json.loads(capsys.readouterr().out)
    assert report["summary"]["accepted_by_code"] == {"DL304": 1}
    assert [finding["id"] for finding in report["findings"]] == [finding.id for finding in rest]
    assert page.read_text("utf-8").count('"decision":"keep"') == len(rest)
    file.write_text("no", "utf-8")
    with pytest.raises(SystemExit) as stopped:
        main([*options, "--decisions", str(file)])
    assert stopped.value.code == 2
    assert "decisions.jsonl:1: a decision is a JSON object" in capsys.readouterr().err


def test_labels_of_the_report_are_words_too() -> None:
    assert [word(kind.label) for kind in KINDS] == [kind.name for kind in KINDS]
    assert word("Keep_Copy") == "keep-copy"


def test_a_line_that_was_not_ended_stays_a_line(tmp_path: Path) -> None:
    file = tmp_path / "decisions.jsonl"
    file.write_text(Decided("a", "keep").line.rstrip("\n"), "utf-8")
    Decisions([Decided("b", "delete")]).write(file)
    assert {identity: row.decision for identity, row in read(file).items()} == {"a": "keep", "b": "delete"}
