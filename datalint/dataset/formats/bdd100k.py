"""BDD100K and Scalabel: one JSON list of frames, each with its labels: boxes and polygons in pixels.

Reference: https://doc.scalabel.ai/format.html and https://doc.bdd100k.com/format.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from datalint.amounts import counted
from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers.json.document import Document, Part, as_text, kind_of
from datalint.dataset.containers.records import Place
from datalint.dataset.formats import exports, json_fields, split_files
from datalint.dataset.formats.label_format import BOXES, IMAGES, LINES, Fault, LabelFile, Labels

if TYPE_CHECKING:
    from datalint.dataset.files.image_names import Found

_BEGINS = re.compile(rb'\[\s*\{|\{\s*"(?:frames|groups|config)"\s*:')
_OWN = re.compile(rb'"(?:box2d|poly2d)"\s*:')
_NAME = re.compile(rb'"name"\s*:')
_CORNERS = ("x1", "y1", "x2", "y2")
#: What a label may have in place of a box or polygon in the image.
_UNREAD = ("box3d", "rle", "graph")
_FRAME = 'a frame with "name" and "labels"'
_LABEL = 'a label with "category" and "box2d" or "poly2d"'


class Bdd100k(exports.Export):
    """Files that differ in the split only are one dataset."""

    name, title, extensions = "bdd100k", "BDD100K", ("json",)
    counts = (IMAGES, BOXES, LINES)

    def recognise(self, head: bytes) -> bool:
        """A list of frames with names and with shapes in them."""
        text = as_text(head)
        return bool(_BEGINS.match(text) and _OWN.search(text) and _NAME.search(text))

    def read(self, file: LabelFile, data: bytes, out: Labels) -> None:
        """A list of frames, or an object with one."""
        document = Document(data, file.path)
        at, pointer = document.root(), ""
        if document.data[at : at + 1] == b"{":
            known = document.members(at, "", "an object with frames")
            frames = json_fields.begun(document, known, "frames")
            at, pointer = (at, "") if frames is None else (frames, "/frames")
        left = 0
        for part in document.items(at, pointer, _FRAME):
            left += 0 if part.broken else _frame(document, part, file, out)
        document.check_end()
        out.problems += document.problems
        if left:
            out.remark(f"{file.path}: {counted(left, 'label')} in space or as run lengths, which were not read.")


def _frame(document: Document, part: Part, file: LabelFile, out: Labels) -> int:
    """Put a frame into rows; returns how many of its labels are of kinds that are not read."""
    frame, place = part.value, Place(file.path, part.line, None, part.pointer)
    if not isinstance(frame, dict):
        out.problem("syntax", place, f"{kind_of(frame)} in place of a frame", _FRAME)
        return 0
    known = document.members(part.at, part.pointer, _FRAME)
    labels = frame.get("labels")
    lost = counted(len(labels), "label") if isinstance(labels, list) and labels else ""
    at = place._replace(pointer=f"{part.pointer}/name") if "name" in known else place
    found = out.image_named(_name(frame, file, out), split_files.folders_near(file.folder), place, at, lost)
    if found is None:
        return 0
    if (split := split_files.split_of(file)) is not None:
        out.split(found, split)
    if labels is None:  # nothing is in the image: official files leave the list out
        return 0
    json_fields.each(
        document,
        (known["labels"], f"{part.pointer}/labels"),
        _LABEL,
        out,
        lambda label, place: None if _is_left(label) else _label(label, found, place, out),
        ("category", "box2d", "poly2d"),
        found.path,
    )
    return sum(map(_is_left, labels)) if isinstance(labels, list) else 0


def _name(frame: dict[str, Any], file: LabelFile, out: Labels) -> Any:
    """The name of the image: of a frame of a video in its folder, where it is there."""
    name, video = frame.get("name"), frame.get("videoName")
    if isinstance(name, str) and isinstance(video, str) and video.strip():
        within = f"{video.strip()}/{name}"
        return within if out.find(within, split_files.folders_near(file.folder)).row is not None else name
    return name


def _is_left(label: Any) -> bool:
    return isinstance(label, dict) and not _drawn(label) and any(label.get(key) for key in _UNREAD)


def _drawn(label: dict[str, Any]) -> bool:
    return label.get("box2d") is not None or label.get("poly2d") is not None


def _label(label: Any, found: Found, place: Place, out: Labels) -> Fault | None:
    """The label as rows, or why it cannot be used."""
    if not isinstance(label, dict):
        return Fault("", f"{kind_of(label)} in place of a label", _LABEL)
    name = json_fields.class_name(label, "category", "label")
    if isinstance(name, Fault):
        return name
    if not _drawn(label):
        return Fault("", "the label has neither `box2d` nor `poly2d`", _LABEL)
    drawn = label.get("box2d")
    corners = None if drawn is None else json_fields.numbers(drawn, _CORNERS, "/box2d")
    outlines = _outlines(label.get("poly2d"))
    if isinstance(corners, Fault):
        return corners
    if isinstance(outlines, Fault):
        return outlines
    record = Record(found, name, None, place)
    out.classes.add(name)
    box = None
    if corners is not None:
        about = label.get("attributes")
        crowd = isinstance(about, dict) and about.get("crowd") is True
        number = label.get("id")
        box = out.box(
            record, corners, "xyxy-pixels", id=str(number) if isinstance(number, str | int) else None, crowd=crowd
        )
    for part, (points, closed) in enumerate(outlines):
        out.polygon(record, points, box=box, part=part, closed=closed)
    return None


def _outlines(drawn: Any) -> list[tuple[list[float], bool]] | Fault:
    """Each line or polygon with its points, and whether it is closed; the older files are one list of points."""
    if drawn is None:
        return []
    if not isinstance(drawn, list) or not drawn:
        return Fault("/poly2d", f"{kind_of(drawn)} in place of polygons", "a list of polygons")
    if all(isinstance(one, list) for one in drawn):
        points = json_fields.points(drawn, "/poly2d")
        return points if isinstance(points, Fault) else [(points, True)]
    found: list[tuple[list[float], bool]] = []
    for number, one in enumerate(drawn):
        step = f"/poly2d/{number}"
        if not isinstance(one, dict) or not isinstance(one.get("vertices"), list) or not one["vertices"]:
            return Fault(step, "the polygon has no `vertices`", "a list of points")
        points = json_fields.points(one["vertices"], f"{step}/vertices")
        if isinstance(points, Fault):
            return points
        found.append((points, one.get("closed") is not False))
    return found


FORMATS = (Bdd100k,)
