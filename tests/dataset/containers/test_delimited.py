"""CSV and its kin: whatever a file holds, what can be read is read, and each row knows its line."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from datalint.dataset.containers.delimited import read
from datalint.dataset.containers.records import NotRecordsError


def is_name(cell: str) -> bool:
    return cell.endswith(".jpg")


CELL = st.text(st.sampled_from('ab ,;"\n\r\t|\0é.'), max_size=6)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(CELL, min_size=1, max_size=4).map(",".join), max_size=8), st.booleans())
def test_no_text_breaks_the_reader(lines: list[str], crlf: bool) -> None:
    text = ("\r\n" if crlf else "\n").join(["file,label", "x.jpg,cat", *lines])
    try:
        records = read(text.encode(), "t.csv", is_name)
    except NotRecordsError:
        return
    assert len(records.lines) == records.frame.height
    assert records.lines.is_sorted()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["good", "ragged", "quote", "nul", "short", "blank"]), max_size=12))
def test_records_in_are_records_used_and_problems(kinds: list[str]) -> None:
    lines = {
        "good": "a.jpg,cat",
        "ragged": "a.jpg,cat,1",
        "quote": 'a.jpg,"cat',
        "nul": "a.jpg,c\0t",
        "short": "a.jpg",
        "blank": "",
    }
    text = "\n".join(["file,label", "x.jpg,dog", *(lines[kind] for kind in kinds)])
    records = read(text.encode(), "t.csv", is_name)
    lost = [problem.line or 0 for problem in records.problems]
    assert records.frame.height == 1 + kinds.count("good")
    assert sorted(lost) == [number for number, kind in enumerate(kinds, 3) if kind not in ("good", "blank")]
