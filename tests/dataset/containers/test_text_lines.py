"""Lines of many text files at once."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalint.dataset.containers import text_lines
from datalint.dataset.containers.records import Kind, Problem
from datalint.dataset.containers.text_lines import (
    TextLines,
    beginning,
    column_of,
    first_lines,
    numbered,
    read,
    sample,
    words,
)

TEXT = st.text(st.sampled_from("ab 1.\t\n\r\u00a0\u2028\x1c"), max_size=30)


def lines_of(*contents: bytes | None) -> TextLines:
    sizes = [len(content) if content is not None else None for content in contents]
    files = pl.DataFrame(
        {"row": range(len(contents)), "path": [f"{number}.txt" for number in range(len(contents))], "bytes": sizes},
        schema={"row": pl.UInt32, "path": pl.String, "bytes": pl.UInt64},
    )

    def content(row: int) -> bytes:
        found = contents[row]
        if found is None:
            raise PermissionError(13, "Permission denied")
        return found

    return read(files, content)


def test_lines_of_one_file() -> None:
    problems: list[Problem] = []
    assert list(numbered(b"\xef\xbb\xbfa b\r\n\r\nc\rd\x1ce\n \n", "x.txt", problems)) == [
        (1, "a b"),
        (3, "c"),
        (4, "d\x1ce"),
    ]
    assert [(problem.kind, problem.file) for problem in problems] == [("encoding", "x.txt")]


def test_the_beginning_of_a_file() -> None:
    assert beginning(b"a\n\n b\r\nc") == ["a", " b", "c"]
    assert beginning(b"1234567\n" * 3000) == ["1234567"] * 20
    long = b"x" * 5000 + b"\n"
    assert [len(line) for line in beginning(long * 3)] == [5000]
    assert beginning(b"") == []


def test_lines_keep_their_numbers() -> None:
    found = lines_of(b"a b\r\n\r\nc\rd", b"", None, b"\xef\xbb\xbfe\n \n")
    assert found.frame.rows() == [(0, 1, "a b"), (0, 3, "c"), (0, 4, "d"), (3, 1, "e")]
    assert [(problem.kind, problem.file) for problem in found.problems] == [("encoding", "3.txt")]
    assert {path: str(outcome) for path, outcome in found.failed.items()} == {
        "2.txt": "cannot be read: Permission denied"
    }


def test_files_that_are_too_large_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_lines, "_LARGEST", 8)
    monkeypatch.setattr(text_lines, "_CHUNK", 2)
    found = lines_of(b"a\nb\n", b"123456789", b"c")
    assert found.frame["text"].to_list() == ["a", "b", "c"]
    assert found.failed["1.txt"].kind is Kind.UNREADABLE
    assert [(problem.file, problem.reason) for problem in found.problems] == [("1.txt", "9 bytes")]


@given(st.lists(TEXT, max_size=4))
def test_no_line_is_lost(texts: list[str]) -> None:
    found = lines_of(*(text.encode() for text in texts))
    expected = [
        (number, line, content)
        for number, text in enumerate(texts)
        for line, content in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1)
        if content.strip(" \t\u00a0\u2028")
    ]
    assert found.frame.rows() == expected


@given(TEXT)
def test_words_and_their_columns(text: str) -> None:
    found = words(pl.Series([text])).to_list()[0]
    expected = text.replace("\x1c", "|").split()  # Python alone takes it for a space
    assert [word.replace("\x1c", "|") for word in found if word] == expected
    for number, word in enumerate(text.split()):
        column = column_of(text, number)
        assert column is not None
        assert text[column - 1 :].startswith(word)
    assert column_of(text, len(text.split())) is None


def test_samples_are_whole_lines() -> None:
    contents = [b"", b"a b\nc\n\n", b"x" * 10 + b"\n" + b"y" * 9000, b"1\n" * 50]
    files = pl.DataFrame({"row": range(4), "bytes": [len(content) for content in contents]})
    found = sample(files, lambda row: contents[row])
    assert found == [["a", "b"], ["c"], ["x" * 10], *[["1"]] * 20]

    def gone(row: int) -> bytes:
        raise FileNotFoundError(2, "No such file")

    assert first_lines(0, gone) == []
