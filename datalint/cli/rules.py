"""`datalint rules`."""

from __future__ import annotations

import json

import click

from datalint.cli.options import names, rule_names


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
def command(select: tuple[str, ...], form: str, config: str | None, isolated: bool) -> None:
    """List all rules: built-in, of installed plugins, and of the local plugins in the config found from here."""
    from pathlib import Path

    from datalint.catalogue import registry
    from datalint.config import resolve
    from datalint.config.settings import Config

    found = Path(config) if config else None if isolated else resolve.find(Path())
    chosen = resolve.load(found) if found else Config()
    entries = registry.load(chosen.merged(isolated=isolated))
    if select:
        for selector in select:
            if not any(registry.names(selector, entry.rule) for entry in entries):
                raise registry.unknown(selector, [entry.rule for entry in entries])
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
        rule = entry.rule
        origin = "" if entry.origin == "datalint" else f"  [{entry.origin}]"
        preview = "  (preview)" if rule.preview else ""
        click.echo(f"{rule.code}  {rule.name:24} {rule.severity:8} {rule.summary()}{preview}{origin}")
