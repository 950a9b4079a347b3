"""The baseline: findings from before datalint was adopted. They are listed but never fail a scan.

A finding is known by its id, which is its rule and the content it is about: a renamed file keeps its entry, a replaced
one loses it. The path stands beside the id for people, and tells findings with one id apart.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import polars as pl

from datalint.config import files
from datalint.config.settings import ConfigError, quoted
from datalint.finding import FINDINGS, Unused, has_grown
from datalint.output import write as write_text
from datalint.sources.url import Url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from datalint.config.settings import Config, Revision
    from datalint.dataset import Dataset
    from datalint.rule import Rule

NAME = "datalint-baseline.json"
SCHEMA = "datalint/baseline/v1"


class Judged(Protocol):
    """What a baseline reads from a scan, and sets in it. A `Report` is one."""

    findings: pl.DataFrame
    members: pl.DataFrame
    unused: tuple[Unused, ...]
    baseline: Path | None

    @property
    def dataset(self) -> Dataset:
        """What was scanned."""

    @property
    def rules_run(self) -> Sequence[Rule]:
        """The rules that judged it."""

    @property
    def scanned(self) -> Sequence[Path | Url]:
        """The folders and files that the scan was given, absolute, or URLs."""


class Entry(NamedTuple):
    """One known finding."""

    code: str
    path: str
    """The image or label file it was about, else the dataset's folder, relative to the baseline; for people, and where
    ids are equal."""
    subject: str
    id: str
    name: str
    size: int = 1
    """Its count: how many images or records it spoke of."""
    scope: str = ""
    """Of a group what it was: `folder`, `class`, ...; `subject` names it."""


_TEXTS = Entry._fields[:5]


def find(settings: Config, root: Path) -> Path | None:
    """The baseline in force: one that was named, else the nearest from `root` upwards to the repository's root.

    Of a revision that settings are taken from, what it does not hold is not in force.
    """
    revision = settings.revision
    if settings.baseline is not None or settings.isolated:
        named = settings.baseline or None
        gone = named is not None and revision is not None and not files.is_there(named, revision)
        return None if gone else named
    places = (folder / NAME for folder in files.upwards(root, revision))
    return next((place for place in places if files.found(place, revision, "--baseline")), None)


def location(settings: Config, root: Path) -> Path:
    """Where a baseline is written: where one is in force, else beside the config, else in the root."""
    return find(settings, root) or (settings.source.parent if settings.source else root) / NAME


def read(path: Path, revision: Revision | None = None) -> list[Entry]:
    """The entries of a baseline, of a revision if one is given; raises ConfigError with one line when it is none."""
    try:
        content = files.content(path, revision)
        if content is None:
            raise ConfigError(f"{path}: there is no such baseline; --write-baseline makes one")
        document = json.loads(content.decode("utf-8-sig"))
    except ConfigError:
        raise
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not a baseline: {' '.join(str(error).split())}") from None
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema != SCHEMA:
        raise ConfigError(f"{path}: not a baseline: its schema is {quoted(schema)}, not {SCHEMA!r}")
    try:
        return [_entry(item) for item in document["findings"]]
    except (KeyError, TypeError):
        raise ConfigError(f"{path}: not a baseline: findings are texts {', '.join(_TEXTS)}") from None


def _entry(item: dict[str, Any]) -> Entry:
    texts = [item[name] for name in _TEXTS]
    count, scope = item.get("count", 1), item.get("scope", "")
    if not all(isinstance(part, str) for part in (*texts, scope)) or type(count) is not int or count < 1:
        raise TypeError
    code, path, subject, identity, name = texts
    return Entry(code, path, subject, identity, name, count, scope)


def write(path: Path, entries: Iterable[Entry]) -> None:
    """Write a baseline, one finding a line in order of rule and path; raises WriteError."""
    lines = [json.dumps(_written(entry), ensure_ascii=False) for entry in sorted(entries)]
    head = f'{{"schema": {json.dumps(SCHEMA)}, "findings": ['
    write_text(path, head + ("\n" + ",\n".join(lines) + "\n" if lines else "") + "]}\n")


def _written(entry: Entry) -> dict[str, Any]:
    """What stands in the file: count and scope only of a group."""
    texts = dict(zip(_TEXTS, entry, strict=False))
    return texts if entry.size == 1 else texts | {"count": entry.size, "scope": entry.scope}


def apply(report: Judged, path: Path, known: Sequence[Entry]) -> None:
    """Mark the findings of `report` that are `known` to the baseline at `path`; name the entries that match none."""
    judged = _judged(report, path)
    taken, _, left = _matched(report, path, entries(report, path), known)
    is_known = pl.Series([entry is not None for entry in taken], dtype=pl.Boolean)
    report.findings = report.findings.with_columns(
        pl.when(is_known).then(pl.lit("baselined")).otherwise(pl.lit("new")).cast(FINDINGS["status"]).alias("status")
    )
    unused = [
        Unused("baseline", entry.code, f"{entry.path} {entry.subject}".rstrip(), "it matches no finding")
        for entry in left
        if judged(entry)
    ]
    report.unused = (*(entry for entry in report.unused if entry.kind != "baseline"), *unused)
    report.baseline = path


def updated(report: Judged, path: Path, old: Sequence[Entry]) -> list[Entry]:
    """`old` as of `report`: all that was found, and the entries that the scan could not judge."""
    present = entries(report, path)
    judged = _judged(report, path)
    _, _, left = _matched(report, path, present, old)
    return [*(entry for entry in left if not judged(entry)), *present]


def pruned(report: Judged, path: Path, old: Sequence[Entry]) -> list[Entry]:
    """`old` without the entries that match nothing; the others with their present path, and never a larger count."""
    present = entries(report, path)
    judged = _judged(report, path)
    taken, grown, left = _matched(report, path, present, old)
    kept = [
        new._replace(size=min(new.size, entry.size))
        for new, entry in zip(present, taken, strict=True)
        if entry is not None
    ]
    return [*(entry for entry in left if not judged(entry)), *grown, *kept]


class Since(NamedTuple):
    """Findings and entries of before, matched."""

    known: list[bool]
    """Of each finding whether it was there before, and has not grown."""
    gone: list[Entry]
    """The entries whose findings are gone."""
    unseen: list[Entry]
    """The entries that this scan could not judge."""


def since(report: Judged, path: Path, known: Sequence[Entry]) -> Since:
    """What of the `known` is still there, changing nothing."""
    judged = _judged(report, path)
    taken, _, left = _matched(report, path, entries(report, path), known)
    gone = [entry for entry in left if judged(entry)]
    return Since([entry is not None for entry in taken], gone, [entry for entry in left if not judged(entry)])


def entries(report: Judged, path: Path) -> list[Entry]:
    """What a baseline at `path` holds of the report's findings, in their order."""
    return entries_of(report.findings, report.dataset.root, path)


