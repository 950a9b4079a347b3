"""What fixers of boxes share: which records are one box, what is done about each, and dropping these."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from datalint.repair.changes import DropRecord, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datalint.finding import Finding
    from datalint.repair.changes import Change, Member, Policy
    from datalint.repair.facts import Box, Facts


def _alone(member: Member, facts: Facts) -> Box | Refusal:
    """The one box that stands at a place; or that there are several, which cannot be told apart."""
    if member.file is None:
        return Refusal(member.place, "it stands in no label file")
    boxes = facts.boxes.get((member.file, member.line, member.pointer), [])
    if len(boxes) != 1:
        return Refusal(member.place, f"{len(boxes) or 'no'} boxes stand in the record")
    return boxes[0]


class OfBoxes(ABC):
    """Changes the boxes that are members of a finding, one by one."""

    def __call__(
        self, finding: Finding, members: Sequence[Member], facts: Facts, policy: Policy
    ) -> Iterator[Change | Refusal]:
        """What is done about each box."""
        for member in members:
            box = _alone(member, facts)
            yield box if isinstance(box, Refusal) else self.change(finding, member, box, facts)

    @abstractmethod
    def change(self, finding: Finding, member: Member, box: Box, facts: Facts) -> Change | Refusal:
        """What is done about a box that stands alone in its record."""


class Dropped(OfBoxes):
    """Of rules whose findings' boxes are worth nothing."""

    safe = True

    def change(self, finding: Finding, member: Member, box: Box, facts: Facts) -> Change | Refusal:
        """Drop it."""
        assert member.file is not None
        return DropRecord(member.file, member.line, member.pointer)
