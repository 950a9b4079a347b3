"""Pictures with a near copy in another split are taken out of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.repair.fixers._leaks import taken_out

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datalint.finding import Finding
    from datalint.repair.changes import Change, Member, Policy, Refusal
    from datalint.repair.facts import Facts


class NearSplitLeak:
    """Of `near-split-leak`. Not safe: which split gives way is a decision, and near copies may be meant."""

    code, name, safe = "DL702", "near-split-leak", False
    says = "pictures with a near copy in another split are taken out of one"

    def __call__(
        self, finding: Finding, members: Sequence[Member], facts: Facts, policy: Policy
    ) -> Iterator[Change | Refusal]:
        """Remove the copies in the split that the policy names."""
        return taken_out(finding.path or "dataset", (finding.path, *finding.related), facts, policy)
