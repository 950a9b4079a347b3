"""Quotes that are never closed, and what else is odd in the lines of a table."""

from __future__ import annotations

import pytest

from datalint.dataset.containers import limits, quotes
from datalint.dataset.containers.delimited import read
from datalint.dataset.containers.limits import (
    LONGEST_LINE,
    MOST_COLUMNS,
    MOST_READ_AGAIN,
    Effort,
    TooMuchError,
)
from datalint.dataset.containers.records import Records

ROW = b"b.jpg,dog\n"
MANY = ROW * (LONGEST_LINE // len(ROW) + 10)


def is_name(cell: str) -> bool:
    return cell.endswith(".jpg")


def faults(records: Records) -> list[tuple[int | None, int | None, str]]:
    return [(one.line, one.column, one.reason) for one in records.problems]


@pytest.mark.parametrize("before", [1, 3, 1000])
def test_a_quote_that_is_never_closed_is_one_problem_and_ends_the_reading(before: int) -> None:
    """The line is that of the quote, and the records before it are read."""
    records = read(b"file,label\n" + b"a.jpg,cat\n" * before + b'c.jpg,"dog\n' + MANY, "t.csv", is_name)
    assert records.frame["label"].to_list() == ["cat"] * before
    lost = MANY.count(b"\n") + 1
    reason = f"a quoted field that does not end; the {lost:,} lines after it were not read"
    assert faults(records) == [(before + 2, 7, reason)]


def test_a_file_without_a_record_before_such_a_quote_is_refused_with_its_line() -> None:
    for text, line in ((b'file,label\nc.jpg,"dog\n' + MANY, 2), (b'file,"label\n' + MANY, 1)):
        with pytest.raises(TooMuchError) as caught:
            read(text, "t.csv", is_name)
        assert caught.value.problem.line == line
        assert "does not end" in caught.value.problem.reason


def test_a_stray_quote_near_the_end_costs_its_line() -> None:
    records = read(b"file,label\n" + MANY + b'c.jpg,"dog\n' + ROW * 200, "t.csv", is_name)
    assert [reason for _, _, reason in faults(records)] == ["a quoted field that does not end"]
    assert records.frame.height == MANY.count(b"\n") + 200


def test_a_closed_quote_long_before_the_end_changes_nothing() -> None:
    records = read(b'"file","label"\n' + MANY, "t.csv", is_name)
    assert records.frame.height == MANY.count(b"\n")
    assert not records.problems


@pytest.mark.parametrize("piece", [1, 7, 64])
def test_records_of_several_lines_are_read_whatever_is_taken_apart_at_once(
    piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quotes, "_PIECE", piece)
    text = b'file,label\na.jpg,"c\n\na,""t"\n\nb.jpg,dog\nc.jpg,"x\ny"\nd.jpg,"open\ne.jpg,fox\n'
    records = read(text, "t.csv", is_name)
    assert records.frame.rows() == [("a.jpg", 'c\n\na,"t'), ("b.jpg", "dog"), ("c.jpg", "x\ny"), ("e.jpg", "fox")]
    assert records.lines.to_list() == [2, 6, 7, 10]
    assert faults(records) == [(9, 7, "a quoted field that does not end")]


def test_what_is_read_again_for_open_quotes_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of these lines opens a quote that seems to go on for ever."""
    spent: list[int] = []
    spend = Effort.spend

    def watched(effort: Effort, size: int) -> bool:
        spent.append(size)
        return spend(effort, size)

    monkeypatch.setattr(Effort, "spend", watched)
    monkeypatch.setattr(limits, "ALWAYS_READ_AGAIN", 1 << 20)
    text = b"file,label\n" + b'b","a\n' * 300_000
    records = read(text, "t.csv", is_name=lambda cell: cell == "b")
    assert sum(spent) < MOST_READ_AGAIN * len(text) + (1 << 21)
    assert len(records.problems) == 100_000


@pytest.mark.parametrize(("size", "is_read"), [(MOST_COLUMNS, True), (MOST_COLUMNS + 1, False)])
def test_a_table_has_no_more_columns_than_a_spreadsheet(size: int, is_read: bool) -> None:
    text = b"file" + b"".join(b",c%d" % n for n in range(1, size)) + b"\na.jpg" + b",1" * (size - 1) + b"\n"
    if is_read:
        assert read(text, "t.csv", is_name).frame.width == size
        return
    with pytest.raises(TooMuchError, match="a table of 16,385 columns"):
        read(text, "t.csv", is_name)


@pytest.mark.parametrize("size", [LONGEST_LINE, 3 * LONGEST_LINE])
def test_a_line_that_is_too_long_is_named_with_its_length(size: int) -> None:
    text = b"file,label\na.jpg,cat\nb.jpg," + b"x" * size + b"\nc.jpg,dog\n"
    records = read(text, "t.csv", is_name)
    assert records.frame["label"].to_list() == ["cat", "dog"]
    assert faults(records) == [(3, None, f"a line of {size + 6:,} characters")]
    with pytest.raises(TooMuchError, match="a line of"):
        read(b"x" * (size + 1), "t.csv", is_name)
