"""Sets of copies: stars of equal ones, and a forest that grows edge by edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def stars(keys: NDArray[np.generic]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pair each element with the first that has the same key: k equal ones give k - 1 pairs, not k (k - 1) / 2."""
    if not keys.size:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    leader = first[inverse.reshape(-1)]
    others = np.flatnonzero(leader != np.arange(keys.size))
    return leader[others].astype(np.int64), others.astype(np.int64)


class Forest:
    """Disjoint sets that grow by one edge at a time."""

    def __init__(self, n: int) -> None:
        self._parent = list(range(n))

    def root(self, node: int) -> int:
        """The set's representative."""
        parent = self._parent
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    def connected(self, a: int, b: int) -> bool:
        """Whether a and b are in one set."""
        return self._parent[a] == self._parent[b] or self.root(a) == self.root(b)

    def join(self, a: int, b: int) -> None:
        """Make one set of a's and b's."""
        a, b = self.root(a), self.root(b)
        self._parent[max(a, b)] = min(a, b)
