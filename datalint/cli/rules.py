"""`datalint rules`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from datalint.cli.options import allow_plugins, listed_settings, names, rule_names
from datalint.cli.process import tell

if TYPE_CHECKING:
    from datalint.catalogue.registry import Registered


@click.command("rules", short_help="List the rules.")
@click.option(
    "--select",
    multiple=True,
    callback=names,
    metavar="RULES",
    shell_complete=rule_names,
    help="Only these: codes, prefixes, names.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print them.")
@click.option("--config", type=click.Path(), metavar="FILE", help="Use this config file (it may name plugins).")
@click.option("--isolated", is_flag=True, help="Ignore config files and plugins.")
@allow_plugins()
def command(select: tuple[str, ...], form: str, config: str | None, isolated: bool, allow_plugins: bool) -> None:
    """List all rules: built-in, of installed plugins, and of the local plugins in the config found from here."""
    from datalint.catalogue import registry

    catalogue = registry.load(listed_settings(config, isolated=isolated, allowed=allow_plugins))
    for plugin in catalogue.not_run:
        from datalint.report.place import escaped  # it loads polars

        tell(f"datalint: plugin {escaped(plugin.name)} was not run: {escaped(plugin.reason)}")
    entries = list(catalogue)
    if select:
        for selector in select:
            if not any(registry.names(selector, entry.rule) for entry in entries):
                raise catalogue.unknown(selector)
        entries = [entry for entry in entries if any(registry.names(selector, entry.rule) for selector in select)]
    if form == "json":
        rows = [
            {
                "code": entry.rule.code,
                "name": entry.rule.name,
                "severity": entry.rule.severity,
                "confidence": entry.rule.confidence,
                "since": entry.rule.since,
                "preview": entry.rule.preview,
                "needs": list(entry.rule.needs),
                "origin": entry.origin,
                "summary": entry.rule.summary(),
            }
            for entry in entries
        ]
        click.echo(json.dumps(rows, indent=1))
        return
    for entry in entries:
        click.echo(line(entry))


def line(entry: Registered) -> str:
    """A rule in the list."""
    rule = entry.rule
    origin = "" if entry.origin == "datalint" else f"  [{entry.origin}]"
    preview = "  (preview)" if rule.preview else ""
    return f"{rule.code}  {rule.name:24} {rule.severity:8} {rule.summary()}{preview}{origin}"
