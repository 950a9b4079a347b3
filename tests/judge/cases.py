"""Rules and pictures that show how rows become findings."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import polars as pl
from PIL import Image

from datalint import Confidence, Dataset, Need, Rule, Severity, option
from datalint.config.settings import Config

SETTINGS = Config(isolated=True)


class Every(Rule):
    """Flags every image."""

    code, name, since = "TEST001", "every-image", "1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs: ClassVar[tuple[Need, ...]] = (Need.FILES,)
    message = "{bytes} bytes, {unknown:.1f} of nothing"
    hint = "look at {extension}"

    at_least = option(0, "Smallest size.", low=0)

    def check(self, data: Dataset) -> pl.LazyFrame:
        found = data.images.filter(pl.col("bytes") >= self.at_least)
        return found.select("path", "bytes", "extension", unknown=pl.lit(None, pl.Float64))


class Louder(Rule):
    """Flags the first two images as one."""

    code, name, since = "TEST002", "louder", "1.0"
    severity, confidence = Severity.NOTE, Confidence.LOW
    needs: ClassVar[tuple[Need, ...]] = (Need.FILES,)
    message = "two together"

    def check(self, data: Dataset) -> pl.DataFrame:
        paths = data.table("images")["path"].to_list()
        return pl.DataFrame({"path": [paths[0]], "related": [[paths[1]]], "severity": ["error"]})


class Quieter(Every):
    """Flags every image that nobody else spoke of."""

    code, name = "TEST003", "quieter"
    yields_to = ("louder",)


def drawn(folder: Path) -> Path:
    """Three pictures of one class."""
    for number in range(3):
        path = folder / "cat" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.effect_noise((40 + number, 40), 50).save(path)
    return folder
