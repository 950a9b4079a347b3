"""Where a finding is, in one short text."""

from __future__ import annotations

import pytest

from datalint.finding import Finding
from datalint.report.place import place


def finding(**fields: object) -> Finding:
    known: dict[str, object] = dict.fromkeys(("path", "file", "line", "column", "pointer", "subject", "score"))
    texts = {"id": "", "code": "", "name": "", "severity": "", "confidence": "", "message": "", "hint": ""}
    texts |= {"scope": "image"}
    return Finding(**known | texts | {"count": 1, "related": (), "data": {}} | fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"file": "labels.csv", "line": 12, "column": 3}, "labels.csv:12:3"),
        ({"file": "labels.csv", "line": 1}, "labels.csv:1"),
        ({"file": "a.json", "line": 7, "pointer": "/images/0"}, "a.json:7#/images/0"),
        ({"file": "a.json", "line": 1, "pointer": "/images/0"}, "a.json#/images/0"),
        ({"file": "a.json", "line": 1, "column": 90, "pointer": "/images/0"}, "a.json:1:90#/images/0"),
        ({"path": "train/a\n.jpg"}, r"train/a\n.jpg"),
        ({"subject": "cat", "scope": "class"}, "cat"),
        ({"subject": "train/cat", "scope": "folder"}, "train/cat/"),
        ({}, "dataset"),
    ],
)
def test_place(fields: dict[str, object], said: str) -> None:
    """The line of a JSON file that is all on one line says nothing, and is left out."""
    assert place(finding(**fields)) == said
