"""CVAT's own XML 1.1: one file of a task or project, for images or for a video.

Boxes, polygons, polylines, points, masks, ellipses, cuboids, skeletons and tags. Of a video the tracks are read if its
frames are there as images.
Reference: https://docs.cvat.ai/docs/manual/advanced/xml_format/
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

import polars as pl

from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers import xml
from datalint.dataset.containers.records import Place, quoted, refused, shortened
from datalint.dataset.containers.xml import Element, number, text_of
from datalint.dataset.files.splits import canonical
from datalint.dataset.formats.label_format import BOXES, IMAGES, LINES, POINTS, Counted, Format, LabelFile, Labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.dataset.files.image_names import Found

_OWN = re.compile(rb"<(?:meta|image|track)[\s/>]")
_RECORDS = ("image", "track", "meta")
_SHAPES = ("box", "polygon", "polyline", "points", "mask", "ellipse", "cuboid", "skeleton", "tag")
_CORNERS = ("xtl", "ytl", "xbr", "ybr")
_FACES = tuple(tuple(f"{axis}{corner}{face}" for corner in ("tl", "tr", "br", "bl") for axis in "xy") for face in "12")
#: CVAT's name for the default subset.
_UNNAMED = frozenset({"", "default"})


class Cvat(Format):
    """The files of one folder are one dataset."""

    name, title, extensions = "cvat", "CVAT", ("xml",)
    counts = (IMAGES, BOXES, LINES, POINTS, Counted("labels", "tag", "tags"))

    def recognise(self, head: bytes) -> bool:
        """<annotations> with what a task or project has."""
        text = xml.as_text(head)
        return xml.root_name(text) == "annotations" and bool(_OWN.search(text))

    def read(self, file: LabelFile, data: bytes, out: Labels) -> None:
        """A task or project, element by element."""
        _File(file, out).read(data)


class _File:
    """One file."""

    def __init__(self, file: LabelFile, out: Labels) -> None:
        self._file = file
        self._out = out
        self._known: set[str] = set()
        self._subsets: dict[str, str] = {}
        self._subset = ""
        self._frames: dict[int, Found] = {}

    def read(self, data: bytes) -> None:
        """Everything in it."""
        out, path = self._out, self._file.path
        before = out.count("named")
        frames_there: bool | None = None
        skipped = 0
        for element in xml.stream(data, path, _RECORDS, _SHAPES, out.problems):
            if element.tag == "meta":
                self._meta(element)
            elif element.tag == "image":
                self._image(element)
            else:
                if frames_there is None:
                    frames_there = self._has_frames()
                if frames_there:
                    self._track(element)
                else:
                    skipped += 1
        if skipped:
            out.evidence.append(f"{path}: {skipped:,} tracks of a video whose frames are not there; not read.")
            if out.count("named") == before:
                out.outcomes[path] = refused("CVAT for video, whose frames (frame_000000.png, ...) are not there")

    def _meta(self, meta: Element) -> None:
        for label in meta.iter("label"):
            name = text_of(label.find("name"))
            if name is None or label.find("parent") is not None:
                continue
            self._known.add(name)
            self._out.declare_once(name, self._file.path)
        for task in meta.iter("task"):
            subset = text_of(task.find("subset")) or ""
            self._subsets[text_of(task.find("id")) or ""] = subset
            self._subset = subset if len(self._subsets) == 1 else ""

    # -- images and tracks

    def _image(self, element: Element) -> None:
        out = self._out
        place = self._place(element)
        name = element.get("name", "").strip()
        shapes = [shape for shape in element if shape.tag in _SHAPES]
        subset = element.get("subset") or self._subsets.get(element.get("task_id", ""), self._subset)
        found = self._find(name, subset)
        if found.path is None:
            out.unnamed(found, place, f"{len(shapes):,} shapes" if shapes else "", "the image's name")
            return
        if found.fault:
            out.problem("path", place, found.fault, "a path in the dataset", found.path)
        out.once(found, name, place)
        width, height = (self._size(element, side, place, found) for side in ("width", "height"))
        out.image(found, place, (width, height))
        self._split(found, subset)
        for shape in element:
            if shape.tag in _SHAPES:
                self._shape(shape, found)
            elif shape.tag != "attribute" and isinstance(shape.tag, str):
                reason = f"<{shortened(shape.tag)}> is not a known shape"
                out.problem("syntax", place, reason, ", ".join(_SHAPES), found.path)
        for text in (element.text, *(shape.tail for shape in element)):
            if text and (stray := text.strip()):
                reason = f"text between the shapes: {quoted(stray)}"
                out.problem("syntax", place, reason, ", ".join(_SHAPES), found.path)

    def _find(self, name: str, subset: str) -> Found:
        near = [posixpath.join("images", subset), subset, "images", ""] if subset else ["images", ""]
        folders = [posixpath.join(self._file.folder, one).rstrip("/") for one in near if "\0" not in one]
        return self._out.find(name, folders)

    def _size(self, element: Element, side: str, place: Place, found: Found) -> float | None:
        text = element.get(side)
        value = number((text or "").strip())
        if text is not None and value is None:
            reason = f"the {side} is {quoted(text)}, not a number"
            self._out.problem("syntax", place, reason, f"the image's {side} in pixels", found.path)
        return value

    def _split(self, found: Found, subset: str) -> None:
        if subset.lower() not in _UNNAMED:
            self._out.split(found, canonical(subset) or subset)
        elif split := canonical(self._file.stem):
            self._out.split(found, split)

    def _has_frames(self) -> bool:
        """Whether any frame of a video lies in or under the file's folder."""
        below = f"{self._file.folder}/" if self._file.folder else ""
        frames = self._out.tree.files.filter(
            pl.col("candidate") & pl.col("path").str.starts_with(below) & pl.col("stem").str.contains(r"^frame_\d+$")
        )
        return not frames.is_empty()

    def _frame(self, frame: int) -> Found:
        known = self._frames.get(frame)
        if known is None:
            folders = [posixpath.join(self._file.folder, "images").lstrip("/"), self._file.folder]
            known = self._out.names.by_stem(f"frame_{frame:06d}", folders)
            self._frames[frame] = known
        return known

    def _track(self, track: Element) -> None:
        label = track.get("label", "").strip() or None
        for shape in track:
            if shape.tag not in _SHAPES:
                continue
            place = self._place(shape)
            text = shape.get("frame", "")
            if not re.fullmatch(r"[0-9]{1,9}", text):
                self._out.problem("syntax", place, f"the frame is {quoted(text)}", "the number of a frame")
                continue
            found = self._frame(int(text))
            if found.path is None:
                continue
            if self._out.is_new(found, place):
                self._out.image(found, place)
                self._split(found, self._subset)
            if shape.get("outside") != "1":
                self._shape(shape, found, label, track.get("id"))

    # -- shapes

    def _place(self, element: Element) -> Place:
        return Place(self._file.path, int(element.get("line")))

    def _shape(self, shape: Element, found: Found, label: str | None = None, id: str | None = None) -> None:
        """A shape; `label` and `id` are those of its track."""
        place = self._place(shape)
        name = shape.get("label", "").strip() or label
        fault = self._add(shape, Record(found, name, None, place), id)
        around = shape.getparent()
        if fault is not None and shape.getnext() is None and around is not None and around.get("cut"):
            return  # what the end of the file broke off has its problem
        if fault is not None:
            self._out.problem("syntax", place, *fault, path=found.path)
            return
        if name is None:
            reason = f"the {shape.tag} has no label"
        elif self._known and name not in self._known:
            reason = f"the label {quoted(name)} is not declared in <meta>"
        else:
            self._out.classes.add(name)
            return
        self._out.problem("unknown-category", place, reason, "one of the labels in <meta>", found.path)

    def _add(self, shape: Element, record: Record, id: str | None) -> tuple[str, str] | None:
        """The shape as a row; or why it cannot be one, and what was expected."""
        out, kind = self._out, shape.tag
        if kind == "tag":
            out.label(record)
        elif kind in ("box", "ellipse"):
            return self._box(shape, record, id)
        elif kind == "mask":
            box, fault = _numbers(shape, ("left", "top", "width", "height"))
            if fault:
                return fault
            if (reason := _broken_runs(shape.get("rle", ""), box[2] * box[3])) is not None:
                out.problem("mask", record.place, reason, "runs that fill the mask", record.found.path)
            out.box(record, box, "xywh-pixels", id=id)
        elif kind == "cuboid":
            faces = [_numbers(shape, face) for face in _FACES]
            for _, fault in faces:
                if fault:
                    return fault
            for part, (points, _) in enumerate(faces):
                out.polygon(record, points, part=part)
        elif kind == "skeleton":
            return self._skeleton(shape, record)
        else:
            return self._points(shape, record)
        return None

    def _box(self, shape: Element, record: Record, id: str | None) -> tuple[str, str] | None:
        is_ellipse = shape.tag == "ellipse"
        numbers, fault = _numbers(shape, ("cx", "cy", "rx", "ry") if is_ellipse else _CORNERS)
        turned, bad = _rotation(shape)
        if fault or bad:
            return fault or bad
        if is_ellipse:
            cx, cy, rx, ry = numbers
            self._out.box(record, [cx, cy, 2 * rx, 2 * ry], "cxcywh-pixels", angle=turned, id=id)
        else:
            self._out.box(record, numbers, "xyxy-pixels", angle=turned, id=id)
        return None

    def _points(self, shape: Element, record: Record) -> tuple[str, str] | None:
        pairs, kind, said = _points(shape.get("points")), shape.tag, shape.get("points")
        if pairs is None:
            reason = f"the {kind} has no points" if not said else f"the points {quoted(said)} are not pairs of numbers"
            return reason, "x,y;x,y;..."
        if kind == "points":
            seen = [value for x, y in zip(pairs[::2], pairs[1::2], strict=True) for value in (x, y, 2.0)]
            self._out.keypoints(record, seen)
        else:
            self._out.polygon(record, pairs, closed=kind == "polygon")
        return None

    def _skeleton(self, shape: Element, record: Record) -> tuple[str, str] | None:
        joints: list[float] = []
        for joint in shape.iter("points"):
            points = _points(joint.get("points"))
            if points is None or len(points) != 2:
                return f"a point of the skeleton is {quoted(joint.get('points') or '')}", "x,y"
            seen = 0.0 if joint.get("outside") == "1" else 1.0 if joint.get("occluded") == "1" else 2.0
            joints += [*points, seen]
        if not joints:
            return "the skeleton has no points", "<points> in it"
        self._out.keypoints(record, joints)
        return None


