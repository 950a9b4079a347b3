"""CVAT's own XML 1.1: one file of a task or project, for images or for a video.

Boxes, polygons, polylines, points, masks, ellipses, cuboids, skeletons and tags. Of a video the tracks are read if its
frames are there as images.
Reference: https://docs.cvat.ai/docs/manual/advanced/xml_format/
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from datalint.dataset.assembly.collector import Collector, Record
from datalint.dataset.containers import xml as xml_file
from datalint.dataset.containers.records import Kind, Outcome, Place, refused, unreadable
from datalint.dataset.containers.xml import Element, number, text_of
from datalint.dataset.files.image_names import Found, ImageNames
from datalint.dataset.files.splits import canonical

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.config.settings import Config
    from datalint.dataset.assembly.annotations import Annotations
    from datalint.dataset.files.tree import Tree

NAME = "cvat"

_OWN = re.compile(rb"<(?:meta|image|track)[\s/>]")
_RECORDS = ("image", "track", "meta")
_SHAPES = ("box", "polygon", "polyline", "points", "mask", "ellipse", "cuboid", "skeleton", "tag")
_CORNERS = ("xtl", "ytl", "xbr", "ybr")
_FACES = tuple(tuple(f"{axis}{corner}{face}" for corner in ("tl", "tr", "br", "bl") for axis in "xy") for face in "12")
#: What a subset is called that nobody named.
_UNNAMED = frozenset({"", "default"})


class _File(NamedTuple):
    path: str
    row: int
    folder: str
    stem: str


class _Place(NamedTuple):
    """What a shape belongs to."""

    found: Found
    file: str
    label: str | None
    """The label of its track or skeleton."""
    id: str | None


def read(tree: Tree, config: Config) -> list[Annotations]:
    """Every dataset of this format under the root: the files of one folder together."""
    rows = tree.usable("xml").select("path", "file_row", "folder", "stem")
    folders: dict[str, list[tuple[_File, bytes | Outcome]]] = {}
    for row in rows.iter_rows():
        file = _File(*row)
        try:
            start = tree.head(file.row)
            text = xml_file.as_text(start)
            if xml_file.root_name(text) != "annotations" or not _OWN.search(text):
                continue
            content: bytes | Outcome = tree.data(file.row)
        except OSError as error:
            if file.folder in folders:
                folders[file.folder].append((file, unreadable(error)))
            continue
        folders.setdefault(file.folder, []).append((file, content))
    names = tree.names if folders else None
    return [_Reader(tree, names, files).read() for _, files in sorted(folders.items()) if names is not None]


class _Reader:
    """The files of one folder."""

    def __init__(self, tree: Tree, names: ImageNames, files: Sequence[tuple[_File, bytes | Outcome]]) -> None:
        self._tree = tree
        self._names = names
        self._files = files
        first = files[0][0]
        self._source = first.path if len(files) == 1 else first.folder
        self._out = Collector(NAME, self._source)
        self._declared: set[str] = set()
        self._used: set[str] = set()
        self._subsets: dict[str, str] = {}
        self._subset = ""
        self._first_line: dict[tuple[str, str], int] = {}

    def read(self) -> Annotations:
        """Everything in them."""
        for file, content in self._files:
            if isinstance(content, Outcome):
                self._out.outcomes[file.path] = content
            else:
                self._file(file, content)
        self._summarise()
        return self._out.annotations()

    def _file(self, file: _File, content: bytes) -> None:
        out = self._out
        before = {table: out.count(table) for table in ("named", "boxes", "polygons", "keypoints", "labels")}
        self._known: set[str] = set()
        self._subsets, self._subset = {}, ""
        self._frames: dict[int, Found] = {}
        frames_there: bool | None = None
        skipped = 0
        for element in xml_file.stream(content, file.path, _RECORDS, _SHAPES, out.problems):
            if element.tag == "meta":
                self._meta(element, file)
            elif element.tag == "image":
                self._image(element, file)
            else:
                if frames_there is None:
                    frames_there = self._has_frames(file)
                if frames_there:
                    self._track(element, file)
                else:
                    skipped += 1
        counted = {table: out.count(table) - count for table, count in before.items()}
        if skipped:
            outcome = refused("CVAT for video, whose frames (frame_000000.png, ...) are not there")
            out.evidence.append(f"{file.path}: {skipped:,} tracks of a video whose frames are not there; not read.")
            if not counted["named"]:
                out.outcomes[file.path] = outcome
                return
        out.outcomes[file.path] = Outcome(Kind.READ, "read as CVAT", f"{_words(counted)}")

    def _meta(self, meta: Element, file: _File) -> None:
        for label in meta.iter("label"):
            name = text_of(label.find("name"))
            if name is None or label.find("parent") is not None:
                continue
            self._known.add(name)
            if name not in self._declared:
                self._declared.add(name)
                self._out.declare(name, None, file.path)
        for task in meta.iter("task"):
            subset = text_of(task.find("subset")) or ""
            self._subsets[text_of(task.find("id")) or ""] = subset
            self._subset = subset if len(self._subsets) == 1 else ""

    # -- images and tracks

    def _image(self, element: Element, file: _File) -> None:
        line = int(element.get("line"))
        name = element.get("name", "").strip()
        shapes = [shape for shape in element if shape.tag in _SHAPES]
        subset = element.get("subset") or self._subsets.get(element.get("task_id", ""), self._subset)
        found = self._find(file, name, subset)
        if found.path is None:
            more = f", with {len(shapes):,} shapes" if shapes else ""
            reason = f"{found.fault or 'no image is named'}{more}"
            self._out.problem("syntax", Place(file.path, line), reason, "the image's name")
            return
        if found.fault:
            self._out.problem("path", Place(file.path, line), found.fault, "a path in the dataset", found.path)
        first = self._first_line.setdefault((file.path, found.path), line)
        if first != line:
            reason = f"the image {name[:200]!r} stands here again, after line {first}"
            self._out.problem("repeated-id", Place(file.path, line), reason, "each image once", found.path)
        width, height = (self._size(element, side, line, file, found) for side in ("width", "height"))
        self._out.image(found, Place(file.path, line), (width, height))
        self._split(found, subset, file)
        for shape in element:
            if shape.tag in _SHAPES:
                self._shape(shape, _Place(found, file.path, None, None))
            elif shape.tag != "attribute" and isinstance(shape.tag, str):
                reason = f"<{shape.tag[:80]}> is no shape that is known"
                self._out.problem("syntax", Place(file.path, line), reason, ", ".join(_SHAPES), found.path)
        for text in (element.text, *(shape.tail for shape in element)):
            if text and (stray := text.strip()):
                reason = f"text between the shapes: {stray[:80]!r}"
                self._out.problem("syntax", Place(file.path, line), reason, ", ".join(_SHAPES), found.path)

    def _find(self, file: _File, name: str, subset: str) -> Found:
        near = [posixpath.join("images", subset), subset, "images", ""] if subset else ["images", ""]
        folders = [posixpath.join(file.folder, one).rstrip("/") for one in near if "\0" not in one]
        found = self._names.find(name, folders)
        if found.row is not None and self._names.path(found.row) == file.path:
            return Found(None, None, "it names the label file itself")
        return found

    def _size(self, element: Element, side: str, line: int, file: _File, found: Found) -> float | None:
        text = element.get(side)
        value = number((text or "").strip())
        if text is not None and value is None:
            reason = f"the {side} is {text[:80]!r}, no number"
            self._out.problem("syntax", Place(file.path, line), reason, f"the image's {side} in pixels", found.path)
        return value

    def _split(self, found: Found, subset: str, file: _File) -> None:
        if subset.lower() not in _UNNAMED:
            self._out.split(found, canonical(subset) or subset)
        elif split := canonical(file.stem):
            self._out.split(found, split)

    def _has_frames(self, file: _File) -> bool:
        """Whether any frame of a video lies in or under the file's folder."""
        below = f"{file.folder}/" if file.folder else ""
        frames = self._tree.files.filter(
            pl.col("candidate") & pl.col("path").str.starts_with(below) & pl.col("stem").str.contains(r"^frame_\d+$")
        )
        return not frames.is_empty()

    def _frame(self, file: _File, frame: int) -> Found:
        known = self._frames.get(frame)
        if known is None:
            folders = [posixpath.join(file.folder, "images").lstrip("/"), file.folder]
            known = self._names.by_stem(f"frame_{frame:06d}", folders)
            self._frames[frame] = known
        return known

    def _track(self, track: Element, file: _File) -> None:
        label = track.get("label", "").strip() or None
        for shape in track:
            if shape.tag not in _SHAPES:
                continue
            line = int(shape.get("line"))
            text = shape.get("frame", "")
            if not re.fullmatch(r"[0-9]{1,9}", text):
                self._out.problem(
                    "syntax", Place(file.path, line), f"the frame is {text[:80]!r}", "the number of a frame"
                )
                continue
            found = self._frame(file, int(text))
            if found.path is None:
                continue
            if (file.path, found.path) not in self._first_line:
                self._first_line[file.path, found.path] = line
                self._out.image(found, Place(file.path, line))
                self._split(found, self._subset, file)
            if shape.get("outside") != "1":
                self._shape(shape, _Place(found, file.path, label, track.get("id")))

    # -- shapes

    def _shape(self, shape: Element, place: _Place) -> None:
        line = int(shape.get("line"))
        kind = shape.tag
        name = shape.get("label", "").strip() or place.label
        record = Record(place.found, name, None, Place(place.file, line))
        fault = self._add(shape, kind, record, place)
        around = shape.getparent()
        if fault is not None and shape.getnext() is None and around is not None and around.get("cut"):
            return  # what the end of the file broke off has its problem
        if fault is not None:
            self._out.problem("syntax", Place(place.file, line), *fault, path=place.found.path)
            return
        if name is None:
            reason, expected = f"the {kind} has no label", "one of the labels in <meta>"
        elif self._known and name not in self._known:
            reason, expected = f"the label {name[:80]!r} is not declared in <meta>", "one of the labels in <meta>"
        else:
            self._used.add(name)
            return
        self._out.problem("unknown-category", Place(place.file, line), reason, expected, place.found.path)

    def _add(
        self,
        shape: Element,
        kind: str,
        record: Record,
        place: _Place,
    ) -> tuple[str, str] | None:
        """The shape as a row; or why it cannot be one, and what was expected."""
        out = self._out
        if kind == "tag":
            out.label(record)
        elif kind == "box":
            corners, fault = _numbers(shape, _CORNERS)
            turned, bad = _rotation(shape)
            if fault or bad:
                return fault or bad
            out.box(record, corners, "xyxy-pixels", angle=turned, id=place.id)
        elif kind == "ellipse":
            (cx, cy, rx, ry), fault = _numbers(shape, ("cx", "cy", "rx", "ry"))
            turned, bad = _rotation(shape)
            if fault or bad:
                return fault or bad
            out.box(record, [cx, cy, 2 * rx, 2 * ry], "cxcywh-pixels", angle=turned, id=place.id)
        elif kind == "mask":
            box, fault = _numbers(shape, ("left", "top", "width", "height"))
            if fault:
                return fault
            if (reason := _broken_runs(shape.get("rle", ""), box[2] * box[3])) is not None:
                out.problem("mask", record.place, reason, "runs that fill the mask", place.found.path)
            out.box(record, box, "xywh-pixels", id=place.id)
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
            pairs = _points(shape.get("points"))
            if pairs is None:
                said = shape.get("points")
                reason = (
                    f"the {kind} has no points" if not said else f"the points {said[:80]!r} are no pairs of numbers"
                )
                return reason, "x,y;x,y;..."
            if kind == "points":
                seen = [value for x, y in zip(pairs[::2], pairs[1::2], strict=True) for value in (x, y, 2.0)]
                out.keypoints(record, seen)
            else:
                out.polygon(record, pairs, closed=kind == "polygon")
        return None

    def _skeleton(self, shape: Element, record: Record) -> tuple[str, str] | None:
        joints: list[float] = []
        for joint in shape.iter("points"):
            points = _points(joint.get("points"))
            if points is None or len(points) != 2:
                return f"a point of the skeleton is {(joint.get('points') or '')[:80]!r}", "x,y"
            seen = 0.0 if joint.get("outside") == "1" else 1.0 if joint.get("occluded") == "1" else 2.0
            joints += [*points, seen]
        if not joints:
            return "the skeleton has no points", "<points> in it"
        self._out.keypoints(record, joints)
        return None

    def _summarise(self) -> None:
        counted = {table: self._out.count(table) for table in ("named", "boxes", "polygons", "keypoints", "labels")}
        classes = len(self._declared | self._used)
        self._out.evidence.insert(
            0, f"CVAT: {self._source or 'the root'}, {_words(counted)}, {_counted(classes, 'class', 'classes')}."
        )


