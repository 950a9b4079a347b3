"""Put text or a table into a file: whole, or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class WriteError(OSError):
    """A file that could not be written: one line with the path and the cause."""


def write(path: str | Path, content: str | Iterable[str]) -> None:
    """Write text, whole or in pieces, as UTF-8; raises WriteError with the path and the cause."""

    def fill(target: Path) -> None:
        with target.open("wb") as file:
            for part in in_bytes(content):
                file.write(part)

    put(Path(path), fill)


def in_bytes(content: str | Iterable[str]) -> Iterator[bytes]:
    """Text, whole or in pieces, as UTF-8."""
    for part in (content,) if isinstance(content, str) else content:
        yield part.encode("utf-8", "backslashreplace")


def put(path: Path, fill: Callable[[Path], object]) -> None:
    """Let `fill` write a file beside `path`, which takes its place when it is done; raises WriteError."""
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
