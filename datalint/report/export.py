"""The tables of a report as Parquet files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from datalint.output import WriteError, put, write
from datalint.report.proposal import proposal

if TYPE_CHECKING:
    from datalint.report import Report


def export(report: Report, folder: str | Path) -> None:
    """Write every table as `<folder>/<table>.parquet`, and the JSON report beside them as `report.json`.

    A table that was not made is written empty. Where pictures of one source are spread over splits, a split that
    keeps them together is written as `split_proposal.csv`. The report is the last: with it the export is whole.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(f"cannot write {folder}: {error.strerror or error}") from None
    for name, table in report.tables.items():
        put(folder / f"{name}.parquet", table.write_parquet)
    if (proposed := proposal(report)) is not None:
        put(folder / "split_proposal.csv", proposed.write_csv)
    write(folder / "report.json", report.parts("json"))
