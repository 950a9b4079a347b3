"""The only place that knows the order: plan what the chosen rules need, run the stages, run the rules, collect."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import time
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any

import polars as pl

from datalint.catalogue import registry
from datalint.config import settings as configuration
from datalint.dataset import boxes
from datalint.dataset.discover import discover
from datalint.finding import KNOWN, fingerprint, plain
from datalint.git import NoAnswerError
from datalint.judge import baseline
from datalint.judge.accept import Acceptances
from datalint.judge.changed_only import ChangedOnly
from datalint.percent import Share
from datalint.report import FINDINGS, NotRun, Report
from datalint.rule import Need, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from datalint.cache.store import Cache
    from datalint.config.settings import Config
    from datalint.dataset import Dataset
    from datalint.git import Changes
    from datalint.probe import Options as ProbeOptions
    from datalint.probe.given import Given

    Progress = Callable[[str, int, int], None]
    """Told (stage, done, total) while a scan runs."""

_log = logging.getLogger("datalint")

#: The facts pass, from the cheapest to the dearest level.
LEVELS = (Need.FILES, Need.CONTENT, Need.HEADER, Need.PIXELS)
_IMPLIES = {Need.PAIRS: Need.PIXELS, Need.PROBE: Need.PIXELS, Need.SIZES: Need.HEADER}


@dataclass(frozen=True, slots=True)
class Hits:
    """What one rule found: a frame, no object a row."""

    rule: Rule
    severity: Severity | None
    """The config's severity, which overrides the rule's own and any by row."""
    frame: pl.DataFrame


def scan(
    *paths: str | os.PathLike[str],
    rules: Iterable[Rule | type[Rule]] | None = None,
    config: Config | str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    pictures: bool = False,
    **options: Any,
) -> Report:
    """Scan a dataset: one or more folders or label files (default `.`), which have one common root.

    `rules` runs exactly these; else the config's selection. `config` is a Config or a file; else the nearest file
    above the dataset is used (not with `isolated=True`). `options` are fields of Config: `select`, `ignore`, `jobs`,
    `seed`, `device`, ... `pictures` decodes the small pictures of the HTML report.

    Raises ConfigError, OptionError and DatasetError, each with one line to show.
    """
    places = [Path(path) for path in paths] or [Path()]
    settings = resolve(places, config, options)
    if rules is None:
        chosen = registry.select(settings, registry.load(settings))
    else:
        chosen = [rule if isinstance(rule, Rule) else rule() for rule in rules]
    seconds: dict[str, float] = {}
    clock = time.monotonic()

    def lap(stage: str) -> None:
        nonlocal clock
        now = time.monotonic()
        seconds[stage], clock = now - clock, now

    data = discover(places, settings)
    baseline_file = baseline.find(settings, data.root)
    known = baseline.read(baseline_file) if baseline_file else []  # a bad one is told before the work, not after it
    lap("discover")
    changes = _changes(data, settings)
    runnable, idle = plan(chosen, data)
    probing = _Probing.of(runnable, data, settings)
    with _cache(data, settings) as cache:
        measure_for(runnable, data, settings, cache, progress)
        boxes.resolve(data)
        lap("measure")
        if any(need in (Need.PAIRS, Need.PROBE) for rule in runnable for need in rule.needs):
            from datalint import pairs

            pairs.find(data, cache=cache, progress=_stage(progress, "compare"))
            lap("pairs")
        if probing:
            if reason := probing.run(data, cache, progress):
                idle += [
                    NotRun(rule.code, rule.name, reason, crashed=True) for rule in runnable if Need.PROBE in rule.needs
                ]
                runnable = [rule for rule in runnable if Need.PROBE not in rule.needs]
            lap("probe")
    hits, crashed = judge(runnable, data, settings, progress)
    acceptances = Acceptances(settings, data)
    changed_only = None if changes is None else ChangedOnly(data, changes)
    # Entries of a baseline or of [[accept]] are unused only if nothing at all matches them: then all must be collected.
    early = None if baseline_file or settings.accept or settings.per_path_ignores else changed_only
    findings, accepted = collect(hits, data, acceptances, early)
    lap("rules")
    ended = {rule.code for rule in crashed}
    report = Report(
        dataset=data,
        config=settings,
        findings=findings,
        rules_run=tuple(rule for rule in runnable if rule.code not in ended),
        rules_not_run=tuple(sorted([*idle, *crashed], key=lambda rule: rule.code)),
        accepted=accepted,
        scanned=tuple(Path(os.path.abspath(place)) for place in places),
        seconds=seconds,
    )
    report.unused = acceptances.unused(report.rules_run)
    if baseline_file:
        baseline.apply(report, baseline_file, known)
    if changed_only is not None and early is None:
        report.findings = changed_only.findings(report.findings, report.rules_run)
    if pictures:
        from datalint.report.pictures import make

        report.pictures = make(report)
        lap("pictures")
    return report


def resolve(
    places: Sequence[Path], config: Config | str | os.PathLike[str] | None, options: Mapping[str, Any]
) -> Config:
    """The settings in force: a config file's, or none's, changed by `options`; raises ConfigError."""
    if isinstance(config, configuration.Config):
        base = config
    elif config is not None:
        base = configuration.load(Path(config))
    elif options.get("isolated"):
        base = configuration.Config()
    else:
        # discover() has the last word on the root; for the search any of the paths' common parents does.
        shared = os.path.commonpath([os.path.abspath(place) for place in places])
        found = configuration.find(Path(shared))
        base = configuration.load(found) if found else configuration.Config()
    known = set(configuration.Config.__dataclass_fields__)
    for name in options:
        if name not in known:
            raise configuration.ConfigError(f"scan() has no option {name!r}; known: {', '.join(sorted(known))}")
    changes: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in options.items()
    }
    for name in ("select", "extend_select", "ignore"):
        if isinstance(changes.get(name), str):
            changes[name] = (changes[name],)
    for name in ("baseline", "embeddings"):
        if isinstance(changes.get(name), str):
            changes[name] = Path(changes[name])
    if changes.get("select"):
        # A selection on the command line starts afresh: what the file chose is not added to it.
        base = base.merged(extend_select=(), ignore=())
    for name in ("extend_select", "ignore"):
        if changes.get(name):
            changes[name] = (*getattr(base, name), *changes[name])
    return base.merged(**changes)


def plan(chosen: Sequence[Rule], data: Dataset) -> tuple[list[Rule], list[NotRun]]:
    """Split the chosen rules into those that can run on this dataset and those that cannot, with the reason."""
    lacking = dict(_lacking(data, {need for rule in chosen for need in rule.needs}))
    runnable, idle = [], []
    for rule in chosen:
        reason = next((lacking[need] for need in rule.needs if need in lacking), None)
        if reason is None:
            runnable.append(rule)
        else:
            idle.append(NotRun(rule.code, rule.name, reason))
    return runnable, idle


def _lacking(data: Dataset, wanted: Collection[Need]) -> Iterable[tuple[Need, str]]:
    images, labels, objects = data.table("images"), data.table("labels"), data.table("boxes")
    polygons, named = data.table("polygons"), data.table("named")
    any_label = not (labels.is_empty() and objects.is_empty() and polygons.is_empty())
    if images.is_empty():
        reason = "the images are absent" if any_label or named.height else "no image was found"
        for need in (*LEVELS, Need.PAIRS):
            yield need, reason
        yield Need.PROBE, reason
        if named["width"].null_count() == named.height:
            yield Need.SIZES, f"{reason}, and no label file declares their sizes"
    if not any_label:
        yield Need.ANNOTATIONS, "no labels were found"
    if labels.is_empty():
        reason = (
            "no classes of whole images were found, only of objects in them" if any_label else "no labels were found"
        )
        yield Need.LABELS, reason
    if objects.is_empty() and polygons.is_empty():
        yield Need.OBJECTS, "no boxes and no polygons were found"
    if objects.is_empty():
        yield Need.BOXES, "no boxes were found"
    if polygons.is_empty():
        yield Need.POLYGONS, "no polygons were found"
    if data.table("classes").is_empty():
        yield Need.CLASSES, "no classes are declared"
    if not data.has_splits():
        yield Need.SPLITS, "fewer than two splits were found"
    if not data.label_files():
        yield Need.PROBLEMS, "no label file was found"
    if data.declared.mean is None and data.declared.std is None:
        yield Need.CONFIG, "no mean and std are declared (normalization in the config, or a preprocessor_config.json)"
    if Need.PROBE in wanted:
        from datalint import probe

        if unavailable := probe.available():
            yield Need.PROBE, unavailable


@contextmanager
def _cache(data: Dataset, settings: Config) -> Iterator[Cache | None]:
    """What earlier scans of the dataset found out, and what this one adds, unless it is not wanted."""
    if settings.no_cache or os.environ.get("DATALINT_NO_CACHE", "0") not in ("", "0"):
        yield None
        return
    from datalint.cache import store as cache

    opened = cache.opened(data.root, settings.cache_dir, settings.cache_limit)
    with closing(opened) if opened else nullcontext():
        yield opened


def measure_for(
    rules: Sequence[Rule], data: Dataset, settings: Config, cache: Cache | None, progress: Progress | None
) -> None:
    """Measure the images as deep as the deepest need of `rules` asks, and no deeper."""
    wanted = {_IMPLIES.get(need, need) for rule in rules for need in rule.needs}
    level = max((level for level in LEVELS if level in wanted), key=LEVELS.index, default=Need.FILES)
    if level is Need.FILES or data.table("images").is_empty():
        return
    from datalint.measure import measure

    measure(
        data, level=level, jobs=settings.jobs, seed=settings.seed, cache=cache, progress=_stage(progress, "measure")
    )


@dataclass(frozen=True, slots=True)
class _Probing:
    """The probe as the settings ask for it, with what they name already read."""

    options: ProbeOptions
    given: Given

    @classmethod
    def of(cls, rules: Sequence[Rule], data: Dataset, settings: Config) -> _Probing | None:
        """None where no rule needs it; raises ConfigError before the work, not after it."""
        if not any(Need.PROBE in rule.needs for rule in rules):
            return None
        from datalint import probe

        options = probe.Options(
            seconds=settings.probe_seconds,
            train_on=settings.train_on,
            device=settings.device,
            seed=settings.seed,
            embeddings=settings.embeddings,
            backbone=settings.backbone,
            allow_download=settings.allow_download,
            jobs=settings.jobs,
        )
        return cls(options, probe.read_given(data, options))

    def run(self, data: Dataset, cache: Cache | None, progress: Progress | None) -> str | None:
        """Run it; what goes wrong in it (out of memory, a broken torch) costs its own rules only."""
        from datalint import probe

        try:
            probe.run(data, self.options, self.given, cache=cache, progress=progress)
        except Exception as error:
            return f"crashed: the probe: {_cause(error)}"
        return None


def _cause(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


def _stage(progress: Progress | None, name: str) -> Callable[[int, int], None] | None:
    if progress is None:
        return None
    return lambda done, total: progress(name, done, total)


def judge(
    rules: Sequence[Rule], data: Dataset, settings: Config, progress: Progress | None
) -> tuple[list[Hits], list[NotRun]]:
    """Run each rule on its own; one that crashes ends neither the scan nor the others."""
    hits, crashed = [], []
    for number, rule in enumerate(rules, 1):
        try:
            found = rule.check(data)
            frame = found.collect() if isinstance(found, pl.LazyFrame) else found
            if not isinstance(frame, pl.DataFrame):
                raise TypeError(f"check returned {type(found).__name__}, not a frame")
            if frame.height:
                hits.append(Hits(rule, registry.severity_override(settings, rule), _checked(rule, frame)))
        except Exception as error:
            crashed.append(NotRun(rule.code, rule.name, f"crashed: {_cause(error)}", crashed=True))
        if progress:
            progress("judge", number, len(rules))
    return hits, crashed


def _checked(rule: Rule, frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with the engine's columns in their types; raises where findings cannot be made of its rows."""
    types = {**FINDINGS, "examples": FINDINGS["related"]}
    frame = frame.with_columns(pl.col(name).cast(types[name]) for name in KNOWN if name in frame.columns)
    if "severity" in frame.columns:
        for severity in frame["severity"].drop_nulls().unique():
            Severity(severity)
    fields = [field for text in (rule.message, rule.hint) for _, field, _, _ in Formatter().parse(text) if field]
    if lacking := {re.split(r"[.\[]", field)[0] for field in fields}.difference(frame.columns):
        names = ", ".join(map(repr, sorted(lacking)))
        raise KeyError(f"the message names {names}, which is no column of the rule's frame")
    _message(rule, frame.row(0, named=True))
    return frame


