"""Label files become UTF-8 without a byte order mark; paths and classes lose stray spaces, paths get `/`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.repair.changes import Refusal, SetEncoding, Tidy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datalint.finding import Finding
    from datalint.repair.changes import Change, Member, Policy
    from datalint.repair.facts import Facts

_FILE = ("byte order mark", "UTF-16", "is not UTF-8")
_PATHS, _CLASSES = ("outer spaces in", "backslashes in"), "labels of the class"


class LabelEncoding:
    """Of `label-encoding`. Not safe: in which of the old encodings bytes are is a guess, and Excel wants the mark."""

    code, name, safe = "DL410", "label-encoding", False
    says = "label files become UTF-8 without a mark, paths and classes lose outer spaces, paths have / between parts"

    def __call__(
        self, finding: Finding, members: Sequence[Member], facts: Facts, policy: Policy
    ) -> Iterator[Change | Refusal]:
        """Once for each file."""
        reason = str(finding.data.get("reason", finding.message))
        for file in dict.fromkeys(member.file for member in members):
            if file is None:
                continue
            if _CLASSES in reason and reason.startswith("outer spaces"):  # first: the name of a class may say anything
                yield Tidy(file, "classes")
            elif any(word in reason for word in _FILE):
                yield SetEncoding(file)
            elif reason.endswith(" first") and " paths, " in reason and reason.startswith(_PATHS):
                yield Tidy(file, "paths")
            else:
                yield Refusal(file, f"{reason}: that is not edited")
