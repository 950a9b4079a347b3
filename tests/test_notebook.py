"""The notebook in docs: it runs from its first cell to its last, and is kept without outputs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "docs" / "notebook.ipynb"

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")


def test_it_holds_no_outputs() -> None:
    cells = [cell for cell in nbformat.read(NOTEBOOK, 4).cells if cell.cell_type == "code"]
    assert [cell.outputs for cell in cells] == [[] for _ in cells]
    assert {cell.execution_count for cell in cells} == {None}


@pytest.mark.filterwarnings("default")
def test_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pandas")
    monkeypatch.setenv("DATALINT_IGNORE", "DL9")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    (tmp_path / "docs").mkdir()
    shutil.copytree(ROOT / "fixtures/datasets/demo", tmp_path / "fixtures/datasets/demo")
    notebook = nbformat.read(NOTEBOOK, 4)
    place = {"metadata": {"path": str(tmp_path / "docs")}}
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3", resources=place).execute()
    shown = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    assert "errors to fix before training" in str(shown[0])
    assert "image/png" in str(shown[2])
    line = [output for output in shown[0] if output.output_type == "display_data"]
    assert [output.data["text/plain"] for output in line] == [""], "the line of progress is gone"
    assert "findings are gone" in shown[5][-1].text
    before, after = shown[6][-1].text.strip().split("\n")
    assert "10 errors" in before
    assert int(after.partition(" errors")[0].rpartition(" ")[2]) < 10
    compile(shown[7][0].text, "advice.py", "exec")
