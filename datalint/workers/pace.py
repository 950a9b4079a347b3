"""Whether one more process pays: it takes a quarter of a second to start one, and small work is done by then."""

from __future__ import annotations

import math
import threading
import time

_PAYS = 0.6  # seconds that each process which works would still have to do
_COLD = 0.2  # seconds of a first batch that may be spent on imports
_QUIET = 0.5  # seconds in which nothing was done: what is left is not small, or hangs


class Pace:
    """How fast files are done, and what is left: told by those who work, asked by those who wait."""

    def __init__(self, files: int) -> None:
        """`files` are all that there is to do."""
        self._left = files
        self._seconds_each = 0.0
        self._cold = _COLD
        self._last = math.inf  # nothing has begun
        self._over = False
        self._changed = threading.Condition()

    def begin(self) -> None:
        """A process is ready and begins with the first files; said again it does nothing."""
        with self._changed:
            if self._last == math.inf:
                self._last = time.monotonic()
                self._changed.notify_all()

    def done(self, files: int, seconds: float) -> None:
        """So many files took so long, in one process."""
        with self._changed:
            self._left -= files
            self._seconds_each = max(0.0, seconds - self._cold) / max(1, files)
            self._cold, self._last = 0.0, time.monotonic()
            self._changed.notify_all()

    def end(self) -> None:
        """Nothing is left to begin."""
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def pays(self, working: int) -> bool:
        """Wait until it is known whether one process pays beside so many that work."""
        with self._changed:
            while not self._over:
                quiet = _QUIET * working - (time.monotonic() - self._last)
                if quiet <= 0 or self._left * self._seconds_each > _PAYS * working:
                    return True
                self._changed.wait(None if self._last == math.inf else quiet)
        return False
