"""What names, folders and EXIF times show about where a picture comes from: one recording, patient, burst or source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from polars import DataFrame

    from datalint import Dataset

SIDES = "one subject seen from several sides"
#: Ways to read a source from a file name without its suffix; each has one group. Mere counters (IMG_0001, cat.12)
#: match none: what stands before the last number must hold a number or an identifier of its own.
PATTERNS = {
    "exported copies of one source": r"^(.+)\.rf\.[0-9a-f]{32}$",
    "augmented copies of one picture": (
        r"^(.*\d.*?)[ _-]+(?:aug(?:mented)?|[hv]?flip(?:ped)?|rot(?:ated?)?|crop(?:ped)?|blur(?:red)?|noisy?|"
        r"bright|dark)[ _-]?\d*$"
    ),
    "one recording": r"^(.*\d.*?)[ _.-]*(?:frame|frm|fr|slice|slc|shot)[ _.-]*\d+$",
    "one numbered source": r"^(.*\d[^\d]*)[_-]\d+$",
    # What Windows makes of several files that are given one name.
    "one numbered name": r"^(.*\S) *\(\d+\)$",
    SIDES: (r"(?i)^(.*\d)[ _.-]*(?:left|right|[lr]|o[ds]|front|back|rear|top|bottom|side|dorsal|ventral|palmar)$"),
}
BURST = "one burst"
FOLDER = "one folder"
#: A part of a path that names a split: train, training, train2017, val, valid, test, test_images.
_SPLIT = r"(?i)(^|/)(?:train|val|valid|dev|test)(?:ing|idation)?(?:[ _-]?(?:set|data|images|\d+))?/"
#: Pictures of a burst follow each other this closely.
_SECONDS = 3


def sources(data: Dataset) -> DataFrame:
    """(pattern, source, image): each readable image under each pattern that its name or time fits."""
    images = data.readable.select(
        "image", "camera", "taken", "path", stem=pl.col("path").str.extract(r"([^/]+)$").str.replace(r"\.[^.]*$", "")
    )
    named = [
        images.select(pl.lit(kind).alias("pattern"), pl.col("stem").str.extract(pattern).alias("source"), "image")
        for kind, pattern in PATTERNS.items()
    ]
    step = pl.col("taken").diff().over("camera").dt.total_milliseconds() > 1000 * _SECONDS
    timed = (
        images.filter(pl.col("taken").is_not_null() & pl.col("camera").is_not_null())
        .sort("camera", "taken", "image")
        .with_columns(burst=step.fill_null(True).cum_sum().over("camera"))
        .with_columns(since=pl.col("taken").min().over("camera", "burst"))
        .select(pl.lit(BURST).alias("pattern"), pl.format("{}, {}", "camera", "since").alias("source"), "image")
    )
    groups = data.folders.filter(pl.col("role") == "group").select(source="path")
    above = images.select("image", source=pl.col("path").str.extract(r"(?s)^(.*)/"))
    higher = above.with_columns(pl.col("source").str.extract(r"(?s)^(.*)/"))
    placed = (
        pl.concat([above, higher])
        .join(groups, on="source", how="semi")
        .select(pl.lit(FOLDER).alias("pattern"), pl.col("source").str.replace(_SPLIT, "${1}"), "image")
    )
    return pl.concat([placed, *named, timed]).filter(pl.col("source").is_not_null()).collect()
