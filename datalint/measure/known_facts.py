"""Which facts of which files the cache holds, and the facts that go into it.

Facts belong to a content, that is, to a SHA-256. A file's content is known without reading the file by an *address*:
its place, size and times, or, in a Git checkout, the blob that it still is (in a fresh clone all times are new). What
has no known address may still have known content, if it was moved or copied: where some content is missed that has the
size of a new file, that file is hashed before it is measured.
"""

from __future__ import annotations

import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import PIL
import polars as pl
from PIL import features

from datalint.cache.store import Form, version_of
from datalint.measure.thumbnails import SIDE
from datalint.pixels import plugins
from datalint.pixels.open import NO_MEMORY, pixel_limit
from datalint.sources import Stamp
from datalint.sources.url import Url

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray
    from polars.datatypes import DataType

    from datalint.cache.store import Cache, Part
    from datalint.dataset import Dataset
    from datalint.measure.thumbnails import Thumbnails

_SECONDS_BETWEEN = 5.0
_ROWS_BETWEEN = 4096
_AT_ONCE = 2  # parts of which thumbnails are read: each may be large
_OF_HEADS = ("facts_header", "facts_frames")
_UNREAD = "head of "
"""What stands in place of a SHA-256 that is not known, before the address of what only the header was read of."""
_KEYS: dict[str, DataType] = {"sha256": pl.String(), "size": pl.UInt64()}
_HELD = pl.DataFrame(schema=_KEYS)
_ADDRESSES = {"address": pl.Binary, "sha256": pl.String}
#: A file changed this shortly before it was looked at may have been changed after, with the same time: as fine as the
#: times of its file system are, which has whole seconds (FAT: two) or ticks of the kernel's clock.
_TICK_NS = 100_000_000
_SECOND_NS = 2_100_000_000


File = tuple[bytes, Stamp | None]
"""Its path, relative to the root, and its stamp when it was looked at (on Windows a file of the same size and time is
taken for the same); None for an object of a store, whose ETag is in its address."""


def version() -> str:
    """The version of the facts: of the code that makes them, the decoders, and their limit."""
    codecs = [
        features.version(name) for name in ("jpg", "libjpeg_turbo", "zlib", "webp", "jpg_2000", "libtiff", "avif")
    ]
    return version_of(
        "datalint.pixels",
        "datalint.measure",
        "datalint.dataset.schema",
        also=(PIL.__version__, np.__version__, codecs, plugins.versions(), pixel_limit(), os.name),
    )


#: Of the addresses: other facts may be found by the same ones.
_VERSION = version_of("datalint.measure.known_facts")


