"""XML: an element is known by its line and its name, and dropped with the line or lines that it fills."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.parsers import expat

from datalint.repair.edits import Edit, FixError
from datalint.repair.label_file import LabelFile, Spot

if TYPE_CHECKING:
    from collections.abc import Hashable

#: Names of elements that are an object in an image: of Pascal VOC and its kin, CVAT, dlib.
_OBJECTS = frozenset(
    {"object", "box", "polygon", "polyline", "points", "ellipse", "cuboid", "mask", "skeleton", "tag", "HRSC_Object"}
)
_IMAGES = frozenset({"image"})
_TAG = re.compile(rb"""<[^>"']*(?:"[^"]*"[^>"']*|'[^']*'[^>"']*)*>""")


class _Element(NamedTuple):
    name: str
    start: int
    stop: int


class XmlFile(LabelFile):
    """Elements that are objects or images."""

    def span(self, spot: Spot) -> tuple[int, int]:
        """The outermost element of the kind that begins in the line."""
        kinds = _IMAGES if spot.image else _OBJECTS
        begun = [one for one in self._elements.get(spot.line, ()) if one.name in kinds]
        outer = [one for one in begun if not any(two.start < one.start and one.stop <= two.stop for two in begun)]
        if len(outer) != 1:
            raise FixError(
                "no record that is known begins in the line" if not outer else "several records begin in the line"
            )
        return outer[0].start, outer[0].stop

    def dropping(self, spot: Spot) -> list[Hashable]:
        """The element; where nothing else is in its lines, the lines."""
        start, stop = self.span(spot)
        before = self.data.rfind(b"\n", 0, start) + 1
        after = self.data.find(b"\n", stop) + 1
        if after and not self.data[before:start].strip() and not self.data[stop:after].strip():
            return [Edit(before, after)]
        return [Edit(start, stop)]

    def drop(self, target: Hashable) -> None:
        """Take it out."""
        assert isinstance(target, Edit)
        self.replace(target)

    @cached_property
    def _elements(self) -> dict[int | None, list[_Element]]:
        """Those of a line."""
        parser = expat.ParserCreate()
        open_ones: list[tuple[str, int, int]] = []
        found: dict[int | None, list[_Element]] = defaultdict(list)

        def begin(name: str, _attributes: Any) -> None:
            open_ones.append((name, parser.CurrentLineNumber, parser.CurrentByteIndex))

        def finish(name: str) -> None:
            _, line, start = open_ones.pop()
            if name in _OBJECTS or name in _IMAGES:
                tag = _TAG.match(self.data, start)
                if tag is not None and not tag[0].endswith(b"/>"):
                    tag = _TAG.match(self.data, parser.CurrentByteIndex)
                if tag is None:
                    raise FixError("the end of a tag is not found")
                found[line].append(_Element(name, start, tag.end()))

        def refuse(*_: Any) -> None:
            raise FixError("a DOCTYPE, which can define entities, is not read")

        parser.StartElementHandler, parser.EndElementHandler = begin, finish
        parser.StartDoctypeDeclHandler = refuse
        try:
            parser.Parse(self.data, True)
        except expat.ExpatError as error:
            raise FixError(f"it is not valid XML: {error}") from None
        return found
