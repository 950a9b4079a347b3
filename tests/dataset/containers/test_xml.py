"""XML read safely: what is refused, where it is broken, encodings."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalint.dataset.containers.records import Problem
from datalint.dataset.containers.xml import (
    number,
    parse,
    root_name,
    stream,
    text_of,
)

GOOD = b"<annotation>\n  <filename>a.jpg</filename>\n  <object>\n    <name>cat</name>\n  </object>\n</annotation>\n"


def reasons(data: bytes) -> list[tuple[str, int | None, str]]:
    return [(problem.kind, problem.line, problem.reason) for problem in parse(data, "a.xml").problems]


def test_lines_are_those_of_the_elements() -> None:
    document = parse(b"<?xml version='1.0'?>\n<!-- x -->\n" + GOOD, "a.xml")
    assert document.problems == []
    assert not document.cut
    assert [(one.tag, one.sourceline) for one in document.root.iter()] == [
        ("annotation", 3),
        ("filename", 4),
        ("object", 5),
        ("name", 6),
    ]


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"<annotation>", "annotation"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- <a> -->\r\n<annotation/>", "annotation"),
        (b'<!DOCTYPE a [<!ENTITY b "]>">]><annotations x="1"', "annotations"),
        ("<?xml version='1.0' encoding='utf-16'?><annotation>".encode("utf-16"), "annotation"),
        (b'<v:annotation xmlns:v="u">', "annotation"),
        (b"", None),
        (b"\0\0\0", None),
        (b"<!-- never ends", None),
        (b"annotation", None),
    ],
)
def test_the_outermost_element_is_known_from_the_first_bytes(start: bytes, name: str | None) -> None:
    assert root_name(start) == name


def test_a_doctype_is_refused() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>\n' + GOOD.replace(b"cat", b"&b;")
    document = parse(b"\n\n" + bomb, "a.xml")
    assert document.root is None
    assert [(problem.kind, problem.line) for problem in document.problems] == [("syntax", 3)]
    outside = b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + GOOD
    assert parse(outside, "a.xml").root is None


def test_an_entity_between_elements_is_no_element() -> None:
    data = b"<a>\n<b><x>1</x>&who;<y>2&who;3</y></b></a>"
    document = parse(data, "a.xml")
    assert [(one.tag, one.text) for one in document.root[0]] == [("x", "1"), ("y", "2&who;3")]
    assert document.problems
    problems: list[Problem] = []
    assert [[one.tag for one in element] for element in stream(data, "a.xml", ("b",), (), problems)] == [["x", "y"]]
    assert problems


def test_an_entity_that_nobody_declared_is_told_and_not_expanded() -> None:
    document = parse(GOOD.replace(b"cat", b"caf&eacute;"), "a.xml")
    assert [(problem.kind, problem.line) for problem in document.problems] == [("syntax", 4)]
    assert text_of(document.root.find("object/name")) == "caf&eacute;"


@pytest.mark.parametrize(
    ("data", "line", "read"),
    [
        (GOOD[:-24], 5, 1),
        (GOOD.replace(b"cat", b"cat & dog"), 4, 1),
        (GOOD.replace(b"</name>", b"</nane>"), 4, 1),
        (GOOD.replace(b"cat", b"c\0t"), 4, 1),
        (GOOD + b"<more/>", 7, 1),
        (b"\n" + b"<?xml version='1.0'?>" + GOOD, 2, 1),
    ],
)
def test_a_broken_file_is_read_as_far_as_it_can_be(data: bytes, line: int, read: int) -> None:
    document = parse(data, "a.xml")
    assert [(problem.kind, problem.line) for problem in document.problems] == [("syntax", line)]
    assert len(document.root.findall("object")) == read


@pytest.mark.parametrize("data", [b"", b"   ", b"no XML", b"\0" * 100, b"<", b"<a" * 50, b"<!DOCTYPE", b"\xff\xfe"])
def test_what_is_no_xml_is_one_problem(data: bytes) -> None:
    document = parse(data, "a.xml")
    assert len(document.problems) == 1
    assert document.problems[0].kind == "syntax"


def test_only_a_file_that_ends_in_the_middle_is_cut() -> None:
    assert parse(GOOD[:-30], "a.xml").cut
    assert not parse(GOOD.replace(b"cat", b"&"), "a.xml").cut


@pytest.mark.parametrize(
    ("encoding", "declared", "problems"),
    [
        ("utf-8-sig", None, []),
        ("utf-16", "utf-16", []),
        ("utf-16-le", None, []),
        ("gb2312", "gb2312", []),
        ("latin-1", "ISO-8859-1", []),
        ("cp1252", None, ["encoding"]),
        ("utf-8", "utf-16", ["encoding"]),
        ("utf-8", "utf-7", ["encoding"]),
        ("utf-8", "nonsense", ["encoding"]),
    ],
)
def test_encodings(encoding: str, declared: str | None, problems: list[str]) -> None:
    name = "猫" if encoding == "gb2312" else "Wörter"
    declaration = f"<?xml version='1.0' encoding='{declared}'?>" if declared else ""
    document = parse(f"{declaration}<annotation><name>{name}</name></annotation>".encode(encoding), "a.xml")
    assert text_of(document.root.find("name")) == name
    assert [problem.kind for problem in document.problems] == problems


@pytest.mark.parametrize("number", [55296, 57343, 56000, 57340, 0xDABC])
@pytest.mark.parametrize("form", ["&#{0};", "&#x{0:X};", "&#x{0:x};", "&#000{0};", "&#x00{0:x};"])
def test_half_a_character_is_told_and_left_out(number: int, form: str) -> None:
    """lxml raises where such a text is read."""
    half = form.format(number).encode()
    data = GOOD.replace(b"cat", b"c%sat" % half).replace(b"<object>", b"<object>x" + half)
    document = parse(data, "a.xml")
    assert [problem.line for problem in document.problems] == [3, 4]
    assert document.problems[0].reason.startswith("a character that XML does not allow")
    assert text_of(document.root.find("object/name")) == "cat"
    assert document.root.find("object").text.strip() == "x"
    assert parse(GOOD.replace(b"<name>", b"<name a='%s'>" % half), "a.xml").root.find("object/name").get("a") in (
        "",
        None,
    )
    problems: list[Problem] = []
    assert [text_of(one.find("name")) for one in stream(data, "a.xml", ["object"], [], problems)] == ["cat"]
    assert problems == document.problems
    whole = data.replace(half, "&#{};".format("9731" if number % 2 else "xE000").encode())
    assert parse(whole, "a.xml").problems == []


def test_nesting_has_an_end() -> None:
    problems = reasons(b"<annotation>" + b"<a>" * 1_000_000)
    assert [kind for kind, _, _ in problems] == ["syntax"]
    assert "nested too deeply" in problems[0][2]


def test_names_have_no_namespaces() -> None:
    document = parse(b'<annotation xmlns="http://x"><object><name>cat</name></object></annotation>', "a.xml")
    assert text_of(document.root.find("object/name")) == "cat"


def test_a_stream_knows_its_lines_beyond_the_limit_of_the_parser() -> None:
    body = b"<!-- <image> -->\n<image>\n<box/></image>\n" * 40_000
    problems: list[object] = []
    lines = []
    for image in stream(b"<annotations>\n" + body + b"</annotations>", "a.xml", ("image",), ("box",), problems):  # type: ignore[arg-type]
        lines += [int(one.get("line")) for one in image.iter("image", "box")]
    assert problems == []
    assert lines == [line for start in range(40_000) for line in (3 * start + 3, 3 * start + 4)]


def test_numbers() -> None:
    assert [number(text) for text in ("1", "-2.5e3", ".5", "1.", "inf")] == [1.0, -2500.0, 0.5, 1.0, float("inf")]
    assert [number(text) for text in ("", None, "1,5", "1_0", "0x1", "١", "9" * 1000)] == [None] * 7


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_nothing_is_raised(data: st.DataObject) -> None:
    mutated = bytearray(b'<?xml version="1.0" encoding="utf-8"?>\n' + GOOD)
    for _ in range(data.draw(st.integers(0, 4))):
        mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(mutated[: data.draw(st.integers(0, len(mutated)))])
    document = parse(cut, "a.xml")
    assert document.root is not None or document.problems
    problems: list[object] = []
    list(stream(cut, "a.xml", ("object",), ("name",), problems))  # type: ignore[arg-type]
