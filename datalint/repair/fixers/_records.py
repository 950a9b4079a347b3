"""What fixers of boxes share: which records are one box, and dropping these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.repair.changes import DropRecord, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from datalint.repair.changes import Change, Member
    from datalint.repair.facts import Box, Facts


def alone(member: Member, facts: Facts) -> Box | Refusal:
    """The one box that stands at a place; or that there are several, which cannot be told apart."""
    if member.file is None:
        return Refusal(member.place, "it stands in no label file")
    boxes = facts.boxes.get((member.file, member.line, member.pointer), [])
    if len(boxes) != 1:
        return Refusal(member.place, f"{len(boxes) or 'no'} boxes stand in the record")
    return boxes[0]


def dropped(members: Iterable[Member], facts: Facts) -> Iterator[Change | Refusal]:
    """Drop the boxes that are members of a finding."""
    for member in members:
        box = alone(member, facts)
        if isinstance(box, Refusal):
            yield box
        else:
            assert member.file is not None
            yield DropRecord(member.file, member.line, member.pointer)
