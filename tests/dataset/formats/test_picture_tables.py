"""Tables with the pictures in them: classes by number and name, splits of files, boxes, and what cannot be used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import datalint
from datalint.config.settings import Config
from datalint.dataset import Dataset
from datalint.dataset.discover import discover
from tests.sources.one_dataset import encoded

PICTURE = encoded(np.random.default_rng(1).integers(0, 256, (48, 64, 3), np.uint8))
NAMES = ["cat", "dog", "owl"]


def table(file: Path, columns: dict[str, Any], features: dict[str, Any] | None = None) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    count = len(next(iter(columns.values())))
    frame = pl.DataFrame({"image": [{"bytes": PICTURE, "path": f"{row}.jpg"} for row in range(count)], **columns})
    said = json.dumps({"info": {"features": features}})
    frame.write_parquet(file, metadata=None if features is None else {"huggingface": said})
    return file.parent


def read(root: Path, **settings: Any) -> Dataset:
    return discover([root], Config(jobs=0, **settings))


def labels(data: Dataset) -> list[tuple[str, str, int | None]]:
    return data.table("labels").select("path", "class", "class_id").sort("path").rows()


@pytest.mark.parametrize(
    ("column", "values", "features", "expected"),
    [
        ("label", [2, 0], {"label": {"_type": "ClassLabel", "names": NAMES}}, [("owl", 2), ("cat", 0)]),
        ("kind", [2, 0], {"kind": {"_type": "ClassLabel", "names": NAMES}}, [("owl", 2), ("cat", 0)]),
        ("label", [2, 0], None, [("2", 2), ("0", 0)]),
        ("labels", ["owl", "cat"], None, [("owl", None), ("cat", None)]),
        ("fine_label", [1, 1], None, [("1", 1), ("1", 1)]),
        ("label", [1, -1], {"label": {"_type": "ClassLabel", "names": NAMES}}, [("dog", 1)]),
        ("label", [1, None], {"label": {"_type": "ClassLabel", "names": NAMES}}, [("dog", 1)]),
    ],
)
def test_a_column_of_classes(
    tmp_path: Path, column: str, values: list[Any], features: dict[str, Any] | None, expected: list[tuple[str, int]]
) -> None:
    data = read(table(tmp_path / "a.parquet", {column: values}, features))
    assert labels(data) == [(f"a.parquet#{row}", *one) for row, one in enumerate(expected)]
    assert data.layouts == ("picture-table",)
    assert data.task == "single"
    assert data.table("problems").is_empty()
    if features:
        assert data.table("classes").select("class", "class_id").rows() == [*zip(NAMES, range(3), strict=True)]


def test_several_classes_of_a_picture(tmp_path: Path) -> None:
    features = {"labels": {"feature": {"_type": "ClassLabel", "names": NAMES}, "_type": "Sequence"}}
    data = read(table(tmp_path / "a.parquet", {"labels": [[0, 2], [1], []]}, features))
    assert labels(data) == [("a.parquet#0", "cat", 0), ("a.parquet#0", "owl", 2), ("a.parquet#1", "dog", 1)]
    assert data.task == "multi"


def test_a_number_that_is_not_declared(tmp_path: Path) -> None:
    data = read(table(tmp_path / "a.parquet", {"label": [0, 7]}, {"label": {"_type": "ClassLabel", "names": NAMES}}))
    assert data.table("problems").select("kind", "file", "path", "reason").rows() == [
        ("unknown-category", "a.parquet", "a.parquet#1", "the class 7 is not among the 3 that are declared")
    ]


def test_the_config_names_the_column(tmp_path: Path) -> None:
    root = table(tmp_path / "a.parquet", {"label": [0, 1], "breed": ["tabby", "pug"]})
    assert [name for _, name, _ in labels(read(root, label_column="breed"))] == ["tabby", "pug"]
    assert labels(read(root, label_column="")) == []


@pytest.mark.parametrize(
    "names",
    [
        ("train-00000-of-00001.parquet", "test-00000-of-00001.parquet"),
        ("data/train-00000-of-00002.parquet", "data/test-00001-of-00002.parquet"),
        ("default/train/0000.parquet", "default/test/0000.parquet"),
        ("cifar10-train.parquet", "cifar10-test.parquet"),
    ],
)
def test_splits_of_files_and_folders(tmp_path: Path, names: tuple[str, str]) -> None:
    for name in names:
        table(tmp_path / name, {"label": [0, 1]}, {"label": {"_type": "ClassLabel", "names": NAMES}})
    data = read(tmp_path)
    paths = dict(data.table("images").select("image", "path").iter_rows())
    found = {paths[image]: split for image, split in data.table("splits").iter_rows()}
    assert found == {
        f"{name}#{row}": split for name, split in zip(names, ("train", "test"), strict=True) for row in (0, 1)
    }
    assert data.table("labels").height == 4
    assert data.table("classes").height == 3


OBJECTS: dict[str, list[Any]] = {
    "bbox": [[1.0, 2.0, 30.0, 20.0], [3.0, 4.0, 5.0, 6.0]],
    "category": [2, 0],
    "id": [7, 8],
    "area": [600.0, 30.0],
}


@pytest.mark.parametrize("as_list", [False, True])
def test_boxes(tmp_path: Path, as_list: bool) -> None:
    items = [{key: value[at] for key, value in OBJECTS.items()} for at in range(2)]
    inner = {"category": {"feature": {"_type": "ClassLabel", "names": NAMES}, "_type": "Sequence"}}
    cell: Any = items if as_list else OBJECTS
    data = read(
        table(tmp_path / "a.parquet", {"objects": [cell]}, {"objects": {"feature": inner, "_type": "Sequence"}})
    )
    assert data.table("boxes").select("path", "class", "class_id", "raw", "unit", "id", "area").rows() == [
        ("a.parquet#0", "owl", 2, [1.0, 2.0, 30.0, 20.0], "xywh-pixels", "7", 600.0),
        ("a.parquet#0", "cat", 0, [3.0, 4.0, 5.0, 6.0], "xywh-pixels", "8", 30.0),
    ]


def test_a_box_that_cannot_be_used(tmp_path: Path) -> None:
    objects = {"bbox": [[1.0, 2.0], [3.0, 4.0, 5.0, 6.0]], "category": ["cat", "cat"]}
    data = read(table(tmp_path / "a.parquet", {"objects": [objects]}))
    assert data.table("boxes").height == 1
    assert data.table("problems")["reason"].to_list() == ["a box is not a list of 4 numbers"]


def test_a_whole_scan_of_a_table_with_a_bad_box(tmp_path: Path) -> None:
    objects = {"bbox": [[1.0, 2.0, 300.0, 20.0]], "category": ["cat"]}
    root = table(tmp_path / "a.parquet", {"objects": [objects]})
    report = datalint.scan(root, select=["DL801"], isolated=True, no_cache=True, jobs=0)
    assert report.findings.select("code", "path", "file").rows() == [("DL801", "a.parquet#0", "a.parquet")]