def _numbers(shape: Element, names: Sequence[str]) -> tuple[list[float], tuple[str, str] | None]:
    """The numbers in some attributes; and what is wrong with them, if they are none."""
    values: list[float] = []
    for name in names:
        text = shape.get(name)
        value = number((text or "").strip())
        if value is None:
            said = f"has no `{name}`" if text is None else f"has {quoted(text)} as `{name}`, not a number"
            return [0.0] * len(names), (f"the {shape.tag} {said}", f"{len(names)} numbers: {', '.join(names)}")
        values.append(value)
    return values, None


def _rotation(shape: Element) -> tuple[float | None, tuple[str, str] | None]:
    text = shape.get("rotation")
    if text is None:
        return None, None
    value = number(text.strip())
    return value, None if value is not None else (f"the rotation is {quoted(text)}, not a number", "degrees")


def _points(text: str | None) -> list[float] | None:
    """x, y, x, y, ... of `x,y;x,y`; None if it is something else."""
    if not text or "_" in text:
        return None
    try:
        points = list(map(float, text.replace(";", ",").split(",")))
    except ValueError:
        return None
    return points if len(points) % 2 == 0 else None


def _broken_runs(text: str, area: float) -> str | None:
    """What is wrong with the run lengths of a mask of so many pixels."""
    try:
        runs = [int(run) for run in text.split(",")] if len(text) < xml.LARGEST and "_" not in text else [-1]
    except ValueError:
        runs = [-1]
    if min(runs) < 0:
        return "the run lengths of the mask are not whole numbers"
    return None if sum(runs) == area else f"the runs of the mask are {sum(runs):,} pixels long, and it has {area:,.0f}"


FORMATS = (Cvat,)
