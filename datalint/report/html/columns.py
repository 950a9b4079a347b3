"""The findings of the HTML report in compact columns, and what the page knows of the images that they name."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import polars as pl

from datalint.finding import RECORD_ID
from datalint.report import comparison, decisions
from datalint.report.html import drawings
from datalint.report.html.content import SEVERITIES
from datalint.report.html.texts import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.report import Report
    from datalint.report.html.content import Section
    from datalint.report.html.texts import Texts

#: Findings in the page: taken in turns from every rule, so that no rule crowds out another.
EMBEDDED = 40_000
#: Related pictures of one finding in the page.
RELATED = 8
#: Members of one finding about a group in the page, and of all of them.
MEMBERS, MEMBERS_IN_ALL = 200, 10_000
#: Classes among which a label can be chosen.
CLASSES = 5_000
#: What all ids begin with, and ids in the page do not.
PREFIX = "datalint/v1:"


def findings(report: Report, order: Sequence[Section], texts: Texts) -> dict[str, Any]:
    """The findings in columns, one row per finding, in the order of `order` and worst first; texts as numbers.

    `rule` numbers a section, `offers` one of the `choices` of decisions. A column in which few rows hold anything is an
    object from row to value: `box` is x, y, width, height in pixels of the stored orientation, `outlines` polygons
    x, y, x, y, ... there, `points` keypoints, `mask` what is laid over it. At most EMBEDDED rows.
    """
    if not order:
        return {"rule": []}
    rows = _embedded(order)
    data = [json.loads(value) for value in rows["data"]]
    drawn = drawings.places(report.dataset, rows)
    laid = set(report.dataset.masks.filter(pl.col("path").is_in(list(report.pictures)))["path"])
    boxes = [_box(values) or box for values, box in zip(data, drawn.box, strict=True)]
    offers = [decisions.offered(*about) for about in rows.select("code", "scope", "count").iter_rows()]
    choices = sorted(set(offers))
    return {
        "rule": rows["rule"].to_list(),
        "id": [identity.removeprefix(PREFIX) for identity in rows["id"]],
        "severity": [SEVERITIES.index(value) for value in rows["severity"]],
        **{
            name: texts.numbers(rows[name])
            for name in ("path", "file", "pointer", "subject", "message", "hint")
            if rows[name].null_count() < rows.height
        },
        **{name: rows[name].to_list() for name in ("line", "column") if rows[name].null_count() < rows.height},
        "score": [None if score is None or score != score else round(score, 3) for score in rows["score"]],
        "choices": choices,
        "offers": [choices.index(names) for names in offers],
        "baselined": [int(status == "baselined") for status in rows["status"]],
        "related": _sparse([texts.numbers(paths[:RELATED]) for paths in rows["related"]]),
        "unseen": _sparse([_unseen(*about) for about in rows.select("related", "count").iter_rows()]),
        "record": _sparse(texts.numbers(values.get(RECORD_ID) for values in data)),
        "count": _sparse([number if number > 1 else None for number in rows["count"]]),
        "places": _sparse([_places(values, texts) for values in data]),
        "members": _members(report, rows, texts),
        **_compared(rows, data, report, texts),
        "box": _sparse(boxes),
        "outlines": _sparse(drawn.outlines),
        "points": _sparse(drawn.points),
        "mask": _sparse([texts.number(file) if file in laid else None for file in rows["file"]]),
    }


def _embedded(order: Sequence[Section]) -> pl.DataFrame:
    """The rows in the page, with the number of their section."""
    shares = _shares([section.findings for section in order])
    return pl.concat(
        section.worst(most).with_columns(rule=pl.lit(number, pl.Int32))
        for number, (section, most) in enumerate(zip(order, shares, strict=True))
    )


def _shares(sizes: Sequence[int]) -> list[int]:
    """How many findings of each rule are in the page: taken in turns, until there are EMBEDDED or none is left."""
    shares, room = [0] * len(sizes), EMBEDDED
    while room and (more := [rule for rule, size in enumerate(sizes) if shares[rule] < size]):
        turns = max(1, min(room // len(more), *(sizes[rule] - shares[rule] for rule in more)))
        for rule in more[:room]:
            shares[rule] += turns
            room -= turns
    return shares


def _sparse(values: Sequence[Any]) -> dict[int, Any]:
    """Row -> value, of the rows that hold something."""
    return {row: value for row, value in enumerate(values) if value}


def _unseen(related: Sequence[str], count: int) -> int:
    """How many images or records a finding speaks of that its row does not name."""
    return max(0, max(len(related), count if count > 1 else 0) - RELATED)


def _places(values: dict[str, Any], texts: Texts) -> list[int] | None:
    places = values.get("places")
    return texts.numbers(places) if isinstance(places, list) else None


def _members(report: Report, rows: pl.DataFrame, texts: Texts) -> dict[int, list[list[Any]]]:
    """Row of a group -> some of its images and records: path, place in a label file (0 if none) and box (0 if none)."""
    groups = rows.with_row_index("row").filter(pl.col("count") > 1).select("row", pl.col("id").alias("finding"))
    held = groups.join(report.members, on="finding", maintain_order="left_right")
    held = held.filter(pl.int_range(pl.len()).over("row") < MEMBERS).head(MEMBERS_IN_ALL)
    found: dict[int, list[list[Any]]] = {}
    shown = held.select("row", "path", "file", "line", "pointer").rows()
    for (row, path, *place), box in zip(shown, drawings.places(report.dataset, held).box, strict=True):
        found.setdefault(row, []).append([texts.number(path), texts.number(_spot(*place)), box or 0])
    return found


def _spot(file: str | None, line: int | None, pointer: str | None) -> str | None:
    if file is None:
        return None
    return f"{file}#{pointer}" if pointer else f"{file}:{line}" if line is not None else file


def _compared(
    rows: pl.DataFrame, data: Sequence[dict[str, Any]], report: Report, texts: Texts
) -> dict[str, dict[int, Any]]:
    """`classes` (two texts), `chances` (0 to 1), `beside` (texts: the paths of both that have pictures), and `own`.

    `own` is the name of the picture of an object that is compared, 0 if it has none.
    """
    compared = [comparison.of(values) for values in data]
    own = [comparison.own(path, values) for path, values in zip(rows["path"], data, strict=True)]
    beside = [
        [[path for path in side if path in report.pictures] for side in each.beside] if each else []
        for each in compared
    ]
    return {
        "classes": _sparse([each and texts.numbers(each.classes) for each in compared]),
        "chances": _sparse(
            [each and any(each.chances) and [_rounded(chance) for chance in each.chances] for each in compared]
        ),
        "beside": _sparse([any(sides) and [texts.numbers(side) for side in sides] for sides in beside]),
        "own": {
            row: texts.number(part.name) if part.name in report.pictures else 0 for row, part in enumerate(own) if part
        },
    }


def _rounded(chance: float | None) -> float | None:
    return chance if chance is None else float(f"{chance:.3g}")


def _box(values: dict[str, Any]) -> list[float] | None:
    box = [values.get(name) for name in ("x", "y", "w", "h")]
    return [round(side, 1) for side in box] if all(isinstance(side, int | float) for side in box) else None  # type: ignore[arg-type]


def images(report: Report, texts: Texts) -> dict[int, list[int]]:
    """Facts of the images that the texts name: number of the path -> class, split, width, height, orientation.

    Of an image that is not there: the size that a label file declares.
    """
    data = report.dataset
    named = pl.DataFrame(
        {"path": texts.all, "text": range(len(texts.all))}, schema={"path": pl.String, "text": pl.UInt32}
    )
    facts = data.table("images").select("image", "path", "width", "height", "orientation")
    declared = data.sizes().join(facts, on="path", how="anti").filter(pl.col("width") > 0, pl.col("height") > 0)
    facts = pl.concat(
        [facts, declared.select("path", pl.col("width", "height").cast(pl.UInt32, strict=False))],
        how="diagonal_relaxed",
    )
    labels = data.annotations.drop_nulls(["image", "class"]).select("image", "class").unique()
    classes = labels.group_by("image").agg(pl.col("class").sort()).collect()
    splits = data.table("splits").group_by("image").agg(pl.col("split").sort())
    rows = facts.join(named, on="path").join(classes, on="image", how="left").join(splits, on="image", how="left")
    return {
        text: [texts.number(_some(names)), texts.number(_some(parts)), width or 0, height or 0, orientation or 1]
        for text, names, parts, width, height, orientation in rows.sort("text")
        .select("text", "class", "split", "width", "height", "orientation")
        .iter_rows()
    }


def _some(values: Sequence[str] | None) -> str:
    if not values:
        return ""
    more = f" +{len(values) - 3}" if len(values) > 3 else ""
    return ", ".join(values[:3]) + more


def choosable(report: Report) -> dict[str, list[str]]:
    """The classes and splits that a label, or an image, can be given: those whose names can be shown as they are."""
    data = report.dataset
    known = set(report.overview["classes"]) | set(data.table("classes")["class"].drop_nulls())
    plain = [[name for name in sorted(names) if visible(name) == name] for names in (known, report.overview["splits"])]
    return {"classes": plain[0][:CLASSES], "splits": plain[1]}


def key(report: Report) -> str:
    """What the browser keeps decisions under: the same for the same findings of the same dataset."""
    ids = "\n".join([report.root_name, *sorted(report.findings["id"])])
    return hashlib.sha256(ids.encode("utf-8", "surrogatepass")).hexdigest()[:16]
