"""`datalint scan`."""

from __future__ import annotations

import shlex
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from datalint.cli.options import Grouped, allow_plugins, emit, formats_of, given, limits, names, option, rule_names
from datalint.cli.process import Stopped, require_memory, tell
from datalint.limits import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datalint.config.settings import Config
    from datalint.report import Report

FORMATS = ("text", "concise", "json", "jsonl", "markdown", "html", "sarif", "github", "gitlab", "junit")
#: Those that hold findings alone.
_BARE = ("concise", "jsonl", "gitlab", "junit")
#: Options that are settings.
_SETTINGS = (
    "select", "extend_select", "ignore", "preview", "fail_on", "exit_zero", "layout", "isolated", "jobs", "device",
    "seed", "baseline", "embeddings", "backbone", "allow_download", "since", "changed", "staged", "no_cache",
    "cache_dir", "cache_limit", "limits", "allow_plugins", "settings_from", "follow_links", "engine",
)  # fmt: skip

#: The options by what they are about, as the help lists them.
_GROUPS = {
    "Rules": ("select", "extend_select", "ignore", "preview"),
    "Exit code and known findings": (
        "fail_on", "exit_zero", "baseline", "no_baseline", "write_baseline", "prune_baseline", "no_accept", "decisions",
    ),
    "What is scanned": ("files_from", "null", "layout", "follow_links", "since", "changed", "staged"),
    "Report": (
        "formats", "export", "compare", "max_findings", "statistics", "color", "quiet", "verbose", "no_progress",
    ),
    "Settings": ("config", "isolated", "settings_from", "allow_plugins", "show_settings"),
    "Wrong labels (the probe)": ("device", "embeddings", "backbone", "allow_download", "seed"),
    "Speed, memory and cache": ("jobs", "engine", "limits", "no_cache", "cache_dir", "cache_limit"),
}  # fmt: skip


