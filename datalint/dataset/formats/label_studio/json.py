"""Label Studio's JSON: a list of tasks with all their annotations, or JSON-MIN, a list of annotations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from datalint.dataset.containers.json.document import Document, Part, as_text, kind_of
from datalint.dataset.containers.records import Place, Problem
from datalint.dataset.formats.label_studio import columns
from datalint.dataset.formats.label_studio.regions import Region
from datalint.dataset.formats.label_studio.tasks import LabelStudio, Task

if TYPE_CHECKING:
    from datalint.dataset.formats.label_format import LabelFile, Labels

_BEGINS = re.compile(rb"\[\s*\{")
#: What stands in results, in annotations without any, and in JSON-MIN.
_OWN = (
    (re.compile(rb'"from_name"\s*:'), re.compile(rb'"to_name"\s*:')),
    (re.compile(rb'"was_cancelled"\s*:'), re.compile(rb'"completed_by"\s*:')),
    (re.compile(rb'"annotation_id"\s*:'), re.compile(rb'"lead_time"\s*:')),
)
_LISTS = ("annotations", "completions")
_TASK = 'a task with "data" and "annotations"'
_ANNOTATION = 'an annotation with "result"'
_RESULT = 'a result with "type" and "value"'


class Json(LabelStudio):
    """The tasks of a file."""

    extensions = ("json",)

    def recognise(self, head: bytes) -> bool:
        """A list with the keys of tasks."""
        text = as_text(head)
        return bool(_BEGINS.match(text)) and any(all(key.search(text) for key in keys) for keys in _OWN)

    def read(self, file: LabelFile, data: bytes, out: Labels) -> None:
        """All tasks."""
        document = Document(data, file.path)
        tasks: list[Task] = []
        flat: list[tuple[Place, dict[str, Any]]] = []
        for part in document.items(document.root(), "", _TASK):
            place = Place(file.path, part.line, None, part.pointer)
            if part.broken:
                continue
            if not isinstance(part.value, dict):
                _tell(document, place, f"{kind_of(part.value)} in place of a task", _TASK)
            elif any(key in part.value for key in _LISTS):
                if (task := self._task(document, part, place, out)) is not None:
                    tasks.append(task)
            else:
                document.check_keys(part, tuple(part.value), _TASK)
                flat.append((place, part.value))
        document.check_end()
        out.problems += document.problems
        self.add([*tasks, *columns.tasks(flat)], file, out)

    def _task(self, document: Document, part: Part, place: Place, out: Labels) -> Task | None:
        """A task with the annotation that counts; None where there is none, or none that can be read."""
        known = document.members(part.at, part.pointer, _TASK)
        key = next(key for key in _LISTS if key in part.value)
        data = part.value.get("data")
        if not isinstance(data, dict):
            _tell(document, place, "the task has no `data`", _TASK)
            return None
        if not isinstance(part.value[key], list):
            at = place._replace(line=document.line(known[key]), pointer=f"{part.pointer}/{key}")
            _tell(document, at, f"{kind_of(part.value[key])} in place of annotations", "a list")
            return None
        made = [one for one in document.items(known[key], f"{part.pointer}/{key}", _ANNOTATION) if not one.broken]
        for one in made:
            if not isinstance(one.value, dict):
                at = Place(document.file, one.line, None, one.pointer)
                _tell(document, at, f"{kind_of(one.value)} in place of an annotation", _ANNOTATION)
        sound = [one for one in made if isinstance(one.value, dict) and not one.value.get("was_cancelled")]
        if not sound:
            self.leave(out, "task without an annotation")
            return None
        if len(sound) > 1:
            self.leave(out, "further annotation of an image, where the first one counts", len(sound) - 1)
        counts = next((one for one in sound if one.value.get("ground_truth") is True), sound[0])
        if "file_upload" in part.value and "file_upload" not in data:
            data = {**data, "file_upload": part.value["file_upload"]}
        return Task(place, data, "/data", None, _regions(document, counts))


def _regions(document: Document, annotation: Part) -> list[Region]:
    inner = document.members(annotation.at, annotation.pointer, _ANNOTATION)
    listed = annotation.value.get("result")
    if not isinstance(listed, list):
        place = Place(document.file, annotation.line, None, annotation.pointer)
        reason = f"{kind_of(listed)} in place of results" if "result" in inner else "the annotation has no `result`"
        _tell(document, place, reason, "a list, empty if nothing is in the image")
        return []
    found: list[Region] = []
    for one in document.items(inner["result"], f"{annotation.pointer}/result", _RESULT):
        if one.broken:
            continue
        document.check_keys(one, ("type", "value", "x", "y", "width", "height", "points"), _RESULT)
        place = Place(document.file, one.line, None, one.pointer)
        if not isinstance(one.value, dict):
            _tell(document, place, f"{kind_of(one.value)} in place of a result", _RESULT)
            continue
        kind, name = one.value.get("type"), one.value.get("id")
        step = "/value" if "value" in one.value else ""
        found.append(
            Region(
                place,
                one.value.get("value"),
                kind if isinstance(kind, str) else "",
                name if isinstance(name, str) else None,
                columns.size_of(one.value),
                step,
            )
        )
    return found


def _tell(document: Document, place: Place, reason: str, expected: str) -> None:
    document.problems.append(Problem("syntax", place, reason, expected))
