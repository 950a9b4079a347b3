"""VisDrone's videos: frames by the name of the file, classes by their number."""

from __future__ import annotations

from pathlib import Path

from datalint.dataset.formats.visdrone_video import FORMATS
from tests.dataset.formats.reading import Files, found, one, problems, read

NAME = "VisDrone2019-VID-train/annotations/uav0000013_00000_v.txt"
IMAGES: Files = {f"VisDrone2019-VID-train/sequences/uav0000013_00000_v/{frame:07}.jpg": None for frame in (1, 2)}
LINES = "1,0,593,43,174,190,0,0,0,0\n1,1,59,43,17,19,1,4,0,1\n2,1,60,43,17,19,1,4,0,1\n"


def test_objects_and_regions_to_be_ignored(tmp_path: Path) -> None:
    annotations = one(tmp_path, IMAGES | {NAME: LINES + "2,1,60,43,17,19,1,12,0,1\n"}, FORMATS)
    assert annotations.boxes.select("class", "class_id", "crowd", "line").rows() == [
        ("ignored regions", 0, True, 1),
        ("car", 4, False, 2),
        ("car", 4, False, 3),
        (None, 12, False, 4),
    ]
    assert annotations.boxes["path"].unique().sort().to_list() == list(IMAGES)
    assert problems(annotations) == [("unknown-category", 4, "12 is not the number of a class")]


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    assert read(tmp_path, IMAGES | {NAME.replace("_v.txt", "_w.txt"): LINES, NAME: "1,2,3,4,1,4,0,2\n"}, FORMATS) == []


def test_a_whole_dataset_has_no_problem(tmp_path: Path) -> None:
    data = found(tmp_path, IMAGES | {NAME: LINES})
    assert data.layouts == ("visdrone-video",)
    assert data.table("problems").is_empty()
    assert data.table("unread").is_empty()
