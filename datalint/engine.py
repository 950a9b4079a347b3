"""The only place that knows the order: plan what the chosen rules need, run the stages, run the rules, collect."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from datalint import executors, limits, workers
from datalint.cache import store
from datalint.catalogue import registry
from datalint.config.resolve import resolve
from datalint.config.settings import ConfigError
from datalint.dataset import boxes, masks
from datalint.dataset.guard import discovered, ready
from datalint.finding import NotRun
from datalint.judge import baseline, changed_only, earlier, heard
from datalint.judge.accept import Acceptances
from datalint.judge.collect import collect
from datalint.judge.in_force import in_force
from datalint.judge.plan import depth, looks_at_images, needed, plan
from datalint.judge.record_ids import with_record_ids
from datalint.judge.run import cause, judge
from datalint.progress import shown
from datalint.report import Report
from datalint.rule import Need, Rule
from datalint.sources.objects import is_path, spread
from datalint.sources.url import Url, at_home, place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import polars as pl

    from datalint.cache.store import Cache
    from datalint.config.settings import Config
    from datalint.dataset import Dataset
    from datalint.judge.run import Progress
    from datalint.probe import Options
    from datalint.probe.given import Given
    from datalint.sources import Item


@workers.kept()
def scan(
    *paths: str | os.PathLike[str] | Any,
    labels: Any = None,
    rules: Iterable[Rule | type[Rule]] | None = None,
    config: Config | str | os.PathLike[str] | None = None,
    progress: Progress | Literal[False] | None = None,
    pictures: bool = False,
    compare: str | os.PathLike[str] | None = None,
    **options: Any,
) -> Report:
    """Scan a dataset: one or more folders or label files (default `.`), or URLs of a store, with one common root.

    They are arguments of their own or in one list.

    Or an object that holds images: a torchvision dataset, a Dataset or DatasetDict of Hugging Face, any sequence of
    (image, label), a list of images with their `labels`, a frame of pandas or Polars; TypeError says what it takes.

    `rules` runs exactly these; else the config's selection. `config` is a Config or a file; else the nearest file
    above the dataset is used (not with `isolated=True`). `options` are fields of Config: `select`, `ignore`, `jobs`,
    `seed`, `device`, ... `progress` is called with (stage, done, total); without it a notebook shows a line, unless it
    is False. `pictures` decodes the small pictures of the HTML report. `compare` is an earlier JSON report:
    `Report.comparison` then says what is new, fixed and remaining.

    Raises ConfigError, OptionError, LimitError, DatasetError and EngineError, each with one line to show.
    """
    paths = spread(paths) if labels is None else paths
    given = next((path for path in paths if not is_path(path)), None)
    if (given is not None and len(paths) > 1) or (given is None and labels is not None):
        raise TypeError("scan() takes paths, or one object and no path beside it; labels= are those of an object")
    places = [] if given is not None else [place_of(path) for path in paths] or [Path()]
    settings = resolve(at_home(places) or [Path()], config, options)
    if compare is not None and (settings.since or settings.changed or settings.staged):
        raise ConfigError(
            "since, changed and staged leave findings out, so nothing can be compared with an earlier report"
        )
    # fails on a file that is not a report before any work is done
    before = None if compare is None else earlier.read(Path(compare))

    def discover(*, looked_at: bool) -> Dataset:
        if given is None:
            return discovered(places, settings, pictures=looked_at)
        from datalint.dataset.handed import handed

        return handed(given, labels, settings)

    with limits.applied(settings.limits):
        if given is None:
            ready(settings)
        clock = _Clock()
        with executors.engaged(settings) as cluster:
            if cluster:
                clock.lap("engine")
            with shown(progress) as tell:
                report = _scan(discover, places, settings, rules, clock, tell, cluster, pictures=pictures)
    if before is not None:
        report.comparison = earlier.changes(report, before)
    return report


def _scan(
    discover: Callable[..., Dataset],
    places: Sequence[Path | Url],
    settings: Config,
    rules: Iterable[Rule | type[Rule]] | None,
    clock: _Clock,
    progress: Progress | None,
    cluster: executors.Cluster | None,
    *,
    pictures: bool,
) -> Report:
    catalogue, chosen = _rules(rules, settings)
    louder = heard.heard(chosen, catalogue, settings) if rules is None else []
    data = discover(looked_at=pictures or looks_at_images([*chosen, *louder]))
    if cluster:
        cluster.expect(_some(data))
    known_in = baseline.find(settings, data.home)
    # fails on a bad baseline before any work is done
    known = baseline.read(known_in, settings.revision) if known_in else []
    clock.lap("discover")
    changes = changed_only.asked(data, settings)
    runnable, idle = plan([*chosen, *louder], data, _unavailable(chosen))
    runnable, lost = _facts(runnable, data, settings, clock, progress)
    hits, crashed = judge(runnable, data, settings, progress)
    acceptances = Acceptances(settings, data)
    touched = None if changes is None else changed_only.ChangedOnly(data, changes)
    # Entries of a baseline or of [[accept]] are unused only if nothing at all matches them: then all must be collected.
    whole = touched is None or bool(known_in or settings.accept or settings.per_path_ignores)
    found = heard.without(collect(hits, data, acceptances, touched, whole=whole), louder)
    clock.lap("rules")
    unasked = [NotRun(None, plugin.name, plugin.reason) for plugin in catalogue.not_run]
    unlisted = {rule.code for rule in crashed} | {rule.code for rule in louder}
    not_run = [*(rule for rule in (*idle, *lost) if rule.code not in unlisted), *crashed]
    report = Report(
        dataset=data,
        config=settings,
        findings=with_record_ids(found.findings, data),
        members=found.members,
        rules_run=tuple(rule for rule in runnable if rule.code not in unlisted),
        rules_not_run=(*sorted(not_run, key=lambda rule: rule.code or ""), *unasked),
        acceptances=found.accepted,
        settings=in_force(settings, catalogue, found.accepted, data.home, known),
        scanned=(data.root,)
        if not places
        else tuple(place if isinstance(place, Url) else Path(os.path.abspath(place)) for place in places),
        seconds=clock.seconds,
    )
    report.unused = acceptances.unused(report.rules_run)
    if known_in:
        baseline.apply(report, known_in, known)
    if touched is not None:
        report.findings, report.members = changed_only.narrowed(
            report.findings, report.members, found.touches, found.members_touch
        )
    if pictures:
        from datalint.report.samples import illustrate

        illustrate(report)
        clock.lap("pictures")
    return report


def judged(data: Dataset, rules: Sequence[Rule], settings: Config) -> pl.DataFrame:
    """The findings of rules about a dataset whose tables are made: it is not read again.

    A rule whose tables are not there is left out; one that crashes raises RuntimeError.
    """
    runnable, _ = plan(rules, data)
    hits, crashed = judge(runnable, data, settings, None)
    if crashed:
        raise RuntimeError(f"{crashed[0].name} {crashed[0].reason}")
    return collect(hits, data, Acceptances(settings, data)).findings


def _some(data: Dataset) -> list[Item]:
    """The first, the middle and the last image: who sees these sees all."""
    files = data.table("images").select("os_path", "bytes")
    rows = sorted({0, files.height // 2, files.height - 1}) if files.height else []
    return [data.item(*files.row(row)) for row in rows]


def _rules(rules: Iterable[Rule | type[Rule]] | None, settings: Config) -> tuple[registry.Catalogue, list[Rule]]:
    """The rules there are, and those that the settings choose; or the given ones, and no others."""
    if rules is None:
        catalogue = registry.load(settings)
        return catalogue, registry.select(settings, catalogue)
    chosen = [rule if isinstance(rule, Rule) else rule() for rule in rules]
    return registry.Catalogue(tuple(registry.Registered(type(rule), "") for rule in chosen)), chosen


def _unavailable(chosen: Sequence[Rule]) -> Mapping[Need, str]:
    """What this machine cannot provide for any dataset, with the reason."""
    if not needed(chosen, Need.PROBE):
        return {}
    from datalint import probe

    lacking = probe.available()
    return {Need.PROBE: lacking} if lacking else {}


def _facts(
    rules: Sequence[Rule], data: Dataset, settings: Config, clock: _Clock, progress: Progress | None
) -> tuple[list[Rule], list[NotRun]]:
    """Measure, compare and ask the probe as far as the rules need it; the rules that can run now, and the others."""
    asked = _asked(data, settings) if needed(rules, Need.PROBE) else None
    with store.of_scan(data.root, settings) as cache:
        _measure(rules, data, settings, cache, progress)
        boxes.resolve(data)
        masks.resolve(data)
        clock.lap("measure")
        if needed(rules, Need.PAIRS, Need.PROBE):
            from datalint import pairs

            pairs.find(data, jobs=settings.jobs, cache=cache, progress=_stage(progress, "compare"))
            clock.lap("pairs")
        failure = None
        if asked:
            failure = _probe(data, *asked, cache, progress)
            clock.lap("probe")
    if failure is None:
        return list(rules), []
    lost = [rule for rule in rules if Need.PROBE in rule.needs]
    crashed = [NotRun(rule.code, rule.name, f"crashed: the probe: {failure}", crashed=True) for rule in lost]
    return [rule for rule in rules if rule not in lost], crashed


def _measure(
    rules: Sequence[Rule], data: Dataset, settings: Config, cache: Cache | None, progress: Progress | None
) -> None:
    with_masks = needed(rules, Need.MASKS) and not data.masks.is_empty()
    level = depth(rules, least=Need.HEADER if with_masks else Need.FILES)  # masks must have the sizes of their images
    from datalint.measure import measure, measure_masks

    if level is not Need.FILES and not data.table("images").is_empty():
        measure(
            data, level=level, jobs=settings.jobs, seed=settings.seed, cache=cache, progress=_stage(progress, "measure")
        )
    if with_masks:
        measure_masks(data, jobs=settings.jobs, cache=cache, progress=_stage(progress, "masks"))


def _asked(data: Dataset, settings: Config) -> tuple[Options, Given]:
    """The probe as the settings ask for it, and what they name for it; raises ConfigError before any work is done."""
    from datalint import probe

    options = probe.Options.of(settings)
    return options, probe.read_given(data, options)


def _probe(data: Dataset, options: Options, given: Given, cache: Cache | None, progress: Progress | None) -> str | None:
    """Run it; a failure (out of memory, a broken torch) is returned, and affects only the probe's rules."""
    from datalint import probe

    try:
        probe.run(data, options, given, cache=cache, progress=progress)
    except executors.EngineError:
        raise
    except Exception as error:
        return cause(error)
    return None


def _stage(progress: Progress | None, name: str) -> Callable[[int, int], None] | None:
    if progress is None:
        return None
    return lambda done, total: progress(name, done, total)


class _Clock:
    """How long each stage took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._start = time.monotonic()

    def lap(self, stage: str) -> None:
        now = time.monotonic()
        self.seconds[stage], self._start = now - self._start, now
