"""`datalint schema`."""

from __future__ import annotations

import json
from importlib import resources

import click


@click.command("schema", short_help="Print a JSON Schema: of the report, the config or a diff.")
@click.argument("what", type=click.Choice(["report", "config", "diff"]))
def command(what: str) -> None:
    """Print the JSON Schema of the JSON report, of the config file, or of what `datalint diff` writes as JSON."""
    if what != "config":
        click.echo(resources.files(f"datalint.{what}").joinpath(f"{what}.schema.json").read_text("utf-8"), nl=False)
    else:
        from datalint.catalogue import registry
        from datalint.config.schema import schema
        from datalint.config.settings import Config

        built_in = registry.load(Config(isolated=True))
        click.echo(json.dumps(schema(entry.rule for entry in built_in), indent=1))
