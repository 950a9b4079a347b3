"""Ultralytics' NDJSON: a line with the classes, then a line an image with its boxes, outlines, poses or classes.

Reference: https://docs.ultralytics.com/datasets/detect/#ultralytics-ndjson-format
"""

from __future__ import annotations

import math
import posixpath
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from datalint.amounts import counted
from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers.json.document import a_number, as_text, kind_of
from datalint.dataset.containers.json.records import line_items
from datalint.dataset.containers.records import Place
from datalint.dataset.files import splits
from datalint.dataset.formats import exports, json_fields, split_files
from datalint.dataset.formats.label_format import BOXES, IMAGES, LINES, POINTS, Counted, Fault, LabelFile, Labels

if TYPE_CHECKING:
    from datalint.dataset.files.image_names import Found

_OWN = re.compile(rb'\{\s*"type"\s*:\s*"(?:dataset|image)"\s*,[^\r\n]*"(?:class_names|task|file)"\s*:')
#: What an object is written as -> what its list is expected to hold.
_EXPECTED = {
    "boxes": "class, x and y of the centre, width, height",
    "segments": "class, then x and y of at least 3 points",
    "pose": "class, x and y of the centre, width, height, then the points as `kpt_shape` says",
    "obb": "class, then x and y of 4 corners",
    "classification": "numbers of classes",
}
_NAMES = '"class_names": {"0": "cat", "1": "dog"}'


class _Dataset(NamedTuple):
    """What the first line declares."""

    names: dict[int, str]
    points: tuple[int, int] | None
    """Of a pose: how many points, and of how many numbers each."""


class Ultralytics(exports.Export):
    """Files that differ in the split only are one dataset."""

    name, title, extensions = "ultralytics-ndjson", "Ultralytics' NDJSON", ("ndjson", "jsonl")
    counts = (IMAGES, BOXES, LINES, POINTS, Counted("labels", "label", "labels"))

    def recognise(self, head: bytes) -> bool:
        """A first line about the dataset or an image."""
        return bool(_OWN.match(as_text(head)))

    def read(self, file: LabelFile, data: bytes, out: Labels) -> None:
        """A line an image, after that of the dataset."""
        items, problems = line_items(data, file.path)
        out.problems += problems
        declared = _Dataset({}, None)
        before = len(out.classes)
        for item in items:
            place = Place(file.path, item.line)
            kind = item.value.get("type")
            if kind == "dataset":
                declared = _dataset(item.value, place, out)
            elif kind == "image":
                _image(item.value, declared, file, place, out)
            else:
                out.problem("syntax", place, "the type is neither of a dataset nor of an image", '"type": "image"')
        if len(out.classes) > before and not declared.names:
            out.problem("classes", Place(file.path, items[0].line), "no `class_names` are declared", _NAMES)


def _dataset(value: dict[str, Any], place: Place, out: Labels) -> _Dataset:
    listed = value.get("class_names")
    pairs = listed.items() if isinstance(listed, dict) else enumerate(listed) if isinstance(listed, list) else ()
    names: dict[int, str] = {}
    for key, name in pairs:
        if not str(key).isdecimal() or len(str(key)) > 9 or not isinstance(name, str) or not name.strip():
            out.problem("classes", place, f"`class_names` has {kind_of(name)} at a key", _NAMES)
            continue
        names[int(key)] = name.strip()
        out.declare(name.strip(), int(key), place.file)
    if listed is not None and not isinstance(listed, dict | list):
        out.problem("classes", place, f"`class_names` is {kind_of(listed)}", _NAMES)
    shape = json_fields.listed_numbers(value.get("kpt_shape"), 2, "/kpt_shape", "")
    good = not isinstance(shape, Fault) and shape[1] in (2, 3) and 0 < shape[0] < math.inf
    return _Dataset(names, (int(shape[0]), int(shape[1])) if good and not isinstance(shape, Fault) else None)


