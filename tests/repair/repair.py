"""Plan a repair of a small dataset, and carry it out in a copy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datalint.config.settings import Config
from datalint.engine import scan
from datalint.repair.changes import Policy
from datalint.repair.check import Check, Outcome
from datalint.repair.copy import copy
from datalint.repair.decisions import Decision
from datalint.repair.plan import Plan, plan

CONFIG = Config(isolated=True, no_cache=True, jobs=1, ignore=("DL3", "DL9"))


def planned(
    root: Path,
    *names: str,
    policy: Policy | None = None,
    decisions: Mapping[str, Decision] | None = None,
    **options: Any,
) -> Plan:
    """The repair by the fixers of these names."""
    return plan(scan(root, config=CONFIG.merged(**options)), lambda fixer: fixer.name in names, policy, decisions)


def repaired(root: Path, to: Path, *names: str, **options: Any) -> tuple[Plan, Outcome]:
    """The plan, and what was not as it should be after it."""
    report = scan(root, config=CONFIG)
    made = plan(report, lambda fixer: fixer.name in names, **options)
    check = Check(report, made)
    copy(made, to)
    return made, check.after(to)


def changed(root: Path, to: Path) -> dict[str, tuple[bytes | None, bytes | None]]:
    """File -> its bytes before and after, of files that differ."""
    names = {file.relative_to(top).as_posix() for top in (root, to) for file in top.rglob("*") if file.is_file()}
    both = {
        name: tuple((top / name).read_bytes() if (top / name).exists() else None for top in (root, to))
        for name in names
    }
    return {name: (before, after) for name, (before, after) in sorted(both.items()) if before != after}
