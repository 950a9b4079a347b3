"""What it costs to check label files: seconds and peak memory against bare parsers and other tools.

    python benchmarks/labels.py [--datumaro-python VENV/bin/python] [--scale 1.0]

A COCO file of the size of train2017's (118,000 images, 860,000 boxes with polygons, about 390 MB), one of 200,000
persons with 17 keypoints each, an NDJSON file of 100,000 records with eight boxes each, as Ultralytics has them, and
100,000 YOLO files are made in a temporary folder; there are no images. Each contender reads them in a process of its
own. Claims: the COCO file with its polygons is checked in at most 1.25 times
the CPU of a bare `json.load` and in less than 2 GB, at least six times faster than Datumaro imports and validates it;
the keypoints in at most four times the CPU of `json.load`, the records in at most eight times that of `json.loads` line
by line; the YOLO files in less than 15 s of CPU time. Times are
CPU seconds, all threads together, because other load on the machine does not change them much; elapsed seconds stand
beside them. What is not installed is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

IMAGES, BOXES, PERSONS, RECORDS, YOLO = 118_000, 860_000, 200_000, 100_000, 100_000

_SCAN = "from datalint.cli import main; main()"
_JSON = "import json, sys; json.load(open(sys.argv[1], 'rb'))"
_LINES = "import json, sys; kept = [json.loads(line) for line in open(sys.argv[1], 'rb')]"
_MSGSPEC = """
import sys, msgspec
class Image(msgspec.Struct, gc=False):
    id: int; file_name: str; width: int; height: int
class Annotation(msgspec.Struct, gc=False):
    id: int; image_id: int; category_id: int; bbox: list[float]; area: float; iscrowd: int; segmentation: msgspec.Raw
class Category(msgspec.Struct, gc=False):
    id: int; name: str
class Document(msgspec.Struct, gc=False):
    images: list[Image]; annotations: list[Annotation]; categories: list[Category]
