"""UAVDT: vehicles, regions to be ignored, and the file that says less than another one."""

from __future__ import annotations

from pathlib import Path

from datalint.dataset.containers.records import Kind
from datalint.dataset.formats.uavdt import FORMATS
from tests.dataset.formats.reading import Files, found, one, problems, read

IMAGES: Files = {"UAV-benchmark-M/M0101/img000001.jpg": None, "UAV-benchmark-M/M0101/img000002.jpg": None}
FIRST, SECOND = IMAGES


def test_vehicles_and_regions_to_be_ignored(tmp_path: Path) -> None:
    files = {
        "GT/M0101_gt_whole.txt": "1,1,561,307,78,41,1,2,1\n2,1,560,307,78,41,1,2,3\n",
        "GT/M0101_gt_ignore.txt": "1,-1,5,6,7,8,1,-1,-1\n",
        "GT/M0101_gt.txt": "1,1,561,307,78,41,1,-1,-1\n",
    }
    annotations = one(tmp_path, IMAGES | files, FORMATS)
    assert annotations.problems == []
    assert annotations.boxes.select("path", "class", "class_id", "raw", "crowd", "file").sort("file").rows() == [
        (FIRST, "ignored region", None, [5.0, 6.0, 7.0, 8.0], True, "GT/M0101_gt_ignore.txt"),
        (FIRST, "car", 1, [561.0, 307.0, 78.0, 41.0], False, "GT/M0101_gt_whole.txt"),
        (SECOND, "bus", 3, [560.0, 307.0, 78.0, 41.0], False, "GT/M0101_gt_whole.txt"),
    ]
    assert annotations.outcomes["GT/M0101_gt.txt"].kind is Kind.UNUSED


def test_vehicles_without_a_class(tmp_path: Path) -> None:
    annotations = one(tmp_path, IMAGES | {"GT/M0101_gt.txt": "1,1,5,3,7,4,1,-1,-1\n1,1,5,3,7,4,1,1,9\n"}, FORMATS)
    assert annotations.boxes["class"].to_list() == ["vehicle", None]
    assert problems(annotations) == [("unknown-category", 2, "9 is not the number of a class")]


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    assert read(tmp_path, IMAGES | {"GT/M0101.txt": "1,1,5,3,7,4,1,1,1\n", "GT/M_gt.txt": "1,2\n"}, FORMATS) == []


def test_a_whole_dataset_has_no_problem(tmp_path: Path) -> None:
    lines = "1,1,5,3,7,4,1,1,1\n2,1,5,3,7,4,1,1,2\n"
    data = found(tmp_path, IMAGES | {"GT/M0101_gt_whole.txt": lines})
    assert data.layouts == ("uavdt",)
    assert data.table("problems").is_empty()
    assert data.table("unread").is_empty()
