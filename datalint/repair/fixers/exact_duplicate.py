"""Of equal pictures one is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.repair.changes import Refusal, RemoveImage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datalint.finding import Finding
    from datalint.repair.changes import Change, Member, Policy
    from datalint.repair.facts import Facts


class ExactDuplicate:
    """Of `exact-duplicate`. Not safe: which copy stays is a decision."""

    code, name, safe = "DL601", "exact-duplicate", False
    says = "of equal pictures one is kept, the others are removed with their labels"

    def __call__(
        self, finding: Finding, members: Sequence[Member], facts: Facts, policy: Policy
    ) -> Iterator[Change | Refusal]:
        """Remove all but the one that the policy keeps; a copy with labels is preferred to one without."""
        copies = sorted({path for path in (finding.path, *finding.related) if path in facts.images})
        if finding.data.get("how") == "a placeholder":
            yield Refusal(finding.path or "dataset", "they stand for pictures that could not be fetched")
            return
        if len(copies) < 2:
            yield Refusal(finding.path or "dataset", "its copies are not known")
            return

        def rank(path: str) -> tuple[bool, int, str]:
            worse = {
                "first": 0,
                "largest": -facts.images[path],
                "train": int("train" not in facts.splits.get(path, ())),
            }
            return path not in facts.labelled, worse[policy.keep], path

        kept = min(copies, key=rank)
        yield from (RemoveImage(path) for path in copies if path != kept)
