"""Damage to XML: elements renamed, dropped, repeated, nested; attributes changed; entities and comments added."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tools.fuzz.mutate import text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

_ELEMENT = re.compile(rb"<(\w+)[^<>]*>[^<>]*</\1>|<\w+[^<>]*/>")
_TAG = re.compile(rb"</?\w+[^<>]*>")
_CONTENT = re.compile(rb"(?<=>)[^<>]*(?=<)")
_ATTRIBUTE = re.compile(rb'[\w:]+="[^"<>]*"')
_ADDED = (
    b"<!-- -- -->", b"<!--", b"<![CDATA[ <x> ]]>", b"<![CDATA[", b"<?xml version='1.0'?>", b"<?php ?>", b"&amp;",
    b"&lol;", b"&#0;", b"&#x110000;", b"&#55296;", b"&", b"<", b"<x:y/>", b"<a xmlns:q='q'>", b"</annotation>",
    b"</annotations>", b"text", b"<object/>", b"<bndbox/>", b"<name/>",
)  # fmt: skip
_BEFORE = (
    b'<!DOCTYPE a [<!ENTITY lol "lol">]>', b'<!DOCTYPE a SYSTEM "file:///etc/passwd">', b"<?xml version='1.1'?>",
    b"<?xml version='1.0' encoding='utf-16'?>", b"<?xml version='1.0' encoding='nowhere'?>", b"\n\n", b"x",
    b"<?xml-stylesheet href='x'?>", b"<?xml version='1.0' encoding='cp037'?>",
)  # fmt: skip
_DEPTHS = (3, 30, 255, 257, 3_000)


def mutated(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    """One change."""
    return chance.choice(_ALL)(data, chance) if data else b"<a/>"


def _replaced(pattern: re.Pattern[bytes], data: bytes, chance: Random, by: Callable[[bytes], bytes]) -> bytes:
    found = pattern.search(data, chance.randrange(len(data))) or pattern.search(data)
    return data if found is None else data[: found.start()] + by(found[0]) + data[found.end() :]


def element(data: bytes, chance: Random) -> bytes:
    """An element dropped, repeated, or put into itself."""
    times = chance.choice((0, 0, 2, 2, 100))
    if chance.random() < 0.2:
        return _replaced(_ELEMENT, data, chance, lambda old: b"<a>" + old + b"</a>")
    return _replaced(_ELEMENT, data, chance, lambda old: old * times)


def tag(data: bytes, chance: Random) -> bytes:
    """A tag dropped, renamed, in upper case, or closed at once."""
    return _replaced(
        _TAG,
        data,
        chance,
        lambda old: chance.choice((b"", old.upper(), b"<a>", b"</a>", old[:-1] + b"/>", old.strip(b"<>"), old + old)),
    )


def content(data: bytes, chance: Random) -> bytes:
    """The text of an element to an extreme."""
    return _replaced(
        _CONTENT, data, chance, lambda _: chance.choice((*text.NUMBERS, *text.WORDS)).encode("utf-8", "surrogatepass")
    )


def attribute(data: bytes, chance: Random) -> bytes:
    """An attribute dropped, twice, renamed, or of an extreme value."""

    def changed(old: bytes) -> bytes:
        name, _, value = old.partition(b"=")
        fresh = chance.choice((*text.NUMBERS, *text.WORDS)).encode().replace(b'"', b"")
        odd = name + b'="' + fresh + b'"'
        return chance.choice(
            (b"", old + b" " + old, b"a=" + value, odd, odd, odd, name, name + b"=" + value.strip(b'"'))
        )

    return _replaced(_ATTRIBUTE, data, chance, changed)


def added(data: bytes, chance: Random) -> bytes:
    """Something that XML has or nearly has, behind a tag."""
    return _replaced(_TAG, data, chance, lambda old: old + chance.choice(_ADDED))


def before(data: bytes, chance: Random) -> bytes:
    """Something in front of the outermost element."""
    return chance.choice(_BEFORE) + data


def nest(data: bytes, chance: Random) -> bytes:
    """Elements within elements, closed or not."""
    depth = chance.choice(_DEPTHS)
    close = b"</a>" * depth if chance.random() < 0.7 else b""
    return _replaced(_TAG, data, chance, lambda old: old + b"<a>" * depth + close)


_ALL: tuple[Callable[[bytes, Random], bytes], ...] = (
    element, element, tag, tag, content, content, content, attribute, attribute, added, before, nest,
)  # fmt: skip
