"""Runs of frames: pictures that follow one another by name and look alike, as the frames of one shot do.

Every frame of a run is close to hundreds of others. To compare all with all takes the square of their number and says
nothing new: frames that are copies of each other lie side by side, or are joined by those between them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from datalint.pairs.hashes import luma
from datalint.pairs.verify import correlations

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from datalint.pairs.candidates import Candidates

#: Frames of a run that are compared with a frame, on each side.
REACH = 2
#: Correlation of the thumbnails of two neighbours in a run, and the fewest frames that make one.
_ALIKE, _FEWEST = 0.8, 8
_CHUNK = 512
#: Frames that were dealt out over splits are one run: parts of a path that name a split are left out.
_SPLIT = r"(?i)(^|/)(?:train|val|valid|dev|test)(?:ing|idation)?(?:[ _-]?(?:set|data|images|\d+))?/"
#: What stands before the last number of a name, and the number; Roboflow's suffix is left out.
_NUMBERED = r"(?s)^(.*?)([0-9]{1,15})[^0-9]{0,3}(?:_(?:jpe?g|png|bmp|webp))?(?:\.rf\.[0-9a-f]{32})?\.[^./]*$"


def runs(
    paths: pl.Series, thumbnails: NDArray[np.uint8], rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(n,), (n,): for each of the images `rows` the number of its run, -1 if it is in none, and its place in order."""
    frame = (
        pl.DataFrame({"at": np.arange(rows.size), "path": paths.gather(rows)})
        .with_columns(pl.col("path").str.replace_all(_SPLIT, "${1}"))
        .with_columns(
            before=pl.col("path").str.extract(_NUMBERED, 1),
            number=pl.col("path").str.extract(_NUMBERED, 2).cast(pl.Int64),
        )
        .drop_nulls(["before", "number"])
        .sort("before", "number", "at")
    )
    run, place = np.full(rows.size, -1, np.int64), np.zeros(rows.size, np.int64)
    at = frame["at"].to_numpy()
    if at.size < _FEWEST:
        return run, place
    named = frame["before"].to_numpy()
    follows = _alike(thumbnails, rows[at], named[1:] == named[:-1])
    number = np.concatenate([[0], np.cumsum(~follows)])
    long = np.bincount(number)[number] >= _FEWEST
    run[at[long]], place[at] = number[long], np.arange(at.size)
    return run, place


def _alike(thumbnails: NDArray[np.uint8], images: NDArray[np.int64], follows: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(n - 1,): whether each image looks like the one after it, of those that `follows` is true of.

    A run has _FEWEST - 1 pairs of neighbours or more, so one in so many is looked at first, and the others only beside
    those that are alike.
    """
    step = _FEWEST - 1
    sampled = np.zeros(follows.size, bool)
    sampled[step - 1 :: step] = True
    alike = _compared(thumbnails, images, follows & sampled)
    beside = np.convolve(alike, np.ones(2 * step - 1))[step - 1 :][: alike.size] > 0
    return alike | _compared(thumbnails, images, follows & beside & ~sampled)


def _compared(thumbnails: NDArray[np.uint8], images: NDArray[np.int64], wanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(n - 1,): whether each image looks like the one after it where that is wanted, else false."""
    alike = np.zeros(wanted.size, bool)
    pairs = np.flatnonzero(wanted)
    for start in range(0, pairs.size, _CHUNK):
        some = pairs[start : start + _CHUNK]
        first, second = (luma(thumbnails[images[at]]).reshape(some.size, -1) for at in (some, some + 1))
        alike[some] = correlations(first, second) >= _ALIKE
    return alike


def neighbours(
    near: Candidates, run: NDArray[np.int64], place: NDArray[np.int64]
) -> tuple[Candidates, NDArray[np.bool_]]:
    """The candidates without those of one run that are far apart in it or turned, and which are of one run."""
    within = (run[near.a] == run[near.b]) & (run[near.a] >= 0)
    close = (np.abs(place[near.a] - place[near.b]) <= REACH) & (near.orientation == 0)
    kept = np.flatnonzero(~within | close)
    return near.at(kept), within[kept]
