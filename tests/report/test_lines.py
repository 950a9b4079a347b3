"""Lines of a terminal are broken between words."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from datalint.report.lines import LEAST, Lines


def written(line: Text | str, width: int | None, inset: int = 4) -> list[str]:
    stream = io.StringIO()
    Lines(Console(file=stream, highlight=False, soft_wrap=True), width).add(line, inset=inset)
    return stream.getvalue().splitlines()


def test_a_line_is_broken_between_words_and_set_in() -> None:
    line = "  train/cat/1.png  the picture is very dark: 99 % of the pixels have no light"
    assert written(line, 50) == [
        "  train/cat/1.png  the picture is very dark: 99 %",
        "    of the pixels have no light",
    ]


def test_a_path_that_does_not_fit_stays_whole() -> None:
    path = "train/" + 60 * "x" + ".jpg"
    assert written(f"  {path}  it is dark", 50) == [f"  {path}", "    it is dark"]


def test_wide_characters_take_two_cells() -> None:
    assert written("  " + 15 * "図図 ", 42, inset=2) == ["  " + "図図 " * 7 + "図図", "  " + "図図 " * 6 + "図図"]


def test_without_a_width_each_line_stays_one() -> None:
    assert written(200 * "word ", None) == [(200 * "word ")]


def test_styles_go_on_in_the_next_line() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, color_system="standard", soft_wrap=True)
    Lines(console, 40).add(Text("word " * 12, "red"))
    assert all("\x1b[31mword" in line for line in stream.getvalue().splitlines())


@given(st.text(st.sampled_from("ab é図 "), max_size=200), st.integers(LEAST, 90), st.integers(0, 8))
def test_no_word_is_lost_and_only_long_words_are_wide(text: str, width: int, inset: int) -> None:
    lines = written(text, width, inset)
    assert " ".join(lines).split() == text.split()
    for line in lines:
        assert cell_len(line) <= width or len(line.split()) == 1
