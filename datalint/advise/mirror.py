"""Whether pictures may be flipped in training: only where that was tried, never where names say otherwise."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from datalint.amounts import counted

if TYPE_CHECKING:
    from datalint.advise.facts import Facts

_SIDES = re.compile(r"(?i)(?<![a-z])(?:left|right)(?![a-z])")
#: Of a probe that recognises less than this it is not known whether left and right are what it fails on.
_ENOUGH = 0.5


class Flips(NamedTuple):
    """Whether pictures may be mirrored."""

    allowed: bool
    why: str
    known: bool = True
    """False where nobody tried."""


def flips(facts: Facts) -> Flips:
    """What names, copies and the probe say of it."""
    sided = next((name for name in facts.classes if _SIDES.search(name.replace("_", " "))), None)
    seen = facts.mirrored
    if sided is not None:
        return Flips(False, f"no flips: the class {sided!r} is about left and right")
    if len(facts.classes) > 1 and all(len(name) == 1 for name in facts.classes):
        return Flips(False, "no flips: the classes are digits or letters, which no mirror leaves as they are")
    if facts.objects is not None and facts.objects.shapes == "pose":
        return Flips(False, "no flips: left and right keypoints would have to change places")
    if facts.contrary:
        pairs = f"{facts.contrary:,} mirrored {'copy' if facts.contrary == 1 else 'copies'}"
        have = "has" if facts.contrary == 1 else "have"
        return Flips(False, f"no flips: {pairs} in the dataset {have} another label than the picture")
    if seen is None:
        untried = "no flips: whether a mirrored picture keeps its label was not tried (datalint advise --probe does)"
        return Flips(False, untried, known=False)
    noun = "object" if facts.objects else "picture"
    figures = f"of {counted(seen.of, noun)} it did not see: {seen.plain:,} recognised, in the mirror {seen.turned:,}"
    if seen.matters:
        return Flips(False, f"no flips: left and right matter to the probe ({figures})")
    if seen.plain < _ENOUGH * seen.of:
        return Flips(False, f"no flips: the probe is too weak to tell whether left and right matter ({figures})")
    return Flips(True, f"left and right are the same to the probe ({figures})")
