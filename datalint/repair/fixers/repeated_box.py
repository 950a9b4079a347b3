"""Boxes that repeat an earlier one are dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.repair.fixers._records import dropped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datalint.finding import Finding
    from datalint.repair.changes import Change, Member, Policy, Refusal
    from datalint.repair.facts import Facts


class RepeatedBox:
    """Of `repeated-box`."""

    code, name, safe = "DL804", "repeated-box", True
    says = "boxes that repeat an earlier one are dropped"

    def __call__(
        self, finding: Finding, members: Sequence[Member], facts: Facts, policy: Policy
    ) -> Iterator[Change | Refusal]:
        """Drop each; the first one stays."""
        return dropped(members, facts)
