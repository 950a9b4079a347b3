"""The difference as a pull-request comment: GitHub-flavoured Markdown, short enough for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.amounts import counted, percent
from datalint.diff import shares, steps
from datalint.diff.words import nothing, spot
from datalint.report.markdown import LIMIT, code, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from datalint.diff import Difference

#: Entries shown a list, and rows shown a table.
SHOWN = 20
_IMAGES = (("added", "added"), ("removed", "removed"), ("changed", "changed"), ("renamed", "renamed"))
_REDRAWN = ("redrawn", "with objects in other places")
_STEPS = (("moved", "moved to another split", "splits"), ("relabelled", "relabelled", "classes"))


def render(difference: Difference) -> str:
    """Verdict, tables of classes and splits, lists of images and findings; at most LIMIT characters."""
    lines: list[str] = []
    room = LIMIT - 200
    for line in _lines(difference):
        room -= len(line) + 1
        if room < 0:
            lines += ["", "The rest was cut to fit into a comment. The JSON document has everything."]
            break
        lines.append(line)
    return "\n".join(lines) + "\n"


def _lines(difference: Difference) -> Iterator[str]:
    yield f"## datalint: {_verdict(difference)}"
    yield ""
    yield f"{code(difference.old.name)} → {code(difference.new.name)}"
    yield from _facts(difference)
    yield from _findings(difference)
    if difference.images is not None:
        for name, title in _IMAGES:
            yield from _images(getattr(difference, name), title)
        for name, title, what in _STEPS:
            yield from _images(getattr(difference, name), title, what)
        yield from _images(difference.redrawn, _REDRAWN[1])
    yield from _classes(difference)
    told = [text(note) for note in difference.notes]
    if difference.not_compared:
        told.append(f"Rules that judged only one of the two: {', '.join(map(text, difference.not_compared))}.")
    for note in told:
        yield ""
        yield note


def _verdict(difference: Difference) -> str:
    parts = []
    if difference.images is not None:
        kinds = [(name, title) for name, title, *_ in (*_IMAGES, *_STEPS, _REDRAWN)]
        parts = [f"{getattr(difference, name).height:,} {title}" for name, title in kinds]
        parts = [part for part in parts if not part.startswith("0 ")]
        parts = [", ".join(parts)] if not nothing(difference) else ["no image changed"]
    new, fixed = (difference.of(change).height for change in ("new", "fixed"))
    return "; ".join([*parts, f"{counted(new, 'new finding')}, {fixed:,} fixed"])


def _facts(difference: Difference) -> Iterator[str]:
    old, new = difference.old.overview, difference.new.overview
    yield ""
    yield "| | before | after | |"
    yield "|---|---:|---:|---:|"
    rows = [("images", old.images, new.images)]
    rows += [(name, old.splits.get(name, 0), new.splits.get(name, 0)) for name in sorted({*old.splits, *new.splits})]
    for name, first, last in rows[: SHOWN + 1]:
        change = f"{last - first:+,}" if last != first else ""
        yield f"| {text(name)} | {first:,} | {last:,} | {change} |"
    if old.statistics is not None and new.statistics is not None:
        pairs = (("mean", old.statistics.mean, new.statistics.mean), ("std", old.statistics.std, new.statistics.std))
        for name, *values in pairs:
            before, after = (", ".join(f"{value:.4f}" for value in numbers) for numbers in values)
            yield f"| {name} | {before} | {after} | {'' if before == after else 'changed'} |"
    for change in ("new", "fixed", "remaining"):
        number = difference.of(change).height
        before, after = ("" if change == "new" else f"{number:,}"), ("" if change == "fixed" else f"{number:,}")
        yield f"| findings {change} | {before} | {after} | |"


def _findings(difference: Difference) -> Iterator[str]:
    for change in ("new", "fixed"):
        findings = difference.of(change)
        if findings.is_empty():
            continue
        opened = " open" if change == "new" else ""
        yield ""
        yield f"<details{opened}><summary><b>{counted(findings.height, 'finding')} {change}</b></summary>"
        yield ""
        for row in findings.head(SHOWN).to_dicts():
            severity = f"**{row['severity']}**" if row["severity"] == "error" else row["severity"]
            known = " (in the baseline)" if row["status"] == "baselined" else ""
            title = f"{text(row['code'])} {text(row['name'])}"
            yield f"- {severity} {title}: {code(spot(row))}: {text(row['message'])}{known}"
        if findings.height > SHOWN:
            yield f"- ... {findings.height - SHOWN:,} more"
        yield ""
        yield "</details>"


def _images(images: pl.DataFrame, title: str, what: str = "") -> Iterator[str]:
    if images.is_empty():
        return
    yield ""
    yield f"<details><summary><b>{counted(images.height, 'image')} {title}</b></summary>"
    yield ""
    if what:
        kinds = steps(images, what).most_common()
        for (before, after), number in kinds[:SHOWN]:
            yield f"- {text(before or 'none')} → {text(after or 'none')}: {number:,}"
        if len(kinds) > SHOWN:
            yield f"- ... {len(kinds) - SHOWN:,} more kinds"
        yield ""
    for row in images.head(SHOWN).to_dicts():
        paths = dict.fromkeys(path for path in (row["old"], row["new"]) if path is not None)
        yield f"- {' → '.join(code(path) for path in paths)}"
    if images.height > SHOWN:
        yield f"- ... {images.height - SHOWN:,} more"
    yield ""
    yield "</details>"


def _classes(difference: Difference) -> Iterator[str]:
    old, new = difference.old.overview.classes, difference.new.overview.classes
    names = [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
    if not names:
        return
    before, after = shares(old), shares(new)
    names.sort(key=lambda name: -abs(after.get(name, 0) - before.get(name, 0)))
    yield ""
    yield f"<details open><summary><b>{counted(len(names), 'class', 'classes')} with other counts</b></summary>"
    yield ""
    yield "| class | labels before | after | share before | after |"
    yield "|---|---:|---:|---:|---:|"
    for name in names[:SHOWN]:
        counts = f"{old.get(name, 0):,} | {new.get(name, 0):,}"
        yield f"| {text(name)} | {counts} | {percent(before.get(name, 0), 1)} | {percent(after.get(name, 0), 1)} |"
    if len(names) > SHOWN:
        yield f"| ... {len(names) - SHOWN:,} more | | | | |"
    yield ""
    yield "</details>"
