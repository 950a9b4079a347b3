"""`datalint advise`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from datalint.cli.options import emit, given, of_a_scan, option
from datalint.cli.process import require_memory, tell

if TYPE_CHECKING:
    from datalint.report import Report

#: Options that are settings.
_SETTINGS = ("layout", "isolated", "jobs", "device", "no_cache", "cache_dir", "allow_plugins")
#: Rules that ask the probe.
_PROBE = "DL9"


@click.command("advise", short_help="Print code for training that fits a dataset, with reasons.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--for",
    "library",
    type=click.Choice(["pytorch", "ultralytics"]),
    default="pytorch",
    help="The library that trains (default: pytorch).",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write to this new file.")
@option("--probe", is_flag=True, help="Also ask the probe whether pictures may be flipped.")
@option("--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), help="Where the probe is trained.")
@of_a_scan
@click.pass_context
def command(context: click.Context, /, paths: tuple[str, ...], **options: Any) -> None:
    """Print code that reads, normalizes, crops and weighs the pictures at PATH (default: here) as their facts ask.

    Each line has its reason, and what was not measured is not advised.

    \b
    datalint advise data
    datalint advise data --probe -o advice.py
    datalint advise data --for ultralytics -o train.yaml
    """
    from datalint.output import write
    from datalint.report.place import escaped

    target = options["output"]
    if target is not None and target.exists():
        raise click.ClickException(f"{target} exists and is not written over")
    report = _scanned(paths, options)
    if report.exit_code == 3:
        tell(f"datalint: nothing was scanned: no image and no label record in {escaped(report.root_name)}")
        context.exit(3)
    text = report.advice.program(options["library"])
    if not text:
        raise click.ClickException(_nothing(report, options["library"]))
    if target is None:
        emit(text)
    else:
        write(target, text)
        tell(f"datalint: written to {escaped(str(target))}")


def _scanned(paths: tuple[str, ...], options: dict[str, Any]) -> Report:
    require_memory()
    from datalint import engine
    from datalint.cli.progress import bars, logged
    from datalint.config.resolve import resolve
    from datalint.sources.url import at_home, place_of

    places = paths or (".",)
    config = resolve(at_home(map(place_of, places)), options["config"], given(options, _SETTINGS))
    if not options["probe"]:
        config = config.merged(ignore=(*config.ignore, _PROBE))
    with bars(enabled=not options["no_progress"]) as progress, logged(quiet=False, verbose=False):
        return engine.scan(*places, config=config, progress=progress)


def _nothing(report: Report, library: str) -> str:
    if report.dataset.statistics is None:
        return "no picture could be measured, so there is nothing to say"
    return f"the dataset has no boxes, and advice for {library} is about boxes: leave out --for {library}"
