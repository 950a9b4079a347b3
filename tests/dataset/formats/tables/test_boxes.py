"""Tables of boxes: their forms, what their numbers mean, and where they are broken."""

from __future__ import annotations

import json
import random
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from datalint.config.settings import Config
from datalint.dataset.assembly.annotations import Annotations
from datalint.dataset.files.tree import Tree
from datalint.dataset.files.walk import walk
from datalint.dataset.formats.tables import labels
from datalint.dataset.formats.tables.boxes import read

NAMES = ("a.jpg", "b.jpg", "c.jpg", "d.jpg")


def make(root: Path, files: dict[str, str | bytes | pl.DataFrame], names: tuple[str, ...] = NAMES) -> Tree:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    for name, content in files.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, pl.DataFrame):
            content.write_parquet(place)
        else:
            place.write_bytes(content if isinstance(content, bytes) else content.encode())
    return walk(str(root).encode(), [str(root).encode()], Config())


def one(root: Path, files: dict[str, str | bytes | pl.DataFrame], names: tuple[str, ...] = NAMES) -> Annotations:
    (annotations,) = read(make(root, files, names), Config())
    return annotations


def boxes(annotations: Annotations) -> list[tuple[str, str | None, list[float], str]]:
    return list(annotations.boxes.select("path", "class", "raw", "unit").iter_rows())


TF = "filename,width,height,class,xmin,ymin,xmax,ymax\n"


@pytest.mark.parametrize(
    ("name", "text", "unit", "raw"),
    [
        ("t.csv", f"{TF}a.jpg,100,80,cat,1,2,30,40\n", "xyxy-pixels", [1, 2, 30, 40]),
        ("t.csv", "filename,cell_type,xmin,xmax,ymin,ymax\na.jpg,cat,1,30,2,40\n", "xyxy-pixels", [1, 2, 30, 40]),
        ("t.csv", "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;label\na.jpg;90;80;1;2;30;40;cat\n",
         "xyxy-pixels", [1, 2, 30, 40]),
        ("t.csv", "image,x,y,w,h,label\na.jpg,1,2,30,40,cat\n", "xywh-pixels", [1, 2, 30, 40]),
        ("t.csv", "image,x1,y1,width,height,label\na.jpg,1,2,30,40,cat\n", "xywh-pixels", [1, 2, 30, 40]),
        ("t.csv", "image,x_center,y_center,width,height,label\na.jpg,.1,.2,.3,.4,cat\n", "cxcywh-share",
         [0.1, 0.2, 0.3, 0.4]),
        ("t.csv", 'image_id,bbox,label\na,"[50, 20, 30, 10]",cat\n', "xywh-pixels", [50, 20, 30, 10]),
        ("t.csv", "a.jpg,1,2,30,40,cat\n", "xyxy-pixels", [1, 2, 30, 40]),
        ("t.txt", "a.jpg,cat,1,2,30,40\n", "xyxy-pixels", [1, 2, 30, 40]),
        ("t.csv", "file_name,objects\na.jpg,\"{'bbox': [[50, 2, 30, 4]], 'category': ['cat']}\"\n",
         "xywh-pixels", [50, 2, 30, 4]),
        ("m.jsonl", '{"file_name":"a.jpg","objects":{"bbox":[[50,2,30,4]],"category":["cat"]}}', "xywh-pixels",
         [50, 2, 30, 4]),
        ("m.jsonl", '{"file_name":"a.jpg","objects":[{"bbox":[50,2,30,4],"label":"cat"}]}', "xywh-pixels",
         [50, 2, 30, 4]),
        ("m.json", '[{"image":"a.jpg","label":"cat","xmin":1,"ymin":2,"xmax":30,"ymax":40.5}]', "xyxy-pixels",
         [1, 2, 30, 40.5]),
    ],
)  # fmt: skip
def test_forms(tmp_path: Path, name: str, text: str, unit: str, raw: list[float]) -> None:
    annotations = one(tmp_path, {name: text})
    assert boxes(annotations) == [("a.jpg", "cat", raw, unit)]
    assert annotations.problems == []
    assert annotations.boxes["line"].to_list() == [1 if name != "t.csv" or text.startswith("a.jpg") else 2]
    assert str(annotations.outcomes[name]).startswith("read as a table of boxes: 1 image, 1 box")


def test_parquet(tmp_path: Path) -> None:
    nested = [{"bbox": [[50.0, 2.0, 3.0, 1.0]], "category": [3]}, {"bbox": [], "category": []}]
    annotations = one(
        tmp_path, {"metadata.parquet": pl.DataFrame({"file_name": ["a.jpg", "b.jpg"], "objects": nested})}
    )
    assert boxes(annotations) == [("a.jpg", "3", [50, 2, 3, 1], "xywh-pixels")]
    assert annotations.boxes["class_id"].to_list() == [3]
    assert annotations.named["path"].to_list() == ["a.jpg", "b.jpg"]


