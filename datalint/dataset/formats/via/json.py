"""VIA's JSON: an object of images, alone as annotations are exported, or with the settings of a project around it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from datalint.dataset.containers.json.document import SNIFF, Document, Part, as_text, escaped, kind_of
from datalint.dataset.containers.json.places import BrokenJSONError, end, parse
from datalint.dataset.containers.problems import Problems
from datalint.dataset.containers.records import Place, Problem
from datalint.dataset.formats.via.images import Image, Region, Via, add

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datalint.dataset.formats.label_format import LabelFile, Labels

_PROJECT = re.compile(rb'\{\s*"_via_\w+"\s*:')
_KEYS = rb"(?:filename|fileref|size|regions|file_attributes|base64_img_data)"
_ENTRY = re.compile(rb'\{\s*"(?:[^"\\]|\\.)*"\s*:\s*\{\s*"%s"\s*:' % _KEYS)
_OWN = re.compile(rb'"(?:shape_attributes|region_attributes|file_attributes|base64_img_data)"\s*:')
_IMAGES = "/_via_img_metadata"
_IMAGE = 'an object with "filename" and "regions"'
_REGION = 'an object with "shape_attributes" and "region_attributes"'


class Json(Via):
    """The images of a file, and the attributes that its project declares."""

    extensions = ("json",)

    def recognise(self, head: bytes) -> bool:
        """A project, or an object that begins with an image."""
        text = as_text(head)
        return bool(_PROJECT.match(text) or (_ENTRY.match(text) and _OWN.search(text)))

    def read(self, file: LabelFile, data: bytes, out: Labels) -> bool:
        """All images."""
        document = Document(data, file.path)
        at: int | None = document.root()
        pointer, declared = "", None
        if _PROJECT.match(as_text(data[:SNIFF])):
            known = document.members(document.root(), "", "a project of VIA")
            at, pointer = document.find(_IMAGES), _IMAGES
            declared = document.value(known.get("_via_attributes"))
            if at is not None and _IMAGES[1:] not in known:  # the images do not end, which is told of the last one
                document.problems = Problems(one for one in document.problems if one.pointer != "")
        images = [] if at is None else list(_images(document, at, pointer))
        document.check_end()
        out.problems += document.problems
        add(images, declared, file, out)
        return at is not None or bool(document.problems)


def _images(document: Document, at: int, pointer: str) -> Iterator[Image]:
    for key, start in document.members(at, pointer, "an object of images").items():
        place = Place(document.file, document.line(start), None, f"{pointer}/{escaped(key)}")
        if document.data[start : start + 1] != b"{":
            _tell(document, place, f"{kind_of(document.value(start))} in place of an image", _IMAGE)
            continue
        known = document.members(start, place.pointer or "", _IMAGE)
        name, attributes = (document.value(known.get(key)) for key in ("filename", "file_attributes"))
        if "regions" not in known:
            _tell(document, place, "the image has no `regions`", "a list, empty if nothing is in it")
        regions = list(_regions(document, known["regions"], f"{place.pointer}/regions")) if "regions" in known else []
        at_name = place._replace(pointer=f"{place.pointer}/filename") if "filename" in known else place
        yield Image(place, at_name, name, attributes, regions)


def _regions(document: Document, at: int, pointer: str) -> Iterator[Region]:
    """The regions of an image: a list, or an object in version 1."""
    opened = document.data[at : at + 1]
    if opened not in (b"[", b"{"):
        place = Place(document.file, document.line(at), None, pointer)
        _tell(document, place, f"{kind_of(document.value(at))} in place of the regions", "a list")
        return
    for part in document.items(at, pointer, _REGION) if opened == b"[" else _members(document, at, pointer):
        if not part.broken:
            document.check_keys(part, ("shape_attributes", "region_attributes"), _REGION)
            yield Region(Place(document.file, part.line, None, part.pointer), part.value)


def _members(document: Document, at: int, pointer: str) -> Iterator[Part]:
    for key, start in document.members(at, pointer, _REGION).items():
        where, stop = f"{pointer}/{escaped(key)}", end(document.data, start)
        value: Any = None
        try:
            value = parse(document.data, start, stop)
        except BrokenJSONError as error:
            document.fault(error, where, _REGION)
            continue
        yield Part(where, start, stop, document.line(start), value)


def _tell(document: Document, place: Place, reason: str, expected: str) -> None:
    document.problems.append(Problem("syntax", place, reason, expected))
