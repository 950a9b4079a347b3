"""The structure of TIFF files, without a decoder: pages, the data of the first one, and what kind of picture it is."""

from __future__ import annotations

import io
import math
import os
import struct
import zlib
from functools import lru_cache
from typing import IO, TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.unsignedinteger]

MOST_PAGES = 10_000
"""So many pages are counted; of a file with more it is only known that there are more."""

_WIDTH, _LENGTH, _BITS, _COMPRESSION, _PHOTOMETRIC, _FILL_ORDER = 256, 257, 258, 259, 262, 266
_ORIENTATION, _SAMPLES, _ROWS, _PLANAR, _COLOURS, _SUB = 274, 277, 278, 284, 320, 330
_TILE_WIDTH, _TILE_LENGTH, _EXTRA, _SAMPLE_FORMAT = 322, 323, 338, 339
_STRIPS, _TILES = (273, 279), (324, 325)
_TYPES = {1: "u1", 3: "u2", 4: "u4", 13: "u4", 16: "u8", 18: "u8"}
_PLANES = 2
_RAW_PHOTOMETRIC = (32803, 34892)  # a colour filter array, and what is made of it before development
_MOST_SUB = 16
_PALETTE = 3
_DEFLATE = (8, 32946)
_MOST_CHECKED = 1 << 28  # bytes of unpacked data that are looked through
_FORMATS = {1: "", 2: "signed ", 3: "floating-point ", 5: "complex ", 6: "complex "}
_DEEPEST = 128
#: Compressions by what people call them; those of the second table may lack in a build of Pillow, whose name they bear.
_COMPRESSIONS = {
    6: "old-style JPEG", 9: "JBIG", 10: "JBIG", 33003: "JPEG 2000", 33004: "JPEG 2000", 33005: "JPEG 2000",
    34661: "JBIG", 34712: "JPEG 2000", 34887: "LERC", 34892: "lossy JPEG", 34933: "PNG", 34934: "JPEG XR",
    22610: "JPEG XR", 50001: "WebP", 50002: "JPEG XL", 52546: "JPEG XL", 34925: "LZMA", 50000: "Zstandard",
    7: "JPEG", 5: "LZW", 8: "Deflate", 32946: "Deflate", 32773: "PackBits",
}  # fmt: skip
_PERHAPS = {5: "tiff_lzw", 7: "jpeg", 8: "tiff_adobe_deflate", 34925: "lzma", 50000: "zstd", 50001: "webp"}


class Directory(NamedTuple):
    """One directory: the whole-number tags of a page."""

    order: str
    """`<` or `>`."""
    tags: dict[int, Numbers]
    following: int
    """Where the next one is; 0 after the last."""

    def one(self, tag: int, default: int = 0) -> int:
        """The first number of a tag."""
        values = self.tags.get(tag)
        return default if values is None or not len(values) else int(values[0])


