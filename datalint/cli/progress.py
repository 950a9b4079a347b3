"""The progress bar on stderr: stage, count, rate and time left. Silent if stderr is not a terminal."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from datalint.progress import TITLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def bars(*, enabled: bool) -> Iterator[Callable[[str, int, int], None] | None]:
    """A callable told (stage, done, total), or None when stderr is not a terminal or the run is in CI."""
    if not enabled or not sys.stderr.isatty() or os.environ.get("CI"):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    with Progress(
        TextColumn("{task.description:20}"),
        BarColumn(),
        TextColumn("{task.fields[count]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as display:
        tasks: dict[str, TaskID] = {}
        # Files and labels are read before anything can be counted: until then a bar that only moves.
        first = display.add_task("Reading the labels", total=None, count="")

        def tell(stage: str, done: int, total: int) -> None:
            if not tasks:
                display.remove_task(first)
            if stage not in tasks:
                tasks[stage] = display.add_task(TITLES.get(stage, stage), total=total, count="")
            task = display.tasks[display.task_ids.index(tasks[stage])]
            rate = f"  {task.speed:,.0f}/s" if task.speed else ""
            display.update(tasks[stage], completed=done, total=total, count=f"{done:,}/{total:,}{rate}")

        yield tell


@contextmanager
def logged(*, quiet: bool, verbose: bool) -> Iterator[None]:
    """Show the library's log on stderr: warnings, and with `verbose` also what the cache saved."""
    import logging

    from datalint.report.place import escaped

    class Lines(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return escaped(super().format(record))

    log = logging.getLogger("datalint")
    handler = logging.StreamHandler()
    handler.setFormatter(Lines())
    before = log.level
    log.setLevel(logging.ERROR if quiet else logging.INFO if verbose else logging.WARNING)
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(before)
