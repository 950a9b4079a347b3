"""The small pictures of the HTML report: which images are shown.

Pictures are shown in the stored orientation, as boxes and sizes are given and as most training loaders read them; an
EXIF orientation is given in words beside the picture.
"""

from __future__ import annotations

import base64
import json
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from datalint.pixels.overlay import overlay
from datalint.pixels.thumbnail import Wanted, thumbnail
from datalint.report import comparison
from datalint.report.rows import worst_rows
from datalint.workers import each

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from datalint.config.settings import Config
    from datalint.dataset import Dataset
    from datalint.report import Report

#: Longest side of a picture, in pixels: sharp at the report's 160 on a dense screen.
SIDE = 224
#: The same of one that a person compares with others, and of those others.
LARGE, SMALL = 320, 128
#: Findings that get pictures, per rule; and pictures in the whole report.
PER_RULE = 120
PICTURES = 400
#: Pictures that others are compared with, in the whole report.
BESIDE = 900
#: Findings of a rule that have all of those beside them; the later ones have the first of either class.
FULL = 48
#: Bytes of all pictures together, before base64.
BYTES = 6_000_000
#: Pictures beside a finding's own, from its `related`; and of a finding about a group.
RELATED, OF_GROUP = 3, 6
_AT_ONCE = 256

_NOT_DECODABLE = (
    "empty", "lfs-pointer", "not-an-image", "oversized", "truncated", "unsupported", "unreadable", "missing",
)  # fmt: skip


def chosen(report: Report) -> dict[str, int]:
    """The images, and parts of images, to show and the longest sides of their pictures, the most wanted first.

    By path, or by a part's name (`comparison.Part`).

    Every rule's worst finding, then every second worst ...: at most PICTURES paths that findings are about, and BESIDE
    that those are compared with. Images that are known not to decode are left out.
    """
    turns = list(_turns(report.findings))
    within = {name: part.path for turn in turns for name, part in turn.parts.items()}
    named = {name for turn in turns for name in (*turn.about, *turn.beside)}
    images = report.dataset.table("images").filter(pl.col("path").is_in({within.get(name, name) for name in named}))
    readable = set(images.filter(~pl.col("status").is_in(_NOT_DECODABLE).fill_null(False))["path"])
    decodable = {name for name in named if within.get(name, name) in readable}
    sides: dict[str, int] = {}
    about, beside = PICTURES, BESIDE
    for turn in turns:
        own = [path for path in turn.about if path in decodable]
        about -= len(set(own).difference(sides))
        if about < 0:
            break
        for path in own:
            wanted = SMALL if path in within else LARGE if turn.beside else SIDE
            sides[path] = max(sides.get(path, 0), wanted)
        others = [path for path in turn.beside if path in decodable and path not in sides]
        if len(others) <= beside:
            beside -= len(others)
            sides.update(dict.fromkeys(others, SMALL))
    return sides


class _Turn(NamedTuple):
    """The images of one finding."""

    about: list[str]
    beside: list[str]
    parts: dict[str, comparison.Part]
    """Those of them that are parts of images, by name."""


def _turns(findings: pl.DataFrame) -> Iterator[_Turn]:
    order = worst_rows(findings)
    kinds = findings.select("code", alone=pl.col("path").is_null(), group=pl.col("count") > 1)[order]
    turns = kinds.select(pl.int_range(pl.len()).over("code", "alone", "group").alias("turn")).with_columns(row=order)
    turns = turns.filter(pl.col("turn") < PER_RULE).sort("turn", maintain_order=True)
    shown = findings[turns["row"]].select(turns["turn"], "path", "count", "related", "data")
    for turn, path, count, related, data in shown.iter_rows():
        values = json.loads(data)
        compared, itself = comparison.of(values), comparison.own(path, values)
        most = None if turn < FULL else 1
        about = related[:OF_GROUP] if count > 1 else []
        yield _Turn(
            about if path is None else [path, *([itself.name] if itself else []), *related[:RELATED]],
            [other for paths in compared.beside for other in paths[:most]] if compared else [],
            comparison.parts(path, values),
        )


def make(report: Report, most: int | None = None) -> dict[str, bytes]:
    """Path, or name of a part -> JPEG or PNG bytes of what is `chosen` (the first `most`), as many as fit into BYTES.

    Unreadable ones are left out.
    """
    sides = dict(islice(chosen(report).items(), most))
    parts = {name: part for turn in _turns(report.findings) for name, part in turn.parts.items() if name in sides}
    paths = {parts[name].path if name in parts else name for name in sides}
    images = report.dataset.table("images").filter(pl.col("path").is_in(paths))
    places = images.select("path", "os_path", "bytes").iter_rows()
    items = {path: report.dataset.item(os_path, size) for path, os_path, size in places}
    margin = report.config.probe_margin
    wanted = [
        (name, Wanted(items[parts[name].path], side, _with_margin(parts[name].box, margin)))
        if name in parts
        else (name, Wanted(items[name], side))
        for name, side in sides.items()
    ]
    return _drawn(thumbnail, wanted, BYTES, report.config.jobs)


def _drawn(
    draw: Callable[[Wanted], bytes | None], wanted: Sequence[tuple[str, Wanted]], room: int, jobs: int | None
) -> dict[str, bytes]:
    """Name -> picture: the first of them that fit into `room` bytes, without those that do not decode."""
    found: dict[str, bytes] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        made = each(draw, [task for _, task in part], jobs=jobs)
        for (name, _), picture in zip(part, made, strict=True):
            if picture is None:
                continue
            room -= len(picture)
            if room < 0:
                return found
            found[name] = picture
    return found


def masks(report: Report) -> dict[str, bytes]:
    """Path of a mask -> a PNG to be laid over its image, where a finding about the mask has a picture."""
    shown = report.findings.filter(pl.col("path").is_in(list(report.pictures)))
    files = shown.join(report.dataset.masks, left_on="file", right_on="path", how="semi")["file"]
    paths = files.unique(maintain_order=True).head(PICTURES).to_list()
    room = BYTES - sum(map(len, report.pictures.values()))
    return overlays(report.dataset, dict(zip(paths, paths, strict=True)), SIDE, report.config, room)


def overlays(
    data: Dataset, masks: Mapping[str, str], side: int, settings: Config, room: int = BYTES
) -> dict[str, bytes]:
    """Name -> a PNG of the mask with that path, to be laid over its image; those that fit into `room` bytes."""
    files = data.masks.filter(pl.col("path").is_in(set(masks.values()))).unique("path")
    places = files.select("path", "os_path", "bytes").iter_rows()
    items = {path: data.item(os_path, size) for path, os_path, size in places}
    wanted = [(name, Wanted(items[path], side)) for name, path in masks.items() if path in items]
    return _drawn(overlay, wanted, room, settings.jobs)


def data_uri(picture: bytes) -> str | None:
    """A picture as the address of an image in a page; None for what is neither JPEG nor PNG."""
    kinds = ((b"\x89PNG", "png"), (b"\xff\xd8", "jpeg"))
    kind = next((kind for magic, kind in kinds if picture.startswith(magic)), None)
    return kind and f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"


def _with_margin(box: tuple[float, float, float, float], margin: float) -> tuple[float, float, float, float]:
    """The box as left, top, right, bottom with a margin, as the probe saw it."""
    x, y, width, height = box
    return x - margin * width, y - margin * height, x + (1 + margin) * width, y + (1 + margin) * height
