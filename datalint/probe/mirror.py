"""Whether left and right matter: what is still recognised where pictures are mirrored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from datalint.dataset import Mirrored

if TYPE_CHECKING:
    from numpy.typing import NDArray


def seen(
    given: NDArray[np.int64],
    plain: NDArray[np.bool_],
    turned: NDArray[np.bool_],
    whole: tuple[float, float],
    one_class: tuple[float, float],
) -> Mirrored:
    """What became of items of the classes `given` (n,), recognised as they are (`plain`) and in the mirror (`turned`).

    Left and right matter where more than a share of what is recognised is lost, clearly: `whole` is that share and how
    many standard deviations from none, of all items, `one_class` the same of the items of any class.
    """

    def lost(of: NDArray[np.bool_], share: float, clearly: float) -> bool:
        hits, gone, won = (int(np.sum(what & of)) for what in (plain, plain & ~turned, turned & ~plain))
        return bool(gone - won > share * hits and gone - won > clearly * np.sqrt(gone + won))

    matters = lost(np.ones_like(plain), *whole) or any(lost(given == label, *one_class) for label in np.unique(given))
    return Mirrored(len(given), int(plain.sum()), int(turned.sum()), matters)
