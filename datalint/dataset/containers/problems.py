"""Problems of a file or folder, as many as anyone can look at one by one; the others are counted."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Self

from datalint.dataset.containers.limits import MOST_PROBLEMS
from datalint.dataset.containers.records import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable


class Problems(list[Problem]):
    """A list that keeps MOST_PROBLEMS problems and counts further ones: the last of those kept says how many."""

    def __init__(self, problems: Iterable[Problem] = ()) -> None:
        super().__init__()
        self._first: Problem | None = None
        self._more = 0
        self.extend(problems)

    def append(self, problem: Problem) -> None:
        """One more."""
        if len(self) < MOST_PROBLEMS:
            super().append(problem)
        else:
            self._count(1)

    def extend(self, problems: Iterable[Problem]) -> None:
        """Several more, one by one."""
        for problem in problems:
            self.append(problem)

    def __iadd__(self, problems: Iterable[Problem]) -> Self:  # type: ignore[override,misc]
        """As `extend`."""
        self.extend(problems)
        return self

    def several(self, count: int, problems: Iterable[Problem]) -> None:
        """`count` more; of `problems`, which makes them, no more are made than are kept."""
        room = min(count, MOST_PROBLEMS - len(self))
        super().extend(islice(problems, room))
        if count > room:
            self._count(count - room)

    def _count(self, more: int) -> None:
        """Problems that are not kept."""
        if self._first is None:
            self._first = self[-1]
        self._more += more
        reason = f"{self._first.reason}; {self._more:,} more problems like this or others are not listed"
        self[-1] = self._first._replace(reason=reason)


__all__ = ["Problems"]
