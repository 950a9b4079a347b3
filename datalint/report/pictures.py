"""The small pictures of the HTML report: which images are shown, and their decoding.

Pictures are shown in the stored orientation, as boxes and sizes are given and as most training loaders read them; an
EXIF orientation is given in words beside the picture.
"""

from __future__ import annotations

import io
import json
import warnings
from typing import TYPE_CHECKING, NamedTuple

import polars as pl
from PIL import Image

from datalint.report import comparison
from datalint.rule import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from datalint.report import Report

#: Longest side of a picture, in pixels: sharp at the report's 160 on a dense screen.
SIDE = 224
#: The same of one that a person compares with others, and of those others.
LARGE, SMALL = 320, 128
QUALITY = 72
#: Up to this side a picture is PNG: JPEG's blocks would hide what a tiny image shows.
TINY = 64
#: Findings that get pictures, per rule; and pictures in the whole report.
PER_RULE = 120
PICTURES = 400
#: Pictures that others are compared with, in the whole report.
BESIDE = 900
#: Findings of a rule that have all of those beside them; the later ones have the first of either class.
FULL = 48
#: Bytes of all pictures together, before base64.
BYTES = 6_000_000
#: Pictures beside a finding's own, from its `related`.
RELATED = 3

_NOT_DECODABLE = ("empty", "lfs-pointer", "not-an-image", "oversized", "truncated", "unreadable", "missing")


def chosen(report: Report) -> dict[str, int]:
    """The images to show and the longest sides of their pictures, the most wanted first.

    Every rule's worst finding, then every second worst ...: at most PICTURES paths that findings are about, and BESIDE
    that those are compared with. Images that are known not to decode are left out.
    """
    turns = list(_turns(report.findings))
    named = {path for turn in turns for path in (*turn.about, *turn.beside)}
    images = report.dataset.table("images").filter(pl.col("path").is_in(named))
    decodable = set(images.filter(~pl.col("status").is_in(_NOT_DECODABLE).fill_null(False))["path"])
    sides: dict[str, int] = {}
    about, beside = PICTURES, BESIDE
    for turn in turns:
        own = [path for path in turn.about if path in decodable]
        about -= len(set(own).difference(sides))
        if about < 0:
            break
        for path in own:
            sides[path] = max(sides.get(path, 0), LARGE if turn.beside else SIDE)
        others = [path for path in turn.beside if path in decodable and path not in sides]
        if len(others) <= beside:
            beside -= len(others)
            sides.update(dict.fromkeys(others, SMALL))
    return sides


def worst(findings: pl.DataFrame) -> pl.DataFrame:
    """`findings`, worst first within a rule: by severity, then score; those without a score keep their order."""
    rank = {severity.value: severity.rank for severity in Severity}
    return findings.sort(
        pl.col("severity").replace_strict(rank, default=3, return_dtype=pl.Int8),
        pl.col("score").fill_null(0.0).fill_nan(0.0),
        descending=[False, True],
        maintain_order=True,
    )


class _Turn(NamedTuple):
    """The images of one finding."""

    about: list[str]
    beside: list[str]


def _turns(findings: pl.DataFrame) -> Iterator[_Turn]:
    rows = worst(findings).with_columns(turn=pl.int_range(pl.len()).over("code", pl.col("path").is_null()))
    shown = rows.filter(pl.col("turn") < PER_RULE).sort("turn", maintain_order=True)
    for turn, path, related, data in shown.select("turn", "path", "related", "data").iter_rows():
        compared = comparison.of(json.loads(data))
        most = None if turn < FULL else 1
        yield _Turn(
            [] if path is None else [path, *related[:RELATED]],
            [other for paths in compared.beside for other in paths[:most]] if compared else [],
        )


def make(report: Report) -> dict[str, bytes]:
    """Path -> JPEG or PNG bytes of the `chosen` images, as many as fit into BYTES; unreadable ones are left out."""
    sides = chosen(report)
    numbers = report.dataset.table("images").select("path", "image").filter(pl.col("path").is_in(list(sides)))
    image = dict(numbers.iter_rows())
    pictures: dict[str, bytes] = {}
    total = 0
    for path, side in sides.items():
        picture = thumbnail(report.dataset.os_path(image[path]), side)
        if picture is None:
            continue
        total += len(picture)
        if total > BYTES:
            break
        pictures[path] = picture
    return pictures


def thumbnail(file: Path, side: int = SIDE) -> bytes | None:
    """A picture of frame 0 with at most `side` pixels a side, alpha over white; None if the file does not decode.

    PNG up to TINY pixels, else JPEG. Carries no metadata.
    """
    try:
        with warnings.catch_warnings():
            # A picture just under Pillow's limit is slow, not dangerous; above it Pillow raises.
            warnings.simplefilter("ignore")
            with Image.open(file) as image:
                image.draft("RGB", (2 * side, 2 * side))
                picture = _shown(image)
                picture.thumbnail((side, side), Image.Resampling.LANCZOS)
                return _encoded(picture)
    except (OSError, ValueError, SyntaxError, ArithmeticError, EOFError, Image.DecompressionBombError, MemoryError):
        return None


def _shown(image: Image.Image) -> Image.Image:
    """`image` as 8-bit grey or RGB, the way a viewer shows it."""
    if image.mode in ("I;16", "I;16B", "I;16L", "I", "F"):
        samples = image.convert("F")
        bounds = samples.getextrema()
        low, high = (float(bound) for bound in bounds if isinstance(bound, int | float))
        scale = 255.0 / (high - low) if high > low else 0.0
        return samples.point(lambda value: value * scale - low * scale).convert("L")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _encoded(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    if max(picture.size) <= TINY:
        picture.save(stream, format="PNG", optimize=True)
    else:
        picture.save(stream, format="JPEG", quality=QUALITY, optimize=True)
    return stream.getvalue()
