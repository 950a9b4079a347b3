"""What a person can decide about a finding: the words, their keys, which of them a finding offers; and their file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class DecisionError(Exception):
    """A file of decisions that is not one, in one line."""


class Kind(NamedTuple):
    """One decision that can be taken."""

    name: str
    """As `decisions.jsonl` has it."""
    label: str
    key: str
    """The key that takes it, in the report and in the terminal."""
    asks: Literal["", "reason", "class", "split", "copy"]
    """What its value is; empty where it needs none."""
    means: str


KINDS = (
    Kind("keep", "Keep", "e", "", "it is right as it is"),
    Kind("relabel", "Relabel", "r", "class", "the label becomes another class"),
    Kind("keep-copy", "Keep this copy", "c", "copy", "the other copies go, with their labels"),
    Kind("move", "Move", "m", "split", "the image goes to another split"),
    Kind("fix", "Fix", "f", "", "what datalint fix does for this rule"),
    Kind("clip", "Clip", "l", "", "the box is clipped to its image"),
    Kind("drop-box", "Drop the box", "x", "", "the box goes out of its label file"),
    Kind("delete", "Delete", "d", "", "the image goes with its labels; a record goes out of its file"),
    Kind("quarantine", "Quarantine", "u", "", "the image is left out until somebody has looked at it"),
    Kind("accept", "Accept", "a", "reason", "it is a fault that stays, for a reason"),
)
BY_NAME = {kind.name: kind for kind in KINDS}
_BY_LABEL = {kind.label.lower().replace(" ", "-"): kind.name for kind in KINDS}

_IMAGE = ("delete", "quarantine")
#: Beginning of a rule's code -> what its findings offer beside keep and accept; the longest one counts.
_OFFERED: dict[str, tuple[str, ...]] = {
    "DL1": _IMAGE,
    "DL104": ("fix", *_IMAGE),
    "DL108": (),
    "DL2": _IMAGE,
    "DL208": ("fix", *_IMAGE),
    "DL3": _IMAGE,
    "DL402": ("delete",),
    "DL403": _IMAGE,
    "DL404": ("relabel", "delete"),
    "DL406": ("fix",),
    "DL407": ("fix",),
    "DL408": ("relabel", "delete"),
    "DL410": ("fix",),
    "DL6": ("keep-copy", *_IMAGE),
    "DL603": ("relabel", "keep-copy", *_IMAGE),
    "DL701": ("keep-copy", "move", "delete"),
    "DL702": ("keep-copy", "move", "delete"),
    "DL703": ("move", *_IMAGE),
    "DL801": ("clip", "drop-box"),
    "DL802": ("drop-box",),
    "DL803": ("drop-box",),
    "DL804": ("drop-box",),
    "DL805": ("drop-box",),
    "DL806": ("drop-box",),
    "DL807": ("drop-box",),
    "DL808": ("delete",),
    "DL814": ("delete",),
    "DL815": ("delete",),
    "DL819": ("relabel", "drop-box"),
    "DL9": ("relabel", *_IMAGE),
}
#: What is about one image with others like it, not about a group that shares a fault.
_OF_ONE = ("keep-copy", "move")


def offered(code: str, scope: str, count: int) -> tuple[str, ...]:
    """The decisions that a finding offers, in the order of KINDS: of the rule `code`, about `count` images or records.

    Nothing can be taken out or given another label where the finding is about neither: then it is kept or accepted.
    """
    rule = next((_OFFERED[code[:length]] for length in range(len(code), 2, -1) if code[:length] in _OFFERED), ())
    about = count > 1 or scope in ("image", "record")
    own = {name for name in rule if (about or name == "fix") and not (count > 1 and name in _OF_ONE)}
    own -= {"quarantine"} if scope == "record" else set()
    return tuple(kind.name for kind in KINDS if kind.name in own or kind.name in ("keep", "accept"))


class Decided(NamedTuple):
    """A decision that was taken about the finding with an id."""

    id: str
    decision: str
    value: str | None = None
    by: str | None = None
    when: str | None = None

    @property
    def line(self) -> str:
        """As it stands in `decisions.jsonl`."""
        return json.dumps(self._asdict(), ensure_ascii=False) + "\n"


def read(path: Path) -> dict[str, Decided]:
    """Finding -> decision; of several about one the last. DecisionError with the line of what is none."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DecisionError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    # Only a line feed ends a line: a reason may hold other characters that Python takes for an end.
    return {decided.id: decided for decided in _rows(path, text.split("\n"))}


def _rows(path: Path, lines: list[str]) -> Iterator[Decided]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row: Any = json.loads(line)
            identity, decision = row["id"], row["decision"]
            rest = [_text(row.get(name)) for name in ("value", "by", "when")]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise DecisionError(f"{path}:{number}: a decision is a JSON object with id and decision") from None
        if not isinstance(identity, str) or not isinstance(decision, str):
            raise DecisionError(f"{path}:{number}: id and decision are texts")
        yield Decided(identity, word(decision), *rest)


def word(decision: str) -> str:
    """The decision's name: `Keep this copy`, as the report labels it, is `keep-copy`."""
    written = decision.lower().replace("_", "-").replace(" ", "-")
    return _BY_LABEL.get(written, written)


def end_line(file: TextIO) -> None:
    """What is written to `file`, which is open for both, stands in a line of its own."""
    file.seek(0)
    held = file.read()
    if held and not held.endswith("\n"):
        file.write("\n")


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)
