"""Folds for cross-validation: every class spread evenly, copies together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def assign(given: NDArray[np.int64], group: NDArray[np.int64], count: int, seed: int) -> NDArray[np.int64]:
    """(n,) fold of each image, 0 to `count` - 1.

    Images of one `group` (n,) share a fold. Groups are dealt out class by class (`given`, of their first image) in an
    order drawn from `seed`, so that the folds of a class differ by one group at most.
    """
    _, first, member = np.unique(group, return_index=True, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(first))
    order = order[np.argsort(given[first][order], kind="stable")]
    fold = np.empty(len(first), np.int64)
    fold[order] = np.arange(len(first)) % count
    return np.asarray(fold[member])
