"""Lists of classes beside masks: names with their index or colour, in the forms that tools write."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from datalint.dataset.containers.json.records import clean, parse
from datalint.dataset.containers.records import Place, Problem, decode, quoted

if TYPE_CHECKING:
    from datalint.dataset.files.tree import Tree

#: Names of files that list the classes of masks.
_FILES = re.compile(
    r"(?i)(?:label_?colou?rs?|label_?map|class_?dict(?:ionary)?|colou?r_?map|classes|codes|labels|dataset_meta|"
    r"class_?names|config_v\d[\d.]*|config)\.(?:txt|csv|json)"
)
_LARGEST = 1 << 20
#: No line of such a list is longer; the rest is not looked at.
_LONGEST = 300
_HEADER = re.compile(r"(?i)\W*(?:name|class|label)\w*\W+r(?:ed)?\W+g(?:reen)?\W+b(?:lue)?\W*")
_COLOUR_FIRST = re.compile(r"(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\S.*)")
_NAME_FIRST = re.compile(r"\s*([^:,#]+?)\s*[:,]\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*(?::.*|,\s*\d*\s*)?")

Colour = tuple[int, int, int]


@dataclass
class Declared:
    """The classes that one file lists, in its order."""

    file: str
    names: list[str] = field(default_factory=list)
    indices: list[int] = field(default_factory=list)
    colours: list[Colour] = field(default_factory=list)
    """One a class, or none at all."""
    problems: list[Problem] = field(default_factory=list)


def find(tree: Tree, bases: list[str]) -> Declared | None:
    """The list of classes in the first of the folders `bases` that has one."""
    files = tree.files.filter(
        pl.col("folder").is_in(bases)
        & pl.col("extension").is_in(["txt", "csv", "json"])
        & (pl.col("bytes").fill_null(0) <= _LARGEST)
    )
    found = [
        (bases.index(folder), path, row, name)
        for path, row, folder, name in files.select("path", "file_row", "folder", "name").iter_rows()
        if _FILES.fullmatch(name)
    ]
    with_colours: Declared | None = None
    for _, path, row, name in sorted(found):
        try:
            text, problems = decode(tree.data(row, _LARGEST), path)
        except OSError:
            continue
        declared = _from_json(text, path) if name.lower().endswith(".json") else _from_text(text, path)
        if declared is None or not declared.names:
            continue
        declared.problems += problems
        if declared.colours:
            return declared
        with_colours = with_colours or declared
    return with_colours


def _from_text(text: str, file: str) -> Declared | None:
    """`r g b name`, `name,r,g,b` and `name:r,g,b::` a line; or, in a file of codes or classes, one name a line."""
    declared = Declared(file)
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    lines = [(number, line) for number, line in lines if line and not line.startswith("#")]
    if lines and _HEADER.fullmatch(lines[0][1][:_LONGEST]):
        lines = lines[1:]
    wrong: list[Problem] = []
    for number, full in lines:
        line = full[:_LONGEST]
        if match := _COLOUR_FIRST.fullmatch(line):
            red, green, blue, name = match.groups()
        elif match := _NAME_FIRST.fullmatch(line):
            name, red, green, blue = match.groups()
        else:
            reason = f"{quoted(line)} is not a class with its colour"
            wrong.append(Problem("syntax", Place(file, number), reason, "a name and three numbers"))
            continue
        colour = (int(red), int(green), int(blue))
        if max(colour) > 255:
            wrong.append(Problem("syntax", Place(file, number), f"a colour of {max(colour)}", "numbers up to 255"))
            continue
        declared.names.append(name.strip().strip('"'))
        declared.colours.append(colour)
    if len(wrong) > len(declared.names):
        name = file.rpartition("/")[2].lower()
        if declared.names or not re.match(r"(?:codes|classes|class_?names|labels)\.txt$", name):
            return None
        if any(len(line) > 60 or re.search(r"[/\t,;]|\d\s+\d", line) for _, line in lines):
            return None  # lists of files, or labels of another format
        declared.names, wrong = [line for _, line in lines], []
    declared.indices = list(range(len(declared.names)))
    declared.problems = wrong + _repeated(declared)
    return declared


def _repeated(declared: Declared) -> list[Problem]:
    problems = []
    for what, values in (("name", declared.names), ("colour", declared.colours)):
        seen: set[Any] = set()
        for value in values:
            if value in seen:
                reason = f"two classes have the {what} {quoted(value)}"
                problems.append(Problem("classes", Place(declared.file), reason, f"one class per {what}"))
            seen.add(value)
    return problems


def _from_json(text: str, file: str) -> Declared | None:
    """`label_map` with `segmentation_colors` (Datumaro), or `labels` with `name` and `color` (Mapillary Vistas)."""
    try:
        value = parse(text)
    except (json.JSONDecodeError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    declared = Declared(file)
    labels, mapped = value.get("labels"), value.get("label_map")
    if isinstance(mapped, dict):
        for key, name in mapped.items():
            if isinstance(name, str) and re.fullmatch(r"\d{1,9}", key):
                declared.names.append(clean(name))
                declared.indices.append(int(key))
        listed = value.get("segmentation_colors")
        colours = [_colour(item) for item in listed if isinstance(item, list)] if isinstance(listed, list) else []
        if len(colours) == len(declared.names) and None not in colours:
            declared.colours = [colour for colour in colours if colour is not None]
        return declared
    if isinstance(labels, list) and labels and all(isinstance(item, dict) for item in labels):
        for place, item in enumerate(labels):
            name = item.get("name") or item.get("readable")
            if isinstance(name, str):
                declared.names.append(clean(name))
                declared.indices.append(place)
        colours = [_colour(item.get("color")) for item in labels]
        if len(colours) == len(declared.names) and None not in colours:
            declared.colours = [colour for colour in colours if colour is not None]
        return declared
    return None


def _colour(value: Any) -> Colour | None:
    if not isinstance(value, list) or len(value) < 3:
        return None
    parts = value[:3]
    if not all(isinstance(part, int) and not isinstance(part, bool) and 0 <= part <= 255 for part in parts):
        return None
    return parts[0], parts[1], parts[2]


__all__ = ["Colour", "Declared", "find"]
