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

    listed: list[tuple[str | None, str]] = [*summaries().items(), *((None, what) for what in known())]
    if form == "json":
        entries = [{"name": name, "summary": summary, "read": name is not None} for name, summary in listed]
        click.echo(json.dumps(entries, indent=1))
        return
    for name, summary in listed:
        click.echo(f"{'known' if name is None else 'read':6} {name or '':14} {summary}")
