"""What the config in force leaves out or makes less of, and what a change of it would: in words, for every report."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datalint.amounts import counted
from datalint.catalogue import registry
from datalint.config.settings import KEYS, Config, ConfigError, Origin
from datalint.judge import baseline

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from datalint.catalogue.registry import Catalogue
    from datalint.config.settings import Accept, Revision
    from datalint.finding import Accepted
    from datalint.judge.baseline import Entry
    from datalint.rule import Rule, Severity

#: Items named of one kind, and letters of one of them.
_MOST, _LONG = 3, 60
#: Settings that options add to, or take away, and do not replace.
_ADDED_TO = ("ignore", "extend_select", "accept")
#: What `fail-on` lets pass, the strictest first.
_FAIL_ON = ("note", "warning", "error", "never")


@dataclass(frozen=True, slots=True)
class Change:
    """How the settings of the working tree differ from those that a scan took from a revision."""

    loosens: tuple[str, ...]
    """What would be left out, or made less of, in words: `ignores DL204`."""
    also: tuple[str, ...]
    """Config keys with another value of which that cannot be said."""
    place: Path | None
    """The file to look at."""

    def __bool__(self) -> bool:
        return bool(self.loosens or self.also)


@dataclass(frozen=True, slots=True)
class InForce:
    """The settings of a scan, for its reports."""

    config: Path | None
    """The config file; None where the revision holds none."""
    revision: Revision | None
    effects: tuple[str, ...]
    """What the config leaves out or makes less of, in words: `ignores DL204`, `accepts 3 findings`."""
    change: Change | None = None


def in_force(
    settings: Config, catalogue: Catalogue, accepted: Sequence[Accepted], root: Path, known: Sequence[Entry]
) -> InForce | None:
    """What the settings do; None where there is neither a config file nor a revision.

    `accepted` are the findings that the config accepts, `known` the entries of the baseline in force.
    """
    rules = [entry.rule for entry in catalogue]
    revision = settings.revision
    if settings.source is None and revision is None:
        return None
    file = settings.origin.file or settings
    number = sum(entry.count for entry in accepted)
    effects = () if settings.source is None else tuple(_effects(_left_of(file, settings), number, rules))
    change = None if revision is None else _change(settings, rules, root, known)
    return InForce(settings.source, revision, effects, change or None)


def _left_of(file: Config, settings: Config) -> Config:
    """What the config file says, as far as no option overrides it."""
    kept: dict[str, object] = {}
    for name in (name for name, _ in KEYS.values()):
        said, used = getattr(file, name), getattr(settings, name)
        if said == used:
            kept[name] = said
        elif name in _ADDED_TO:
            kept[name] = tuple(item for item in said if item in used)
    return Config(**kept)  # type: ignore[arg-type]


def _effects(config: Config, accepted: int, rules: Sequence[type[Rule]]) -> Iterator[str]:
    loosened = dict(_loosened(Config(), config, rules))
    patterns = loosened.pop("excludes", [])
    loosened.pop("accepts", None)
    for verb, items in loosened.items():
        yield _said(verb, items)
    if accepted:
        yield f"accepts {counted(accepted, 'finding')}"
    if patterns:
        yield f"excludes {counted(len(patterns), 'pattern')}"


def _change(settings: Config, rules: Sequence[type[Rule]], root: Path, known: Sequence[Entry]) -> Change:
    """How the working tree's config file and baseline differ from those in force."""
    origin = settings.origin
    if isinstance(origin.proposed, str):
        return Change((f"has a config that cannot be used ({origin.proposed})",), (), settings.source)
    before, after = origin.file or Config(), origin.proposed or Config()
    loosened = dict(_loosened(before, after, rules))
    words = [_said(verb, items) for verb, items in loosened.items()]
    try:
        there = _proposed_baseline(settings, after, root)
        more = Counter(entry.id for entry in there) - Counter(entry.id for entry in known)
        if more:
            words.append(f"takes {counted(more.total(), 'more finding')} as known in the baseline")
    except ConfigError as error:
        words.append(f"has a baseline that cannot be used ({error})")
    if before.source != after.source and before.source is not None:
        words.append("removes the config" if after.source is None else "puts another config in its place")
    said = {_KEY_OF[verb] for verb in loosened}
    also = [
        key
        for key, (name, _) in KEYS.items()
        if key not in said and key != "baseline" and getattr(before, name) != getattr(after, name)
    ]
    return Change(tuple(words), tuple(also), after.source or before.source)