def test_what_four_numbers_mean(tmp_path: Path) -> None:
    """Without names: what the rows allow, then what the images allow."""
    head = "image,label,bbox\n"

    def unit(*rows: str, size: tuple[int, int] = (100, 100)) -> str:
        with TemporaryDirectory(dir=tmp_path) as folder:
            root = Path(folder)
            tree = make(root, {"t.csv": head + "".join(f'a.jpg,x,"[{row}]"\n' for row in rows)})
            Image.new("L", size).save(root / "a.jpg")
            (annotations,) = read(tree, Config())
            return str(annotations.boxes["unit"][0])

    assert unit("50,50,10,10", "20,60,30,5") == "xywh-pixels"
    assert unit("50,50,90,90", "20,60,30,95", "60,10,80,30") == "xyxy-pixels"  # 50 + 90 > 100
    assert unit("5,5,90,90", "2,6,30,90", "6,1,80,30") == "xywh-pixels"
    assert unit("0.5,0.5,0.9,0.9", "0.2,0.6,0.3,0.95") == "xyxy-share"
    assert unit("0.9,0.5,0.1,0.9", "0.5,0.9,0.6,0.1", "0.9,0.9,0.1,0.1") == "cxcywh-share"
    few_faults = ["10,10,5,20", *(f"{n},{n},{n + 40},{n + 40}" for n in range(40, 60))]
    assert unit(*few_faults) == "xyxy-pixels"


def test_a_bad_row_costs_that_row(tmp_path: Path) -> None:
    rows = [
        "a.jpg,100,80,cat,x,2,3,4", "a.jpg,100,80,cat,1,2,3", "b.jpg,100,80,cat,,,,", "b.jpg,9,9,cat,1,,3,4",
        "b.jpg,9,9,cat,nan,1,inf,3", "b.jpg,9,9,,1,2,3,4", ",9,9,cat,1,2,3,4", "../../e.jpg,9,9,cat,1,2,3,4",
        "/data/c.jpg,9,9,cat,1,2,3,4", "gone.jpg,9,9,cat,5,5,2,2",
    ]  # fmt: skip
    annotations = one(tmp_path, {"t.csv": TF + "\n".join(rows)})
    assert sorted((problem.kind, problem.line, problem.reason) for problem in annotations.problems) == [
        ("path", 9, "the path '../../e.jpg' leads outside the dataset"),
        ("path", 10, "the path '/data/c.jpg' is absolute; 'c.jpg' was found by its last parts"),
        ("syntax", 2, "'x' in column 'xmin' is not a number"),
        ("syntax", 3, "7 fields in a table of 8 columns"),
        ("syntax", 5, "a box of 3 numbers: 'ymin' is empty"),
        ("syntax", 7, "no class in column 'class'"),
        ("syntax", 8, "no image is named"),
    ]
    assert annotations.boxes.select("path", "line").rows() == [("b.jpg", 6), ("c.jpg", 10), ("gone.jpg", 11)]
    assert str(annotations.boxes["raw"][0].to_list()) == "[nan, 1.0, inf, 3.0]"
    assert annotations.named.select("path", "file_row", "width").rows() == [
        ("b.jpg", 1, 100.0), ("c.jpg", 2, 9.0), ("gone.jpg", None, 9.0),
    ]  # fmt: skip


def test_places_in_json(tmp_path: Path) -> None:
    text = """[
 {"file_name": "a.jpg", "objects": {"bbox": [[9, 2, 3], [9, 2, 3, "x"], [9, NaN, 3, 1]], "category": [0, 1, 2]}},
 7,
 {"file_name": "b.jpg", "objects": {"bbox": [[9, 2, 3, 1]], "category": [0, 1]}},
 {"file_name": "c.jpg", "objects": {"bbox": [], "category": []}},
 {"file_name": "d.jpg", "obj"""
    annotations = one(tmp_path, {"m.json": text})
    assert {(problem.line, problem.pointer, problem.reason.split(";")[0]) for problem in annotations.problems} == {
        (2, "/0/objects/bbox/0", "a box of 3 numbers"),
        (2, "/0/objects/bbox/1", "'x' in a box"),
        (3, "/1", "a JSON number in place of an object"),
        (4, "/2/objects", "1 box and 2 classes"),
        (6, "/4", "not valid JSON: Unterminated string starting at"),
    }
    assert annotations.boxes.select("line", "pointer", "class").rows() == [(2, "/0/objects/bbox/2", "2")]
    assert annotations.named.select("path", "line", "pointer").rows() == [("a.jpg", 2, "/0"), ("c.jpg", 5, "/3")]


