"""Batches: images of one class that look like another one together, because of one mistake.

Out of sample a probe errs for two reasons. Of two classes that it confuses, the scores draw near: the further an image
lies on the wrong side of the border, the rarer it is. Where labels were exchanged, the images lie as far on the wrong
side as the right ones of that class. And a mistake that was made once (a folder dropped into another, a list with two
classes exchanged) leaves its traces in what the images share: the split, the folder, the label file, the names.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import hypergeom

from datalint.probe.groupings import Grouping

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from datalint.probe.groupings import Order

LEAST = 4
"""Images that are a batch, copies counted once."""
_CHANCE = 0.001  # that any group of a dataset is called one where the labels have nothing to do with it
_REVERSE = 0.01  # the same of the reverse of a batch in the same place
_PLAIN = 0.25  # of the median margin of right labels: how far the median of a batch lies on the wrong side
_REST = 2.0  # how many times more of the other images of the class look like it than like the other
_RUN_COST = 3.0  # of an image in a run that is not contradicted: three in four must be
_DEEP = 0.5  # of the median margin of right labels: as far from the border as those
_NEAR = 0.15  # share of the images of a class near its border with another, below which the two are told apart
_BOTH_NEAR = 0.2  # the same of both classes


@dataclass(frozen=True, slots=True)
class Found:
    """A batch among the images of a task."""

    by: str
    """What its images share: split, folder, file, name, number, time; or look: they share no more than their look."""
    name: str
    """Of the split, folder, ...; empty for a look."""
    given: int
    suggested: int
    rows: NDArray[np.int64]
    """Row numbers of the images that look like the other class."""
    of: int
    """How many images of the class there are in the split, folder, ...; of a look, in all."""
    certain: float
    """Expected share of `rows` that are labelled wrongly."""


def find(
    scores: NDArray[np.float64],
    given: NDArray[np.int64],
    group: NDArray[np.int64],
    groupings: Sequence[Grouping],
    orders: Sequence[Order],
) -> list[Found]:
    """Batches by out-of-sample `scores` (n, classes), labels and groups of copies (n,). No image is in two."""
    margins = Margins(scores, given)
    _, first = np.unique(group, return_index=True)
    alone = np.zeros(len(given), bool)  # copies are not independent evidence
    alone[first] = True
    tests = _tests(given, alone, groupings, orders, scores.shape[1])
    found: list[Found] = []
    for label, rows in enumerate(margins.rows):
        for other, count in zip(*np.unique(margins.top[rows[alone[rows]]], return_counts=True), strict=True):
            if other != label and count >= LEAST:
                found += _between(margins, label, int(other), alone, groupings, orders, _CHANCE / tests)
    for one in [place for place in found if place.by != "look"]:
        # of exchanged classes one direction may be plainer than the other
        back = (one.suggested, one.given)
        if any((other.given, other.suggested) == back and other.by != "look" for other in found):
            continue
        only = [part for grouping in groupings for part in _only(grouping, one)]
        again = [*_between(margins, *back, alone, only, [], _REVERSE)]
        if any(other.by == one.by for other in again):
            found = [other for other in found if (other.given, other.suggested) != back] + again
    return sorted(found, key=lambda one: (one.given, one.suggested))


def _only(grouping: Grouping, batch: Found) -> Iterator[Grouping]:
    """The part of `grouping` that is the batch's, as a grouping of its own."""
    if grouping.by == batch.by and batch.name in grouping.names:
        inside = grouping.part == grouping.names.index(batch.name)
        yield Grouping(grouping.by, np.where(inside, 0, -1), [batch.name])


