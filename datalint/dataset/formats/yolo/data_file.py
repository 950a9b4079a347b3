"""YOLO's data files: data.yaml of Ultralytics and Roboflow, obj.data of Darknet.

They say where the images of each split are and what the classes are called.
References: https://docs.ultralytics.com/datasets/detect/ and the README of https://github.com/AlexeyAB/darknet.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from datalint.amounts import counted
from datalint.dataset.containers.records import Place, Problem, cited, decode, quoted, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Larger files are not data files: 21,000 classes take 400 KB.
LARGEST = 1 << 20
#: Data files are flat; whatever nests deeper is something else.
_DEEPEST = 20
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
    line: int | None
    """None where that is not known."""


class Source(NamedTuple):
    """A folder or list of images that a data file names for a split."""

    split: str
    key: str
    text: str
    line: int | None


@dataclass(frozen=True)
class DataFile:
    """What a data file says."""

    file: str
    yaml: bool = True
    path: Value | None = None
    """The folder that the sources start from."""
    sources: tuple[Source, ...] = ()
    names: Mapping[int, Value] | None = None
    """Class names by number."""
    names_file: Value | None = None
    """A file of class names."""
    count: int | None = None
    """The number of classes that it declares."""
    count_line: int | None = None
    keypoints: tuple[int, int] | None = None
    """Keypoints of an object, and numbers of a keypoint (2 or 3)."""
    problems: tuple[Problem, ...] = ()

    def problem(self, kind: str, line: int | None, reason: str, expected: str) -> Problem:
        """Something that is wrong with it."""
        return Problem(kind, Place(self.file, line), reason, expected)

    def wrong_count(self, names: int, line: int | None = None) -> Iterator[Problem]:
        """The problem of a declared number of classes that differs from the number of names."""
        if self.count is not None and self.count != names:
            key = "nc" if self.yaml else "classes"
            reason = f"`{key}` is {self.count:,}, and {counted(names, 'class is', 'classes are')} named"
            yield self.problem("classes", self.count_line or line, reason, f"{key}: {names}")


@dataclass(frozen=True)
class _Faults:
    """What is wrong with a data file, noted while it is read."""

    file: str
    problems: list[Problem]

    def add(self, kind: str, line: int | None, reason: str, expected: str) -> None:
        self.problems.append(Problem(kind, Place(self.file, line), reason, expected))


class _RefusedError(ValueError):
    """YAML that is not read for safety: line, reason."""


def read_yaml(data: bytes, file: str) -> DataFile | None:
    """The data file; None if it is another YAML file. What is broken is among its problems."""
    text, problems = decode(data, file)
    if not _SAYS_WHERE.search(text) or not _SAYS_WHAT.search(text):
        return None
    faults = _Faults(file, problems)
    try:
        _check_safe(text)
        node = yaml.compose(text, Loader=_LOADER)
    except _RefusedError as error:
        line, reason = error.args
        faults.add("syntax", line, reason, "plain YAML: texts, numbers, lists and maps")
        return DataFile(file, problems=tuple(problems))
    except yaml.YAMLError as error:
        return DataFile(file, problems=(*problems, _not_yaml(error, file)))
    if not isinstance(node, yaml.MappingNode):
        return None
    values = _top_level(node, faults)
    sources = tuple(_sources(values, faults))
    if all(_OTHER_DATA.search(source.text) for source in sources):
        return None
    names, count = values.get("names"), values.get("nc")
    number = _integer(count)
    if count is not None and number is None:
        faults.add("syntax", _line(count), "`nc` is not a whole number", "the number of classes")
    found = DataFile(
        file,
        path=_value(values.get("path")),
        sources=sources,
        names=_names(names, faults),
        names_file=_value(names),
        count=number,
        count_line=_line(count) if count is not None else None,
    )
    if found.names is not None and names is not None:
        problems += check_names(found.names, file)
        problems += _gaps(found, found.names)
        problems += found.wrong_count(len(found.names), _line(names))
    keypoints = _keypoints(values.get("kpt_shape"), faults)
    _check_flipped(values.get("flip_idx"), keypoints, faults)
    return replace(found, keypoints=keypoints, problems=tuple(problems))


def _not_yaml(error: yaml.YAMLError, file: str) -> Problem:
    mark = getattr(error, "problem_mark", None)
    reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be parsed"
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
    return Problem("syntax", place, f"no YAML: {cited(reason)}", "YAML")


def _check_safe(text: str) -> None:
    """Refuse tags, and aliases that multiply: both are for programs, not for data files."""
    anchored: list[bool] = []
    for event in yaml.parse(text, Loader=_LOADER):
        line = int(getattr(event.start_mark, "line", 0)) + 1
        tag = getattr(event, "tag", None)
        if tag is not None and tag != "!":
            raise _RefusedError(line, f"the YAML tag {quoted(tag)} is not followed")
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


def _top_level(node: yaml.MappingNode, faults: _Faults) -> dict[str, yaml.Node]:
    values: dict[str, yaml.Node] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        if key.value in values:
            reason = f"the key `{shortened(key.value)}` occurs twice; this one counts"
            faults.add("syntax", _line(key), reason, "each key once")
        values[key.value] = value
    return values


def _scalar(node: yaml.Node | None) -> str | None:
    """The text of a node; None if it has none."""
    if not isinstance(node, yaml.ScalarNode) or node.tag == f"{_TAG}null":
        return None
    return str(node.value).strip() or None


def _value(node: yaml.Node | None) -> Value | None:
    text = _scalar(node)
    return Value(text, _line(node)) if node is not None and text is not None else None


def _integer(node: yaml.Node | None) -> int | None:
    text = _scalar(node)
    return int(text) if text is not None and re.fullmatch(r"\d{1,9}", text) else None


def _sources(values: Mapping[str, yaml.Node], faults: _Faults) -> Iterator[Source]:
    taken: set[str] = set()
    for key, split in _SPLITS.items():
        node = values.get(key)
        if node is None or split in taken:
            continue
        taken.add(split)
        if isinstance(node, yaml.MappingNode):
            faults.add("syntax", _line(node), f"`{key}` is a map", "a folder, a list file, or a list of these")
        for item in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            if (said := _value(item)) is not None:
                yield Source(split, key, *said)


def _names(node: yaml.Node | None, faults: _Faults) -> dict[int, Value] | None:
    if isinstance(node, yaml.SequenceNode):
        return {number: Value(_scalar(item) or "", _line(item)) for number, item in enumerate(node.value)}
    return _numbered(node, faults) if isinstance(node, yaml.MappingNode) else None


def _numbered(node: yaml.MappingNode, faults: _Faults) -> dict[int, Value]:
    names: dict[int, Value] = {}
    for key, item in node.value:
        number, text = _integer(key), _scalar(item) or ""
        if number is None and (swapped := _integer(item)) is not None and isinstance(key, yaml.ScalarNode):
            number, text = swapped, str(key.value)
            if swapped not in names and not names:
                faults.add("classes", _line(key), "`names` maps names to numbers", "number: name")
        if number is None:
            said = key.value if isinstance(key, yaml.ScalarNode) else "a list or map"
            faults.add("classes", _line(key), f"the class number {quoted(said)} is not a whole number", "number: name")
        elif number in names:
            both = f"{quoted(names[number].text)} and {quoted(text)}"
            reason = f"class {number} is named twice: {both}; the last one counts"
            faults.add("classes", _line(key), reason, "each number once")
            names[number] = Value(text, _line(item))
        else:
            names[number] = Value(text, _line(item))
    return names


def _gaps(found: DataFile, names: Mapping[int, Value]) -> Iterator[Problem]:
    """Said where as many classes are named as there should be, under numbers that leave some out."""
    numbers = range(found.count if found.count is not None else len(names))
    outside = sorted(set(names) - set(numbers))
    if len(names) == len(numbers) and outside:
        missing = sorted(set(numbers) - set(names))
        reason = f"the numbers of `names` leave out {_listed(missing)} and go on to {outside[-1]:,}"
        yield found.problem("classes", names[outside[0]].line, reason, f"the numbers 0 to {len(numbers) - 1:,}")


def _keypoints(node: yaml.Node | None, faults: _Faults) -> tuple[int, int] | None:
    if node is None:
        return None
    shape = [_integer(item) for item in node.value] if isinstance(node, yaml.SequenceNode) else []
    match shape:
        case [int(points), int(numbers)] if 0 < points <= 10_000 and numbers in (2, 3):
            return points, numbers
    faults.add("syntax", _line(node), "`kpt_shape` is not a pair of numbers", "[keypoints, 2 or 3]")
    return None


def _check_flipped(node: yaml.Node | None, keypoints: tuple[int, int] | None, faults: _Faults) -> None:
    """What is wrong with `flip_idx`: the keypoint that each one becomes when the picture is mirrored."""
    if node is None:
        return
    line = _line(node)
    numbers = [_integer(item) for item in node.value] if isinstance(node, yaml.SequenceNode) else [None]
    known = [number for number in numbers if number is not None]
    count = keypoints[0] if keypoints is not None else len(known)
    expected = f"the numbers 0 to {count - 1:,}, each once" if count else "a number for each keypoint"
    if len(known) < len(numbers):
        faults.add("classes", line, "`flip_idx` is not a list of whole numbers", expected)
    elif keypoints is not None and len(known) != count:
        reason = f"`flip_idx` has {counted(len(known), 'number')}, and `kpt_shape` says {counted(count, 'keypoint')}"
        faults.add("classes", line, reason, expected)
    elif absent := sorted(set(range(count)) - set(known)):
        reason = f"`flip_idx` leaves out {_listed(absent)}: two keypoints become one when a picture is mirrored"
        faults.add("classes", line, reason, expected)
    elif turned := [place for place, number in enumerate(known) if known[number] != place]:
        first, second = turned[0], known[turned[0]]
        reason = (
            f"`flip_idx` makes keypoint {first} {second}, and {second} {known[second]}: mirrored twice, "
            "a picture has other keypoints"
        )
        faults.add("classes", line, reason, f"pairs: {first} at place {second} and {second} at place {first}")


def check_names(names: Mapping[int, Value], file: str) -> Iterator[Problem]:
    """Said of classes without a name and of names that several classes have."""
    counts = Counter(value.text for value in names.values())
    first: dict[str, int] = {}
    for number, value in names.items():
        if not value.text:
            reason, expected = f"class {number} has no name", "a name for every class"
        elif counts[value.text] > 1 and value.text in first:
            reason = f"classes {first[value.text]} and {number} are both named {quoted(value.text)}"
            expected = "a name each"
        else:
            first[value.text] = number
            continue
        yield Problem("classes", Place(file, value.line), reason, expected)


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
    faults = _Faults(file, problems)
    count = values.get("classes")
    is_number = count is not None and re.fullmatch(r"\d{1,9}", count.text) is not None
    if count is not None and not is_number:
        faults.add("syntax", count.line, f"`classes` is {quoted(count.text)}", "the number of classes")
    return DataFile(
        file,
        yaml=False,
        sources=tuple(
            Source(_SPLITS[key], key, *said)
            for key in ("train", "valid", "test")
            if (said := values.get(key)) is not None
        ),
        names_file=values.get("names"),
        count=int(count.text) if count is not None and is_number else None,
        count_line=count.line if count is not None else None,
        problems=tuple(problems),
    )


__all__ = ["LARGEST", "DataFile", "Source", "Value", "check_names", "read_darknet", "read_yaml"]