def _image(image: dict[str, Any], declared: _Dataset, file: LabelFile, place: Place, out: Labels) -> None:
    given = image.get("annotations")
    lists = {key: listed for key, listed in given.items() if key in _EXPECTED} if isinstance(given, dict) else {}
    objects = sum(len(listed) for listed in lists.values() if isinstance(listed, list))
    said, url = image.get("file"), image.get("url")
    name = said or (posixpath.basename(exports.path_in(url)) if isinstance(url, str) else said)
    split = image.get("split")
    lost = counted(objects, "object") if objects else ""
    size = (a_number(image.get("width")), a_number(image.get("height")))
    found = out.image_named(name, _folders(file, split, out), place, place, lost, size)
    if found is None:
        return
    if isinstance(split, str) and (known := splits.canonical(split)) is not None:
        out.split(found, known)
    if given is not None and not isinstance(given, dict):
        out.problem("syntax", place, f"`annotations` is {kind_of(given)}", '{"boxes": [...]}', found.path)
    for key, listed in lists.items():
        if not isinstance(listed, list):
            out.problem("syntax", place, f"`{key}` is {kind_of(listed)}", f"a list: {_EXPECTED[key]}", found.path)
            continue
        for number, one in enumerate(listed):
            if (fault := _object(key, one, declared, found, place, out)) is not None:
                step = f"/annotations/{key}/{number}{fault.step}"
                out.lost(fault._replace(step=step), place, found.path)


def _folders(file: LabelFile, split: Any, out: Labels) -> list[str]:
    """Where the images lie: as Ultralytics lays them out under the file's name, or near the file."""
    under = [posixpath.join(file.folder, file.stem), *split_files.folders_near(file.folder)]
    parts = ("images", split), (split,), ()
    wanted = (
        posixpath.join(folder, *names) for names in parts if isinstance(split, str) or not names for folder in under
    )
    return [folder for folder in wanted if folder in out.tree.folder_set] or [file.folder]


def _object(key: str, one: Any, declared: _Dataset, found: Found, place: Place, out: Labels) -> Fault | None:
    """The object as a row, or why it cannot be one."""
    given = [one] if key == "classification" else one if isinstance(one, list) else []
    numbers = json_fields.listed_numbers(given, max(len(given), 1), "", _EXPECTED[key])
    if isinstance(numbers, Fault):
        return numbers if given else Fault("", f"{kind_of(one)} in place of an object", _EXPECTED[key])
    number = int(numbers[0]) if math.isfinite(numbers[0]) and abs(numbers[0]) < 1e9 else -1
    if number != numbers[0] or number < 0:
        return Fault("/0" if isinstance(one, list) else "", "the class is not a whole number from 0", _EXPECTED[key])
    record = Record(found, declared.names.get(number, str(number)), number, place)
    fault = _shape(key, numbers[1:], declared, record, out)
    if fault is None:
        out.classes.add(record.name or "")
        if declared.names and number not in declared.names:
            expected = f"one of the {counted(len(declared.names), 'class', 'classes')} of the first line"
            reason = f"the class {number} is not declared"
            out.problem("unknown-category", place, reason, expected, found.path)
    return fault


def _shape(key: str, rest: list[float], declared: _Dataset, record: Record, out: Labels) -> Fault | None:
    count = len(rest)
    wrong = Fault("", f"{counted(count, 'number')} after the class", _EXPECTED[key])
    if key == "classification":
        out.label(record)
    elif key == "segments":
        if count < 6 or count % 2:
            return wrong
        out.polygon(record, rest, "share")
    elif key == "obb":
        if count != 8:
            return wrong
        out.box(record, rest, "quad-share")
    elif key == "boxes":
        if count != 4:
            return wrong
        out.box(record, rest, "cxcywh-share")
    else:
        return _pose(rest, declared.points, record, out, wrong)
    return None


def _pose(rest: list[float], shape: tuple[int, int] | None, record: Record, out: Labels, wrong: Fault) -> Fault | None:
    """A box and its points; of how many numbers each of them is says the first line, or else the numbers do."""
    points = rest[4:]
    if shape is None:
        triples = len(points) % 3 == 0 and set(points[2::3]) <= {0.0, 1.0, 2.0}
        shape = (len(points) // 3, 3) if triples else (len(points) // 2, 2)
    if len(rest) < 4 or not points or len(points) != shape[0] * shape[1]:
        return wrong
    box = out.box(record, rest[:4], "cxcywh-share")
    if shape[1] == 2:
        points = json_fields.visible(points)
    out.keypoints(record, points, "share", box)
    return None


FORMATS = (Ultralytics,)
