"""What decoding two files said about them, remembered by their contents from one scan to the next."""

from __future__ import annotations

import hashlib
import time
from functools import lru_cache
from typing import TYPE_CHECKING

import polars as pl

from datalint.cache.store import version_of
from datalint.measure import known_facts
from datalint.pairs import decode, verify
from datalint.pairs.verify import Likeness

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from datalint.cache.store import Cache
    from datalint.dataset import Dataset
    from datalint.pairs.hashes import Orientation

_SECONDS_BETWEEN = 5.0
_DIGESTS = {"sha256": pl.String, "digest": pl.Binary}
_LIKENESSES = {"pair": pl.Binary} | dict.fromkeys(Likeness._fields, pl.Float64)


class Compared:
    """Comparisons of the images of `data`: from `cache` where it has them, else made now and kept in it.

    A picture that cannot be decoded now may be another time: that is not kept.
    """

    def __init__(self, data: Dataset, cache: Cache | None) -> None:
        self._data, self._cache = data, cache
        self._contents: list[str | None] = data.table("images")["sha256"].to_list()
        # 96 bits tell all contents apart, and a pair is found by two of them and the orientation.
        self._keys = [bytes.fromhex(content[:24]) if content else b"" for content in self._contents]
        self._version = version_of("datalint.pairs", also=known_facts.version()) if cache else ""
        self._digests: dict[str, bytes] = {}
        self._likenesses = pl.DataFrame(schema=_LIKENESSES)
        self._new_digests: list[tuple[str, bytes]] = []
        self._new_likenesses: list[tuple[bytes | float, ...]] = []
        self._loaded = cache is None
        self._complete = True
        self._last = time.monotonic()
        # for one scan: until the next one the files may change
        self._thumbnail = lru_cache(maxsize=4096)(lambda image: decode.thumbnail(data.os_path(image)))
        self._pixel_digest = lru_cache(maxsize=65536)(lambda image: decode.pixel_digest(data.os_path(image)))

    def pairs(self) -> pl.DataFrame | None:
        """The table of pairs, if it is known for these contents in this order."""
        return None if self._cache is None else self._cache.table("pairs", self._version, self._key())

    def keep(self, pairs: pl.DataFrame) -> None:
        """Keep the table of pairs, if nothing was in the way of a comparison."""
        if self._cache is not None and self._complete:
            self._cache.add("pairs", self._version, pairs, key=self._key())

    def pixel_digest(self, image: int) -> bytes | None:
        """See `decode.pixel_digest`."""
        self._load()
        content = self._contents[image]
        if content is not None and (known := self._digests.get(content)):
            return known
        found = self._pixel_digest(image)
        self._complete &= found is not None
        if found is not None and content is not None and self._cache is not None:
            self._digests[content] = found
            self._new_digests.append((content, found))
            self._written_in_time()
        return found

    def known(self, pairs: Sequence[tuple[int, int]], turns: Sequence[Orientation]) -> NDArray[np.float64]:
        """The likenesses of pairs that were compared before: (n, 5), in the order of Likeness, NaN where none was."""
        self._load()
        keys = [self._pair(*pair, turn) for pair, turn in zip(pairs, turns, strict=True)]
        asked = pl.DataFrame({"pair": keys}, schema={"pair": pl.Binary})
        found = asked.join(self._likenesses, on="pair", how="left", maintain_order="left")
        return found.select(Likeness._fields).fill_null(float("nan")).to_numpy()

    def compare(self, a: int, b: int, turn: Orientation) -> Likeness | None:
        """Decode two images and compare them; None if one cannot be read."""
        first, second = self._thumbnail(a), self._thumbnail(b)
        found = None if first is None or second is None else verify.compare(first, second, turn)
        self._complete &= found is not None
        pair = self._pair(a, b, turn)
        if found is not None and pair is not None and self._cache is not None:
            self._new_likenesses.append((pair, *found))
            self._written_in_time()
        return found

    def _pair(self, a: int, b: int, turn: Orientation) -> bytes | None:
        first, second = self._keys[a], self._keys[b]
        return first + second + bytes(turn[1:]) if first and second else None

    def flush(self) -> None:
        """Write what is new."""
        if self._cache is not None and self._new_digests:
            frame = pl.DataFrame(self._new_digests, schema=_DIGESTS, orient="row")
            self._cache.add("digests", self._version, frame)
        if self._cache is not None and self._new_likenesses:
            frame = pl.DataFrame(self._new_likenesses, schema=_LIKENESSES, orient="row")
            self._cache.add("likenesses", self._version, frame)
        self._new_digests, self._new_likenesses, self._last = [], [], time.monotonic()

    def _written_in_time(self) -> None:
        if time.monotonic() - self._last > _SECONDS_BETWEEN:
            self.flush()

    def _load(self) -> None:
        if self._loaded or self._cache is None:
            return
        self._loaded = True
        digests = self._cache.table("digests", self._version)
        if digests is not None:
            self._digests = dict(zip(*digests.get_columns(), strict=True))
        likenesses = self._cache.table("likenesses", self._version)
        if likenesses is not None:
            self._likenesses = likenesses.unique("pair", keep="any")

    def _key(self) -> str:
        """What the table of pairs hangs on: pictures and facts are those of the contents."""
        images = self._data.table("images").select("sha256", "status")
        columns = (",".join(images[name].fill_null("").to_list()) for name in images.columns)
        thumbnails = "" if self._data.thumbnails is None else "pictures"
        return hashlib.sha256("\n".join((*columns, thumbnails)).encode()).hexdigest()[:32]
