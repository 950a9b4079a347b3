"""Class folders with splits, drawn small: clean, or with pictures of test also in train."""

from __future__ import annotations

import shutil
from pathlib import Path

from datalint import Report, scan
from datalint.config.settings import Config
from fixtures.draw.picture import dataset

RULES = ["DL1", "DL2", "DL5", "DL6", "DL7"]


def drawn(root: Path, leaks: int = 0) -> Path:
    """Ten pictures in train, six in test; the first `leaks` of these are also in train."""
    dataset(root / "train", 10, first=0)
    dataset(root / "test", 6, first=40)
    for number, path in enumerate(sorted((root / "test").rglob("*.jpg"))[:leaks]):
        shutil.copyfile(path, root / "train" / path.parent.name / f"again{number}.jpg")
    return root


def scanned(root: Path, select: list[str] | None = None) -> Report:
    """What the rules about files, copies and splits say of it."""
    return scan(root, select=select or RULES, config=Config(), jobs=0)
