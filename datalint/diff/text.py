"""The difference for a person at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.amounts import counted, percent
from datalint.diff import shares, steps
from datalint.diff.words import entry, nothing, span, where
from datalint.report.place import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from datalint.diff import Difference

#: Entries shown a list.
SHOWN = 10


def render(difference: Difference, limit: int = SHOWN) -> str:
    """What changed, `limit` entries a list (0 = all of them)."""
    return "\n".join(_lines(difference, limit)) + "\n"


def _lines(difference: Difference, limit: int) -> Iterator[str]:
    old, new = difference.old, difference.new
    yield f"{escaped(old.name)} → {escaped(new.name)}"
    yield ""
    yield f"Images  {span(old.overview.images, new.overview.images)}"
    for name in sorted({*old.overview.splits, *new.overview.splits}):
        yield f"  {escaped(name)}  {span(old.overview.splits.get(name, 0), new.overview.splits.get(name, 0))}"
    yield from _statistics(difference)
    yield from _classes(difference)
    if difference.images is not None:
        for title, images in (("Added", difference.added), ("Removed", difference.removed)):
            yield from _list(f"{title}  {images.height:,}", [where(row) for row in images.to_dicts()], limit)
        for title, images in (("Changed", difference.changed), ("Renamed", difference.renamed)):
            yield from _list(f"{title}  {images.height:,}", [where(row) for row in images.to_dicts()], limit)
        yield from _steps("Moved to another split", difference.moved, "splits", limit)
        yield from _steps("Relabelled", difference.relabelled, "classes", limit)
        redrawn = difference.redrawn
        yield from _list(f"Redrawn  {redrawn.height:,}", [where(row) for row in redrawn.to_dicts()], limit)
        if nothing(difference):
            yield "No image was added, removed, changed, moved, relabelled or redrawn."
            yield ""
    for change in ("new", "fixed"):
        findings = difference.of(change)
        lines = [entry(row) for row in findings.to_dicts()]
        yield from _list(f"Findings {change}  {findings.height:,}", lines, limit)
    for note in difference.notes:
        yield escaped(note)
    if difference.not_compared:
        yield f"Rules that judged only one of the two: {', '.join(difference.not_compared)}"
    tally = ", ".join(f"{difference.of(change).height:,} {change}" for change in ("new", "fixed", "remaining"))
    yield f"Findings: {tally}"


def _statistics(difference: Difference) -> Iterator[str]:
    old, new = difference.old.overview.statistics, difference.new.overview.statistics
    if old is not None and new is not None and old != new:
        for name, before, after in (("mean", old.mean, new.mean), ("std", old.std, new.std)):
            values = (", ".join(f"{value:.4f}" for value in numbers) for numbers in (before, after))
            yield f"  {name}  {' → '.join(values)}"
    yield ""


def _classes(difference: Difference) -> Iterator[str]:
    old, new = difference.old.overview.classes, difference.new.overview.classes
    if old == new:
        return
    before, after = shares(old), shares(new)
    yield "Classes"
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            parts = f"{percent(before.get(name, 0), 1)} → {percent(after.get(name, 0), 1)} of the labels"
            yield f"  {escaped(name)}  {span(old.get(name, 0), new.get(name, 0))}  ({parts})"
    yield ""


def _steps(title: str, images: pl.DataFrame, what: str, limit: int) -> Iterator[str]:
    if images.is_empty():
        return
    lines = [where(row) for row in images.to_dicts()]
    told = [f"{escaped(a or 'none')} → {escaped(b or 'none')} {n:,}" for (a, b), n in steps(images, what).most_common()]
    more = f", and {counted(len(told) - SHOWN, 'more kind')}" if len(told) > SHOWN else ""
    yield from _list(f"{title}  {images.height:,}  ({', '.join(told[:SHOWN])}{more})", lines, limit)


def _list(title: str, lines: list[str], limit: int) -> Iterator[str]:
    if not lines:
        return
    shown = lines[:limit] if limit else lines
    yield title
    for line in shown:
        yield f"  {line}"
    if len(lines) > len(shown):
        yield f"  ... {len(lines) - len(shown):,} more (--max-entries 0 shows all)"
    yield ""