def _proposed_baseline(settings: Config, after: Config, root: Path) -> list[Entry]:
    """The entries of the baseline of the working tree."""
    file = settings.origin.file or Config()
    named = after.baseline if settings.baseline == file.baseline else settings.baseline
    there = settings.merged(origin=Origin())
    place = baseline.find(Config() if named is None else there.merged(baseline=named), root)
    return baseline.read(place) if place is not None and place.is_file() else []


# -- what is looser --------------------------------------------------------------------------------------------------

#: What a looser setting does -> the key of the config file that does it.
_KEY_OF = {
    "ignores": "ignore",
    "selects only": "select",
    "no longer selects": "extend-select",
    "runs no preview rules": "preview",
    "lowers": "severity",
    "no longer raises": "severity",
    "fails only for": "fail-on",
    "never fails": "fail-on",
    "excludes": "exclude",
    "ignores by path": "per-path-ignores",
    "accepts": "accept",
}


def _loosened(before: Config, after: Config, rules: Sequence[type[Rule]]) -> Iterator[tuple[str, list[str]]]:
    """What `after` leaves out or makes less of that `before` does not: what it does, and to what."""
    found: dict[str, list[str]] = {
        "ignores": _new(before.ignore, after.ignore),
        "selects only": [] if _is_wider(before.select, after.select) else list(after.select) or ["no rule"],
        "no longer selects": _new((*after.select, *after.extend_select), before.extend_select),
        **_severities(before, after, rules),
        "excludes": _new(before.exclude, after.exclude),
        "ignores by path": _new(_by_path(before), _by_path(after)),
        "accepts": [_entry(entry) for entry in after.accept if not any(_covers(old, entry) for old in before.accept)],
    }
    yield from ((verb, items) for verb, items in found.items() if items)
    if before.preview and not after.preview:
        yield "runs no preview rules", []
    if _FAIL_ON.index(after.fail_on) > _FAIL_ON.index(before.fail_on):
        looser = {"never": "never fails"}.get(after.fail_on, "fails only for")
        kinds = {"error": ["errors"], "warning": ["errors", "warnings"]}
        yield looser, kinds.get(after.fail_on, [])


def _new(before: Sequence[str], after: Sequence[str]) -> list[str]:
    return [item for item in dict.fromkeys(after) if item not in before]


def _is_wider(before: Sequence[str], after: Sequence[str]) -> bool:
    """Whether the second selection takes in all that the first does, as far as their words tell."""
    return "ALL" in [selector.upper() for selector in after] or set(before) <= set(after)


def _by_path(config: Config) -> list[str]:
    return [f"{selector} in {glob}" for glob, each in config.per_path_ignores.items() for selector in each]


def _severities(before: Config, after: Config, rules: Sequence[type[Rule]]) -> dict[str, list[str]]:
    """The selectors that give a rule less weight than before, and those that no longer give it more."""

    def named(selector: str, among: Sequence[type[Rule]]) -> bool:
        return any(registry.names(selector, rule) for rule in among)

    lowered = [rule for rule in rules if _severity(after, rule).rank > _severity(before, rule).rank]
    # A rule of a plugin that was not run may have had any weight before.
    lowers = [
        f"{selector} to {level}"
        for selector, level in after.severity.items()
        if before.severity.get(selector) != level and (named(selector, lowered) or not named(selector, rules))
    ]
    raised = [selector for selector in before.severity if selector not in after.severity and named(selector, lowered)]
    return {"lowers": lowers, "no longer raises": raised}


def _severity(config: Config, rule: type[Rule]) -> Severity:
    return registry.severity_override(config, rule) or rule.severity


def _entry(entry: Accept) -> str:
    return f"{entry.rule} in {entry.path}" if entry.path is not None else f"{entry.rule} of {entry.content}"


def _covers(old: Accept, new: Accept) -> bool:
    """Whether an entry accepts all that another does."""
    longer = old.until is None or (new.until is not None and new.until <= old.until)
    return longer and (old.rule, old.path, old.content) == (new.rule, new.path, new.content)


# -- words -----------------------------------------------------------------------------------------------------------


def _said(verb: str, items: Sequence[str]) -> str:
    verb = "ignores" if verb == "ignores by path" else verb
    shown = [item if len(item) <= _LONG else item[: _LONG - 3] + "..." for item in items[:_MOST]]
    if len(items) > _MOST:
        shown.append(f"{len(items) - _MOST:,} more")
    listed = " and ".join(part for part in (", ".join(shown[:-1]), *shown[-1:]) if part)
    return f"{verb} {listed}".rstrip()
