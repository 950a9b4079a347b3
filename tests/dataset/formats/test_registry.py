"""Every format in the registry is named in the report when it is met, whether it is read or only known."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from importlib import import_module
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from datalint.config.settings import Config
from datalint.dataset import Dataset
from datalint.dataset.discover import discover
from datalint.dataset.formats import registry
from datalint.dataset.formats.unread.known import Known
from tests.dataset.formats.masks.test_pairs import mask, photo
from tests.dataset.formats.test_exports import SETS, pictures
from tests.dataset.test_discover import one_of_each
from tests.sources.one_dataset import encoded, put

PICTURE = encoded(np.zeros((48, 64, 3), np.uint8))
#: Formats with an example among those of `one_of_each` -> its folder there.
THERE = {
    "table": "labels",
    "coco": "coco",
    "voc": "voc",
    "cvat": "cvat",
    "labelme": "labelme",
    "createml": "createml",
    "via": "via",
    "yolo": "yolo",
    "kitti": "kitti",
    "box-table": "boxes",
}

#: The same of exports of tools -> what writes their files.
EXPORTS = {name.partition(" ")[0]: write for name, (write, _) in SETS.items()}

#: A file of each format that is known and not read, in the order of the registry.
KNOWN: tuple[tuple[str, bytes], ...] = (
    ("train-export.json", b'{"name": "t", "videoSettings": {"frameExtractionRate": 15}}'),
    ("a.json", b'{"name": "a", "frames": [{"objects": [{"category": "car", "box2d": {"x1": 1}}]}]}'),
    ("export.json", b'[{"ID": "1", "DataRow ID": "2", "Labeled Data": "https://x/a.jpg", "Label": {"objects": []}}]'),
    ("a.json", b'{"dataset": "d", "image": {"filename": "a.jpg", "workview_url": "https://x"}, "annotations": []}'),
    ("kili.json", b'[{"content": "https://x/a.jpg", "externalId": "a.jpg", "labels": [{"jsonResponse": {}}]}]'),
    ("hasty.json", b'{"project_name": "p", "export_format_version": "1.1", "images": []}'),
    (
        "annotation_train.json",
        b'{"ID": "273271,c9db000d5146c15", "gtboxes": [{"tag": "person", "fbox": [1, 2, 3, 4]}]}\n',
    ),
    ("frames.json", b'{"frames": {"6140a1": [{"frame_number": 1, "detections": {"_cls": "Detections"}}]}}'),
    ("metadata.json", b'{"name": "d", "sample_fields": [{"name": "filepath"}]}'),
    ("chat.json", b'[{"id": "1", "conversations": [{"from": "human", "value": "What is it?"}]}]'),
    ("sample_submission.csv", b"ImageId,EncodedPixels\na.jpg,1 1\nb.jpg,1 1\n"),
    ("train.csv", b"image_id,PredictionString\na,0 1.0 115 49 448 294\nb,14 1 0 0 1 1\n"),
    ("vDLC_resnet50.csv", b"scorer,d,d,d\nbodyparts,nose,nose,nose\ncoords,x,y,likelihood\n0,1.5,2.5,0.9\n"),
    ("captions.txt", b"image,caption\n1.jpg,A child in pink , smiling .\n"),
    ("Flickr8k.token.txt", b"1.jpg#0\tA child in pink\n1.jpg#1\tA girl\n"),
    ("a.jpg.json", b'{"title": "a.jpg", "photoTakenTime": {"timestamp": "1"}}'),
    ("train.tfrecord-00000-of-00010", b"\x10\x00\x00\x00\x00\x00\x00\x00abcd\x0a\x0e\x0a\x0cimage/height"),
    ("lmdb/data.mdb", b"\x00" * 16 + b"\xde\xc0\xef\xbe\x01\x00\x00\x00"),
    ("train.h5", b"\x89HDF\r\n\x1a\n\x00\x00"),
    ("mds/index.json", b'{"shards": [{"column_names": ["x"], "format": "mds", "version": 2}], "version": 2}'),
    ("mpii_annotations.json", b'[{"dataset": "MPI", "img_paths": "a.jpg"}]'),
    ("a.json", b'{"image": {"image_id": 1, "file_name": "a.jpg"}, "annotations": []}'),
    ("key_id_map.json", b'{"tags": {}, "objects": {}, "figures": {}}'),
    ("meta.json", b'{"classes": [{"title": "cat", "shape": "rectangle", "color": "#FF0000"}], "tags": []}'),
    ("ds/ann/a.png.json", b'{"description": "", "objects": [{"classTitle": "cat"}]}'),
    ("tracklet_labels.xml", b"<boost_serialization/>"),
    ("annotations/ava_train.csv", b"video0,0000,0,0,1,1,3,0\nvideo1,0001,0,0,1,1,3,0\n"),
    ("data_batch_1", b"\x80\x02}q\x00."),
    ("train", b"\x80\x03}q\x00."),
    ("bounding_box_train/0002_c1s1_000451_03.png", b""),
    ("seq/det/det.txt", b"1,-1,0,4,4,8,1,-1,-1,-1\n2,-1,0.5,4,4,8,1,-1,-1,-1\n"),
    ("other/a.txt", b"684,8,273,116,0,0,0,0\n406,119,265,70,1,4,0,2,\n"),
    ("1_GT.txt", b'108 225 132 0 1 0 0 1 3 "F"\n\n'),
    ("identity_CelebA.txt", b"000001.jpg 2880\n000002.jpg 2937\n"),
    ("pairs.txt", b"1\t2\nname1\t1 \t2\nname0\t1\tname1\t1\n"),
    ("peopleDevTrain.txt", b"2\nAaron_Peirsol\t4\nAbdullah\t1\n"),
    ("landmarks.txt", b"1.jpg 69 109 106 113 77 142 73 152 108 154\n"),
    ("labels.txt", b"n000001 Karl\nn000002 Jay\n"),
    ("synsets.txt", b"n01440764 tench\nn01443537 goldfish\n"),
    ("a_atr.txt", b'001 # 0 # 1 # sky # sky # ""\n'),
    ("calib/1.txt", b"P0: 7.2e+02 0.0 6 0 0 7 1 0 0\nR0_rect: 1 0 0 0 1 0 0 0 1"),
    ("GTTXT/1.txt", b"0 0 1\n3 3 3\n"),
    ("train.txt", b"/train/1.png /trainannot/1.png\n"),
    ("label_colors.txt", b"0 0 0 background\n0 0 64 sky\n"),
    ("ann.txt", b"1.jpg,dog,0\n2.jpg,cat,0\n"),
)

#: Datasets of other formats: label files, beside images that have no content here.
MADE: dict[str, dict[str, str]] = {
    "deeplabcut": {
        "labeled-data/v/1.png": "",
        "labeled-data/v/2.png": "",
        "labeled-data/v/Collected.csv": "scorer,me,me\nbodyparts,nose,nose\ncoords,x,y\nlabeled-data/v/1.png,1,2\n",
    },
    "celeba": {"1.jpg": "", "2.jpg": "", "list_attr_celeba.txt": "2\nBald Young\n1.jpg -1  1\n2.jpg  1  1\n"},
    "wflw": {"1.jpg": "", "2.jpg": "", "list_98pt_train.txt": "1 2 " * 98 + "1.jpg\n" + "3 4 " * 98 + "2.jpg\n"},
    "dlib": {
        "0.png": "",
        "1.png": "",
        "faces.xml": "<dataset><image file='0.png'><box top='1' left='2' width='9' height='8'/></image></dataset>",
    },
    "hrsc2016": {
        "AllImages/0.png": "",
        "AllImages/1.png": "",
        "Annotations/0.xml": "<HRSC_Image><Img_FileName>0</Img_FileName><HRSC_Objects/></HRSC_Image>",
    },
    "fair1m": {
        "images/0.png": "",
        "images/1.png": "",
        "labelXml/0.xml": "<annotation><source><filename>0.png</filename></source><objects/></annotation>",
    },
    "imagenet-loc": {
        "n0/n0_0.png": "",
        "n1/n1_1.png": "",
        "LOC_train_solution.csv": "ImageId,PredictionString\nn0_0,n01440764 1 2 9 8 \nn1_1,n01443537 1 2 9 8 \n",
    },
    "kaggle-rle": {"0.png": "", "1.png": "", "train.csv": "ImageId,EncodedPixels\n0.png,50 3 98 3\n1.png,\n"},
    "keras-yolo": {"0.png": "", "1.png": "", "train.txt": "0.png 1,2,9,8,0 3,4,5,6,1\n1.png\n"},
    "mot": {"v/img1/000001.png": "", "v/img1/000002.png": "", "v/gt/gt.txt": "1,7,1,2,9,8,1,1,0.5\n"},
    "mots": {"0001/000000.png": "", "0001/000001.png": "", "txt/0001.txt": "0 1005 1 24 32 i04d000000Wd0\n"},
    "uavdt": {"M1/img000001.png": "", "M1/img000002.png": "", "GT/M1_gt_whole.txt": "1,1,1,2,9,8,1,1,1\n"},
    "visdrone-video": {
        "sequences/u/0000001.png": "",
        "sequences/u/0000002.png": "",
        "annotations/u.txt": "1,1,1,2,9,8,1,4,0,0\n",
    },
    "wider-face": {
        "0.png": "",
        "1.png": "",
        "wider_face_train_bbx_gt.txt": "0.png\n1\n1 2 9 8 0 0 0 0 0 0\n1.png\n0\n",
    },
    "icdar": {"0.png": "", "gt_0.txt": "1,2,9,2,9,8,1,8,shop\n", "1.png": "", "gt_1.txt": "1,2,9,2,9,8,1,8,###\n"},
    "paddleocr": {
        "0.png": "",
        "1.png": "",
        "Label.txt": '0.png\t[{"transcription": "x", "points": [[1, 2], [9, 2], [9, 8], [1, 8]]}]\n1.png\t[]\n',
    },
}


def example(root: Path, name: str) -> Path:
    """A dataset of a format that is read."""
    if name in THERE:
        one_of_each(root, 0)
        return root / THERE[name]
    if name in EXPORTS:
        names = ["0.jpg", "1.jpg"]
        pictures(root, [f"images/{image}" for image in names])
        for path, written in EXPORTS[name]([(image, "cat", [3.0, 4, 20, 15]) for image in names]).items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(written)
        return root
    for path, text in MADE.get(name, {}).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        if text:
            (root / path).write_text(text)
        else:
            photo(root / path)
    for number in range(2):
        if name == "webdataset":
            with tarfile.open(root / f"{number}.tar", "w") as archive:
                put(archive, "a.png", PICTURE)
                put(archive, "a.cls", b"1")
        elif name == "picture-table":
            pl.DataFrame({"image": [PICTURE], "label": ["cat"]}).write_parquet(root / f"{number}.parquet")
        elif name == "image-folder":
            photo(root / f"class {number}" / "a.png")
        elif name == "masks":
            photo(root / "images" / f"{number}.png")
            mask(root / "masks" / f"{number}.png")
        elif name == "label-studio":
            photo(root / "images" / f"{number}.png")
            task = {"annotation_id": number, "image": f"/data/upload/1/{number}.png", "lead_time": 1.5}
            (root / f"part{number}.json").write_text(json.dumps([task]))
        elif name == "bdd100k":
            photo(root / "images" / f"{number}.png")
            box = {"category": "car", "box2d": {"x1": 1, "y1": 2, "x2": 9, "y2": 8}}
            (root / f"part{number}.json").write_text(json.dumps([{"name": f"{number}.png", "labels": [box]}]))
        elif name == "crowdhuman":
            photo(root / "Images" / f"{number}.png")
            person = {"ID": str(number), "gtboxes": [{"tag": "person", "vbox": [1, 2, 9, 8]}]}
            (root / f"part{number}.odgt").write_text(json.dumps(person))
        elif name == "supervisely":
            photo(root / "img" / f"{number}.png")
            corners = {"exterior": [[1, 2], [9, 8]], "interior": []}
            item = {"classTitle": "car", "geometryType": "rectangle", "points": corners}
            (root / "ann").mkdir(exist_ok=True)
            described = {"size": {"height": 48, "width": 64}, "objects": [item]}
            (root / "ann" / f"{number}.png.json").write_text(json.dumps(described))
        elif name == "dialogues":
            photo(root / "images" / f"{number}.png")
            turns = [{"from": "human", "value": "<image> What is it?"}, {"from": "gpt", "value": "A cat."}]
            (root / f"part{number}.json").write_text(json.dumps([{"image": f"{number}.png", "conversations": turns}]))
        elif name == "visdrone":
            photo(root / "images" / f"{number}.png")
            (root / "annotations").mkdir(exist_ok=True)
            (root / "annotations" / f"{number}.txt").write_text("1,2,9,8,1,4,0,0\n")
        elif name == "dota":
            photo(root / "images" / f"P{number}.png")
            (root / "labelTxt").mkdir(exist_ok=True)
            (root / "labelTxt" / f"P{number}.txt").write_text("10 10 30 12 28 40 8 38 ship 0\n")
    return root


def told(data: Dataset) -> str:
    """What a report says of the formats."""
    return "\n".join([*data.evidence, *data.table("skipped")["reason"]])


@pytest.mark.parametrize("name", registry.NAMES)
def test_a_format_that_is_read_is_named(tmp_path: Path, name: str) -> None:
    root = example(tmp_path, name)
    assert name in discover([root], Config()).layouts
    assert discover([root], Config(layout=name)).layouts[-1] == name


@pytest.mark.parametrize(("known", "file"), zip(registry.KNOWN, KNOWN, strict=True), ids=[name for name, _ in KNOWN])
def test_a_format_that_is_known_and_not_read_is_named(tmp_path: Path, known: Known, file: tuple[str, bytes]) -> None:
    place = tmp_path / file[0]
    place.parent.mkdir(parents=True, exist_ok=True)
    if known.stems:
        Image.new("RGB", (8, 8)).save(place)
    else:
        place.write_bytes(file[1])
    assert known.what in told(discover([tmp_path], Config()))


def test_each_format_says_in_one_line_what_it_is() -> None:
    assert tuple(registry.summaries()) == registry.NAMES
    assert all(summary.endswith(".") for summary in registry.summaries().values())


@pytest.mark.parametrize("name", registry.NAMES)
def test_a_module_is_asked_wherever_its_files_may_be(name: str) -> None:
    """The registry says without loading it which extensions a module is about."""
    module = registry.MODULES[name]
    formats = getattr(import_module(f"datalint.dataset.formats.{module.name}"), "FORMATS", ())
    about = {extension for form in formats for extension in form.extensions}
    assert module.extensions is None or about <= module.extensions


def test_what_no_file_asks_for_is_not_loaded(tmp_path: Path) -> None:
    script = (
        "import sys; from datalint.config.settings import Config; from datalint.dataset.discover import discover\n"
        f"discover([{str(tmp_path)!r}], Config(isolated=True)); print(*sys.modules)"
    )
    (tmp_path / "cat").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "cat" / "a.jpg")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "datalint.dataset.formats.image_folder" in loaded
    assert not {"lxml", "yaml", "datalint.dataset.formats.coco.datasets"} & {*loaded}


@pytest.mark.parametrize("number", range(len(KNOWN)), ids=[name for name, _ in KNOWN])
def test_beside_images_no_other_format_reads_it(tmp_path: Path, number: int) -> None:
    """Nor are its records errors of that format; where it says what is in the images, that it was not used is told."""
    known, (name, content) = registry.KNOWN[number], KNOWN[number]
    if known.stems:
        pytest.skip("the images themselves")
    place = tmp_path / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    for image in ("a.jpg", "b.jpg"):
        Image.new("RGB", (8, 8)).save(tmp_path / image)
    data = discover([tmp_path], Config())
    assert known.what in told(data)
    assert data.table("problems").is_empty()
    if known.labels:
        assert data.table("unread")["format"].to_list() == [known.what]
    elif known.labels is False:
        assert data.table("unread").is_empty()
