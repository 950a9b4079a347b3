"""Where the records of a label file begin and end, and what it takes to drop one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple

from datalint.repair.edits import Edit, ordered

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator


class Spot(NamedTuple):
    """Where a record stands in its file, as the tables say it."""

    line: int | None = None
    """1-based."""
    pointer: str | None = None
    """Of a JSON value: in the file, or in its line where each line is a value."""
    image: bool = False
    """Whether it is the record of an image, rather than of one object in it."""

    def __str__(self) -> str:
        return self.pointer if self.pointer is not None else f"line {self.line}"


class LabelFile(ABC):
    """The bytes of one file, and the edits of them."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._edits: set[Edit] = set()

    @abstractmethod
    def span(self, spot: Spot) -> tuple[int, int]:
        """First byte of a record, and the one behind it; FixError if that is not certain."""

    @abstractmethod
    def dropping(self, spot: Spot) -> list[Hashable]:
        """What `drop` takes so that a record goes; FixError if it cannot be taken out."""

    @abstractmethod
    def drop(self, target: Hashable) -> None:
        """Take it out."""

    def replace(self, edit: Edit) -> None:
        """Put other bytes in a place."""
        self._edits.add(edit)

    def edits(self) -> list[Edit]:
        """All edits, by place."""
        return ordered([*self._edits, *self._drops()])

    def _drops(self) -> Iterator[Edit]:
        yield from ()