def test_splits_by_file_by_folder_and_by_column(tmp_path: Path) -> None:
    names = ("train/a.jpg", "test/b.jpg")
    by_folder = one(
        tmp_path / "x",
        {
            f"{split}/_annotations.csv": f"{TF}{name}.jpg,1,1,cat,1,2,3,4"
            for split, name in (("train", "a"), ("test", "b"))
        },
        names,
    )
    assert sorted(by_folder.splits.rows()) == [(1, "test"), (3, "train")]
    assert by_folder.named["path"].to_list() == ["test/b.jpg", "train/a.jpg"]
    by_column = one(
        tmp_path / "y", {"t.csv": "image,label,split,x,y,w,h\na.jpg,c,Training,9,2,3,1\nb.jpg,c,dev,9,2,3,1"}
    )
    assert by_column.splits.rows() == [(0, "train"), (1, "val")]
    assert one(tmp_path / "z", {"test.csv": f"{TF}a.jpg,1,1,cat,1,2,3,4"}).splits.is_empty()


def test_declared_classes(tmp_path: Path) -> None:
    annotations = one(
        tmp_path, {"boxes.csv": "a.jpg,1,2,3,4,cow\nb.jpg,1,2,3,4,bird\nc.jpg,,,,,\n", "classes.csv": "cow,0\ncat,1"}
    )
    assert annotations.classes.rows() == [("cow", 0, "classes.csv"), ("cat", 1, "classes.csv")]
    assert annotations.boxes.select("class", "class_id").rows() == [("cow", 0), ("bird", None)]
    assert [(problem.kind, problem.line, problem.path) for problem in annotations.problems] == [
        ("unknown-category", 2, "b.jpg")
    ]
    assert annotations.named["path"].to_list() == ["a.jpg", "b.jpg", "c.jpg"]


def test_open_images(tmp_path: Path) -> None:
    files: dict[str, str | bytes | pl.DataFrame] = {
        "csv/class-descriptions-boxable.csv": "/m/0,Cat\n/m/1,Dog\n",
        "csv/train-annotations-bbox.csv": "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsGroupOf\n"
        "a,x,/m/0,1,0.1,0.5,0.2,0.6,1\na,x,/m/9,1,0.1,0.5,0.2,0.6,0\na,x,/m/0,1,?,0.5,0.2,0.6,0\n",
        "csv/validation-annotations-human-imagelabels.csv": "ImageID,Source,LabelName,Confidence\n"
        "b,v,/m/1,1\nb,v,/m/0,0\n",
        "csv/train-annotations-object-segmentation.csv": "MaskPath,ImageID,LabelName,BoxID,BoxXMin\nm.png,a,/m/0,1,0\n",
    }  # fmt: skip
    annotations = one(tmp_path, files, ("images/a.jpg", "images/b.jpg", "masks/m.png"))
    assert boxes(annotations) == [
        ("images/a.jpg", "Cat", [0.1, 0.2, 0.5, 0.6], "xyxy-share"),
        ("images/a.jpg", "/m/9", [0.1, 0.2, 0.5, 0.6], "xyxy-share"),
    ]
    assert annotations.boxes["crowd"].to_list() == [True, False]
    assert annotations.labels.select("path", "class", "class_id").rows() == [("images/b.jpg", "Dog", 1)]
    assert [(problem.kind, problem.line) for problem in annotations.problems] == [
        ("syntax", 4),
        ("unknown-category", 3),
    ]
    assert sorted(annotations.splits.rows()) == [(4, "train"), (5, "val")]
    assert annotations.masks == {6}


def test_open_images_whose_classes_have_no_names(tmp_path: Path) -> None:
    files: dict[str, str | bytes | pl.DataFrame] = {
        "class-descriptions-boxable.csv": "/m/01yrx,C\x00\x01\n/m/0bt9l",  # a line with a NUL is no record
        "train-annotations-bbox.csv": "ImageID,LabelName,XMin,XMax,YMin,YMax\na,/m/0,0.1,0.5,0.2,0.6\n",
    }
    annotations = one(tmp_path, files, ("a.jpg",))
    assert annotations.boxes["class"].to_list() == ["/m/0"]
    outcome = annotations.outcomes["class-descriptions-boxable.csv"]
    assert str(outcome).endswith("no column of names beside the machine ids")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.csv", "file_name,label\na.jpg,cat\n"),
        ("t.csv", "name,x,y,w,h\nfoo,1,2,3,4\n"),  # no images
        ("t.csv", "ImageId,EncodedPixels\na.jpg,1 2 3 4\n"),
        ("sample_submission.csv", f"{TF}a.jpg,100,80,cat,1,2,30,40\n"),
        ("r.json", '[{"image_id":"a","category_id":2,"bbox":[1,2,3,4],"score":0.3}]'),
        (
            "r.json",
            '[{"image":"a.jpg","annotations":[{"label":"x","coordinates":{"x":1,"y":2,"width":3,"height":4}}]}]',
        ),
        ("r.json", '{"images":[],"annotations":[{"bbox":[1,2,3,4]}]}'),
        ("t.txt", "a.jpg cat\nb.jpg dog\n"),
        ("t.txt", "0 0.5 0.5 0.1 0.1\n"),
        ("t.csv", ""),
    ],
)
def test_left_alone(tmp_path: Path, name: str, text: str) -> None:
    assert read(make(tmp_path, {name: text}), Config()) == []


