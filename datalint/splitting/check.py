"""Whether a division is what it should be: asked of what was written, by the rules of the family DL7."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from datalint import engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from datalint.config.settings import Config
    from datalint.dataset import Dataset
    from datalint.judge.run import Progress
    from datalint.rule import Rule
    from datalint.splitting.division import Division


class Outcome(NamedTuple):
    """What is not as it should be; nothing where all is well."""

    findings: pl.DataFrame
    """What the rules of splits found, as in a report."""
    differing: list[str]
    """Splits that are not read as they were meant."""

    @property
    def exit_code(self) -> int:
        """0 where all is well, else 1."""
        return int(bool(self.differing or self._loud.height))

    @property
    def _loud(self) -> pl.DataFrame:
        return self.findings.filter(pl.col("severity") != "note")

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        if not self.exit_code:
            yield "Checked: no picture, copy or source is in two splits, and classes do not drift."
            return
        yield f"Checked: {self._loud.height:,} findings about the splits"
        rows = self._loud.select("severity", "code", "name", "path", "subject", "message").head(20)
        for severity, code, name, path, subject, message in rows.iter_rows():
            yield f"  {severity} {code} {name}: {path or subject or 'dataset'}: {message}"
        if self._loud.height > rows.height:
            yield f"  and {self._loud.height - rows.height:,} more"
        yield from (f"  not as it should be: {one}" for one in self.differing)


def of_written(
    division: Division, written: Mapping[str, Sequence[int]], rules: Sequence[Rule], settings: Config
) -> Outcome:
    """Of lists or a column: which images they name was read again from what was written."""
    meant = {name: sorted(part["image"].to_list()) for name, part in _parts(division.table)}
    found = {name: sorted(images) for name, images in written.items() if images}
    differing = [
        f"{name} is not the split that was written" for name in {*meant, *found} if meant.get(name) != found.get(name)
    ]
    rows = [(image, name) for name, images in written.items() for image in images]
    splits = pl.DataFrame(rows, schema={"image": pl.UInt32, "split": pl.String}, orient="row").sort("image", "split")
    asked = replace(division.data, tables={**division.data.tables, "splits": splits})
    return Outcome(engine.judged(asked, rules, settings), sorted(differing))


def of_folder(
    division: Division, to: Path, left: int, rules: Sequence[Rule], settings: Config, progress: Progress | None
) -> Outcome:
    """Of a new dataset, which is scanned; `left` images were not taken along."""
    report = engine.scan(to, rules=rules, config=settings, progress=progress)
    found = dict(report.dataset.table("splits").unique().group_by("split").len().iter_rows())
    meant = {name: part.height for name, part in _parts(division.table)}
    total = sum(meant.values()) - left
    differing = [
        f"{name} has {found.get(name, 0):,} images and should have {count:,}"
        for name, count in meant.items()
        if not left and found.get(name, 0) != count
    ]
    images = report.dataset.table("images").height
    if images != total:
        differing.append(f"{images:,} images are there and should be {total:,}")
    # Labels that are not read are images without one.
    if not left:
        meant_of, found_of = (_of_classes(counts) for counts in (division.counts(), _counts(division, report.dataset)))
        differing += [
            f"the labels of {name} are not all there" for name in meant_of if meant_of[name] != found_of.get(name)
        ]
    return Outcome(report.findings, differing)


def _counts(division: Division, data: Dataset) -> pl.DataFrame:
    """The table of classes of a new dataset."""
    return replace(division, data=data, table=data.table("splits")).counts()


def _of_classes(counts: pl.DataFrame) -> dict[str, tuple[int, ...]]:
    return {name: tuple(of) for name, *of in counts.iter_rows()}


def _parts(table: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    return [(str(name), part) for (name,), part in table.drop_nulls("split").group_by("split", maintain_order=True)]
