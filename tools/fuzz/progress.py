"""How far a run has come, in a file: it goes on there when it is started again, and its figures are a table."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from tools.fuzz.checks import Result


class OtherRunError(ValueError):
    """The file is of a run that damages other files."""


@dataclass
class Figures:
    """Of one format."""

    mutants: int = 0
    read: int = 0
    bad: int = 0
    seconds: float = 0.0
    peak: int = 0
    slowest: float = 0.0
    slowest_at: str = ""
    faults: int = 0

    def add(self, result: Result, number: int) -> None:
        """Those of one more folder."""
        self.mutants += result.files
        self.read += result.read
        self.bad += result.bad
        self.seconds += result.seconds
        self.peak = max(self.peak, result.peak)
        if result.slowest > self.slowest:
            self.slowest, self.slowest_at = result.slowest, f"{number}: {result.slowest_file}"
        self.faults += len(result.faults)


@dataclass
class Progress:
    """What a run has done."""

    path: Path
    seed: int
    size: int
    next: int = 0
    """The number of the next folder."""
    figures: dict[str, Figures] = field(default_factory=dict)
    """By format."""
    failed: list[int] = field(default_factory=list)
    """Numbers of folders."""

    @classmethod
    def at(cls, path: Path, seed: int, size: int) -> Progress:
        """As the file has it, or the beginning; raises OtherRunError for a file of another seed or size."""
        if not path.exists():
            return cls(path, seed, size)
        known: dict[str, Any] = json.loads(path.read_text("utf-8"))
        if (known["seed"], known["size"]) != (seed, size):
            raise OtherRunError(
                f"{path} is of a run with --seed {known['seed']} --size {known['size']}; give another --out or --fresh"
            )
        figures = {name: Figures(**values) for name, values in known["figures"].items()}
        return cls(path, seed, size, known["next"], figures, known["failed"])

    def add(self, number: int, form: str, result: Result) -> None:
        """One more folder, kept at once."""
        self.figures.setdefault(form, Figures()).add(result, number)
        if result.faults:
            self.failed.append(number)
        self.next = number + 1
        content = {name: value for name, value in asdict(self).items() if name != "path"}
        unfinished = self.path.with_suffix(".new")
        unfinished.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
        unfinished.replace(self.path)

    @property
    def mutants(self) -> int:
        """All so far."""
        return sum(one.mutants for one in self.figures.values())

    def table(self) -> str:
        """The figures in Markdown."""
        head = (
            "| format | mutants | read | damaged or with a problem | faults | peak memory, MB | slowest file, s |",
            "|---|---:|---:|---:|---:|---:|---:|",
        )
        rows = [_row(name, one) for name, one in sorted(self.figures.items())]
        total = Figures()
        for one in self.figures.values():
            total.mutants += one.mutants
            total.read += one.read
            total.bad += one.bad
            total.faults += one.faults
            total.peak = max(total.peak, one.peak)
            total.slowest = max(total.slowest, one.slowest)
        return "\n".join([*head, *rows, _row("**all**", total)]) + "\n"


def _row(name: str, one: Figures) -> str:
    return (
        f"| {name} | {one.mutants:,} | {one.read:,} | {one.bad:,} | {one.faults} | {one.peak / 1e6:,.0f} "
        f"| {one.slowest:.2f} |"
    )


__all__ = ["Figures", "OtherRunError", "Progress"]
