"""Belief and tiers on scores drawn from known laws: what is called wrong is wrong as often as was said."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch")
pytest.importorskip("cleanlab")

from datalint.probe import belief, quality
from datalint.probe.batches import Found
from datalint.probe.neighbours import nearest
from datalint.probe.prediction import Prediction
from datalint.probe.task import Task

COUNT, CLASSES = 3000, 5


def drawn(scale: float, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Scores, and classes that they tell as surely as their softmax says."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(COUNT, CLASSES)) * scale
    true = (belief.softmax(scores, 1.0).cumsum(1) < rng.random((COUNT, 1))).sum(1)
    return scores, np.minimum(true, CLASSES - 1)


def mislabelled(true: NDArray[np.int64], chance: NDArray[np.float64], seed: int = 1) -> NDArray[np.int64]:
    """Labels where class k is called j with probability `chance`[k, j]."""
    rng = np.random.default_rng(seed)
    return np.asarray((chance[true].cumsum(1) < rng.random((len(true), 1))).sum(1))


def even(share: float) -> NDArray[np.float64]:
    return np.eye(CLASSES) * (1 - share) + (1 - np.eye(CLASSES)) * share / (CLASSES - 1)


def one_pair(share: float) -> NDArray[np.float64]:
    chance = np.eye(CLASSES)
    chance[0, :2] = 1 - share, share
    return chance


@pytest.mark.parametrize("chance", [even(0.05), even(0.15), one_pair(0.1)], ids=["5%", "15%", "one pair"])
def test_what_is_called_wrong_is(chance: NDArray[np.float64]) -> None:
    scores, true = drawn(4.0)
    given = mislabelled(true, chance)
    wrong = given != true
    formed = belief.form(scores, given, np.arange(COUNT), 0)
    assert formed.noise is not None
    assert formed.noise_error is not None
    assert abs(formed.noise - wrong.mean()) < max(4 * formed.noise_error, 0.01)
    chosen, expected = quality.likely(formed, given)
    assert expected is not None
    assert expected >= quality.LIKELY_PRECISION
    assert wrong[chosen].mean() >= quality.LIKELY_PRECISION
    assert chosen[wrong].mean() > 0.25


@pytest.mark.parametrize("scale", [0.5, 1.5, 4.0])
def test_doubt_is_no_wrong_label(scale: float) -> None:
    """Labels drawn from the probe's own belief are right, however unsure it is."""
    scores, given = drawn(scale)
    formed = belief.form(scores, given, np.arange(COUNT), 0)
    judged = quality.judge(formed, given)
    assert (formed.noise or 0.0) < 0.005
    assert (formed.noise is None) == (scale < 1)
    assert judged.likely.sum() <= 1
    assert judged.suspicious.mean() <= quality.SUSPICIOUS_SHARE
    assert belief.fit_scale(scores, given) == pytest.approx(1, abs=0.1)


def test_classes_that_go_together_are_known() -> None:
    """Scores that rank two classes only as one are mapped to a belief that gives both their share."""
    rng = np.random.default_rng(0)
    true = rng.integers(0, 3, COUNT)
    scores = np.zeros((COUNT, 3))
    scores[np.arange(COUNT), np.where(true == 2, 1, true)] = 3.0
    scores += rng.normal(size=scores.shape) * 0.2
    formed = belief.form(scores, true, np.arange(COUNT), 0)
    assert formed.related[true > 0][:, 1:].mean(0) == pytest.approx([0.5, 0.5], abs=0.03)
    assert not quality.judge(formed, true).likely.any()


def test_many_classes_have_one_scale() -> None:
    """Above the number for which a map is fitted the belief is still calibrated, and wrong labels still found."""
    rng = np.random.default_rng(0)
    classes = 120
    true = rng.integers(0, classes, COUNT)
    scores = rng.normal(size=(COUNT, classes)) * 0.5
    scores[np.arange(COUNT), true] += 6
    given = np.where(rng.random(COUNT) < 0.05, rng.integers(0, classes, COUNT), true)
    chosen, _ = quality.likely(belief.form(scores, given, np.arange(COUNT), 0), given)
    assert (given != true)[chosen].mean() > 0.9
    assert chosen[given != true].mean() > 0.5


def test_a_batch_is_likely_mislabelled_and_counted() -> None:
    scores, true = drawn(4.0)
    rows = np.flatnonzero((true == 0) & (scores.argmax(1) == 0))[:100]
    given = true.copy()
    given[rows] = 1
    batch = Found("name", "b*", 1, 0, rows, 100, 0.9)
    formed = belief.form(scores, quality.corrected(given, [batch]), np.arange(COUNT), 0)
    judged = quality.judge(formed, given, [batch])
    assert judged.likely[rows].all()
    assert not judged.suspicious[rows].any()
    assert (judged.suggested[rows] == 0).all()
    assert judged.precision == pytest.approx(0.9, abs=0.02)
    share, error = quality.noise(formed, scores, given, [batch])
    assert share is not None
    assert error is not None
    assert share == pytest.approx(0.9 * 100 / COUNT, abs=0.003)
    assert share + error >= 100 / COUNT
    assert quality.judge(formed, given).likely[rows].mean() < 1


@pytest.mark.parametrize("count", [0, 4, 40])
def test_the_share_of_wrong_labels_leaves_room_for_plain_errors(count: int) -> None:
    """Too few to be told from doubt, so that the fit may find none: the interval includes them nevertheless."""
    rng = np.random.default_rng(0)
    true = np.arange(400) % 4
    scores = rng.normal(0, 0.05, (400, 4))
    scores[np.arange(400), true] += 1
    given = true.copy()
    given[:count] = (true[:count] + 1) % 4
    blind = belief.Belief(scores, scores, scores, 0.0, 0.0)  # a fit that took them for doubt
    share, error = quality.noise(blind, scores, given, [])
    assert share == 0
    assert error is not None
    assert 0.4 * count / 400 <= error <= count / 400


def test_planted_labels_are_other_labels() -> None:
    given = np.arange(200) % 4
    labels, rows = quality.plant(given, 4, 0)
    assert len(rows) == len(np.unique(rows)) == 10
    assert set(np.flatnonzero(labels != given)) == set(rows)
    assert labels.max() < 4


def test_neighbours_are_of_the_class_and_no_copies() -> None:
    likeness = np.array([[1.0, 0.9, 0.8, 0.7, 0.6, -np.inf]], np.float32)
    task = Task(
        items=np.array([10, 11, 12, 13, 14, 15]),
        given=np.array([0, 0, 1, 0, 0, 1]),
        classes=["a", "b"],
        group=np.array([10, 10, 12, 13, 14, 15]),
        not_assessed={},
    )
    made = Prediction(np.zeros((6, 2)), np.zeros(6, np.float32), lambda rows: likeness[rows].copy(), "")
    assert nearest(made, task, np.array([0]), np.array([0])) == [[13, 14]]  # 11 is a copy
    assert nearest(made, task, np.array([0]), np.array([1])) == [[12]]  # how like 15 is, is not known
