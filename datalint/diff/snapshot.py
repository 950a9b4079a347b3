"""One state of a dataset to compare: a JSON report, an exported folder, or the report of a scan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from datalint.config.settings import ConfigError
from datalint.judge import earlier
from datalint.judge.earlier import Document, Overview

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from datalint.report import Report

#: The JSON report in an exported folder, beside the tables.
REPORT = "report.json"
_TABLES = ("images", "splits", "labels", "boxes", "polygons", "keypoints")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known of one state."""

    name: str
    """As the user calls it: a file, a folder or a revision."""
    overview: Overview
    rules_run: tuple[str, ...]
    crashed: tuple[str, ...]
    """Codes of rules that crashed: what they would have found is not known."""
    findings: pl.DataFrame
    """The findings table without `data`, worst first."""
    images: pl.DataFrame | None
    """An image a row, in path order: path, name (the last part), content (its SHA-256, null where it was not read),
    bytes, splits and classes (sorted lists; a class as often as it has objects), and objects (a hash of where they are,
    good for this process). None where only a report is known."""
    notes: tuple[str, ...] = ()
    """What is missing in it, one sentence each."""

    @property
    def is_empty(self) -> bool:
        """Whether neither an image nor a label was found."""
        return not self.overview.images and not self.overview.classes


def of_report(report: Report, name: str, notes: tuple[str, ...] = ()) -> Snapshot:
    """The state that was scanned."""
    document = report.head() | {"findings": []}
    read = msgspec.convert(document, Document)
    return _snapshot(name, read, report.findings.drop("data"), _images(report.tables), notes)


def read(path: Path) -> Snapshot:
    """A JSON report, or a folder that `--export` wrote; raises ConfigError with one line where it is neither."""
    found = earlier.read(path / REPORT if path.is_dir() else path)
    return _snapshot(str(path), found.document, found.findings, _exported(path) if path.is_dir() else None)


def is_export(folder: Path) -> bool:
    """Whether `--export` wrote this folder."""
    return (folder / REPORT).is_file() and all((folder / f"{table}.parquet").is_file() for table in _TABLES)


def _snapshot(
    name: str, document: Document, findings: pl.DataFrame, images: pl.DataFrame | None, notes: tuple[str, ...] = ()
) -> Snapshot:
    idle = document.summary.rules_not_run
    crashed = [rule.code for rule in idle if rule.crashed and rule.code is not None]
    plugins = (f"The plugin {rule.plugin} was not run: {rule.reason}." for rule in idle if rule.plugin is not None)
    notes = (*notes, *plugins)
    return Snapshot(name, document.dataset, tuple(document.summary.rules_run), tuple(crashed), findings, images, notes)


def _exported(folder: Path) -> pl.DataFrame:
    try:
        return _images({table: pl.read_parquet(folder / f"{table}.parquet", glob=False) for table in _TABLES})
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise ConfigError(f"{folder}: its tables cannot be read: {' '.join(str(error).split())[:300]}") from None


def _images(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    images = tables["images"].select(
        "image",
        "path",
        pl.col("path").str.extract(r"([^/]*)$").alias("name"),
        pl.col("sha256").alias("content"),
        "bytes",
    )
    splits = tables["splits"].group_by("image").agg(pl.col("split").drop_nulls().unique().sort().alias("splits"))
    for known in (splits, _classes(tables), _objects(tables)):
        images = images.join(known, on="image", how="left", maintain_order="left")
    known = images.with_columns(pl.col("splits", "classes").fill_null([]), pl.col("objects").fill_null(0))
    return known.drop("image").sort("path")


def _classes(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """(image, classes): its own once, those of its objects as often as there are objects of them."""
    whole = tables["labels"].select("image", "class").unique()
    counted = [
        _counted(tables["boxes"]),
        _counted(tables["polygons"]).filter(pl.col("box").is_null() & (pl.col("part") == 0)),
    ]
    objects = [table.select("image", "class") for table in counted]
    return pl.concat([whole, *objects]).drop_nulls().group_by("image").agg(pl.col("class").sort().alias("classes"))


def _objects(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """(image, objects): a hash of where its objects are and of what class, in whatever order."""
    places = (("boxes", ("raw", "angle")), ("polygons", ("points", "part")), ("keypoints", ("points",)))
    hashes = [
        _counted(tables[name]).select("image", pl.struct("class", "unit", *columns).hash().alias("objects"))
        for name, columns in places
    ]
    return pl.concat(hashes).drop_nulls().group_by("image").agg(pl.col("objects").sum())


def _counted(table: pl.DataFrame) -> pl.DataFrame:
    """Objects repeated by a label file that does not lead are not counted again."""
    return table.filter(~pl.col("repeats").fill_null(value=False)) if "repeats" in table.columns else table


def overview_of(snapshot: Snapshot) -> dict[str, Any]:
    """The `dataset` object of the state's JSON report."""
    found: dict[str, Any] = msgspec.to_builtins(snapshot.overview)
    return found
