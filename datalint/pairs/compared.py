"""Comparisons of two decoded files, kept by content from one scan to the next."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from datalint.cache.store import version_of
from datalint.dataset import schema
from datalint.measure import known_facts
from datalint.pairs import decode
from datalint.pairs.hashes import ORIENTATIONS
from datalint.pairs.verify import Likeness
from datalint.workers import each, several

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from datalint.cache.store import Cache
    from datalint.dataset import Dataset
    from datalint.pairs.candidates import Candidates
    from datalint.sources import Item

_SECONDS_BETWEEN = 5.0
_AT_ONCE = 4096  # files that are decoded between two looks at the clock
_DIGESTS = {"sha256": pl.String, "digest": pl.Binary}
_CROWDED = {"images": pl.Int64}
_LIKENESSES = {"pair": pl.Binary} | dict.fromkeys(Likeness._fields, pl.Float64)


class Compared:
    """Comparisons of the images of `data`: from `cache` where it has them, else made now and kept in it.

    A picture that cannot be decoded now may be another time: that is not kept.
    """

    def __init__(self, data: Dataset, cache: Cache | None, jobs: int | None) -> None:
        self._data, self._cache, self._jobs = data, cache, jobs
        self._contents = data.table("images")["sha256"]
        self._version = version_of("datalint.pairs", also=known_facts.version()) if cache else ""
        self._digests: dict[str, bytes] = {}
        self._likenesses = pl.DataFrame(schema=_LIKENESSES)
        self._new_digests: list[tuple[str, bytes]] = []
        self._new_likenesses: list[pl.DataFrame] = []
        self._loaded = cache is None
        self._complete = True
        self._last = time.monotonic()
        self._own_digests: dict[int, bytes | None] = {}

    def pairs(self) -> pl.DataFrame | None:
        """The table of pairs, if it is known for these contents in this order."""
        return (
            None
            if self._cache is None
            else self._cache.table("pairs", self._version, schema.schema("pairs"), self._key())
        )

    def crowded(self) -> int:
        """How many images of that table are like so many others that not all pairs were looked at."""
        known = None if self._cache is None else self._cache.table("crowded", self._version, _CROWDED, self._key())
        return 0 if known is None else int(known["images"][0])

    def keep(self, pairs: pl.DataFrame, crowded: int) -> None:
        """Keep the table of pairs, and in how many images it may lack some, unless a comparison failed."""
        if self._cache is not None and self._complete:
            if crowded:
                self._cache.add(
                    "crowded", self._version, pl.DataFrame({"images": [crowded]}, _CROWDED), key=self._key()
                )
            self._cache.add("pairs", self._version, pairs, key=self._key())

    def pixel_digests(self, images: Sequence[int]) -> list[bytes | None]:
        """See `decode.pixel_digest`: of several images."""
        self._load()
        asked = []
        for image in dict.fromkeys(images):
            if image in self._own_digests:
                continue
            content = self._contents[image]
            if content is not None and (known := self._digests.get(content)):
                self._own_digests[image] = known
            else:
                asked.append(image)
        for start in range(0, len(asked), _AT_ONCE):
            self._digest(asked[start : start + _AT_ONCE])
        return [self._own_digests[image] for image in images]

    def _digest(self, images: Sequence[int]) -> None:
        found = each(decode.pixel_digest, self._items(images), jobs=self._jobs, most=4)
        for image, digest in zip(images, found, strict=True):
            self._own_digests[image] = digest
            content = self._contents[image]
            self._complete &= digest is not None
            if digest is not None and content is not None and self._cache is not None:
                self._digests[content] = digest
                self._new_digests.append((content, digest))
        self._written_in_time()

    def known(self, pairs: Candidates) -> NDArray[np.float64]:
        """The likenesses of pairs of images that were compared before: (n, 5), as in Likeness, NaN where none was."""
        self._load()
        if self._likenesses.is_empty():
            return np.full((pairs.a.size, len(Likeness._fields)), np.nan)
        found = self._pairs(pairs).to_frame().join(self._likenesses, on="pair", how="left", maintain_order="left")
        return found.select(Likeness._fields).fill_null(float("nan")).to_numpy()

    def compare(self, pairs: Candidates) -> NDArray[np.float64]:
        """Decode images two by two and compare them: (n, 5), as in Likeness, NaN where one cannot be read."""
        firsts, seconds = self._items(pairs.a), self._items(pairs.b)
        looked_ns = self._data.walked_ns
        couples = [
            decode.Couple(first, second, orientation, looked_ns)
            for first, second, orientation in zip(firsts, seconds, pairs.orientation.tolist(), strict=True)
        ]
        unread = (float("nan"),) * len(Likeness._fields)
        likenesses = [found or unread for found in several(decode.likenesses, couples, jobs=self._jobs)]
        made = np.array(likenesses, np.float64).reshape(-1, len(Likeness._fields))
        self._complete &= not np.isnan(made).any()
        if self._cache is not None:
            named = pl.from_numpy(made, schema=dict.fromkeys(Likeness._fields, pl.Float64))
            named.insert_column(0, self._pairs(pairs))
            self._new_likenesses.append(named.filter(pl.col("pair").is_not_null() & pl.col("gain").is_not_nan()))
        self._written_in_time()
        return made

    def _items(self, images: ArrayLike) -> list[Item]:
        files = self._data.table("images")[np.asarray(images, np.int64)].select("os_path", "bytes")
        return [self._data.item(os_path, size) for os_path, size in files.iter_rows()]

    def _pairs(self, pairs: Candidates) -> pl.Series:
        """What each pair is known by, as bytes: 96 bits of the two contents, which tell all apart, and the orientation.

        Null where a content is unknown.
        """
        first, second = (self._contents.gather(images).str.slice(0, 24).str.decode("hex") for images in pairs[:2])
        turn = pl.Series([bytes(orientation[1:]) for orientation in ORIENTATIONS]).gather(pairs.orientation)
        frame = pl.DataFrame({"first": first, "second": second, "turn": turn})
        return frame.select(pair=pl.col("first") + pl.col("second") + pl.col("turn"))["pair"]

    def flush(self) -> None:
        """Write what is new."""
        if self._cache is not None and self._new_digests:
            frame = pl.DataFrame(self._new_digests, schema=_DIGESTS, orient="row")
            self._cache.add("digests", self._version, frame)
        if self._cache is not None and self._new_likenesses:
            self._cache.add("likenesses", self._version, pl.concat(self._new_likenesses))
        self._new_digests, self._new_likenesses, self._last = [], [], time.monotonic()

    def _written_in_time(self) -> None:
        if time.monotonic() - self._last > _SECONDS_BETWEEN:
            self.flush()

    def _load(self) -> None:
        if self._loaded or self._cache is None:
            return
        self._loaded = True
        digests = self._cache.table("digests", self._version, _DIGESTS)
        if digests is not None:
            self._digests = dict(zip(*digests.get_columns(), strict=True))
        likenesses = self._cache.table("likenesses", self._version, _LIKENESSES)
        if likenesses is not None:
            self._likenesses = likenesses.unique("pair", keep="any")

    def _key(self) -> str:
        """What the table of pairs depends on: the contents, which determine pictures and facts, and the order of names,
        which tells runs of frames.
        """
        images = self._data.table("images").select("sha256", "status", "path")
        columns = (",".join(images[name].fill_null("").to_list()) for name in images.columns)
        thumbnails = "" if self._data.thumbnails is None else "pictures"
        return hashlib.sha256("\n".join((*columns, thumbnails)).encode()).hexdigest()[:32]
