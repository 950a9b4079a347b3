"""Batches on scores drawn from known laws: what was exchanged is found, what is confused is not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("scipy")

from datalint.probe import batches
from datalint.probe.groupings import Grouping, Order

CLASSES, EACH = 4, 60
COUNT = CLASSES * EACH


def told(seed: int = 0, apart: float = 0.8, doubt: float = 0.1) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Scores and right labels: the own class is `apart` from the others, give or take `doubt` each."""
    rng = np.random.default_rng(seed)
    true = np.repeat(np.arange(CLASSES), EACH)
    scores = rng.normal(0.05, doubt, (COUNT, CLASSES))
    scores[np.arange(COUNT), true] += apart
    return scores, true


def by(rows: NDArray[np.int64], name: str = "site2", kind: str = "folder") -> Grouping:
    part = np.full(COUNT, -1)
    part[rows] = 0
    return Grouping(kind, part, [name])


def line() -> Order:
    return Order("number", np.arange(COUNT), [f"{row:04}.jpg" for row in range(COUNT)])


def find(
    scores: NDArray[np.float64],
    given: NDArray[np.int64],
    groupings: list[Grouping] | None = None,
    orders: list[Order] | None = None,
    group: NDArray[np.int64] | None = None,
) -> list[batches.Found]:
    return batches.find(scores, given, np.arange(COUNT) if group is None else group, groupings or [], orders or [])


def test_a_group_that_looks_like_another_class_is_found() -> None:
    """Also where the classes are told apart badly."""
    scores, true = told(apart=0.25, doubt=0.15)
    given = true.copy()
    given[:20] = 1
    assert 0.5 < (scores.argmax(1) == true).mean() < 0.9
    (found,) = find(scores, given, [by(np.arange(20))])
    assert (found.by, found.name, found.given, found.suggested, found.of) == ("folder", "site2", 1, 0, 20)
    assert found.rows.tolist() == np.flatnonzero(scores[:20].argmax(1) == 0).tolist()
    assert found.certain > 0.8
    assert not find(scores, given)  # no more than a look: it may be confusion


def test_exchanged_classes_are_two_batches_of_one_place() -> None:
    scores, true = told()
    given = true.copy()
    inside = np.r_[0:12, EACH : EACH + 12]
    given[inside] = 1 - given[inside]
    found = find(scores, given, [by(np.r_[inside, 2 * EACH : 2 * EACH + 12], "val", "split")])
    assert [(one.by, one.name, one.given, one.suggested, len(one.rows), one.of) for one in found] == [
        ("split", "val", 0, 1, 12, 12),
        ("split", "val", 1, 0, 12, 12),
    ]


@pytest.mark.parametrize("near", [20, 0])
def test_the_reverse_of_a_batch_needs_less(near: int) -> None:
    """Four images of seven alone would not be enough among so many groups, or be no more than a look."""
    scores, true = told()
    given = true.copy()
    few = np.r_[EACH : EACH + 4]
    given[:12], given[few] = 1, 0
    scores[30 : 30 + near, 1] = scores[30 : 30 + near, 0] - 0.1  # too many near the border for a look
    others = [by(np.flatnonzero(np.arange(COUNT) % 12 == number), str(number)) for number in range(12)]
    inside = by(np.r_[0:12, 20:23, few], "val", "split")
    found = find(scores, given, [inside, *others])
    assert [(one.by, one.given, one.suggested, len(one.rows)) for one in found] == [
        ("split", 0, 1, 4),
        ("split", 1, 0, 12),
    ]
    alone = find(scores, np.where(given == 1, true, given), [inside, *others])
    assert [one.by for one in alone] == ([] if near else ["look"])


def test_a_run_of_numbers_is_found_and_named_by_its_ends() -> None:
    scores, true = told(apart=0.3, doubt=0.12)
    given = true.copy()
    given[20:40] = 1
    (found,) = find(scores, given, [], [line()])
    assert found.by == "number"
    first, last = (int(end.removesuffix(".jpg")) for end in found.name.split(" to "))
    assert 20 <= first <= 24
    assert 36 <= last <= 39


@pytest.mark.parametrize("count", [6, 15])
def test_what_is_too_plain_for_confusion_needs_no_name(count: int) -> None:
    scores, true = told()
    given = true.copy()
    given[:count] = 1
    (found,) = find(scores, given)
    assert (found.by, found.given, found.suggested) == ("look", 1, 0)
    assert found.rows.tolist() == list(range(count))


def test_confusion_is_not_a_batch() -> None:
    """However many images lie on the wrong side: they thin out with the distance from the border."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        scores, true = told(seed)
        margin = rng.normal(0.3, 0.35, COUNT)  # of the own class over the next
        scores[np.arange(COUNT), true] = 0.5 + margin / 2
        scores[np.arange(COUNT), (true + 1) % CLASSES] = 0.5 - margin / 2
        assert (scores.argmax(1) != true).sum() > 20
        groups = [by(rng.choice(COUNT, 60, replace=False), name=str(number)) for number in range(20)]
        assert not find(scores, true, groups, [line()])


@pytest.mark.parametrize(("near", "found"), [(3, 1), (8, 0)])
def test_more_near_the_border_than_beyond_it_is_confusion(near: int, found: int) -> None:
    scores, true = told()
    given = true.copy()
    given[: near + 6] = 1
    scores[:near, 1] = scores[:near, 0] - 0.1
    assert len(find(scores, given)) == found


def test_labels_wrong_at_random_are_not_a_batch() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        scores, true = told(seed)
        given = true.copy()
        rows = rng.choice(COUNT, 24, replace=False)
        given[rows] = (true[rows] + rng.integers(1, CLASSES, 24)) % CLASSES
        groups = [by(rng.choice(COUNT, 60, replace=False), name=str(number)) for number in range(20)]
        assert not [one for one in find(scores, given, groups, [line()]) if one.by != "look"]


def test_what_is_true_of_a_whole_class_is_not_a_batch() -> None:
    """Two names of one class: the probe gives the images of one to the other."""
    scores, given = told()
    scores[:EACH, [0, 1]] = scores[:EACH, [1, 0]]
    assert not find(scores, given, [by(np.arange(30)), by(np.arange(EACH))], [line()])


def test_copies_count_once() -> None:
    scores, true = told(apart=0.3, doubt=0.12)
    given = true.copy()
    given[:12] = 1
    apart, copies = np.arange(COUNT), np.arange(COUNT)
    copies[:12] = 0
    assert find(scores, given, [by(np.arange(12))], group=apart)
    assert not find(scores, given, [by(np.arange(12))], group=copies)


def test_no_image_is_in_two_batches() -> None:
    scores, true = told()
    given = true.copy()
    given[:15] = 1
    found = find(scores, given, [by(np.arange(10), "a"), by(np.arange(5, 15), "b"), by(np.arange(15), "c")], [line()])
    rows = np.concatenate([one.rows for one in found])
    assert sorted(rows.tolist()) == list(range(15))
