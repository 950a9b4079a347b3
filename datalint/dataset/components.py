"""Connected components: who is, through any chain of pairs, together with whom."""

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
