"""What a repair may do, and why it may not be done: the words between the fixers and the plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from datalint.finding import Finding
    from datalint.repair.classes import Class
    from datalint.repair.facts import Facts

Keep = Literal["first", "largest", "train"]


@dataclass(frozen=True, slots=True)
class DropRecord:
    """Take an object or a label out of its file."""

    file: str
    line: int | None
    pointer: str | None
    twin: tuple[int | None, str | None] | None = None
    """Line and pointer of a record that must be the same, byte for byte."""


@dataclass(frozen=True, slots=True)
class SetNumbers:
    """Put other numbers into a record."""

    file: str
    line: int | None
    pointer: str | None
    old: tuple[float, ...]
    new: tuple[float, ...]
    area: tuple[float, float] | None = None
    """What the record gives as the area of the box, and what that is to be."""


@dataclass(frozen=True, slots=True)
class RemoveImage:
    """Take an image out, with all that label files say of it."""

    path: str
    last: bool = False
    """Also where it is the last one in the folder of its class: a person decided about it."""


@dataclass(frozen=True, slots=True)
class Unlist:
    """Take an image out of the lists of one split."""

    path: str
    split: str


@dataclass(frozen=True, slots=True)
class RenameImage:
    """Give an image another name in its folder, and name it so in label files."""

    path: str
    name: str


@dataclass(frozen=True, slots=True)
class SetClass:
    """Give a record another class."""

    file: str
    line: int | None
    pointer: str | None
    old: Class
    new: Class


@dataclass(frozen=True, slots=True)
class MoveToClass:
    """Put an image into the folder of another class."""

    path: str
    name: str


@dataclass(frozen=True, slots=True)
class MoveToSplit:
    """Put an image, and the label file that is its own, into another split: its folder, or its list."""

    path: str
    split: str


@dataclass(frozen=True, slots=True)
class DropClass:
    """Take a class out of the list of them in a file."""

    file: str
    name: str
    following: tuple[str, ...] = ()
    """The unused classes behind it: where the place in the list is the number, they go too, so that none shifts."""


@dataclass(frozen=True, slots=True)
class SetEncoding:
    """Make a label file UTF-8, without a byte order mark."""

    file: str


@dataclass(frozen=True, slots=True)
class Tidy:
    """Take stray spaces, and backslashes, out of the paths or the classes in the records of a file."""

    file: str
    what: Literal["paths", "classes"]


@dataclass(frozen=True, slots=True)
class SetUpright:
    """Make the EXIF orientation of an image 1."""

    path: str
    turn: int = 1
    """The orientation by which its pixels are turned before: 1 leaves them as they are."""


Change = (
    DropRecord | SetNumbers | RemoveImage | Unlist | RenameImage | SetClass | MoveToClass | MoveToSplit
    | DropClass | SetEncoding | Tidy | SetUpright
)  # fmt: skip


class Refusal(NamedTuple):
    """What of a finding is not repaired, and why."""

    place: str
    reason: str


class Member(NamedTuple):
    """An image or record that a finding speaks of."""

    path: str | None
    file: str | None
    line: int | None
    pointer: str | None
    subject: str | None = None
    """The class that the member is, or is of, where the rule says it."""

    @property
    def place(self) -> str:
        """`labels.csv:4`, `labels.json#/annotations/3`, `train/a.jpg`."""
        if self.file is None:
            return self.path or self.subject or "dataset"
        if self.pointer:
            return f"{self.file}#{self.pointer}"
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Policy:
    """What the user decides for all findings of a rule."""

    keep: Keep = "first"
    """Which of several copies stays."""
    out_of: str | None = None
    """The split that pictures in two splits are taken out of."""


class Fixer(Protocol):
    """One file in fixers/: how the findings of one rule are repaired."""

    code: str
    name: str
    safe: bool
    """Whether nothing is lost that training could use, whatever the dataset is."""
    says: str
    """What it does, in words."""

    def __call__(
        self, finding: Finding, members: Sequence[Member], facts: Facts, policy: Policy
    ) -> Iterable[Change | Refusal]:
        """What to change."""
