"""YOLO's data files: data.yaml of Ultralytics and Roboflow, obj.data of Darknet, and lists of class names.

They say where the images of each split are and what the classes are called.
References: https://docs.ultralytics.com/datasets/detect/ and the README of https://github.com/AlexeyAB/darknet.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml

from datalint.dataset.containers.records import Place, Problem, decode

#: Larger files are no data files: 21,000 classes take 400 KB.
LARGEST = 1 << 20
#: Data files are flat; whatever nests deeper is something else.
_DEEPEST = 20
#: Class names longer than this are prose.
_LONGEST_NAME = 200
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

#: Key -> split. Later keys of the same split yield to earlier ones.
_SPLITS = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
_SAYS_WHERE = re.compile(r"""^[ \t]*['"]?(?:train|val|valid|validation|test)['"]?[ \t]*:""", re.MULTILINE)
_SAYS_WHAT = re.compile(r"""^[ \t]*['"]?(?:names|nc)['"]?[ \t]*:""", re.MULTILINE)
#: Sources of other programs' settings: tables, archives and records.
_OTHER_DATA = re.compile(r"\.(?:csv|tsv|jsonl?|parquet|tfrecords?|records?|pkl|npz|h5|lmdb|arrow)$", re.IGNORECASE)
_TAG = "tag:yaml.org,2002:"


class Value(NamedTuple):
    """A text of a data file, and where it stands."""

    text: str
    line: int


class Source(NamedTuple):
    """A folder or list of images that a data file names for a split."""

    split: str
    key: str
    text: str
    line: int


@dataclass
class DataFile:
    """What a data file says."""

    file: str
    yaml: bool = True
    path: Value | None = None
    """The folder that the sources start from."""
    sources: list[Source] = field(default_factory=list)
    names: dict[int, Value] | None = None
    """Class names by number."""
    names_file: Value | None = None
    """A file of class names."""
    count: int | None = None
    """The number of classes that it declares."""
    count_line: int | None = None
    keypoints: tuple[int, int] | None = None
    """Keypoints of an object, and numbers of a keypoint (2 or 3)."""
    problems: list[Problem] = field(default_factory=list)

    def problem(self, kind: str, line: int | None, reason: str, expected: str, column: int | None = None) -> None:
        """What is wrong with it."""
        self.problems.append(Problem(kind, Place(self.file, line, column), reason, expected))

    def check_count(self, names: int, line: int | None = None) -> None:
        """Tell where the declared number of classes is not that of the names."""
        if self.count is not None and self.count != names:
            key = "nc" if self.yaml else "classes"
            reason = f"`{key}` is {self.count:,}, and {names:,} class{'es are' if names != 1 else ' is'} named"
            self.problem("classes", self.count_line or line, reason, f"{key}: {names}")


class _RefusedError(ValueError):
    """YAML that is not read for safety: line, reason."""


def read_yaml(data: bytes, file: str) -> DataFile | None:
    """The data file; None if it is another YAML file. What is broken is among its problems."""
    text, problems = decode(data, file)
    if not _SAYS_WHERE.search(text) or not _SAYS_WHAT.search(text):
        return None
    found = DataFile(file, problems=problems)
    try:
        _check_safe(text)
        node = yaml.compose(text, Loader=_LOADER)
    except _RefusedError as error:
        line, reason = error.args
        found.problem("syntax", line, reason, "plain YAML: texts, numbers, lists and maps")
        return found
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be parsed"
        place = (mark.line + 1, mark.column + 1) if mark else (None, None)
        found.problem("syntax", place[0], f"no YAML: {reason}", "YAML", place[1])
        return found
    if not isinstance(node, yaml.MappingNode):
        return None
    values = _top_level(node, found)
    _read_paths(values, found)
    if all(_OTHER_DATA.search(source.text) for source in found.sources):
        return None
    _read_classes(values, found)
    return found


