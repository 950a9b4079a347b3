"""`datalint schema`."""

from __future__ import annotations

import json
from importlib import resources

import click


@click.command("schema", short_help="Print a JSON Schema: of the report or of the config.")
@click.argument("what", type=click.Choice(["report", "config"]))
def command(what: str) -> None:
    """Print the JSON Schema of the JSON report, or of the config file."""
    if what == "report":
        click.echo(resources.files("datalint.report").joinpath("report.schema.json").read_text("utf-8"), nl=False)
    else:
        from datalint.config_schema import schema

        click.echo(json.dumps(schema(), indent=1))
