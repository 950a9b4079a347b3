"""The same small dataset in every format whose records can be edited: three images of 64 x 48 pixels and a few boxes.

Boxes are given as left, top, right, bottom in pixels. Files are spelled as people and programs do: odd numbers,
a byte order mark, line ends of Windows, keys in any order.
"""

from __future__ import annotations

import json
from pathlib import Path

from PIL import Image

WIDTH, HEIGHT = 64, 48
Box = tuple[float, float, float, float]
#: Image -> its boxes of the class cat.
GOOD: dict[str, list[Box]] = {
    "a.png": [(4, 5, 24.5, 30), (30, 6, 50, 40)],
    "b.png": [(10, 12, 40, 44)],
    "c.png": [(2, 3, 20, 21)],
}
FORMATS = ("coco", "yolo", "voc", "labelme", "cvat", "createml", "csv", "jsonl")


def pictures(folder: Path, names: list[str]) -> None:
    """Pictures that differ from each other."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        image = Image.effect_noise((WIDTH, HEIGHT), 40 + 30 * (number % 5)).convert("RGB")
        image.putpixel((number % WIDTH, number // WIDTH), (255, 0, 0))
        image.save(folder / name, "PNG" if name.endswith(".jpg") else None)


def write(form: str, root: Path, boxes: dict[str, list[Box]]) -> Path:
    """A dataset in one of FORMATS; its root."""
    pictures(root / "images", list(boxes))
    globals()[f"_{form}"](root, boxes)
    return root


def _coco(root: Path, boxes: dict[str, list[Box]]) -> None:
    numbers = {name: number for number, name in enumerate(boxes, 1)}
    images = [f'{{"id": {n}, "file_name": "{name}", "width": 64, "height": 48}}' for name, n in numbers.items()]
    rows = [(numbers[name], box) for name in boxes for box in boxes[name]]
    records = [
        f'    {{"iscrowd": 0, "bbox": [{x:.1f}, {y}, {r - x:.2f}, {b - y}], "id": {n}, "image_id": {i}, '
        f'"area": {(r - x) * (b - y):.3f}, "category_id": 1}}'
        for n, (i, (x, y, r, b)) in enumerate(rows, 1)
    ]
    text = (
        '{ "info": {"version": 1.50e0},\n  "images": ['
        + ",\r\n   ".join(images)
        + '],\n  "annotations": [\n'
        + ",\n".join(records)
        + '\n  ],\n\t"categories": [{"name": "cat", "id": 1}]}\n'
    )
    (root / "annotations.json").write_bytes(b"\xef\xbb\xbf" + text.encode())


def _yolo(root: Path, boxes: dict[str, list[Box]]) -> None:
    (root / "labels").mkdir()
    (root / "data.yaml").write_text("path: .\ntrain: images\nval: images\nnames:\n  0: cat\n")
    for name, of in boxes.items():
        lines = [
            f"0 {(x + r) / 2 / WIDTH:.6f} {(y + b) / 2 / HEIGHT:.6f}  {(r - x) / WIDTH:.6f} {(b - y) / HEIGHT:.6f}\r\n"
            for x, y, r, b in of
        ]
        (root / "labels" / name).with_suffix(".txt").write_bytes("".join(lines).encode())


def _voc(root: Path, boxes: dict[str, list[Box]]) -> None:
    (root / "annotations").mkdir()
    for name, of in boxes.items():
        objects = "".join(
            f"  <object>\n    <name>cat</name>\n    <bndbox><xmin>{x}</xmin><ymin>{y}</ymin>\n"
            f"      <xmax>{r}</xmax><ymax>{b}</ymax></bndbox>\n  </object>\n"
            for x, y, r, b in of
        )
        text = (
            f"<annotation>\n  <!-- by hand -->\n  <filename>{name}</filename>\n"
            f"  <size><width>64</width><height>48</height><depth>3</depth></size>\n{objects}</annotation>\n"
        )
        (root / "annotations" / name).with_suffix(".xml").write_text(text)


def _labelme(root: Path, boxes: dict[str, list[Box]]) -> None:
    for name, of in boxes.items():
        shapes: list[dict[str, object]] = [
            {"label": "cat", "points": [[x, y], [r, b]], "shape_type": "rectangle", "flags": {}, "group_id": None}
            for x, y, r, b in of
        ]
        document: dict[str, object] = {"version": "5.0.1", "flags": {}, "shapes": shapes, "imagePath": name,
                                       "imageData": None, "imageHeight": HEIGHT, "imageWidth": WIDTH}  # fmt: skip
        (root / "images" / name).with_suffix(".json").write_text(json.dumps(document, indent=2))


def _cvat(root: Path, boxes: dict[str, list[Box]]) -> None:
    images = ""
    for number, (name, of) in enumerate(boxes.items()):
        rows = "".join(
            f'    <box label="cat" occluded="0" xtl="{x:.2f}" ytl="{y}" xbr="{r:.2f}" ybr="{b}">\n    </box>\n'
            for x, y, r, b in of
        )
        images += f'  <image id="{number}" name="{name}" width="64" height="48">\n{rows}  </image>\n'
    text = f'<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n{images}</annotations>\n'
    (root / "annotations.xml").write_text(text)


def _createml(root: Path, boxes: dict[str, list[Box]]) -> None:
    document = [
        {
            "image": name,
            "annotations": [
                {
                    "label": "cat",
                    "coordinates": {"x": (x + r) / 2, "y": (y + b) / 2, "width": r - x, "height": b - y},
                }
                for x, y, r, b in of
            ],
        }
        for name, of in boxes.items()
    ]
    (root / "images" / "_annotations.createml.json").write_text(json.dumps(document))


def _csv(root: Path, boxes: dict[str, list[Box]]) -> None:
    rows = [
        f'{name},"cat",{x},{r},{y},{b},"a note, with a comma"\r\n' for name, of in boxes.items() for x, y, r, b in of
    ]
    text = "filename,class,xmin,xmax,ymin,ymax,note\r\n" + "".join(rows)
    (root / "images" / "_annotations.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())


def _jsonl(root: Path, boxes: dict[str, list[Box]]) -> None:
    rows = [
        json.dumps(
            {
                "file_name": name,
                "objects": {"bbox": [[x, y, r - x, b - y] for x, y, r, b in of], "categories": ["cat"] * len(of)},
            }
        )
        for name, of in boxes.items()
    ]
    (root / "images" / "metadata.jsonl").write_text("\n".join(rows))
