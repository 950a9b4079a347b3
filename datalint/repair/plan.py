"""From findings to a plan: which files are edited, removed or renamed, what that repairs, and what is left and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from datalint.repair.changes import Member, Policy, Refusal, RemoveImage
from datalint.repair.decisions import Decided
from datalint.repair.draft import Draft, place_of
from datalint.repair.edits import FixError
from datalint.repair.facts import Facts
from datalint.repair.fixers import FIXERS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from datalint.finding import Finding
    from datalint.repair.changes import Change, Fixer
    from datalint.repair.decisions import Decision
    from datalint.repair.edits import Edited
    from datalint.report import Report


class Repair(NamedTuple):
    """What is done about one finding."""

    finding: Finding
    says: str
    changes: tuple[Change, ...]


class Left(NamedTuple):
    """What is not done about one finding, and why."""

    finding: Finding
    refusal: Refusal


@dataclass
class Plan:
    """The whole repair. Paths are relative to the root, as in the report's tables."""

    root: Path
    repairs: list[Repair] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    unchosen: Counter[str] = field(default_factory=Counter)
    """Rules with a fixer that was not asked for -> findings."""
    unbuilt: Counter[str] = field(default_factory=Counter)
    """Rules without a fixer -> findings."""
    unknown: tuple[str, ...] = ()
    """Decisions about findings that are not there."""
    edited: dict[str, Edited] = field(default_factory=dict)
    removed: dict[str, str] = field(default_factory=dict)
    """File -> SHA-256 of its bytes; of a symbolic link, of where it leads."""
    renamed: dict[str, str] = field(default_factory=dict)
    """Old path -> new path."""

    @property
    def fixed(self) -> set[str]:
        """Ids of the findings that are gone after it: those of which nothing is left."""
        return {repair.finding.id for repair in self.repairs} - {left.finding.id for left in self.left}

    def __bool__(self) -> bool:
        return bool(self.edited or self.removed or self.renamed)


def plan(
    report: Report,
    chosen: Callable[[Fixer], bool],
    policy: Policy | None = None,
    decisions: Mapping[str, Decision] | None = None,
) -> Plan:
    """The repair of the findings whose fixer is `chosen`, and of those that are decided; FixError if none can be made.

    A finding that is decided is left to the decision.
    """
    if not isinstance(report.dataset.root, Path) or not report.dataset.root.is_dir():
        raise FixError("only a folder can be repaired: unpack an archive, or copy a store, and repair that")
    made, facts, decided = Plan(report.dataset.root), Facts(report), decisions or {}
    members = _members(report)
    asked: list[tuple[Finding, str, list[Change | Refusal]]] = []
    seen = set()
    for finding in report:
        seen.add(finding.id)
        fixer = FIXERS.get(finding.code)
        own = members.get(finding.id, [])
        label = f"{finding.code} {finding.name}"
        if finding.id in decided:
            act = Decided(decided[finding.id], fixer)
            asked.append((finding, act.says, list(act(finding, own, facts, policy or Policy()))))
        elif fixer is None:
            made.unbuilt[label] += 1
        elif not chosen(fixer):
            made.unchosen[label] += 1
        else:
            asked.append((finding, fixer.says, list(fixer(finding, own, facts, policy or Policy()))))
    made.unknown = tuple(sorted(decided.keys() - seen))
    _draw(made, asked, facts)
    return made


def _draw(made: Plan, asked: Sequence[tuple[Finding, str, list[Change | Refusal]]], facts: Facts) -> None:
    """Put the changes into the plan, one by one: what cannot be done is left, and touches nothing."""
    leaving = {one.path for *_, wanted in asked for one in wanted if isinstance(one, RemoveImage)}
    draft = Draft(made.root, facts, leaving)
    known: dict[Change, Refusal | None] = {}
    seen: set[tuple[str, Change | Refusal]] = set()
    for finding, says, wanted in asked:
        done = []
        # Findings about equal files have one id, and then the members of all of them.
        for one in [one for one in wanted if (finding.id, one) not in seen]:
            seen.add((finding.id, one))
            if isinstance(one, Refusal):
                made.left.append(Left(finding, one))
                continue
            if one not in known:
                known[one] = _refusal(draft, one)
            if refusal := known[one]:
                made.left.append(Left(finding, refusal))
            else:
                done.append(one)
        if done:
            made.repairs.append(Repair(finding, says, tuple(done)))
    made.edited, made.removed, made.renamed = draft.result()


def _refusal(draft: Draft, change: Change) -> Refusal | None:
    """Take a change up; why not, if it cannot be done."""
    try:
        draft.add(change)
    except FixError as error:
        return Refusal(place_of(change), str(error))
    return None


def _members(report: Report) -> dict[str, list[Member]]:
    found: dict[str, list[Member]] = {}
    rows = report.members.select("finding", "path", "file", "line", "pointer", "subject").iter_rows()
    for finding, *member in rows:
        found.setdefault(finding, []).append(Member(*member))
    return found
