"""Pieces of code to paste, and how values of a dataset are written into them: names are a stranger's."""

from __future__ import annotations

import sys
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: Columns of the code.
WIDTH = 100


@dataclass(frozen=True, slots=True)
class Snippet:
    """Code that runs after the snippets before it, and why it is as it is."""

    title: str
    code: str
    reasons: tuple[str, ...] = ()
    """One sentence each, beside those in the code: what is left out, and why, among them."""
    imports: tuple[str, ...] = ()
    """The lines of code before it."""
    language: str = "python"

    @property
    def text(self) -> str:
        """The code with its imports."""
        lines = in_order(self.imports)
        return "\n".join([*lines, *[""] * (2 if self._defines else 1), self.code] if lines else [self.code])

    def document(self) -> dict[str, Any]:
        """An entry of `advice` in the JSON report."""
        return {"title": self.title, "language": self.language, "code": self.text, "reasons": list(self.reasons)}

    @property
    def above(self) -> int:
        """Empty lines between its reasons and its code."""
        return 2 if self._defines else int(bool(self.reasons))

    @property
    def _defines(self) -> bool:
        return self.code.startswith(("def ", "class "))


def in_order(imports: Iterable[str]) -> list[str]:
    """Each line of imports once, names of one module in one line, an empty line before what Python does not bring."""
    plain, named = set(), dict[str, set[str]]()
    for line in imports:
        if line.startswith("from "):
            module, _, names = line.removeprefix("from ").partition(" import ")
            named.setdefault(module, set()).update(names.split(", "))
        else:
            plain.add(line)
    lines = [*sorted(plain), *sorted(f"from {module} import {', '.join(sorted(of))}" for module, of in named.items())]
    own = [line for line in lines if line.split()[1].partition(".")[0] in sys.stdlib_module_names]
    others = [line for line in lines if line not in own]
    return [*own, *([""] if own and others else []), *others]


def comment(text: str, indent: int = 0) -> str:
    """Lines of comment. What is not printable is written as Python writes it, so that none of it can end the line."""
    plain = text if text.isprintable() else ascii(text)[1:-1]
    lead = " " * indent + "# "
    return "\n".join(textwrap.wrap(plain, WIDTH, initial_indent=lead, subsequent_indent=lead, break_long_words=False))


def listed(name: str, values: Iterable[str], brackets: str = "[]") -> str:
    """`name = [...]` of Python literals, as many a line as it holds."""
    literals = list(values)
    line = f"{name} = {brackets[0]}{', '.join(literals)}{brackets[1]}"
    if len(line) <= WIDTH:
        return line
    lines = ["   "]
    for literal in literals:
        if len(lines[-1]) + len(literal) + 2 > WIDTH and lines[-1].strip():
            lines.append("   ")
        lines[-1] += f" {literal},"
    return "\n".join([f"{name} = {brackets[0]}", *lines, brackets[1]])


def mapping(name: str, values: Mapping[str, int]) -> str:
    """`name = {...}` from texts to numbers."""
    return listed(name, (f"{literal(key)}: {value}" for key, value in values.items()), "{}")


def literal(text: str) -> str:
    """A text as Python writes it, in double quotes where it can be: what is not printable is escaped."""
    plain = repr(text)
    return plain if '"' in plain else f'"{plain[1:-1]}"'


def numbers(values: Iterable[float]) -> str:
    """`[0.485, 0.456, 0.406]`."""
    return f"[{', '.join(f'{value:.4g}' for value in values)}]"


__all__ = ["WIDTH", "Snippet", "comment", "in_order", "listed", "literal", "mapping", "numbers"]
