"""`datalint rule CODE|NAME`."""

from __future__ import annotations

import click

from datalint.cli.options import allow_plugins, listed_settings, rule_names


@click.command("rule", short_help="Explain one rule.")
@click.argument("name", metavar="CODE|NAME", shell_complete=rule_names)
@click.option("--config", type=click.Path(), metavar="FILE", help="Use this config file (it may name plugins).")
@click.option("--isolated", is_flag=True, help="Ignore config files and plugins.")
@allow_plugins()
def command(name: str, config: str | None, isolated: bool, allow_plugins: bool) -> None:
    """Explain one rule: what it does, why it matters, its options, and when not to use it.

    Of the beginning of several codes (DL70) it lists the rules.
    """
    from datalint.catalogue import registry
    from datalint.catalogue.page import page

    settings = listed_settings(config, isolated=isolated, allowed=allow_plugins)
    if registry.is_prefix(name):
        from datalint.cli.rules import line

        if family := [entry for entry in registry.load(settings) if registry.names(name, entry.rule)]:
            click.echo("\n".join(map(line, family)))
            return
    click.echo(page(registry.find(name, settings).rule))
