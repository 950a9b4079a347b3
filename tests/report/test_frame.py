"""Tables for pandas, where pyarrow is not installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from datalint.report import frame
from tests.report import factory

pandas = pytest.importorskip("pandas")


def test_findings_are_a_frame_of_pandas(tmp_path: Path) -> None:
    report = factory.report(tmp_path / "data")
    table = report.to_pandas()
    assert isinstance(table, pandas.DataFrame)
    assert list(table.columns) == report.findings.columns
    assert len(table) == len(report)
    assert table["code"].tolist() == report.findings["code"].to_list()
    assert table["related"][0] == report.findings["related"][0].to_list()
    assert pandas.isna(table["path"]).sum() == report.findings["path"].null_count()


def test_any_table(tmp_path: Path) -> None:
    report = factory.report(tmp_path / "data")
    images = report.to_pandas("images")
    assert images["width"].sum() == report.tables["images"]["width"].sum()
    assert images["mean_r"].mean() == pytest.approx(report.tables["images"]["mean_r"].mean())
    with pytest.raises(KeyError):
        report.to_pandas("none")


def test_it_needs_no_pyarrow() -> None:
    program = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "import datetime, polars as pl\n"
        "from datalint.report.frame import in_pandas\n"
        "table = pl.DataFrame({'a': [1, None], 'b': [['x'], []], 'c': [datetime.datetime(2026, 1, 1), None]})\n"
        "print(in_pandas(table).to_dict('list')['b'])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("[['x'], []]\n", 0), done.stderr


def test_without_pandas_one_line_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="pandas is not installed"):
        frame.in_pandas(factory.report(tmp_path / "data").findings)