def _check_safe(text: str) -> None:
    """Refuse tags, and aliases that multiply: both are for programs, not for data files."""
    anchored: list[bool] = []
    for event in yaml.parse(text, Loader=_LOADER):
        line = int(getattr(event.start_mark, "line", 0)) + 1
        tag = getattr(event, "tag", None)
        if tag is not None and tag != "!":
            raise _RefusedError(line, f"the YAML tag {tag[:80]!r} is not followed")
        if isinstance(event, yaml.AliasEvent) and any(anchored):
            raise _RefusedError(line, "an alias within what an anchor names: aliases of aliases are not followed")
        if isinstance(event, yaml.CollectionStartEvent):
            anchored.append(event.anchor is not None)
            if len(anchored) > _DEEPEST:
                raise _RefusedError(line, f"nested more than {_DEEPEST} levels deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            anchored.pop()


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _top_level(node: yaml.MappingNode, found: DataFile) -> dict[str, yaml.Node]:
    values: dict[str, yaml.Node] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        if key.value in values:
            reason = f"the key `{key.value[:80]}` stands twice; this one counts"
            found.problem("syntax", _line(key), reason, "each key once")
        values[key.value] = value
    return values


def _scalar(node: yaml.Node | None) -> str | None:
    """The text of a node; None if it has none."""
    if not isinstance(node, yaml.ScalarNode) or node.tag == f"{_TAG}null":
        return None
    return str(node.value).strip() or None


def _integer(node: yaml.Node | None) -> int | None:
    text = _scalar(node)
    return int(text) if text is not None and re.fullmatch(r"\d{1,9}", text) else None


def _read_paths(values: dict[str, yaml.Node], found: DataFile) -> None:
    node = values.get("path")
    if node is not None and (text := _scalar(node)) is not None:
        found.path = Value(text, _line(node))
    taken: set[str] = set()
    for key, split in _SPLITS.items():
        node = values.get(key)
        if node is None or split in taken:
            continue
        taken.add(split)
        if isinstance(node, yaml.MappingNode):
            found.problem("syntax", _line(node), f"`{key}` is a map", "a folder, a list file, or a list of these")
        for item in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            if (text := _scalar(item)) is not None:
                found.sources.append(Source(split, key, text, _line(item)))


def _read_classes(values: dict[str, yaml.Node], found: DataFile) -> None:
    count = values.get("nc")
    if count is not None:
        found.count, found.count_line = _integer(count), _line(count)
        if found.count is None:
            found.problem("syntax", _line(count), "`nc` is no whole number", "the number of classes")
    names = values.get("names")
    if isinstance(names, yaml.SequenceNode):
        found.names = {number: Value(_scalar(item) or "", _line(item)) for number, item in enumerate(names.value)}
    elif isinstance(names, yaml.MappingNode):
        found.names = _numbered(names, found)
    elif names is not None and (text := _scalar(names)) is not None:
        found.names_file = Value(text, _line(names))
    if found.names is not None and names is not None:
        check_names(found.names, found.file, found.problems)
        numbers = range(found.count if found.count is not None else len(found.names))
        outside = sorted(set(found.names) - set(numbers))
        if len(found.names) == len(numbers) and outside:
            missing = sorted(set(numbers) - set(found.names))
            reason = f"the numbers of `names` leave out {_listed(missing)} and go on to {outside[-1]:,}"
            found.problem("classes", found.names[outside[0]].line, reason, f"the numbers 0 to {len(numbers) - 1:,}")
        found.check_count(len(found.names), _line(names))
    _read_keypoints(values.get("kpt_shape"), found)


def _numbered(node: yaml.MappingNode, found: DataFile) -> dict[int, Value]:
    names: dict[int, Value] = {}
    for key, item in node.value:
        number, text = _integer(key), _scalar(item) or ""
        if number is None and (swapped := _integer(item)) is not None and isinstance(key, yaml.ScalarNode):
            number, text = swapped, str(key.value)
            if swapped not in names and not names:
                found.problem("classes", _line(key), "`names` maps names to numbers", "number: name")
        if number is None:
            said = key.value if isinstance(key, yaml.ScalarNode) else "a list or map"
            found.problem("classes", _line(key), f"the class number {said[:80]!r} is no whole number", "number: name")
        elif number in names:
            reason = f"class {number} is named twice: {names[number].text!r} and {text!r}; the last one counts"
            found.problem("classes", _line(key), reason, "each number once")
            names[number] = Value(text, _line(item))
        else:
            names[number] = Value(text, _line(item))
    return names


def _read_keypoints(node: yaml.Node | None, found: DataFile) -> None:
    if node is None:
        return
    shape = [_integer(item) for item in node.value] if isinstance(node, yaml.SequenceNode) else []
    match shape:
        case [int(points), int(numbers)] if 0 < points <= 10_000 and numbers in (2, 3):
            found.keypoints = (points, numbers)
        case _:
            found.problem("syntax", _line(node), "`kpt_shape` is no pair of numbers", "[keypoints, 2 or 3]")


def check_names(names: dict[int, Value], file: str, problems: list[Problem]) -> None:
    """Tell classes without a name and names that several classes have."""
    counts = Counter(value.text for value in names.values())
    first: dict[str, int] = {}
    for number, value in names.items():
        if not value.text:
            reason, expected = f"class {number} has no name", "a name for every class"
        elif counts[value.text] > 1 and value.text in first:
            reason = f"classes {first[value.text]} and {number} are both named {value.text[:80]!r}"
            expected = "a name each"
        else:
            first[value.text] = number
            continue
        problems.append(Problem("classes", Place(file, value.line), reason, expected))


def _listed(numbers: list[int]) -> str:
    return ", ".join(f"{number:,}" for number in numbers[:5]) + (", ..." if len(numbers) > 5 else "")


def read_darknet(data: bytes, file: str) -> DataFile | None:
    """Darknet's `key = value` file; None if it is something else."""
    text, problems = decode(data, file)
    values: dict[str, Value] = {}
    for line, content in enumerate(text.splitlines(), 1):
        key, equals, value = (part.strip() for part in content.partition("="))
        if not equals and key and not key.startswith("#"):
            return None
        if equals and value:
            values[key] = Value(value, line)
    if not ({"train", "valid"} & set(values)) or not ({"names", "classes"} & set(values)):
        return None
    found = DataFile(file, yaml=False, problems=problems, names_file=values.get("names"))
    if (count := values.get("classes")) is not None:
        found.count_line = count.line
        if re.fullmatch(r"\d{1,9}", count.text):
            found.count = int(count.text)
        else:
            found.problem("syntax", count.line, f"`classes` is {count.text[:80]!r}", "the number of classes")
    for key in ("train", "valid", "test"):
        if (said := values.get(key)) is not None:
            found.sources.append(Source(_SPLITS[key], key, *said))
    return found


def read_names(data: bytes, file: str) -> tuple[dict[int, Value], list[Problem]] | None:
    """A list of class names, one a line; None if the file is something else."""
    text, problems = decode(data, file)
    lines = [line.strip() for line in text.rstrip().splitlines()]
    if not lines or "\0" in text or any(len(line) > _LONGEST_NAME for line in lines):
        return None
    names = {number: Value(name, number + 1) for number, name in enumerate(lines)}
    check_names(names, file, problems)
    return names, problems


__all__ = ["LARGEST", "DataFile", "Source", "Value", "check_names", "read_darknet", "read_names", "read_yaml"]
