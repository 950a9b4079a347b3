"""Each rule is guarded: what goes wrong in it is named, and costs its own findings only."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from datalint import Dataset, scan
from tests.judge.cases import SETTINGS, Every, Louder, drawn


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return drawn(tmp_path / "data")


def test_a_wrong_template_is_the_rules_fault(folder: Path) -> None:
    class Typo(Every):
        """Names a column that is not there."""

        code, name = "TEST004", "typo"
        message = "{bites}"

    report = scan(folder, rules=[Typo, Louder], config=SETTINGS)
    assert [entry.code for entry in report.rules_not_run if entry.crashed] == ["TEST004"]
    assert "'bites'" in report.rules_not_run[0].reason
    assert report.exit_code == 2
    assert len(list(report)) == 1


@pytest.mark.parametrize(
    "columns",
    [{"severity": ["error", "fatal"]}, {"line": [1, -1]}, {"score": ["low", "high"]}, {"related": [1, 2]}],
)
def test_a_wrong_row_is_the_rules_fault(folder: Path, columns: dict[str, list[object]]) -> None:
    class Wrong(Louder):
        code, name = "TEST005", "wrong"

        def check(self, data: Dataset) -> pl.DataFrame:
            return pl.DataFrame({"path": data.table("images")["path"][:2], **columns}, strict=False)

    report = scan(folder, rules=[Wrong, Every], config=SETTINGS)
    assert [rule.name for rule in report.rules_not_run if rule.crashed] == ["wrong"]
    assert {finding.name for finding in report} == {"every-image"}


def test_a_panic_of_polars_is_the_rules_fault(folder: Path) -> None:
    class Panics(Louder):
        code, name = "TEST006", "panics"

        def check(self, data: Dataset) -> pl.DataFrame:
            raise pl.exceptions.PanicException("assertion failed: i < self.len()")

    report = scan(folder, rules=[Panics, Every], config=SETTINGS)
    assert [rule.reason for rule in report.rules_not_run if rule.crashed] == [
        "crashed: PanicException: assertion failed: i < self.len()"
    ]
    assert {finding.name for finding in report} == {"every-image"}


def test_what_is_made_once_is_in_one_piece(folder: Path) -> None:
    def made(data: Dataset) -> tuple[pl.DataFrame, int]:
        images = data.table("images")
        return pl.concat([images, images], rechunk=False), images.height

    class Asks(Every):
        code, name, message, hint = "TEST007", "asks", "asked", ""

        def check(self, data: Dataset) -> pl.LazyFrame:
            frame, height = data.once(made)
            assert frame.n_chunks() == 1
            assert frame.height == 2 * height
            return frame.lazy().select("path").head(1)

    assert scan(folder, rules=[Asks], config=SETTINGS).rules_not_run == ()


def test_a_part_of_what_is_not_known_is_not_known(folder: Path) -> None:
    class Partly(Every):
        message = "{unknown.real} and {unknown[0]} of nothing"

    assert next(iter(scan(folder, rules=[Partly], config=SETTINGS))).message == "? and ? of nothing"