def format_names(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Formats with this beginning, for the shell's completion."""
    return [name for name in FORMATS if name.startswith(incomplete)]


@click.command(
    "scan",
    cls=Grouped,
    groups=_GROUPS,
    short_help="Check a dataset and report what is wrong with it.",
    epilog="Each option has an environment variable too: --fail-on is DATALINT_FAIL_ON.",
)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@option(
    "--select",
    multiple=True,
    callback=names,
    metavar="RULES",
    shell_complete=rule_names,
    help="Run only these: codes, prefixes, names, ALL.",
)
@option(
    "--extend-select",
    multiple=True,
    callback=names,
    metavar="RULES",
    shell_complete=rule_names,
    help="Run these too.",
)
@option("--ignore", multiple=True, callback=names, metavar="RULES", shell_complete=rule_names, help="Do not run these.")
@option("--preview", is_flag=True, help="Allow preview rules.")
@option(
    "--fail-on",
    type=click.Choice(["error", "warning", "note", "never"]),
    help="Exit with 1 from this severity on (default: error).",
)
@option("--exit-zero", is_flag=True, help="Exit with 0 where findings would make it 1.")
@option(
    "--baseline",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Known findings, which never fail the scan (default: the nearest datalint-baseline.json from PATH upwards).",
)
@option("--no-baseline", is_flag=True, help="Treat every finding as new.")
@option("--write-baseline", is_flag=True, help="Record all current findings in the baseline.")
@option("--prune-baseline", is_flag=True, help="Remove baseline entries that no longer match a finding.")
@option("--no-accept", is_flag=True, help="Also report what the config accepts ([[accept]] and per-path-ignores).")
@option("--decisions", type=click.Path(path_type=Path), metavar="FILE", help="Accept what it accepts; show it in HTML.")
@option(
    "--files-from",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Scan the paths that FILE lists, one per line (- is stdin), and any PATH.",
)
@option("-0", "--null", is_flag=True, help="The paths of --files-from end in NUL, as those of git ls-files -z.")
@option(
    "--format",
    "formats",
    multiple=True,
    callback=formats_of(FORMATS, "report.json"),
    metavar="FMT[=FILE]",
    shell_complete=format_names,
    help=f"{', '.join(FORMATS)}; without a file it replaces the text on stdout. Repeatable.",
)
@option(
    "--export",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write all tables as Parquet files.",
)
@option(
    "--labels-format",
    "--layout",
    "layout",
    metavar="NAME",
    help="Read the labels as this format instead of recognising it (`datalint formats` lists them).",
)
@option(
    "--follow-links",
    is_flag=True,
    help="Also read label files where symbolic links lead out of the dataset: for links that are your own.",
)
@option("--config", type=click.Path(path_type=Path), metavar="FILE", help="Use this config file.")
@option("--isolated", is_flag=True, help="Ignore config files and plugins.")
@allow_plugins()
@option(
    "--settings-from",
    metavar="REF",
    help="Take config, baseline and accepted findings from this Git revision, and report what is looser now.",
)
@option(
    "-j",
    "--jobs",
    type=click.IntRange(min=0),
    metavar="N",
    help="Worker processes (default: one per core); 0 measures in this one, where a crashing decoder ends the scan.",
)
@option(
    "--engine",
    metavar="NAME|ADDRESS",
    help="Read images on a cluster: dask, ray, or its address, tcp://HOST:8786 or ray://HOST:10001 (default: local).",
)
@option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda", "mps"]),
    help="Where the probe is trained (default: auto).",
)
@option(
    "--embeddings",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Let the probe use these features of the images instead of its own (.npy, .parquet).",
)
@option(
    "--probe-backbone",
    "backbone",
    metavar="NAME|FILE",
    help="Let the probe use a pretrained network: a name in torchvision whose weights torch's cache has, a state dict "
    "as NAME:FILE, or none.",
)
@option("--allow-download", is_flag=True, help="Let torchvision download the weights of --probe-backbone.")
@option(
    "--seed",
    type=click.IntRange(min=0),
    metavar="N",
    help="Seed of every random choice (default: 0).",
)
@option("--since", metavar="REF", help="Report only what touches files changed since the branch left REF (Git).")
@option("--changed", is_flag=True, help="Report only what touches files changed since the last commit (Git).")
@option("--staged", is_flag=True, help="Report only what touches files that are staged (Git).")
@option("--no-cache", is_flag=True, help="Measure every image again, and write no cache.")
@option(
    "--cache-dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of the cache (default: one per dataset in your cache folder).",
)
@option(
    "--cache-limit",
    type=click.FloatRange(min=0, min_open=True),
    metavar="GIB",
    help="Size limit of the cache (default: 5).",
)
@option(
    "--limit",
    "limits",
    multiple=True,
    callback=limits,
    metavar="NAME=VALUE",
    help=f"How much a scan may take, as in label-seconds=30 or labels-memory=4 (GiB). Known: {', '.join(NAMES)}.",
)
@option(
    "--compare",
    type=click.Path(path_type=Path),
    metavar="REPORT",
    help="An earlier JSON report: say what is new, fixed and remaining since then. The exit code stays the same.",
)
@option("--statistics", is_flag=True, help="Print counts by rule instead of findings, as text or json.")
@option("--show-settings", is_flag=True, help="Print the settings in force and the rules they choose; scan nothing.")
@option(
    "--max-findings",
    type=click.IntRange(min=0),
    default=5,
    metavar="N",
    help="Findings shown per rule in the text report; 0 shows all (default: 5).",
)
@option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="Colour the text report.",
)
@option("--no-progress", is_flag=True, help="No progress bar.")
@option("-q", "--quiet", is_flag=True, help="Print nothing but findings.")
@option("-v", "--verbose", is_flag=True, help="List every skipped file, and time the stages.")
@click.pass_context
def command(context: click.Context, /, paths: tuple[str, ...], **options: Any) -> None:
    """Check the dataset at PATH (default: here) and report what is wrong with it.

    Several paths are one dataset. No image or label file is ever changed, and nothing leaves this machine.
    """
    require_memory()
    from datalint import engine
    from datalint.cache.store import wanted
    from datalint.cli.decided import decided
    from datalint.cli.progress import bars, logged
    from datalint.config.resolve import resolve
    from datalint.sources.url import at_home, place_of

    on_stdout = next((name for name, file in options["formats"] if file is None), "text")
    _refuse_contradictions(options, on_stdout)
    places = [*paths, *(_listed(options["files_from"], null=options["null"]) if options["files_from"] else ())]
    if options["files_from"] and not places:
        tell("datalint: error: --files-from lists no path, so nothing was scanned")
        context.exit(3)
    places = places or ["."]
    config = resolve(at_home(map(place_of, places)), options["config"], _chosen(options))
    config, taken = decided(options["decisions"], config)
    if options["show_settings"]:
        from datalint.cli.show_settings import shown

        emit(shown(config))
        context.exit(0)
    if options["prune_baseline"] or options["write_baseline"]:
        _refuse_bad_baseline(config, places, prune=options["prune_baseline"])
    try:
        with (
            bars(enabled=not options["no_progress"] and not options["quiet"]) as progress,
            logged(quiet=options["quiet"], verbose=options["verbose"]),
        ):
            report = engine.scan(
                *places,
                config=config.merged(baseline=False) if options["write_baseline"] else config,
                progress=progress,
                pictures=any(name == "html" for name, _ in options["formats"]),
                compare=options["compare"],
            )
    except (KeyboardInterrupt, Stopped):
        if wanted(config):
            tell("datalint: what was measured is kept; the next scan goes on from there")
        raise
    report.decisions.extend(taken)
    report.command, report.made = shlex.join(["datalint", *(context.obj or ())]), datetime.now().astimezone()
    if options["write_baseline"] or options["prune_baseline"]:
        _rewrite_baseline(report, config, prune=options["prune_baseline"], quiet=options["quiet"])
    _write_files(report, options)
    emit(_body(report, options, on_stdout))
    if options["verbose"]:
        for stage, seconds in report.seconds.items():
            tell(f"{stage}: {seconds:.2f} s")
    if options["quiet"] or options["statistics"] or on_stdout != "text":
        _explain(report)
    if not options["quiet"] and (options["statistics"] or on_stdout in _BARE):
        _name_settings(report)
    context.exit(report.exit_code)


