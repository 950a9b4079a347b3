"""The stage: from the facts and thumbnails of images to the tables of pairs and copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from datalint.dataset import schema
from datalint.pairs import candidates, decode, verify
from datalint.pairs.compared import Compared
from datalint.pairs.groups import Forest, grow, stars
from datalint.pairs.hashes import ORIENTATIONS, frequencies
from datalint.pairs.runs import neighbours, runs
from datalint.pairs.verify import Likeness

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from datalint.cache.store import Cache
    from datalint.dataset import Dataset
    from datalint.pairs.candidates import Candidates
    from datalint.pairs.hashes import Orientation

#: Colour spread (99th percentile of max - min over the channels) below which a picture is grey.
_GREY = 0.02
#: Correlation from which two thumbnails may be of the same pixels, decoded in different ways.
_SAME = 0.98
#: Share by which the aspect of a copy may differ before it counts as stretched.
_ASPECT = 0.03

_FOUND = {"at": pl.Int64, "kind": pl.String, "difference": pl.Float64, "transform": pl.String}


def run(data: Dataset, *, jobs: int | None, cache: Cache | None, progress: Callable[[int, int], None] | None) -> None:
    """See `datalint.pairs.find`."""
    compared = Compared(data, cache, jobs)
    if (pairs := compared.pairs()) is None:
        try:
            pairs = _found(data, compared, progress)
        finally:
            compared.flush()
            decode.forget()
        compared.keep(pairs)
    data.tables["pairs"] = pairs
    data.tables["copies"] = data.grouped(pl.lit(value=True))


def _found(data: Dataset, compared: Compared, progress: Callable[[int, int], None] | None) -> pl.DataFrame:
    found = [_same_bytes(data)]
    readable = (data.table("images")["status"] == "ok").fill_null(False).to_numpy()
    if data.thumbnails is not None and readable.any():
        readable[found[0]["b"].to_numpy()] = False
        found.append(_same_pixels(data, np.flatnonzero(readable), compared))
        readable[found[1]["b"].to_numpy()] = False
        found.append(_near(data, np.flatnonzero(readable), compared, progress))
    return schema.conform("pairs", pl.concat(found)).sort("a", "b")


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


def _near(
    data: Dataset, rows: NDArray[np.int64], compared: Compared, progress: Callable[[int, int], None] | None
) -> pl.DataFrame:
    assert data.thumbnails is not None
    waves, textured = frequencies(data.thumbnails, rows)
    rows, waves = rows[textured], waves[textured]
    near = candidates.search(waves, progress)
    near, within = neighbours(near, *runs(data.table("images")["path"], data.thumbnails, rows))
    alike = verify.prefilter(data.thumbnails, rows[near.a], rows[near.b], near.orientation)
    alike = alike.at(np.flatnonzero(~within[alike.rows] | (alike.correlation >= _SAME)))
    # From the closest on, and none within a group that closer ones made: what is kept is a minimum spanning forest,
    # whose groups up to any distance are those of all pairs up to it.
    order = np.lexsort((-alike.correlation, near.distance[alike.rows]))
    # The neighbours of a frame look like it, though not all of them were looked at.
    near, crowded, frames = near.at(alike.rows[order]), alike.crowded[order], within[alike.rows[order]]
    crowded |= frames
    pairs = near._replace(a=rows[near.a], b=rows[near.b])
    a, b = pairs.a, pairs.b
    facts = _Facts(data, compared)
    found: list[tuple[int, str, float, str]] = []
    groups = Forest(data.thumbnails.shape[0])
    upright = (near.orientation == 0) & (alike.correlation[order] >= _SAME)
    places = np.flatnonzero(upright & facts.reencoded(a, b))
    for at, _ in grow(groups, a[places], b[places], lambda wave: facts.same_pixels(pairs.at(places[wave]))):
        found.append((int(places[at]), "pixels", 0.0, "none"))
    known = compared.known(pairs)
    new = np.isnan(known[:, 0])
    likely = np.flatnonzero(new | verify.is_copy(known, crowded))

    def copies(wave: Sequence[int]) -> list[Likeness | None]:
        """Of the likely pairs: how alike the two are, None if they are not copies."""
        places = likely[wave]
        asked = places[new[places]]
        made = {
            at: likeness
            for at, likeness in zip(asked.tolist(), compared.compare(pairs.at(asked)), strict=True)
            if likeness is not None and verify.is_copy(likeness, crowded[at])
        }
        return [made.get(at) if new[at] else Likeness(*known[at]) for at in places.tolist()]

    for place, likeness in grow(groups, a[likely], b[likely], copies):
        at = int(likely[place])
        transform = facts.transform(int(a[at]), int(b[at]), ORIENTATIONS[near.orientation[at]])
        found.append((at, "near", likeness.difference, transform))
    frame = pl.DataFrame(found, schema=_FOUND, orient="row")
    kept = frame["at"].to_numpy()
    return schema.conform(
        "pairs", frame.with_columns(a=a[kept], b=b[kept], distance=near.distance[kept], frames=frames[kept])
    )


class _Facts:
    """What the headers of two images say about how one was made from the other."""

    def __init__(self, data: Dataset, compared: Compared) -> None:
        images = data.table("images")
        self._compared = compared
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

    def transform(self, a: int, b: int, turn: Orientation) -> str:
        """The change in words, the most telling one: orientation > grey > size > encoding."""
        first, second = (self._headers.row(image)[:2] for image in (a, b))
        if turn.name != "none":
            return turn.name
        if self._grey[a] != self._grey[b]:
            return "grey"
        if first == second:
            return "recompressed"
        aspect = (first[0] * second[1]) / (first[1] * second[0])
        return "resized" if abs(aspect - 1) <= _ASPECT else "stretched"
