"""Which kind of label file some bytes are."""

from __future__ import annotations

import pytest

from datalint.repair.edits import FixError
from datalint.repair.json_file import JsonFile, JsonLines
from datalint.repair.opened import opened
from datalint.repair.text_file import TextFile
from datalint.repair.xml_file import XmlFile


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.txt", b"0 1 2 3 4\n", TextFile),
        ("a.csv", b"", TextFile),
        ("a.xml", b"\xef\xbb\xbf\n<a/>", XmlFile),
        ("a.json", b'{"a": 1}\n', JsonFile),
        ("a.json", b'{"a": 1}\n{"a": 2}\n', JsonLines),
        ("a.json", b"{", JsonFile),
        ("a.jsonl", b'{"a": 1}', JsonLines),
    ],
)
def test_kinds(name: str, data: bytes, kind: type) -> None:
    assert type(opened(name, data)) is kind


@pytest.mark.parametrize("data", ["a,b\n".encode("utf-16"), b"PAR1\0\0"])
def test_what_is_not_text(data: bytes) -> None:
    with pytest.raises(FixError, match="not text"):
        opened("a.csv", data)
