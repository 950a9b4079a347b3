"""COCO files to test with, and what is read of them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from datalint.config.settings import Config
from datalint.dataset.assembly.annotations import Annotations
from datalint.dataset.files.walk import walk
from datalint.dataset.formats.coco import datasets
from datalint.dataset.formats.coco import file as coco_file
from datalint.dataset.formats.coco.file import Document

SQUARE = [1.0, 1.0, 9.0, 1.0, 9.0, 9.0, 1.0, 9.0]


def document(**changes: Any) -> dict[str, Any]:
    content = {
        "info": {"description": "a test"},
        "images": [
            {"id": 7, "file_name": "a.jpg", "width": 20, "height": 10},
            {"id": 8, "file_name": "b.jpg", "width": 20, "height": 10},
        ],
        "annotations": [
            {"id": 1, "image_id": 7, "category_id": 2, "bbox": [1, 1, 8, 8], "area": 64, "iscrowd": 0,
             "segmentation": [SQUARE]},
            {"id": 2, "image_id": 8, "category_id": 3, "bbox": [0, 0, 2.5, 3], "area": 7.5, "iscrowd": 1},
        ],
        "categories": [{"id": 2, "name": "cat", "supercategory": "pet"}, {"id": 3, "name": "dog"}],
    }  # fmt: skip
    return content | changes


def annotation(**changes: Any) -> dict[str, Any]:
    return {"id": 1, "image_id": 7, "category_id": 2, "bbox": [1, 1, 8, 8]} | changes


def read(root: Path, **files: Any) -> list[Annotations]:
    for name, content in files.items():
        path = root / name.replace("__", "/").replace("_json", ".json").replace("_jpg", ".jpg").replace("_png", ".png")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    place = os.fsencode(root)
    return datasets.read(walk(place, [place], Config()), Config())


def parsed(content: Any, file: str = "labels.json") -> Document:
    """One file, which is of this format."""
    found = coco_file.read(content if isinstance(content, bytes) else json.dumps(content).encode(), file)
    assert found is not None
    return found


def reported(found: Annotations | Document) -> list[tuple[str, str | None, str]]:
    return [(problem.kind, problem.pointer, problem.reason) for problem in found.problems]


def compressed(runs: list[int]) -> str:
    """Runs of a mask as pycocotools' `rleToString` writes them."""
    text = ""
    for place, run in enumerate(runs):
        left = run - runs[place - 2] if place > 2 else run
        more = True
        while more:
            code, left = left & 0x1F, left >> 5
            more = left != -1 if code & 0x10 else left != 0
            text += chr((code | 0x20 if more else code) + 48)
    return text
