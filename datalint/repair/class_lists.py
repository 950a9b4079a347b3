"""Lists of classes in label files: COCO's categories, YOLO's data file, and a name a line."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import yaml

from datalint.repair.edits import Edit, FixError

if TYPE_CHECKING:
    from datalint.repair.json_file import JsonFile

_BOM = "\ufeff"
_YAML = (".yaml", ".yml")


def is_yaml(name: str) -> bool:
    """Whether a file is named as a data file of YOLO."""
    return PurePosixPath(name).suffix.lower() in _YAML


def category(file: JsonFile, name: str) -> str:
    """The pointer of the category of this name in a COCO file; FixError for none or several."""
    found = [pointer for pointer, said in file.names("/categories") if said == name]
    if len(found) != 1:
        raise FixError(f"{len(found) or 'no'} categories are named {name}")
    return found[0]


def without_last(data: bytes, names: set[str], *, in_yaml: bool) -> list[Edit]:
    """The edits that take the last classes out of a list whose numbers are places: the others keep theirs.

    FixError where `names` are not the last ones, or nothing would be left.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise FixError("it is not text in UTF-8, which is all that is edited") from None
    spans, count = _in_yaml(text) if in_yaml else (_lines(text), None)
    kept = len(spans) - len(names)
    if kept < 1 or {said for said, *_ in spans[kept:]} != names:
        raise FixError("other classes follow it, and their numbers would shift")
    start, stop = spans[kept - 1][2], spans[-1][2]
    edits = [Edit(_at(text, start), _at(text, stop))]
    if count is not None and text[slice(*count)] == str(len(spans)):
        edits.append(Edit(_at(text, count[0]), _at(text, count[1]), str(kept).encode()))
    return edits


def _at(text: str, place: int) -> int:
    """Characters to bytes."""
    return len(text[:place].encode())


def _lines(text: str) -> list[tuple[str, int, int]]:
    """Name, start and end of each line that is not blank."""
    found, at = [], 0
    for line in text.splitlines(keepends=True):
        said = line.strip().removeprefix(_BOM)
        if said:
            found.append((said, at, at + len(line.rstrip("\r\n"))))
        at += len(line)
    return found


def _in_yaml(text: str) -> tuple[list[tuple[str, int, int]], tuple[int, int] | None]:
    """Name, start and end of each of `names`, and where the number of classes stands."""
    # The loader counts from behind a byte order mark.
    shift = len(text) - len(text.removeprefix(_BOM))
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        raise FixError("it is not valid YAML") from None
    members = node.value if isinstance(node, yaml.MappingNode) else []
    values = {key.value: value for key, value in members if isinstance(key, yaml.ScalarNode)}
    names, count = values.get("names"), values.get("nc")
    if isinstance(names, yaml.SequenceNode):
        items = [(item, item) for item in names.value]
    elif isinstance(names, yaml.MappingNode):
        items = list(names.value)
    else:
        raise FixError("it has no list of names")
    if any(not isinstance(one, yaml.ScalarNode) for pair in items for one in pair):
        raise FixError("its names are not plain texts")
    if isinstance(names, yaml.MappingNode) and [key.value for key, _ in items] != [str(n) for n in range(len(items))]:
        raise FixError("its names are not numbered in order")
    spans = [(str(one.value), key.start_mark.index + shift, one.end_mark.index + shift) for key, one in items]
    where = (
        (count.start_mark.index + shift, count.end_mark.index + shift) if isinstance(count, yaml.ScalarNode) else None
    )
    return spans, where
