"""`datalint rule CODE|NAME`."""

from __future__ import annotations

import click

from datalint.cli.options import rule_names


@click.command("rule", short_help="Explain one rule.")
@click.argument("name", metavar="CODE|NAME", shell_complete=rule_names)
@click.option("--config", type=click.Path(), metavar="FILE", help="Use this config file (it may name plugins).")
@click.option("--isolated", is_flag=True, help="Ignore config files and plugins.")
def command(name: str, config: str | None, isolated: bool) -> None:
    """Explain one rule: what it does, why it matters, its options, and when not to use it."""
    from pathlib import Path

    from datalint.catalogue import registry
    from datalint.catalogue.page import page
    from datalint.config import resolve
    from datalint.config.settings import Config

    found = Path(config) if config else None if isolated else resolve.find(Path())
    chosen = resolve.load(found) if found else Config()
    click.echo(page(registry.find(name, chosen.merged(isolated=isolated)).rule))
