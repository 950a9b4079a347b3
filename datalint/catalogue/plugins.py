"""The plugins of a config: files of Python that define rules, and whether they may run.

Each file is read once, and what was read is what is judged and what is run: a file that changes in between changes
nothing.
"""

from __future__ import annotations

import importlib.util
import inspect
import re
import shlex
import sys
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING

from datalint.catalogue import trust
from datalint.config import files
from datalint.config.settings import ConfigError
from datalint.rule import Rule

if TYPE_CHECKING:
    from types import CodeType, ModuleType

    from datalint.config.settings import Config


class RegistryError(ConfigError):
    """A plugin that cannot be read or imported, or two rules of one code or name."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """A file of rules, as it was read."""

    name: str
    """As the config names it."""
    path: Path
    content: bytes


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


def admitted(config: Config) -> tuple[list[Plugin], str]:
    """The plugins of a config that may run; or none, and the reason. Raises RegistryError for one that cannot be read.

    They may where the user chose the settings or allows plugins, else where the user trusts the config and they all are
    as they were then. Of a config that is not trusted no plugin is opened.
    """
    if not config.plugins:
        return [], ""
    if config.allow_plugins or config.origin.named or config.source is None:
        return read(config), ""
    try:
        name = trust.name_of(config.source)
        record = next((record for record in trust.records() if record.config == name), None)
    except ConfigError as error:
        return [], str(error)
    if record is None:
        return [], f"the config's plugins are not trusted; {_way_out(config)}"
    changed = [str(config.source)] if record.sha256 != config.origin.digest else []
    if not changed:
        try:
            plugins = read(config)
        except RegistryError as error:
            return [], f"{error}; it was trusted before"
        changed = [plugin.name for plugin in plugins if record.plugins.get(plugin.name) != trust.digest(plugin.content)]
        if not changed:
            return plugins, ""
    return [], f"{', '.join(changed)} changed since it was trusted; look at what changed, then {_way_out(config)}"


def _way_out(config: Config) -> str:
    if config.revision is not None:
        return f"--allow-plugins runs those of {config.revision.name}"
    assert config.source is not None
    place = config.source.absolute()
    here = Path.cwd()
    shown = place.relative_to(here) if place.is_relative_to(here) else place
    return f"to trust them as they are: datalint trust {shlex.quote(str(shown))}"


def read(config: Config) -> list[Plugin]:
    """The plugins of a config, read; raises RegistryError."""
    folder = config.source.parent if config.source is not None else Path()
    return [_read(name, folder / name, config) for name in config.plugins]


def _read(name: str, path: Path, config: Config) -> Plugin:
    if path.suffix != ".py":
        raise RegistryError(f"plugin {path}: not a Python file")
    try:
        # A pipe would be waited for.
        content = files.content(path, config.revision) if files.is_there(path, config.revision) else None
    except OSError as error:
        raise RegistryError(f"plugin {path} cannot be read: {error.strerror or error}") from None
    if content is None:
        raise RegistryError(f"plugin {path} cannot be read: there is no such file")
    return Plugin(name, path, content)


class _Read(SourceFileLoader):
    """Runs what was read, whatever the file holds by now; keeps no bytecode beside it, and takes none."""

    def __init__(self, name: str, plugin: Plugin) -> None:
        super().__init__(name, str(plugin.path))
        self._content = plugin.content

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self._content, self.get_filename(fullname))


def run(plugin: Plugin) -> list[type[Rule]]:
    """Import a plugin, and give the rules that it defines; raises RegistryError."""
    name = f"datalint_local_{re.sub(r'[^0-9A-Za-z]', '_', str(plugin.path))}"
    loader = _Read(name, plugin)
    spec = importlib.util.spec_from_loader(name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except Exception as error:
        raise RegistryError(
            f"plugin {plugin.path} failed to import: {one_line(error)}; fix it, or use --isolated"
        ) from error
    rules = rules_in(module)
    if not rules:
        raise RegistryError(f"plugin {plugin.path} defines no rule; subclass datalint.Rule in it")
    return rules


def one_line(error: BaseException) -> str:
    """What went wrong, on one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
