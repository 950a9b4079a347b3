"""FAIR1M: one XML file an image from above, `labelXml/1.xml` of `images/1.tif`, with quadrilaterals in pixels.

Reference: https://arxiv.org/abs/2103.05569
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from datalint.amounts import counted
from datalint.dataset.containers import xml
from datalint.dataset.containers.records import quoted
from datalint.dataset.containers.xml import Element, number, text_of
from datalint.dataset.formats.label_format import (
    BOXES,
    IMAGES,
    LINES,
    Fault,
    LabelFile,
    Labels,
    above_splits,
)
from datalint.dataset.formats.xml_image import XmlImage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datalint.dataset.assembly.collector import Record

_OWN = re.compile(rb"<(?:possibleresult|objects)[\s/>]")
_EXPECTED = "<points> of four corners, <point>x,y</point> each"


class Fair1m(XmlImage):
    """The files of a folder are one dataset, with those of other splits."""

    name, title = "fair1m", "FAIR1M"
    counts = (IMAGES, BOXES, LINES)
    objects, sides = "object", ("size/width", "size/height")

    def recognise(self, head: bytes) -> bool:
        """<annotation> with its own kind of objects."""
        text = xml.as_text(head)
        return xml.root_name(text) == "annotation" and _OWN.search(text) is not None

    def dataset_of(self, file: LabelFile) -> str:
        """The folder above the files' own, of parts and of splits."""
        parts = posixpath.dirname(file.folder).split("/")
        while parts and re.fullmatch(r"part\d+", parts[-1]):
            parts.pop()
        return above_splits("/".join(parts))

    def search(self, folder: str, root: str) -> Iterator[str]:
        """`images` beside the folder, and beside the file."""
        above = posixpath.dirname(folder)
        yield posixpath.join(above, "images")
        yield folder
        yield above

    def image_name(self, root: Element) -> str | None:
        """In <source>."""
        return text_of(root.find("source/filename"))

    def put(self, element: Element, record: Record, out: Labels) -> Fault | None:
        """Four corners, or an outline of others."""
        name = text_of(element.find("possibleresult/name"))
        if name is None:
            return Fault("", "the object has no class", "<possibleresult> with <name>")
        points: list[float] = []
        for point in element.iterfind("points/point"):
            said = text_of(point) or ""
            pair = [number(word.strip()) for word in said.split(",")]
            if len(pair) != 2 or pair[0] is None or pair[1] is None:
                return Fault("", f"{quoted(said)} is not a point", _EXPECTED)
            points += [pair[0], pair[1]]
        if len(points) > 2 and points[:2] == points[-2:]:
            del points[-2:]
        if len(points) < 6:
            return Fault("", f"the object has {counted(len(points) // 2, 'corner')}", _EXPECTED)
        record = record._replace(name=name)
        out.classes.add(name)
        if len(points) == 8:
            out.box(record, points, "quad-pixels")
        else:
            out.polygon(record, points)
        return None


FORMATS = (Fair1m,)
