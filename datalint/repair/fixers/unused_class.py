"""Classes that no label uses are taken out of the lists that declare them, where no number shifts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.repair.changes import DropClass, Refusal
from datalint.repair.class_lists import is_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datalint.finding import Finding
    from datalint.repair.changes import Change, Member, Policy
    from datalint.repair.facts import Facts


class UnusedClass:
    """Of `unused-class`. Not safe: a model trained before has the class, and other parts of the dataset may use it."""

    code, name, safe = "DL406", "unused-class", False
    says = "classes that no label uses are taken out of the lists that declare them"

    def __call__(
        self, finding: Finding, members: Sequence[Member], facts: Facts, policy: Policy
    ) -> Iterator[Change | Refusal]:
        """COCO's categories; of lists in which the place is the number only the last ones."""
        names = {member.subject for member in members if member.subject} or {finding.subject or ""}
        for name in sorted(names):
            sources = facts.declares(name)
            if any(used for _, used in sources):
                yield Refusal(name, "another label file that declares it uses it")
            elif any(source in ("config", "folder") for source, _ in sources):
                yield Refusal(name, "it is declared in the config: delete it there")
            else:
                for source, _ in sources:
                    behind = facts.unused_behind(name, source)
                    files = {source, *(facts.name_lists if is_yaml(source) else ())}
                    yield from (DropClass(file, name, behind) for file in sorted(files))