def test_masks_as_runs_are_refused_in_words(tmp_path: Path) -> None:
    tree = make(tmp_path, {"t.csv": "ImageId,EncodedPixels\na.jpg,1 2 3 4\nb.jpg,1 2\n"})
    (found,) = labels.read(tree, Config())
    assert {file: str(outcome) for file, outcome in found.outcomes.items()} == {
        "t.csv": "not read as labels: it holds masks as run lengths, which are not read from tables"
    }


ROWS = {
    "good": "{}.jpg,9,9,cat,1,2,3,4",
    "image": "{}.jpg,9,9,,,,,",
    "number": "{}.jpg,9,9,cat,1,two,3,4",
    "short": "{}.jpg,9,9,cat,1,2",
    "class": "{}.jpg,9,9,,1,2,3,4",
    "outside": "../../{}.jpg,9,9,cat,1,2,3,4",
    "infinite": "{}.jpg,9,9,cat,1,2,1e400,NaN",
}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(list(ROWS)), min_size=1, max_size=12))
def test_records_in_are_records_used_and_problems(kinds: list[str]) -> None:
    rows = ["seen.jpg,9,9,cat,1,2,3,4", *(ROWS[kind].format(n) for n, kind in enumerate(kinds))]
    with TemporaryDirectory() as folder:
        annotations = one(Path(folder), {"t.csv": TF + "\n".join(rows)})
    assert annotations.named.height + len(annotations.problems) == len(rows)
    assert annotations.boxes.height == 1 + sum(kind in ("good", "infinite") for kind in kinds)


BASES = {
    "t.csv": (TF + "a.jpg,100,80,cat,1,2,30,40\nb.jpg,100,80,dog,,,,\n").encode(),
    "m.jsonl": b'{"file_name":"a.jpg","objects":{"bbox":[[30,2,10,4]],"categories":[0]}}\n{"file_name":"b.jpg"}\n',
    "m.json": b'[{"file_name":"a.jpg","objects":[{"bbox":[30,2,10,4],"category":"x"}]},\n{"file_name":"b.jpg"}]',
}  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(BASES)), st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_no_bytes_break_the_reader(name: str, seed: int, count: int) -> None:
    chance = random.Random(seed)
    data = bytearray(BASES[name])
    for _ in range(count):
        at = chance.randrange(len(data))
        data[at : at + chance.randrange(3)] = bytes(chance.choices(b'\0\xff",[]{}\r\n-9eN\\', k=chance.randrange(3)))
    with TemporaryDirectory() as folder:
        for annotations in read(make(Path(folder), {name: bytes(data)}), Config()):
            assert set(annotations.boxes["path"]) <= set(annotations.named["path"])
            assert annotations.boxes["box"].to_list() == list(range(annotations.boxes.height))


def test_deep_and_huge_json(tmp_path: Path) -> None:
    good = json.dumps({"file_name": "a.jpg", "objects": {"bbox": [[30, 2, 10, 4]]}})
    bad = [
        '{"file_name":"b.jpg","objects":' + "[" * 200_000,
        '{"file_name":"c.jpg","objects":[[1,2,3,' + "9" * 5000 + "]]}",
    ]
    annotations = one(tmp_path, {"m.jsonl": "\n".join([good, *bad])})
    assert [(problem.line, problem.reason) for problem in annotations.problems] == [(2, "JSON nested too deeply")]
    assert annotations.boxes["raw"].list.get(3).to_list() == [4.0, float("inf")]


def test_names_that_differ_in_case_are_found_and_reported(tmp_path: Path) -> None:
    annotations = one(tmp_path, {"t.csv": TF + "A.JPG,100,80,cat,1,2,3,4\nb.jpg,100,80,cat,1,2,3,4\n"})
    assert [(problem.kind, problem.line) for problem in annotations.problems] == [("path", 2)]
    assert annotations.boxes["path"].to_list() == ["a.jpg", "b.jpg"]
    assert annotations.boxes["file_row"].null_count() == 0
