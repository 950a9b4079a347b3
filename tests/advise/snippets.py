"""Datasets drawn for the advice about them, and its code run as a user would."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from datalint import Report, scan


def folders(root: Path, counts: dict[str, int], size: tuple[int, int] = (96, 80), **drawing: Any) -> Path:
    """Class folders with so many pictures each; `size` is width, height."""
    for number, (name, many) in enumerate(counts.items()):
        (root / name).mkdir(parents=True)
        for at in range(many):
            picture(1000 * number + at, size, **drawing).save(root / name / f"{at:03}.png")
    return root


def picture(seed: int, size: tuple[int, int], mode: str = "RGB", most: int = 65535) -> Image.Image:
    """Blocks of chance."""
    rng = np.random.default_rng(seed)
    across, down = size
    if mode == "I;16":
        coarse = rng.integers(most // 8, most + 1, (4, 4)).astype(np.uint16)
        return Image.fromarray(np.kron(coarse, np.ones((-(-down // 4), -(-across // 4)), np.uint16))[:down, :across])
    coarse = rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.NEAREST).convert(mode)


def boxes(root: Path, images: int = 12, side: int = 40, most: int = 3) -> Path:
    """COCO: pictures of 320x240 pixels with boxes of `side` pixels, up to `most` in one."""
    (root / "images").mkdir(parents=True)
    document: dict[str, list[dict[str, Any]]] = {
        "images": [],
        "annotations": [],
        "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
    }
    for at in range(images):
        picture(at, (320, 240)).save(root / "images" / f"{at:03}.jpg")
        document["images"].append({"id": at, "file_name": f"{at:03}.jpg", "width": 320, "height": 240})
        document["annotations"] += [
            {
                "id": len(document["annotations"]) + number,
                "image_id": at,
                "category_id": 1 + (at + number) % 2,
                "bbox": [5 + 3 * number, 7 + at, side, side],
                "area": side * side,
                "iscrowd": 0,
            }
            for number in range(1 + at % most)
        ]
    (root / "instances.json").write_text(json.dumps(document), "utf-8")
    return root


def scanned(root: Path, **options: Any) -> Report:
    """A report without the probe."""
    settings: dict[str, Any] = {"ignore": ["DL9"], "isolated": True, "jobs": 0} | options
    return scan(root, **settings)


def run(report: Report, change: Callable[[str], str] = str) -> dict[str, Any]:
    """The names that the program for PyTorch defines, after it ran."""
    code = change(report.advice.program())
    namespace: dict[str, Any] = {"__name__": "advice"}
    exec(compile(code, "advice.py", "exec"), namespace)
    return namespace
