"""How far a scan is, as a notebook shows it: one line, gone when the scan is done. A terminal has `cli/progress.py`."""

from __future__ import annotations

import sys
import time
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Progress = Callable[[str, int, int], None]

TITLES = {
    "measure": "Measuring images",
    "masks": "Measuring masks",
    "compare": "Comparing images",
    "probe": "Training the probe",
    "judge": "Running rules",
}
#: Seconds between two changes of the line.
_EVERY = 0.2


@contextmanager
def shown(progress: Progress | Literal[False] | None) -> Iterator[Progress | None]:
    """What is to be called with (stage, done, total): the given one; without one the line, where a notebook runs."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None and progress is None else None
    if progress or getattr(shell, "kernel", None) is None:
        yield progress or None
        return
    from IPython import display

    show: Any = display.display
    handle = show(_line("Reading the labels"), raw=True, display_id=True)
    last = time.monotonic()

    def tell(stage: str, done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _EVERY:
            handle.update(_line(f"{TITLES.get(stage, stage)}  {done:,}/{total:,}"), raw=True)
            last = time.monotonic()

    try:
        with warnings.catch_warnings():
            # A library of the probe's looks for a bar of its own, in an extension that nobody needs.
            warnings.filterwarnings("ignore", "IProgress not found")
            yield tell
    finally:
        handle.update(_line(""), raw=True)


def _line(text: str) -> dict[str, str]:
    return {"text/plain": text}


__all__ = ["TITLES", "shown"]
