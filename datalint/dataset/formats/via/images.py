"""Images and regions as VIA has them in all its files, and the rows that they become."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any, NamedTuple

from datalint.amounts import counted
from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers.json.document import kind_of
from datalint.dataset.containers.records import Place, quoted, shortened
from datalint.dataset.formats import label_format
from datalint.dataset.formats.label_format import Counted, Fault, LabelFile, Labels, first_split
from datalint.dataset.formats.split_files import SplitFiles, split_of
from datalint.dataset.formats.via import shapes
from datalint.dataset.formats.via.attributes import Attribute, choose, classes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.dataset.files.image_names import Found


class Region(NamedTuple):
    """A shape in an image."""

    place: Place
    value: Any
    """An object with shape_attributes and region_attributes, or what stands in its place."""

    def get(self, key: str) -> Any:
        """One of the two; null where it is not there."""
        return self.value.get(key) if isinstance(self.value, dict) else None


class Image(NamedTuple):
    """An image with its regions."""

    place: Place
    at: Place
    """Of its name."""
    name: Any
    attributes: Any
    regions: list[Region]


class Via(SplitFiles):
    """What both kinds of files share."""

    name, title = "via", "VIA"
    counts = (
        label_format.IMAGES,
        label_format.BOXES,
        label_format.LINES,
        label_format.POINTS,
        Counted("labels", "label", "labels"),
    )


def add(images: Sequence[Image], declared: Any, file: LabelFile, out: Labels) -> None:
    """Put the images of a file into rows; `declared` are the attributes of its project."""
    declared = declared if isinstance(declared, dict) else {}
    regions = [region for image in images for region in image.regions]
    kind = choose([region.get("region_attributes") for region in regions], declared.get("region"))
    label = choose([image.attributes for image in images], declared.get("file"), of_images=True)
    for attribute, what in ((kind, "class of a region"), (label, "label of an image")):
        if attribute is not None:
            out.remark(f"The {what} is its attribute `{shortened(attribute.name)}`.")
            for option in attribute.options:
                out.declare_once(option, file.path)
    if regions and kind is None:
        out.remark("The regions have no class: none of their attributes names one.")
    split = first_split(file.folder.split("/")[::-1]) or split_of(file)
    folders = _folders(file.folder)
    for image in images:
        lost = counted(len(image.regions), "region") if image.regions else ""
        found = out.image_named(image.name, folders, image.place, image.at, lost)
        if found is None:
            continue
        if split is not None:
            out.split(found, split)
        for name in _names(image.attributes, label) if label else ():
            out.label(_record(found, name, label, image.place, out))
        for region in image.regions:
            if (fault := _region(region, kind, found, out)) is not None:
                out.lost(fault, region.place, found.path)


def _folders(folder: str) -> list[str]:
    """Where the images may be: beside the file, or in `images` there or beside its folder."""
    above = posixpath.dirname(folder)
    return list(dict.fromkeys([folder, posixpath.join(folder, "images"), posixpath.join(above, "images"), above]))


def _region(region: Region, kind: Attribute | None, found: Found, out: Labels) -> Fault | None:
    """The region as rows, one for each of its classes; or why it cannot be used."""
    if not isinstance(region.value, dict):
        return Fault("", f"{kind_of(region.value)} in place of a region", "shape_attributes and region_attributes")
    shape = region.get("shape_attributes")
    numbers = shapes.numbers(shape)
    if isinstance(numbers, Fault):
        return numbers
    names = _names(region.get("region_attributes"), kind)
    if kind is not None and not names:
        at = "/region_attributes" if "region_attributes" in region.value else ""
        return Fault(at, f"the region has no `{shortened(kind.name)}`", "the name of a class")
    for name in names or (None,):
        shapes.put(shape["name"], numbers, _record(found, name, kind, region.place, out), out)
    return None


def _names(attributes: Any, attribute: Attribute | None) -> list[str]:
    return classes(attributes.get(attribute.name)) if attribute and isinstance(attributes, dict) else []


def _record(found: Found, name: str | None, attribute: Attribute | None, place: Place, out: Labels) -> Record:
    if name is not None:
        out.classes.add(name)
        if attribute is not None and attribute.options and name not in attribute.options:
            reason = f"{quoted(name)} is not an option of `{shortened(attribute.name)}`"
            out.problem("unknown-category", place, reason, "an option that the project declares", found.path)
    return Record(found, name, None, place)
