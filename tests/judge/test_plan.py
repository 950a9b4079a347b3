"""What can run on a dataset, and how deep its images are measured for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from datalint import Need, Rule, scan
from datalint.dataset import Dataset
from datalint.judge.plan import depth, needed, plan
from tests.judge.cases import SETTINGS, Every, Louder, drawn


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return drawn(tmp_path / "data")


def test_what_cannot_run_is_named(folder: Path) -> None:
    report = scan(folder, select=["DL4", "DL7"], config=SETTINGS)
    assert report.rules_not_run
    assert all(entry.reason and not entry.crashed for entry in report.rules_not_run)


def test_a_selection_decodes_nothing_it_need_not(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("an image was opened")

    monkeypatch.setattr(Image, "open", refuse)
    assert scan(folder, select=["DL103"], config=SETTINGS).exit_code == 0


def test_the_deepest_need_is_measured() -> None:
    class Deep(Louder):
        """Needs copies."""

        code, name = "TEST004", "deep"
        needs = (Need.HEADER, Need.PAIRS)

    rules: list[Rule] = [Every(), Louder()]
    assert (depth(rules), depth([]), depth([*rules, Deep()])) == (Need.FILES, Need.FILES, Need.PIXELS)
    assert needed([Deep()], Need.PROBE, Need.PAIRS)
    assert not needed(rules, Need.PAIRS)


def test_what_the_machine_lacks_comes_before_what_the_dataset_lacks() -> None:
    class Believer(Every):
        """Needs the probe."""

        code, name = "TEST005", "believer"
        needs = (Need.PROBE,)

    for unavailable, reason in (({}, "no image was found"), ({Need.PROBE: "no torch"}, "no torch")):
        assert [entry.reason for entry in plan([Believer()], Dataset(Path()), unavailable)[1]] == [reason]


def test_a_rule_about_what_is_not_there_says_about_what(folder: Path) -> None:
    idle = {entry.name: entry for entry in scan(folder, select=["DL8", "DL7"], config=SETTINGS).rules_not_run}
    assert (idle["tiny-box"].absent, idle["invalid-keypoints"].absent) == ("boxes", "keypoints")
    assert idle["split-leak"].absent == "splits"


def test_that_there_is_no_label_at_all_is_the_reason(tmp_path: Path) -> None:
    drawn(tmp_path / "data")
    flat = tmp_path / "flat"
    flat.mkdir()
    for number, file in enumerate((tmp_path / "data").rglob("*.png")):
        file.rename(flat / f"{number}.png")
    idle = {entry.name: entry for entry in scan(flat, select=["DL5"], config=SETTINGS).rules_not_run}
    assert (idle["class-imbalance"].reason, idle["class-imbalance"].absent) == ("no labels were found", "")
