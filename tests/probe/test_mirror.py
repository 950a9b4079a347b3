"""Whether left and right matter, as the probe sees it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch")
pytest.importorskip("cleanlab")

from datalint.probe import mirror
from tests.probe.test_probe import dataset, judged, pictures

pytestmark = pytest.mark.usefixtures("one_thread")


def slopes(labels: NDArray[np.int64], seed: int = 0) -> NDArray[np.uint8]:
    """(n, 32, 32, 3): diagonals that rise (1) or fall (0), at random places: each is the other in the mirror."""
    rng = np.random.default_rng(seed)
    out = rng.normal(128, 12, (len(labels), 32, 32, 1))
    for picture, label in zip(out, labels, strict=True):
        across, down = rng.integers(4, 12, 2)
        for step in range(16):
            column = across + (15 - step if label else step)
            picture[down + step, column : column + 3] += 80
    return np.broadcast_to(np.clip(out, 0, 255), (*out.shape[:3], 3)).astype(np.uint8)


def test_the_closed_form_says_where_they_do() -> None:
    labels = np.arange(160) % 2
    _, outcome = judged(dataset(slopes(labels), labels))
    seen = outcome.mirrored
    assert seen is not None
    assert seen.of == 160
    assert seen.matters
    assert seen.plain > 150 > 120 > seen.turned


def test_the_closed_form_says_where_they_do_not() -> None:
    labels = np.arange(160) % 3
    _, outcome = judged(dataset(pictures(labels), labels))
    assert outcome.mirrored is not None
    assert not outcome.mirrored.matters
    assert outcome.mirrored.turned >= 155


def test_one_class_among_many_is_enough() -> None:
    given = np.repeat(np.arange(10), 100)
    plain = np.ones(1000, bool)
    turned = plain.copy()
    turned[given == 3] = np.arange(100) < 20
    assert mirror.seen(given, plain, turned, (0.1, 2.0), (0.5, 3.3)).matters
    turned[given == 3] = np.arange(100) < 60
    assert not mirror.seen(given, plain, turned, (0.1, 2.0), (0.5, 3.3)).matters


def test_a_few_by_chance_are_not() -> None:
    given = np.repeat(np.arange(2), 50)
    plain, turned = np.ones(100, bool), np.ones(100, bool)
    turned[::40] = False
    found = mirror.seen(given, plain, turned, (0.0, 2.0), (0.0, 3.3))
    assert (found.of, found.plain, found.turned, found.matters) == (100, 100, 97, False)
