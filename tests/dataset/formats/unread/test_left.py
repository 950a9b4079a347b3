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
        ({"annotations.zip": b"PK\x03\x04"}, "title", 0),
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
    ],
)
def test_other_files_are_left_alone(tmp_path: Path, files: dict[str, str | bytes]) -> None:
    broken = '{"images": [{"id": 1, "file_name": "shot_0.png"}], "annotations": [}'
    assert left(tmp_path, {"annotations.json": broken}) == []