class Page(NamedTuple):
    """The first picture of a file that is whole: its tags agree, and the data they speak of are all there."""

    width: int
    height: int
    bands: int
    bits: int
    """Of a sample; the most that one has."""
    format: int
    """TIFF's SampleFormat: 1 whole numbers, 2 signed, 3 floating-point, 5 and 6 complex."""
    compression: int
    orientation: int
    segment: int
    """Bytes of the largest strip or tile when it is unpacked."""

    @property
    def stored(self) -> int:
        """Bytes of the picture in the file, if it is not compressed."""
        return self.height * -(-self.width * self.bands * self.bits // 8)

    @property
    def unpacked(self) -> int:
        """Bytes of the picture in memory, or of its largest strip or tile if that is more: a tile may be larger."""
        sample = 1 << max(0, (-(-self.bits // 8) - 1).bit_length())
        return max(self.height * self.width * self.bands * sample, self.segment)

    @property
    def floating(self) -> bool:
        """Whether samples are not whole numbers."""
        return self.format in (3, 5, 6)

    @property
    def words(self) -> str:
        """The kind of TIFF, for people."""
        kind = f"{self.bands} band{'s' * (self.bands != 1)} of {self.bits}-bit {_FORMATS.get(self.format, '')}samples"
        packed = _COMPRESSIONS.get(self.compression, f"compression {self.compression}")
        return f"a TIFF of {kind}" + f", packed as {packed}" * (self.compression != 1)


def pages(source: IO[bytes], most: int = MOST_PAGES) -> int:
    """How many pages a file has, up to one more than `most`; a chain that leads back, or nowhere, ends there."""
    start = _start(source)
    if start is None:
        return 0
    order, big, place = start
    seen: set[int] = set()
    entry, number = (20, 8) if big else (12, 4)
    count, end = 8 if big else 2, source.seek(0, os.SEEK_END)
    while 0 < place < end and place not in seen and len(seen) <= most:
        source.seek(place)
        after = place + count + int.from_bytes(source.read(count), _NAMES[order]) * entry
        if after + number > end:
            break
        source.seek(after)
        raw = source.read(number)
        seen.add(place)
        place = int.from_bytes(raw, _NAMES[order])
    return len(seen)


def ends_early(source: IO[bytes]) -> bool:
    """Whether the first directory, or a strip or tile that it speaks of, reaches beyond the end of the file."""
    start = _start(source)
    if start is None:
        return False
    order, big, place = start
    end = source.seek(0, os.SEEK_END)
    directory = _directory(source, place, order, big)
    if directory is None:
        return place > 0 and _directory_end(source, place, order, big) > end
    for offsets, counts in (_STRIPS, _TILES):
        begin, size = (directory.tags.get(tag, np.zeros(0, np.uint8)).astype(np.float64) for tag in (offsets, counts))
        known = min(len(begin), len(size))
        if (begin[:known] + size[:known] > end).any():
            return True
    return False


def is_camera_raw(source: IO[bytes]) -> bool:
    """Whether a file holds what a camera's sensor saw: what other readers find in it is a small preview."""
    start = _start(source)
    if start is None:
        return False
    source.seek(8)
    if source.read(2) == b"CR":  # Canon's
        return True
    order, big, place = start
    first = _directory(source, place, order, big)
    if first is None:
        return False
    below = [int(offset) for offset in first.tags.get(_SUB, ())[:_MOST_SUB]]
    return any(
        found is not None and found.one(_PHOTOMETRIC) in _RAW_PHOTOMETRIC
        for found in (first, *(_directory(source, offset, order, big) for offset in below))
    )


def whole(source: IO[bytes]) -> tuple[Page, bool] | None:
    """The first page of a file that is whole, and whether Pillow has a decoder for its kind; None if it is damaged.

    Whether Pillow has one is tried on the smallest file of that kind.
    """
    start = _start(source)
    if start is None:
        return None
    order, big, place = start
    directory = _directory(source, place, order, big)
    page = directory and _page(directory)
    if directory is None or page is None or not _data_are_there(source, directory, page):
        return None
    names = (_BITS, _PHOTOMETRIC, _FILL_ORDER, _SAMPLES, _PLANAR, _EXTRA, _SAMPLE_FORMAT)
    kind = tuple((tag, tuple(directory.tags[tag].tolist())) for tag in names if tag in directory.tags)
    if not all(values and min(values) >= 0 and max(values) <= 0xFFFF for _, values in kind):
        return None
    return page, _decodes(order, kind) and _unpacks(page.compression)


# -- reading ---------------------------------------------------------------------------------------------------------

_NAMES: dict[str, Literal["little", "big"]] = {"<": "little", ">": "big"}


def _start(source: IO[bytes]) -> tuple[str, bool, int] | None:
    """Byte order, whether it is a BigTIFF, and where the first directory is."""
    source.seek(0)
    head = source.read(16)
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None or len(head) < 16:
        return None
    version = int.from_bytes(head[2:4], _NAMES[order])
    if version == 42:
        return order, False, int.from_bytes(head[4:8], _NAMES[order])
    return (order, True, int.from_bytes(head[8:16], _NAMES[order])) if version == 43 else None


def _directory_end(source: IO[bytes], place: int, order: str, big: bool) -> int:
    """Where the table of the directory at a place ends."""
    count, entry = (8, 20) if big else (2, 12)
    if place + count > source.seek(0, os.SEEK_END):
        return place + count
    source.seek(place)
    return place + count + entry * int.from_bytes(source.read(count), _NAMES[order])


def _directory(source: IO[bytes], place: int, order: str, big: bool) -> Directory | None:
    """The directory at a place; None if it, or a value of a tag that matters, reaches beyond the end of the file."""
    end = source.seek(0, os.SEEK_END)
    if not 0 < place < end:
        return None
    source.seek(place)
    raw = source.read(8 if big else 2)
    number = int.from_bytes(raw, _NAMES[order])
    entry = 20 if big else 12
    table = source.read(min(number, 0xFFFF) * entry)
    after = source.read(8 if big else 4)
    if not number or len(table) < number * entry:
        return None
    tags: dict[int, Numbers] = {}
    for row in range(number):
        tag, kind = struct.unpack_from(order + "HH", table, row * entry)
        count, inline = struct.unpack_from(order + ("Q8s" if big else "I4s"), table, row * entry + 4)
        if tag not in _WANTED or kind not in _TYPES:
            continue
        dtype = np.dtype(order + _TYPES[kind])
        size = count * dtype.itemsize
        if size > len(inline):
            offset = int.from_bytes(inline, _NAMES[order])
            if offset + size > end:
                return None
            source.seek(offset)
            inline = source.read(size)
        tags[tag] = np.frombuffer(inline[:size], dtype)
    return Directory(order, tags, int.from_bytes(after, _NAMES[order]))


_WANTED = frozenset(
    (
        _WIDTH, _LENGTH, _BITS, _COMPRESSION, _PHOTOMETRIC, _FILL_ORDER, _ORIENTATION, _SAMPLES, _ROWS, _PLANAR,
        _COLOURS, _SUB, _TILE_WIDTH, _TILE_LENGTH, _EXTRA, _SAMPLE_FORMAT, *_STRIPS, *_TILES,
    )
)  # fmt: skip


def _page(directory: Directory) -> Page | None:
    """The picture that a directory describes; None if its tags contradict each other."""
    width, height, bands = directory.one(_WIDTH), directory.one(_LENGTH), directory.one(_SAMPLES, 1)
    bits = directory.tags.get(_BITS, np.ones(1, np.uint16))
    formats = directory.tags.get(_SAMPLE_FORMAT, np.ones(1, np.uint16))
    extra = directory.tags.get(_EXTRA, np.zeros(0, np.uint16))
    if not width or not height or not bands or _PHOTOMETRIC not in directory.tags:
        return None
    if len(bits) not in (1, bands) or len(formats) not in (1, bands) or len(extra) >= bands:
        return None
    if not 0 < bits.min() <= bits.max() <= _DEEPEST or not {*formats.tolist()} <= {1, 2, 3, 4, 5, 6}:
        return None
    deepest, kind = int(bits.max()), int(formats.max())
    if kind == 3 and deepest not in (16, 24, 32, 64):
        return None
    across = directory.one(_TILE_WIDTH, width)
    down = directory.one(_TILE_LENGTH) or min(directory.one(_ROWS, height), height)
    together = 1 if directory.one(_PLANAR, 1) == _PLANES else bands
    if not across or not down:
        return None
    segment = down * -(-across * together * deepest // 8)
    compression, orientation = directory.one(_COMPRESSION, 1), directory.one(_ORIENTATION, 1)
    return Page(width, height, bands, deepest, kind, compression, orientation, segment)


def _data_are_there(source: IO[bytes], directory: Directory, page: Page) -> bool:
    """Whether there are as many strips or tiles as the picture needs, all within the file, and long enough."""
    tiled = _TILES[0] in directory.tags
    offsets, counts = (directory.tags.get(tag) for tag in (_TILES if tiled else _STRIPS))
    if offsets is None or counts is None or len(offsets) != len(counts):
        return False
    across = directory.one(_TILE_WIDTH, page.width) if tiled else page.width
    down = directory.one(_TILE_LENGTH, page.height) if tiled else directory.one(_ROWS, page.height)
    planes = page.bands if directory.one(_PLANAR, 1) == _PLANES else 1
    if not across or not down:
        return False
    if len(offsets) != math.ceil(page.width / across) * math.ceil(page.height / down) * planes:
        return False
    end = source.seek(0, os.SEEK_END)
    begin, size = offsets.astype(np.float64), counts.astype(np.float64)
    if (begin + size > end).any() or (begin < 8).any() or (size < 1).any():
        return False
    if page.compression == 1:
        return bool(size.sum() >= page.stored * 0.99)  # of bits, a row ends in a whole byte, and counts may differ
    return page.compression not in _DEFLATE or _inflates(source, offsets, counts, page)


def _inflates(source: IO[bytes], offsets: Numbers, counts: Numbers, page: Page) -> bool:
    """Whether all strips or tiles unpack, none to more than one holds; what is too large is taken at its word."""
    if page.unpacked > _MOST_CHECKED:
        return True
    for offset, count in zip(offsets.tolist(), counts.tolist(), strict=True):
        source.seek(offset)
        stream = zlib.decompressobj()
        try:
            found = len(stream.decompress(source.read(count), page.segment + 1))
        except zlib.error:
            return False
        if not stream.eof or found > page.segment:
            return False
    return True


# -- what Pillow can do ----------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _decodes(order: str, kind: tuple[tuple[int, tuple[int, ...]], ...]) -> bool:
    """Whether Pillow decodes a picture of one pixel with these tags."""
    tags = dict(kind)
    bits, bands = max(tags.get(_BITS, (1,))), tags.get(_SAMPLES, (1,))[0]
    planes = bands if tags.get(_PLANAR) == (_PLANES,) else 1
    length = -(-bits * bands // planes // 8)
    tags |= {_WIDTH: (1,), _LENGTH: (1,), _COMPRESSION: (1,), _ROWS: (1,)}
    tags |= {_STRIPS[0]: (8,) * planes, _STRIPS[1]: (length,) * planes}
    if tags.get(_PHOTOMETRIC) == (_PALETTE,):
        tags[_COLOURS] = (0,) * (3 << min(bits, 16))
    values, entries, place = b"", b"", 8 + length + length % 2
    for tag in sorted(tags):
        raw = struct.pack(f"{order}{len(tags[tag])}H", *tags[tag])
        inline = raw if len(raw) <= 4 else struct.pack(order + "I", place + len(values))
        entries += struct.pack(order + "HHI", tag, 3, len(tags[tag])) + inline.ljust(4, b"\0")
        values += b"" if len(raw) <= 4 else raw
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", place + len(values))
    table = struct.pack(order + "H", len(tags)) + entries + bytes(4)
    try:
        with Image.open(io.BytesIO(head + bytes(place - 8) + values + table), formats=("TIFF",)) as image:
            image.load()
    except Exception:  # the decoder's own words for what it cannot do
        return False
    return True


@lru_cache(maxsize=64)
def _unpacks(compression: int) -> bool:
    """Whether Pillow unpacks a compression."""
    from PIL.TiffImagePlugin import COMPRESSION_INFO

    if (name := _PERHAPS.get(compression)) is None:
        return compression in COMPRESSION_INFO
    try:
        Image.new("L", (16, 16)).save(io.BytesIO(), "TIFF", compression=name)
    except Exception:  # as above
        return False
    return True
