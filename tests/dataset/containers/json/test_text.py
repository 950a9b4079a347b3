from __future__ import annotations

import pytest

from datalint.dataset.containers.json.text import Text, as_text


@pytest.mark.parametrize(
    ("data", "text", "problems"),
    [
        (b'{"a": 1}', '{"a": 1}', 0),
        ('{"ä": 1}'.encode(), '{"ä": 1}', 0),
        ('{"ä": 1}'.encode("utf-8-sig"), '{"ä": 1}', 1),
        ('{"ä": 1}'.encode("utf-16"), '{"ä": 1}', 1),
        ('{"ä": 1}'.encode("latin-1"), '{"ä": 1}', 1),
        (b"", "", 0),
    ],
)
def test_every_encoding_becomes_utf_8(data: bytes, text: str, problems: int) -> None:
    found = Text(data, "x.json")
    assert found.data.decode() == text
    assert [problem.kind for problem in found.problems] == ["encoding"] * problems


def test_a_character_over_the_border_of_two_steps_is_utf_8() -> None:
    data = b"a" * ((1 << 20) - 1) + "é".encode() + b"a"
    assert Text(data, "x.json").data is data
    assert Text(data[:-2], "x.json").problems  # the character is cut in two


def test_an_offset_becomes_a_place() -> None:
    text = Text('{"é": [1,\n "b"]}'.encode(), "x.json")
    at = text.data.index(b'"b"')
    text.report("syntax", at, "/é/1", "why", "what")
    assert text.problems == [text.problem("syntax", at, "/é/1", "why", "what")]
    assert tuple(text.problems[0].place) == ("x.json", 2, 2, "/é/1")


def test_the_beginning_of_a_file_as_text() -> None:
    assert as_text(b"\xef\xbb\xbf \n{") == b"{"
    assert as_text(" [1".encode("utf-16")) == b"[1"
