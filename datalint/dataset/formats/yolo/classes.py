"""Lists of class names, one a line (classes.txt, obj.names, ...), and which names count in a dataset."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from datalint.dataset.assembly.annotations import CLASSES
from datalint.dataset.containers.records import LONGEST_NAME, Kind, Outcome, Place, Problem, decode, quoted, shortened
from datalint.dataset.files.matching import inside
from datalint.dataset.formats.yolo import numbered_lists
from datalint.dataset.formats.yolo.data_file import LARGEST, Value, check_names
from datalint.dataset.formats.yolo.paths import ABSOLUTE, by_last_parts, upwards

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from datalint.dataset.formats.yolo.data_file import DataFile
    from datalint.dataset.formats.yolo.described import Dataset
    from datalint.dataset.formats.yolo.files import Files

_LISTS = ("obj.names", "classes.txt", "classes.names", "_darknet.labels", "predefined_classes.txt")
#: Class names longer than this are prose.
_LONGEST_NAME = 200
#: As many classes as a data file may declare without names.
_MOST = 1 << 20


class NameList(NamedTuple):
    """What a list of class names says."""

    names: dict[int, Value]
    problems: list[Problem]


@dataclass(frozen=True)
class Classes:
    """The classes of a dataset."""

    names: Mapping[int, str] | None
    """By number; None if nothing names them."""
    source: str | None = None
    """The file that names them."""
    problems: tuple[Problem, ...] = ()
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    """List of class names -> what became of it."""

    def table(self) -> pl.DataFrame:
        """As rows of CLASSES."""
        rows = [(name, number, self.source) for number, name in sorted((self.names or {}).items())]
        return pl.DataFrame(rows, schema=CLASSES, orient="row")


def read_list(data: bytes, file: str) -> NameList | None:
    """A list of class names, one a line or numbered; None if the file is something else."""
    if posixpath.basename(file) in numbered_lists.NAMES:
        numbered = numbered_lists.read(data, file)
        return NameList(numbered, []) if numbered else None
    text, problems = decode(data, file)
    lines = [line.strip() for line in text.rstrip().splitlines()]
    if not lines or "\0" in text or any(len(line) > _LONGEST_NAME for line in lines):
        return None
    names = {number: Value(name, number + 1) for number, name in enumerate(lines)}
    return NameList(names, [*problems, *check_names(names, file)])


def has_list(folder: str, files: Files) -> bool:
    """Whether a list of class names lies in a folder."""
    return any(posixpath.join(folder, name) in files.rows for name in _LISTS)


def is_list_name(path: str) -> bool:
    """Whether a file is called like a list of class names."""
    return posixpath.basename(path) in _LISTS


def are_list_names() -> pl.Expr:
    """`is_list_name` of the column `name`, whatever its case."""
    return pl.col("name").str.to_lowercase().is_in(_LISTS)


def of_dataset(dataset: Dataset, files: Files, told: Collection[str]) -> Classes:
    """The names in the data file, else in the nearest list; lists that say otherwise are reported.

    What is wrong within the lists `told` has been said of another dataset.
    """
    data = dataset.data
    lists = _lists(dataset, files)
    names: dict[int, str] | None = None
    source: str | None = None
    problems: list[Problem] = []
    outcomes: dict[str, Outcome] = {}
    if data is not None and data.names is not None:
        names, source = _texts(data.names), data.file
    elif data is not None and data.names_file is not None:
        path = _names_file(data, data.names_file, dataset.start, files)
        if path is None:
            reason = f"`names: {shortened(_slashed(data.names_file), LONGEST_NAME)}` is not there"
            problems.append(data.problem("data-path", data.names_file.line, reason, "a list of class names"))
        else:
            lists = [path, *(other for other in lists if other != path)]
    for path in lists:
        content = files.data(path, LARGEST)
        found = read_list(content, path) if content is not None else None
        if found is None:
            continue
        if path not in told:
            problems += found.problems
        outcomes[path] = Outcome(Kind.READ, "read as YOLO's list of classes", f"{len(found.names):,} names")
        if names is None:
            names, source = _texts(found.names), path
            if data is not None:
                problems += data.wrong_count(len(names))
        elif _texts(found.names) != names:
            problems.append(_other_names(path, found.names, names, source))
    return Classes(names, source, tuple(problems), outcomes)


def declared(classes: Classes, data: DataFile | None) -> Mapping[int, str] | None:
    """The names of the classes; numbers where the data file declares only how many there are."""
    if classes.names is not None or data is None or data.count is None:
        return classes.names
    return {number: str(number) for number in range(min(data.count, _MOST))}


def _lists(dataset: Dataset, files: Files) -> list[str]:
    """Lists of class names of the dataset, the nearest to its start first."""
    folders = [dataset.start]
    if dataset.data is not None:
        folders.append(posixpath.dirname(dataset.data.file))
    folders += sorted(dataset.labels)
    folders += sorted({above for folder in dataset.labels for above in upwards(folder, dataset.start)})
    names = (*_LISTS, *numbered_lists.NAMES)
    paths = (posixpath.join(folder, name) for folder in dict.fromkeys(folders) for name in names)
    return list(dict.fromkeys(path for path in paths if path in files.rows))


def _names_file(data: DataFile, said: Value, start: str, files: Files) -> str | None:
    """The list that a data file names."""
    name = _slashed(said)
    places = (inside(name, folder) for folder in (posixpath.dirname(data.file), start) if not ABSOLUTE.match(name))
    path = next((place for place in places if place in files.rows), None)
    return path or by_last_parts(name, files.rows)


def _slashed(path: Value) -> str:
    return path.text.replace("\\", "/")


def _texts(names: Mapping[int, Value]) -> dict[int, str]:
    return {number: value.text or str(number) for number, value in names.items()}


def _other_names(path: str, names: Mapping[int, Value], known: Mapping[int, str], source: str | None) -> Problem:
    texts = _texts(names)
    first = next(number for number in sorted(set(texts) | set(known)) if texts.get(number) != known.get(number))
    here, there = (quoted(said[first]) if first in said else "nothing" for said in (texts, known))
    reason = f"class {first} is {here} here and {there} in {source}"
    line = names[first].line if first in names else None
    return Problem("classes", Place(path, line), reason, "the same classes in both")


__all__ = ["Classes", "NameList", "are_list_names", "declared", "has_list", "is_list_name", "of_dataset", "read_list"]
