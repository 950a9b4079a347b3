"""What fixers of leaks share: the pictures that leave the split that gives way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.repair.changes import Refusal, RemoveImage, Unlist

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from datalint.finding import Finding
    from datalint.repair.changes import Change, Member, Policy
    from datalint.repair.facts import Facts


class Leak:
    """Of rules whose findings name all pictures of a leak. Not safe: which split gives way is a decision."""

    safe = False

    def __call__(
        self, finding: Finding, members: Sequence[Member], facts: Facts, policy: Policy
    ) -> Iterator[Change | Refusal]:
        """Remove the copies in the split that the policy names; what both splits list leaves that split's list."""
        return taken_out(finding.path or "dataset", (finding.path, *finding.related), facts, policy)


def taken_out(place: str, paths: Iterable[str | None], facts: Facts, policy: Policy) -> Iterator[Change | Refusal]:
    """Take the pictures of a leak out of the split that the policy names; what both splits list leaves that list."""
    if policy.out_of is None:
        yield Refusal(place, "say which split gives way: --out-of train, or --out-of test")
        return
    copies = sorted({path for path in paths if path in facts.images})
    here = [path for path in copies if policy.out_of in facts.splits.get(path, ())]
    others = [path for path in copies if facts.splits.get(path, set()) - {policy.out_of}]
    if not here or not others:
        yield Refusal(place, f"no picture of it is in {policy.out_of}" if not here else "it is in no other split")
        return
    for path in here:
        yield Unlist(path, policy.out_of) if path in others else RemoveImage(path)