def _chosen(options: dict[str, Any]) -> dict[str, Any]:
    """The settings that the options change."""
    chosen = given(options, _SETTINGS)
    if options["no_baseline"]:
        chosen["baseline"] = False
    if options["files_from"]:
        chosen["listed"] = True
    if options["no_accept"]:
        chosen |= {"accept": (), "per_path_ignores": {}}
    return chosen


def _write_files(report: Report, options: dict[str, Any]) -> None:
    """Write the reports and tables that go to files."""
    from datalint.output import write
    from datalint.report.export import export

    for name, file in options["formats"]:
        if file is not None:
            write(file, _text(report, options, None) if name == "text" else report.parts(name))
        if notice := report.notice(name):
            tell(f"datalint: {notice}")
    if options["export"] is not None:
        export(report, options["export"])


def _body(report: Report, options: dict[str, Any], on_stdout: str) -> str | Iterator[str]:
    """What goes to stdout."""
    if options["statistics"]:
        return _statistics(report, on_stdout)
    return _text(report, options, sys.stdout) if on_stdout == "text" else report.parts(on_stdout)


def _explain(report: Report) -> None:
    """Print to stderr why the exit code is 2 or 3: not every format can say it."""
    from datalint.report.place import escaped

    if report.exit_code == 3:
        tell(f"datalint: nothing was scanned: no image and no label record in {escaped(report.root_name)}")
    for rule in report.rules_not_run:
        if rule.crashed:
            tell(f"datalint: {escaped(f'{rule.label}: {rule.reason}')}")


def _name_settings(report: Report) -> None:
    """Print to stderr which config is in force, what a change of it loosens, and what changed since a report."""
    from datalint.report import changes, in_force
    from datalint.report.place import escaped

    since = f"compared: {changes.headline(report.comparison)}" if report.comparison is not None else ""
    for text in (in_force.line(report), in_force.notice(report), since):
        if text:
            tell(f"datalint: {escaped(text)}")