def entries_of(findings: pl.DataFrame, root: Path | Url, path: Path) -> list[Entry]:
    """What a baseline at `path` holds of `findings` about the dataset at `root`, in their order."""
    place = pl.coalesce("path", "file")
    scope = pl.when(pl.col("count") > 1).then(pl.col("scope").cast(pl.String)).otherwise(pl.lit(""))
    subject = pl.col("subject").fill_null("")
    rows = findings.select("code", place, subject, "id", "name", "count", scope.alias("scope")).rows()
    base = _base(root, path)
    return [Entry(code, _joined(base, where), *rest) for code, where, *rest in rows]


def _judged(report: Judged, path: Path) -> Callable[[Entry], bool]:
    """Whether a scan could have found an entry's finding: its rule ran, and its place was scanned."""
    ran = {rule.code for rule in report.rules_run}
    root = report.dataset.root
    base = _base(root, path)
    scanned = {_joined(base, _text(_relative(place, root))) for place in report.scanned} or {base}

    def judged(entry: Entry) -> bool:
        parts = entry.path.split("/")
        above = ("/".join(parts[:length]) for length in range(1, len(parts) + 1))
        return entry.code in ran and ("." in scanned or not scanned.isdisjoint(above))

    return judged


def _movable(judged: Callable[[Entry], bool], path: Path) -> Callable[[Entry], bool]:
    """Whether an entry's finding may be elsewhere now: not while its place lies there, where this scan did not look."""
    return lambda entry: judged(entry) or not os.path.lexists(path.parent / entry.path)


def _relative(place: Path | Url, root: Path | Url) -> str:
    """A place that was scanned, relative to the root."""
    if isinstance(root, Url):
        return place[len(root) + 1 :] or "." if isinstance(place, Url) else "."
    return os.path.relpath(place, root)


def _base(root: Path | Url, path: Path) -> str:
    """The dataset's folder, relative to the baseline's; or its URL."""
    if isinstance(root, Url):
        return root
    try:
        return _text(os.path.relpath(os.path.realpath(root), os.path.realpath(path.parent)))
    except ValueError:  # another drive
        return _text(os.path.realpath(root))


