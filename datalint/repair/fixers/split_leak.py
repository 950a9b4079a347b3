"""Pictures in two splits are taken out of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.repair.fixers._leaks import taken_out

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datalint.finding import Finding
    from datalint.repair.changes import Change, Member, Policy, Refusal
    from datalint.repair.facts import Facts


class SplitLeak:
    """Of `split-leak`. Not safe: which split gives way is a decision."""

    code, name, safe = "DL701", "split-leak", False
    says = "pictures in two splits are taken out of one"

    def __call__(
        self, finding: Finding, members: Sequence[Member], facts: Facts, policy: Policy
    ) -> Iterator[Change | Refusal]:
        """Remove the copies in the split that the policy names; what both splits list leaves that split's list."""
        return taken_out(finding.path or "dataset", (finding.path, *finding.related), facts, policy)
