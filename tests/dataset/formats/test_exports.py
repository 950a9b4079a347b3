"""What exports of tools share, and their whole way through a scan: silent where all is right, and only there.

Each set has eight images of 64 x 48 pixels with one object each; `bad` is what its file says of one of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import datalint
from datalint.dataset.formats import exports

COUNT = 8
CLASSES = ("cat", "dog")
Item = dict[str, Any]
#: Name of the image, its class, and its box in pixels: left, top, width, height.
Object = tuple[str, Any, list[float]]


def pictures(root: Path, names: list[str]) -> None:
    for number, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(number).integers(0, 256, (6, 8, 3), np.uint8)
        fine = np.random.default_rng(number + 99).integers(-9, 9, (48, 64, 3))
        Image.fromarray(np.clip(noise.repeat(8, 0).repeat(8, 1) + fine, 0, 255).astype(np.uint8)).save(root / name)


def lines(*values: Any) -> str:
    return "".join(json.dumps(value) + "\n" for value in values)


def shares(box: list[float]) -> list[float]:
    return [box[0] / 64, box[1] / 48, box[2] / 64, box[3] / 48]


def ultralytics(objects: list[Object]) -> dict[str, str]:
    head: Item = {"type": "dataset", "task": "detect", "class_names": dict(enumerate(CLASSES))}
    images = []
    for name, cls, box in objects:
        number = CLASSES.index(cls) if cls in CLASSES else 7
        x, y, w, h = shares(box)
        drawn = {"boxes": [[number, x + w / 2, y + h / 2, w, h]]}
        images.append({"type": "image", "file": name, "width": 64, "height": 48, "annotations": drawn})
    return {"set.ndjson": lines(head, *images)}


def labelbox(objects: list[Object]) -> dict[str, str]:
    rows = []
    for name, cls, (x, y, w, h) in objects:
        label = {
            "annotations": {"objects": [{"name": cls, "bounding_box": {"left": x, "top": y, "width": w, "height": h}}]}
        }
        about = {"data_row": {"external_id": name}, "media_attributes": {"width": 64, "height": 48}}
        rows.append({**about, "projects": {"p": {"labels": [label]}}})
    return {"export.ndjson": lines(*rows)}


def darwin(objects: list[Object]) -> dict[str, str]:
    files = {}
    for number, (name, cls, (x, y, w, h)) in enumerate(objects):
        slots = [{"slot_name": "0", "width": 64, "height": 48}]
        drawn = {"name": cls, "bounding_box": {"x": x, "y": y, "w": w, "h": h}}
        item = {"name": name, "path": "/", "slots": slots}
        files[f"annotations/{number}.json"] = json.dumps({"version": "2.0", "item": item, "annotations": [drawn]})
    return files


def superannotate(objects: list[Object]) -> dict[str, str]:
    files = {"classes/classes.json": json.dumps([{"id": at, "name": name} for at, name in enumerate(CLASSES)])}
    for number, (name, cls, (x, y, w, h)) in enumerate(objects):
        drawn = {"type": "bbox", "className": cls, "points": {"x1": x, "y1": y, "x2": x + w, "y2": y + h}}
        metadata = {"name": name, "width": 64, "height": 48, "isPredicted": False}
        files[f"images/{number}.jpg.json"] = json.dumps({"metadata": metadata, "instances": [drawn]})
    return files


def sagemaker(objects: list[Object]) -> dict[str, str]:
    records = []
    for name, cls, (x, y, w, h) in objects:
        number = CLASSES.index(cls) if cls in CLASSES else 7
        drawn = {"class_id": number, "left": x, "top": y, "width": w, "height": h}
        about = {"class-map": dict(enumerate(CLASSES)), "type": "groundtruth/object-detection"}
        answer = {"image_size": [{"width": 64, "height": 48, "depth": 3}], "annotations": [drawn]}
        records.append({"source-ref": f"s3://bucket/images/{name}", "box": answer, "box-metadata": about})
    return {"output.manifest": lines(*records)}


def fiftyone_labels(objects: list[Object]) -> dict[str, str]:
    labels = {name[:-4]: [{"label": cls, "bounding_box": shares(box)}] for name, cls, box in objects}
    return {"labels.json": json.dumps({"classes": CLASSES, "labels": labels})}


def fiftyone_samples(objects: list[Object]) -> dict[str, str]:
    samples = []
    for name, cls, box in objects:
        drawn = {"_cls": "Detection", "label": cls, "bounding_box": shares(box)}
        about = {"filepath": f"images/{name}", "metadata": {"_cls": "ImageMetadata", "width": 64, "height": 48}}
        samples.append({**about, "ground_truth": {"_cls": "Detections", "detections": [drawn]}})
    return {"samples.json": json.dumps({"samples": samples})}


def datumaro(objects: list[Object]) -> dict[str, str]:
    items = []
    for name, cls, box in objects:
        drawn = {"type": "bbox", "label_id": CLASSES.index(cls) if cls in CLASSES else 7, "bbox": box}
        items.append({"id": name[:-4], "annotations": [drawn], "image": {"path": name, "size": [48, 64]}})
    labels = {"label": {"labels": [{"name": name} for name in CLASSES]}}
    return {"annotations/default.json": json.dumps({"dm_format_version": "1.0", "categories": labels, "items": items})}


def cityscapes(objects: list[Object]) -> dict[str, str]:
    files = {}
    for name, cls, (x, y, w, h) in objects:
        outline = [[x, y], [x + w, y], [x + w, y + h], [x, y + h]]
        content = {"imgHeight": 48, "imgWidth": 64, "objects": [{"label": cls, "polygon": outline}]}
        files[f"gtFine/{name[:-4]}_gtFine_polygons.json"] = json.dumps(content)
    return files


#: Format -> how its files are written; whether it declares the classes.
SETS: dict[str, tuple[Callable[[list[Object]], dict[str, str]], bool]] = {
    "ultralytics-ndjson": (ultralytics, True),
    "labelbox": (labelbox, False),
    "darwin": (darwin, False),
    "superannotate": (superannotate, False),
    "cityscapes": (cityscapes, False),
    "sagemaker": (sagemaker, True),
    "fiftyone labels": (fiftyone_labels, True),
    "fiftyone samples": (fiftyone_samples, False),
    "datumaro": (datumaro, True),
}


def found(root: Path, name: str, **bad: Any) -> tuple[datalint.Report, list[str]]:
    """The report of a set in which the object of the third image is as `bad` says; codes of errors and warnings."""
    names = [f"{number}.jpg" for number in range(COUNT)]
    objects: list[Object] = [(one, CLASSES[at % 2], [3.0 + at, 4, 20 + at, 15 + at]) for at, one in enumerate(names)]
    objects[2] = (bad.get("image", names[2]), bad.get("cls", CLASSES[0]), bad.get("box", objects[2][2]))
    pictures(root, [f"images/{one}" for one in names])
    for path, content in SETS[name][0](objects).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)
    report = datalint.scan(root, ignore=["DL9"], isolated=True)
    loud = [one for one in report if one.severity != "note"]
    return report, sorted({one.code for one in loud})


@pytest.mark.parametrize("name", SETS)
def test_what_is_right_has_no_finding(tmp_path: Path, name: str) -> None:
    report, codes = found(tmp_path, name)
    assert codes == []
    tables = report.tables
    assert tables["boxes"].height + tables["polygons"].height == COUNT


@pytest.mark.parametrize("name", SETS)
def test_a_box_outside_of_its_image(tmp_path: Path, name: str) -> None:
    _, codes = found(tmp_path, name, box=[50, 4, 30, 15])
    assert codes == (["DL808"] if name == "cityscapes" else ["DL801"])


@pytest.mark.parametrize("name", [name for name in SETS if name not in ("superannotate", "darwin")])
def test_an_image_that_is_not_there(tmp_path: Path, name: str) -> None:
    """Of the others the image of the file's own name is taken."""
    _, codes = found(tmp_path, name, image="gone.jpg")
    assert "DL402" in codes


@pytest.mark.parametrize("name", [name for name, (_, declares) in SETS.items() if declares])
def test_a_class_that_is_not_declared(tmp_path: Path, name: str) -> None:
    report, codes = found(tmp_path, name, cls="cow")
    assert codes == ["DL810"]
    (finding,) = [one for one in report if one.code == "DL810"]
    assert finding.file is not None


@pytest.mark.parametrize("name", ["ultralytics-ndjson", "fiftyone labels", "fiftyone samples"])
def test_pixels_in_place_of_shares(tmp_path: Path, name: str) -> None:
    _, codes = found(tmp_path, name, box=[3 * 64, 4 * 48, 20 * 64, 15 * 48])
    assert codes == ["DL812"]


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ("s3://bucket/a/b.jpg", "a/b.jpg"),
        ("https://x.org/a%20b.jpg?Signature=1", "a b.jpg"),
        ("a/b.jpg", "a/b.jpg"),
        ("http://[bad/a.jpg", "http://[bad/a.jpg"),
    ],
)
def test_the_path_in_a_url(said: str, path: str) -> None:
    assert exports.path_in(said) == path
