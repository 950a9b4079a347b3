"""Pictures that viewers turn are stored as they are shown, or shown as they are stored: as their labels are meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.repair.changes import Refusal, SetUpright

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datalint.finding import Finding
    from datalint.repair.changes import Change, Member, Policy
    from datalint.repair.facts import Facts


#: From this orientation on a side that is stored upright is shown lying.
_SIDEWAYS = 5


class ExifRotated:
    """Of `exif-rotated`. Not safe: what loaders deliver changes, or what viewers show."""

    code, name, safe = "DL208", "exif-rotated", False
    says = "the orientation becomes 1; before, the pixels are turned without a loss where labels are of what is shown"

    def __call__(
        self, finding: Finding, members: Sequence[Member], facts: Facts, policy: Policy
    ) -> Iterator[Change | Refusal]:
        """Pixels stay where a label file with boxes declares the stored size, which is not the shown one."""
        for path in [member.path for member in members if member.path]:
            stored, declared = facts.stored.get(path), facts.declared.get(path, set())
            form, orientation = facts.formats.get(path), facts.orientations.get(path, 1)
            shown = stored[::-1] if stored and orientation >= _SIDEWAYS else stored
            if form not in ("JPEG", "MPO"):
                yield Refusal(path, "only the orientation of JPEG files is edited")
            elif path in facts.boxed and shown != stored and declared == {stored}:
                yield SetUpright(path)
            elif path in facts.boxed and (shown == stored or declared != {shown}):
                yield Refusal(path, "whether its boxes are of the stored or of the shown picture is not declared")
            elif path not in facts.boxed and facts.may_have_more(path):
                yield Refusal(path, "label files that may be about it were not read")
            elif declared - {shown}:
                yield Refusal(path, "a label file declares another size than that of the shown picture")
            elif path in facts.masks:
                yield Refusal(path, "it has a mask, which would have to be turned with it")
            elif form == "MPO":
                yield Refusal(path, "it holds several pictures, of which jpegtran turns one")
            else:
                yield SetUpright(path, orientation)
