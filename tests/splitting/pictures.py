"""Datasets to be dealt out: pictures that differ, copies, and videos whose frames look alike."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from datalint.config.settings import Config

CONFIG = Config(isolated=True, no_cache=True, jobs=1)


def picture(seed: int, frame: int = 0) -> Image.Image:
    """Coarse coloured patches of 64 x 48 pixels; frames of one seed differ a little."""
    patches = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    image = Image.fromarray(patches).resize((64, 48), Image.Resampling.BICUBIC)
    if frame:
        noise = np.random.default_rng(1000 * seed + frame).integers(-12, 13, (48, 64, 3))
        moved = np.roll(np.asarray(image).astype(int), 3 * frame, axis=1) + noise
        image = Image.fromarray(np.clip(moved, 0, 255).astype(np.uint8))
    return image


def folders(root: Path, counts: dict[str, int]) -> Path:
    """Class folders."""
    seed = 0
    for name, count in counts.items():
        (root / name).mkdir(parents=True)
        for number in range(count):
            seed += 1
            picture(seed).save(root / name / f"{name.rpartition('/')[2]}-{number:03}.png")
    return root


def yolo(root: Path, images: int = 20) -> Path:
    """One folder of images, every fifth without an object."""
    (root / "images").mkdir(parents=True)
    (root / "labels").mkdir()
    (root / "data.yaml").write_text(
        "path: /nowhere/there\ntrain: images\nval: images\nnc: 2\nnames: [cat, dog]\nchannels: 3\n"
    )
    for number in range(images):
        picture(number + 1).save(root / f"images/{number:03}.png")
        line = f"{number % 2} 0.5 0.5 0.25 0.50\r\n" if number % 5 else ""
        (root / f"labels/{number:03}.txt").write_bytes(line.encode())
    return root


def coco(root: Path, first: int = 0, images: int = 20, name: str = "annotations.json", folder: str = "images") -> Path:
    """One label file; its numbers are spelled oddly."""
    (root / folder).mkdir(parents=True, exist_ok=True)
    names = [f"{number:03}.png" for number in range(first, first + images)]
    for number, file in enumerate(names, first):
        picture(number + 1).save(root / folder / file)
    records = ", ".join(
        f'{{"id": {n}, "file_name": "{file}", "width": 64, "height": 48}}' for n, file in enumerate(names, 1)
    )
    objects = ", ".join(
        f'{{"id": {n}, "image_id": {n}, "category_id": {1 + n % 2}, "bbox": [4.00, 5, 2.0e1, 30], "area": 600.0}}'
        for n in range(1, images + 1)
    )
    classes = json.dumps([{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}])
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    lists = f'"images": [{records}], "annotations": [{objects}], "categories": {classes}'
    (root / name).write_bytes(b"\xef\xbb\xbf" + f'{{"info": {{"version": 1.50}}, {lists}}}'.encode())
    return root
