"""Groups dealt out so that each split has its share of every class.

Iterative stratification: K. Sechidis, G. Tsoumakas and I. Vlahavas, "On the Stratification of Multi-Label Data", 2011.
The rarest class is dealt first, each of its pictures to the split that lacks most of the class. Here a group of
pictures goes as one, the largest first.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Group(NamedTuple):
    """What goes into one split."""

    size: int
    """How many pictures it has."""
    classes: Mapping[str, int]
    """Class -> how many of them have it."""


def dealt(groups: Sequence[Group], shares: Mapping[str, float]) -> list[str]:
    """The split of each group. Equals are taken in the order in which they are given."""
    lacking = _Lacking(groups, shares)
    by_class: dict[str, list[int]] = {}
    for number in sorted(range(len(groups)), key=lambda number: -groups[number].size):
        for name in groups[number].classes:
            by_class.setdefault(name, []).append(number)
    left = {name: sum(groups[number].classes[name] for number in of) for name, of in by_class.items()}
    chosen: dict[int, str] = {}
    queue = [(count, name) for name, count in left.items()]
    heapify(queue)
    while queue:
        count, rarest = heappop(queue)
        if count != left[rarest]:
            continue  # fewer are left: that stands in another entry
        for number in by_class[rarest]:
            if number not in chosen:
                chosen[number] = lacking.take(groups[number], rarest)
                for name, taken in groups[number].classes.items():
                    left[name] -= taken
                    if left[name] > 0 and name != rarest:
                        heappush(queue, (left[name], name))
    # Of no class: where most pictures are lacking.
    for number in sorted(range(len(groups)), key=lambda number: -groups[number].size):
        if number not in chosen:
            chosen[number] = lacking.take(groups[number], None)
    return [chosen[number] for number in range(len(groups))]


class _Lacking:
    """How many pictures, and how many of each class, every split still lacks."""

    def __init__(self, groups: Iterable[Group], shares: Mapping[str, float]) -> None:
        total, classes = 0, dict[str, int]()
        for group in groups:
            total += group.size
            for name, count in group.classes.items():
                classes[name] = classes.get(name, 0) + count
        self._pictures = {split: share * total for split, share in shares.items()}
        self._classes = {
            split: {name: share * count for name, count in classes.items()} for split, share in shares.items()
        }

    def take(self, group: Group, name: str | None) -> str:
        """The split that lacks most of a class, and of those that lack as much the one that lacks most pictures."""
        # Of several pictures at once half should fit; a group that no split has room for goes where most is lacking.
        every = list(self._pictures)
        room = [split for split in every if group.size == 1 or self._pictures[split] >= group.size / 2] or every

        def lack(split: str) -> tuple[float, float]:
            return (round(self._classes[split][name], 9) if name is not None else 0.0, round(self._pictures[split], 9))

        best = max(room, key=lack)  # of equals the first
        self._pictures[best] -= group.size
        of = self._classes[best]
        for one, count in group.classes.items():
            of[one] -= count
        return best
