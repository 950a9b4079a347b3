"""What a command needs of its process: streams that can be written to, an end when it is asked to end, memory."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

import click

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_GRACE_SECONDS = 10  # to end the workers and remove what was half written
_SPACE = 1 << 30  # of addresses that the libraries ask for when they start, most of which stay empty, ...
_SPACE_PER_CORE = 256 << 20  # ... and for each of their threads
_DATA = 400 << 20
_CTRL_C = 130


class Stopped(BaseException):
    """A signal asks this process to end."""


def tell(message: str) -> None:
    """Print a line to stderr, if that can be written to: whoever closed it does not want to know."""
    try:
        click.echo(message, err=True)
    except OSError:
        abandon(sys.stderr)


def abandon(stream: TextIO) -> None:
    """Let a stream lead nowhere: what it has buffered would fail again when the interpreter closes it."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def open_streams() -> None:
    """Put something in the place of standard streams that were closed: else the next file that is opened takes it.

    To write to stdout still fails; what stderr gets is lost.
    """
    for descriptor, flags in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, flags)
    if sys.stdin is None:
        sys.stdin = open(0, closefd=False)  # noqa: SIM115 - for as long as the process lives
    if sys.stdout is None:
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115


@contextmanager
def ended_by_signals(*, last: bool) -> Iterator[None]:
    """Within it SIGTERM and SIGHUP raise Stopped, and Ctrl-C KeyboardInterrupt, as it always does.

    Where that does not end the process in ten seconds, or the signal comes again, it ends at once. `last`: behind it
    the process only ends, and no signal changes with which code.
    """
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    numbers = [getattr(signal, name) for name in names]
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in numbers}
    asked = False

    def end(number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        code = _CTRL_C if number == signal.SIGINT else 2
        if asked:
            os._exit(code)
        asked = True
        timer = threading.Timer(_GRACE_SECONDS, os._exit, (code,))
        timer.daemon = True
        timer.start()
        raise KeyboardInterrupt if number == signal.SIGINT else Stopped(signal.Signals(number).name)

    for number in numbers:
        if before[number] is not signal.SIG_IGN:  # nohup
            signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            if last:
                signal.signal(number, signal.SIG_IGN)
            elif handler is not None:  # not one that was set outside of Python
                signal.signal(number, handler)


def require_memory() -> None:
    """Refuse to start with too little memory: the libraries would end the process, with a code that says `findings`."""
    try:
        import resource
    except ImportError:  # Windows
        return
    from datalint.workers import cores

    for limit, option, needed in (
        (resource.RLIMIT_AS, "-v", _SPACE + cores() * _SPACE_PER_CORE),
        (resource.RLIMIT_DATA, "-d", _DATA),
    ):
        allowed, _ = resource.getrlimit(limit)
        if allowed != resource.RLIM_INFINITY and allowed < needed:
            raise click.ClickException(
                f"this process may use {allowed / 1e6:,.0f} MB of memory (ulimit {option}) and needs "
                f"{needed / 1e6:,.0f} MB: raise that limit"
            )
