"""The command line: one module per command; each parses, calls the library and maps to an exit code.

Nothing heavy is imported here: a command's module is loaded when it is called, the library when it runs.
"""

from __future__ import annotations

import errno
import gc
import os
import shlex
import sys
from difflib import get_close_matches
from importlib import import_module

import click

from datalint import __version__
from datalint.cli.process import Stopped, abandon, ended_by_signals, open_streams, tell

COMMANDS = {
    "scan": "Check a dataset and report what is wrong with it.",
    "diff": "Show what changed between two states of a dataset.",
    "review": "Decide about the findings of a report, one by one.",
    "fix": "Repair a dataset: in a copy, or in place and so that it can be undone.",
    "split": "Deal a dataset into train, val and test: copies together, classes in proportion.",
    "advise": "Print code for training that fits a dataset, with reasons.",
    "rules": "List the rules.",
    "rule": "Explain one rule.",
    "formats": "List the label formats: those that are read, and those that are known.",
    "init": "Write a commented config file for a dataset.",
    "schema": "Print a JSON Schema: of the report, the config or a diff.",
    "trust": "Let the plugins of a config run.",
    "clean": "Delete the cache of a dataset.",
    "completion": "Print the completion script for a shell.",
}
#: Commands by the names that they had before.
ALIASES = {"layouts": "formats"}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        name = ALIASES.get(cmd_name, cmd_name)
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f"datalint.cli.{name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in (*COMMANDS, *ALIASES) and os.path.lexists(args[0]):
            ctx.fail(f"{args[0]} is a path, not a command: to check it, type `datalint scan {shlex.quote(args[0])}`")
        if self.get_command(ctx, args[0]) is None and (close := get_close_matches(args[0], COMMANDS, 2)):
            ctx.fail(f"there is no command {args[0]}; did you mean {' or '.join(close)}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=_Lazy,
    invoke_without_command=True,
    subcommand_metavar="COMMAND [ARGS]...",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 nothing found at or above --fail-on; 1 findings; 2 not finished or refused; "
    "3 nothing to scan; 130 interrupted.",
)
@click.version_option(__version__, prog_name="datalint", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """A linter for image datasets: `datalint scan DIR` says what is wrong with the one in DIR."""
    if context.invoked_subcommand is None:
        tell(context.get_help())
        context.exit(2)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with the contract's code; an error never ends with 1."""
    # Tables of many rows are made and none of them refers to itself: to look for cycles in them again and again takes a
    # tenth of a scan's time.
    gc.set_threshold(500_000, 50, 50)
    # The threads of numpy's BLAS wait for work by asking for it: a fourth of a small scan's start. Now they sleep.
    os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")
    open_streams()
    with ended_by_signals(last=arguments is None):
        try:
            code = _run(arguments)
        except (click.Abort, KeyboardInterrupt):
            _complain("interrupted")
            code = 130
        except Stopped as stop:
            _complain(f"stopped by {stop}, so the scan is not finished")
            code = 2
    gc.freeze()  # nor are they looked through on the way out
    sys.exit(code)


def _run(arguments: list[str] | None) -> int:
    try:
        code = cli.main(
            args=arguments,
            prog_name="datalint",
            standalone_mode=False,
            obj=sys.argv[1:] if arguments is None else arguments,
        )
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.Abort:
        raise
    except click.UsageError as error:
        if error.ctx is not None:
            tell(error.ctx.get_usage())
        _complain(error.format_message())
        return 2
    except click.ClickException as error:
        _complain(error.format_message())
        return 2
    except BrokenPipeError:
        # The reader went away (`datalint scan | head`): not our fault, and not theirs.
        abandon(sys.stdout)
        return 2
    except Exception as error:
        return _refusal(error)
    return code if isinstance(code, int) else 0


def _refusal(error: Exception) -> int:
    """One clear line for what a user can fix, and for an internal error how to get a traceback."""
    from datalint.dataset.discover import DatasetError, MissingPathError

    if isinstance(error, MissingPathError):
        _complain(str(error))
        return 3
    from datalint.config.settings import ConfigError
    from datalint.executors import EngineError
    from datalint.limits import LimitError
    from datalint.report.decisions import DecisionError
    from datalint.rule import OptionError
    from datalint.workers import StartError

    known = ConfigError | OptionError | LimitError | DatasetError | DecisionError | EngineError | StartError
    if isinstance(error, known):
        _complain(str(error))
        return 2
    if isinstance(error, MemoryError):
        _complain("there is not enough memory on this machine, or for this process (ulimit -v)")
        return 2
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        if not where and error.errno in (errno.EBADF, errno.ENOSPC, errno.EIO):
            where = "cannot write to stdout: "
            abandon(sys.stdout)
        _complain(f"{where}{error.strerror or error}")
        return 2
    if os.environ.get("DATALINT_TRACEBACK"):
        raise error
    _complain(
        f"internal error: {type(error).__name__}: {' '.join(str(error).split())[:300]} "
        "(set DATALINT_TRACEBACK=1 for the traceback, and please report it)"
    )
    return 2


def _complain(message: str) -> None:
    from datalint.report.place import escaped

    tell(f"datalint: error: {escaped(message)}")
