"""A request to a store, tried again where that may help, and what went wrong in words."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_TRIES, _TRIES_OF_BUSY = 3, 6
_WAIT, _LONGEST_WAIT = 0.25, 4.0  # seconds: doubled each time
#: After so many requests in a row that all came to nothing, others are tried once until one succeeds; and not for long
#: where the store may be gone. Without this a scan would wait for each of its images.
_IN_A_ROW = 24
_TIMES = {1: "", 2: " twice", 3: " three times", 6: " six times"}


class StoreError(OSError):
    """A request that came to nothing: what the store did, in words."""

    def __init__(self, words: str, *, busy: bool = False, again: bool = True, alive: bool = False) -> None:
        super().__init__(None, words)
        self.words = words
        self.busy = busy
        """Whether the store says that it has too much to do."""
        self.again = again
        """Whether another try may help."""
        self.alive = alive
        """Whether the store did answer: this object is at fault, or who asks for it."""

    def __str__(self) -> str:
        return self.words


class Attempts:
    """How often one store is asked for the same thing: three times, six times if it is busy, once if all fails."""

    def __init__(self, sleep: Callable[[float], object] = time.sleep) -> None:
        self._sleep = sleep
        self._failed = 0
        self._is_alive = True

    def of(self, request: Callable[[bool], T]) -> T:
        """The answer to a request; raises StoreError, which says how often it was tried.

        `request` is given whether it should not wait for long.
        """
        tried = 0
        while True:
            tried += 1
            once = self._failed >= _IN_A_ROW
            try:
                answer = request(once and not self._is_alive)
            except StoreError as error:
                most = _TRIES_OF_BUSY if error.busy else _TRIES
                if once or tried >= most or not error.again:
                    self._failed += 1
                    self._is_alive = error.alive
                    raise StoreError(error.words + _TIMES.get(tried, f" {tried} times"), again=error.again) from None
            else:
                self._failed = 0
                return answer
            # A little by chance: requests that failed together are not to come again together.
            self._sleep(min(_LONGEST_WAIT, _WAIT * 2**tried) * random.uniform(0.5, 1.0))


__all__ = ["Attempts", "StoreError"]
