"""The sentences of the reports."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from datalint import Dataset, scan
from datalint.dataset import ProbeOutcome
from datalint.finding import NotRun
from datalint.report.text import noise, recovered, render
from tests.judge.cases import SETTINGS, Every, drawn
from tests.report import factory


def test_a_probe_that_can_call_no_label_likely_says_so() -> None:
    outcome = ProbeOutcome(ran=True, reason="", planted=6)
    assert recovered(outcome).startswith("none of 6 labels flipped in memory was found, ")


def test_how_many_changed_labels_would_be_found() -> None:
    outcome = ProbeOutcome(ran=True, reason="", planted=200, recovered=143)
    assert recovered(outcome) == "143 of 200 labels flipped in memory were found"


@pytest.mark.parametrize(
    ("share", "error", "said"),
    [
        (0.059, 0.004, "5.9 ± 0.4 % of the labels look wrong"),
        (0.0, 0.013, "at most 1.3 % of the labels look wrong"),
        (0.004, 0.005, "at most 0.9 % of the labels look wrong"),
        (1e-9, 1e-9, "under 0.1 % of the labels look wrong"),  # nobody knows that there is none
        (0.05, None, "5.0 % of the labels look wrong"),
        (None, None, "too unsure of the classes to tell wrong labels from hard images"),
    ],
)
def test_the_share_of_wrong_labels_is_never_said_to_be_none(
    share: float | None, error: float | None, said: str
) -> None:
    assert noise(ProbeOutcome(ran=True, reason="", noise=share, noise_error=error)) == said


def test_the_text_shows_the_worst_first(tmp_path: Path) -> None:
    class Mixed(Every):
        message = "one of many"

        def check(self, data: Dataset) -> pl.LazyFrame:
            last = pl.col("path") == data.table("images")["path"][-1]
            severity = pl.when(last).then(pl.lit("error")).otherwise(pl.lit("note"))
            return data.images.select("path", "bytes", "extension", severity=severity, unknown=None)

    said = render(scan(drawn(tmp_path), rules=[Mixed], config=SETTINGS), color=False, width=100, limit=1)
    assert "TEST001 every-image  3 of 3 images (1 error, 2 notes)\n  cat/2.png  one of many\n" in said


def test_a_crash_is_a_fact_not_a_wording(tmp_path: Path) -> None:
    report = factory.report(tmp_path, images=3, rows=[])
    report.rules_not_run = (
        NotRun("DL805", "tiny-box", "crashed into nothing"),
        NotRun("DL806", "huge-box", "out of luck", crashed=True),
    )
    said = render(report, color=True).splitlines()
    assert [("\x1b[1;31m" in line) for line in said if "-box:" in line] == [False, True]
    listed = report.summary["rules_not_run"]
    assert listed == [
        {"code": "DL805", "reason": "crashed into nothing"},
        {"code": "DL806", "reason": "out of luck", "crashed": True},
    ]


def test_a_group_is_one_line_that_stands_alone(tmp_path: Path) -> None:
    """Its message says who; some of its members follow, and how many more there are."""
    said = render(factory.report(tmp_path / "data"), color=False, width=100)
    assert (
        "note    DL210 used-alpha\n"
        "  all 15 images of train/hare/ have transparency: 3.0 % to 20.0 % of the pixels\n"
        "      train/hare/00002.jpg\n"
        "      train/hare/00005.jpg\n"
        "      train/hare/00008.jpg\n"
        "      and 12 more (--export lists all)\n"
    ) in said
    assert "      boxes.json#/annotations/2\n      and 37 more (--export lists all)\n" in said


def test_findings_are_not_counted_as_images(tmp_path: Path) -> None:
    class Twice(Every):
        """Two findings about each image."""

        def check(self, data: Dataset) -> pl.LazyFrame:
            images = data.images.select("path", "bytes", "extension", unknown=None)
            return pl.concat([images.with_columns(subject=pl.lit(name)) for name in "ab"])

    said = render(scan(drawn(tmp_path), rules=[Twice], config=SETTINGS), color=False, width=100)
    assert "TEST001 every-image  6 findings in 3 of 3 images\n" in said


def test_lines_fit_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # so that commands name the dataset by a short path
    said = render(factory.report(tmp_path / "data"), width=80)
    assert max(len(line) for line in said.splitlines() if len(line.split()) > 1) <= 80
    whole = render(factory.report(tmp_path / "data"))
    assert [word for word in said.split() if word != "\\"] == whole.split()  # a broken command goes on


def test_what_the_dataset_has_none_of_is_one_line(tmp_path: Path) -> None:
    report = scan(drawn(tmp_path), select=["DL7", "DL8"], config=SETTINGS)
    kinds = {rule.absent for rule in report.rules_not_run}
    assert {"boxes", "keypoints", "splits"} <= kinds
    told = render(report).partition("Not run\n")[2].partition("\n\n")[0].splitlines()
    assert len(told) == 1
    assert told[0].startswith(f"  {len(report.rules_not_run)} rules about splits, boxes, label files and keypoints: ")
    listed = render(report, verbose=True)
    assert all(rule.label in listed for rule in report.rules_not_run)


def test_a_scan_that_finds_something_ends_with_what_to_type_next(tmp_path: Path) -> None:
    report = factory.report(tmp_path / "data")
    said = render(report)
    worst = report.new["code"][0]
    assert f"\nNext  datalint rule {worst} " in said
    assert "\n      --format html=report.html  " in said
    assert "\n      --format html=report.html" not in render(report, beside=["html"])
    assert "\n      --write-baseline  " in said
    report.baseline = tmp_path / "datalint-baseline.json"
    assert "--write-baseline" not in render(report)
    assert "Next" not in render(factory.report(tmp_path / "none", rows=[]))


def test_a_notebook_is_given_the_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In Jupyter rich would show each line as an output of its own, and return nothing."""
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    assert "DL701 split-leak" in render(factory.report(tmp_path / "data"))


def test_a_terminal_can_open_the_files(tmp_path: Path) -> None:
    report = factory.report(tmp_path / "my data")
    name = next(finding.path for finding in report if finding.code == "DL801" and finding.path)
    address = (tmp_path / "my data" / name).as_uri()
    assert " " not in address
    said = render(report, color=True, links=True)
    assert f";{address}\x1b\\" in said
    assert "\x1b]8;" not in render(report, color=True)
    assert "\x1b]8;" not in render(report, links=True)
