"""`datalint formats`, which was `datalint layouts`."""

from __future__ import annotations

import json

import click


@click.command("formats", short_help="List the label formats: those that are read, and those that are known.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print them.")
def command(form: str) -> None:
    """List the formats: how images and labels may lie together.

    All are recognised. Those marked `read` are read, and `datalint scan --labels-format NAME` forces one. The report
    says of those marked `known` that they were not.
    """
    from datalint.dataset.formats.registry import known, summaries

    read = [{"name": name, "summary": summary, "read": True} for name, summary in summaries().items()]
    others = [{"name": None, "summary": what, "read": False} for what in known()]
    if form == "json":
        click.echo(json.dumps([*read, *others], indent=1))
        return
    for entry in [*read, *others]:
        click.echo(f"{'read' if entry['read'] else 'known':6} {entry['name'] or '':14} {entry['summary']}")
