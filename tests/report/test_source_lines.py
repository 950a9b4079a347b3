"""The line of a label file that a finding points to."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalint import scan
from datalint.dataset import Dataset
from datalint.finding import Finding
from datalint.report.source_lines import OF_FILE, SourceLine, SourceLines
from datalint.report.text import render
from tests.judge.cases import SETTINGS

BASE = dict.fromkeys(Finding.__slots__)


def finding(line: int | None, column: int | None = None, file: str | None = "labels.txt", count: int = 1) -> Finding:
    return Finding(**{**BASE, "file": file, "line": line, "column": column, "count": count})  # type: ignore[arg-type]


def of(folder: Path, content: str | bytes, at: Finding, wide: int = 120) -> SourceLine | None:
    data = content.encode() if isinstance(content, str) else content
    (folder / "labels.txt").write_bytes(data)
    return SourceLines(Dataset(folder), wide).of(at)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_a_line_and_the_place_in_it(tmp_path: Path, ending: str) -> None:
    content = f"a: 1{ending}  b: x\u2028y{ending}"
    assert of(tmp_path, content, finding(1)) == SourceLine(1, "a: 1", None)
    assert of(tmp_path, content, finding(2, 6)) == SourceLine(2, "b: x\\u2028y", 3)


def test_a_long_line_is_cut_around_the_place(tmp_path: Path) -> None:
    content = "".join(f"{number:04}," for number in range(1000))
    line = of(tmp_path, content, finding(1, 2001), wide=80)
    assert line is not None
    assert line.caret is not None
    assert line.text[line.caret : line.caret + 4] == "0400"
    assert line.text.startswith("…")
    assert line.text.endswith("…")
    assert len(line.text) == 82
    assert of(tmp_path, content, finding(1)) is None


def test_control_characters_are_spelt_out_before_the_place_too(tmp_path: Path) -> None:
    assert of(tmp_path, "a\x1b[2Jb\tc", finding(1, 8)) == SourceLine(1, "a\\x1b[2Jb c", 10)


@pytest.mark.parametrize("text", ["{", "  },", "<object>", "    <box>  ", ""])
def test_a_line_that_only_begins_a_record_says_nothing(tmp_path: Path, text: str) -> None:
    assert of(tmp_path, text, finding(1)) is None


def test_what_has_no_line_has_none(tmp_path: Path) -> None:
    assert of(tmp_path, "a", finding(2)) is None
    assert of(tmp_path, "a", finding(None)) is None
    assert of(tmp_path, "a", finding(1, count=3)) is None
    assert of(tmp_path, "a", finding(1, file=None)) is None
    assert of(tmp_path, "a", finding(1, file="gone.txt")) is None
    assert of(tmp_path, b"a\0b", finding(1)) is None
    assert of(tmp_path, "x\n" * OF_FILE, finding(OF_FILE // 2)) == SourceLine(OF_FILE // 2, "x", None)
    assert of(tmp_path, "x\n" * OF_FILE, finding(OF_FILE // 2 + 1)) is None


def test_a_link_that_leads_out_of_the_dataset_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("a secret")
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "labels.txt").symlink_to(tmp_path / "secret")
    data = scan(folder, select=["DL103"], config=SETTINGS).dataset
    assert SourceLines(data).of(finding(1)) is None


def test_the_text_shows_it(fixtures: Path) -> None:
    said = render(scan(fixtures / "label-syntax" / "bad", select=["DL401"], config=SETTINGS))
    assert "expected 2 fields\n     4 │ images/2.jpg,cats,dogs\n  → fix" in said
