"""What passed: only what rules that ran looked at, with its number; a doubt takes the sentence away."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from datalint import Report, scan
from datalint.catalogue.registry import load
from datalint.config.settings import Accept, Config
from datalint.dataset import ProbeOutcome
from datalint.finding import NotRun
from datalint.report.passed import _FAMILIES
from tests.report import factory, leaky

ROOT = Path(__file__).resolve().parent.parent.parent


def said(report: Report) -> dict[str, str]:
    return {entry.family: entry.what for entry in report.passed}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return leaky.drawn(tmp_path / "data")


def test_a_clean_dataset_is_said_to_be_so_with_numbers(data: Path) -> None:
    report = leaky.scanned(data)
    assert said(report)["files"] == "all 16 decode; no wrong extension, unportable name or stray file"
    assert said(report)["splits"].startswith("no picture is in two: none in 60 pairs; no near copy")
    assert said(report)["copies"] == "none among 16 images; none resized, recompressed, mirrored or turned"
    ran = {rule.code for rule in report.rules_run}
    assert all(entry.rules and set(entry.rules) <= ran for entry in report.passed)


def test_what_did_not_run_is_not_mentioned(data: Path) -> None:
    assert set(said(leaky.scanned(data, ["DL1"]))) == {"files"}
    assert "decode" not in said(leaky.scanned(data, ["DL103", "DL104"])).get("files", "")
    assert leaky.scanned(data, ["DL901"]).passed == ()


def test_what_was_found_is_not_called_right(data: Path) -> None:
    test = min((data / "test").rglob("*.jpg"))
    shutil.copyfile(test, data / "train" / test.parent.name / "again.jpg")
    (data / "train" / "cats" / "none.jpg").write_bytes(b"")
    found = said(leaky.scanned(data))
    assert not {"files", "splits", "copies"} & found.keys(), "a tick at splits over a leak would mislead"
    assert found["images"].startswith("none of 17 is odd in")


def test_recordings_in_two_splits_are_not_called_apart() -> None:
    report = leaky.scanned(ROOT / "fixtures/group-leak/bad")
    assert set(report.findings["name"]) == {"group-leak"}
    assert "splits" not in said(report)


def test_pictures_of_one_tone_in_two_splits_are_not_called_apart(data: Path) -> None:
    """`split-leak` lets them pass: the sentence must not."""
    for split in ("train", "test"):
        Image.new("RGB", (64, 64), (90, 90, 90)).save(data / split / "cats" / "blank.png")
    report = leaky.scanned(data, ["DL701", "DL705"])
    assert report.findings.is_empty()
    assert "splits" not in said(report)


def test_what_the_config_accepts_is_not_called_right(data: Path) -> None:
    (data / "train" / "cats" / "none.jpg").write_bytes(b"")
    accept = (Accept(rule="empty-file", path="train/cats/none.jpg", reason="a placeholder"),)
    report = scan(data, select=["DL1"], config=Config(accept=accept), jobs=0)
    assert report.accepted == 1
    assert "files" not in said(report)


def test_a_scan_of_changes_says_nothing_of_the_rest(data: Path) -> None:
    report = leaky.scanned(data)
    report.config = Config(since="main")
    assert report.passed == ()


def test_a_rule_that_crashed_vouches_for_nothing(data: Path) -> None:
    report = leaky.scanned(data)
    report.rules_run = tuple(rule for rule in report.rules_run if rule.name != "truncated-image")
    report.rules_not_run = (NotRun("DL102", "truncated-image", "crashed: x", crashed=True),)
    assert said(report)["files"] == "no wrong extension, unportable name or stray file"


def test_a_word_that_two_rules_have_needs_both(data: Path) -> None:
    assert "size" in said(leaky.scanned(data, ["DL204", "DL205"]))["images"]
    assert "images" not in said(leaky.scanned(data, ["DL204"]))


def test_the_smallest_class_is_named(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for name, number in (("cat", 12), ("dog", 15)):
        (tmp_path / name).mkdir()
        for n in range(number):
            Image.fromarray(random.integers(0, 255, (48, 48, 3), np.uint8)).save(tmp_path / name / f"{n}.png")
    assert said(leaky.scanned(tmp_path, ["DL5"]))["classes"] == "each of 2 has at least 12 images (the fewest: cat)"


def test_the_probe_is_quoted_with_how_good_it_is(tmp_path: Path) -> None:
    report = factory.report(tmp_path, rows=[])
    report.rules_run = tuple(
        entry.rule()
        for entry in load(Config(isolated=True))
        if entry.rule.name in ("likely-mislabel", "mislabelled-batch")
    )
    report.dataset.probe_outcome = ProbeOutcome(ran=False, reason="too few images")
    assert report.passed == ()
    report.dataset.probe_outcome = ProbeOutcome(ran=True, reason="", assessed=57, accuracy=0.93, noise=0.01)
    assert said(report) == {
        "probe": "none of 57 labels is clearly wrong to a quick model (it gets 93 % right that it did not see)"
    }


def test_the_families_name_rules_that_exist() -> None:
    named = {name for claims in _FAMILIES.values() for claim in claims for name in claim.rules}
    assert named <= {entry.rule.name for entry in load(Config(isolated=True))}


def test_terminal_markdown_and_html_show_it(data: Path) -> None:
    report = leaky.scanned(data)
    for kind in ("text", "markdown", "html"):
        page = report.render(kind).lower()
        assert "none in 60 pairs" in page, kind
        assert "all 16 decode" in page, kind
