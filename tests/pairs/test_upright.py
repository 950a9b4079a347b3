"""Pictures turned upright."""

from __future__ import annotations

import numpy as np
import pytest

from datalint.pairs.hashes import ORIENTATIONS, oriented
from datalint.pairs.upright import INVERSE, PRODUCT, may_be, turned, turns
from tests.pairs.test_candidates import scaled, scenes


def test_one_orientation_after_another() -> None:
    waves = scenes(1)
    for first, one in enumerate(ORIENTATIONS):
        for second, other in enumerate(ORIENTATIONS):
            both = oriented(oriented(waves, one), other)
            assert np.array_equal(both, oriented(waves, ORIENTATIONS[PRODUCT[second, first]]))
        assert PRODUCT[INVERSE[first], first] == 0


@pytest.mark.parametrize("orientation", ORIENTATIONS, ids=lambda one: one.name)
def test_a_picture_is_upright_in_one_way(orientation: object) -> None:
    waves = scenes(500)
    other = oriented(waves, orientation)  # type: ignore[arg-type]
    assert np.allclose(turned(waves, turns(waves)), turned(other, turns(other)))


def test_upright_pictures_stay_as_they_are() -> None:
    waves = turned(scenes(500), turns(scenes(500)))
    assert not turns(waves).any()
    assert may_be(waves)[0].all()


def test_noise_turns_a_copy_only_to_where_it_is_looked_for() -> None:
    waves = turned(scenes(20_000), turns(scenes(20_000)))
    noise = np.random.default_rng(1).standard_normal(waves.shape, np.float32) * np.float32(0.1 / 63**0.5)
    copies = turns(scaled(waves + noise))  # which way the copy of each ends up
    found = may_be(waves)
    assert (copies > 0).mean() > 0.01
    assert found[copies, np.arange(len(waves))].all()
    assert found.sum() < 3 * len(waves)
