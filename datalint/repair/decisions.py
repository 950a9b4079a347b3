"""Decisions about findings, as a person took them: one JSON object a line (id, decision, value, by, when)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from datalint.repair.changes import DropRecord, Member, MoveToClass, MoveToSplit, Refusal, RemoveImage, SetClass
from datalint.repair.classes import Class
from datalint.repair.edits import FixError
from datalint.report import decisions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from datalint.finding import Finding
    from datalint.repair.changes import Change, Fixer, Policy
    from datalint.repair.facts import Facts

#: Decisions that take an image or record out, that let the rule's fixer do it, and that leave everything as it is.
_OUT, _BY_FIXER, _STAYS = ("delete", "quarantine", "drop", "drop-box"), ("clip", "fix"), ("keep", "accept")
#: The rule whose findings are about one picture with several classes.
_ONE_PICTURE = "contradictory-duplicate"
#: Decisions with a value, and what it is.
_NEW = {"relabel": "the name of a class", "move": "the name of a split"}


class Decision(NamedTuple):
    """What is to become of a finding."""

    decision: str
    value: str | None = None


def read(path: Path) -> dict[str, Decision]:
    """Finding -> decision; of several about one the last. FixError with the line of what is none."""
    try:
        return {identity: Decision(row.decision, row.value) for identity, row in decisions.read(path).items()}
    except decisions.DecisionError as error:
        raise FixError(str(error)) from None


class Decided:
    """What a decision does about a finding."""

    def __init__(self, decision: Decision, fixer: Fixer | None) -> None:
        self._decision, self._fixer = decision, fixer
        self.says = f"decided: {decision.decision}"

    def __call__(
        self, finding: Finding, members: Sequence[Member], facts: Facts, policy: Policy
    ) -> Iterator[Change | Refusal]:
        """The changes."""
        what, value = decisions.word(self._decision.decision), self._decision.value
        place = members[0].place if members else finding.path or "dataset"
        if what in _STAYS:
            yield Refusal(place, f"decided: {what}")
        elif what == "keep-copy":  # the one that the value names stays, else the finding's own
            yield from _others(finding, value, facts)
        elif what in _BY_FIXER and self._fixer is not None:
            yield from self._fixer(finding, members, facts, policy)
        elif what in _NEW and not value:
            yield Refusal(place, f"{what} needs a value: {_NEW[what]}")
        elif what == "relabel" and members and value:
            every = [*members, *_copies(finding, members)]
            yield from (_relabelled(member, value, facts) for member in every)
        elif what == "move" and members and value:
            yield from (_moved(member, value, facts) for member in members)
        elif what in _OUT and members:
            yield from (_out(member, facts, what) for member in members)
        else:
            yield Refusal(place, f"no fix is built in for the decision {what!r}")


def _out(member: Member, facts: Facts, what: str) -> Change | Refusal:
    """Take out a record, or an image where the finding is about no record."""
    if member.file is None:
        if member.path in facts.images and what in ("delete", "quarantine"):
            return RemoveImage(member.path, last=True)
        return Refusal(member.place, "it is neither an image of the dataset nor a record of a label file")
    spot = (member.file, member.line, member.pointer)
    if len(facts.boxes.get(spot, ())) + len(facts.labels.get(spot, ())) > 1:
        return Refusal(member.place, "several labels stand in the record")
    return DropRecord(*spot)


def _copies(finding: Finding, members: Sequence[Member]) -> Iterator[Member]:
    """The other pictures that a new class is meant for: those that are one picture under several classes."""
    if finding.name == _ONE_PICTURE:
        known = {member.path for member in members}
        yield from (Member(path, None, None, None) for path in finding.related if path not in known)


def _relabelled(member: Member, name: str, facts: Facts) -> Change | Refusal:
    """Give a record, or an image where the finding is about one, another class."""
    if name not in facts.known_classes:
        return Refusal(member.place, f"no class of the dataset is named {name!r}")
    places = (
        {(member.file, member.line, member.pointer)} if member.file is not None else facts.classed[member.path or ""]
    )
    if len(places) != 1:
        return Refusal(member.place, f"{len(places) or 'no'} labels are of it: decide about one of them")
    (place,) = places
    if place is None:
        return MoveToClass(member.path or "", name)
    classes = facts.classes.get(place, set())
    if len(classes) != 1:
        return Refusal(member.place, f"{len(classes) or 'no'} classes stand in the record")
    (old,) = classes
    if old.name == name:
        return Refusal(member.place, f"it is {name} already")
    return SetClass(*place, old, Class(name, facts.class_number(name, place[0])))


def _moved(member: Member, split: str, facts: Facts) -> Change | Refusal:
    if member.path not in facts.images:
        return Refusal(member.place, "it is not an image of the dataset")
    return MoveToSplit(member.path, split)


def _others(finding: Finding, kept: str | None, facts: Facts) -> Iterator[Change | Refusal]:
    copies = [path for path in dict.fromkeys((finding.path, *finding.related)) if path in facts.images]
    kept = kept or finding.path
    if kept not in copies:
        yield Refusal(finding.path or "dataset", f"{kept} is none of its copies")
        return
    yield from (RemoveImage(path, last=True) for path in copies if path and path != kept)
