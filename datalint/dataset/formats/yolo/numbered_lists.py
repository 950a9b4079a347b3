"""Lists of class names that number them: Label Studio's notes.json and TensorFlow's label_map.pbtxt."""

from __future__ import annotations

import re

import msgspec

from datalint.dataset.containers.records import decode
from datalint.dataset.formats.yolo.data_file import Value

#: What these lists are called.
NAMES = ("notes.json", "label_map.pbtxt")
_ITEM = re.compile(r"item\s*\{([^{}]*)\}")
_ID = re.compile(r"\bid\s*:\s*(\d{1,9})\b")
_NAME = re.compile(r"""\b(?:display_)?name\s*:\s*(?:'([^']*)'|"([^"]*)")""")


class _Category(msgspec.Struct):
    id: int
    name: str


class _Notes(msgspec.Struct):
    categories: list[_Category]


def read(data: bytes, file: str) -> dict[int, Value]:
    """The names by number; nothing if the file is something else.

    TensorFlow counts from 1, where 0 is the background: its first class is 0 here, as in label files of YOLO.
    """
    if file.endswith(".json"):
        try:
            notes = msgspec.json.decode(data, type=_Notes)
        except (msgspec.DecodeError, RecursionError, ValueError):
            return {}
        return {category.id: Value(category.name, None) for category in notes.categories}
    text, _ = decode(data, file)
    names: dict[int, Value] = {}
    line, at = 1, 0
    for item in _ITEM.finditer(text):
        line, at = line + text.count("\n", at, item.start()), item.start()
        number, name = _ID.search(item[1]), _NAME.search(item[1])
        if number is not None and name is not None:
            names[int(number[1]) - 1] = Value(name[1] if name[1] is not None else name[2], line)
    return names


__all__ = ["NAMES", "read"]
