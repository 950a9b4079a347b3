"""A record a line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalint.repair.edits import FixError, applied
from datalint.repair.label_file import Spot
from datalint.repair.text_file import TextFile

LINES = st.lists(st.tuples(st.text("ab 1,", max_size=5), st.sampled_from(["\n", "\r\n", "\r"])), min_size=1, max_size=8)


@given(LINES, st.text("ab1", max_size=3), st.booleans(), st.data())
def test_only_the_line_goes(lines: list[tuple[str, str]], last: str, bom: bool, data: st.DataObject) -> None:
    # A carriage return before an empty line that ends in a line feed is one line end.
    whole = [text + end for text, end in lines if text]
    number = data.draw(st.integers(0, len(whole)))
    whole.append(last)
    mark = b"\xef\xbb\xbf" if bom else b""
    file = TextFile(mark + "".join(whole).encode())
    for target in file.dropping(Spot(number + 1)):
        file.drop(target)
    left = whole[:number] + whole[number + 1 :]
    assert applied(file.data, file.edits()) == mark + "".join(left).encode()


def test_a_field_in_quotes_goes_on_in_the_next_line() -> None:
    file = TextFile(b'a,"one\r\ntwo ""x""",1\r\nb,"three",2\r\n', quotes=True)
    (target,) = file.dropping(Spot(1))
    file.drop(target)
    assert applied(file.data, file.edits()) == b'b,"three",2\r\n'


@pytest.mark.parametrize("line", [None, 0, 4])
def test_no_such_line(line: int | None) -> None:
    with pytest.raises(FixError, match="no line"):
        TextFile(b"a\nb\n").dropping(Spot(line))
