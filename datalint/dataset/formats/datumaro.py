"""Datumaro: one JSON file a split, `annotations/train.json`, with labels, boxes, polygons, masks and points.

Reference: https://open-edge-platform.github.io/datumaro/latest/docs/data-formats/formats/datumaro.html
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any

from datalint.amounts import counted
from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers.json.document import Document, Part, as_text
from datalint.dataset.containers.records import Place, shortened
from datalint.dataset.formats import exports, json_fields, run_lengths, split_files
from datalint.dataset.formats.label_format import BOXES, IMAGES, LINES, POINTS, Counted, Fault, LabelFile, Labels
from datalint.dataset.formats.run_lengths import Mask, Size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from datalint.dataset.files.image_names import Found

_ITEMS = re.compile(rb'"items"\s*:\s*\[')
_OWN = re.compile(
    rb'"dm_format_version"\s*:|"categories"\s*:\s*\{\s*"(?:label|mask|points)"\s*:\s*\{|"label_groups"\s*:'
)
_ITEM = 'an item with "id", "image" and "annotations"'
_ANNOTATION = 'an annotation with "type", "label_id" and its shape'
#: What an item may be in place of an image.
_OTHERS = ("point_cloud", "video", "video_frame", "multiframe_image", "related_images")
#: Masks that are measured together.
_BLOCK = 1 << 11
_LARGEST = 1 << 31
_FLAT = {"polygon": 3, "polyline": 2, "points": 1}


class Datumaro(exports.Export):
    """The files of a folder `annotations` are one dataset."""

    name, title, extensions = "datumaro", "Datumaro", ("json",)
    counts = (IMAGES, BOXES, LINES, POINTS, Counted("labels", "label", "labels"))

    def recognise(self, head: bytes) -> bool:
        """The version of the format, or its categories."""
        text = as_text(head)
        return text[:1] == b"{" and bool(_OWN.search(text))

    def dataset_of(self, file: LabelFile) -> str:
        """The folder above `annotations`."""
        return posixpath.dirname(file.folder) if posixpath.basename(file.folder) == "annotations" else file.folder

    def source(self, out: Labels) -> str:
        """The folder of several files."""
        return out.files[0].path if len(out.files) == 1 else out.files[0].folder

    def read(self, file: LabelFile, data: bytes, out: Labels) -> bool:
        """The items of a split."""
        document = Document(data, file.path)
        known = document.members(document.root(), "", "an object with items")
        document.check_end()
        items = json_fields.begun(document, known, "items")
        if items is None:
            return False
        names = _declared(document, known.get("categories"), file, out)
        masks: list[tuple[Record, Mask]] = []
        for part in document.items(items, "/items", _ITEM):
            if not part.broken:
                self._item(document, part, names, masks, file, out)
            if len(masks) >= _BLOCK:
                _measure(masks, out)
        _measure(masks, out)
        out.problems += document.problems
        return True

    def _item(
        self,
        document: Document,
        part: Part,
        names: Mapping[int, str],
        masks: list[tuple[Record, Mask]],
        file: LabelFile,
        out: Labels,
    ) -> None:
        item, place = part.value, Place(file.path, part.line, None, part.pointer)
        if not isinstance(item, dict):
            out.lost(json_fields.other(item, _ITEM), place)
            return
        if not any(key in item for key in ("image", "media")) and any(key in item for key in _OTHERS):
            self.leave(out, "item without an image")
            return
        listed = item.get("annotations")
        lost = counted(len(listed), "annotation") if isinstance(listed, list) and listed else ""
        image = item.get("image") if isinstance(item.get("image"), dict) else item.get("media")
        about = image if isinstance(image, dict) else {}
        found = _image(item.get("id"), about, place, lost, file, out)
        if found is None:
            return
        if (split := split_files.split_of(file)) is not None:
            out.split(found, split)
        at = document.find("/annotations", part.at)
        if at is None:
            out.problem("syntax", place, "the item has no `annotations`", "a list, empty if there are none", found.path)
            return

        def put(value: Any, where: Place) -> Fault | None:
            return self._annotation(value, names, found, where, masks, out)

        where = (at, f"{part.pointer}/annotations")
        json_fields.each(document, where, _ANNOTATION, out, put, ("label_id", "points"), found.path)

    def _annotation(
        self,
        value: Any,
        names: Mapping[int, str],
        found: Found,
        place: Place,
        masks: list[tuple[Record, Mask]],
        out: Labels,
    ) -> Fault | None:
        """The annotation as rows, or why it cannot be used; masks are measured later."""
        if not isinstance(value, dict):
            return json_fields.other(value, _ANNOTATION)
        kind, number = value.get("type"), value.get("label_id")
        if kind not in ("label", "bbox", "mask", "ellipse", *_FLAT):
            if not isinstance(kind, str):
                return Fault("/type" if "type" in value else "", "the annotation has no type", _ANNOTATION)
            self.leave(out, f"annotation of the type {shortened(kind)}")
            return None
        name = names.get(number) if isinstance(number, int) else None
        if number is not None and (not isinstance(number, int) or isinstance(number, bool)):
            return json_fields.other(number, "the number of a class", "/label_id")
        if number is not None and abs(number) >= _LARGEST:
            return Fault("/label_id", "the number of the class is too large", "the number of a class")
        if number is not None and name is None:
            reason = f"the class {number} is not declared"
            out.problem("unknown-category", place, reason, counted(len(names), "declared class", "declared classes"))
        record = Record(found, name or (None if number is None else str(number)), number, place)
        fault = _mask(value, record, masks) if kind == "mask" else _shape(kind, value, record, out)
        if fault is None and record.name is not None:
            out.classes.add(record.name)
        return fault


def _declared(document: Document, at: int | None, file: LabelFile, out: Labels) -> dict[int, str]:
    """Number -> name of the classes that a file declares."""
    label = document.find("/label/labels", at) if at is not None else None
    listed = document.value(label)
    names: dict[int, str] = {}
    for number, one in enumerate(listed if isinstance(listed, list) else ()):
        name = one.get("name") if isinstance(one, dict) else None
        if isinstance(name, str) and name.strip():
            names[number] = name.strip()
            out.declare_once(name.strip(), file.path)
    return names


def _image(
    identity: Any, about: Mapping[str, Any], place: Place, lost: str, file: LabelFile, out: Labels
) -> Found | None:
    """The image of an item: its path below the images, or else the one of the item's own name."""
    base = posixpath.dirname(file.folder) if posixpath.basename(file.folder) == "annotations" else file.folder
    folders = [posixpath.join(base, *parts) for parts in (("images", file.stem), ("images",), (file.stem,), ())]
    size = json_fields.listed_numbers(about.get("size"), 2, "", "")
    sides = (None, None) if isinstance(size, Fault) else (size[1], size[0])
    name, step = about.get("path"), "/image/path"
    if not isinstance(name, str) or not name.strip():
        name, step = identity, "/id"
        if isinstance(identity, str) and (row := out.names.by_stem(identity, folders).row) is not None:
            name, folders = out.names.path(row), [""]
    there = [folder for folder in folders if folder in out.tree.folder_set] or folders[:1]
    name = exports.here(name, there, out)
    return out.image_named(name, there, place, place._replace(pointer=f"{place.pointer}{step}"), lost, sides)


