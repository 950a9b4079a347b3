"""The stage: from the facts and thumbnails of images to the tables of pairs and copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from datalint.dataset import schema
from datalint.pairs import candidates, decode, verify
from datalint.pairs.compared import Compared
from datalint.pairs.groups import Forest, Patience, foremost, grow, stars
from datalint.pairs.hashes import ORIENTATIONS, frequencies
from datalint.pairs.runs import neighbours, runs
from datalint.pairs.verify import Alike, Likeness

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from datalint.cache.store import Cache
    from datalint.dataset import Dataset
    from datalint.pairs.candidates import Candidates

#: Colour spread (99th percentile of max - min over the channels) below which a picture is grey.
_GREY = 0.02
#: Correlation from which two thumbnails may be of the same pixels, decoded in different ways.
_SAME = 0.98
#: Share by which the aspect of a copy may differ before it counts as stretched.
_ASPECT = 0.03

#: In a crowd: with how many that look most like it each image is compared, and with how many others that turn out to be
#: no copies of it, until there are no more.
_FOREMOST, _TRIES = 4, 4
_DIFFERENCE = Likeness._fields.index("difference")


def run(data: Dataset, *, jobs: int | None, cache: Cache | None, progress: Callable[[int, int], None] | None) -> None:
    """See `datalint.pairs.find`."""
    compared = Compared(data, cache, jobs)
    if (pairs := compared.pairs()) is not None:
        crowded = compared.crowded()
    else:
        try:
            pairs, crowded = _found(data, compared, progress)
        finally:
            compared.flush()
            decode.forget()
        compared.keep(pairs, crowded)
    data.tables["pairs"] = pairs
    data.tables["copies"] = data.grouped(pl.lit(value=True))
    if crowded:
        look = "1 image looks" if crowded == 1 else f"{crowded:,} images look"
        data.evidence += (f"{look} like so many others that near copies were sought among the most alike only",)


def _found(data: Dataset, compared: Compared, progress: Callable[[int, int], None] | None) -> tuple[pl.DataFrame, int]:
    """The table of pairs, and how many images are like so many others that not all pairs of them were looked at."""
    found, crowded = [_same_bytes(data)], 0
    readable = (data.table("images")["status"] == "ok").fill_null(False).to_numpy()
    if data.thumbnails is not None and readable.any():
        readable[found[0]["b"].to_numpy()] = False
        found.append(_same_pixels(data, np.flatnonzero(readable), compared))
        readable[found[1]["b"].to_numpy()] = False
        near = _Near(data, compared)
        found.append(near.pairs(np.flatnonzero(readable), progress))
        crowded = int(near.crowded.sum())
    return schema.conform("pairs", pl.concat(found)).sort("a", "b"), crowded


def _exact(a: NDArray[np.int64], b: NDArray[np.int64], kind: str) -> pl.DataFrame:
    frame = pl.DataFrame({"a": a, "b": b}).with_columns(
        kind=pl.lit(kind),
        distance=pl.lit(0),
        difference=pl.lit(0.0),
        transform=pl.lit("none"),
        frames=pl.lit(value=False),
    )
    return schema.conform("pairs", frame)


def _same_bytes(data: Dataset) -> pl.DataFrame:
    hashed = data.images.filter(pl.col("sha256").is_not_null() & (pl.col("bytes").fill_null(1) > 0)).select(
        "image", "sha256"
    )
    frame = hashed.collect()
    numbers = frame["image"].to_numpy().astype(np.int64)
    codes = frame["sha256"].rank("dense").to_numpy()
    first, other = stars(codes)
    return _exact(numbers[first], numbers[other], "bytes")


def _same_pixels(data: Dataset, rows: NDArray[np.int64], compared: Compared) -> pl.DataFrame:
    """Images of one size whose thumbnails are equal, proven by decoding them whole."""
    assert data.thumbnails is not None
    images = data.table("images")
    size = images["width"].to_numpy()[rows].astype(np.uint64) << np.uint64(32)
    keys = _checksums(data.thumbnails, rows) ^ size ^ images["height"].to_numpy()[rows].astype(np.uint64)
    _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    rows = rows[counts[inverse.reshape(-1)] > 1]
    found = zip(rows.tolist(), compared.pixel_digests(rows.tolist()), strict=True)
    digests = [(row, digest) for row, digest in found if digest is not None]
    numbers = np.array([row for row, _ in digests], np.int64)
    first, other = stars(np.array([digest.hex() for _, digest in digests]))
    return _exact(numbers[first], numbers[other], "pixels")


def _checksums(thumbnails: NDArray[np.uint8], rows: NDArray[np.int64]) -> NDArray[np.uint64]:
    """A 64-bit checksum of each thumbnail: a random linear form of its 64-bit words, modulo 2^64."""
    words = int(np.prod(thumbnails.shape[1:])) // 8
    weights = np.random.default_rng(0).integers(0, 2**63, words, np.uint64) * np.uint64(2) + np.uint64(1)
    parts = [
        thumbnails[rows[start : start + 4096]].reshape(-1, words * 8).view(np.uint64) @ weights
        for start in range(0, rows.size, 4096)
    ]
    return np.concatenate(parts) if parts else np.empty(0, np.uint64)


class _Near:
    """Near copies, and the same pixels under another encoding, among images that are known not to be equal."""

    def __init__(self, data: Dataset, compared: Compared) -> None:
        assert data.thumbnails is not None
        self._data, self._thumbnails, self._compared = data, data.thumbnails, compared
        self._facts = _Facts(data, compared)
        self.crowded = np.zeros(len(data.thumbnails), bool)
        """Images like so many others that not all pairs of them were looked at."""

    def pairs(self, rows: NDArray[np.int64], progress: Callable[[int, int], None] | None) -> pl.DataFrame:
        """Of the images `rows`."""
        pairs, alike, frames = self._alike(rows, progress)
        groups = Forest(len(self._thumbnails))
        found = [self._same_pixels(groups, pairs, alike), self._copies(groups, pairs, alike, frames)]
        frame = pl.concat(found)
        kept = frame["at"].to_numpy()
        near = pairs.at(kept)
        transforms = [
            self._facts.transform(*row)
            for row in zip(near.a.tolist(), near.b.tolist(), near.orientation.tolist(), strict=True)
        ]
        return schema.conform(
            "pairs",
            frame.with_columns(
                a=near.a,
                b=near.b,
                distance=near.distance,
                frames=frames[kept],
                transform=pl.Series(transforms, dtype=pl.String),
            ),
        )

    def _alike(
        self, rows: NDArray[np.int64], progress: Callable[[int, int], None] | None
    ) -> tuple[Candidates, Alike, NDArray[np.bool_]]:
        """Pairs of images that may be copies, the closest first; how alike they are; and which are frames of a run."""
        waves, textured = frequencies(self._thumbnails, rows)
        rows = rows[textured]
        near, cut = candidates.search(waves, progress)
        del waves
        self.crowded[rows[cut]] = True
        near, within = neighbours(near, *runs(self._data.table("images")["path"], self._thumbnails, rows))
        near = near._replace(a=rows[near.a], b=rows[near.b])
        alike = verify.prefilter(self._thumbnails, *near[:2], near.orientation)
        # The neighbours of a frame look like it, though not all of them were looked at.
        in_crowd = alike.crowded | within[alike.rows]
        kept = ~within[alike.rows] | (alike.correlation >= _SAME)
        doubtful = np.flatnonzero(kept & in_crowd & self._facts.thumbnails_tell(near.at(alike.rows)))
        asked = near.at(alike.rows[doubtful])
        kept[doubtful] = verify.may_be_copies(self._thumbnails, asked.a, asked.b, asked.orientation)
        alike = alike.at(np.flatnonzero(kept))
        # None within a group that closer ones made: what is kept is a minimum spanning forest, whose groups up to any
        # distance are those of all pairs up to it.
        alike = alike.at(np.lexsort((-alike.correlation, near.distance[alike.rows])))
        return near.at(alike.rows), alike, within[alike.rows]

    def _same_pixels(self, groups: Forest, pairs: Candidates, alike: Alike) -> pl.DataFrame:
        upright = (pairs.orientation == 0) & (alike.correlation >= _SAME)
        places = np.flatnonzero(upright & self._facts.reencoded(pairs.a, pairs.b))
        grown = grow(
            groups, pairs.a[places], pairs.b[places], lambda wave: self._facts.same_pixels(pairs.at(places[wave]))
        )
        found = np.array([place for place, _ in grown], np.int64)
        return pl.DataFrame({"at": places[found]}).with_columns(kind=pl.lit("pixels"), difference=0.0)

    def _copies(self, groups: Forest, pairs: Candidates, alike: Alike, frames: NDArray[np.bool_]) -> pl.DataFrame:
        likenesses = self._compared.known(pairs)
        new = np.isnan(likenesses[:, 0])

        def copies(wave: Sequence[int]) -> list[float | None]:
            """The difference of pairs that are copies, None of the others."""
            places = np.asarray(wave)
            asked = places[new[places]]
            likenesses[asked] = self._compared.compare(pairs.at(asked))
            new[asked] = False
            proven = verify.is_copy(likenesses[places], (alike.crowded | frames)[places])
            differences = likenesses[places, _DIFFERENCE]
            return [float(one) if copy else None for one, copy in zip(differences, proven, strict=True)]

        limited = alike.crowded & ~frames & ~foremost(pairs.a, pairs.b, alike.correlation, _FOREMOST)
        patience = Patience(len(self._thumbnails), limited, _TRIES)
        grown = list(grow(groups, pairs.a, pairs.b, copies, patience))
        self.crowded |= patience.given_up
        return (
            pl.DataFrame(grown, {"at": pl.Int64, "difference": pl.Float64}, orient="row")
            .select("at", "difference", kind=pl.lit("near"))
            .select("at", "kind", "difference")
        )


class _Facts:
    """What the headers of two images say about how one was made from the other."""

    def __init__(self, data: Dataset, compared: Compared) -> None:
        images = data.table("images")
        assert data.thumbnails is not None
        self._compared, self._side = compared, data.thumbnails.shape[1]
        self._headers = images.select("width", "height", "format")
        self._grey = (images["colour_spread"].fill_null(1.0) < _GREY).to_numpy()

    def reencoded(self, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which pairs of files are of one size and of different formats: they may hold the same pixels.

        Those of one format have equal thumbnails if their pixels are equal, and need no second look.
        """
        (width, height, form), (others_width, others_height, others_form) = self._headers[a], self._headers[b]
        same = (width == others_width) & (height == others_height) & form.ne_missing(others_form)
        return np.asarray(same.fill_null(False).to_numpy(), np.bool_)

    def same_pixels(self, pairs: Candidates) -> list[bytes | None]:
        """The digest that both files of a pair have; None where they do not hold the same pixels."""
        digests = self._compared.pixel_digests(np.column_stack([pairs.a, pairs.b]).ravel().tolist())
        return [one if one == other else None for one, other in zip(digests[::2], digests[1::2], strict=True)]

    def thumbnails_tell(self, pairs: Candidates) -> NDArray[np.bool_]:
        """Which pairs have thumbnails made in the same way: images of one size, or of no less than a thumbnail's."""
        sizes = self._headers.select("width", "height").to_numpy()
        first, second = (np.sort(sizes[images], axis=1) for images in (pairs.a, pairs.b))
        return np.asarray((first == second).all(1) | (np.minimum(first, second)[:, 0] >= self._side))

    def transform(self, a: int, b: int, orientation: int) -> str:
        """The change in words, the most telling one: orientation > grey > size > encoding."""
        turn = ORIENTATIONS[orientation]
        first, second = (self._headers.row(image)[:2] for image in (a, b))
        if turn.name != "none":
            return turn.name
        if self._grey[a] != self._grey[b]:
            return "grey"
        if first == second:
            return "recompressed"
        aspect = (first[0] * second[1]) / (first[1] * second[0])
        return "resized" if abs(aspect - 1) <= _ASPECT else "stretched"