msgspec.json.decode(open(sys.argv[1], 'rb').read(), type=Document)
"""
_PYCOCOTOOLS = "import sys; from pycocotools.coco import COCO; COCO(sys.argv[1])"
_DATUMARO = """
import sys, datumaro as dm
from datumaro.plugins.validators import DetectionValidator
dataset = dm.Dataset.import_from(sys.argv[1], 'coco_instances')
dataset.init_cache()
limits = dict(few_samples_thr=1, imbalance_ratio_thr=50, far_from_mean_thr=5.0, dominance_ratio_thr=0.8, topk_bins=0.1)
DetectionValidator(**limits).validate(dataset)
"""


class Cost(NamedTuple):
    """What a process needed."""

    seconds: float
    cpu: float
    peak: float
    """GB"""


def make_coco(file: Path, images: int, boxes: int) -> None:
    """A COCO file: ellipses of 4 to 400 points, log-normally many, within their boxes."""
    rng = np.random.default_rng(0)
    owners = np.sort(rng.integers(0, images, boxes)).tolist()
    categories = rng.integers(1, 81, boxes).tolist()
    lengths = np.clip(rng.lognormal(2.6, 0.75, boxes), 4, 400).astype(int).tolist()
    left, top = rng.uniform(0, 400, boxes).round(2).tolist(), rng.uniform(0, 300, boxes).round(2).tolist()
    width, height = rng.uniform(8, 230, boxes).round(2).tolist(), rng.uniform(8, 170, boxes).round(2).tolist()
    with file.open("w", encoding="utf-8") as out:
        out.write('{"info": {"description": "made by benchmarks/labels.py"}, "licenses": [], "images": [')
        for number in range(images):
            image = {"license": 1, "file_name": f"{number:012d}.jpg", "height": 480, "width": 640, "id": number}
            out.write((", " if number else "") + json.dumps(image))
        out.write('], "annotations": [')
        for number in range(boxes):
            angles = np.linspace(0, 2 * np.pi, lengths[number], endpoint=False)
            points = np.stack([left[number] + width[number] * (0.5 + 0.5 * np.cos(angles)),
                               top[number] + height[number] * (0.5 + 0.5 * np.sin(angles))], axis=1)  # fmt: skip
            polygon = ", ".join([f"{value:.2f}" for value in points.ravel().tolist()])
            area = lengths[number] / 2 * np.sin(2 * np.pi / lengths[number]) * width[number] * height[number] / 4
            out.write(
                f'{", " if number else ""}{{"segmentation": [[{polygon}]], "area": {area:.4f}, "iscrowd": 0, '
                f'"image_id": {owners[number]}, "bbox": [{left[number]}, {top[number]}, {width[number]}, '
                f'{height[number]}], "category_id": {categories[number]}, "id": {number + 1}}}'
            )
        classes = [{"supercategory": "thing", "id": number, "name": f"class {number}"} for number in range(1, 81)]
        out.write(f'], "categories": {json.dumps(classes)}}}')


def make_keypoints(file: Path, images: int, persons: int) -> None:
    """A COCO file of persons with 17 keypoints within their boxes, a third of them not labelled."""
    rng = np.random.default_rng(2)
    names = [f"point {number}" for number in range(17)]
    category = {"id": 1, "name": "person", "keypoints": names, "skeleton": [[1, 2], [2, 3], [16, 17]]}
    owners = np.sort(rng.integers(0, images, persons)).tolist()
    boxes = rng.uniform((0, 0, 40, 60), (400, 300, 230, 170), (persons, 4)).round(2)
    places = boxes[:, None, :2] + rng.uniform(0, 1, (persons, 17, 2)) * boxes[:, None, 2:]
    visible = rng.choice(3, (persons, 17))
    points = np.concatenate([places.astype(int), visible[..., None]], axis=2) * (visible[..., None] > 0)
    with file.open("w", encoding="utf-8") as out:
        entries = [{"file_name": f"{number:012d}.jpg", "height": 480, "width": 640, "id": number}
                   for number in range(images)]  # fmt: skip
        out.write(f'{{"images": {json.dumps(entries)}, "categories": {json.dumps([category])}, "annotations": [')
        for number, (box, numbers) in enumerate(zip(boxes.tolist(), points.reshape(persons, 51).tolist(), strict=True)):
            record = {"num_keypoints": int((visible[number] > 0).sum()), "area": box[2] * box[3] / 2, "iscrowd": 0,
                      "keypoints": numbers, "image_id": owners[number], "bbox": box, "category_id": 1,
                      "id": number + 1}  # fmt: skip
            out.write((", " if number else "") + json.dumps(record))
        out.write("]}")


def make_ndjson(file: Path, records: int) -> None:
    """A file as Ultralytics has them: what the dataset is, and then an image a line, with eight boxes in shares."""
    rng = np.random.default_rng(3)
    names = {str(number): f"class {number}" for number in range(80)}
    with file.open("w", encoding="utf-8") as out:
        out.write(json.dumps({"type": "dataset", "task": "detect", "name": "made", "class_names": names}) + "\n")
        for number in range(records):
            boxes = np.column_stack(
                [rng.integers(0, 80, 8), rng.uniform(0.3, 0.7, (8, 2)), rng.uniform(0.02, 0.5, (8, 2))]
            )
            annotations = {"boxes": [[int(kind), *place] for kind, *place in boxes.round(6).tolist()]}
            image = {"type": "image", "file": f"{number:012d}.jpg", "width": 640, "height": 480, "split": "train"}
            out.write(json.dumps(image | {"annotations": annotations}) + "\n")


def make_yolo(folder: Path, files: int) -> None:
    """Label files of YOLO with eight boxes each, a data file, and no images."""
    rng = np.random.default_rng(1)
    labels = folder / "labels" / "train"
    labels.mkdir(parents=True)
    (folder / "images" / "train").mkdir(parents=True)
    names = ", ".join(f"class{number}" for number in range(80))
    (folder / "data.yaml").write_text(f"path: .\ntrain: images/train\nval: images/train\nnc: 80\nnames: [{names}]\n")
    for number in range(files):
        lines = [
            f"{kind} {0.3 + x:.6f} {0.3 + y:.6f} {w:.6f} {h:.6f}"
            for kind, (x, y, w, h) in zip(rng.integers(0, 80, 8), rng.uniform(0.02, 0.4, (8, 4)), strict=True)
        ]
        (labels / f"{number:012d}.txt").write_text("\n".join(lines) + "\n")


def cost(command: list[str]) -> Cost | None:
    """Runs a command; None if it fails."""
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 1):
            errors.seek(0)
            last = errors.read().decode("utf-8", "replace").strip().splitlines()
            print(f"  failed with {process.returncode}: {last[-1] if last else 'no message'}")
            return None
    unit = 1e9 if sys.platform == "darwin" else 1e6
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)


def has(python: str, module: str) -> bool:
    """Whether an interpreter has a module."""
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
    return subprocess.run([python, "-c", code], check=False, capture_output=True).returncode == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datumaro-python", help="an interpreter that has datumaro", default=sys.executable)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full size")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        coco, yolo = Path(temporary) / "coco", Path(temporary) / "yolo"
        (coco / "annotations").mkdir(parents=True)
        (coco / "images" / "train2017").mkdir(parents=True)
        file = coco / "annotations" / "instances_train2017.json"
        make_coco(file, int(IMAGES * asked.scale), int(BOXES * asked.scale))
        points = Path(temporary) / "points"
        (points / "annotations").mkdir(parents=True)
        (points / "images").mkdir()
        persons = points / "annotations" / "person_keypoints_train2017.json"
        make_keypoints(persons, int(IMAGES * asked.scale), int(PERSONS * asked.scale))
        lines = Path(temporary) / "lines"
        (lines / "images" / "train").mkdir(parents=True)
        make_ndjson(lines / "made.ndjson", int(RECORDS * asked.scale))
        make_yolo(yolo, int(YOLO * asked.scale))
        size = file.stat().st_size / 1e6
        print(f"Python {platform.python_version()}, {os.cpu_count()} CPUs; COCO file of {size:.0f} MB")
        scan = [sys.executable, "-c", _SCAN, "scan", "--isolated", "--select", "DL4,DL8", "--format", "json"]
        runs: dict[str, list[str]] = {
            "datalint scan, COCO": [*scan, str(coco)],
            "json.load": [sys.executable, "-c", _JSON, str(file)],
            "msgspec, typed": [sys.executable, "-c", _MSGSPEC, str(file)],
        }
        if has(sys.executable, "pycocotools"):
            runs["pycocotools COCO()"] = [sys.executable, "-c", _PYCOCOTOOLS, str(file)]
        else:
            print("pycocotools is not installed: left out")
        if has(asked.datumaro_python, "datumaro"):
            runs["Datumaro import, validate"] = [asked.datumaro_python, "-c", _DATUMARO, str(coco)]
        else:
            print("datumaro is not installed (--datumaro-python): left out")
        runs["datalint scan, keypoints"] = [*scan, str(points)]
        runs["json.load, keypoints"] = [sys.executable, "-c", _JSON, str(persons)]
        runs["datalint scan, NDJSON"] = [*scan, str(lines)]
        runs["json.loads, NDJSON"] = [sys.executable, "-c", _LINES, str(lines / "made.ndjson")]
        runs["datalint scan, YOLO"] = [*scan, str(yolo)]
        print(f"{'':28}{'CPU s':>8}{'s':>8}{'GB':>7}")
        costs: dict[str, Cost] = {}
        for name, command in runs.items():
            if (needed := cost(command)) is not None:
                costs[name] = needed
                print(f"{name:28}{needed.cpu:8.1f}{needed.seconds:8.1f}{needed.peak:7.2f}")
        ours = costs.get("datalint scan, COCO")
        if ours is None:
            return
        for name, claim in (("json.load", "at most 1.25"), ("Datumaro import, validate", "at most 0.167")):
            if name in costs:
                print(f"datalint / {name}: {ours.cpu / costs[name].cpu:.2f} (claim: {claim})")
        print(f"datalint's peak: {ours.peak:.2f} GB (claim: under 2)")
        for of, bare, most in (("keypoints", "json.load", 4), ("NDJSON", "json.loads", 8)):
            one, other = costs.get(f"datalint scan, {of}"), costs.get(f"{bare}, {of}")
            if one and other:
                print(f"{of}, datalint / {bare}: {one.cpu / other.cpu:.2f} (claim: at most {most})")
                print(f"{of}, peak: {one.peak:.2f} GB ({bare}: {other.peak:.2f})")
        if "datalint scan, YOLO" in costs:
            print(f"YOLO: {costs['datalint scan, YOLO'].cpu:.1f} s CPU (claim: under 15)")


if __name__ == "__main__":
    main()