def _joined(base: str, path: str | None) -> str:
    return base if path in (None, ".") else path if base == "." else f"{base}/{path}"


def _text(path: str) -> str:
    return os.fsencode(path.replace(os.sep, "/")).decode("utf-8", "backslashreplace")


def _matched(
    report: Judged, path: Path, present: Sequence[Entry], known: Sequence[Entry]
) -> tuple[list[Entry | None], list[Entry], list[Entry]]:
    """The known entry of each of the `present` (None for what is new), those that grew out of theirs, and the others.

    A finding about a group that has grown is new again. Its entry is not left over: its finding is there.
    """
    taken, left = _match(present, known, _movable(_judged(report, path), path))
    grown = [old for new, old in zip(present, taken, strict=True) if old is not None and has_grown(new.size, old.size)]
    gone = {id(entry) for entry in grown}
    kept = [None if id(entry) in gone else entry for entry in taken]
    return kept, grown, _regrouped(report, _base(report.dataset.root, path), present, taken, kept, left)


def _match(
    present: Sequence[Entry], known: Sequence[Entry], movable: Callable[[Entry], bool]
) -> tuple[list[Entry | None], list[Entry]]:
    """The known entry of each of the `present`, one for one, and the known that are left over.

    Of findings with one id those at a known path are taken first: where a copy is added, the copy is what is new.
    """
    exact: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in sorted(known, reverse=True):
        exact[entry.id, entry.path].append(entry)
    taken = [exact[entry.id, entry.path].pop() if exact[entry.id, entry.path] else None for entry in present]
    moved: dict[str, list[Entry]] = defaultdict(list)
    left: list[Entry] = []
    for entry in sorted((entry for entries in exact.values() for entry in entries), reverse=True):
        (moved[entry.id] if movable(entry) else left).append(entry)
    for number, entry in enumerate(present):
        if taken[number] is None and moved[entry.id]:
            taken[number] = moved[entry.id].pop()
    return taken, sorted([*left, *(entry for rest in moved.values() for entry in rest)])


# -- what was single and is a group now, or the reverse --------------------------------------------------------------


def _regrouped(
    report: Judged,
    base: str,
    present: Sequence[Entry],
    matched: Sequence[Entry | None],
    kept: list[Entry | None],
    left: Sequence[Entry],
) -> list[Entry]:
    """Adds to `kept` what is known under another form; the entries that are still left over.

    One image more or less can make single findings a group, or a group single findings: none of them is new for that.
    """
    rest = list(left)
    places = [
        (_joined(base, path), _joined(base, file)) for path, file in report.findings.select("path", "file").rows()
    ]
    for number, (entry, identity) in enumerate(zip(present, report.findings["id"], strict=True)):
        if entry.size == 1 or matched[number] is not None:
            continue
        held = report.members.filter(pl.col("finding") == identity).select(pl.coalesce("path", "file")).to_series()
        paths = {_joined(base, path) for path in held}
        single = [old for old in rest if old.code == entry.code and old.size == 1 and old.path in paths]
        if single and not has_grown(entry.size, len(single)):
            kept[number] = entry
            known = set(map(id, single))
            rest = [old for old in rest if id(old) not in known]
    for old in [entry for entry in rest if entry.size > 1]:
        holds = _holds(report.dataset, base, old)
        inside = [
            number
            for number, entry in enumerate(present)
            if matched[number] is None and kept[number] is None and entry.code == old.code and entry.size == 1
            and any(map(holds, places[number]))
        ]  # fmt: skip
        if inside and not has_grown(len(inside), old.size):
            for number in inside:
                kept[number] = present[number]
            rest.remove(old)
    return rest


def _holds(data: Dataset, base: str, group: Entry) -> Callable[[str], bool]:
    """Whether a path, relative to the baseline, lies in the group that an entry is about."""
    if group.scope == "file":
        return lambda path: path == group.path
    if group.scope == "folder":
        folder = _joined(base, group.subject) + "/"
        return lambda path: path.startswith(folder)
    if group.scope in ("class", "split"):
        table = data.table("labels" if group.scope == "class" else "splits").filter(
            pl.col(group.scope) == group.subject
        )
        images = data.table("images").join(table.select("image"), on="image", how="semi")["path"]
        paths = {_joined(base, path) for path in images}
        return paths.__contains__
    return lambda _path: True
