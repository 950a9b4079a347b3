"""Findings: the rows of a rule's frame, given an identity that survives renames."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


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
    message: str
    hint: str
    related: tuple[str, ...]
    data: Mapping[str, Any]
    status: str = "new"


#: Columns of a rule's frame that the engine itself reads; all others are `data`. `examples` are shown among `related`,
#: but a finding is not about them: it stays the same with others.
KNOWN = ("path", "file", "line", "column", "pointer", "subject", "score", "related", "examples", "severity", "hint")


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


def fingerprint(code: str, contents: Iterable[str], subject: str | None, key: Iterable[Any]) -> str:
    """The finding's id: what it is about, never where that lies or how it is worded.

    `contents` are the content hashes of the images concerned; renaming a file keeps the id, replacing it changes it.
    """
    canonical = _canonical([code, sorted(contents), subject, plain(list(key))])
    return "datalint/v1:" + hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:32]


_canonical = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode
