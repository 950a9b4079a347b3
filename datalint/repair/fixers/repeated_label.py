"""Records that repeat the label of an image are dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.repair.changes import DropRecord, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datalint.finding import Finding
    from datalint.repair.changes import Change, Member, Policy
    from datalint.repair.facts import Facts


class RepeatedLabel:
    """Of `repeated-label`: where the record is the same as the first one, byte for byte."""

    code, name, safe = "DL407", "repeated-label", True
    says = "records that repeat a label are dropped"

    def __call__(
        self, finding: Finding, members: Sequence[Member], facts: Facts, policy: Policy
    ) -> Iterator[Change | Refusal]:
        """Drop each; the first one stays."""
        for member in members:
            labels = facts.labels.get((member.file or "", member.line, member.pointer), [])
            if member.file is None or len(set(labels)) != 1:
                yield Refusal(member.place, f"{len(labels) or 'no'} labels stand in the record")
            else:
                first = facts.first_labels[member.file, *labels[0]]
                yield DropRecord(member.file, member.line, member.pointer, twin=first)
