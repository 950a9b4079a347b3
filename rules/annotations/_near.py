"""Pairs of boxes whose edges are near each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from datalint.lazy import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

#: Boxes are put in order by this combination of their left, top, right and bottom edges. No grid of boxes is regular
#: along it, so that few boxes lie next to each other that are not alike.
_ALONG = (0.754877666, 0.569840291, 0.430159709, 0.245122334)
#: Comparisons after which the search ends, as long as they are more than so many for each box; only a file that is made
#: to be slow comes near.
_MOST_COMPARED = 10_000_000
_MOST_COMPARED_EACH = 20


def near(
    edges: NDArray[np.float64], group: NDArray[Any], across: NDArray[np.float64], down: NDArray[np.float64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Pairs of rows, by hundreds and thousands, of boxes of the same group that may be near each other.

    `edges` is (n, 4): left, top, right and bottom, all finite. Two boxes are near if their left and right edges
    together differ by at most `across` of each, (n,), and the upper and lower ones by `down`. So they lie near each
    other along any line, and each box is compared with those that follow it within that reach; not all pairs that are
    given are near. The search ends after ten million pairs, or twenty for each box.
    """
    weights = np.array(_ALONG)
    along = edges @ weights
    order = np.lexsort((along, group))
    group, along = group[order], along[order]
    # |d left| + |d right| <= across; the larger of the two weights bounds their sum.
    reach = across * weights[[0, 2]].max() + down * weights[[1, 3]].max()
    reach = reach[order] + 1e-9 * np.abs(along)
    active, compared, step = np.arange(len(order)), 0, 0
    while len(active) and compared < max(_MOST_COMPARED, _MOST_COMPARED_EACH * len(order)):
        step += 1
        active = active[: np.searchsorted(active, len(order) - step)]
        within = (group[active + step] == group[active]) & (along[active + step] - along[active] <= reach[active])
        active = active[within]
        compared += len(active)
        yield order[active], order[active + step]
