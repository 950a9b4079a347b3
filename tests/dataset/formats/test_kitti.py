"""KITTI: boxes of label_2, regions to ignore, lines that cannot be used."""

from __future__ import annotations

from pathlib import Path

from datalint.config.settings import Config
from datalint.dataset.assembly.annotations import Annotations
from datalint.dataset.files.walk import walk
from datalint.dataset.formats import kitti
from tests.dataset.formats.yolo.test_datasets import make

CAR = "Car 0.00 0 -1.58 587.01 173.33 614.12 200.12 1.65 1.67 3.64 -0.65 1.71 46.70 -1.59\n"
IGNORED = "DontCare -1 -1 -10 503.89 169.71 590.61 190.13 -1 -1 -1 -1000 -1000 -1000 -10\n"


def read(root: Path, files: dict[str, str | bytes]) -> list[Annotations]:
    place = str(make(root, files)).encode()
    return kitti.read(walk(place, [place], Config()), Config())


def test_boxes_splits_and_ignored_regions(tmp_path: Path) -> None:
    (found,) = read(
        tmp_path,
        {
            "training/image_2/000001.png": b"x",
            "training/image_2/000002.png": b"x",
            "training/image_3/000001.png": b"x",
            "training/calib/000001.txt": "P0: 1 0 0 0 0 1 0 0 0 0 1 0\n",
            "training/label_2/000001.txt": CAR + IGNORED,
            "training/label_2/000002.txt": "",
        },
    )
    assert found.boxes.select("path", "class", "raw", "unit", "crowd", "line").rows() == [
        ("training/image_2/000001.png", "Car", [587.01, 173.33, 614.12, 200.12], "xyxy-pixels", False, 1),
        ("training/image_2/000001.png", "DontCare", [503.89, 169.71, 590.61, 190.13], "xyxy-pixels", True, 2),
    ]
    assert found.named["path"].to_list() == ["training/image_2/000001.png", "training/image_2/000002.png"]
    assert found.splits["split"].to_list() == ["train", "train"]
    assert set(found.outcomes) == {"training/label_2/000001.txt", "training/label_2/000002.txt"}
    assert found.evidence == (
        "KITTI: training/label_2, 2 images, 2 boxes, 1 class.",
        "DontCare marks 1 region to be ignored.",
    )
    assert found.problems == []


def test_lines_that_cannot_be_used(tmp_path: Path) -> None:
    bad = CAR + "Car 0 0\n\n" + CAR.replace("173.33", "x") + CAR.replace("\n", " 0.9\n") + CAR.replace("587.01", "nan")
    (found,) = read(tmp_path, {"image_2/1.png": b"x", "label_2/1.txt": CAR * 3 + bad, "label_2/2.txt": CAR})
    told = sorted(found.problems, key=lambda problem: problem.line or 0)
    assert [(problem.kind, problem.file, problem.line, problem.column, problem.reason) for problem in told] == [
        ("unused-file", "label_2/2.txt", None, None, "there is no image of this name"),
        ("syntax", "label_2/1.txt", 5, None, "3 words in the line"),
        ("syntax", "label_2/1.txt", 7, 25, "'x' is not a number"),
    ]
    assert found.boxes["line"].to_list() == [1, 2, 3, 4, 8, 9]
    assert str(found.boxes["raw"].to_list()[-1]) == "[nan, 173.33, 614.12, 200.12]"


def test_label_files_without_images(tmp_path: Path) -> None:
    (found,) = read(tmp_path, {"training/label_2/000001.txt": CAR})
    assert found.named.select("file_row", "path").rows() == [(None, "training/image_2/000001")]
    assert read(tmp_path / "other", {"notes/a.txt": CAR, "a.png": b"x"}) == []


def test_tracklets_are_named(tmp_path: Path) -> None:
    (found,) = read(tmp_path, {"a.png": b"x", "tracklet_labels.xml": "<?xml?>\n<boost_serialization>\n<tracklets>\n"})
    assert "tracklets of KITTI" in str(found.outcomes["tracklet_labels.xml"])
