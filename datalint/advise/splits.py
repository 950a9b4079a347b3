"""A split that keeps together what belongs together: copies, recordings, patients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.advise.snippet import Snippet, comment
from datalint.amounts import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datalint.advise.facts import Facts

#: Of fewer pictures a split that is there is kept, and what leaks is taken out.
_LEAKING = 0.05


def split(facts: Facts) -> Snippet | None:
    """None where the splits are as they should be, or the pictures do not lie in a folder."""
    if facts.away or (facts.splits and not is_leaking(facts)):
        return None
    code = [
        'def parts(file: Path = Path("splits.csv")) -> dict[str, str]:',
        '    """Path -> split: copies and pictures of one source in one split, of each class its share in all."""',
        comment("made once and kept (commit the file): with a new split old figures say nothing", 4),
        "    if not file.exists():",
        '        datalint.split(ROOT, "80/10/10", column=file)',
        '    with file.open(encoding="utf-8", newline="") as table:',
        '        return {row["path"]: row["split"] for row in csv.DictReader(table)}',
    ]
    imports = ("import csv", "import datalint", "from pathlib import Path")
    return Snippet("A split by group", "\n".join(code), tuple(_reasons(facts)), imports)


def is_leaking(facts: Facts) -> bool:
    """Whether more leaks from split to split than is best taken out."""
    return facts.apart + facts.grouped > _LEAKING * facts.images


def _reasons(facts: Facts) -> Iterator[str]:
    copies = f"{counted(facts.copies, 'picture')} {_have(facts.copies)} copies"
    if not facts.splits:
        yield "The dataset has no splits."
    if facts.apart:
        yield f"{counted(facts.apart, 'picture')} {_have(facts.apart)} a copy in another split."
    elif facts.copies:
        yield f"{copies}: in two splits they would be a leak."
    if facts.grouped:
        yield f"{counted(facts.grouped, 'picture')} of one source (a recording, a patient) are spread over splits."
    if facts.groups:
        yield f"{counted(facts.groups, 'folder')} of pictures that belong together."
    if facts.splits:
        yield "datalint split --to or --lists writes it as folders or lists."


def _have(number: int) -> str:
    return "has" if number == 1 else "have"


__all__ = ["is_leaking", "split"]
