"""`datalint clean`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from datalint.cli.options import option
from datalint.cli.process import tell


@click.command("clean", short_help="Delete the cache of a dataset.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@option("--cache-dir", type=click.Path(path_type=Path), metavar="DIR", help="The --cache-dir of those scans.")
@click.option("--all", "everything", is_flag=True, help="Delete the caches of all your datasets.")
def command(paths: tuple[str, ...], cache_dir: Path | None, everything: bool) -> None:
    """Delete the cache that makes the next scan of the dataset at PATH (default: here) faster.

    Only files that datalint made are deleted.
    """
    from datalint.cache import store as cache
    from datalint.sources.url import Url, common, place_of

    if everything:
        users = cache.user_folder()
        folders = sorted(folder for folder in users.iterdir() if folder.is_dir()) if users.is_dir() else []
    else:
        urls = [place for place in map(place_of, paths) if isinstance(place, Url)]
        root = common(urls) if urls else None
        if urls and (root is None or len(urls) < len(paths)):
            raise click.UsageError("several paths are one dataset: these are not")
        here = Path(os.path.commonpath([os.path.abspath(path) for path in paths or (".",)]))
        folders = [cache.folder_of(root or here, cache_dir)]
    freed = sum(cache.remove(folder) for folder in folders)
    tell(f"{freed / (1 << 20):,.1f} MiB removed")
