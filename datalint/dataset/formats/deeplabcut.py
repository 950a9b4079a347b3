"""DeepLabCut: `CollectedData_me.csv`, an image a line, x and y of each body part, and of each animal where are several.

Rows of a header say who labelled, the animals, the body parts and the coordinates of each column; empty cells are parts
that cannot be seen. Reference: https://deeplabcut.github.io/DeepLabCut/docs/standardDeepLabCut_UserGuide.html
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, NamedTuple

from datalint.amounts import counted
from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers import delimited
from datalint.dataset.containers.records import Place, decode, quoted
from datalint.dataset.containers.text_lines import numbered
from datalint.dataset.containers.xml import number as a_number
from datalint.dataset.formats.label_format import IMAGES, POINTS, Fault, Format, LabelFile, Labels

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEADER = ("scorer", "individuals", "bodyparts", "coords")
_EXPECTED = "x and y of each body part, or two empty cells"


class _Columns(NamedTuple):
    names: int
    """Columns of the image's path."""
    animals: list[list[int]]
    """The columns of x of each animal's parts; y is the next one."""
    width: int
    lines: int
    """Of the header."""


class DeepLabCut(Format):
    """The videos of a project are one dataset."""

    name, title, extensions = "deeplabcut", "DeepLabCut", ("csv",)
    counts = (IMAGES, POINTS)
    precision = 2

    def recognise(self, head: bytes) -> bool:
        """A header of body parts with x and y, and not with the likelihood that predictions have."""
        lines = decode(head, "")[0].splitlines()[: len(_HEADER)]  # with many parts they are long
        return lines[:1] != [] and "scorer" in lines[0][:8] and _columns(_cells(lines)) is not None

    def dataset_of(self, file: LabelFile) -> str:
        """The folder above `labeled-data`."""
        parts = file.folder.split("/")
        return "/".join(parts[: parts.index("labeled-data")]) if "labeled-data" in parts else file.folder

    def read(self, file: LabelFile, data: bytes, out: Labels) -> bool:
        """A line an image."""
        lines = list(numbered(data, file.path, out.problems))
        columns = _columns(_cells([text for _, text in lines[: len(_HEADER)]]))
        if columns is None:
            return False
        folders = list(dict.fromkeys([out.root, file.folder]))
        for number, text in lines[columns.lines :]:
            place, cells = Place(file.path, number), delimited.cells(text, ",") or []
            if len(cells) != columns.width:
                reason = f"{counted(len(cells), 'field')} in a table of {columns.width:,} columns"
                out.problem("syntax", place, reason, f"{columns.width:,} fields")
                continue
            name = posixpath.join(*(cell.strip() for cell in cells[: columns.names]))
            found = out.image_named(name, folders, place, place, "its points")
            if found is None:
                continue
            for animal in columns.animals:
                points = _points(cells, animal)
                if isinstance(points, Fault):
                    out.lost(points, place, found.path)
                elif any(points[2::3]):
                    out.keypoints(Record(found, None, None, place), points)
        return True


def _cells(lines: Sequence[str]) -> list[list[str]]:
    return [delimited.cells(line, ",") or [] for line in lines]


def _columns(rows: Sequence[Sequence[str]]) -> _Columns | None:
    """What the first rows say of the columns; None if they are not a header of labels."""
    header: dict[str, Sequence[str]] = {}
    for row in rows[: len(_HEADER)]:
        if row and row[0] in _HEADER and row[0] not in header:
            header[row[0]] = row
    if not {"scorer", "bodyparts", "coords"} <= header.keys():
        return None
    scorer, coords = header["scorer"], header["coords"]
    names = 1 + next((place for place, cell in enumerate(scorer[1:]) if cell), len(scorer))
    said = [cell.strip() for cell in coords[names:]]
    if not said or said != ["x", "y"] * (len(said) // 2) or any(len(row) != len(scorer) for row in header.values()):
        return None
    animals: dict[str, list[int]] = {}
    for place in range(names, len(scorer), 2):
        animals.setdefault(header["individuals"][place] if "individuals" in header else "", []).append(place)
    return _Columns(names, list(animals.values()), len(scorer), len(header))


def _points(cells: Sequence[str], places: Sequence[int]) -> list[float] | Fault:
    """x, y, visibility, ... of an animal; or why they are not that."""
    points: list[float] = []
    for place in places:
        texts = [cells[place].strip(), cells[place + 1].strip()]
        if texts == ["", ""]:
            points += [0.0, 0.0, 0.0]
            continue
        pair = [a_number(text) for text in texts]
        if pair[0] is None or pair[1] is None:
            bad = quoted(texts[pair.index(None)])
            reason = "a part has only one of x and y" if "" in texts else f"{bad} is not a number"
            return Fault("", f"{reason}, in column {place + 1:,}", _EXPECTED)
        points += [pair[0], pair[1], 2.0]
    return points


FORMATS = (DeepLabCut,)
