"""Findings that the config accepts: by place or by content, for as long as they are meant to be."""

from __future__ import annotations

import datetime
import hashlib
from pathlib import Path
from typing import Any

import pytest

from datalint import Report, scan
from datalint.config.settings import Accept, Config, ConfigError
from datalint.judge.accept import Acceptances

EMPTY = hashlib.sha256(b"").hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two empty files, one of them in a folder, and a label file with a broken line."""
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "a.png").touch()
    (tmp_path / "b.png").touch()
    (tmp_path / "labels.csv").write_text("path,label\nraw/a.png,cat\nb.png,dog\nb.png,dog,x\n")
    return tmp_path


def found(folder: Path, *entries: Accept, **options: Any) -> Report:
    config = Config(select=("DL103", "DL401"), accept=entries, isolated=True)
    return scan(folder, config=config, jobs=0, **options)


def entry(**values: Any) -> Accept:
    return Accept(**{"rule": "empty-file", "reason": "known", **values})


@pytest.mark.parametrize(
    ("accepted", "left"),
    [
        (entry(path="raw"), ["DL103", "DL401"]),
        (entry(path="raw/**"), ["DL103", "DL401"]),
        (entry(rule="DL1", path="*.png"), ["DL401"]),
        (entry(rule="ALL", path="**"), []),
        (entry(rule="DL401", path="labels.csv"), ["DL103", "DL103"]),
        (entry(content=EMPTY), ["DL401"]),
        (entry(content=f"sha256:{EMPTY}"), ["DL401"]),
        (entry(content=EMPTY, path="raw/*"), ["DL103", "DL401"]),
    ],
)
def test_what_an_entry_takes_back(folder: Path, accepted: Accept, left: list[str]) -> None:
    report = found(folder, accepted)
    assert sorted(report.findings["code"].to_list()) == left
    assert report.accepted == 3 - len(left)
    assert report.unused == ()


def test_a_finding_is_accepted_by_its_id(folder: Path) -> None:
    (syntax,) = (finding for finding in found(folder) if finding.code == "DL401")
    report = found(folder, entry(rule="label-syntax", content=syntax.id))
    assert report.findings["code"].to_list() == ["DL103", "DL103"]


def test_an_entry_ends(folder: Path) -> None:
    today = datetime.date.today()
    assert found(folder, entry(path="**", until=today)).accepted == 2
    report = found(folder, entry(path="raw/*", until=today - datetime.timedelta(1)))
    assert report.accepted == 0
    assert report.exit_code == 1
    (unused,) = report.unused
    assert unused.reason == f"it ended on {today - datetime.timedelta(1)}"
    assert "[[accept]]: empty-file raw/*: it ended on" in report.render("text")


def test_unused_entries_are_told(folder: Path) -> None:
    report = found(folder, entry(path="raw/*"), entry(path="gone/*"), entry(rule="dark", path="raw/*"))
    assert [(unused.code, unused.about) for unused in report.unused] == [("empty-file", "gone/*")]
    assert "[[accept]]: empty-file gone/*: it matches no finding" in report.render("text")
    assert "1 entry of the baseline or config not used" in report.render("markdown")


def test_an_ignored_path_does_not_make_an_entry_unused(folder: Path) -> None:
    report = found(folder, entry(path="raw/*"), per_path_ignores={"raw/**": ("DL103",), "labels.csv": ("DL4",)})
    assert (report.findings.height, report.accepted, report.unused) == (1, 2, ())


def test_today_is_the_last_day(folder: Path) -> None:
    data = found(folder).dataset
    day = datetime.date(2027, 1, 31)
    settings = Config(accept=(entry(path="**", until=day),))
    assert Acceptances(settings, data, today=day).unused([]) == ()
    assert len(Acceptances(settings, data, today=day + datetime.timedelta(1)).unused([])) == 1


@pytest.mark.parametrize("options", [{"accept": (entry(rule="empty-fiel"),)}, {"per_path_ignores": {"*": ("DL103x",)}}])
def test_an_unknown_rule_is_refused(folder: Path, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="unknown rule"):
        found(folder, **options)