class _Unknown:
    """A value that is not known: it reads `?` in a message instead of ending the scan."""

    def __format__(self, _spec: str) -> str:
        return "?"

    def __getattr__(self, _name: str) -> _Unknown:
        return self

    def __getitem__(self, _key: object) -> _Unknown:
        return self

    __repr__ = __str__ = lambda self: "?"


_UNKNOWN = _Unknown()


def _shown(value: object) -> object:
    return Share(value) if type(value) is float else value


def _message(rule: Rule, row: Mapping[str, Any]) -> tuple[str, str]:
    known = {name: _UNKNOWN if value is None else _shown(value) for name, value in row.items()}
    hint = row.get("hint")
    return rule.message.format_map(known), rule.hint.format_map(known) if hint is None else str(hint)


def collect(
    hits: Sequence[Hits], data: Dataset, acceptances: Acceptances, changed_only: ChangedOnly | None = None
) -> tuple[pl.DataFrame, int]:
    """The findings table of all rules, of rows that are `changed_only` alone; and how many the config accepts."""
    contents = _Contents(data)
    louder = {name for hit in hits for name in hit.rule.yields_to}
    said: dict[str, list[frozenset[str]]] = {}
    for hit in hits:
        if hit.rule.name in louder:
            said.setdefault(hit.rule.name, []).extend(_images(row) for row in hit.frame.iter_rows(named=True))
    columns: dict[str, list[Any]] = {name: [] for name in FINDINGS}
    accepted = 0
    for hit in hits:
        rule = hit.rule
        covered = _Covered([group for name in rule.yields_to for group in said.get(name, ())])
        extra = [name for name in hit.frame.columns if name not in KNOWN]
        acceptance = acceptances.of(rule)
        frame = hit.frame if changed_only is None else changed_only.rows(hit.frame, rule)
        for row in frame.iter_rows(named=True):
            if covered.covers(row):
                continue
            related = [path for path in row.get("related") or [] if path is not None]
            identity = fingerprint(
                rule.code,
                contents.of(row.get("path"), *related),
                row.get("subject"),
                [row.get(name) for name in rule.key],
            )
            if acceptance.covers(row.get("path"), row.get("file"), identity, contents.one):
                accepted += 1
                continue
            message, hint = _message(rule, row)
            finding = {
                **{name: row.get(name) for name in ("path", "file", "line", "column", "pointer", "subject", "score")},
                "id": identity,
                "code": rule.code,
                "name": rule.name,
                "severity": str(hit.severity or row.get("severity") or rule.severity),
                "confidence": str(rule.confidence),
                "message": message,
                "hint": hint,
                "related": related + [path for path in row.get("examples") or [] if path is not None],
                "data": _json({name: plain(row[name]) for name in extra}),
                "status": "new",
            }
            for name, values in columns.items():
                values.append(finding[name])
    findings = pl.DataFrame({**columns, "related": _nested(columns["related"])}, schema=FINDINGS)
    rank = {severity.value: severity.rank for severity in Severity}
    order = [
        pl.col("severity").replace_strict(rank, return_dtype=pl.Int8),
        pl.col("code"),
        *(pl.col(name) for name in ("path", "file", "line", "column", "pointer", "subject", "message", "id")),
    ]
    return findings.sort(order, nulls_last=True, maintain_order=True), accepted


