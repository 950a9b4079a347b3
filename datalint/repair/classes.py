"""Another class in a record: the one place where the class stands is found, or it is not touched."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape, quoteattr, unescape

from datalint.dataset.containers.json import places
from datalint.repair.edits import Edit, FixError
from datalint.repair.json_file import JsonFile
from datalint.repair.xml_file import XmlFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datalint.repair.label_file import LabelFile, Spot

#: Keys whose number is that of a class.
_ID_KEYS = frozenset({"category_id", "class_id", "label_id", "class_index", "category", "class", "label", "clazz"})
#: What a cell of a table with commas or tabs may be: quoted, or not.
_CELL = re.compile(rb'"(?:[^"]|"")*"|[^,;|\t]*')
_WORD = re.compile(rb"\S+")
_TEXT = re.compile(rb">([^<>]*)<")
_ATTRIBUTE = re.compile(rb"""=\s*("[^"]*"|'[^']*')""")
_QUOTES = {"&quot;": '"', "&apos;": "'"}


class Class(NamedTuple):
    """A class as a label file has it."""

    name: str
    number: int | None
    """None where only names are known."""


def reclassed(file: LabelFile, spot: Spot, old: Class, new: Class) -> list[Edit]:
    """The edits that give a record another class; FixError where its class stands in none or several places."""
    if isinstance(file, JsonFile):
        found = list(_in_json(file, spot, old, new))
    elif isinstance(file, XmlFile):
        found = list(_in_xml(file.data, file.span(spot), old, new))
    else:
        found = list(_in_line(file.data, file.span(spot), old, new))
    if len(found) != 1:
        raise FixError(
            f"its class stands in {len(found) or 'no'} places of the record: which one is meant is not certain"
        )
    return found


def _in_json(file: JsonFile, spot: Spot, old: Class, new: Class) -> Iterator[Edit]:
    at, stop = file.span(spot)
    data = file.data
    if data[at : at + 1] == b"{":
        members = list(places.members(data, at))
        names = [one for one in members if _text(data, one.at, one.end) == old.name]
        numbers = [one for one in members if one.key in _ID_KEYS and _is(data, one.at, one.end, old.number)]
        for one in names or numbers:
            yield _put(data, one.at, one.end, new)
        return
    for start, end in file.beside(spot) if spot.pointer else [(at, stop)]:
        if _text(data, start, end) == old.name or _is(data, start, end, old.number):
            yield _put(data, start, end, new)


def _text(data: bytes, at: int, stop: int) -> str | None:
    """The value of a JSON text."""
    if data[at : at + 1] != b'"':
        return None
    try:
        found = json.loads(data[at:stop])
    except ValueError:
        return None
    return found if isinstance(found, str) else None


def _is(data: bytes, at: int, stop: int, number: int | None) -> bool:
    said = data[at:stop].strip(b'"')
    return number is not None and said.isdigit() and int(said) == number


def _put(data: bytes, at: int, stop: int, new: Class) -> Edit:
    """A name for a name and a number for a number, in quotes where the old one was."""
    quoted = data[at : at + 1] == b'"'
    if data[at:stop].strip(b'"').isdigit():
        number = _number(new)
        return Edit(at, stop, b'"%s"' % number if quoted else number)
    return Edit(at, stop, json.dumps(new.name, ensure_ascii=data[at:stop].isascii()).encode())


def _in_xml(data: bytes, span: tuple[int, int], old: Class, new: Class) -> Iterator[Edit]:
    for text in _TEXT.finditer(data, *span):
        if _read(text[1]) == old.name:
            start = text.start(1) + len(text[1]) - len(text[1].lstrip())
            yield Edit(start, start + len(text[1].strip()), escape(new.name).encode())
    # The record's own tag, where the class is one of its attributes.
    tag = data.find(b">", *span)
    for value in _ATTRIBUTE.finditer(data, span[0], tag):
        if _read(value[1][1:-1]) == old.name:
            yield Edit(value.start(1), value.end(1), quoteattr(new.name).encode())


def _read(text: bytes) -> str:
    return unescape(text.decode("utf-8", "replace").strip(), _QUOTES)


def _in_line(data: bytes, span: tuple[int, int], old: Class, new: Class) -> Iterator[Edit]:
    line = data[slice(*span)]
    cells = any(mark in line for mark in (b",", b";", b"\t", b"|"))
    parts = [(span[0] + one.start(), span[0] + one.end()) for one in (_CELL if cells else _WORD).finditer(line)]
    parts = [(start, stop) for start, stop in parts if stop > start]
    named = [(start, stop) for start, stop in parts if _cell(data[start:stop]) == old.name]
    if named and not (old.name.isdigit() and not cells):
        if not cells and len(new.name.split()) != 1:
            raise FixError(f"the class {new.name!r} has a blank in it, which would end the word")
        yield from (Edit(start, stop, _written(data[start:stop], new.name)) for start, stop in named)
    elif not cells and parts and data[slice(*parts[0])].isdigit() and int(data[slice(*parts[0])]) == old.number:
        yield Edit(*parts[0], _number(new))  # YOLO: the class is the first number


def _cell(cell: bytes) -> str:
    text = cell.decode("utf-8", "replace").strip()
    return text[1:-1].replace('""', '"') if text.startswith('"') and text.endswith('"') and len(text) > 1 else text


def _written(old: bytes, name: str) -> bytes:
    blank = len(old) - len(old.lstrip()), len(old.rstrip())
    quoted = old.strip().startswith(b'"') or any(mark in name for mark in ',;"|\t')
    text = '"' + name.replace('"', '""') + '"' if quoted else name
    return old[: blank[0]] + text.encode() + old[blank[1] :]


def _number(new: Class) -> bytes:
    if new.number is None:
        raise FixError(f"the number of the class {new.name} is not known")
    return b"%d" % new.number