class Margins:
    """How far images lie on the side of one class against another."""

    def __init__(self, scores: NDArray[np.float64], given: NDArray[np.int64]) -> None:
        self.scores, self.given, self.top = scores, given, scores.argmax(1)
        order = np.argsort(given, kind="stable")
        cuts = np.searchsorted(given[order], np.arange(scores.shape[1] + 1))
        self.rows = [order[start:end] for start, end in pairwise(cuts)]
        """Row numbers of the images of each class."""

    def towards(self, other: int, label: int, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """(m,) scores of `other` less those of `label`, of the images `rows` (m,)."""
        return np.asarray(self.scores[rows, other] - self.scores[rows, label])

    def usual(self, other: int, label: int) -> float:
        """The median of those of `other` that are seen as such; nan where none is."""
        right = self.rows[other][self.top[self.rows[other]] == other]
        return float(np.median(self.towards(other, label, right))) if len(right) else float("nan")


def _tests(
    given: NDArray[np.int64],
    alone: NDArray[np.bool_],
    groupings: Sequence[Grouping],
    orders: Sequence[Order],
    classes: int,
) -> int:
    """How many groups of one class there are that could look like another: each is a chance to err."""
    parts = len(orders) * classes
    for grouping in groupings:
        inside = alone & (grouping.part >= 0)
        _, sizes = np.unique(grouping.part[inside] * classes + given[inside], return_counts=True)
        parts += int((sizes >= LEAST).sum())
    return max(1, parts) * (classes - 1)


def _between(
    margins: Margins,
    label: int,
    other: int,
    alone: NDArray[np.bool_],
    groupings: Sequence[Grouping],
    orders: Sequence[Order],
    chance: float,
) -> Iterator[Found]:
    """The batches labelled `label` that look like `other`: the least probable first, then what is left without it."""
    rows = margins.rows[label]
    seen, towards = margins.top[rows], margins.towards(other, label, rows)
    usual = margins.usual(other, label)
    left = np.ones(len(rows), bool)
    while (seen[left & alone[rows]] == other).sum() >= LEAST:
        pool = np.flatnonzero(left)
        against, own = seen[pool] == other, seen[pool] == label
        counted = alone[rows[pool]]
        candidates = [
            *_by_part(groupings, rows[pool], against, own, counted),
            *_by_run(orders, rows[pool], against, own, counted),
        ]
        candidates = [
            one
            for one in candidates
            if one.chance <= chance and np.median(towards[pool[one.inside & against]]) >= _PLAIN * usual
        ]
        if not candidates:
            break
        best = min(candidates, key=lambda one: one.chance)
        members = pool[best.inside & against]
        yield Found(best.by, best.name, label, other, rows[members], int(best.inside.sum()), best.certain)
        left[pool[best.inside]] = False
    look = _by_look(margins, label, other, rows[left], alone)
    if look is not None:
        yield look


@dataclass(frozen=True, slots=True)
class _Candidate:
    by: str
    name: str
    inside: NDArray[np.bool_]
    chance: float
    certain: float


def _by_part(
    groupings: Sequence[Grouping],
    rows: NDArray[np.int64],
    against: NDArray[np.bool_],
    own: NDArray[np.bool_],
    counted: NDArray[np.bool_],
) -> Iterator[_Candidate]:
    for grouping in groupings:
        part = grouping.part[rows]
        hit, number = np.unique(part[against & counted & (part >= 0)], return_counts=True)
        for one in hit[number >= LEAST].tolist():
            inside = part == one
            judged = _judged(inside, against, own, counted)
            if judged is not None:
                yield _Candidate(grouping.by, grouping.names[one], inside, *judged)


def _by_run(
    orders: Sequence[Order],
    rows: NDArray[np.int64],
    against: NDArray[np.bool_],
    own: NDArray[np.bool_],
    counted: NDArray[np.bool_],
) -> Iterator[_Candidate]:
    """The run of neighbours, of all, that has the most contradicted images, less what others in it cost."""
    for order in orders:
        there = np.flatnonzero((order.rank[rows] >= 0) & counted)
        if len(there) < LEAST:
            continue
        line = there[np.argsort(order.rank[rows[there]], kind="stable")]
        total = np.concatenate([[0.0], np.cumsum(np.where(against[line], 1.0, -_RUN_COST))])
        lowest = np.minimum.accumulate(total)
        end = int(np.argmax(total - lowest))
        start = int(np.argmin(total[: end + 1]))
        if end - start < LEAST:
            continue
        ranks = order.rank[rows]
        first, last = line[start], line[end - 1]
        inside = (ranks >= ranks[first]) & (ranks <= ranks[last])
        judged = _judged(inside, against, own, counted)
        if judged is not None:
            name = f"{order.names[rows[first]]} to {order.names[rows[last]]}"
            runs = len(line) * (len(line) + 1) / 2  # each could have been the one
            yield _Candidate(order.by, name, inside, judged[0] * runs, judged[1])


def _judged(
    inside: NDArray[np.bool_], against: NDArray[np.bool_], own: NDArray[np.bool_], counted: NDArray[np.bool_]
) -> tuple[float, float] | None:
    """How probably so many contradicted images fall into the group by chance, and the share of those that are wrong.

    None unless most of the group looks like the other class, and most of the rest does not. The rest must be there:
    what is true of a whole class says that the two classes are alike.
    """
    there, rest = inside & counted, ~inside & counted
    hit, miss = int((there & against).sum()), int((there & own).sum())
    others, right = int((rest & against).sum()), int((rest & own).sum())
    size, beside = int(there.sum()), int(rest.sum())
    if hit < LEAST or hit <= miss or right < LEAST or right < _REST * others or 2 * (size - miss) <= size:
        return None
    chance = float(hypergeom.sf(hit - 1, size + beside, hit + others, size))
    return chance, max(0.0, 1 - others / beside * size / hit)


def _by_look(
    margins: Margins, label: int, other: int, rows: NDArray[np.int64], alone: NDArray[np.bool_]
) -> Found | None:
    """The images of `label` among `rows` that look like `other`, where it is too plain to be confusion.

    The two classes must be told apart: few images lie near the border. Then confusion leaves few on the wrong side, and
    these near it. More of them deep in the other class than near its border were put there.
    """
    usual, own_usual = margins.usual(other, label), margins.usual(label, other)
    against = rows[margins.top[rows] == other]
    mine, theirs = np.setdiff1d(rows, against), margins.rows[other]
    far = margins.towards(other, label, against) >= _DEEP * usual
    deep, shallow = int((far & alone[against]).sum()), int((~far & alone[against]).sum())
    near = shallow + int((margins.towards(other, label, mine) > -_DEEP * own_usual).sum())
    near_theirs = int((margins.towards(other, label, theirs) < _DEEP * usual).sum())
    apart = near <= _NEAR * (len(mine) + shallow) and near + near_theirs <= _BOTH_NEAR * (
        len(mine) + shallow + len(theirs)
    )
    if not apart or deep < LEAST or deep <= shallow or 2 * deep > len(mine):
        return None
    return Found("look", "", label, other, against, len(rows), deep / (deep + shallow))
