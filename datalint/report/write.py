"""Put a report or a table into a file: whole, or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from datalint.report import WriteError

if TYPE_CHECKING:
    from collections.abc import Callable

    from datalint.report import Report


def write(path: str | Path, content: str) -> None:
    """Write text as UTF-8; raises WriteError with the path and the cause."""
    _atomically(Path(path), lambda target: target.write_bytes(content.encode("utf-8", "backslashreplace")))


def export(report: Report, folder: str | Path) -> None:
    """Write every table as `<folder>/<table>.parquet`, and the JSON report beside them as `report.json`.

    A table that was not made is written empty. The report is the last: with it the export is whole.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(f"cannot write {folder}: {error.strerror or error}") from None
    for name, table in report.tables.items():
        _atomically(folder / f"{name}.parquet", table.write_parquet)
    write(folder / "report.json", report.render("json"))


def _atomically(path: Path, fill: Callable[[Path], object]) -> None:
    # Devices and pipes (/dev/stdout, /dev/full) are written in place: there is nothing to rename over.
    if path.exists() and not path.is_file():
        temporary = path
    else:
        try:
            handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", dir=path.parent)
            os.close(handle)
        except OSError as error:
            raise WriteError(f"cannot write {path}: {error.strerror or error}") from None
        temporary = Path(name)
    try:
        fill(temporary)
        if temporary != path:
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
    except BaseException as error:
        if temporary != path:
            temporary.unlink(missing_ok=True)
        # Polars reports a full disk as its own ComputeError, not as an OSError.
        if isinstance(error, Exception):
            cause = error.strerror if isinstance(error, OSError) and error.strerror else " ".join(str(error).split())
            raise WriteError(f"cannot write {path}: {cause}") from None
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
