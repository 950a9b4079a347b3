"""The objects of one label file of Pascal VOC, and of programs that extended it: turned boxes, outlines."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers.records import Place, quoted
from datalint.dataset.containers.xml import Element, number, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.dataset.files.image_names import Found
    from datalint.dataset.formats.label_format import Labels

_CORNERS = ("xmin", "ymin", "xmax", "ymax")
_TURNED = ("cx", "cy", "w", "h", "angle")
_CORNER = re.compile(r"([xy])(\d{1,9})")


class Odd:
    """What many objects of a dataset have in common that is odd: said once, at the first of them."""

    def __init__(self) -> None:
        self.count = 0
        """Objects that have it ..."""
        self.total = 0
        """... of so many that could."""
        self.first: tuple[Place, str] | None = None
        """The first one's place and text."""

    def add(self, place: Place, text: str | None, odd: bool) -> None:
        """One more object that could have it, with the text that it has there."""
        self.total += 1
        self.count += odd
        if odd and self.first is None:
            self.first = place, quoted(text or "")


class Objects:
    """Puts the objects of one image into rows."""

    def __init__(self, out: Labels, file: str, found: Found, flags: Odd, names: Odd) -> None:
        """`flags` and `names` count each <difficult> and <name>."""
        self.parts = 0
        """Parts of objects met so far: heads, hands, ..."""
        self._out = out
        self._file = file
        self._found = found
        self._flags = flags
        self._names = names

    def add(self, element: Element, cut: bool) -> None:
        """An <object>; `cut` if the file breaks off in it, which is a problem already."""
        inner = {child.tag: child for child in element}
        name = text_of(inner.get("name"))
        if name is None:
            self._lost(element, cut, "the object has no name", "<name> with the class")
            return
        said = inner["name"].text
        self._names.add(Place(self._file, inner["name"].sourceline), said, said is not None and said != said.strip())
        self._out.classes.add(name)
        record = Record(self._found, name, None, Place(self._file, element.sourceline))
        shaped = "bndbox" in inner or "robndbox" in inner
        box = self._box(inner, record, cut) if shaped else None
        if "polygon" in inner:
            # Of an object that has a broken box, the box's problem is the one that counts.
            for part, outline in enumerate(element.findall("polygon") if box is not None or not shaped else []):
                self._outline(outline, part, record, box, cut)
        elif not shaped:
            expected = "<bndbox> with <xmin>, <ymin>, <xmax> and <ymax>"
            self._lost(element, cut, f"the object {quoted(name)} has no box", expected)
        self.parts += len(element.findall("part")) if "part" in inner else 0

    def _box(self, inner: dict[str, Element], record: Record, cut: bool) -> int | None:
        crowd: bool | None = None
        if (flag := inner.get("difficult")) is not None:
            said = text_of(flag)
            crowd = said == "1"
            self._flags.add(Place(self._file, flag.sourceline), said, said not in ("0", "1"))
        if "bndbox" in inner:
            raw = self._numbers(inner["bndbox"], _CORNERS, cut)
            return None if raw is None else self._out.box(record, raw, "xyxy-pixels", crowd=crowd)
        raw = self._numbers(inner["robndbox"], _TURNED, cut)
        if raw is None:
            return None
        # roLabelImg writes radians.
        return self._out.box(record, raw[:4], "cxcywh-pixels", angle=math.degrees(raw[4]), crowd=crowd)

    def _outline(self, outline: Element, part: int, record: Record, box: int | None, cut: bool) -> None:
        points = _points(outline)
        if points is None:
            self._lost(outline, cut, "the polygon's corners are not pairs of numbers", "<x1>, <y1>, <x2>, <y2>, ...")
        else:
            self._out.polygon(record, points, box=box, part=part)

    def _numbers(self, element: Element, tags: Sequence[str], cut: bool) -> list[float] | None:
        texts = {child.tag: child.text for child in element}
        numbers: list[float] = []
        for tag in tags:
            value = number((texts.get(tag) or "").strip())
            if value is not None:
                numbers.append(value)
                continue
            said = text_of(element.find(tag))
            reason = f"the box has no <{tag}>" if said is None else f"<{tag}> is {quoted(said)}, not a number"
            self._lost(element, cut, reason, f"{len(tags)} numbers: {', '.join(tags)}")
            return None
        return numbers

    def _lost(self, element: Element, cut: bool, reason: str, expected: str) -> None:
        if not cut:
            self._out.problem("syntax", Place(self._file, element.sourceline), reason, expected, self._found.path)


def _points(polygon: Element) -> list[float] | None:
    """Corners of an outline, written <x1><y1><x2><y2> or as points of <x> and <y>; None if they are none."""
    numbered: dict[int, dict[str, float | None]] = {}
    for child in polygon:
        if found := _CORNER.fullmatch(child.tag):
            numbered.setdefault(int(found[2]), {})[found[1]] = number(text_of(child))
    if numbered:
        pairs = [(corner.get("x"), corner.get("y")) for _, corner in sorted(numbered.items())]
    else:
        across, down = ([number(text_of(one)) for one in polygon.iter(tag)] for tag in ("x", "y"))
        if len(across) != len(down):
            return None
        pairs = list(zip(across, down, strict=True))
    points = [value for pair in pairs for value in pair]
    return [value for value in points if value is not None] if points and None not in points else None