def _nested(lists: Sequence[Sequence[str]]) -> pl.Series:
    """A column of lists. Polars itself would make a series of each list first, which takes longer than the rest."""
    flat = [(row, item) for row, items in enumerate(lists) for item in items]
    grouped = (
        pl.DataFrame(flat, schema={"row": pl.UInt32, "item": pl.String}, orient="row")
        .group_by("row", maintain_order=True)
        .agg("item")
    )
    rows = pl.DataFrame({"row": range(len(lists))}, schema={"row": pl.UInt32})
    return rows.join(grouped, on="row", how="left", maintain_order="left")["item"].fill_null([])


_json = json.JSONEncoder(ensure_ascii=False).encode  # json.dumps would make an encoder for every finding


def _changes(data: Dataset, settings: Config) -> Changes | None:
    """The files that findings must touch, if not all of them are wanted; asked before any work is done."""
    if not (settings.since or settings.changed or settings.staged):
        return None
    try:
        changes = data.checkout.changed(since=settings.since, staged=settings.staged)
    except NoAnswerError as error:
        raise configuration.ConfigError(str(error)) from None
    since = (
        f"since {settings.since}" if settings.since else "and staged" if settings.staged else "since the last commit"
    )
    count = f"{len(changes.files):,} files" + f" and {len(changes.folders):,} folders" * bool(changes.folders)
    _log.warning("datalint: %s changed %s: findings that touch none are left out", count, since)
    return changes


