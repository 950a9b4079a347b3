"""The texts of the page: each once, and none that a browser would show as another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.report.place import escaped

if TYPE_CHECKING:
    from collections.abc import Iterable


def visible(value: str) -> str:
    """`value` with control and direction characters spelt out: a name must not look like another."""
    return value if value.isprintable() else escaped(value)


class Texts:
    """Every text of the page once; columns hold numbers. Number 0 is the empty text and means none."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {"": 0}
        self.all: list[str] = [""]

    def number(self, value: str | None) -> int:
        """The number of `value`, which is added if it is new."""
        if not value:
            return 0
        number = self._numbers.setdefault(value, len(self.all))
        if number == len(self.all):
            self.all.append(visible(value))
        return number

    def numbers(self, values: Iterable[str | None]) -> list[int]:
        """The numbers of `values`."""
        return [self.number(value) for value in values]

    def known(self, value: str) -> int | None:
        """The number of `value` if it is there already."""
        return self._numbers.get(value)
