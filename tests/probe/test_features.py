"""Whitened patches: what is known from one view is not made again, and whole datasets are seen as their samples are."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch")
pytest.importorskip("cleanlab")

from datalint.probe.features import WIDTH, Directions, Patches

PLAIN, MIRRORED = Patches.views


def pictures(count: int, side: int = 32) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (count, side, side, 3), np.uint8)


def patches(count: int, side: int = 32) -> Patches:
    return Patches(pictures(count, side), np.arange(count) * 2, seed=0)  # items need not be numbered without gaps


def test_mirrored_after_plain_is_as_mirrored_alone() -> None:
    items = np.arange(0, 12, 2)
    both = patches(6)
    both.extract(items, PLAIN)
    np.testing.assert_allclose(both.extract(items, MIRRORED), patches(6).extract(items, MIRRORED), rtol=1e-4, atol=1e-5)


def test_mirrored_after_plain_sees_each_picture_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    responses = Patches._responses

    def counted(self: Patches, items: NDArray[np.int64], flips: tuple[bool, ...], advance: None) -> NDArray[np.float32]:
        seen.append(len(items) * len(flips))
        return responses(self, items, flips, advance)

    monkeypatch.setattr(Patches, "_responses", counted)
    source, items = patches(6), np.arange(0, 12, 2)
    source.extract(items, PLAIN)
    source.extract(items, MIRRORED)
    source.extract(items, MIRRORED)  # not kept any longer
    assert seen == [6, 6, 12]


def test_what_is_kept_is_only_of_the_same_pictures() -> None:
    source = patches(6)
    source.extract(np.array([0, 2, 4]), PLAIN)
    mirrored = source.extract(np.array([6, 8, 10]), MIRRORED)
    np.testing.assert_array_equal(mirrored, patches(6).extract(np.array([6, 8, 10]), MIRRORED))


def test_a_mirrored_picture_has_the_same_features_where_left_and_right_do_not_matter() -> None:
    seen = pictures(3)
    source = Patches(np.concatenate([seen, seen[:, :, ::-1]]), np.arange(6), seed=0)
    found = source.extract(np.arange(6), MIRRORED)
    assert found.shape == (6, WIDTH)
    np.testing.assert_allclose(found[:3], found[3:], rtol=1e-3, atol=1e-4)
    plain = source.extract(np.arange(6), PLAIN)
    assert np.abs(plain[:3] - plain[3:]).max() > 0.1


def test_directions_are_the_principal_ones() -> None:
    roots = (np.random.default_rng(0).normal(size=(3200, 64)) * np.linspace(0.1, 3, 64) + 20).astype(np.float32)
    flat = roots.astype(np.float64)
    found = Directions.of(roots)
    values = np.linalg.eigvalsh(np.cov(flat, rowvar=False))[::-1][:32]
    np.testing.assert_allclose(found.mean.numpy(), flat.mean(0), rtol=1e-5)
    spread = ((flat - flat.mean(0)) @ found.turn.numpy()).var(0)
    np.testing.assert_allclose(spread, values / (values + 0.02 * values[0]), rtol=1e-2)


def test_directions_follow_from_each_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[NDArray[np.float32]] = []
    of = Directions.of

    def kept(roots: NDArray[np.float32]) -> Directions:
        seen.append(roots.copy())
        return of(roots)

    monkeypatch.setattr(Directions, "of", kept)
    patches(4)
    places = np.array_split(seen[0], 4)
    assert all(len(one) == 13**2 for one in places)
    assert all(np.abs(one - places[0]).max() > 0.1 for one in places[1:])
