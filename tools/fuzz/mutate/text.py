"""Damage to text of any syntax: numbers, words, lines, brackets, quotes, encodings, ends of lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

NUMBERS = (
    "0", "-0", "-1", "1", "0.5", "-0.0", "1e308", "-1e308", "1e309", "1e-400", "4.9e-324", "1E+5", "NaN", "nan", "-nan",
    "Infinity", "-Infinity", "inf", "2147483647", "2147483648", "-2147483649", "4294967296", "9007199254740993",
    "9223372036854775807", "9223372036854775808", "-9223372036854775809", "18446744073709551616", "1" * 40, "1" * 400,
    "0x7f", "1_000", "1,5", "1.2.3", "+1", "--1", ".", "-", "1e", "00012", "٣", "½", "1e9999999999", "", " ", "true",
)  # fmt: skip
WORDS = (
    "", " ", "\t", "null", "None", "true", "undefined", "NaN", "..", "../../../etc/passwd", "/etc/passwd", "~/.ssh/id",
    "C:\\Windows\\x.png", "\\\\host\\share", "file:///etc/passwd", "http://localhost/x.png", "a/../a.png", "./a.png",
    "a\0b", "a\x1fb", "\x1b[31mred\x1b[0m", "\r", "a\nb", "\u202egnp.a", "\u0000", "\ufeff", "e\u0301", "\U0001f600",
    "%s%n%x", "{0}", "{message}", "<script>", "&amp;", "]]>", "--", "'", '"', "`", "|", ";", ",", "\\", "$(id)",
    "a" * 300, "a" * 5000, "x/" * 200, "con", "aux.png", ".", "__proto__", "constructor", "!!python/object:os.system",
)  # fmt: skip
_NUMBER = re.compile(rb"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_TOKEN = re.compile(rb"\w+|\s+|[^\w\s]")
_PAIRS = (b"[]", b"{}", b"()", b"<>", b'""', b"''", b"\r\n", b"<!---->", b"<a></a>")
_ENDS = (b"\n", b"\r\n", b"\r", b"\n\n", b"", "\u2028".encode(), b"\x0b", b"\x0c", b"\x85", b"\x1c", b"\0")
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"\0", b"\x1f\x8b")
_BAD = (b"\xff", b"\xc3", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x80", b"\xe2\x82", b"\0", b"\x1f")
_DEPTHS = (3, 30, 300, 3_000, 30_000)


def mutated(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    """One change."""
    return chance.choice(_ALL)(data, chance) if data else b"\n"


def _one(pattern: re.Pattern[bytes], data: bytes, chance: Random) -> re.Match[bytes] | None:
    """A match behind a place of chance, else the first one."""
    return pattern.search(data, chance.randrange(len(data))) or pattern.search(data)


def number(data: bytes, chance: Random) -> bytes:
    """A number to an extreme."""
    found = _one(_NUMBER, data, chance)
    return data if found is None else data[: found.start()] + chance.choice(NUMBERS).encode() + data[found.end() :]


def word(data: bytes, chance: Random) -> bytes:
    """A word to something odd."""
    found = _one(_TOKEN, data, chance)
    return data if found is None else data[: found.start()] + chance.choice(WORDS).encode() + data[found.end() :]


def token(data: bytes, chance: Random) -> bytes:
    """A token deleted, repeated, or moved."""
    found = _one(_TOKEN, data, chance)
    if found is None:
        return data
    rest = data[: found.start()] + data[found.end() :]
    if (kind := chance.randrange(3)) == 0:
        return rest
    if kind == 1:
        return data[: found.end()] + found[0] * chance.choice((1, 2, 100)) + data[found.end() :]
    at = chance.randint(0, len(rest))
    return rest[:at] + found[0] + rest[at:]


def line(data: bytes, chance: Random) -> bytes:
    """A line deleted, repeated, moved, cut or emptied."""
    lines = data.splitlines(keepends=True)
    at, to = chance.randrange(len(lines)), chance.randrange(len(lines))
    kind = chance.randrange(5)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines[at:at] = [lines[at]] * chance.choice((1, 3, 200))
    elif kind == 2:
        lines[at], lines[to] = lines[to], lines[at]
    elif kind == 3:
        lines[at] = lines[at][: chance.randint(0, len(lines[at]))]
    else:
        lines[at] = b"\n"
    return b"".join(lines)


def ends_of_lines(data: bytes, chance: Random) -> bytes:
    """All ends of lines, or a single one, of another kind."""
    return data.replace(b"\n", chance.choice(_ENDS), -1 if chance.random() < 0.5 else 1)


def unbalance(data: bytes, chance: Random) -> bytes:
    """A bracket or quote too many or too few."""
    pair = chance.choice(_PAIRS)
    half = pair[:1] if chance.random() < 0.5 else pair[-1:]
    if half in data and chance.random() < 0.5:
        at = max(data.find(half, chance.randrange(len(data))), data.find(half))
        return data[:at] + data[at + 1 :]
    at = chance.randint(0, len(data))
    return data[:at] + half + data[at:]


def nest(data: bytes, chance: Random) -> bytes:
    """Brackets within brackets, closed or not."""
    depth, pair = chance.choice(_DEPTHS), chance.choice((b"[]", b"{}", b"()", b'""'))
    at = chance.randint(0, len(data))
    closed = chance.random() < 0.5
    return data[:at] + pair[:1] * depth + (pair[1:] * depth if closed else b"") + data[at:]


def encoding(data: bytes, chance: Random) -> bytes:
    """Another encoding, a mark of one in front, or bytes that are of none."""
    kind = chance.randrange(4)
    if kind == 0:
        name = chance.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "cp037", "shift-jis"))
        return data.decode("utf-8", "replace").encode(name, "replace")
    if kind == 1:
        return chance.choice(_MARKS) + data
    at = chance.randint(0, len(data))
    return data[:at] + chance.choice(_BAD) * chance.choice((1, 1, 10)) + data[at + (kind == 2) :]


def blow_up(data: bytes, chance: Random) -> bytes:
    """The whole file many times, or one token of many thousand characters."""
    if chance.random() < 0.5:
        return data * chance.choice((2, 2, 10))
    at = chance.randint(0, len(data))
    return (
        data[:at]
        + chance.choice((b"9", b"a", b" ", b",", b"\\", b"/", b'"')) * chance.choice((100, 70_000))
        + data[at:]
    )


_ALL: tuple[Callable[[bytes, Random], bytes], ...] = (
    number, number, number, word, word, token, token, line, ends_of_lines, unbalance, unbalance, nest, encoding,
    blow_up,
)  # fmt: skip
