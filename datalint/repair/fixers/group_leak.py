"""Recordings and other sources in several splits are taken out of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.repair.fixers._leaks import taken_out

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datalint.finding import Finding
    from datalint.repair.changes import Change, Member, Policy, Refusal
    from datalint.repair.facts import Facts


class GroupLeak:
    """Of `group-leak`. Not safe: it takes pictures away; `datalint split` deals them anew and keeps all."""

    code, name, safe = "DL703", "group-leak", False
    says = "pictures of a source in several splits are taken out of one (datalint split deals anew and keeps all)"

    def __call__(
        self, finding: Finding, members: Sequence[Member], facts: Facts, policy: Policy
    ) -> Iterator[Change | Refusal]:
        """Remove the pictures in the split that the policy names; a finding about many sources has them as members."""
        paths = {finding.path, *finding.related, *(member.path for member in members)}
        place = finding.subject or finding.path or "dataset"
        return taken_out(place, sorted(path for path in paths if path), facts, policy)
