"""discover: what counts, links, junk, layouts, and what is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import polars as pl
import pytest
from PIL import Image

from datalint.config.settings import Config
from datalint.dataset.discover import DatasetError, MissingPathError, discover
from datalint.dataset.files.tree import HEAD

if TYPE_CHECKING:
    from pathlib import Path

    from datalint.dataset import Dataset

CONFIG = Config()


def touch(root: Path, *names: str) -> Path:
    for name in names:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    return root


def classes(data: Dataset) -> dict[str, str]:
    return dict(data.table("labels").select("path", "class").iter_rows())


def splits(data: Dataset) -> dict[str, str]:
    placed = data.splits.join(data.images, on="image").select("path", "split").collect()
    return dict(placed.iter_rows())


def skipped(data: Dataset) -> dict[str, str]:
    return dict(data.table("skipped").select("path", "kind").iter_rows())


def test_kinds_of_file_that_are_not_read(tmp_path: Path) -> None:
    """A dataset of them is no dataset of broken images; one among images is a fault."""
    root = touch(tmp_path / "dicom", "1.dcm", "2.dcm", "3.dcm")
    (root / "labels.csv").write_text("path,label\n1.dcm,a\n2.dcm,b\n3.dcm,a\n")
    data = discover([root], CONFIG)
    assert data.table("images").is_empty()
    assert data.table("labels").height == 3
    assert skipped(data)["1.dcm"] == "not-an-image"
    root = touch(tmp_path / "mixed", "1.jpg", "2.jpg", "3.dcm")
    (root / "labels.csv").write_text("path,label\n1.jpg,a\n2.jpg,b\n3.dcm,a\n")
    assert discover([root], CONFIG).table("images")["path"].to_list() == ["1.jpg", "2.jpg", "3.dcm"]


def test_several_paths_are_one_dataset(tmp_path: Path) -> None:
    touch(tmp_path, "train/cat/1.jpg", "train/dog/1.jpg", "val/cat/1.jpg", "rest/1.jpg")
    data = discover([tmp_path / "val", tmp_path / "train", tmp_path / "train" / "cat"], CONFIG)
    assert data.root == tmp_path
    assert data.table("images").height == 3
    assert set(splits(data).values()) == {"train", "val"}


def test_one_file(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "b.jpg")
    assert discover([tmp_path / "a.jpg"], CONFIG).table("images")["path"].to_list() == ["a.jpg"]


def test_junk_is_skipped_with_its_kind(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "cat/1.jpg",
        "dog/1.JPG",
        "cat/Thumbs.db",
        "cat/._1.jpg",
        ".cache/x.jpg",
        "cat/a.pdf",
        "__MACOSX/1.jpg",
    )
    touch(tmp_path, "cat/.hidden.jpg", "out/1.jpg", "notes.txt")
    os.mkfifo(tmp_path / "cat" / "pipe.jpg")
    data = discover([tmp_path], Config(exclude=("out/**",)))
    assert data.table("images")["path"].to_list() == ["cat/1.jpg", "dog/1.JPG"]
    assert skipped(data) == {
        "cat/Thumbs.db": "system",
        "cat/._1.jpg": "system",
        "cat/.hidden.jpg": "hidden",
        ".cache": "hidden",
        "__MACOSX": "system",
        "cat/a.pdf": "not-an-image",
        "out": "excluded",
        "notes.txt": "label-file",
        "cat/pipe.jpg": "special",
    }
    inside = data.table("skipped").filter("in_class")["path"].to_list()
    assert sorted(inside) == ["cat/._1.jpg", "cat/.hidden.jpg", "cat/Thumbs.db", "cat/a.pdf", "cat/pipe.jpg"]


def test_links(tmp_path: Path) -> None:
    root, outside = touch(tmp_path / "data", "cat/1.jpg", "dog/1.jpg"), touch(tmp_path / "store", "x/2.jpg")
    (root / "cat" / "in.jpg").symlink_to(root / "dog" / "1.jpg")
    (root / "cat" / "out.jpg").symlink_to(outside / "x" / "2.jpg")
    (root / "cat" / "gone.jpg").symlink_to("nowhere.jpg")
    (root / "cat" / "loop.jpg").symlink_to("loop.jpg")
    (root / "cat" / "through a file.jpg").symlink_to("1.jpg/x")
    (root / "cat" / "up").symlink_to(root, target_is_directory=True)
    (root / "fish").symlink_to(outside / "x", target_is_directory=True)
    data = discover([root], CONFIG)
    links = dict(data.table("images").select("path", "link").iter_rows())
    assert links == {
        "cat/1.jpg": None,
        "cat/gone.jpg": "dangling",
        "cat/in.jpg": "inside",
        "cat/loop.jpg": "loop",
        "cat/out.jpg": "outside",
        "cat/through a file.jpg": "dangling",
        "dog/1.jpg": None,
        "fish/2.jpg": "outside",
    }
    assert skipped(data) == {"cat/up": "link-loop"}
    assert data.images.filter(link="dangling").collect()["bytes"].to_list() == [None, None]


@pytest.mark.skipif(sys.platform != "linux", reason="names of any bytes")
def test_undecodable_names(tmp_path: Path) -> None:
    name = b"caf\xe9.jpg"
    (tmp_path / os.fsdecode(name)).write_bytes(b"x")
    images = discover([tmp_path], CONFIG).table("images")
    assert images["path"].to_list() == ["caf\\xe9.jpg"]
    assert images["os_path"].to_list() == [name]


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(MissingPathError, match="no such file or folder"):
        discover([tmp_path / "nowhere"], CONFIG)
    with pytest.raises(DatasetError, match="unknown label format"):
        discover([tmp_path], Config(layout="zip"))


def test_nothing_there(tmp_path: Path) -> None:
    data = discover([tmp_path], CONFIG)
    assert data.table("images").is_empty()
    assert data.task is None


def test_declared_normalization(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg")
    (tmp_path / "preprocessor_config.json").write_text(
        '{"image_mean": [0.5, 0.5, 0.5], "image_std": [1, 1, 1], "size": 224}'
    )
    declared = discover([tmp_path], CONFIG).declared
    assert declared.mean == (0.5, 0.5, 0.5)
    assert declared.input_size == (224, 224)
    assert declared.normalization_source == "preprocessor_config.json"
    (skipped,) = (
        discover([tmp_path], CONFIG).table("skipped").filter(pl.col("path") == "preprocessor_config.json").to_dicts()
    )
    assert skipped["reason"] == "read for its mean and std"


PICTURES = [f"{number}.png" for number in range(6)]

#: Run in an interpreter of its own: an audit hook cannot be taken away again.
AUDITED = """
import sys, os, json
opened = []
def hook(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, bytes)):
        opened.append(os.fsdecode(arguments[0]))
