"""CrowdHuman: one JSON object a line, an image each, with the boxes of the persons in it in pixels.

Of the three boxes of a person the visible one is taken: full boxes are guessed where a person is hidden, and may leave
the image. Reference: https://www.crowdhuman.org/download.html
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any

from datalint.amounts import counted
from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers.json.document import a_number, as_text, kind_of
from datalint.dataset.containers.json.records import Item, line_items
from datalint.dataset.containers.records import Place
from datalint.dataset.files import splits
from datalint.dataset.formats.label_format import BOXES, IMAGES, Fault, Format, LabelFile, Labels, above_splits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datalint.dataset.files.image_names import Found

_OWN = re.compile(rb'[^\r\n]*"gtboxes"\s*:')
#: The boxes of a person, the one that is taken first.
_BOXES = ("vbox", "fbox", "hbox")
_EXPECTED = 'an object with "ID" and "gtboxes"'
_PERSON = 'an object with "tag" and "vbox"'


class CrowdHuman(Format):
    """Files that differ in the split only are one dataset."""

    name, title, extensions = "crowdhuman", "CrowdHuman", ("odgt",)
    name_expected = "the name of an image without its extension"

    counts = (IMAGES, BOXES)

    def recognise(self, head: bytes) -> bool:
        """A first line with the boxes of an image."""
        text = as_text(head)
        return text[:1] == b"{" and bool(_OWN.match(text))

    def dataset_of(self, file: LabelFile) -> str:
        """The folder above those of splits."""
        return above_splits(file.folder)

    def search(self, folder: str, root: str) -> Iterator[str]:
        """`Images`, and the like of each split."""
        for below in ("Images", "images", "", "CrowdHuman_train/Images", "CrowdHuman_val/Images"):
            yield posixpath.join(folder, below).rstrip("/")

    def read(self, file: LabelFile, data: bytes, out: Labels) -> None:
        """A line an image."""
        items, problems = line_items(data, file.path)
        out.problems += problems
        named = splits.read(file.stem)
        for item in items:
            _image(item, Place(file.path, item.line), named.split if named else None, out)


def _image(item: Item, place: Place, split: str | None, out: Labels) -> None:
    name, listed = item.value.get("ID"), item.value.get("gtboxes")
    found = out.listed(name) if isinstance(name, str) and name.strip() else None
    if found is None or found.path is None:
        lost = f", with {counted(len(listed), 'box', 'boxes')}" if isinstance(listed, list) and listed else ""
        reason = (found.fault if found else None) or "no image is named"
        out.problem("syntax", place, f"{reason}{lost}", "the name of an image in `ID`")
        return
    if out.is_new(found, place):
        out.image(found, place)
    else:
        out.once(found, str(name), place)
    if split is not None:
        out.split(found, split)
    if not isinstance(listed, list):
        reason = f"{kind_of(listed)} in place of boxes" if "gtboxes" in item.value else "the image has no `gtboxes`"
        out.problem("syntax", place, reason, _EXPECTED, found.path)
        return
    for number, person in enumerate(listed):
        if (fault := _person(person, found, place, out)) is not None:
            out.problem("syntax", place, f"box {number + 1:,}: {fault.reason}", fault.expected, found.path)


def _person(person: Any, found: Found, place: Place, out: Labels) -> Fault | None:
    """The person as a row, or why it cannot be one."""
    if not isinstance(person, dict):
        return Fault("", f"{kind_of(person)} in place of a person", _PERSON)
    tag = person.get("tag")
    if not isinstance(tag, str) or not tag.strip():
        return Fault("", "there is no tag", "person or mask")
    boxes: list[list[float]] = []
    for key in _BOXES:
        if key in person:
            listed = person[key] if isinstance(person[key], list) else []
            numbers = [number for one in listed if (number := a_number(one)) is not None]
            if len(numbers) != 4 or len(listed) != 4:
                return Fault("", f"`{key}` is not a list of 4 numbers", "left, top, width and height")
            boxes.append(numbers)
    if not boxes:
        return Fault("", "there is no box", _PERSON)
    extra = person.get("extra")
    is_ignored = tag == "mask" or (isinstance(extra, dict) and extra.get("ignore") == 1)
    out.classes.add(tag.strip())
    out.box(Record(found, tag.strip(), None, place), boxes[0], "xywh-pixels", crowd=is_ignored)
    return None


FORMATS = (CrowdHuman,)
