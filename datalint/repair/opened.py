"""Which kind of label file some bytes are."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from datalint.repair.edits import FixError
from datalint.repair.json_file import JsonFile, JsonLines, is_one_value
from datalint.repair.text_file import TextFile
from datalint.repair.xml_file import XmlFile

if TYPE_CHECKING:
    from datalint.repair.label_file import LabelFile

#: Extensions of files with one JSON value a line.
JSON_LINES = frozenset({".jsonl", ".ndjson", ".manifest", ".odgt"})


def opened(name: str, data: bytes) -> LabelFile:
    """The file as its content and its name say; FixError for text of an encoding in which bytes are not found."""
    if b"\0" in data[:4096]:
        raise FixError("it is not text in UTF-8 or the like, which is all that is edited")
    begin = data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in JSON_LINES:
        return JsonLines(data)
    if begin.startswith(b"<"):
        return XmlFile(data)
    if suffix == ".json" or begin.startswith((b"{", b"[{")):
        return JsonFile(data) if is_one_value(data) else JsonLines(data)
    return TextFile(data, quotes=suffix in (".csv", ".tsv"))