def _shape(kind: Any, value: dict[str, Any], record: Record, out: Labels) -> Fault | None:
    crowd = value.get("attributes")
    crowd = crowd.get("is_crowd") is True if isinstance(crowd, dict) else None
    if kind == "label":
        if record.name is None:
            return Fault("", "the label has no `label_id`", "the number of a class")
        out.label(record)
    elif kind in ("bbox", "ellipse"):
        key, unit = ("bbox", "xywh-pixels") if kind == "bbox" else ("points", "xyxy-pixels")
        numbers = json_fields.listed_numbers(value.get(key), 4, f"/{key}" if key in value else "", "4 numbers")
        if isinstance(numbers, Fault):
            return numbers
        out.box(record, numbers, unit, crowd=crowd)
    else:
        points = json_fields.flat_points(value.get("points"), "/points" if "points" in value else "", _FLAT[kind])
        if isinstance(points, Fault):
            return points
        if kind == "points":
            out.keypoints(record, json_fields.visible(points))
        else:
            out.polygon(record, points, closed=kind == "polygon")
    return None


def _mask(value: dict[str, Any], record: Record, masks: list[tuple[Record, Mask]]) -> Fault | None:
    drawn = value.get("rle")
    if not isinstance(drawn, dict):
        return json_fields.other(drawn, "runs with size and counts", "/rle" if "rle" in value else "")
    size = json_fields.listed_numbers(drawn.get("size"), 2, "/rle/size", "height and width in pixels")
    if isinstance(size, Fault):
        return size
    counts = drawn.get("counts")
    plain = isinstance(counts, list) and all(map(_is_run, counts))
    if not isinstance(counts, str | list) or not (plain or (isinstance(counts, str) and counts.isascii())):
        return json_fields.other(counts, "runs with a text or whole numbers", "/rle/counts")
    if not all(side.is_integer() and 0 < side < _LARGEST for side in size):
        return Fault("/rle/size", "the size is not two whole numbers", "height and width in pixels")
    masks.append((record, Mask(Size(len(masks), int(size[0]), int(size[1])), counts)))
    return None


def _is_run(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _measure(masks: list[tuple[Record, Mask]], out: Labels) -> None:
    """The box around each mask; one whose runs cannot be decoded, or do not fill its size, is a problem."""
    if not masks:
        return
    measured = run_lengths.measure([mask for _, mask in masks])
    wrong = dict.fromkeys(measured.broken, "the runs cannot be decoded")
    wrong |= {row: f"the runs make {counted(total, 'pixel')}" for row, total in measured.totals.items()}
    sides = measured.measures.select("row", "mask_left", "mask_top", "mask_right", "mask_bottom")
    boxes = {row: [float(side) for side in box] for row, *box in sides.iter_rows()}
    for row, (record, mask) in enumerate(masks):
        if row in boxes:
            out.box(record, boxes[row], "xyxy-pixels")
        else:
            expected = f"runs of {mask.size.height} x {mask.size.width} pixels"
            fault = Fault("/rle/counts", wrong.get(row, "the runs are of no pixel"), expected)
            out.lost(fault, record.place, record.found.path)
    masks.clear()


FORMATS = (Datumaro,)