def _refuse_contradictions(options: dict[str, Any], on_stdout: str) -> None:
    if options["since"] == "":
        raise click.UsageError("--since takes a branch, tag or commit, and was given nothing")
    partial = [f"--{name}" for name in ("since", "changed", "staged") if options[name]]
    if len(partial) > 1:
        raise click.UsageError(f"{' and '.join(partial)} exclude each other")
    if partial and (options["write_baseline"] or options["prune_baseline"]):
        raise click.UsageError(f"{partial[0]} leaves findings out, but a baseline needs all of them")
    if partial and options["compare"] is not None:
        raise click.UsageError(f"{partial[0]} leaves findings out, so they cannot be compared with an earlier report")
    if options["settings_from"] is not None and (options["write_baseline"] or options["prune_baseline"]):
        raise click.UsageError("--settings-from reads the baseline of a Git revision, which cannot be written")
    if options["write_baseline"] and options["prune_baseline"]:
        raise click.UsageError("--write-baseline and --prune-baseline exclude each other")
    if options["no_baseline"] and (options["baseline"] or options["write_baseline"] or options["prune_baseline"]):
        raise click.UsageError("--no-baseline excludes the other options about the baseline")
    if options["statistics"] and on_stdout not in ("text", "json"):
        raise click.UsageError(f"--statistics is printed as text or json, not as {on_stdout}")
    if options["null"] and not options["files_from"]:
        raise click.UsageError("-0 needs --files-from")


def _refuse_bad_baseline(config: Config, places: list[str], *, prune: bool) -> None:
    """Fail on a bad baseline before any work is done."""
    import os

    from datalint.judge import baseline
    from datalint.sources.url import at_home, place_of

    at = at_home(map(place_of, places))
    found = baseline.find(config, Path(os.path.commonpath([os.path.abspath(place) for place in at])))
    if found is not None and (prune or found.is_file()):
        baseline.read(found)
    elif prune:
        raise click.ClickException("there is no baseline to prune; --write-baseline makes one")


def _listed(source: Path, *, null: bool) -> list[str]:
    """The paths in a list. Names are bytes, so bytes that are not text are kept."""
    import os

    content = sys.stdin.buffer.read() if str(source) == "-" else source.read_bytes()
    lines = content.split(b"\0") if null else content.splitlines()
    return [os.fsdecode(line) for line in lines if line]


def _rewrite_baseline(report: Report, config: Config, *, prune: bool, quiet: bool) -> None:
    """Write the baseline anew and judge the report by it; where the scan did not finish it stays as it is."""
    from datalint.judge import baseline

    target = baseline.location(config, report.dataset.home)
    old = baseline.read(target) if prune or target.is_file() else []
    if report.exit_code in (2, 3):
        why = "nothing was scanned" if report.exit_code == 3 else "a rule crashed"
        tell(f"datalint: {target} was not written: {why}")
        baseline.apply(report, target, old)
        return
    new = (baseline.pruned if prune else baseline.updated)(report, target, old)
    baseline.write(target, new)
    baseline.apply(report, target, new)
    if not quiet:
        gone = len(old) - len(new)
        done = f"entries removed: {gone:,} of {len(old):,}" if prune else f"entries written: {len(new):,}"
        tell(f"datalint: {target}: {done}")


def _statistics(report: Report, form: str) -> str:
    """Rules by their number of new findings, the most first."""
    counted = report.new.group_by("code", "name").len("count").sort(["count", "code"], descending=[True, False])
    if form == "json":
        import json

        return json.dumps(counted.to_dicts(), indent=1) + "\n"
    return "".join(f"{count}\t{code} {name}\n" for code, name, count in counted.iter_rows())


def _text(report: Report, options: dict[str, Any], stream: TextIO | None) -> str:
    """The report as text for a stream, or for a file: there lines are as long as what they say."""
    if options["quiet"]:
        from datalint.report import concise

        return concise.render(report)
    import os
    import shutil

    from datalint.report import text

    return text.render(
        report,
        color=stream is not None and _coloured(options["color"], stream),
        # 0 where stdout is a pipe and COLUMNS says nothing: who filters lines wants whole ones.
        width=shutil.get_terminal_size((0, 0)).columns or None if stream else None,
        limit=options["max_findings"],
        verbose=options["verbose"],
        beside=[name for name, _ in options["formats"]],
        links=stream is not None and stream.isatty() and os.environ.get("TERM") not in (None, "dumb", "linux"),
    )


def _coloured(choice: str, stream: TextIO) -> bool:
    import os

    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()