def _images(row: Mapping[str, Any]) -> frozenset[str]:
    named = (row.get("path"), *(row.get("related") or ()), *(row.get("examples") or ()))
    return frozenset(path for path in named if path is not None)


class _Covered:
    """Whether the images that a row of a frame names all lie within one of the given sets."""

    def __init__(self, groups: Sequence[frozenset[str]]) -> None:
        self._groups = groups
        self._of: dict[str, list[int]] = {}
        for number, group in enumerate(groups):
            for path in group:
                self._of.setdefault(path, []).append(number)

    def covers(self, row: Mapping[str, Any]) -> bool:
        if not self._groups:
            return False
        images = _images(row)
        return bool(images) and any(images <= self._groups[number] for number in self._of.get(next(iter(images)), ()))


class _Contents:
    """Content hashes by path; files that no stage has hashed are hashed when a finding asks."""

    def __init__(self, data: Dataset) -> None:
        images = data.table("images")
        self._data = data
        self._paths = images["path"]
        hashes = images["sha256"].to_list() if "sha256" in images.columns else [None] * images.height
        self._known: dict[str, str | None] = dict(zip(self._paths.to_list(), hashes, strict=True))

    def of(self, *paths: str | None) -> list[str]:
        """The hashes of several images."""
        return [self.one(path) for path in paths if path is not None]

    def one(self, path: str) -> str:
        """The SHA-256 of an image; for what cannot be read its path, which is all that identifies it."""
        return self._known.get(path) or self._hashed(path)

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {path: row for row, path in enumerate(self._paths)}

    def _hashed(self, path: str) -> str:
        found = f"path:{path}"
        if (row := self._rows.get(path)) is not None:
            with suppress(OSError), self._data.os_path(row).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            self._known[path] = found
        return found
