"""`datalint formats`, which was `datalint layouts`."""

from __future__ import annotations

import json

import click


@click.command("formats", short_help="List the label formats that are read.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print them.")
def command(form: str) -> None:
    """List the formats: how images and labels may lie together.

    All are recognised; `datalint scan --labels-format NAME` forces one.
    """
    from datalint.dataset.formats.registry import summaries

    known = summaries()
    if form == "json":
        click.echo(json.dumps([{"name": name, "summary": summary} for name, summary in known.items()], indent=1))
        return
    for name, summary in known.items():
        click.echo(f"{name:14} {summary}")
