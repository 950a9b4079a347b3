"""`datalint scan`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from datalint.cli import names, settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from datalint.report import Report

F = TypeVar("F", bound="Callable[..., Any]")
FORMATS = ("text", "concise", "json", "jsonl", "markdown", "html")


def _formats(
    _context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[tuple[str, str | None], ...]:
    chosen = []
    for value in values:
        name, _, file = value.partition("=")
        if name not in FORMATS:
            raise click.BadParameter(f"{name!r} is not one of {', '.join(FORMATS)}")
        if "=" in value and not file:
            raise click.BadParameter(f"{value!r} names no file after the =")
        chosen.append((name, file or None))
    if sum(file is None for _, file in chosen) > 1:
        raise click.BadParameter("only one format can go to stdout; give the others a file: --format json=report.json")
    return tuple(chosen)


def option(*declarations: str, **settings: Any) -> Callable[[F], F]:
    """click's option, which its environment variable sets too: `--fail-on` is DATALINT_FAIL_ON."""
    flag = next(name for name in declarations if name.startswith("--"))
    variable = "DATALINT_" + flag[2:].upper().replace("-", "_")
    return click.option(*declarations, envvar=variable, show_envvar=True, **settings)


@click.command("scan", short_help="Check a dataset and report what is wrong with it.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@option(
    "--select",
    multiple=True,
    callback=names,
    metavar="RULES",
    help="Run only these: codes, prefixes, names, ALL.",
)
@option("--extend-select", multiple=True, callback=names, metavar="RULES", help="Run these too.")
@option("--ignore", multiple=True, callback=names, metavar="RULES", help="Do not run these.")
@option("--preview", is_flag=True, help="Allow preview rules.")
@option(
    "--fail-on",
    type=click.Choice(["error", "warning", "note", "never"]),
    help="Exit with 1 from this severity on (default: error).",
)
@option("--exit-zero", is_flag=True, help="Exit with 0 where findings would make it 1.")
@option(
    "--format",
    "formats",
    multiple=True,
    callback=_formats,
    metavar="FMT[=FILE]",
    help=f"{', '.join(FORMATS)}; without a file it replaces the text on stdout. Repeatable.",
)
@option(
    "--export",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write all tables as Parquet files.",
)
@option("--layout", metavar="NAME", help="Read the dataset as this layout instead of recognising it.")
@option("--config", type=click.Path(path_type=Path), metavar="FILE", help="Use this config file.")
@option("--isolated", is_flag=True, help="Ignore config files and plugins.")
@option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Worker processes (default: one a core).",
)
@option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda", "mps"]),
    help="Where the probe is trained (default: auto).",
)
@option(
    "--seed",
    type=click.IntRange(min=0),
    metavar="N",
    help="Seed of every random choice (default: 0).",
)
@option("--statistics", is_flag=True, help="Print counts by rule instead of findings.")
@option(
    "--max-findings",
    type=click.IntRange(min=0),
    default=5,
    metavar="N",
    help="Findings shown a rule in the text report; 0 shows all (default: 5).",
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

    Several paths are one dataset. Nothing is ever changed, and nothing leaves this machine.
    """
    from datalint import engine
    from datalint.cli.progress import bars
    from datalint.report.write import export, write

    formats = options["formats"]
    chosen = settings(
        **{name: options[name] for name in ("select", "extend_select", "ignore", "preview", "fail_on", "exit_zero")},
        **{name: options[name] for name in ("layout", "isolated", "jobs", "device", "seed")},
    )
    with bars(enabled=not options["no_progress"] and not options["quiet"]) as progress:
        report = engine.scan(
            *(paths or (".",)),
            config=options["config"],
            progress=progress,
            pictures=any(name == "html" for name, _ in formats),
            **chosen,
        )
    for name, file in formats:
        if file is not None:
            write(file, _text(report, options, sys.stdout, color=False) if name == "text" else report.render(name))
    if options["export"] is not None:
        export(report, options["export"])
    on_stdout = next((name for name, file in formats if file is None), "text")
    if options["statistics"]:
        body = "".join(f"{count}\t{code}\n" for code, count in _by_count(report))
    elif on_stdout == "text":
        body = _text(report, options, sys.stdout, color=None)
    else:
        body = report.render(on_stdout)
    _emit(body)
    if options["verbose"]:
        for stage, seconds in report.seconds.items():
            click.echo(f"{stage}: {seconds:.2f} s", err=True)
    context.exit(report.exit_code)


def _by_count(report: Report) -> list[tuple[str, int]]:
    titles = {rule.code: f"{rule.code} {rule.name}" for rule in report.rules_run}
    counts = report.summary["by_code"]
    return sorted(((titles[code], count) for code, count in counts.items()), key=lambda item: (-item[1], item[0]))


def _text(report: Report, options: dict[str, Any], stream: Any, color: bool | None) -> str:
    import shutil

    from datalint.report import text

    if color is None:
        color = _coloured(options["color"], stream)
    if options["quiet"]:
        from datalint.report import concise

        return concise.render(report)
    width = shutil.get_terminal_size((100, 24)).columns
    return text.render(report, color=color, width=width, limit=options["max_findings"], verbose=options["verbose"])


def _coloured(choice: str, stream: Any) -> bool:
    import os

    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def _emit(body: str) -> None:
    from datalint.report import WriteError

    try:
        sys.stdout.buffer.write(body.encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        # Whatever is buffered would fail again when the interpreter closes stdout.
        import os

        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise WriteError(f"cannot write the report to stdout: {error.strerror}") from None
