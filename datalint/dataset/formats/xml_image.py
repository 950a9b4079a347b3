"""One XML file an image, with its objects: the steps that formats of such files share."""

from __future__ import annotations

from typing import ClassVar

from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers import xml
from datalint.dataset.containers.records import Place, refused
from datalint.dataset.containers.xml import Element, number, text_of
from datalint.dataset.formats.label_format import Fault, Format, LabelFile, Labels, first_split


class XmlImage(Format):
    """Files of one image each; the folders of splits say its split."""

    extensions = ("xml",)
    one_image, largest = True, xml.LARGEST
    objects: ClassVar[str]
    """The name of the elements that are objects."""
    sides: ClassVar[tuple[str, str]]
    """Where the width and the height of the image stand."""

    def image_name(self, root: Element) -> str | None:
        """What the file says that its image is called."""
        raise NotImplementedError

    def put(self, element: Element, record: Record, out: Labels) -> Fault | None:
        """An object as a row, or why it cannot be one."""
        raise NotImplementedError

    def read(self, file: LabelFile, data: bytes, out: Labels) -> None:
        """One image."""
        document = xml.parse(data, file.path)
        out.problems += document.problems
        root = document.root
        if root is None:
            out.outcomes[file.path] = refused("no usable XML")
            return
        place = Place(file.path, root.sourceline)
        found = out.image_of(file, self.image_name(root), place)
        if found is None:
            return
        width, height = (number(text_of(root.find(side))) for side in self.sides)
        out.image(found, place, (width, height))
        if (split := first_split(file.folder.split("/")[::-1])) is not None:
            out.split(found, split)
        objects = list(root.iter(self.objects))
        for one in objects:
            fault = self.put(one, Record(found, None, None, Place(file.path, one.sourceline)), out)
            if fault is not None and not (document.cut and one is objects[-1]):
                out.lost(fault, Place(file.path, one.sourceline), found.path)


__all__ = ["XmlImage"]
