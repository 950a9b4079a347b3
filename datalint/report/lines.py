"""Lines of styled text on a terminal: broken between words, and further lines set in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

#: The narrowest terminal that lines are broken for.
LEAST = 40
#: Words of a command, quoted ones whole; an option stays with its value.
_WORD = r"(?:'[^']*'|[^\s'])+"
_PARTS = re.compile(rf"--{_WORD} (?!-){_WORD}|{_WORD}")


class Lines:
    """Writes lines to a console; with `width` (in cells) none is longer, except for a word that is."""

    def __init__(self, console: Console, width: int | None) -> None:
        self._console, self._width = console, width and max(LEAST, width)

    def add(self, line: Text | str = "", *, inset: int = 4) -> None:
        """Write a line; what does not fit follows on lines that are set in by `inset` cells."""
        line = Text(line) if isinstance(line, str) else line
        for part in [line] if self._width is None else _broken(line, self._width, inset):
            self._console.print(part)

    def command(self, command: str, *, inset: int) -> None:
        """Write a command that can be copied: where it is broken, the line ends with a backslash, as a shell has it."""
        rows = [""]
        for part in _PARTS.findall(command):
            room = None if self._width is None else self._width - inset - (6 if len(rows) > 1 else 4)
            if rows[-1] and room is not None and cell_len(f"{rows[-1]} {part}") > room:
                rows.append(part)
            else:
                rows[-1] += f" {part}" if rows[-1] else part
        for number, row in enumerate(rows):
            begin = Text(" " * (inset + 4)) if number else Text.assemble(" " * inset, ("$ ", "dim"))
            end = " \\" if number < len(rows) - 1 else ""
            self._console.print(Text.assemble(begin, (row, "bold"), end))


def _broken(line: Text, width: int, inset: int) -> list[Text]:
    """`line` in parts of at most `width` cells. A word is not broken: a path stays one that can be copied."""
    breaks, used = [], 0
    for word in re.finditer(r"\s*\S+", line.plain):
        gap = len(word[0]) - len(word[0].lstrip())
        if used and used + cell_len(word[0]) > width:
            breaks.append(word.start() + gap)
            used = inset + cell_len(word[0].lstrip())
        else:
            used += cell_len(word[0])
    first, *rest = line.divide(breaks)
    for part in (first, *rest):
        part.rstrip()
    return [first, *(Text(" " * inset).append_text(part) for part in rest)]
