"""The plan: at most seven steps, those first that save most, with the denominator that matters and a real command."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from datalint.cli import cli
from datalint.report.plan import MOST, Step
from fixtures.draw.picture import dataset
from tests.report import factory, leaky

ROOT = Path(__file__).resolve().parent.parent.parent.parent


def test_a_leak_is_counted_in_test_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leaky.drawn(tmp_path / "data", leaks=3)
    monkeypatch.chdir(tmp_path)
    (step,) = [step for step in leaky.scanned(Path("data")).plan if step.cause == "leaks"]
    assert step.what == "50 % of the test images (3 of 6) are also in train"
    assert (step.count, step.total, step.unit, step.rules) == (3, 6, "test images", ("DL701",))
    assert step.command == "datalint fix data --only split-leak --out-of train --to clean/"
    assert step.repairs


def test_its_command_does_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leaky.drawn(tmp_path / "data", leaks=3)
    monkeypatch.chdir(tmp_path)
    step = leaky.scanned(Path("data")).plan[0]
    ran = CliRunner().invoke(cli, [*shlex.split(step.command)[1:], "--jobs", "0"])
    assert ran.exit_code == 0, ran.output
    assert "3 of 3 findings are gone" in ran.output
    assert not leaky.scanned(Path("clean")).findings.filter(pl.col("code") == "DL701").height


def test_a_step_without_a_fixer_shows_its_findings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leaky.drawn(tmp_path / "data")
    (tmp_path / "data/train/cats/broken.jpg").write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    (step,) = [step for step in leaky.scanned(Path("data")).plan if step.cause == "unreadable"]
    assert (step.what, step.repairs) == ("1 of the 17 images cannot be read", False)
    ran = CliRunner().invoke(cli, [*shlex.split(step.command)[1:], "--jobs", "0"])
    assert ran.exit_code == 1, ran.output
    assert "empty-file" in Path("unreadable.html").read_text("utf-8")


def test_what_hits_more_comes_first(tmp_path: Path) -> None:
    report = factory.report(tmp_path)
    plan = report.plan
    assert len(plan) <= MOST
    place = {step.cause: number for number, step in enumerate(plan)}
    assert plan[place["leaks"]].what == "40 % of the test images (6 of 15) are also in train"
    assert place["leaks"] < place["wrong-labels"] < place["odd-images"]


def test_notes_are_no_step_unless_they_hit_much(tmp_path: Path) -> None:
    def noted(images: int) -> tuple[Step, ...]:
        paths = [f"train/cat/{n:05}.jpg" for n in range(60)]
        rows = [factory.finding(factory.Odd(), path=path, message="PNG among JPEG") for path in paths[:images]]
        report = factory.report(tmp_path / str(images), rows=rows)
        report.findings = report.findings.with_columns(
            severity=pl.lit("note"), path=pl.Series(report.dataset.table("images")["path"][:images])
        )
        report.members = factory.members(report.dataset, report.findings)
        return report.plan

    assert noted(2) == ()
    assert [step.what for step in noted(30)] == ["50 % of the images (30 of 60) are in another format than most"]


def test_what_the_baseline_knows_is_in_no_step(tmp_path: Path) -> None:
    report = factory.report(tmp_path)
    report.findings = report.findings.with_columns(status=pl.lit("baselined"))
    assert report.plan == ()


def test_further_repairs_start_from_the_copy_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = leaky.drawn(tmp_path / "data", leaks=2)
    (data / "train/cats/twice.jpg").write_bytes((data / "train/cats/0.jpg").read_bytes())
    monkeypatch.chdir(tmp_path)
    commands = [step.command for step in leaky.scanned(Path("data")).plan if step.repairs]
    assert commands == [
        "datalint fix data --only split-leak --out-of train --to clean/",
        "datalint fix clean/ --only exact-duplicate --to clean-2/",
    ]
    for command in commands:
        ran = CliRunner().invoke(cli, [*shlex.split(command)[1:], "--jobs", "0"])
        assert ran.exit_code == 0, ran.output
    assert leaky.scanned(Path("clean-2"), ["DL6", "DL7"]).findings.is_empty()


def test_what_only_another_split_removes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for split in ("train", "test"):
        dataset(tmp_path / "data" / split, 6, first=0)
    monkeypatch.chdir(tmp_path)
    (step,) = [step for step in leaky.scanned(Path("data")).plan if step.cause == "leaks"]
    assert step.what == "all 6 test images are also in train"
    assert step.command == "datalint split data --ratios train=50,test=50 --lists splits/"
    ran = CliRunner().invoke(cli, [*shlex.split(step.command)[1:], "--jobs", "0"])
    assert ran.exit_code == 0, ran.output
    assert sorted(path.name for path in Path("splits").iterdir()) == ["test.txt", "train.txt"]


def test_the_json_report_has_it(tmp_path: Path) -> None:
    report = leaky.scanned(leaky.drawn(tmp_path, leaks=3))
    document = json.loads(report.render("json"))
    assert document["plan"][0]["what"] == report.plan[0].what
    assert document["verdict"] == report.verdict
    assert report.verdict.startswith("3 errors to fix before training. First: 50 % of the test images")
    schema = json.loads((ROOT / "datalint/report/report.schema.json").read_text("utf-8"))
    pytest.importorskip("jsonschema").validate(document, schema)


def test_terminal_markdown_and_html_begin_with_it(tmp_path: Path) -> None:
    report = leaky.scanned(leaky.drawn(tmp_path, leaks=3))
    what = report.plan[0].what
    for kind, later in (("text", "DL701 split-leak"), ("markdown", "DL701 split-leak"), ("html", 'id="DL701"')):
        page = report.render(kind)
        assert 0 < page.index(what) < page.index(later), kind
