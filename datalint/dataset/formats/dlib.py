"""dlib's XML, as imglab writes it: one file of images with boxes, the parts of objects in them as points.

Reference: http://dlib.net/train_object_detector.py.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from datalint.amounts import counted
from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers import xml
from datalint.dataset.containers.records import Place, quoted
from datalint.dataset.containers.xml import Element, number, text_of
from datalint.dataset.formats.label_format import BOXES, IMAGES, POINTS, Fault, LabelFile, Labels
from datalint.dataset.formats.split_files import SplitFiles, folders_near, put_in_split

if TYPE_CHECKING:
    from datalint.dataset.files.image_names import Found

_IMAGE = re.compile(rb"<image\s[^<>]*?\bfile\s*=")
_SIDES = ("left", "top", "width", "height")
_BOX = "a <box> with top, left, width and height"
_PART = "a <part> with x and y"


class Dlib(SplitFiles):
    """A file a split."""

    name, title, extensions = "dlib", "dlib", ("xml",)
    counts = (IMAGES, BOXES, POINTS)

    def recognise(self, head: bytes) -> bool:
        """<dataset> with images that are files."""
        text = xml.as_text(head)
        return xml.root_name(text) == "dataset" and _IMAGE.search(text) is not None

    def read(self, file: LabelFile, data: bytes, out: Labels) -> None:
        """Image by image."""
        for image in xml.stream(data, file.path, ("image",), ("box",), out.problems):
            place = Place(file.path, int(image.get("line")))
            boxes = image.findall("box")
            lost = counted(len(boxes), "box", "boxes") if boxes else ""
            found = out.image_named(image.get("file"), folders_near(file.folder), place, place, lost)
            if found is None:
                continue
            put_in_split(found, file, out)
            for box in boxes:
                is_cut = bool(image.get("cut")) and box is boxes[-1]
                _box(box, found, file, out, is_cut)


def _box(box: Element, found: Found, file: LabelFile, out: Labels, is_cut: bool) -> None:
    """A box and its parts as rows; what the end of a broken file cut off has its problem."""
    place = Place(file.path, int(box.get("line")))
    name = text_of(box.find("label"))
    record = Record(found, name, None, place)
    raw: list[float] = []
    for side in _SIDES:
        value = number((box.get(side) or "").strip())
        if value is None:
            said = (
                f"`{side}` is {quoted(box.get(side))}, not a number" if side in box.attrib else f"there is no `{side}`"
            )
            if not is_cut:
                out.lost(Fault("", said, _BOX), place, found.path)
            return
        raw.append(value)
    if name is not None:
        out.classes.add(name)
    row = out.box(record, raw, "xywh-pixels", crowd=box.get("ignore") == "1")
    points: list[float] = []
    for part in box.findall("part"):
        across, down = (number((part.get(axis) or "").strip()) for axis in "xy")
        if across is None or down is None:
            reason = f"the part {quoted(part.get('name') or '')} has no x and y that are numbers"
            if not is_cut:
                out.lost(Fault("", reason, _PART), place, found.path)
            return
        points += [across, down, 2.0]
    if points:
        out.keypoints(record, points, box=row)


FORMATS = (Dlib,)