from datalint.config.settings import Config
from datalint.dataset.discover import discover
sys.addaudithook(hook)
data = discover([sys.argv[1]], Config())
skipped = dict(data.table("skipped").select("path", "reason").iter_rows())
print(json.dumps([opened, list(data.layouts), skipped]))
"""


def label_files() -> dict[str, str | bytes | pl.DataFrame]:
    """One file of every kind, a folder each; every folder has the images too."""
    coco = {
        "images": [{"id": n, "file_name": name, "width": 16, "height": 16} for n, name in enumerate(PICTURES)],
        "annotations": [
            {"id": n, "image_id": n, "category_id": 1, "bbox": [1, 1, 4, 4], "area": 16, "iscrowd": 0} for n in range(6)
        ],
        "categories": [{"id": 1, "name": "cat"}],
    }
    shape = {"label": "cat", "points": [[1, 1], [5, 5]], "shape_type": "rectangle"}
    labelme = {"version": "5.0", "imagePath": "0.png", "imageWidth": 16, "imageHeight": 16, "shapes": [shape]}
    createml = [
        {"image": name, "annotations": [{"label": "cat", "coordinates": {"x": 4, "y": 4, "width": 4, "height": 4}}]}
        for name in PICTURES
    ]
    records = [{"file_name": name, "label": "cat" if name < "3" else "dog"} for name in PICTURES]
    voc = (
        "<annotation><folder>JPEGImages</folder><filename>{}</filename><size><width>16</width><height>16</height>"
        "<depth>3</depth></size><object><name>cat</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>5</xmax>"
        "<ymax>5</ymax></bndbox></object></annotation>"
    )
    cvat = "".join(
        f'<image id="{n}" name="{name}" width="16" height="16">'
        '<box label="cat" xtl="1" ytl="1" xbr="5" ybr="5"></box></image>'
        for n, name in enumerate(PICTURES)
    )
    rectangle = {"shape_attributes": {"name": "rect", "x": 1, "y": 1, "width": 4, "height": 4}}
    via = {
        f"{name}9": {"filename": name, "size": 9, "regions": [{**rectangle, "region_attributes": {"class": "cat"}}]}
        for name in PICTURES
    }
    datumaro = {"infos": {}, "categories": {"label": {"labels": [{"name": "cat"}]}}, "items": []}
    files: dict[str, str | bytes | pl.DataFrame] = {
        "coco/annotations.json": json.dumps(coco),
        "labelme/0.json": json.dumps(labelme),
        "createml/_annotations.createml.json": json.dumps(createml),
        "via/via_region_data.json": json.dumps(via),
        "list/labels.json": json.dumps(records),
        "lines/metadata.jsonl": "".join(json.dumps(record) + "\n" for record in records),
        "labels/labels.csv": "file_name,label\n" + "".join(f"{name},cat\n" for name in PICTURES),
        "boxes/boxes.csv": "filename,class,xmin,ymin,xmax,ymax\n"
        + "".join(f"{name},cat,1,1,5,5\n" for name in PICTURES),
        "no boxes/boxes.csv": "filename,x,y,w,h,label\n" + "".join(f"{name},,,,,cat\n" for name in PICTURES),
        "columnar/labels.parquet": pl.DataFrame(records),
        "cvat/annotations.xml": f"<annotations><version>1.1</version>{cvat}</annotations>",
        "yolo/data.yaml": "path: .\ntrain: images\nval: images\nnames: [cat, dog]\n",
        "yolo/classes.txt": "cat\ndog\n",
        "unknown/settings.json": json.dumps({"name": "settings", "values": [1, 2, 3]}),
        "unknown/notes.txt": "About these images\n",
        "datumaro/train.json": json.dumps(datumaro),
        "voc/ImageSets/Main/train.txt": "".join(f"{name[:-4]}\n" for name in PICTURES),
    }
    for name in PICTURES:
        files[f"voc/Annotations/{name[:-4]}.xml"] = voc.format(name)
        files[f"yolo/labels/{name[:-4]}.txt"] = "0 0.5 0.5 0.25 0.25\n"
        files[f"kitti/label_2/{name[:-4]}.txt"] = "Car 0.0 0 -1.5 1 1 5 5 1.5 1.6 3.7 1.0 1.5 8.0 -1.5\n"
    return files


IMAGES_OF = {"voc": "voc/JPEGImages", "yolo": "yolo/images", "kitti": "kitti/image_2"}


def one_of_each(root: Path, more: int) -> dict[str, Path]:
    """The dataset; each file with so many bytes more, of a kind that changes nothing."""
    made: dict[str, Path] = {}
    for name, content in label_files().items():
        place = made[name] = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, pl.DataFrame):
            wide = content.with_columns(pl.Series("note", [f"{n}" * (more // 6) for n in range(content.height)]))
            wide.write_parquet(place, compression="uncompressed")
        else:
            place.write_bytes((content if isinstance(content, bytes) else content.encode()) + b"\n" * more)
        folder = name.partition("/")[0]
        images = root / IMAGES_OF.get(folder, folder)
        images.mkdir(parents=True, exist_ok=True)
        for number, image in enumerate(PICTURES):
            if not (images / image).exists():
                Image.new("RGB", (16, 16), (number, 0, 0)).save(images / image)
    return made


@pytest.mark.parametrize("more", [0, HEAD], ids=["short", "long"])
def test_each_label_file_is_opened_at_most_twice(tmp_path: Path, more: int) -> None:
    made = one_of_each(tmp_path, more)
    done = subprocess.run(
        [sys.executable, "-c", AUDITED, str(tmp_path)], capture_output=True, text=True, check=True, timeout=120
    )
    opened, layouts, skipped = json.loads(done.stdout)
    times = Counter(opened)
    most = {name: 3 if name.endswith(".parquet") else 2 for name in made}  # there may be pictures in it
    assert {name: times[str(place)] for name, place in made.items() if not 1 <= times[str(place)] <= most[name]} == {}
    assert set(layouts) >= {"coco", "labelme", "createml", "via", "voc", "cvat", "yolo", "kitti", "box-table"}
    assert "Datumaro" in skipped["datumaro/train.json"]
