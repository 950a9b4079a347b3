"""Damage to bytes, whatever they mean: what AFL, libFuzzer and radamsa do to a file of unknown format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

#: Numbers at which programs go wrong, by their width in bytes.
INTERESTING = {
    1: (0, 1, 16, 32, 64, 100, 127, 128, 254, 255),
    2: (0, 1, 128, 255, 256, 512, 1000, 1024, 4096, 32767, 32768, 65534, 65535),
    4: (0, 1, 32767, 32768, 65535, 65536, 100663045, 2147483647, 2147483648, 4294967294, 4294967295),
    8: (0, 1, 1 << 31, (1 << 32) - 1, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1),
}
_LONGEST = 256  # bytes of a block
_HEAD = 64  # where formats keep their sizes


def mutated(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    """One change, at a place that is in the head of the file more often than its length alone would have it."""
    if not data:
        return chance.randbytes(chance.randint(1, 16))
    return chance.choice(_ALL)(data, chance, others)


def _place(data: bytes, chance: Random) -> int:
    return chance.randrange(min(len(data), _HEAD) if chance.random() < 0.3 else len(data))


def _block(data: bytes, chance: Random) -> tuple[int, int]:
    start = _place(data, chance)
    longest = _LONGEST if chance.random() < 0.8 else len(data)
    return start, min(len(data), start + 1 + int(longest * chance.random() ** 3))


def flip_bit(data: bytes, chance: Random, _: Sequence[bytes]) -> bytes:
    """One bit."""
    return _flipped(data, _place(data, chance), 1 << chance.randrange(8))


def flip_bits(data: bytes, chance: Random, _: Sequence[bytes]) -> bytes:
    """Up to sixteen bits."""
    for _each in range(chance.randint(2, 16)):
        data = _flipped(data, _place(data, chance), 1 << chance.randrange(8))
    return data


def _flipped(data: bytes, at: int, bits: int) -> bytes:
    return data[:at] + bytes([data[at] ^ bits]) + data[at + 1 :]


def set_bytes(data: bytes, chance: Random, _: Sequence[bytes]) -> bytes:
    """A few bytes to chance."""
    at = _place(data, chance)
    fresh = chance.randbytes(chance.choice((1, 1, 1, 2, 4, 8)))
    return (data[:at] + fresh + data[at + len(fresh) :])[: len(data)]


def set_number(data: bytes, chance: Random, _: Sequence[bytes]) -> bytes:
    """A number of one to eight bytes to an extreme."""
    at, width = _place(data, chance), chance.choice((1, 1, 2, 2, 4, 4, 8))
    number = chance.choice(INTERESTING[width])
    order: Literal["big", "little"] = "big" if chance.random() < 0.5 else "little"
    return (data[:at] + number.to_bytes(width, order) + data[at + width :])[: max(len(data), at + width)]


def add_to_number(data: bytes, chance: Random, _: Sequence[bytes]) -> bytes:
    """A little more or less."""
    at, width = _place(data, chance), chance.choice((1, 2, 4))
    order: Literal["big", "little"] = "big" if chance.random() < 0.5 else "little"
    old = int.from_bytes(data[at : at + width], order)
    number = (old + chance.choice((-35, -16, -2, -1, 1, 2, 16, 35))) % (1 << 8 * width)
    return (data[:at] + number.to_bytes(width, order) + data[at + width :])[: len(data)]


def delete(data: bytes, chance: Random, _: Sequence[bytes]) -> bytes:
    """A block."""
    start, stop = _block(data, chance)
    return data[:start] + data[stop:]


def repeat(data: bytes, chance: Random, _: Sequence[bytes]) -> bytes:
    """A block, once or many times."""
    start, stop = _block(data, chance)
    times = chance.choice((1, 1, 1, 2, 8, 64))
    return data[:stop] + data[start:stop] * times + data[stop:]


def copy(data: bytes, chance: Random, _: Sequence[bytes]) -> bytes:
    """A block over another place."""
    start, stop = _block(data, chance)
    at = _place(data, chance)
    return (data[:at] + data[start:stop] + data[at + stop - start :])[: max(len(data), 1)]


def swap(data: bytes, chance: Random, _: Sequence[bytes]) -> bytes:
    """Two blocks that follow each other."""
    start, middle = _block(data, chance)
    stop = min(len(data), middle + chance.randint(1, _LONGEST))
    return data[:start] + data[middle:stop] + data[start:middle] + data[stop:]


def fill(data: bytes, chance: Random, _: Sequence[bytes]) -> bytes:
    """A block with one byte."""
    start, stop = _block(data, chance)
    return data[:start] + bytes([chance.choice((0, 0, 255, 32, 65))]) * (stop - start) + data[stop:]


def shuffle(data: bytes, chance: Random, _: Sequence[bytes]) -> bytes:
    """The bytes of a block."""
    start, stop = _block(data, chance)
    block = [*data[start:stop]]
    chance.shuffle(block)
    return data[:start] + bytes(block) + data[stop:]


def insert(data: bytes, chance: Random, _: Sequence[bytes]) -> bytes:
    """Bytes of chance, or one byte many times."""
    at, length = _place(data, chance), chance.choice((1, 2, 4, 16, 256))
    fresh = chance.randbytes(length) if chance.random() < 0.5 else bytes([chance.randrange(256)]) * length
    return data[:at] + fresh + data[at:]


def truncate(data: bytes, chance: Random, _: Sequence[bytes]) -> bytes:
    """The end cut off: of a little or of nearly all."""
    return data[: chance.randrange(len(data))] if chance.random() < 0.5 else data[: -chance.randint(1, 16)]


def behead(data: bytes, chance: Random, _: Sequence[bytes]) -> bytes:
    """The beginning cut off."""
    return data[chance.randint(1, min(len(data), 32)) :]


def splice(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    """The beginning of this file and the end of another."""
    if not others:
        return data
    other = chance.choice(others)
    return data[: chance.randrange(len(data))] + other[chance.randrange(len(other) or 1) :]


def borrow(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    """A block of another file in place of one of this."""
    if not others or not (other := chance.choice(others)):
        return data
    start, stop = _block(data, chance)
    first, last = _block(other, chance)
    return data[:start] + other[first:last] + data[stop:]


_ALL: tuple[Callable[[bytes, Random, Sequence[bytes]], bytes], ...] = (
    flip_bit, flip_bits, set_bytes, set_number, set_number, add_to_number, delete, repeat, copy, swap, fill, shuffle,
    insert, truncate, behead, splice, borrow,
)  # fmt: skip
