"""XML files of labels: safe, with the line of every element, and as much of a broken file as can be read.

Nothing is fetched, no entity is expanded and a DOCTYPE is refused, for it is what defines entities. Elements nest 256
deep and a text has at most 10 MB: libxml2's own limits, kept on purpose (`huge_tree` lifts them).
"""

from __future__ import annotations

import codecs
import re
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from datalint.dataset.containers.records import Place, Problem, cited, decode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


#: lxml has no types of its own.
Element = Any

#: Read of a file to find out what it is: more than the comments and licences that stand before a root.
SNIFF = 1 << 16
#: A file about one image that is larger is none.
LARGEST = 1 << 26
#: Looked at of the end of a file, to see whether it ends as it began.
_LAST = 1 << 12
#: Places reported where a file is broken in many.
_MOST_TOLD = 20
#: libxml2 keeps an element's line in 16 bits, and guesses beyond.
_MOST_LINES = 65_000

# Without possessive quantifiers, which Python 3.11 before 3.11.5 gets wrong around alternatives; nothing is ambiguous
# here, so that none is needed.
_COMMENT = rb"<!--[^-]*(?:-(?!->)[^-]*)*-->"
_CDATA = rb"<!\[CDATA\[[^\]]*(?:\](?!\]>)[^\]]*)*\]\]>"
#: One of them that does not end takes the rest of the file: it is looked for once.
_HIDDEN = rb"%s|%s" % (_COMMENT[:-3] + rb"(?:-->|\Z)", _CDATA[:-5] + rb"(?:\]\]>|\Z)")
_PROLOG = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s|<\?[^?]*(?:\?(?!>)[^?]*)*\?>|%s)*" % _COMMENT)
_ROOT = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)(?=[\s/>])")
_DOCTYPE = re.compile(rb"""<!DOCTYPE(?:[^\[>"']|"[^"]*"|'[^']*'|\[(?:[^\]"']|"[^"]*"|'[^']*')*\])*>""", re.IGNORECASE)
#: Character references to halves of a character, 55296 to 57343: where it recovers, libxml2 makes text of them that is
#: not UTF-8, and lxml raises wherever that is read.
_HALF = re.compile(
    rb"&#(?:x0*[dD][89a-fA-F][0-9a-fA-F]{2}"
    rb"|0*(?:5529[6-9]|55[3-9]\d\d|56\d{3}|57[0-2]\d\d|573[0-3]\d|5734[0-3]));"
)
_ENCODING = re.compile(rb"""\s*<\?xml[^>]*?\bencoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_PLAIN = frozenset({"utf-8", "ascii"})
#: What a number looks like; NaN and infinity are numbers, for rules to judge.
_NUMBER = re.compile(
    r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:nan|inf|infinity)", re.IGNORECASE | re.ASCII
)
_LONGEST_NUMBER = 400

_REASONS = {
    "ERR_TAG_NAME_MISMATCH": "a tag is closed by another one",
    "ERR_NAME_REQUIRED": "a name is missing after & or <, which are written &amp; and &lt; in text",
    "ERR_UNDECLARED_ENTITY": "an entity that is not declared",
    "WAR_UNDECLARED_ENTITY": "an entity that is not declared",
    "ERR_INVALID_CHAR": "a character that XML does not allow",
    "ERR_DOCUMENT_END": "more text after the end of the outermost element",
    "ERR_DOCUMENT_EMPTY": "no element in it",
    "ERR_RESERVED_XML_NAME": "there is text before the XML declaration",
    "ERR_RESOURCE_LIMIT": "nested too deeply, or a text of more than 10 MB",
}


class Document(NamedTuple):
    """What could be read of an XML file."""

    root: Element
    """None if nothing could."""
    problems: list[Problem]
    cut: bool
    """Whether the file ends in the middle: the last element of it may lack something, and a problem says so."""


def as_text(start: bytes) -> bytes:
    """The beginning of a file in UTF-8, if it is UTF-16; as it is, if not."""
    return _utf8(start, "")[0] if start[:2] in (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<") else start


def root_name(start: bytes) -> str | None:
    """Name of the outermost element, without its namespace; None if no element begins in `start`."""
    start = as_text(start)
    at = _PROLOG.match(start).end()  # type: ignore[union-attr]
    if doctype := _DOCTYPE.match(start, at):
        at = _PROLOG.match(start, doctype.end()).end()  # type: ignore[union-attr]
    found = _ROOT.match(start, at)
    return found[1].decode() if found else None


def parse(data: bytes, file: str) -> Document:
    """The file as a tree of elements. Comments are left out, names have no namespaces."""
    from lxml import etree

    text, problems = _utf8(data, file)
    if refusal := _refusal(text, file):
        return Document(None, [*problems, refusal], False)
    log: list[Any] = []
    try:
        root = etree.fromstring(text, _parser(False))
    except (etree.XMLSyntaxError, ValueError):
        root, log = _recovered(_without_halves(text))
        if root is not None and b"&" in text:
            _spell_entities(root)
    if root is not None and b"xmlns" in text:
        _without_namespaces(root)
    if root is None and not log:
        problems.append(_problem(file, 1, 1, "no element in it"))
    problems += _faults(log, file)
    return Document(root, problems, bool(log) and not _ends(text))


def stream(
    data: bytes, file: str, tags: Sequence[str], inner: Sequence[str], problems: list[Problem]
) -> Iterator[Element]:
    """Each element of a large file that has one of `tags`, as soon as it is complete; it is emptied afterwards.

    What is wrong with the file is added to `problems`. The attribute `line` of these elements, and of those named
    `inner` in them, is the line where they stand; `cut` is set where the file ends in the middle of it.
    """
    from lxml import etree

    text, found = _utf8(data, file)
    text = _without_halves(text)
    problems += found
    if refusal := _refusal(text, file):
        problems.append(refusal)
        return
    numbers = _lines(text, (*tags, *inner)) if text.count(b"\n") >= _MOST_LINES else None
    events = etree.iterparse(
        BytesIO(text), events=("end",), recover=True, remove_comments=True, remove_pis=True, encoding="utf-8", **_SAFE
    )
    spaces = b"xmlns" in text[:SNIFF]
    place = 0
    try:
        for _, element in events:
            if spaces and isinstance(element.tag, str):
                element.tag = element.tag.rpartition("}")[2]
            if element.tag not in tags:
                continue
            for one in element.iter(*tags, *inner):
                exact = numbers is not None and place < len(numbers)
                one.set("line", str(numbers[place] if numbers is not None and exact else one.sourceline))
                place += 1
            if len(events.error_log):
                _spell_entities(element)
            if element.getnext() is None and len(events.error_log) and not _ends(text):
                element.set("cut", "1")
            yield element
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    except (etree.XMLSyntaxError, ValueError):
        pass  # the log has it
    problems += _faults(list(events.error_log), file)


_SAFE: dict[str, bool] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "dtd_validation": False,
    "attribute_defaults": False,
    "huge_tree": False,
}


@cache
def _parser(recover: bool) -> Any:
    from lxml import etree

    return etree.XMLParser(recover=recover, remove_comments=True, remove_pis=True, encoding="utf-8", **_SAFE)


def _recovered(text: bytes) -> tuple[Element | None, list[Any]]:
    from lxml import etree

    parser = etree.XMLParser(recover=True, remove_comments=True, remove_pis=True, encoding="utf-8", **_SAFE)
    try:
        root = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    return root, list(parser.error_log)


def _without_halves(text: bytes) -> bytes:
    """The text with a reference to no character, which is left out and told, for each to half of one."""
    return _HALF.sub(lambda found: b"&#%s;" % (b"0" * (len(found[0]) - 3)), text) if b"&#" in text else text


def _refusal(text: bytes, file: str) -> Problem | None:
    """Why the file is not given to a parser at all."""
    at = _PROLOG.match(text).end()  # type: ignore[union-attr]
    if text[at : at + 9].upper() != b"<!DOCTYPE":
        return None
    line = text.count(b"\n", 0, at) + 1
    return Problem(
        "syntax", Place(file, line), "a DOCTYPE, which can define entities, is not read", "XML without a DOCTYPE"
    )


def _faults(log: Sequence[Any], file: str) -> list[Problem]:
    """One problem for each line at which a file is broken: the first fault there leads to the others."""
    first: dict[int, Any] = {}
    for entry in log:
        first.setdefault(entry.line, entry)
    problems = []
    for entry in list(first.values())[:_MOST_TOLD]:
        said = entry.message.strip()
        if said.startswith("Premature end"):
            reason = "the file ends in the middle"
        else:
            reason = f"{_REASONS.get(entry.type_name, 'not valid XML')}: {cited(said)}"
        problems.append(_problem(file, entry.line, entry.column, reason))
    if len(first) > _MOST_TOLD:
        line = list(first.values())[_MOST_TOLD].line
        problems.append(_problem(file, line, None, f"broken in {len(first) - _MOST_TOLD:,} more lines, this one first"))
    return problems


def _problem(file: str, line: int, column: int | None, reason: str) -> Problem:
    return Problem("syntax", Place(file, max(line, 1), column or None), reason, "valid XML")


def _ends(text: bytes) -> bool:
    """Whether the last tag of the file closes the first one."""
    root = root_name(text)
    if root is None:
        return False
    last = re.search(rb"</(?:[\w.-]+:)?([\w.-]+)\s*>(?:\s|%s)*\Z" % _COMMENT, text[-_LAST:])
    return bool(last) and last is not None and last[1].decode() == root


def _spell_entities(root: Element) -> None:
    """Make text of references to entities that nobody declared: they are nodes of their own, without a name."""
    from lxml import etree

    for node in list(root.iter(etree.Entity)):
        before, parent = node.getprevious(), node.getparent()
        said = f"{node.text}{node.tail or ''}"
        if before is None:
            parent.text = f"{parent.text or ''}{said}"
        else:
            before.tail = f"{before.tail or ''}{said}"
        parent.remove(node)


def _without_namespaces(root: Element) -> None:
    for element in root.iter():
        if isinstance(element.tag, str) and "}" in element.tag:
            element.tag = element.tag.rpartition("}")[2]


def _lines(text: bytes, tags: Sequence[str]) -> list[int]:
    """Line of each element of these names, in the order of the file."""
    names = b"|".join(re.escape(tag.encode()) for tag in tags)
    pattern = re.compile(rb"%s|<(?:[\w.-]+:)?(%s)(?=[\s/>])" % (_HIDDEN, names))
    offsets = np.array([found.start() for found in pattern.finditer(text) if found[1]], np.int64)
    ends = np.flatnonzero(np.frombuffer(text, np.uint8) == 10)
    return [int(line) + 1 for line in np.searchsorted(ends, offsets)]


def _utf8(data: bytes, file: str) -> tuple[bytes, list[Problem]]:
    """The text of the file in UTF-8, and what is odd about its encoding.

    An encoding that the file declares is not odd, nor is a byte order mark: XML allows both.
    """
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    for mark, codec in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"<\0", "utf-16-le"), (b"\0<", "utf-16-be")):
        if data.startswith(mark):
            return data.decode(codec, "replace").encode(), []
    declared = _ENCODING.match(data)
    name = _codec(declared[1].decode()) if declared else "utf-8"
    if data.isascii():
        return data, []
    if name is not None and name not in _PLAIN:
        try:
            return data.decode(name).encode(), []
        except (UnicodeError, ValueError):
            pass
    text, problems = decode(data, file)
    if declared and name not in _PLAIN:
        reason = f"it declares the encoding {declared[1].decode()}, but is not written in it"
        problems = [Problem("encoding", Place(file, 1), reason, "UTF-8, or the declared encoding"), *problems]
    return text.encode("utf-8", "replace"), problems


def _codec(name: str) -> str | None:
    """Python's name of a text encoding that keeps ASCII as it is; None if it is unknown, or another kind."""
    try:
        return codecs.lookup(name).name if "<?>".encode(name) == b"<?>" else None
    except (LookupError, UnicodeError, TypeError, ValueError):
        return None


def text_of(element: Element | None) -> str | None:
    """The text of an element without outer spaces; None if it has none."""
    if element is None:
        return None
    said = "".join(element.itertext()) if len(element) else element.text
    return (said or "").strip() or None


def number(text: str | None) -> float | None:
    """A number as text has it, NaN and infinity too; None if it is none."""
    if text is None or len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        return None
    return float(text)


__all__ = [
    "LARGEST",
    "SNIFF",
    "Document",
    "Element",
    "as_text",
    "number",
    "parse",
    "root_name",
    "stream",
    "text_of",
]
