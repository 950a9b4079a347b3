"""What the commands share: options with environment variables, their values, and writing to stdout."""

from __future__ import annotations

import errno
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from datalint.cli.process import abandon
from datalint.limits import LimitError, parsed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from datalint.config.settings import Config

F = TypeVar("F", bound="Callable[..., Any]")
Formats = tuple[tuple[str, str | None], ...]
"""(format, file; None is stdout)."""


def option(*declarations: str, **settings: Any) -> Callable[[F], F]:
    """click's option, which environment variables set too: `--fail-on` is DATALINT_FAIL_ON.

    A second name is the option's old one; it and its variable still work.
    """
    flags = [name[2:] for name in declarations if name.startswith("--")]
    variables = ["DATALINT_" + flag.upper().replace("-", "_") for flag in flags]
    return click.option(*declarations, envvar=variables, **settings)


class Grouped(click.Command):
    """A command whose help lists its options by what they are about.

    `groups` are headings and the names of their options, as Python has them; others are listed last.
    """

    def __init__(self, *arguments: Any, groups: Mapping[str, Sequence[str]], **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.groups = groups

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections of the help."""
        records = {
            parameter.name: record
            for parameter in self.get_params(ctx)
            if isinstance(parameter, click.Option) and (record := parameter.get_help_record(ctx)) is not None
        }
        for heading, names in self.groups.items():
            with formatter.section(heading):
                formatter.write_dl([records.pop(name) for name in names])
        with formatter.section("Other"):
            formatter.write_dl(list(records.values()))


def allow_plugins() -> Callable[[F], F]:
    """The option --allow-plugins, of every command that may run them."""
    return option(
        "--allow-plugins", is_flag=True, help="Run the plugins of a config that was found, though it is not trusted."
    )


def of_a_scan(command: F) -> F:
    """The options of a command that scans on its way: how labels are read, whose settings count, what it may take."""
    options = (
        option("--labels-format", "--layout", "layout", metavar="NAME", help="Read the labels as this format."),
        option("--config", type=click.Path(path_type=Path), metavar="FILE", help="Use this config file."),
        option("--isolated", is_flag=True, help="Ignore config files and plugins."),
        allow_plugins(),
        option(
            "-j", "--jobs", type=click.IntRange(min=0), metavar="N", help="Worker processes (default: one per core)."
        ),
        option("--no-cache", is_flag=True, help="Measure every image again, and write no cache."),
        option("--cache-dir", type=click.Path(path_type=Path), metavar="DIR", help="Folder of the cache."),
        option("--no-progress", is_flag=True, help="No progress bar."),
    )
    for add in reversed(options):
        command = add(command)
    return command


def listed_settings(config: str | None, *, isolated: bool, allowed: bool) -> Config:
    """The settings of a command that lists rules: of the config that is named, else of the one found from here."""
    from datalint.config import resolve

    return resolve.resolve([Path()], config, {"isolated": isolated, "allow_plugins": allowed})


def names(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Repeatable options that also take comma lists: `--select DL1,DL4 --select near-duplicate`."""
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def limits(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> str | None:
    """Repeatable options that set limits, as one text."""
    text = ",".join(values)
    try:
        parsed(text)
    except LimitError as error:
        raise click.BadParameter(str(error)) from None
    return text or None


def rule_names(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Codes and names of built-in rules with this beginning, for the shell's completion."""
    from datalint.catalogue.rule_index import RULES

    labels = (label for code, name, _ in RULES for label in (code, name))
    return [label for label in labels if label.lower().startswith(incomplete.lower())]


def given(options: Mapping[str, Any], which: Iterable[str]) -> dict[str, Any]:
    """Those of the options that were given."""
    # 0 equals False and is a number that was given.
    return {name: options[name] for name in which if not any(options[name] is absent for absent in (None, (), False))}


def formats_of(known: Sequence[str], example: str) -> Callable[..., Formats]:
    """A callback for `--format FMT[=FILE]`, of the formats that a command knows."""

    def parse(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> Formats:
        chosen = []
        for value in values:
            name, _, file = value.partition("=")
            if name not in known:
                raise click.BadParameter(f"{name!r} is not one of {', '.join(known)}")
            if "=" in value and not file:
                raise click.BadParameter(f"{value!r} has no file after the =")
            chosen.append((name, file or None))
        if sum(file is None for _, file in chosen) > 1:
            raise click.BadParameter(
                f"only one format can go to stdout; give the others a file: --format json={example}"
            )
        return tuple(chosen)

    return parse


def emit(body: str | Iterable[str]) -> None:
    """Print text, whole or in pieces, to stdout as UTF-8; raises WriteError."""
    from datalint.output import WriteError, in_bytes

    try:
        for part in in_bytes(body):
            sys.stdout.buffer.write(part)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        abandon(sys.stdout)
        cause = "it is closed" if error.errno == errno.EBADF else error.strerror
        raise WriteError(f"cannot write the report to stdout: {cause}") from None
