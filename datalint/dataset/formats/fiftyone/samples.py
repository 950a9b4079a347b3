"""`samples.json` of FiftyOneDataset: all fields of all samples."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any

from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers.json.document import SNIFF, Document, Part, as_text, escaped
from datalint.dataset.containers.json.values import is_number
from datalint.dataset.containers.records import Place, shortened
from datalint.dataset.files import splits
from datalint.dataset.formats import exports, json_fields
from datalint.dataset.formats.label_format import (
    BOXES,
    IMAGES,
    LINES,
    POINTS,
    Counted,
    Fault,
    LabelFile,
    Labels,
    first_split,
)
from datalint.dataset.formats.one_image import sized

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datalint.dataset.files.image_names import Found

_SAMPLES = re.compile(rb'\{\s*"samples"\s*:\s*\[')
_OWN = re.compile(rb'"(?:_media_type|_rand|_cls|filepath)"\s*:')
#: Kind of a field -> the key of its list.
_LISTS = {
    "Detections": "detections",
    "Classifications": "classifications",
    "Polylines": "polylines",
    "Keypoints": "keypoints",
}
_ALONE = frozenset(("Detection", "Classification", "Polyline", "Keypoint"))
#: The field that is read alone where it is there.
_TRUTH = "ground_truth"
_SAMPLE = 'an object with "filepath"'
_LABEL = 'an object with "_cls" and "label"'


class Samples(exports.Export):
    """One file is one dataset."""

    name, title, extensions = "fiftyone", "FiftyOne", ("json",)
    counts = (IMAGES, BOXES, LINES, POINTS, Counted("labels", "label", "labels"))

    def recognise(self, head: bytes) -> bool:
        """Samples, and keys as only these files call them."""
        text = as_text(head)
        return bool(_SAMPLES.match(text) and _OWN.search(text[:SNIFF]))

    def dataset_of(self, file: LabelFile) -> str:
        """The file's folder."""
        return file.folder

    def read(self, file: LabelFile, data: bytes, out: Labels) -> None:
        """A list of samples."""
        document = Document(data, file.path)
        known = document.members(document.root(), "", "an object with samples")
        document.check_end()
        samples = json_fields.begun(document, known, "samples")
        for part in document.items(samples, "/samples", _SAMPLE) if samples is not None else ():
            if not part.broken:
                self._sample(document, part, file, out)
        out.problems += document.problems

    def _sample(self, document: Document, part: Part, file: LabelFile, out: Labels) -> None:
        sample, place = part.value, Place(file.path, part.line, None, part.pointer)
        if not isinstance(sample, dict):
            out.lost(json_fields.other(sample, _SAMPLE), place)
            return
        at = place._replace(pointer=f"{part.pointer}/filepath") if "filepath" in sample else place
        folders = [file.folder, posixpath.join(file.folder, "data")]
        name = exports.here(sample.get("filepath"), folders, out)
        found = out.image_named(name, folders, place, at, size=sized(sample.get("metadata")))
        if found is None:
            return
        if (split := _split(sample)) is not None:
            out.split(found, split)
        fields = dict(self._fields(sample, out))
        known = document.members(part.at, part.pointer, _SAMPLE) if fields else {}
        for name, kind in fields.items():
            pointer = f"{part.pointer}/{escaped(name)}"
            if kind in _ALONE:
                where = Place(file.path, document.line(known[name]), None, pointer)
                if (fault := _put(kind, sample[name], found, where, out)) is not None:
                    out.lost(fault, where, found.path)
                continue
            key = _LISTS[kind]
            start = document.find(f"/{key}", known[name])
            if start is None:
                reason = f"the field has no `{key}`"
                out.problem("syntax", place._replace(pointer=pointer), reason, "a list", found.path)
                continue

            def put(value: Any, where: Place, kind: str = kind) -> Fault | None:
                return _put(kind.removesuffix("s"), value, found, where, out)

            json_fields.each(document, (start, f"{pointer}/{key}"), _LABEL, out, put, ("label",), found.path)

    def _fields(self, sample: dict[str, Any], out: Labels) -> Iterator[tuple[str, str]]:
        """Names and kinds of the fields that say what is in the image: the ground truth, or else no predictions."""
        for name, value in sample.items():
            kind = value.get("_cls") if isinstance(value, dict) else None
            if not isinstance(kind, str) or kind.endswith("Metadata"):
                continue
            if kind not in _ALONE and kind not in _LISTS:
                self.leave(out, f"field of the kind {shortened(kind)}")
            elif name != _TRUTH and (_TRUTH in sample or _is_predicted(value, kind)):
                self.leave(out, "field of predictions" if _is_predicted(value, kind) else f"field beside {_TRUTH}")
            else:
                yield name, kind


def _is_predicted(field: dict[str, Any], kind: str) -> bool:
    listed = field.get(_LISTS[kind]) if kind in _LISTS else [field]
    labels = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return any(is_number(one.get("confidence")) for one in labels)


def _split(sample: dict[str, Any]) -> str | None:
    """The split that a tag names, or else the folder of the image."""
    tags = sample.get("tags")
    named = (splits.canonical(tag) for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()
    path = sample.get("filepath")
    return next(filter(None, named), None) or first_split(str(path).split("/")[:-1])


def _put(kind: str, value: Any, found: Found, place: Place, out: Labels) -> Fault | None:
    """One label as rows, or why it cannot be used."""
    if not isinstance(value, dict):
        return json_fields.other(value, _LABEL)
    name = json_fields.class_name(value, "label", "label")
    if isinstance(name, Fault):
        return name
    record = Record(found, name, None, place)
    fault: Fault | None = None
    if kind == "Classification":
        out.label(record)
    elif kind == "Detection":
        fault = _box(value, record, out)
    elif kind == "Polyline":
        fault = _lines(value, record, out)
    else:
        points = json_fields.points(value.get("points"), "/points" if "points" in value else "")
        if isinstance(points, Fault):
            return points
        out.keypoints(record, json_fields.visible(points), "share")
    if fault is None:
        out.classes.add(name)
    return fault


def _box(value: dict[str, Any], record: Record, out: Labels) -> Fault | None:
    step = "/bounding_box" if "bounding_box" in value else ""
    sides = json_fields.listed_numbers(value.get("bounding_box"), 4, step, "left, top, width, height, as shares")
    if isinstance(sides, Fault):
        return sides
    crowd = value.get("iscrowd")
    out.box(record, sides, "xywh-share", crowd=bool(crowd) if isinstance(crowd, int) else None)
    return None


def _lines(value: dict[str, Any], record: Record, out: Labels) -> Fault | None:
    listed = value.get("points")
    if not isinstance(listed, list) or not listed:
        return json_fields.other(listed, "a list of lines", "/points" if "points" in value else "")
    lines: list[list[float]] = []
    for number, one in enumerate(listed):
        points = json_fields.points(one, f"/points/{number}")
        if isinstance(points, Fault):
            return points
        lines.append(points)
    for part, points in enumerate(lines):
        out.polygon(record, points, "share", part=part, closed=value.get("closed") is True)
    return None