class KnownFacts:
    """The facts in `cache` of one kind, for the files of a dataset.

    `columns` are those of the facts, in order.
    """

    def __init__(self, cache: Cache, data: Dataset, kind: str, columns: Mapping[str, DataType]) -> None:
        self._cache, self._data = cache, data
        self._kind, self._names, self._version = kind, [*columns], version()
        kept = _KEYS | {name: dtype for name, dtype in columns.items() if name != "sha256"}
        self._form = Form(kept, SIDE * SIDE * 3 if kind == "facts_pixels" else 0)
        self._addresses: dict[int, list[bytes]] = {}
        self._files: dict[int, File] = {}
        self._in_parts: set[int] = set()
        self._facts: list[pl.DataFrame] = []
        self._pictures: list[NDArray[np.uint8]] = []
        self._contents: list[tuple[bytes, str]] = []
        self._last = time.monotonic()

    def find(self, images: pl.DataFrame, thumbnails: Thumbnails | None) -> tuple[list[pl.DataFrame], pl.DataFrame]:
        """Facts of those of `images` whose content is known by their address, and the images that are left.

        Facts are as `stage` makes them; their thumbnails are written to `thumbnails`.
        """
        addresses = self._cache.table("addresses", _VERSION, _ADDRESSES)
        if addresses is None:
            addresses = pl.DataFrame(schema=_ADDRESSES)
        addresses = addresses.unique()
        own = self._places(images)
        known = own.join(addresses, on="address", how="inner").select("image", "sha256")
        if known.height < images.height and (by_blob := self._blobs(images.join(known, on="image", how="anti"))):
            frame = pl.DataFrame(by_blob, schema={"image": pl.UInt32, "address": pl.Binary}, orient="row")
            known = pl.concat([known, frame.join(addresses, on="address", how="inner").select("image", "sha256")])
        facts = self._load(self._of_kind(known), thumbnails)
        return facts, without(images, facts)

    def _of_kind(self, known: pl.DataFrame) -> pl.DataFrame:
        """(image, sha256) without contents that a scan of this kind would not know images by."""
        unread = known["sha256"].str.starts_with(_UNREAD)
        return known.filter(unread == known["image"].is_in([*self._in_parts])).unique("image")

    def orphans(self, images: pl.DataFrame, claimed: Iterable[pl.DataFrame]) -> pl.DataFrame:
        """Those of `images` that may be some known content at a new place: of the same size as one that is missed."""
        # to hash those of a store would fetch them twice, and of others no more is read than the head
        images = images.filter(pl.col("etag").is_null() & ~pl.col("image").is_in([*self._in_parts]))
        if images.is_empty():
            return images
        here = [part.select("sha256") for part in claimed]
        held = pl.concat([_HELD, *(part.table.select("sha256", "size") for part in self._parts)])
        missed = held.join(pl.concat(here), on="sha256", how="anti") if here else held
        return images.filter(pl.col("bytes").is_in(missed["size"].unique().implode()))

    def claim(self, hashed: pl.DataFrame, thumbnails: Thumbnails | None) -> list[pl.DataFrame]:
        """Facts of files by the content they were found to have (image, sha256); they are known by address too now."""
        facts = self._load(hashed, thumbnails)
        for part in facts:
            self._note(part)
        return facts

    def keep(self, facts: pl.DataFrame, sizes: pl.DataFrame, pictures: NDArray[np.uint8] | None) -> None:
        """Keep the facts of one batch, with its thumbnails; written to disk every few seconds.

        `sizes` is (image, bytes). What depends on the machine (no access, no memory, a crash) is not kept.
        """
        if self._in_parts:
            unread = pl.Series([self._unread(image) for image in facts["image"]], dtype=pl.String)
            unread_and_fine = pl.when(pl.col("status") == "ok").then(unread)
            facts = facts.with_columns(pl.coalesce("sha256", unread_and_fine).alias("sha256"))
        lasting = pl.col("sha256").is_not_null() & pl.col("cause").ne_missing(NO_MEMORY)
        rows = facts.with_row_index("row").filter(lasting)
        self._note(rows)
        rows = rows.unique("sha256", keep="first", maintain_order=True)
        kept = rows.join(sizes, on="image", how="left", maintain_order="left").rename({"bytes": "size"})
        self._facts.append(
            kept.select("sha256", "size", *(name for name in facts.columns if name not in ("image", "sha256")))
        )
        if self._kind == "facts_pixels":
            chosen = rows["row"].to_numpy()
            empty = np.zeros((len(chosen), SIDE, SIDE, 3), np.uint8)
            self._pictures.append(empty if pictures is None else pictures[chosen])
        waited = time.monotonic() - self._last > _SECONDS_BETWEEN
        if waited or sum(part.height for part in self._facts) >= _ROWS_BETWEEN:
            self.flush()

    def flush(self) -> None:
        """Write what is kept."""
        table = pl.concat(self._facts) if self._facts else pl.DataFrame()
        if table.height:
            raw = np.concatenate(self._pictures).tobytes() if self._pictures else b""
            self._cache.add(self._kind, self._version, table, raw)
        if self._contents:  # after the facts: an address leads somewhere
            self._cache.add("addresses", _VERSION, pl.DataFrame(self._contents, schema=_ADDRESSES, orient="row"))
        self._facts, self._pictures, self._contents, self._last = [], [], [], time.monotonic()

    # -- addresses ---------------------------------------------------------------------------------------------------

    def _places(self, images: pl.DataFrame) -> pl.DataFrame:
        """(image, address) by place, size and times."""
        root = self._data.root if isinstance(self._data.root, Url) else os.path.realpath(self._data.root)
        folder = os.fsencode(os.path.join(root, ""))  # noqa: PTH118 - a URL, perhaps
        found = images.select("image", "os_path", "bytes", "mtime_ns", "ctime_ns", "etag")
        for image, path, size, changed, moved, etag in found.iter_rows():
            if etag is not None:  # of an object in a store
                self._files[image] = path, None
                address = b"%s\0%d etag %s" % (folder + path, size, etag.encode())
            elif None not in (size, changed, moved):
                self._files[image] = path, Stamp(size, changed, moved)
                address = b"%s\0%d %d %d" % (folder + path, size, changed, moved)
            else:
                continue
            self._addresses[image] = [hashlib.blake2b(address, digest_size=16).digest()]
            if self._kind in _OF_HEADS and self._data.item(path, size).in_parts:
                self._in_parts.add(image)
        own = [addresses[0] for addresses in self._addresses.values()]
        schema = {"image": pl.UInt32, "address": pl.Binary}
        return pl.DataFrame({"image": list(self._addresses), "address": own}, schema=schema)

    def _blobs(self, images: pl.DataFrame) -> list[tuple[int, bytes]]:
        """(image, address) by Git blob and size: under LFS one blob is the content or, not fetched, the pointer."""
        tracked = self._data.checkout.blobs() if self._data.checkout else {}
        found = []
        for image, path in images.select("image", "os_path").iter_rows() if tracked else ():
            if (stamp := self._stamp(image)) and (blob := tracked.get(path)) and blob.is_of(*stamp):
                address = hashlib.blake2b(b"blob %s %d" % (blob.name.encode(), stamp.size), digest_size=16).digest()
                self._addresses[image].append(address)
                found.append((image, address))
        return found

    def _note(self, facts: pl.DataFrame) -> None:
        """Note the addresses of files, unless they changed since they were looked at, or may have in the same tick."""
        for image, sha256 in facts.select("image", "sha256").iter_rows():
            if (file := self._files.get(image)) is None:
                continue
            path, stamp = file
            if stamp is None:
                self._contents += [(address, sha256) for address in self._addresses[image]]
                continue
            # where ctime is when the file was made (Windows), mtime has to do
            latest = max(stamp.mtime_ns, stamp.ctime_ns)
            tick = _TICK_NS if latest % 10**9 else _SECOND_NS
            if latest < self._data.walked_ns - tick and self._is_still(path, stamp):
                self._contents += [(address, sha256) for address in self._addresses[image]]

    def _unread(self, image: int) -> str | None:
        return _UNREAD + self._addresses[image][0].hex() if image in self._in_parts else None

    def _stamp(self, image: int) -> Stamp | None:
        file = self._files.get(image)
        return file and file[1]

    def _is_still(self, path: bytes, stamp: Stamp) -> bool:
        try:
            return self._data.item(path).stamp() == stamp
        except OSError:
            return False

    # -- facts -------------------------------------------------------------------------------------------------------

    @cached_property
    def _parts(self) -> list[Part]:
        return list(self._cache.parts(self._kind, self._version, self._form))

    def _load(self, known: pl.DataFrame, thumbnails: Thumbnails | None) -> list[pl.DataFrame]:
        """The facts of images by their content (image, sha256)."""
        if known.is_empty() or not self._parts:
            return []
        contents = pl.concat(
            part.table.select("sha256", part=pl.lit(number)).with_row_index("row")
            for number, part in enumerate(self._parts)
        ).unique("sha256")
        hits = known.join(contents, on="sha256").partition_by("part")
        with ThreadPoolExecutor(_AT_ONCE) as threads:  # to read files and write pages is not the interpreter's work
            loaded = list(threads.map(lambda rows: self._facts_of(rows, thumbnails), hits))
        return [facts for facts in loaded if facts is not None]

    def _facts_of(self, hits: pl.DataFrame, thumbnails: Thumbnails | None) -> pl.DataFrame | None:
        """The facts of images (image, part, row) of one part; None if their thumbnails are wanted and lost."""
        part, rows = self._parts[hits["part"][0]], hits["row"].to_numpy()
        if thumbnails is not None:
            raw = self._cache.raw(part)
            if raw is None:
                return None
            thumbnails.write(hits["image"].to_numpy(), np.frombuffer(raw, np.uint8).reshape(-1, SIDE, SIDE, 3)[rows])
        self._cache.use(part)
        unread = pl.col("sha256").str.starts_with(_UNREAD)
        facts: pl.DataFrame = part.table[rows].with_columns(
            hits["image"], pl.when(~unread).then("sha256").alias("sha256")
        )
        return facts.select("image", *self._names)


def without(images: pl.DataFrame, facts: list[pl.DataFrame]) -> pl.DataFrame:
    """The images that are not among the facts."""
    for part in facts:
        images = images.join(part, on="image", how="anti", maintain_order="left")
    return images
