"""Where a finding is, in one short text that is safe to print."""

from __future__ import annotations

import os
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from datalint.finding import RECORD_ID

if TYPE_CHECKING:
    from datalint.finding import Finding


def escaped(text: str) -> str:
    """`text` without control characters: file names must not move the cursor or forge a line."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape", "surrogatepass").decode("ascii")
        for character in text
    )


def name_of(path: PurePath) -> str:
    """A file or folder as a report names it: relative to where the scan was started if it lies there; valid UTF-8."""
    here = Path.cwd()
    shown = path.relative_to(here) if path != here and path.is_relative_to(here) else path
    return os.fsencode(shown.as_posix()).decode("utf-8", "backslashreplace")


def place(finding: Finding) -> str:
    """`labels.csv:12:3`, `a.json#/annotations/3 (id 17)`, `train/a.jpg`, a class or a pair of splits, or `dataset`."""
    if finding.file is not None:
        # A JSON file is often one line: then its number says nothing, and the pointer says all.
        line = None if finding.pointer and finding.line == 1 and finding.column is None else finding.line
        parts = [finding.file, line, finding.column if line is not None else None]
        where = ":".join(str(part) for part in parts if part is not None)
        identity = finding.data.get(RECORD_ID)
        pointer = f"#{finding.pointer}" if finding.pointer else ""
        return escaped(where + pointer + (f" (id {identity})" if identity is not None else ""))
    folder = "/" if finding.scope == "folder" else ""
    return escaped(finding.path or (f"{finding.subject}{folder}" if finding.subject else "dataset"))


def said(finding: Finding) -> str:
    """The message; where the place is in a label file, with the image it is about before it."""
    about = finding.path if finding.file is not None else None
    return escaped(f"{about}: {finding.message}" if about else finding.message)
