"""The EXIF orientation is dropped where label files are about the picture as it is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.repair.changes import Refusal, SetUpright

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datalint.finding import Finding
    from datalint.repair.changes import Change, Member, Policy
    from datalint.repair.facts import Facts


class ExifRotated:
    """Of `exif-rotated`. Not safe: viewers show the picture as it is stored then, perhaps lying on its side.

    To turn the pixels would lose some of a JPEG, so it is done only by people: `jpegtran` turns without a loss.
    """

    code, name, safe = "DL208", "exif-rotated", False
    says = "the orientation becomes 1 where boxes are of the picture as it is stored: no pixel changes"

    def __call__(
        self, finding: Finding, members: Sequence[Member], facts: Facts, policy: Policy
    ) -> Iterator[Change | Refusal]:
        """Where a label file declares the stored size, which is not the shown one, and has boxes."""
        for path in [member.path for member in members if member.path]:
            stored, declared = facts.stored.get(path), facts.declared.get(path, set())
            boxed = path in facts.boxed
            if facts.formats.get(path) not in ("JPEG", "MPO"):
                yield Refusal(path, "only the orientation of JPEG files is edited")
            elif not boxed:
                yield Refusal(path, "its pixels should be turned, which loses some of a JPEG: jpegtran does not")
            elif stored is None or stored[0] == stored[1] or declared != {stored}:
                yield Refusal(path, "whether its boxes are of the stored or of the shown picture is not declared")
            else:
                yield SetUpright(path)
