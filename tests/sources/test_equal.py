"""One dataset is the same wherever it lies: facts, labels, splits, copies and findings differ by their paths only."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from PIL import Image

import datalint
from datalint.report import Report
from datalint.report.anchor import Anchors
from tests.sources import one_dataset

KINDS: dict[str, Callable[[Path], None]] = {
    "tar": lambda place: one_dataset.as_tar(place / "data.tar"),
    "zip": lambda place: one_dataset.as_zip(place / "data.zip"),
    "tgz": lambda place: one_dataset.as_tar(place / "data.tgz", "w:gz"),
    "tar.xz": lambda place: one_dataset.as_tar(place / "data.tar.xz", "w:xz"),
    "shards": one_dataset.as_shards,
    "parquet": one_dataset.as_parquet,
    "arrow": one_dataset.as_arrow,
}
#: Of an image, what depends on where it lies.
_OF_PLACE = {"image", "path", "os_path", "extension", "mtime_ns", "ctime_ns", "link"}
#: A PNG called .jpg; where pictures have no names it is only one of another format.
_MISNAMED, _OTHER_FORMAT = "DL104", "DL201"


def scanned(place: Path) -> Report:
    return datalint.scan(place, ignore=["DL9"], isolated=True, no_cache=True, jobs=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Report:
    place = tmp_path_factory.mktemp("folder")
    one_dataset.as_folder(place)
    return scanned(place)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_dataset_elsewhere(tmp_path: Path, folder: Report, kind: str) -> None:
    KINDS[kind](tmp_path)
    report = scanned(tmp_path)
    has_names = kind not in ("parquet", "arrow")
    renamed = {} if has_names else {_MISNAMED: _OTHER_FORMAT}
    assert facts(report).equals(facts(folder))
    assert labels(report) == labels(folder)
    assert splits(report) == splits(folder)
    assert pairs(report) == pairs(folder)
    expected = [(renamed.get(code, code), *rest) for code, *rest in findings(folder)]
    assert findings(report) == sorted(expected, key=str)
    assert report.exit_code == folder.exit_code


def facts(report: Report) -> pl.DataFrame:
    images = report.tables["images"]
    return images.select(name for name in images.columns if name not in _OF_PLACE).sort(
        "sha256", "bytes", "status", nulls_last=True
    )


def contents(report: Report) -> dict[int, str | None]:
    return dict(report.tables["images"].select("image", "sha256").iter_rows())


def labels(report: Report) -> list[tuple[str | None, str, int]]:
    known = contents(report)
    rows = report.tables["labels"].select("image", "class", "class_id").iter_rows()
    return sorted(((known[image], name, number) for image, name, number in rows), key=str)


def splits(report: Report) -> list[tuple[str | None, str]]:
    known = contents(report)
    return sorted(((known[image], split) for image, split in report.tables["splits"].iter_rows()), key=str)


def pairs(report: Report) -> list[tuple[object, ...]]:
    known = contents(report)
    rows = report.tables["pairs"].select("a", "b", "kind").iter_rows()
    return sorted((*sorted([str(known[a]), str(known[b])]), kind) for a, b, kind in rows)


def findings(report: Report) -> list[tuple[Any, ...]]:
    known = dict(report.tables["images"].select("path", "sha256").iter_rows())
    rows = report.findings.select("code", "severity", "path", "count", "scope", "related").iter_rows()
    return sorted(
        (
            (code, severity, known.get(path), count, scope, sorted(str(known.get(other)) for other in related))
            for code, severity, path, count, scope, related in rows
        ),
        key=str,
    )


@pytest.mark.parametrize(
    ("kind", "files"), [("shards", "train-000000.tar"), ("parquet", "train-00000-of-00001.parquet")]
)
def test_a_forge_is_told_the_file_that_holds_it(tmp_path: Path, kind: str, files: str) -> None:
    KINDS[kind](tmp_path)
    (tmp_path / ".git").mkdir()
    report = scanned(tmp_path)
    anchors = Anchors(report)
    (finding,) = (finding for finding in report if finding.code == "DL102")
    assert anchors.of(finding).path == files
    assert anchors.said(finding) == f"{finding.path}: {finding.message}"
    for form in ("sarif", "github", "gitlab"):
        report.write(form, tmp_path / form)
        assert f"{finding.path}: {finding.message}" in (tmp_path / form).read_text()


@pytest.mark.parametrize("kind", ["tar", "shards", "parquet", "arrow"])
def test_pictures_of_the_html_report(tmp_path: Path, kind: str) -> None:
    KINDS[kind](tmp_path)
    report = datalint.scan(tmp_path, ignore=["DL9"], isolated=True, no_cache=True, jobs=1, pictures=True)
    dark = next(finding.path for finding in report if finding.code == "DL304")
    assert dark is not None
    assert Image.open(io.BytesIO(report.pictures[dark])).size == (96, 80)


@pytest.mark.parametrize("kind", ["tar", "parquet"])
def test_a_baseline_knows_the_findings_again(tmp_path: Path, kind: str) -> None:
    (tmp_path / "data").mkdir()
    KINDS[kind](tmp_path / "data")
    command = [sys.executable, "-m", "datalint", "scan", "data", "--ignore", "DL9", "--no-cache", "-q"]
    first = subprocess.run([*command, "--write-baseline"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert first.returncode == 0, first.stderr
    again = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stdout
