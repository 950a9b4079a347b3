"""Label files as UTF-8 without a byte order mark, and their cells without stray spaces and backslashes."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from datalint.dataset.containers.json import places
from datalint.repair.edits import Edit, FixError
from datalint.repair.json_file import JsonFile
from datalint.repair.text_file import TextFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from datalint.repair.label_file import LabelFile, Spot

_BOM = b"\xef\xbb\xbf"
_HIGH = re.compile(rb"[\x80-\xff]+")
_CELL = re.compile(rb'\s*"((?:[^"]|"")*)"\s*|[^,;|\t\r\n]+')
_DECLARED = re.compile(rb"""\A\s*<\?xml[^>]*encoding\s*=""")


def as_utf8(data: bytes) -> list[Edit]:
    """The edits that make a text UTF-8; FixError where that would be a guess that may be wrong.

    Bytes that are not UTF-8 are read as Windows-1252, else as Latin-1, which is how datalint reads them.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return [Edit(0, len(data), data.decode("utf-16").encode())]
        except UnicodeError:
            raise FixError("it begins as UTF-16 and does not go on so") from None
    edits = [Edit(0, len(_BOM))] if data.startswith(_BOM) else []
    body = data[len(_BOM) :] if edits else data
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return edits + list(_from_one_byte(data, len(data) - len(body)))
    if not edits:
        raise FixError("it is UTF-8 already")
    return edits


def _from_one_byte(data: bytes, begin: int) -> Iterator[Edit]:
    if _DECLARED.match(data):
        raise FixError("it declares another encoding than it is written in: which one is right is not certain")
    # Characters of several bytes that are valid are not by chance in a text of another encoding.
    if any(not "\udc80" <= one <= "\udcff" and one > "\x7f" for one in data[begin:].decode("utf-8", "surrogateescape")):
        raise FixError("some of it is UTF-8 and some is not: what is meant is not certain")
    try:
        data[begin:].decode("cp1252")
        name = "cp1252"
    except UnicodeDecodeError:
        name = "latin-1"
    for run in _HIGH.finditer(data, begin):
        yield Edit(run.start(), run.end(), run[0].decode(name).encode())


def tidied(file: LabelFile, records: Iterable[tuple[Spot, str | None, str | None]]) -> list[Edit]:
    """The edits that tidy the cells which name an image or are a class; FixError where there is none.

    `records` are the places of records, with the path of their image or the class as it is written.
    """
    found = set[Edit]()
    for spot, path, name in records:
        if isinstance(file, JsonFile):
            found.update(_in_json(file, spot, path, name))
        elif isinstance(file, TextFile):
            found.update(_in_line(file.data, file.span(spot), path, name))
    if not found:
        raise FixError("the text is not found in its records")
    return sorted(found)


def _in_json(file: JsonFile, spot: Spot, path: str | None, name: str | None) -> Iterator[Edit]:
    at, _ = file.span(spot)
    if file.data[at : at + 1] != b"{":
        return
    for member in places.members(file.data, at):
        if file.data[member.at : member.at + 1] != b'"':
            continue
        try:
            said = json.loads(file.data[member.at : member.end])
        except ValueError:
            continue
        new = _tidy(said, path, name)
        if new is not None:
            raw = file.data[member.at : member.end]
            yield Edit(member.at, member.end, json.dumps(new, ensure_ascii=raw.isascii()).encode())


def _in_line(data: bytes, span: tuple[int, int], path: str | None, name: str | None) -> Iterator[Edit]:
    for cell in _CELL.finditer(data, *span):
        quoted = cell[1] is not None
        start, stop = cell.span(1) if quoted else cell.span()
        said = data[start:stop].decode("utf-8", "replace").replace('""', '"' if quoted else '""')
        new = _tidy(said, path, name)
        if new is not None:
            yield Edit(start, stop, (new.replace('"', '""') if quoted else new).encode())


def _tidy(said: str, path: str | None, name: str | None) -> str | None:
    """A cell as it should be; None where it is so already, or about something else."""
    trimmed = said.strip()
    if path is not None:
        slashed = re.sub(r"/{2,}", "/", trimmed.replace("\\", "/"))
        if slashed != said and f"/{path}".endswith("/" + re.sub(r"^(?:\./)+", "", slashed)):
            return slashed
    if name is not None and trimmed == name.strip() and trimmed != said:
        return trimmed
    return None
