"""Label files that are tables: of classes, and of boxes."""

from __future__ import annotations

import io
import json
from typing import Any

import polars as pl

from tools.fuzz.seeds.label_sets import LabelSet, as_json, one

_LABELS = pl.DataFrame(
    {
        "file_name": ["images/a{d}.png", "images/b{d}.png"],
        "label": ["cat", "dog"],
        "label_id": [0, 1],
        "split": ["train", "val"],
    }
)
_TAGS = pl.DataFrame({"image": ["a{d}", "b{d}"], "tags": ["cat|dog", "dog"]})
_ONE_HOT = pl.DataFrame({"filename": ["a{d}.png", "b{d}.png"], "cat": [1, 0], "dog": [0, 1], "fox": [0, 0]})
_TF = pl.DataFrame(
    {
        "filename": ["a{d}.png", "a{d}.png", "b{d}.png"], "width": [32, 32, 32], "height": [24, 24, 24],
        "class": ["cat", "dog", "cat"], "xmin": [1, 3, 2], "ymin": [1, 4, 2], "xmax": [9, 20, 30], "ymax": [9, 19, 22],
    }
)  # fmt: skip
_KAGGLE = pl.DataFrame(
    {
        "image_id": ["a{d}", "a{d}", "b{d}"],
        "width": [32] * 3,
        "height": [24] * 3,
        "bbox": ["[1, 1, 8, 8]", "[3, 4, 9, 9]", "[]"],
    }
)
_CENTRES = pl.DataFrame(
    {
        "path": ["a{d}.png", "b{d}.png"],
        "cx": [0.5, 0.4],
        "cy": [0.5, 0.4],
        "w": [0.25, 0.5],
        "h": [0.25, 0.5],
        "label": ["x", "y"],
    }
)
_RETINANET = b"images/a{d}.png,1,2,9,11,cat\nimages/b{d}.png,3,4,20,19,dog\nimages/b{d}.png,,,,,\n"
_OBJECTS: list[dict[str, Any]] = [
    {"file_name": "images/a{d}.png", "objects": {"bbox": [[1, 1, 8, 8], [3, 4, 9, 9.5]], "categories": ["cat", "dog"]}},
    {"file_name": "images/b{d}.png", "objects": {"bbox": [], "categories": []}},
]
_LISTS: list[dict[str, Any]] = [
    {"image": "a{d}.png", "boxes": [{"x": 1, "y": 2, "w": 8, "h": 7, "label": "cat"}]},
    {"image": "b{d}.png", "boxes": []},
]
_OPEN_IMAGES = (
    b"ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside\n"
    b"a{d},xclick,/m/01yrx,1,0.1,0.5,0.1,0.5,0,0,0,0,0\nb{d},xclick,/m/0bt9lr,1,0.2,0.9,0.3,0.8,0,1,1,0,0\n"
)
_RLE = b"ImageId,ClassId,EncodedPixels\na{d}.png,1,26 4 50 4 74 4\na{d}.png,2,700 60\nb{d}.png,1,\nb{d}.png,2,-1\n"
_RLE_OF_BOTH = b"Image_Label,EncodedPixels\na{d}.png_Fish,26 4 50 4\na{d}.png_Sugar,\nb{d}.png_Fish,700 60\n"
_LOC = b"ImageId,PredictionString\na{d},n01440764 1 2 9 11 n01440764 3 4 20 19 \nb{d},n01443537 0 0 31 23 \n"
_DEEPLABCUT = (
    b"scorer,me,me,me,me\nbodyparts,nose,nose,tail,tail\ncoords,x,y,x,y\n"
    b"images/a{d}.png,1.5,2.5,3,4\nimages/b{d}.png,,,5,6\n"
)
_DEEPLABCUT_OF_SEVERAL = (
    b"scorer,,me,me,me,me\nindividuals,,m1,m1,m2,m2\nbodyparts,,nose,nose,nose,nose\ncoords,,x,y,x,y\n"
    b"images,a{d}.png,1.5,2.5,3,4\nimages,b{d}.png,,,,\n"
)
_OPEN_LABELS = b"ImageID,Source,LabelName,Confidence\na{d},verification,/m/01yrx,1\nb{d},verification,/m/0bt9lr,0\n"
_DESCRIPTIONS = b"/m/01yrx,Cat\n/m/0bt9lr,Dog\n"


def _lines(rows: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def _parquet(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.write_parquet(out, compression="uncompressed", use_pyarrow=False)
    return out.getvalue()


def _of_shared_images(name: str, structure: str, data: bytes) -> LabelSet:
    """Tables in folders of their own that all name the same images: of tables in one folder, 50 of a kind are read, and
    of many images a table must name more than two."""
    made = one(name, structure, data)
    files = {path: content for path, content in made.files.items() if path != name}
    return LabelSet({**files, f"tables/{{n}}/{name}": data}, {f"tables/{{n}}/{name}": structure})


def _open_images() -> LabelSet:
    made = one("train-annotations-bbox.csv", "csv", _OPEN_IMAGES)
    more = {"train-imagelabels.csv": _OPEN_LABELS, "class-descriptions-boxable.csv": _DESCRIPTIONS}
    return LabelSet(made.files | more, made.damaged | dict.fromkeys(more, "csv"))


#: Format -> its datasets.
SETS: dict[str, list[LabelSet]] = {
    "table": [
        _of_shared_images("labels.csv", "csv", _LABELS.write_csv().encode()),
        _of_shared_images("train.tsv", "csv", _LABELS.write_csv(separator="\t").encode()),
        _of_shared_images("tags.csv", "csv", _TAGS.write_csv().encode()),
        _of_shared_images("one_hot.csv", "csv", _ONE_HOT.write_csv().encode()),
        _of_shared_images("metadata.jsonl", "jsonl", _lines(_LABELS.to_dicts())),
        _of_shared_images("labels.json", "json", as_json(_LABELS.to_dicts())),
        _of_shared_images("labels.parquet", "parquet", _parquet(_LABELS)),
    ],
    "box-table": [
        one("train_labels.csv", "csv", _TF.write_csv().encode()),
        one("train.csv", "csv", _KAGGLE.write_csv().encode()),
        one("centres.tsv", "csv", _CENTRES.write_csv(separator="\t").encode()),
        one("annotations.csv", "csv", _RETINANET, classes__csv=b"cat,0\ndog,1\n"),
        one("metadata.jsonl", "jsonl", _lines(_OBJECTS)),
        one("boxes.json", "json", as_json(_LISTS)),
        one("boxes.parquet", "parquet", _parquet(_TF)),
        _open_images(),
    ],
    "kaggle-rle": [one("train.csv", "csv", _RLE), one("train.csv", "csv", _RLE_OF_BOTH)],
    "imagenet-loc": [one("LOC_train_solution.csv", "csv", _LOC)],
    "deeplabcut": [
        one("CollectedData_me.csv", "csv", _DEEPLABCUT),
        one("CollectedData_me.csv", "csv", _DEEPLABCUT_OF_SEVERAL),
    ],
}
