"""What a program decides about findings, as `datalint fix --decisions` reads it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from datalint.report.decisions import BY_NAME, Decided, end_line, offered, word

if TYPE_CHECKING:
    import os

    from datalint.finding import Finding


class Decisions(list[Decided]):
    """Decisions, the oldest first; of several about one finding the last counts."""

    def take(
        self, findings: pl.DataFrame, finding: Finding | str, decision: str, value: str | None, by: str | None
    ) -> Decided:
        """Add one about a finding, or about all that share an id. ValueError where it does not offer that."""
        identity = finding if isinstance(finding, str) else finding.id
        rows = findings.filter(pl.col("id") == identity)
        if rows.is_empty():
            raise ValueError(f"the report has no finding {identity!r}")
        name = word(decision)
        known = offered(*rows.select("code", "scope", "count").row(0))
        if name not in known:
            raise ValueError(f"{rows['name'][0]} does not offer {decision!r}; it offers {', '.join(known)}")
        asks = BY_NAME[name].asks
        if value is None and asks in ("class", "split"):
            raise ValueError(f"{name} takes a {asks} as its value")
        decided = Decided(identity, name, value, by, datetime.now(UTC).isoformat(timespec="seconds"))
        self.append(decided)
        return decided

    def write(self, path: str | os.PathLike[str]) -> None:
        """Add them to a file, one JSON object a line; a file that is there keeps its lines."""
        with Path(path).open("a+", encoding="utf-8", newline="\n") as file:
            end_line(file)
            file.writelines(decided.line for decided in self)


__all__ = ["Decisions"]
