"""Which images paths are of, without a dictionary of all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from datalint.dataset import Dataset


class Paths:
    """The images of a dataset by path: 16 bytes each, where a dictionary takes 200."""

    def __init__(self, data: Dataset) -> None:
        self._paths = data.table("images")["path"]
        hashes = self._paths.hash().to_numpy()
        self._order = np.argsort(hashes, kind="stable")
        self._hashes = hashes[self._order]

    def rows(self, paths: pl.Series) -> NDArray[np.int64]:
        """(n,): the row of each in the table `images`, of several the last one; -1 where there is none."""
        hashes = paths.hash().to_numpy()
        found = np.full(hashes.size, -1, np.int64)
        ascending = np.argsort(hashes)  # neighbours are near each other in memory: four times as fast as at random
        last = np.empty(hashes.size, np.int64)
        last[ascending] = np.searchsorted(self._hashes, hashes[ascending], side="right") - 1
        left = np.flatnonzero((last >= 0) & paths.is_not_null().to_numpy())
        while left.size:  # a second time only where two paths have one hash
            left = left[self._hashes[last[left]] == hashes[left]]
            rows = self._order[last[left]]
            same = (self._paths.gather(rows) == paths.gather(left)).to_numpy()
            found[left[same]] = rows[same]
            left = left[~same]
            last[left] -= 1
            left = left[last[left] >= 0]
        return found
