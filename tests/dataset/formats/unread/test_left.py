"""Files that look like labels and were not used: what is told of them, and what is left alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from datalint.config.settings import Config
from datalint.dataset.discover import discover

if TYPE_CHECKING:
    from pathlib import Path

IMAGES = 6


def left(root: Path, files: dict[str, str | bytes], folders: tuple[str, ...] = ("images",)) -> list[dict[str, Any]]:
    for number in range(IMAGES):
        place = root / folders[number % len(folders)] / f"shot_{number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8)).save(place)
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content.encode() if isinstance(content, str) else content)
    return discover([root], Config()).table("unread").to_dicts()


def lines(template: str, count: int = IMAGES) -> str:
    return "".join(template.format(f"shot_{number}") + "\n" for number in range(count))


DARWIN = json.dumps({"items": [{"name": f"shot_{number}.png", "tags": ["cat"]} for number in range(IMAGES)]})


@pytest.mark.parametrize(
    ("files", "sign", "names"),
    [
        ({"export.json": DARWIN}, "records", IMAGES),
        ({"notes.txt": lines("cat,{}.png,3")}, "records", IMAGES),
        ({"meta.yaml": lines("{}.png: cat")}, "records", IMAGES),
        ({"index.pkl": b"\x80\x04\x00" + lines("{}.png").encode()}, "records", IMAGES),
        ({f"annotations/shot_{number}.mat": b"MATLAB 5.0\x00\x01" for number in range(IMAGES)}, "stems", IMAGES),
        ({f"images/shot_{number}.png.json": '{"cat": 1}' for number in range(IMAGES)}, "stems", IMAGES),
        ({"train_labels.npy": b"\x93NUMPY\x01\x00"}, "title", 0),
        ({"annotations.7z": b"7z\xbc\xaf\x27\x1c"}, "title", 0),
        ({"labels.txt": "1\n0\n1\n1\n0\n1\n"}, "title", 0),
    ],
)
def test_what_looks_like_labels_is_told(tmp_path: Path, files: dict[str, str | bytes], sign: str, names: int) -> None:
    (row,) = left(tmp_path, files)
    assert (row["file"], row["files"], row["sign"]) == (min(files), len(files), sign)
    assert (row["names"], row["of"], row["unlabelled"], row["whole"]) == (names, IMAGES, IMAGES, True)
    assert row["format"] is None


@pytest.mark.parametrize(
    "files",
    [
        {"README.txt": lines("see {}.png for one")},
        {"requirements.txt": "numpy==1.26\npillow>=10\n"},
        {"LICENSE": "Do as you like.\n"},
        {"classes.txt": "cat\ndog\n"},
        {"train.txt": lines("images/{}.png")},
        {"splits.json": json.dumps({"train": ["shot_0.png", "shot_1.png"], "val": ["shot_2.png"]})},
        {"md5sums.txt": lines("d41d8cd98f00b204e9800998ecf8427e  images/{}.png")},
        {"train_log.txt": lines("12:00 read images/{}.png")},
        {"config.json": '{"model": "net", "epochs": 3, "labels": ["cat", "dog"], "sample": "images/shot_0.png"}'},
        {"poses/shot_0.txt": "a b\n", "poses/shot_1.txt": "c d\n"},
        {"features.npy": b"\x93NUMPY\x01\x00"},
        {"train.py": lines("open('{}.png')")},
        {"label_map.txt": "cat\ndog\n"},
        {f"images/shot_{number}.txt": "a photo of a cat, wet street, 4k\n" for number in range(IMAGES)},
    ],
)
def test_other_files_are_left_alone(tmp_path: Path, files: dict[str, str | bytes]) -> None:
    assert left(tmp_path, files) == []


def test_a_known_format_is_named(tmp_path: Path) -> None:
    name = [{"externalId": "shot_0.png", "labels": [{"jsonResponse": {}}]}]
    (row,) = left(tmp_path, {"a/export.json": json.dumps(name), "b/export.json": json.dumps(name)})
    assert (row["file"], row["files"], row["format"]) == ("a/export.json", 2, "an export of Kili")
    assert (row["sign"], row["names"], row["unlabelled"]) == ("format", 1, 1)


def test_a_container_is_named_where_it_mentions_images(tmp_path: Path) -> None:
    h5 = b"\x89HDF\r\n\x1a\n\x00"
    assert left(tmp_path, {"model.h5": h5}) == []
    (row,) = left(tmp_path, {"data.h5": h5 + lines("{}.png").encode()})
    assert (row["format"], row["sign"], row["names"]) == ("an HDF5 file", "records", IMAGES)


def test_what_repeats_labels_that_were_read(tmp_path: Path) -> None:
    table = "file_name,label\n" + lines("{}.png,cat")
    assert [row["unlabelled"] for row in left(tmp_path, {"labels.csv": table, "export.json": DARWIN})] == [0]


def test_files_called_labels_are_none_beside_labels_that_were_read(tmp_path: Path) -> None:
    table = "file_name,label\n" + lines("{}.png,cat")
    assert left(tmp_path, {"labels.csv": table, "labels.npy": b"\x93NUMPY\x01\x00"}) == []


def test_class_folders_are_labels_for_what_says_no_more(tmp_path: Path) -> None:
    folders = ("cat", "dog")
    assert [row["unlabelled"] for row in left(tmp_path, {"export.json": DARWIN}, folders)] == [0]
    vott = json.dumps({"videoSettings": {}, "assets": {"1": {"name": "shot_0.png"}}})
    rows = left(tmp_path, {"export.json": vott}, folders)
    assert [(row["format"], row["unlabelled"]) for row in rows] == [("VoTT's own JSON", 1)]
    (tmp_path / "export.json").unlink()
    rows = left(tmp_path, {"train.txt": lines("{}.png 0 1")}, folders)
    assert [(row["names"], row["unlabelled"]) for row in rows] == [(IMAGES, 0)]


def test_without_images_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "labels.npy").write_bytes(b"\x93NUMPY\x01\x00")
    assert discover([tmp_path], Config()).table("unread").is_empty()


def test_the_one_format_that_is_asked_for(tmp_path: Path) -> None:
    left(tmp_path, {"export.json": DARWIN, "labels.csv": "file_name,label\n" + lines("{}.png,cat")})
    assert discover([tmp_path], Config(layout="table")).table("unread").is_empty()


def test_a_file_with_a_problem_is_told_once(tmp_path: Path) -> None:
    broken = '{"images": [{"id": 1, "file_name": "shot_0.png"}], "annotations": [}'
    assert left(tmp_path, {"annotations.json": broken}) == []
