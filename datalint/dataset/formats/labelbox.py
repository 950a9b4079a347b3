"""Labelbox (export v2): one JSON object a data row, with boxes, polygons and points in pixels, and answers.

Reference: https://docs.labelbox.com/reference/export-image-annotations
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from datalint.amounts import counted
from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers.json.document import a_number, as_text, escaped, kind_of
from datalint.dataset.containers.json.records import Item, array_items, line_items
from datalint.dataset.containers.records import NotRecordsError, Place
from datalint.dataset.formats import exports, json_fields, split_files
from datalint.dataset.formats.label_format import BOXES, IMAGES, LINES, POINTS, Counted, Fault, LabelFile, Labels

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datalint.dataset.files.image_names import Found
    from datalint.dataset.files.tree import Tree

_OWN = re.compile(rb'\[?\s*\{\s*"data_row"\s*:\s*\{')
_SIDES = ("left", "top", "width", "height")
#: What an object is drawn as -> the fewest points.
_FEWEST = {"polygon": 3, "line": 2}
_UNREAD = ("mask", "composite_mask")
_OBJECT = 'an object with "name" and "bounding_box", "polygon", "line" or "point"'
_ANSWERED = 'an object with "name" and "radio_answer" or "checklist_answers"'


class Labelbox(exports.Export):
    """Files that differ in the split only are one dataset."""

    name, title, extensions = "labelbox", "Labelbox", ("ndjson", "jsonl", "json")
    counts = (IMAGES, BOXES, LINES, POINTS, Counted("labels", "label", "labels"))

    def __init__(self, tree: Tree) -> None:
        super().__init__(tree)
        self._asked: dict[str, str] = {}

    def recognise(self, head: bytes) -> bool:
        """It begins with a data row."""
        return bool(_OWN.match(as_text(head)))

    def read(self, file: LabelFile, data: bytes, out: Labels) -> None:
        """A data row a line, or an item of a list."""
        try:
            items, problems = array_items(data, file.path) if json_fields.is_list(data) else line_items(data, file.path)
        except NotRecordsError:
            items, problems = line_items(data, file.path)
        out.problems += problems
        for item in items:
            self._row(item, file, out)

    def _row(self, item: Item, file: LabelFile, out: Labels) -> None:
        place = Place(file.path, item.line, None, item.pointer)
        labels = list(self._labels(item.value, place, out))
        if not labels:
            return
        objects = sum(len(listed) for _, label in labels for listed in label.values() if isinstance(listed, list))
        about = item.value.get("media_attributes")
        size = about if isinstance(about, dict) else {}
        found = _image(item.value.get("data_row"), file, place, counted(objects, "object"), size, out)
        if found is None:
            return
        if (split := split_files.split_of(file)) is not None:
            out.split(found, split)
        for step, label in labels:
            for key, put in (("objects", self._object), ("classifications", self._answers)):
                listed = label.get(key, [])
                if not isinstance(listed, list):
                    out.lost(json_fields.other(listed, "a list", f"{step}/{key}"), place, found.path)
                    continue
                for number, one in enumerate(listed):
                    if (fault := put(one, found, _below(place, f"{step}/{key}/{number}"), out)) is not None:
                        way = f"{step}/{key}/{number}{fault.step}"
                        out.lost(fault._replace(step=way), place, found.path)

    def _labels(self, row: dict[str, Any], place: Place, out: Labels) -> Iterator[tuple[str, dict[str, Any]]]:
        """The annotations of each project, with the way to them; of several labels of one the first one counts."""
        projects = row.get("projects")
        if projects is not None and not isinstance(projects, dict):
            out.lost(Fault("/projects", f"{kind_of(projects)} in place of projects", "an object"), place)
        count = 0
        for key, project in projects.items() if isinstance(projects, dict) else ():
            labels = project.get("labels") if isinstance(project, dict) else None
            step = f"/projects/{escaped(key)}/labels"
            if not isinstance(labels, list):
                out.lost(Fault(step, "there is no list of labels", "a list, empty if there are none"), place)
                continue
            count += len(labels)
            if len(labels) > 1:
                self.leave(out, "further label of a data row, where the first one counts", len(labels) - 1)
            for label in labels[:1]:
                drawn = label.get("annotations") if isinstance(label, dict) else None
                if isinstance(drawn, dict):
                    if "frames" in drawn:
                        self.leave(out, "label of a video")
                    yield f"{step}/0/annotations", drawn
                else:
                    out.lost(Fault(f"{step}/0", "the label has no `annotations`", "an object"), place)
        if not count:
            self.leave(out, "data row without a label")

    def _object(self, drawn: Any, found: Found, place: Place, out: Labels) -> Fault | None:
        """The object as a row, or why it cannot be one."""
        if not isinstance(drawn, dict):
            return Fault("", f"{kind_of(drawn)} in place of an object", _OBJECT)
        name = json_fields.class_name(drawn, "name" if drawn.get("name") is not None else "value")
        if isinstance(name, Fault):
            return name
        record = Record(found, name, None, place)
        shape = next((key for key in ("bounding_box", "point", *_FEWEST) if drawn.get(key) is not None), None)
        if shape is None:
            if any(drawn.get(key) for key in _UNREAD):
                self.leave(out, "mask, which is a URL")
                return None
            return Fault("", "the object is not drawn", _OBJECT)
        if shape in _FEWEST:
            points = json_fields.points(drawn[shape], f"/{shape}", _FEWEST[shape])
            if isinstance(points, Fault):
                return points
            out.polygon(record, points, closed=shape == "polygon")
        else:
            numbers = json_fields.numbers(drawn[shape], _SIDES if shape == "bounding_box" else "xy", f"/{shape}", shape)
            if isinstance(numbers, Fault):
                return numbers
            if shape == "point":
                out.keypoints(record, [*numbers, 2.0])
            else:
                identity = drawn.get("feature_id")
                out.box(record, numbers, "xywh-pixels", id=identity if isinstance(identity, str) else None)
        out.classes.add(name)
        return None

    def _answers(self, asked: Any, found: Found, place: Place, out: Labels) -> Fault | None:
        """The answers to a question about the whole image as labels; the question that is met first gives the class."""
        if not isinstance(asked, dict):
            return Fault("", f"{kind_of(asked)} in place of a classification", _ANSWERED)
        question = json_fields.class_name(asked, "name" if asked.get("name") is not None else "value", "classification")
        if isinstance(question, Fault):
            return question
        answers = asked.get("checklist_answers", [asked["radio_answer"]] if "radio_answer" in asked else None)
        if answers is None and "text_answer" in asked:
            self.leave(out, "answer in words")
            return None
        if self._asked.setdefault(out.root, question) != question:
            self.leave(out, "answer to another question than the first")
            return None
        if not isinstance(answers, list):
            return Fault("", "the classification has no answer", _ANSWERED)
        names: list[str] = []
        for answer in answers:
            name = json_fields.class_name(answer if isinstance(answer, dict) else {}, "name", "answer")
            if isinstance(name, Fault):
                return Fault("", "an answer has no `name`", _ANSWERED)
            names.append(name)
        for name in names:
            out.label(Record(found, name, None, place))
            out.classes.add(name)
        return None


def _image(row: Any, file: LabelFile, place: Place, lost: str, size: dict[str, Any], out: Labels) -> Found | None:
    """The image of a data row: the first of its names that is there, else the first one."""
    names = _names(row) if isinstance(row, dict) else []
    folders = split_files.folders_near(file.folder)
    name = next((one for one in names if out.find(one, folders).row is not None), names[0] if names else None)
    sides = (a_number(size.get("width")), a_number(size.get("height")))
    return out.image_named(name, folders, place, _below(place, "/data_row"), lost, sides)


def _names(row: dict[str, Any]) -> Sequence[str]:
    """What a data row may call its image: a name of its own, or the end of its URL."""
    url = row.get("row_data")
    last = exports.path_in(url).rpartition("/")[2] if isinstance(url, str) else None
    return [one for one in (row.get("external_id"), row.get("global_key"), last) if isinstance(one, str) and one]


def _below(place: Place, step: str) -> Place:
    return place if place.pointer is None else place._replace(pointer=f"{place.pointer}{step}")


FORMATS = (Labelbox,)
