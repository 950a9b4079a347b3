"""`datalint diff`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from datalint.cli.options import allow_plugins, emit, formats_of, given, names, option, rule_names
from datalint.cli.process import require_memory

FORMATS = ("text", "markdown", "json")
#: Options that are settings.
_SETTINGS = (
    "select", "extend_select", "ignore", "preview", "fail_on", "exit_zero", "layout", "isolated", "jobs", "device",
    "seed", "no_cache", "cache_dir", "cache_limit", "allow_plugins", "follow_links",
)  # fmt: skip


@click.command("diff", short_help="Show what changed between two states of a dataset.")
@click.argument("old")
@click.argument("new")
@click.argument("dataset", required=False, metavar="[DATASET]", type=click.Path(path_type=Path))
@option("--select", multiple=True, callback=names, metavar="RULES", shell_complete=rule_names, help="Run only these.")
@option(
    "--extend-select", multiple=True, callback=names, metavar="RULES", shell_complete=rule_names, help="Run these too."
)
@option("--ignore", multiple=True, callback=names, metavar="RULES", shell_complete=rule_names, help="Do not run these.")
@option("--preview", is_flag=True, help="Allow preview rules.")
@option(
    "--fail-on",
    type=click.Choice(["error", "warning", "note", "never"]),
    help="Exit with 1 for new findings from this severity on (default: error).",
)
@option("--exit-zero", is_flag=True, help="Exit with 0 where new findings would make it 1.")
@option("--no-baseline", is_flag=True, help="Ignore the baseline.")
@option(
    "--format",
    "formats",
    multiple=True,
    callback=formats_of(FORMATS, "diff.json"),
    metavar="FMT[=FILE]",
    help=f"{', '.join(FORMATS)}; without a file it replaces the text on stdout. Repeatable.",
)
@option(
    "--labels-format",
    "--layout",
    "layout",
    metavar="NAME",
    help="Read the labels as this format instead of recognising it.",
)
@option("--follow-links", is_flag=True, help="Also read label files where links lead out of the dataset.")
@option("--config", type=click.Path(path_type=Path), metavar="FILE", help="Use this config file.")
@option("--isolated", is_flag=True, help="Ignore config files and plugins.")
@allow_plugins()
@option("-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="Worker processes (default: one per core).")
@option("--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), help="Where the probe is trained.")
@option("--seed", type=click.IntRange(min=0), metavar="N", help="Seed of every random choice (default: 0).")
@option("--no-cache", is_flag=True, help="Measure every image again, and write no cache.")
@option("--cache-dir", type=click.Path(path_type=Path), metavar="DIR", help="Folder of the cache.")
@option(
    "--cache-limit",
    type=click.FloatRange(min=0, min_open=True),
    metavar="GIB",
    help="Size limit of the cache (default: 5).",
)
@click.option(
    "--max-entries",
    type=click.IntRange(min=0),
    default=10,
    metavar="N",
    help="Entries shown per list in the text; 0 shows all (default: 10).",
)
@option("--no-progress", is_flag=True, help="No progress bar.")
@click.pass_context
def command(context: click.Context, /, old: str, new: str, dataset: Path | None, **options: Any) -> None:
    """Show what changed from OLD to NEW: images, splits, labels, classes, statistics and findings.

    Each is a JSON report, a folder that `datalint scan --export` wrote, the folder of a dataset, or a Git revision of
    the dataset in the folder DATASET (default: the other one of the two if it is a folder, else here). A path
    that exists is never taken for a revision.

    \b
    datalint diff main HEAD data
    datalint diff old-export new-export --format markdown=comment.md
    """
    require_memory()
    from datalint.cli.progress import bars, logged
    from datalint.config.resolve import resolve
    from datalint.diff import compare
    from datalint.diff.render import render
    from datalint.diff.snapshot import is_export
    from datalint.diff.states import states
    from datalint.output import write

    chosen = given(options, _SETTINGS)
    if dataset is None:
        folders = [Path(name) for name in (old, new) if Path(name).is_dir() and not is_export(Path(name))]
        dataset = folders[0] if folders else Path()
    if options["no_baseline"]:
        chosen["baseline"] = False
    config = resolve([dataset], options["config"], chosen)
    with bars(enabled=not options["no_progress"]) as progress, logged(quiet=False, verbose=False):
        before, after = states([old, new], dataset, config, progress)
    difference = compare(before, after)
    on_stdout = "text"
    for name, file in options["formats"]:
        if file is None:
            on_stdout = name
        else:
            write(file, render(difference, name, options["max_entries"]))
    emit(render(difference, on_stdout, options["max_entries"]))
    code = difference.exit_code(config.fail_on)
    context.exit(0 if code == 1 and config.exit_zero else code)
