"""What stands in place of an answer where the probe has none. Nothing heavy is imported for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.dataset import ProbeOutcome

if TYPE_CHECKING:
    from datalint.dataset import Dataset, Lack
    from datalint.probe.items import Items
    from datalint.probe.task import AbstainError


def abstain(data: Dataset, items: Items, error: AbstainError) -> None:
    """Set the tables of a probe that has nothing to say, and why."""
    data.tables["probe"], data.probe_outcome = items.rows, without(items, str(error), error.lack)


def without(items: Items, reason: str, lack: Lack | None) -> ProbeOutcome:
    """The outcome of a probe that did not run, for this reason."""
    return ProbeOutcome(ran=False, reason=reason, noun=items.noun, lacked=(lack,) if lack else ())


__all__ = ["abstain", "without"]
