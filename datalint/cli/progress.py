"""The progress bar on stderr: stage, count, rate and time left. Silent where nobody watches."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TITLES = {
    "measure": "Measuring images",
    "masks": "Measuring masks",
    "compare": "Comparing images",
    "probe": "Training the probe",
    "judge": "Running rules",
}


@contextmanager
def bars(*, enabled: bool) -> Iterator[Callable[[str, int, int], None] | None]:
    """A callable told (stage, done, total), or None when stderr is no terminal or the run is in CI."""
    if not enabled or not sys.stderr.isatty() or os.environ.get("CI"):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    with Progress(
        TextColumn("{task.description:20}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as display:
        tasks: dict[str, TaskID] = {}

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = display.add_task(TITLES.get(stage, stage), total=total, rate="")
            task = display.tasks[display.task_ids.index(tasks[stage])]
            rate = f"{task.speed:,.0f}/s" if task.speed else ""
            display.update(tasks[stage], completed=done, total=total, rate=rate)

        yield tell


@contextmanager
def logged(*, quiet: bool, verbose: bool) -> Iterator[None]:
    """Show on stderr what the library logs: what went wrong on the way, with `verbose` also what was spared."""
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
