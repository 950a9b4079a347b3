"""FAIR1M: one XML file an image from above, `labelXml/1.xml` of `images/1.tif`, with quadrilaterals in pixels.

Reference: https://arxiv.org/abs/2103.05569
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers import xml
from datalint.dataset.containers.records import Place, counted, quoted, refused
from datalint.dataset.containers.xml import Element, number, text_of
from datalint.dataset.formats.label_format import (
    BOXES,
    IMAGES,
    LINES,
    Fault,
    Format,
    LabelFile,
    Labels,
    above_splits,
    first_split,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_OWN = re.compile(rb"<(?:possibleresult|objects)[\s/>]")
_EXPECTED = "<points> of four corners, <point>x,y</point> each"


class Fair1m(Format):
    """The files of a folder are one dataset, with those of other splits."""

    name, title, extensions = "fair1m", "FAIR1M", ("xml",)
    counts = (IMAGES, BOXES, LINES)
    one_image, largest = True, xml.LARGEST

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

    def read(self, file: LabelFile, data: bytes, out: Labels) -> None:
        """One image."""
        document = xml.parse(data, file.path)
        out.problems += document.problems
        root = document.root
        if root is None:
            out.outcomes[file.path] = refused("no usable XML")
            return
        place = Place(file.path, root.sourceline)
        found = out.image_of(file, text_of(root.find("source/filename")), place)
        if found is None:
            return
        width, height = (number(text_of(root.find(f"size/{side}"))) for side in ("width", "height"))
        out.image(found, place, (width, height))
        if (split := first_split(file.folder.split("/")[::-1])) is not None:
            out.split(found, split)
        objects = list(root.iter("object"))
        for one in objects:
            fault = _object(one, Record(found, None, None, Place(file.path, one.sourceline)), out)
            if fault is not None and not (document.cut and one is objects[-1]):
                out.lost(fault, Place(file.path, one.sourceline), found.path)


def _object(element: Element, record: Record, out: Labels) -> Fault | None:
    """An object as a row, or why it cannot be one."""
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
