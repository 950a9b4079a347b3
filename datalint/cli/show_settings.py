"""The settings in force, as a config file would say them."""

from __future__ import annotations

import datetime
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datalint.config.settings import Config


def shown(settings: Config) -> str:
    """TOML that gives the same settings when it is read, with the chosen rules as comments."""
    return "\n".join(_lines(settings)) + "\n"


def _lines(settings: Config) -> Iterator[str]:
    from datalint.catalogue import registry
    from datalint.config.settings import KEYS
    from datalint.report.place import escaped

    of = f" of {settings.revision.name}" if settings.revision else ""
    yield f"# {escaped(str(settings.source or 'no config file') + of)}"
    catalogue = registry.load(settings)
    chosen = registry.select(settings, catalogue)
    for plugin in catalogue.not_run:
        yield f"# plugin {escaped(plugin.name)} is not run: {escaped(plugin.reason)}"
    yield f"# {len(chosen)} rules: {', '.join(rule.code for rule in chosen)}"
    yield ""
    values = {key: getattr(settings, name) for key, (name, _) in KEYS.items() if key not in ("rules", "accept")}
    for key, value in values.items():
        if value is None or (value is False and key == "baseline"):
            yield f"# {key} is not set"
        else:
            yield f"{key} = {_toml(value)}"
    for name, options in settings.rules.items():
        yield from ("", f"[rules.{_toml(name)}]")
        yield from (f"{key.replace('_', '-')} = {_toml(value)}" for key, value in options.items())
    for entry in settings.accept:
        yield from ("", "[[accept]]")
        parts = {name: getattr(entry, name) for name in entry.__struct_fields__}
        yield from (f"{name} = {_toml(value)}" for name, value in parts.items() if value is not None)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float | datetime.date):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_toml(name)} = {_toml(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    # A JSON text is a TOML text, but for DEL, which TOML wants escaped.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
