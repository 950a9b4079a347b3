"""The settings of a scan as reports name them: the config file, what it leaves out, and what a change of it loosens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from datalint.report.place import name_of

if TYPE_CHECKING:
    from datalint.report import Report


def line(report: Report) -> str:
    """`config: data/datalint.toml (ignores DL204, accepts 3 findings)`; empty where there is no config."""
    settings = report.settings
    if settings is None:
        return ""
    name = "none" if settings.config is None else name_of(settings.config.absolute())
    of = "" if settings.revision is None else f" {'in' if settings.config is None else 'of'} {settings.revision.name}"
    does = f" ({', '.join(settings.effects)})" if settings.effects else ""
    return f"config: {name}{of}{does}"


def notice(report: Report) -> str:
    """What the working tree's settings would loosen; empty where they are those that the scan used."""
    settings = report.settings
    if settings is None or settings.revision is None or settings.change is None:
        return ""
    change = settings.change
    parts = [f"this change loosens: {', '.join(change.loosens)}"] if change.loosens else []
    if change.also:
        parts.append(f"{'it also' if parts else 'this change of the config'} sets {', '.join(change.also)}")
    return "; ".join([*parts, f"the scan used the settings of {settings.revision.name}"])


def document(report: Report) -> dict[str, Any] | None:
    """The `settings` object of the JSON report."""
    settings = report.settings
    if settings is None:
        return None
    revision, change = settings.revision, settings.change
    return {
        "config": None if settings.config is None else name_of(settings.config.absolute()),
        "revision": None if revision is None else {"name": revision.name, "commit": revision.commit},
        "effects": list(settings.effects),
        "change": None if change is None else {"loosens": list(change.loosens), "also": list(change.also)},
    }
