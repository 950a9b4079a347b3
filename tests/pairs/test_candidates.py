"""Hashes, their search, and connected components."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Generator, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalint import workers
from datalint.dataset.components import components
from datalint.pairs import candidates, index, upright
from datalint.pairs.groups import Forest, stars
from datalint.pairs.hashes import ORIENTATIONS, bits, frequencies, ones, oriented, thresholds
from datalint.pairs.index import MAX_DISTANCE


def pictures(n: int, seed: int = 0) -> np.ndarray:
    """(n, 32, 32, 3) smooth random pictures."""
    coarse = np.random.default_rng(seed).integers(0, 256, (n, 8, 8, 3))
    return coarse.repeat(4, 1).repeat(4, 2).astype(np.uint8)


@pytest.mark.parametrize("orientation", ORIENTATIONS, ids=lambda one: one.name)
def test_orienting_frequencies_is_orienting_pixels(orientation: object) -> None:
    small = pictures(3)
    turned = np.moveaxis(orientation.apply(np.moveaxis(small, -1, 1)), 1, -1)  # type: ignore[attr-defined]
    expected, _ = frequencies(np.ascontiguousarray(turned))
    assert np.allclose(oriented(frequencies(small)[0], orientation), expected, atol=1e-5)  # type: ignore[arg-type]


def test_ones_counts_bits() -> None:
    words = np.array([0, 1, 2**64 - 1, 0x0101010101010101], np.uint64)
    assert ones(words).tolist() == [0, 1, 64, 8]


def test_flat_pictures_have_no_hash() -> None:
    small = np.concatenate([np.full((1, 32, 32, 3), 77, np.uint8), pictures(1)])
    waves, textured = frequencies(small)
    assert textured.tolist() == [False, True]
    assert np.array_equal(waves, frequencies(pictures(1))[0])


def test_search_finds_all_that_are_close() -> None:
    """Against the comparison of all with all: none within the guaranteed distance is missed, none is made up."""
    rng = np.random.default_rng(1)
    waves = frequencies(pictures(300))[0]
    near = waves[:100] + rng.normal(0, 0.004, (100, 8, 8)).astype(np.float32)
    waves = np.concatenate([waves, near])
    middle = thresholds(waves)
    hashes = bits(waves, middle)
    distance = ones(hashes[:, None] ^ hashes[None, :])
    cosine = np.einsum("aij,bij->ab", waves, waves)
    a, b = np.nonzero(np.triu((distance <= 7) & (cosine >= 0.93), 1))
    found = candidates.search(waves).pairs
    assert len(a) >= 90
    assert set(zip(a.tolist(), b.tolist(), strict=True)) <= set(zip(found.a.tolist(), found.b.tolist(), strict=True))
    assert (found.a < found.b).all()
    assert (found.distance <= MAX_DISTANCE).all()


def scenes(n: int, seed: int = 0) -> np.ndarray:
    """(n, 8, 8) frequencies of pictures as photographs have them, which fall with 1 / frequency."""
    falling = np.hypot(*np.mgrid[:8, :8]).astype(np.float32)
    falling[0, 0] = np.inf
    return scaled(np.random.default_rng(seed).standard_normal((n, 8, 8), np.float32) / falling)


def scaled(waves: np.ndarray) -> np.ndarray:
    return np.asarray(waves / np.linalg.norm(waves, axis=(1, 2), keepdims=True))


def with_copies(waves: np.ndarray, copied: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """The pictures with turned copies of the first ones behind them, and the orientation that undoes each turn.

    `noise` is the length of what is added to frequencies of length 1.
    """
    rng = np.random.default_rng(1)
    added = rng.standard_normal((copied, 8, 8), np.float32) * np.float32(noise / 63**0.5)
    added[:, 0, 0] = 0
    turns = rng.integers(0, 8, copied).astype(np.uint8)
    copies = upright.turned(scaled(waves[:copied] + added), turns)
    return np.concatenate([waves, copies]), upright.INVERSE[turns]


@pytest.mark.parametrize("few", [0, 1 << 16], ids=["turned upright", "in all orientations"])
def test_copies_are_found_in_every_orientation(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "FEW", few)
    waves, turns = with_copies(scenes(2000), 800, 0.05)
    found = candidates.search(waves).pairs
    which = dict(zip(zip(found.a.tolist(), found.b.tolist(), strict=True), found.orientation.tolist(), strict=True))
    missed = [at for at in range(800) if which.get((at, 2000 + at)) != turns[at]]
    assert missed == []


def test_what_is_found_is_close(monkeypatch: pytest.MonkeyPatch) -> None:
    """However it was found: distance and orientation are those of the pictures as they were given."""
    monkeypatch.setattr(index, "FEW", 0)
    waves, _ = with_copies(scenes(2000), 800, 0.2)
    found = candidates.search(waves).pairs
    middle = thresholds(waves)
    turned = np.stack([bits(oriented(waves, one), middle) for one in ORIENTATIONS])
    assert found.distance.tolist() == ones(turned[0][found.a] ^ turned[found.orientation, found.b]).tolist()
    cosine = np.einsum("ijk,ijk->i", waves[found.a], upright.turned(waves[found.b], found.orientation))
    assert (cosine >= candidates.COSINE - 1e-5).all()


@pytest.mark.parametrize(("noise", "least"), [(0.05, 0.999), (0.2, 0.95)])
def test_many_pictures_hide_no_copies(noise: float, least: float) -> None:
    waves, _ = with_copies(scenes(index.FEW + 10_000), 4000, noise)
    found = candidates.search(waves).pairs
    pairs = set(zip(found.a.tolist(), found.b.tolist(), strict=True))
    n = len(waves) - 4000
    assert np.mean([(at, n + at) in pairs for at in range(4000)]) >= least


def test_crowds_are_the_same_whatever_runs_first() -> None:
    """Two threads search; of many that are alike those stay that are most alike."""
    rng = np.random.default_rng(2)
    waves = scaled(scenes(1) + 0.004 * rng.standard_normal((3000, 8, 8), np.float32))
    waves[:, 0, 0] = 0
    one, other = candidates.search(waves).pairs, candidates.search(waves).pairs
    assert [column.tolist() for column in one] == [column.tolist() for column in other]
    assert np.bincount(one.b).max() <= 8 * 32


class Engine:
    """Runs batches here, on what comes through a pickle; every third is lost."""

    def __init__(self) -> None:
        self.batches: list[index.Part] = []

    def slots(self) -> int:
        return 1

    def run(
        self, function: Callable[[Any], Any], batches: Iterator[Any], seconds: float
    ) -> Generator[workers.pool.Outcome[Any, Any]]:
        for batch in batches:
            self.batches.append(batch)
            lost = len(self.batches) % 3 == 0
            result = None if lost else pickle.loads(pickle.dumps(function(pickle.loads(pickle.dumps(batch)))))
            yield workers.pool.Outcome(batch, result, "lost" if lost else "")


@pytest.mark.parametrize("few", [0, 1 << 16], ids=["turned upright", "in all orientations"])
@pytest.mark.parametrize("crowd", [False, True])
def test_parts_on_an_engine_find_the_same(few: int, crowd: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "FEW", few)
    waves, _ = with_copies(scenes(2000), 800, 0.2)
    if crowd:
        waves = scaled(waves[:1] + 0.1 * waves)
        monkeypatch.setattr(index, "_BUDGET", 16)
    here = candidates.search(waves)
    monkeypatch.setattr(index, "PART", 100)
    monkeypatch.setattr(index, "_ASKED", 1000)
    engine = Engine()
    with workers.elsewhere(engine):
        there = candidates.search(waves)
    assert [column.tobytes() for column in there.pairs] == [column.tobytes() for column in here.pairs]
    assert there.cut.tolist() == here.cut.tolist()
    assert here.cut.any() == crowd
    assert here.pairs.a.size > 700
    assert len({(part.first, part.words[0]) for part in engine.batches}) > (3 if crowd else 60)
    assert max(part.asked.rows.size for part in engine.batches) < 1000 + candidates._CHUNK
    if not crowd:
        assert max(part.words.size for part in engine.batches) < len(waves) // 4


def test_search_stays_small_where_all_are_alike() -> None:
    waves = np.repeat(frequencies(pictures(1))[0], 1000, 0)
    assert candidates.search(waves).pairs.a.size <= 8 * 32 * 1000


@given(st.integers(1, 30), st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29)), max_size=40))
@settings(max_examples=60, deadline=None)
def test_components_agree_with_the_forest(n: int, edges: list[tuple[int, int]]) -> None:
    edges = [(a % n, b % n) for a, b in edges]
    forest = Forest(n)
    for a, b in edges:
        forest.join(a, b)
    root = components(n, np.array([a for a, _ in edges], int), np.array([b for _, b in edges], int))
    assert root.tolist() == [forest.root(node) for node in range(n)]


def test_components_of_a_long_chain() -> None:
    n = 5000
    assert not components(n, np.arange(n - 1), np.arange(1, n)).any()


@given(st.lists(st.integers(0, 5)))
def test_stars_are_linear_and_join_equals(keys: list[int]) -> None:
    first, other = stars(np.array(keys, int))
    assert len(other) == len(keys) - len(set(keys))
    assert all(keys[a] == keys[b] and a < b for a, b in zip(first.tolist(), other.tolist(), strict=True))
