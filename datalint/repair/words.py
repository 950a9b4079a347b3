"""The plan in words."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from datalint.amounts import counted
from datalint.repair.changes import (
    DropClass,
    DropRecord,
    MoveToClass,
    MoveToSplit,
    RemoveImage,
    RenameImage,
    SetClass,
    SetEncoding,
    SetNumbers,
    SetUpright,
    Tidy,
    Unlist,
)
from datalint.repair.diff import unified
from datalint.repair.edits import FixError, digest

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Iterator, Sequence

    from datalint.repair.changes import Change
    from datalint.repair.plan import Left, Plan

#: Places that are named of each rule.
_SHOWN = 20


def said(plan: Plan) -> Iterator[str]:
    """Lines: what is repaired and how, what is not and why."""
    yield f"{counted(len(plan.repairs), 'finding')} to repair: " + ", ".join(
        f"{counted(len(files), 'file')} {verb}"
        for files, verb in ((plan.edited, "edited"), (plan.removed, "removed"), (plan.renamed, "renamed"))
    )
    by_rule: dict[str, list[Change]] = {}
    for repair in plan.repairs:
        label = f"{repair.finding.code} {repair.finding.name}: {repair.says}"
        by_rule.setdefault(label, []).extend(repair.changes)
    for label, changes in by_rule.items():
        yield from ("", f"{label} ({len(changes):,})", *some([_change(change) for change in changes]))
    yield from _left(plan.left)
    if plan.unchosen:
        yield from ("", f"Not asked for (--only NAME): {_counts(plan.unchosen)}")
    if plan.unbuilt:
        yield from ("", f"No fix is built in: {_counts(plan.unbuilt)}")
    if plan.unknown:
        yield from ("", "Decisions about findings that are not there", *some(plan.unknown))


def diffs(plan: Plan) -> Iterator[str]:
    """A unified diff of all label files that are edited."""
    for name, edited in plan.edited.items():
        data = (plan.root / name).read_bytes()
        if digest(data) != edited.sha256:
            raise FixError(f"{name} has changed since it was read")
        if edited.turn != 1:
            yield f"{name}: its pixels are turned, and its orientation becomes 1"
        elif b"\0" in data[:4096]:  # not a text
            yield f"{name}: {len(edited.edits):,} of its places change"
        else:
            yield from unified(name, data, edited.edits)


def _left(left: Sequence[Left]) -> Iterator[str]:
    by_reason: dict[str, list[str]] = {}
    for finding, (place, reason) in left:
        by_reason.setdefault(f"{finding.code} {finding.name}: {reason}", []).append(place)
    if by_reason:
        yield from ("", "Not repaired")
    for reason, places in by_reason.items():
        yield from (f"  {reason} ({len(places):,})", *(f"  {line}" for line in some(places)))


def _change(change: Change) -> str:
    if isinstance(change, RenameImage):
        return f"{change.path} -> {PurePosixPath(change.path).with_name(change.name)}"
    if isinstance(change, RemoveImage):
        return change.path
    if isinstance(change, SetUpright):
        return change.path if change.turn == 1 else f"{change.path}: its pixels are turned"
    if isinstance(change, SetEncoding | Tidy):
        return change.file
    if isinstance(change, DropClass):
        return f"{change.file}: {change.name}"
    if isinstance(change, MoveToClass):
        return f"{change.path}: to the folder of {change.name}"
    if isinstance(change, MoveToSplit):
        return f"{change.path}: to {change.split}"
    if isinstance(change, Unlist):
        return f"{change.path}: no longer in {change.split}"
    place = f"{change.file}#{change.pointer}" if change.pointer else f"{change.file}:{change.line}"
    if isinstance(change, SetNumbers):
        return f"{place}: {_numbers(change.old)} -> {_numbers(change.new)}"
    if isinstance(change, SetClass):
        return f"{place}: {change.old.name} -> {change.new.name}"
    assert isinstance(change, DropRecord)
    return place


def _numbers(numbers: Sequence[float]) -> str:
    return ", ".join(f"{number:.6g}" for number in numbers)


def some(lines: Iterable[str]) -> Iterator[str]:
    """The first of several lines, indented, and how many more there are."""
    every = list(lines)
    yield from (f"  {line}" for line in every[:_SHOWN])
    if len(every) > _SHOWN:
        yield f"  and {len(every) - _SHOWN:,} more"


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{label} ({count:,})" for label, count in sorted(counts.items()))
