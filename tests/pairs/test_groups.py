"""A forest that grows in waves is the one that grows pair by pair."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalint.pairs import groups
from datalint.pairs.groups import Forest, Patience, grow

PAIRS = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11), st.booleans()), max_size=60)


def one_by_one(
    pairs: Sequence[tuple[int, int, bool]], forest: Forest, tries: int
) -> tuple[list[int], list[int], list[int], set[int]]:
    """The joined pairs, those that were decided, those that were not for lack of patience, and who was spent.

    Every third pair tries no one's patience.
    """
    joined, decided, skipped = [], [], []
    vain = [0] * 12
    for at, (a, b, copies) in enumerate(pairs):
        if forest.connected(a, b):
            continue
        if at % 3 and max(vain[a], vain[b]) >= tries:
            skipped.append(at)
            continue
        decided.append(at)
        if copies:
            forest.join(a, b)
            joined.append(at)
        elif at % 3:
            vain[a] += 1
            vain[b] += 1
    return joined, decided, skipped, {one for one in range(12) if vain[one] >= tries}


@pytest.mark.parametrize("tries", [1, 2, 100])
@pytest.mark.parametrize("wave", [1, 3, 4096])
@given(PAIRS, st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=3))
def test_waves_change_nothing(
    wave: int, tries: int, pairs: list[tuple[int, int, bool]], before: list[tuple[int, int]]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(groups, "_WAVE", wave)
        patch.setattr(groups, "_AHEAD", 4 * wave)
        forests = [Forest(12), Forest(12)]
        for forest in forests:
            for a, b in before:
                forest.join(a, b)
        asked: list[int] = []

        def decide(places: Sequence[int]) -> list[int | None]:
            assert 0 < len(places) <= wave
            asked.extend(places)
            return [10 * at if pairs[at][2] else None for at in places]

        left = np.array([pair[0] for pair in pairs], np.int64)
        right = np.array([pair[1] for pair in pairs], np.int64)
        patience = Patience(12, np.arange(len(pairs)) % 3 > 0, tries)
        grown = list(grow(forests[0], left, right, decide, patience))
    joined, decided, skipped, spent = one_by_one(pairs, forests[1], tries)
    assert grown == [(at, 10 * at) for at in joined]
    assert sorted(asked) == decided
    told = set(np.flatnonzero(patience.given_up).tolist())
    assert told <= spent  # which of two spent ones is told depends on the waves
    assert told or not skipped
    assert forests[0].roots().tolist() == [forests[1].root(node) for node in range(12)]


def test_many_pairs_need_few_waves() -> None:
    """Groups of five that are all copies are decided at once."""
    rows = np.arange(5000).reshape(-1, 5)
    a, b = np.concatenate([rows[:, [i, j]] for i in range(5) for j in range(i + 1, 5)]).T
    waves = []

    def decide(places: Sequence[int]) -> list[bool | None]:
        waves.append(len(places))
        return [True] * len(places)

    assert len(list(grow(Forest(5000), a, b, decide))) == 4000
    assert waves == [4000]
