"""The dataset at a glance: what is in it, in pictures and charts, before what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from datalint import __version__
from datalint.amounts import counted
from datalint.report import changes, in_force
from datalint.report.html import classes, distributions, objects
from datalint.report.html.drawings import drawn
from datalint.report.html.texts import visible
from datalint.report.pictures import data_uri
from datalint.report.place import name_of
from datalint.report.samples import rank

if TYPE_CHECKING:
    from datalint.dataset import Dataset
    from datalint.report import Report
    from datalint.report.samples import Sample

#: Folders listed.
FOLDERS = 24
#: How much longer than wide an image may be for its middle to stand for it.
LONG = 1.8
#: New and fixed findings listed, each.
LISTED = 100
#: Splits that are columns of the samples: more of them follow one another.
COLUMNS = 3


class Picture(NamedTuple):
    """A sample as the page shows it."""

    uri: str
    path: str
    words: str
    """What it is, for who does not see it."""
    split: str
    size: tuple[float, float] | None
    boxes: list[tuple[float, float, float, float]]
    """x, y, width, height in pixels of `size`."""
    mask: str | None
    """What is laid over it."""

    @property
    def long(self) -> bool:
        """Whether a square of it would show too little."""
        return self.size is not None and max(self.size) > LONG * min(self.size)


class Samples(NamedTuple):
    """The samples of a class, one list a column; or whole images."""

    label: str
    columns: list[list[Picture]]


def of(report: Report) -> dict[str, Any]:
    """What `glance.html` shows."""
    data = report.dataset
    placed = objects.placed(data)
    samples = _samples(report)
    columns = _columns(report)
    return {
        "samples": [_row(label, some, columns) for label, some in samples.items() if label],
        "columns": [visible(name) for name in columns],
        "whole": samples.get("", []),
        "classes": classes.counted(data),
        "images": distributions.figures(data),
        "objects": objects.figures(data, placed),
        "maps": objects.maps(data, placed),
        "together": objects.together(data),
        "folders": folders(data),
        "scan": scan(report),
        "at_once": classes.AT_ONCE,
    }


def _samples(report: Report) -> dict[str, list[Picture]]:
    """Class -> its pictures; whole images under an empty name."""
    boxes: dict[str, list[tuple[float, float, float, float]]] = {}
    whole = [sample.path for sample in report.samples if not sample.label]
    for path, x, y, w, h in drawn(report.dataset, whole).select("path", *"xywh").iter_rows():
        boxes.setdefault(path, []).append((x, y, w, h))
    sizes = report.dataset.table("images").filter(pl.col("path").is_in([sample.path for sample in report.samples]))
    sides = {path: (width, height) for path, width, height in sizes.select("path", "width", "height").iter_rows()}
    found: dict[str, list[Picture]] = {}
    for sample in report.samples:
        uri = data_uri(sample.picture)
        if uri is not None:
            size = None if sample.part is not None else sides.get(sample.path)
            picture = _picture(sample, uri, size, [] if sample.label else boxes.get(sample.path, []))
            found.setdefault(sample.label, []).append(picture)
    return found


def _picture(
    sample: Sample, uri: str, size: tuple[int | None, int | None] | None, boxes: list[tuple[float, float, float, float]]
) -> Picture:
    path = visible(sample.path)
    what = f"{visible(sample.label)}: {path}" if sample.label else path
    number = f", {counted(len(boxes), 'object')}" if boxes else ""
    known = size is not None and size[0] and size[1]
    return Picture(
        uri,
        path,
        what + number,
        visible(sample.split),
        (float(size[0] or 0), float(size[1] or 0)) if size is not None and known else None,
        boxes,
        data_uri(sample.mask),
    )


def _columns(report: Report) -> list[str]:
    """The splits of the samples, where they are few enough to stand side by side."""
    names = list(dict.fromkeys(sample.split for sample in report.samples if sample.label))
    names.sort(key=rank)
    return names if 1 < len(names) <= COLUMNS and "" not in names else []


def _row(label: str, pictures: list[Picture], columns: list[str]) -> Samples:
    wanted = [visible(name) for name in columns]
    if not wanted:
        return Samples(visible(label), [pictures])
    return Samples(visible(label), [[one for one in pictures if one.split == name] for name in wanted])


def folders(data: Dataset) -> list[tuple[str, str, int, int, str]]:
    """(folders, role, how many they are, their images, evidence), those that are alike and side by side together."""
    table = data.table("folders").with_columns(
        pl.col("path").str.extract(r"^(.*)/[^/]*$").fill_null("").alias("parent"),
        pl.when(pl.col("role") == "labels").then(0).otherwise(pl.col("images").fill_null(0)).alias("images"),
    )
    several = pl.col("role").is_in(["class", "group", "hidden"])
    together = pl.when(several).then("parent").otherwise("path")
    rows = (
        table.group_by(together.alias("place"), "role", several.alias("several"), maintain_order=True)
        .agg(
            pl.len().alias("number"),
            pl.col("images").sum(),
            pl.col("path").first(),
            pl.col("of").first(),
            pl.col("evidence").first(),
        )
        .sort("images", "path", descending=[True, False])
    )
    return [
        (
            visible(f"{place}/*" if place else "*") if number > 1 else visible(path or "."),
            f"{number:,} {role} folders" if number > 1 else f"{role} {visible(of)}" if of and role != "copy" else
            f"copy of {visible(of)}" if of else role,
            number,
            images,
            visible(evidence or "") if number == 1 else "",
        )
        for place, role, _, number, images, path, of, evidence in rows.head(FOLDERS).iter_rows()
    ]  # fmt: skip


def compared(report: Report) -> dict[str, Any] | None:
    """What changed since an earlier report, for `compared.html`."""
    comparison = report.comparison
    if comparison is None:
        return None
    listed = {
        kind: [
            (row["severity"], row["code"], row["name"], visible(_place(row)), visible(row["message"]))
            for row in frame.head(LISTED).iter_rows(named=True)
        ]
        for kind, frame in (("new", comparison.new), ("fixed", comparison.fixed))
    }
    found = set(report.findings["code"])
    rules = [(*row, row[0] in found) for row in comparison.by_rule.iter_rows()]
    return {
        "counts": comparison.counts,
        "earlier": visible(name_of(comparison.earlier)),
        "changed": [rule for rule in rules if rule[2] or rule[3]],
        "same": [rule for rule in rules if not rule[2] and not rule[3]],
        "listed": listed,
        "remarks": [visible(remark) for remark in changes.remarks(report)],
    }


def _place(row: dict[str, Any]) -> str:
    """`labels.csv:12`, an image, a class, or `dataset`."""
    where = ":".join(str(part) for part in (row["file"], row["line"]) if part is not None) if row["file"] else ""
    return where or row["path"] or row["subject"] or "dataset"


def scan(report: Report) -> list[tuple[str, str]]:
    """How this report was made: (name, value)."""
    made = [("Command", visible(report.command))] if report.command else []
    made += [("Date", report.made.strftime("%Y-%m-%d %H:%M %Z").rstrip())] if report.made else []
    made.append(("Version", f"datalint {__version__}"))
    made.append(("Settings", visible(in_force.line(report).removeprefix("config: ") or "no config file: the defaults")))
    if report.baseline is not None:
        made.append(("Baseline", visible(str(report.baseline))))
    return made
