"""The XML of LabelMe's older web tool."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers import xml
from datalint.dataset.containers.records import Place, quoted
from datalint.dataset.containers.xml import Element, number, text_of
from datalint.dataset.formats.labelme import images

if TYPE_CHECKING:
    from datalint.dataset.files.image_names import Found
    from datalint.dataset.formats.label_format import LabelFile, Labels

_OWN = re.compile(rb"<(?:pt|imagesize|segm|sourceAnnotation|submittedBy)[\s/>]")
_VOC = re.compile(rb"<bndbox[\s/>]")
#: Folders of masks beside `Annotations`: labels, and no images.
_MASKS = ("masks", "scribbles")


class Web(images.LabelMe):
    """One image a file."""

    title, extensions = "LabelMe's web XML", ("xml",)
    largest = xml.LARGEST

    def recognise(self, head: bytes) -> bool:
        """An <annotation> that is not Pascal VOC's."""
        text = xml.as_text(head)
        return xml.root_name(text) == "annotation" and bool(_OWN.search(text)) and not _VOC.search(text)

    def read(self, file: LabelFile, data: bytes, out: Labels) -> None:
        """One image."""
        document = xml.parse(data, file.path)
        out.problems += document.problems
        root = document.root
        if root is None:
            return
        name = root.find("filename")
        place = Place(file.path, root.sourceline if name is None else name.sourceline)
        found = out.image_of(file, text_of(name), place)
        if found is None:
            out.problem("syntax", place, "no image is named", "<filename>")
            return
        size = [number(text_of(root.find(f"imagesize/{side}"))) for side in ("ncols", "nrows")]
        out.image(found, place, (size[0], size[1]))
        images.split(file, found, out)
        objects = list(root.iter("object"))
        for element in objects:
            if text_of(element.find("deleted")) == "1":
                continue
            fault = _object(element, found, file.path, out)
            if fault is not None and not (document.cut and element is objects[-1]):
                out.problem("syntax", Place(file.path, element.sourceline), *fault, path=found.path)

    def finish(self, out: Labels) -> None:
        """Pictures in `Masks` and `Scribbles` beside `Annotations` belong to objects."""
        super().finish(out)
        homes = {home for folder in {file.folder for file in out.images} for home in _mask_folders(folder)}
        files = self.tree.files.filter(pl.col("candidate") & pl.col("folder").is_in(sorted(homes)))
        out.masks.update(files["file_row"].to_list())


def _mask_folders(folder: str) -> list[str]:
    parts = folder.split("/")
    return [
        "/".join([*parts[:place], other, *parts[place + 1 :]])
        for place, part in enumerate(parts)
        if part.lower() == "annotations"
        for other in (word for mask in _MASKS for word in (mask, mask.capitalize()))
    ]


def _object(element: Element, found: Found, file: str, out: Labels) -> tuple[str, str] | None:
    """The object as a row; or why it cannot be one, and what was expected."""
    name = text_of(element.find("name"))
    if name is None:
        return "the object has no name", "<name> with the class"
    record = Record(found, name, None, Place(file, element.sourceline))
    box = element.find("segm/box")
    if box is not None:
        raw = [number(text_of(box.find(corner))) for corner in ("xmin", "ymin", "xmax", "ymax")]
        corners = [value for value in raw if value is not None]
        if len(corners) != 4:
            return "the box is not four numbers", "<xmin>, <ymin>, <xmax>, <ymax>"
        out.box(record, corners, "xyxy-pixels")
        out.classes.add(name)
        return None
    polygon = element.find("polygon")
    if polygon is None:
        return f"the object {quoted(name)} has no outline", "<polygon> or <segm>"
    pairs = [number(text_of(point.find(axis))) for point in polygon.iter("pt") for axis in ("x", "y")]
    points = [value for value in pairs if value is not None]
    if not points or len(points) != len(pairs):
        return "the outline's points are not pairs of numbers", "<pt><x>1</x><y>2</y></pt>"
    out.classes.add(name)
    across, down = points[::2], points[1::2]
    upright = len(points) == 8 and len(set(across)) == 2 == len(set(down))
    if text_of(element.find("type")) == "bounding_box" and upright:
        out.box(record, [min(across), min(down), max(across), max(down)], "xyxy-pixels")
    else:
        out.polygon(record, points)
    return None
