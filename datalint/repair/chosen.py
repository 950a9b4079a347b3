"""Which fixers a person asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.repair.edits import FixError
from datalint.repair.fixers import FIXERS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from datalint.repair.changes import Fixer


def chosen(only: Sequence[str], *, safe: bool) -> Callable[[Fixer], bool]:
    """The fixers of the rules that `only` names by code, beginning of a code, or name, and with `safe` the safe ones.

    Raises FixError for a rule without a fixer.
    """
    names = [name.lower() for name in only]
    for name in names:
        if not any(_is_named(name, fixer) for fixer in FIXERS.values()):
            known = ", ".join(f"{fixer.code} {fixer.name}" for fixer in FIXERS.values())
            raise FixError(f"no fix is built in for {name!r}; there are {known}")
    return lambda fixer: (safe and fixer.safe) or any(_is_named(name, fixer) for name in names)


def _is_named(name: str, fixer: Fixer) -> bool:
    return name == fixer.name or fixer.code.lower().startswith(name)
