"""`datalint clean`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from datalint.cli.options import option


@click.command("clean", short_help="Remove what scans of a dataset have kept.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@option("--cache-dir", type=click.Path(path_type=Path), metavar="DIR", help="The folder that the scans were given.")
@click.option("--all", "everything", is_flag=True, help="Remove what scans of any dataset have kept for this user.")
def command(paths: tuple[str, ...], cache_dir: Path | None, everything: bool) -> None:
    """Remove what scans of the dataset at PATH (default: here) have kept to be faster the next time.

    Nothing else is removed: no file that datalint did not make.
    """
    from datalint.cache import store as cache

    if everything:
        users = cache.user_folder()
        folders = sorted(folder for folder in users.iterdir() if folder.is_dir()) if users.is_dir() else []
    else:
        root = Path(os.path.commonpath([os.path.abspath(path) for path in paths or (".",)]))
        folders = [cache.folder_of(root, cache_dir)]
    freed = sum(cache.remove(folder) for folder in folders)
    click.echo(f"{freed / (1 << 20):,.1f} MiB removed", err=True)
