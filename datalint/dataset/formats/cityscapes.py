"""Cityscapes: one JSON file of polygons an image, `gtFine/train/a/a_gtFine_polygons.json` of `leftImg8bit/train/a/`.

Reference: https://github.com/mcordts/cityscapesScripts (README.md, "Dataset Structure")
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers.json.document import as_text
from datalint.dataset.formats import json_fields
from datalint.dataset.formats.label_format import BOXES, IMAGES, LINES, Fault, LabelFile, Labels, first_split
from datalint.dataset.formats.one_image import About, OneImage, sized

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datalint.dataset.containers.records import Place
    from datalint.dataset.files.image_names import Found

_OWN = re.compile(rb'\{\s*"img(?:Height|Width)"\s*:\s*\d+\s*,\s*"(?:img(?:Height|Width)|objects)"')
_LABELS = re.compile(r"gt(?:Fine|Coarse|Bbox\w*|Person\w*)")
_SUFFIX = re.compile(r"_gt(?:Fine|Coarse|Bbox)_\w+$")
#: What may stand in place of the folder of labels, and at the end of an image's name.
_IMAGES = "leftImg8bit"
#: Classes whose objects may be outlined together.
_COUNTED = frozenset(("person", "rider", "car", "truck", "bus", "caravan", "trailer", "train", "motorcycle", "bicycle"))


class Cityscapes(OneImage):
    """All files below the folder that holds those of splits are one dataset."""

    name, title = "cityscapes", "Cityscapes"
    counts = (IMAGES, BOXES, LINES)
    objects, keys = "objects", ("label", "polygon", "bbox")
    expected = 'an object with "label" and "polygon"'

    def recognise(self, head: bytes) -> bool:
        """The size of an image, called as only these files call it, before all else."""
        return bool(_OWN.match(as_text(head)))

    def dataset_of(self, file: LabelFile) -> str:
        """The folder above that of the splits, or above that of the labels."""
        parts = file.folder.split("/")
        known = (at for at, part in enumerate(parts) if _LABELS.fullmatch(part) or first_split([part]))
        return "/".join(parts[: next(known, len(parts))])

    def search(self, folder: str, root: str) -> Iterator[str]:
        """The folder of the same split and city among the images."""
        parts = folder.split("/")
        yield "/".join(_IMAGES if _LABELS.fullmatch(part) else part for part in parts)
        yield from super().search(folder, root)

    def about(self, value: dict[str, Any], file: LabelFile) -> About:
        """The size; the name is that of the file."""
        return About(None, "", *sized(value, "imgWidth", "imgHeight"))

    def image(self, file: LabelFile, about: About, place: Place, out: Labels) -> Found | None:
        """The image of the same city, sequence and frame."""
        stem = _SUFFIX.sub("", file.stem)
        folders = out.folders_of(file.folder)
        names = (f"{stem}_{_IMAGES}", stem)
        there = (name for name in names if out.names.by_stem(name, folders).row is not None)
        return out.image_of(file._replace(stem=next(there, names[0])), None, place)

    def put(self, value: dict[str, Any], found: Found, place: Place, out: Labels) -> Fault | None:
        """One object: its outline, or its box in files of persons."""
        name = json_fields.class_name(value, "label")
        if isinstance(name, Fault):
            return name
        if value.get("deleted") in (1, True):
            self.leave(out, "object marked as deleted")
            return None
        alone = name.removesuffix("group")
        grouped = alone != name and alone in _COUNTED
        record = Record(found, alone if grouped else name, None, place)
        if "bbox" in value and "polygon" not in value:
            key = "bboxVis" if "bboxVis" in value else "bbox"  # what is hidden is guessed, and may leave the image
            numbers = json_fields.listed_numbers(value[key], 4, f"/{key}", "left, top, width, height")
            if isinstance(numbers, Fault):
                return numbers
            out.box(record, numbers, "xywh-pixels", crowd=grouped or name == "ignore")
        else:
            points = json_fields.points(value.get("polygon"), "/polygon" if "polygon" in value else "")
            if isinstance(points, Fault):
                return points
            out.polygon(record, points)
        out.classes.add(record.name or "")
        return None


FORMATS = (Cityscapes,)
