"""Boxes that reach outside their image are clipped to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.repair.changes import Refusal, SetNumbers
from datalint.repair.fixers._records import OfBoxes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.finding import Finding
    from datalint.repair.changes import Change, Member
    from datalint.repair.facts import Box, Facts

#: The hint of a box that is wrong for no other reason, alone and in a group.
_PLAIN = ("correct the box, or clip it to the image", "correct the boxes, or clip them to the image")


class BoxOutsideImage(OfBoxes):
    """Of `box-outside-image`. Not safe: a box that was drawn on another version of the image is also wrong inside."""

    code, name, safe = "DL801", "box-outside-image", False
    says = "boxes are clipped to their image"

    def change(self, finding: Finding, member: Member, box: Box, facts: Facts) -> Change | Refusal:
        """Move the edges that are outside to the image's."""
        if finding.hint not in _PLAIN:
            return Refusal(member.place, f"to clip it would be wrong: {finding.hint}")
        return _clipped(member, box, facts)


def _clipped(member: Member, box: Box, facts: Facts) -> Change | Refusal:
    kind, _, measure = box.unit.rpartition("-")
    size = (1.0, 1.0) if measure == "share" else facts.sizes.get(box.path)
    if box.angle is not None or kind == "quad":
        return Refusal(member.place, "a rotated box is not clipped")
    if size is None:
        return Refusal(member.place, "the size of its image is not known")
    left, top, right, bottom = _edges(kind, box.raw)
    across, down = (
        (min(max(edge, 0.0), size[0]) for edge in (left, right)),
        (min(max(edge, 0.0), size[1]) for edge in (top, bottom)),
    )
    (left, right), (top, bottom) = across, down
    if right <= left or bottom <= top:
        return Refusal(member.place, "nothing of it lies in the image")
    assert member.file is not None
    new = _numbers(kind, left, top, right, bottom)
    kept = [old if abs(old - one) < 1e-9 else one for old, one in zip(box.raw, new, strict=True)]
    return SetNumbers(member.file, member.line, member.pointer, box.raw, tuple(kept), _area(box, kind, kept))


def _area(box: Box, kind: str, kept: Sequence[float]) -> tuple[float, float] | None:
    """The area that the file declares, before and after; None where it is not the box's: a mask's, say."""
    before, after = (
        (right - left) * (bottom - top) for left, top, right, bottom in (_edges(kind, box.raw), _edges(kind, kept))
    )
    return (box.area, after) if box.area is not None and abs(box.area - before) < 0.01 * before else None


def _edges(kind: str, raw: Sequence[float]) -> tuple[float, float, float, float]:
    one, two, three, four = raw
    if kind == "xywh":
        return one, two, one + three, two + four
    if kind == "cxcywh":
        return one - three / 2, two - four / 2, one + three / 2, two + four / 2
    return one, two, three, four


def _numbers(kind: str, left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
    if kind == "xywh":
        return left, top, right - left, bottom - top
    if kind == "cxcywh":
        return (left + right) / 2, (top + bottom) / 2, right - left, bottom - top
    return left, top, right, bottom
