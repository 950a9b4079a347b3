"""What fixers of boxes share: which records are one box, and dropping these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.repair.changes import DropRecord, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datalint.finding import Finding
    from datalint.repair.changes import Change, Member, Policy
    from datalint.repair.facts import Box, Facts


def alone(member: Member, facts: Facts) -> Box | Refusal:
    """The one box that stands at a place; or that there are several, which cannot be told apart."""
    if member.file is None:
        return Refusal(member.place, "it stands in no label file")
    boxes = facts.boxes.get((member.file, member.line, member.pointer), [])
    if len(boxes) != 1:
        return Refusal(member.place, f"{len(boxes) or 'no'} boxes stand in the record")
    return boxes[0]


class Dropped:
    """Of rules whose findings' boxes are worth nothing."""

    safe = True

    def __call__(
        self, finding: Finding, members: Sequence[Member], facts: Facts, policy: Policy
    ) -> Iterator[Change | Refusal]:
        """Drop the boxes that are members of the finding."""
        for member in members:
            box = alone(member, facts)
            if isinstance(box, Refusal):
                yield box
            else:
                assert member.file is not None
                yield DropRecord(member.file, member.line, member.pointer)
