"""SageMaker Ground Truth: a manifest with one JSON object a line, an image each, with its boxes or classes.

Reference: https://docs.aws.amazon.com/sagemaker/latest/dg/sms-data-output.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from datalint.amounts import counted
from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers.json.document import as_text, kind_of
from datalint.dataset.containers.json.records import line_items
from datalint.dataset.containers.records import Place, shortened
from datalint.dataset.formats import exports, json_fields, split_files
from datalint.dataset.formats.label_format import BOXES, IMAGES, Counted, Fault, LabelFile, Labels
from datalint.dataset.formats.one_image import sized

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datalint.dataset.files.image_names import Found

_OWN = re.compile(rb'\{[^\r\n]*"source-ref"\s*:')
_SIDES = ("left", "top", "width", "height")
_METADATA = "-metadata"


class SageMaker(exports.Export):
    """Files that differ in the split only are one dataset."""

    name, title, extensions = "sagemaker", "SageMaker Ground Truth", ("manifest", "jsonl", "ndjson", "json")
    counts = (IMAGES, BOXES, Counted("labels", "label", "labels"))

    def recognise(self, head: bytes) -> bool:
        """A first line with the place of an image."""
        return bool(_OWN.match(as_text(head)))

    def read(self, file: LabelFile, data: bytes, out: Labels) -> None:
        """A line an image."""
        items, problems = line_items(data, file.path)
        out.problems += problems
        for item in items:
            self._image(item.value, file, Place(file.path, item.line), out)

    def _image(self, record: dict[str, Any], file: LabelFile, place: Place, out: Labels) -> None:
        source = record.get("source-ref")
        answers = list(_answers(record))
        objects = sum(len(answer.get("annotations") or ()) for _, answer, _ in answers if _is_drawn(answer))
        lost = counted(objects, "box", "boxes") if objects else ""
        size = next((_size(answer) for _, answer, _ in answers if _is_drawn(answer)), (None, None))
        name = exports.path_in(source) if isinstance(source, str) else source
        found = out.image_named(name, split_files.folders_near(file.folder), place, place, lost, size)
        if found is None:
            return
        if (split := split_files.split_of(file)) is not None:
            out.split(found, split)
        for key, answer, metadata in answers:
            said = str(metadata.get("type"))
            if "failure-reason" in metadata:
                self.leave(out, "image whose labelling failed")
            elif _is_drawn(answer):
                _boxes(key, answer, metadata, found, place, out)
            elif "classification" in said or "class-name" in metadata:
                _classes(key, answer, metadata, found, place, out)
            else:
                self.leave(out, f"answer of the kind {shortened(said)}")


def _answers(record: dict[str, Any]) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Each attribute that has metadata, what it says, and the metadata."""
    for key, metadata in record.items():
        if key.endswith(_METADATA) and isinstance(metadata, dict):
            name = key.removesuffix(_METADATA)
            yield name, record.get(name), metadata


def _is_drawn(answer: Any) -> bool:
    return isinstance(answer, dict) and isinstance(answer.get("annotations"), list)


def _size(answer: dict[str, Any]) -> tuple[float | None, float | None]:
    sizes = answer.get("image_size")
    return sized(sizes[0]) if isinstance(sizes, list) and sizes else (None, None)


def _boxes(key: str, answer: Any, metadata: dict[str, Any], found: Found, place: Place, out: Labels) -> None:
    for number, one in enumerate(answer["annotations"]):
        fault = _box(one, metadata, found, place, out)
        if fault is not None:
            out.lost(fault._replace(step=f"/{key}/annotations/{number}{fault.step}"), place, found.path)


def _box(one: Any, metadata: dict[str, Any], found: Found, place: Place, out: Labels) -> Fault | None:
    """The box as a row, or why it cannot be one."""
    sides = json_fields.numbers(one, _SIDES, "")
    if isinstance(sides, Fault):
        return sides
    name = _class(one.get("class_id"), metadata, found, place, out)
    if isinstance(name, Fault):
        return name._replace(step=f"/class_id{name.step}" if "class_id" in one else "")
    out.box(Record(found, *name, place), sides, "xywh-pixels")
    return None


def _classes(key: str, answer: Any, metadata: dict[str, Any], found: Found, place: Place, out: Labels) -> None:
    """The class of the image, or its classes where a list gives several."""
    named = metadata.get("class-name")
    if isinstance(named, str) and named.strip() and not isinstance(answer, list):
        out.label(Record(found, named.strip(), None, place))
        out.classes.add(named.strip())
        return
    for number, one in enumerate(answer if isinstance(answer, list) else [answer]):
        name = _class(one, metadata, found, place, out)
        if isinstance(name, Fault):
            out.lost(
                name._replace(step=f"/{key}/{number}" if isinstance(answer, list) else f"/{key}"), place, found.path
            )
        else:
            out.label(Record(found, *name, place))


def _class(
    number: Any, metadata: dict[str, Any], found: Found, place: Place, out: Labels
) -> tuple[str, int | None] | Fault:
    """Name and number of the class that the metadata gives a number; one that it does not name stands for itself."""
    if isinstance(number, bool) or not isinstance(number, int | str) or not str(number).strip():
        return Fault("", f"{kind_of(number)} in place of the number of a class", "a number in `class-map`")
    word = str(number).strip()
    known = metadata.get("class-map")
    name = known.get(word) if isinstance(known, dict) else None
    if not isinstance(name, str) or not name.strip():
        reason = f"`class-map` has no name for the class {shortened(word)}"
        out.problem("unknown-category", place, reason, "a number in `class-map`", found.path)
        name = word
    out.classes.add(name.strip())
    return name.strip(), int(word) if word.isdecimal() and len(word) < 10 else None


FORMATS = (SageMaker,)
