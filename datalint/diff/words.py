"""The words for a difference, in the terminal and in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from datalint.report.place import escaped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from datalint.diff import Difference


def span(before: int, after: int) -> str:
    """`316 → 319 (+3)`, or the number alone where it is the same."""
    return f"{after:,}" if before == after else f"{before:,} → {after:,} ({after - before:+,})"


def where(row: Mapping[str, Any]) -> str:
    """An image's path, or both where it has another one now."""
    paths = list(dict.fromkeys(path for path in (row["old"], row["new"]) if path is not None))
    return " → ".join(escaped(path) for path in paths)


def entry(row: Mapping[str, Any]) -> str:
    """A finding in one line."""
    known = " (in the baseline)" if row["status"] == "baselined" else ""
    return f"{row['severity']}: {row['code']} {row['name']}: {spot(row)}: {escaped(row['message'])}{known}"


def spot(row: Mapping[str, Any]) -> str:
    """Where a finding is: a line of a label file, an image, a class, or the dataset."""
    if row["file"] is not None:
        return escaped(":".join(str(part) for part in (row["file"], row["line"]) if part is not None))
    return escaped(row["path"] or row["subject"] or "dataset")


def nothing(difference: Difference) -> bool:
    """Whether no image differs in any way."""
    kinds = ("added", "removed", "changed", "renamed", "moved", "relabelled", "redrawn")
    return all(getattr(difference, kind).is_empty() for kind in kinds)
