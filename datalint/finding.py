"""Findings: the rows of a rule's frame, given an identity that survives renames; and rules and entries without one."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from datalint.rule import Confidence, Scope, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from polars.datatypes import DataType, DataTypeClass

#: The findings table: one finding a row, sorted by severity, code and place.
_COLUMNS: dict[str, DataType | DataTypeClass] = {
    "id": pl.String,
    "code": pl.String,
    "name": pl.String,
    "severity": pl.Enum(Severity),
    "confidence": pl.Enum(Confidence),
    "path": pl.String,
    "file": pl.String,
    "line": pl.UInt32,
    "column": pl.UInt32,
    "pointer": pl.String,
    "subject": pl.String,
    "score": pl.Float64,
    "scope": pl.Enum(Scope),
    "count": pl.UInt32,
    "message": pl.String,
    "hint": pl.String,
    "related": pl.List(pl.String),
    "data": pl.String,  # JSON
    "status": pl.Enum(["new", "baselined"]),
}
FINDINGS = pl.Schema(_COLUMNS)

#: The members table: an image or label record a row, and the id of the finding that speaks of it.
_MEMBERS: dict[str, DataType | DataTypeClass] = {
    "finding": pl.String,
    "image": pl.UInt32,  # row in the table `images`; null where it is not there
    "path": pl.String,
    "file": pl.String,
    "line": pl.UInt32,
    "column": pl.UInt32,
    "pointer": pl.String,
    "subject": pl.String,  # the class that the member is of, where the rule says it
}
MEMBERS = pl.Schema(_MEMBERS)


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault. Field for field the `findings` entry of the JSON report."""

    id: str
    code: str
    name: str
    severity: str
    confidence: str
    path: str | None
    file: str | None
    line: int | None
    column: int | None
    pointer: str | None
    subject: str | None
    score: float | None
    scope: str
    """What it is about: record, image, file, folder, class, split or dataset."""
    count: int
    """How many images or records it speaks of; the table `members` lists them."""
    message: str
    hint: str
    related: tuple[str, ...]
    data: Mapping[str, Any]
    status: str = "new"


@dataclass(frozen=True, slots=True)
class NotRun:
    """A rule that was chosen and did not run; or a plugin of the config, of which no rule did."""

    code: str | None
    """None for a plugin: which rules it defines is known only when it runs."""
    name: str
    """The rule's, else the plugin's file as the config names it."""
    reason: str
    crashed: bool = False
    absent: str = ""
    """What it is about and the dataset has none of, as in `boxes`; empty where that is not the reason."""

    @property
    def label(self) -> str:
        """`DL101 unreadable-image`, or `plugin lint/ours.py`."""
        return f"plugin {self.name}" if self.code is None else f"{self.code} {self.name}"


@dataclass(frozen=True, slots=True)
class Accepted:
    """Findings of one rule that the config accepts: they are not listed, and never fail a scan."""

    code: str
    name: str
    count: int
    places: tuple[str, ...]
    """Some of the images or files that they are about."""
    ids: frozenset[str] = frozenset()
    """Their ids."""


@dataclass(frozen=True, slots=True)
class Unused:
    """An entry that no longer matches a finding: of the baseline, or an `[[accept]]` of the config."""

    kind: Literal["accept", "baseline"]
    code: str
    """The rule, as the entry names it."""
    about: str
    """The path, glob or content that the entry is about."""
    reason: str


#: Columns of a rule's frame that the engine itself reads; all others are `data`. `examples` are shown among `related`,
#: but a finding is not about them: it stays the same with others. `members` are all that it speaks of.
KNOWN = (
    "path", "file", "line", "column", "pointer", "subject", "score", "related", "examples", "members", "severity",
    "hint",
)  # fmt: skip


#: What the data of a finding call the id that its label file gives the object.
RECORD_ID = "record_id"

#: By how much the count of a finding about a group may grow before it is new again.
_GROWTH = 0.1


def has_grown(count: int, known: int) -> bool:
    """Whether a finding that spoke of `known` images or records, and now of `count`, is new again."""
    return count > known * (1 + _GROWTH)


def plain(value: Any) -> Any:
    """`value` as JSON can hold it: six significant digits, NaN and infinities as null, bytes and times as text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return str(value)


def fingerprint(code: str, contents: Iterable[str], subject: str | None, key: Sequence[Any]) -> str:
    """The finding's id: what it is about, never where that lies or how it is worded.

    `contents` are the content hashes of the images concerned; renaming a file keeps the id, replacing it changes it.
    """
    about = "null" if subject is None else text_as_json(subject)
    known = ",".join(map(text_as_json, sorted(contents)))
    canonical = f"[{text_as_json(code)},[{known}],{about},{_canonical(plain(list(key))) if key else '[]'}]"
    return "datalint/v1:" + hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:32]


_canonical = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode
#: A text as JSON has it: what the encoder itself calls, in a tenth of the time.
text_as_json = json.encoder.encode_basestring