def _numbers(shape: Element, names: Sequence[str]) -> tuple[list[float], tuple[str, str] | None]:
    """The numbers in some attributes; and what is wrong with them, if they are none."""
    values: list[float] = []
    for name in names:
        text = shape.get(name)
        value = number((text or "").strip())
        if value is None:
            said = f"has no `{name}`" if text is None else f"has {text[:80]!r} as `{name}`, no number"
            return [0.0] * len(names), (f"the {shape.tag} {said}", f"{len(names)} numbers: {', '.join(names)}")
        values.append(value)
    return values, None


def _rotation(shape: Element) -> tuple[float | None, tuple[str, str] | None]:
    text = shape.get("rotation")
    if text is None:
        return None, None
    value = number(text.strip())
    return value, None if value is not None else (f"the rotation is {text[:80]!r}, no number", "degrees")


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
        runs = [int(run) for run in text.split(",")] if len(text) < xml_file.LARGEST and "_" not in text else [-1]
    except ValueError:
        runs = [-1]
    if min(runs) < 0:
        return "the run lengths of the mask are no whole numbers"
    return None if sum(runs) == area else f"the runs of the mask are {sum(runs):,} pixels long, and it has {area:,.0f}"


def _words(counted: dict[str, int]) -> str:
    words = [_counted(counted["named"], "image", "images"), _counted(counted["boxes"], "box", "boxes")]
    for table, one, several in (
        ("polygons", "polygon or line", "polygons and lines"),
        ("keypoints", "set of points", "sets of points"),
        ("labels", "tag", "tags"),
    ):
        if counted[table]:
            words.append(_counted(counted[table], one, several))
    return ", ".join(words)


def _counted(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"


__all__ = ["NAME", "read"]
