"""`datalint split`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from datalint.cli.options import emit, given, of_a_scan, option
from datalint.cli.process import require_memory, tell

#: Options that are settings.
_SETTINGS = ("layout", "isolated", "jobs", "no_cache", "cache_dir", "allow_plugins")
_NOTHING = "Nothing is written: --lists DIR writes lists, --to DIR a new dataset, --column FILE a table."


@click.command("split", short_help="Deal a dataset into train, val and test: copies together, classes in proportion.")
@click.argument("dataset", required=False, metavar="[DATASET]", default=".")
@option(
    "--ratios", default="80/10/10", help="Sizes: 80/10/10, 80/20 (train, val), or train=80,test=20.", show_default=True
)
@option("--seed", type=int, default=0, help="Another number gives another split.", show_default=True)
@click.option(
    "--lists", type=click.Path(path_type=Path), metavar="DIR", help="Write train.txt, val.txt and so on here."
)
@click.option("--to", type=click.Path(path_type=Path), metavar="DIR", help="Write a split dataset to this new folder.")
@click.option("--column", type=click.Path(path_type=Path), metavar="FILE", help="Write a CSV of path, group and split.")
@click.option("--keep", metavar="SPLIT", help="Leave this split as it is, and deal out the rest.")
@click.option(
    "--group-pattern",
    metavar="REGEX",
    help="Keep together what its first group finds in paths: '(patient\\d+)'.",
)
@click.option("--link", is_flag=True, help="Let the images of --to be hard links where that is possible.")
@of_a_scan
@click.pass_context
def command(context: click.Context, /, dataset: str, **options: Any) -> None:
    """Deal the images of the folder DATASET (default: here) into splits.

    Copies, equal and near, and pictures of one recording, patient or source go into one split; every class gets its
    share of each. Splits that are there are not asked, but for --keep. Without --lists, --to or --column nothing is
    written. What is written is checked by the rules DL7; exit code 1 says that they found something.

    \b
    datalint split data
    datalint split data --ratios 70/15/15 --seed 1 --lists data
    datalint split data --keep test --to again
    """
    from datalint.splitting.ratios import SplitError

    outputs = [f"--{name}" for name in ("lists", "to", "column") if options[name]]
    if len(outputs) > 1:
        raise click.UsageError(f"{' and '.join(outputs)} exclude each other")
    if options["link"] and not options["to"]:
        raise click.UsageError("--link needs --to")
    try:
        context.exit(_split(Path(dataset), dataset, options))
    except SplitError as error:
        raise click.ClickException(str(error)) from None


def _split(root: Path, named: str, options: dict[str, Any]) -> int:
    require_memory()
    from datalint.cli.progress import bars, logged
    from datalint.config.resolve import resolve
    from datalint.report.place import escaped
    from datalint.sources.url import Url, place_of
    from datalint.splitting.ratios import SplitError, shares
    from datalint.splitting.split import Splitter

    parts = shares(options["ratios"])
    if isinstance(place_of(named), Url) or (root.exists() and not root.is_dir()):
        raise SplitError(f"{named} is not a folder: unpack an archive, or copy a store, and split that")
    config = resolve([root], options["config"], given(options, _SETTINGS))
    with bars(enabled=not options["no_progress"]) as progress, logged(quiet=False, verbose=False):
        splitter = Splitter(root, config, progress)
        if splitter.data.table("images").is_empty():
            tell(f"datalint: nothing was split: no image in {escaped(named)}")
            return 3
        division = splitter.divided(parts, options["seed"], options["keep"], options["group_pattern"])
        emit("\n".join([*map(escaped, division.lines()), "", ""]))
        if options["lists"]:
            outcome, where = splitter.listed(division, options["lists"]), f"The lists are in {options['lists']}"
        elif options["column"]:
            outcome, where = splitter.in_column(division, options["column"]), f"The table is {options['column']}"
        elif options["to"]:
            notes, outcome = splitter.copied(division, options["to"], link=options["link"])
            where = "\n".join([*notes, f"The new dataset is in {options['to']}"])
        else:
            emit(f"{_NOTHING}\n")
            return 0
    emit("\n".join([*map(escaped, where.split("\n")), *map(escaped, str(outcome).split("\n")), ""]))
    return outcome.exit_code
