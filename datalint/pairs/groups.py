"""Connected components: who is, through any chain of copies, a copy of whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def components(n: int, a: NDArray[np.integer], b: NDArray[np.integer]) -> NDArray[np.int64]:
    """The smallest member of each node's component: (n,) for nodes 0 to n - 1 and the edges a[i]-b[i].

    Each round hooks larger roots onto smaller ones and then halves all paths, so that the number of rounds grows with
    the logarithm of n, not with the length of the longest chain.
    """
    root = np.arange(n, dtype=np.int64)
    a, b = a.astype(np.int64), b.astype(np.int64)
    while a.size:
        low, high = np.minimum(root[a], root[b]), np.maximum(root[a], root[b])
        apart = low != high
        if not apart.any():
            break
        a, b, low, high = a[apart], b[apart], low[apart], high[apart]
        np.minimum.at(root, high, low)
        while True:
            shorter = root[root]
            if (shorter == root).all():
                break
            root = shorter
    return root


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
        return self.root(a) == self.root(b)

    def join(self, a: int, b: int) -> None:
        """Make one set of a's and b's."""
        a, b = self.root(a), self.root(b)
        self._parent[max(a, b)] = min(a, b)
