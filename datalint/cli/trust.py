"""`datalint trust`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from datalint.catalogue.trust import Record
    from datalint.config.settings import Config


@click.command("trust", short_help="Let the plugins of a config run.")
@click.argument("path", type=click.Path(path_type=Path), default=".")
@click.option("--list", "to_list", is_flag=True, help="Show the configs that you trust, and which have changed.")
@click.option("--remove", is_flag=True, help="Trust the config no more.")
def command(path: Path, to_list: bool, remove: bool) -> None:
    """Let the plugins of the config at PATH (a dataset's folder or the file; default: here) run in your scans.

    Plugins are programs: read them first. They are trusted as they are now: once the config or a plugin changes, they
    do not run until you trust them again. Nothing is run by this command.
    """
    from datalint.catalogue import trust
    from datalint.report.place import escaped

    if to_list and remove:
        raise click.UsageError("--list and --remove exclude each other")
    if to_list:
        for record in trust.records():
            click.echo(escaped(f"{record.config}: {_state(record)}"))
    elif remove:
        gone = trust.remove(_named(path))
        if not gone:
            raise click.ClickException(f"{path}: no such config is in the list; datalint trust --list shows it")
        for name in gone:
            click.echo(f"not trusted any more: {escaped(name)}")
    else:
        _add(path)


def _add(path: Path) -> None:
    from datalint.catalogue import plugins, trust
    from datalint.report.place import escaped

    if not path.exists():
        raise click.ClickException(f"{path}: there is no such file or folder")
    settings = _settings(path)
    if settings.source is None:
        raise click.ClickException(f"{path}: there is no config file that a scan of it would use")
    if not settings.plugins:
        raise click.ClickException(f"{settings.source}: it names no plugins, so there is nothing to trust")
    found = plugins.read(settings)
    trust.add(settings.source, settings.origin.digest, {plugin.name: plugin.content for plugin in found})
    click.echo(f"trusted as it is now: {escaped(trust.name_of(settings.source))}")
    for plugin in found:
        click.echo(f"  plugin {escaped(plugin.name)}  SHA-256 {trust.digest(plugin.content)}")


def _settings(path: Path) -> Config:
    """The settings of a config file, or of the one that a scan of a folder would find."""
    from datalint.config import resolve

    return resolve.load(path) if path.is_file() else resolve.nearest(path)


def _named(path: Path) -> list[Path]:
    """The configs that a path may mean: itself, one in it, or the one that a scan of it would find."""
    from datalint.config import resolve

    found = resolve.find(path)
    return [path, *(path / name for name in resolve.FILES), *([found] if found else [])]


def _state(record: Record) -> str:
    from datalint.catalogue import plugins, trust
    from datalint.config import resolve
    from datalint.config.settings import ConfigError

    path = Path(record.config)
    if not path.is_file():
        return "gone"
    try:
        settings = resolve.load(path)
        now = {plugin.name: trust.digest(plugin.content) for plugin in plugins.read(settings)}
    except ConfigError as error:
        return f"changed: {error}"
    return "trusted" if (settings.origin.digest, now) == (record.sha256, record.plugins) else "changed"
