"""Commands: typed as they stand they are about what was scanned."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalint import scan
from datalint.config.settings import Config
from datalint.report import Report
from datalint.report.plan.commands import Commands
from tests.judge.cases import drawn


def report(*paths: Path, **options: object) -> Report:
    return scan(*paths, select=["DL103"], config=Config(**options), jobs=0)  # type: ignore[arg-type]


def test_names_are_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn(tmp_path / "my data")
    drawn(tmp_path / "-x")
    monkeypatch.chdir(tmp_path)
    assert Commands(report(Path("my data"))).repair == "datalint fix 'my data'"
    assert Commands(report(tmp_path / "-x")).repair == "datalint fix ./-x"


def test_the_folder_one_is_in_is_not_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(drawn(tmp_path))
    commands = Commands(report(Path()))
    assert commands.repair == "datalint fix"
    assert commands.show(["DL103"], "unreadable") == "datalint scan --select DL103 --format html=unreadable.html"
    assert commands.other("git -C {root} lfs pull") == "git -C . lfs pull"


def test_options_without_which_the_scan_is_another_are_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn(tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    found = report(Path("data"), layout="image-folder", isolated=True)
    assert Commands(found).show(["DL103"], "x") == (
        "datalint scan data --labels-format image-folder --isolated --select DL103 --format html=x.html"
    )


def test_two_folders_are_not_repaired_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        drawn(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    commands = Commands(report(Path("a"), Path("b")))
    assert not commands.can_fix
    assert commands.repair == ""
    assert commands.show(["DL103"], "x").startswith("datalint scan a b --select")


def test_what_is_in_memory_has_no_command() -> None:
    from PIL import Image

    found = scan([Image.effect_noise((40, 40), 50)], select=["DL103"], jobs=0)
    assert not Commands(found).can_fix
    assert Commands(found).show(["DL103"], "x") == ""


def test_rules_that_ask_for_one_option_name_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(drawn(tmp_path))
    rules = ["near-split-leak", "split-leak"]
    command = "datalint fix --only near-split-leak,split-leak --out-of train --to ../clean/"
    assert Commands(report(Path())).fix(rules, "train") == command


def test_a_copy_is_never_to_lie_in_the_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = drawn(tmp_path)
    (root / "below").mkdir()
    for here, named in ((root, "../clean/"), (root / "below", "../../clean/"), (root.parent, "clean/")):
        monkeypatch.chdir(here)
        assert Commands(report(root)).fix(["split-leak"], "train").endswith(f"--to {named}")
        assert Commands(report(root)).decided("d.jsonl").endswith(f"--decisions d.jsonl --to {named}")


def test_without_another_split_none_is_named(tmp_path: Path) -> None:
    assert "--out-of" not in Commands(report(drawn(tmp_path))).fix(["split-leak"], "")
