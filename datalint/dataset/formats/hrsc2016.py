"""HRSC2016: one XML file an image of ships, `Annotations/1.xml` of `AllImages/1.bmp`, with turned boxes.

Classes are the numbers that the dataset gives them. Reference: https://doi.org/10.5220/0006120603240331
"""

from __future__ import annotations

import math
import posixpath
from typing import TYPE_CHECKING

from datalint.dataset.containers import xml
from datalint.dataset.containers.records import quoted
from datalint.dataset.containers.xml import Element, number, text_of
from datalint.dataset.formats.label_format import Fault, LabelFile, Labels, above_splits
from datalint.dataset.formats.xml_image import XmlImage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datalint.dataset.assembly.collector import Record

_TURNED = ("mbox_cx", "mbox_cy", "mbox_w", "mbox_h", "mbox_ang")
_UPRIGHT = ("box_xmin", "box_ymin", "box_xmax", "box_ymax")


class Hrsc(XmlImage):
    """The files of a folder are one dataset, with those of other splits."""

    name, title = "hrsc2016", "HRSC2016"
    objects, sides = "HRSC_Object", ("Img_SizeWidth", "Img_SizeHeight")

    def recognise(self, head: bytes) -> bool:
        """<HRSC_Image>, or its objects in another element."""
        text = xml.as_text(head)
        return xml.root_name(text) == "HRSC_Image" or b"<HRSC_Objects" in text

    def dataset_of(self, file: LabelFile) -> str:
        """The folder above `Annotations` and those of splits."""
        folder = file.folder
        return above_splits(posixpath.dirname(folder) if posixpath.basename(folder) == "Annotations" else folder)

    def search(self, folder: str, root: str) -> Iterator[str]:
        """`AllImages` and the like, and beside the file."""
        above = posixpath.dirname(folder)
        for name in ("AllImages", "images", "JPEGImages", "Train", "Test"):
            yield posixpath.join(above, name)
        yield folder

    def image_name(self, root: Element) -> str | None:
        """With its ending, which stands apart."""
        name, ending = (text_of(root.find(tag)) for tag in ("Img_FileName", "Img_FileFmt"))
        return f"{name}.{ending}" if name and ending else name

    def put(self, element: Element, record: Record, out: Labels) -> Fault | None:
        """A turned box, or an upright one."""
        said = text_of(element.find("Class_ID"))
        if said is None:
            return Fault("", "the object has no class", "<Class_ID> with a number")
        number_of = int(said) if said.isascii() and said.isdigit() and len(said) < 19 else None
        record = record._replace(name=said, number=number_of)
        crowd = text_of(element.find("difficult")) == "1"
        turned = element.find("mbox_cx") is not None
        raw = _numbers(element, _TURNED if turned else _UPRIGHT)
        if isinstance(raw, Fault):
            return raw
        out.classes.add(said)
        if turned:
            out.box(record, raw[:4], "cxcywh-pixels", angle=math.degrees(raw[4]), crowd=crowd)
        else:
            out.box(record, raw, "xyxy-pixels", crowd=crowd)
        return None


def _numbers(element: Element, tags: Sequence[str]) -> list[float] | Fault:
    numbers: list[float] = []
    for tag in tags:
        said = text_of(element.find(tag))
        value = number(said)
        if value is None:
            reason = f"the object has no <{tag}>" if said is None else f"<{tag}> is {quoted(said)}, not a number"
            return Fault("", reason, f"{len(tags)} numbers: {', '.join(tags)}")
        numbers.append(value)
    return numbers


FORMATS = (Hrsc,)
