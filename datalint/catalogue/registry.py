"""Which rules there are: the built-in ones, those of installed plugins, and local rule files. A clash is an error."""

from __future__ import annotations

import difflib
import importlib
import inspect
import re
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING

from datalint.catalogue.plugins import RegistryError, admitted, one_line, rules_in, run
from datalint.catalogue.rule_index import RULES
from datalint.config.settings import ConfigError
from datalint.rule import OptionError, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from datalint.config.settings import Config

GROUP = "datalint.rules"


@dataclass(frozen=True, slots=True)
class Registered:
    """A rule class and where it comes from."""

    rule: type[Rule]
    origin: str


@dataclass(frozen=True, slots=True)
class NotRunPlugin:
    """A plugin of the config that was not run: which rules it defines is not known."""

    name: str
    """The file, as the config names it."""
    reason: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The rules there are, in order of their codes."""

    rules: tuple[Registered, ...]
    not_run: tuple[NotRunPlugin, ...] = ()

    def __iter__(self) -> Iterator[Registered]:
        return iter(self.rules)

    def unknown(self, name: str) -> ConfigError:
        """The error for a rule that does not exist."""
        return unknown(name, [entry.rule for entry in self.rules], self.not_run)


def _built_in(module: str) -> Registered:
    (rule,) = rules_in(importlib.import_module(f"datalint.rules.{module}"))
    return Registered(rule, "datalint")


def _entry_points() -> list[Registered]:
    found = []
    for point in metadata.entry_points(group=GROUP):
        distribution = point.dist.name if point.dist else point.value
        try:
            loaded = point.load()
        except Exception as error:
            raise RegistryError(
                f"plugin {point.name!r} of {distribution} failed to import: {one_line(error)}; "
                "fix or uninstall it, or use --isolated"
            ) from error
        rules = rules_in(loaded) if inspect.ismodule(loaded) else [loaded]
        found += [Registered(rule, distribution) for rule in rules]
    return found


def load(config: Config) -> Catalogue:
    """All rules in order of their codes; raises RegistryError for a clash or a plugin that does not import.

    Plugins of a config that is not trusted are not run.
    """
    found = [_built_in(module) for _, _, module in RULES]
    not_run: tuple[NotRunPlugin, ...] = ()
    if not config.isolated:
        found += _entry_points()
        plugins, refusal = admitted(config)
        found += [Registered(rule, str(plugin.path)) for plugin in plugins for rule in run(plugin)]
        not_run = tuple(NotRunPlugin(name, refusal) for name in config.plugins) if refusal else ()
    seen: dict[str, Registered] = {}
    for entry in found:
        for label in (entry.rule.code.upper(), entry.rule.name):
            if label in seen:
                raise RegistryError(
                    f"two rules are called {label}: {seen[label].rule.__name__} of {seen[label].origin} and "
                    f"{entry.rule.__name__} of {entry.origin}; rename one, or use --isolated"
                )
            seen[label] = entry
    return Catalogue(tuple(sorted(found, key=lambda entry: entry.rule.code)), not_run)


def find(name: str, config: Config) -> Registered:
    """One rule by code or name, importing no other built-in; raises ConfigError with the nearest names."""
    for code, kebab, module in RULES:
        if name.upper() == code or name.lower() == kebab:
            return _built_in(module)
    if config.isolated:
        raise unknown(name)
    catalogue = load(config)
    for entry in catalogue:
        if name.upper() == entry.rule.code or name.lower() == entry.rule.name:
            return entry
    raise catalogue.unknown(name)


def unknown(name: str, plugins: Sequence[type[Rule]] = (), not_run: Sequence[NotRunPlugin] = ()) -> ConfigError:
    """The error for a rule that does not exist."""
    if not_run:
        files = ", ".join(plugin.name for plugin in not_run)
        return ConfigError(f"unknown rule {name!r}; it may be one of {files}, not run: {not_run[0].reason}")
    codes = [code for code, _, _ in RULES] + [rule.code for rule in plugins]
    return ConfigError(f"unknown rule {name!r}; {_family(name.upper(), codes) or _similar(name, codes, plugins)}")


def _family(code: str, codes: Sequence[str]) -> str:
    """Which codes begin as this one, which is none, does; empty for what does not look like a code."""
    if re.fullmatch(r"[A-Z]{2,8}\d{1,3}", code):
        for start in (code[:length] for length in range(len(code) - 1, len(code.rstrip("0123456789")), -1)):
            if alike := sorted({known for known in codes if known.startswith(start)}):
                named = f"{alike[0]} to {alike[-1]}" if alike[1:] else alike[0]
                return f"{start} has {named} (`datalint rules --select {start}` lists them)"
    return ""


def _similar(name: str, codes: Sequence[str], plugins: Iterable[type[Rule]]) -> str:
    names = [kebab for _, kebab, _ in RULES] + [rule.name for rule in plugins]
    close = difflib.get_close_matches(name.upper(), codes, 1, 0.8) or difflib.get_close_matches(
        name.lower(), list(dict.fromkeys(names)), 3
    )
    return f"did you mean {' or '.join(close)}?" if close else "`datalint rules` lists them all"


def _specificity(selector: str, rule: type[Rule]) -> int:
    """How closely a selector names a rule: -1 not at all, 0 ALL, then by length of the prefix, 99 the rule itself."""
    if selector.upper() == "ALL":
        return 0
    if selector.upper() == rule.code or selector.lower() == rule.name:
        return 99
    if is_prefix(selector) and rule.code.startswith(selector.upper()):
        return len(selector)
    return -1


def is_prefix(selector: str) -> bool:
    """Whether a selector looks like the beginning of codes."""
    return re.fullmatch(r"[A-Z]{1,8}\d{0,2}", selector.upper()) is not None


def names(selector: str, rule: type[Rule]) -> bool:
    """Whether a selector (code, code prefix, name, ALL) takes in a rule."""
    return _specificity(selector, rule) >= 0


def select(config: Config, catalogue: Catalogue) -> list[Rule]:
    """The chosen rules with their options, in order of code.

    The closest selector decides (a rule's own code or name before a longer before a shorter prefix before ALL);
    between equals `ignore` wins. Raises ConfigError for a selector that fits no rule, unless it may be a rule of a
    plugin that was not run, and for a bad option.
    """
    classes = [entry.rule for entry in catalogue]
    if not catalogue.not_run:
        _refuse_unknown(config, catalogue, classes)
    wanted = (*config.select, *config.extend_select)
    chosen = []
    for rule in classes:
        taken = max((_specificity(selector, rule) for selector in wanted), default=-1)
        dropped = max((_specificity(selector, rule) for selector in config.ignore), default=-1)
        if taken > dropped and (config.preview or not rule.preview):
            options = {**config.rules.get(rule.code, {}), **config.rules.get(rule.name, {})}
            try:
                chosen.append(rule(**options))
            except OptionError as error:
                where = f"{config.source}: " if config.source else ""
                raise ConfigError(f"{where}rules.{rule.name}: {error}") from None
    return chosen


def _refuse_unknown(config: Config, catalogue: Catalogue, classes: Sequence[type[Rule]]) -> None:
    selectors = [*config.select, *config.extend_select, *config.ignore, *config.severity]
    selectors += [entry.rule for entry in config.accept]
    selectors += [selector for given in config.per_path_ignores.values() for selector in given]
    for selector in selectors:
        if not any(names(selector, rule) for rule in classes) and selector.upper() != "ALL":
            raise catalogue.unknown(selector)
    known = {label for rule in classes for label in (rule.code, rule.name)}
    for name in config.rules:
        if name not in known:
            raise catalogue.unknown(name)


def severity_override(config: Config, rule: type[Rule]) -> Severity | None:
    """The severity that the config gives a rule, by the closest selector."""
    best = max(config.severity, key=lambda selector: _specificity(selector, rule), default=None)
    if best is None or _specificity(best, rule) < 0:
        return None
    return Severity(config.severity[best])
