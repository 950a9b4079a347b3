"""Which rules there are: the built-in ones, those of installed plugins, and local rule files. A clash is an error."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import inspect
import re
import sys
from dataclasses import dataclass
from importlib import metadata
from importlib.machinery import SourceFileLoader
from typing import TYPE_CHECKING

from datalint.catalogue.rule_index import RULES
from datalint.config.settings import ConfigError
from datalint.rule import OptionError, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from types import CodeType, ModuleType

    from datalint.config.settings import Config

GROUP = "datalint.rules"


class RegistryError(ConfigError):
    """A plugin that cannot be imported, or two rules of one code or name."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A rule class and where it comes from."""

    rule: type[Rule]
    origin: str


def rules_in(module: ModuleType) -> list[type[Rule]]:
    """The concrete rules that a module defines itself."""
    return [
        value
        for value in vars(module).values()
        if inspect.isclass(value)
        and issubclass(value, Rule)
        and value.__module__ == module.__name__
        and not value.abstract
    ]


def _built_in(module: str) -> Registered:
    (rule,) = rules_in(importlib.import_module(f"datalint.rules.{module}"))
    return Registered(rule, "datalint")


class _Source(SourceFileLoader):
    """Keeps no bytecode beside the file, which may lie in a dataset, and takes none, which may be of an older text."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def _entry_points() -> list[Registered]:
    found = []
    for point in metadata.entry_points(group=GROUP):
        distribution = point.dist.name if point.dist else point.value
        try:
            loaded = point.load()
        except Exception as error:
            raise RegistryError(
                f"plugin {point.name!r} of {distribution} failed to import: {_one_line(error)}; "
                "fix or uninstall it, or use --isolated"
            ) from error
        rules = rules_in(loaded) if inspect.ismodule(loaded) else [loaded]
        found += [Registered(rule, distribution) for rule in rules]
    return found


def _local(path: Path) -> list[Registered]:
    name = f"datalint_local_{re.sub(r'[^0-9A-Za-z]', '_', str(path))}"
    if path.suffix != ".py":
        raise RegistryError(f"plugin {path}: not a Python file")
    loader = _Source(name, str(path))
    spec = importlib.util.spec_from_loader(name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except Exception as error:
        raise RegistryError(f"plugin {path} failed to import: {_one_line(error)}; fix it, or use --isolated") from error
    rules = rules_in(module)
    if not rules:
        raise RegistryError(f"plugin {path} defines no rule; subclass datalint.Rule in it")
    return [Registered(rule, str(path)) for rule in rules]


def _one_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def load(config: Config) -> list[Registered]:
    """All rules in order of their codes; raises RegistryError for a clash or a plugin that does not import."""
    found = [_built_in(module) for _, _, module in RULES]
    if not config.isolated:
        found += _entry_points()
        for plugin in config.plugins:
            base = config.source.parent if config.source else None
            found += _local((base / plugin) if base else _path(plugin))
    seen: dict[str, Registered] = {}
    for entry in found:
        for label in (entry.rule.code.upper(), entry.rule.name):
            if label in seen:
                raise RegistryError(
                    f"two rules are called {label}: {seen[label].rule.__name__} of {seen[label].origin} and "
                    f"{entry.rule.__name__} of {entry.origin}; rename one, or use --isolated"
                )
            seen[label] = entry
    return sorted(found, key=lambda entry: entry.rule.code)


def _path(text: str) -> Path:
    from pathlib import Path

    return Path(text)


def find(name: str, config: Config) -> Registered:
    """One rule by code or name, importing no other built-in; raises ConfigError with the nearest names."""
    for code, kebab, module in RULES:
        if name.upper() == code or name.lower() == kebab:
            return _built_in(module)
    others = [] if config.isolated else [entry for entry in load(config) if entry.origin != "datalint"]
    for entry in others:
        if name.upper() == entry.rule.code or name.lower() == entry.rule.name:
            return entry
    raise unknown(name, [entry.rule for entry in others])


def unknown(name: str, plugins: Iterable[type[Rule]] = ()) -> ConfigError:
    """The error for a rule that does not exist."""
    labels = [label for code, kebab, _ in RULES for label in (code, kebab)]
    labels += [label for rule in plugins for label in (rule.code, rule.name)]
    close = difflib.get_close_matches(name.upper(), labels, n=1) or difflib.get_close_matches(name.lower(), labels, n=3)
    suggestion = f"did you mean {' or '.join(close)}?" if close else "`datalint rules` lists them all"
    return ConfigError(f"unknown rule {name!r}; {suggestion}")


def _specificity(selector: str, rule: type[Rule]) -> int:
    """How closely a selector names a rule: -1 not at all, 0 ALL, then by length of the prefix, 99 the rule itself."""
    if selector.upper() == "ALL":
        return 0
    if selector.upper() == rule.code or selector.lower() == rule.name:
        return 99
    if re.fullmatch(r"[A-Z]{1,8}\d{0,2}", selector.upper()) and rule.code.startswith(selector.upper()):
        return len(selector)
    return -1


def names(selector: str, rule: type[Rule]) -> bool:
    """Whether a selector (code, code prefix, name, ALL) takes in a rule."""
    return _specificity(selector, rule) >= 0


def select(config: Config, registered: Sequence[Registered]) -> list[Rule]:
    """The chosen rules with their options, in order of code.

    The closest selector decides (a rule's own code or name before a longer before a shorter prefix before ALL);
    between equals `ignore` wins. Raises ConfigError for a selector that fits no rule and for a bad option.
    """
    classes = [entry.rule for entry in registered]
    wanted = (*config.select, *config.extend_select)
    elsewhere = [*config.severity, *(entry.rule for entry in config.accept)]
    elsewhere += [selector for selectors in config.per_path_ignores.values() for selector in selectors]
    for selector in (*wanted, *config.ignore, *elsewhere):
        if selector.upper() != "ALL" and not any(_specificity(selector, rule) >= 0 for rule in classes):
            raise unknown(selector, classes)
    by_name = {rule.name: rule for rule in classes} | {rule.code: rule for rule in classes}
    for name in config.rules:
        if name not in by_name:
            raise unknown(name, classes)
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


def severity_override(config: Config, rule: Rule) -> Severity | None:
    """The severity that the config gives a rule, by the closest selector."""
    best = max(config.severity, key=lambda selector: _specificity(selector, type(rule)), default=None)
    if best is None or _specificity(best, type(rule)) < 0:
        return None
    return Severity(config.severity[best])
