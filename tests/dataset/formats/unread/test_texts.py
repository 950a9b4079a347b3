"""Text formats that are not read, by what they look like."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalint.config.settings import Config
from datalint.dataset.files.walk import walk
from datalint.dataset.formats.registry import KNOWN
from datalint.dataset.formats.unread.texts import looks
from tests.dataset.formats.yolo.test_datasets import make


def look(root: Path, files: dict[str, str | bytes], taken: tuple[str, ...] = ()) -> dict[str, str]:
    place = str(make(root, files)).encode()
    tree = walk(place, [place], Config()).without(taken=taken)
    return looks(tree, [known for known in KNOWN if known.lines])


@pytest.mark.parametrize(
    ("file", "text", "what"),
    [
        ("seq/det/det.txt", "1,-1,0,4,4,8,1,-1,-1,-1\n", "detections of MOT Challenge, no labels"),
        ("1_GT.txt", '108 225 132 0 1 0 0 1 3 "F"\n\n', "text in images as of ICDAR (characters)"),
        ("pairs.txt", "1\t2\nname1\t1 \t2\nname0\t1\tname1\t1\n", "pairs of faces of LFW"),
        ("labels.txt", "n000001 Karl\nn000002 Jay\n", "names of persons of VGGFace2"),
        ("a_atr.txt", '001 # 0 # 1 # sky # sky # ""\n', "attributes of ADE20K"),
        ("calib/1.txt", "P0: 7.2e+02 0.0 6 0 0 7 1 0 0\nR0_rect: 1 0 0 0 1 0 0 0 1", "calibration of KITTI, no labels"),
        ("train.txt", "/train/1.png /trainannot/1.png\n", "a list of images and their masks"),
        ("label_colors.txt", "0 0 0 background\n0 0 64 sky\n", "colours of the classes of masks"),
        ("ann.txt", "1.jpg,dog,0\n2.jpg,cat,0\n", "a table of labels; of text files, tables of two columns are read"),
    ],
)  # fmt: skip
def test_each_is_named(tmp_path: Path, file: str, text: str, what: str) -> None:
    assert look(tmp_path, {file: text}) == {file: f"not read: it looks like {what}"}


def test_other_texts_are_not_mentioned(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "README.txt": "About these images.\n",
        "requirements.txt": "numpy==1.26\n",
        "train.txt": "images/a.jpg\nimages/b.jpg\n",
        "classes.txt": "cat\ndog\n",
        "a.txt": "0 0.5 0.5 0.1 0.1\n",
        "empty.txt": "",
        "binary.txt": b"\x00\xff\x00",
    }
    assert look(tmp_path, files) == {}


def test_taken_files_and_large_folders(tmp_path: Path) -> None:
    faces: dict[str, str | bytes] = {f"atr/{number}_atr.txt": '001 # 0 # 1 # sky # sky # ""\n' for number in range(30)}
    assert len(look(tmp_path, faces)) == 30
    assert look(tmp_path, {}, tuple(faces)) == {}
