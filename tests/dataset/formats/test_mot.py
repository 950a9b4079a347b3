"""MOT Challenge: videos and splits, what seqinfo.ini and labels.txt say, and classes that nobody declares."""

from __future__ import annotations

from pathlib import Path

from datalint.dataset.formats.mot import FORMATS
from tests.dataset.formats.reading import found, one, problems, read

LINE = "1,7,10,20,30,40,1,1,0.5"
INFO = "[Sequence]\nname=MOT17-02\nimDir=frames\nframeRate=30\nseqLength=2\nimWidth=1920\nimHeight=1080\nimExt=.jpg\n"


def test_videos_of_a_split(tmp_path: Path) -> None:
    files = {
        "train/MOT17-02/img1/000001.jpg": None,
        "train/MOT17-02/gt/gt.txt": f"{LINE}\n1,8,1.5,2,3,4,0,8,0\n",
        "train/MOT17-04/img1/000001.jpg": None,
        "train/MOT17-04/gt/gt.txt": "1,1,1,2,3,4,1,-1,-1,-1\n",
        "train/MOT17-04/det/det.txt": "1,-1,1,2,3,4,1,-1,-1,-1\n",
    }
    annotations = one(tmp_path, files, FORMATS)
    assert annotations.problems == []
    assert annotations.boxes.select("path", "class", "class_id", "raw", "unit", "id", "crowd", "line").rows() == [
        ("train/MOT17-02/img1/000001.jpg", "pedestrian", 1, [10.0, 20.0, 30.0, 40.0], "xywh-pixels", "7", False, 1),
        ("train/MOT17-02/img1/000001.jpg", "distractor", 8, [1.5, 2.0, 3.0, 4.0], "xywh-pixels", "8", True, 2),
        ("train/MOT17-04/img1/000001.jpg", "pedestrian", 1, [1.0, 2.0, 3.0, 4.0], "xywh-pixels", "1", False, 1),
    ]
    assert annotations.splits["split"].to_list() == ["train", "train"]
    assert annotations.evidence == ("MOT Challenge: the root, 2 images, 3 boxes, 2 classes.",)


def test_what_seqinfo_says(tmp_path: Path) -> None:
    files = {"v/frames/000001.jpg": None, "v/frames/000002.jpg": None, "v/seqinfo.ini": INFO}
    annotations = one(tmp_path, files | {"v/gt/gt.txt": f"{LINE}\n3{LINE[1:]}\n"}, FORMATS)
    assert annotations.named.select("path", "width", "height").rows() == [
        ("v/frames/000001.jpg", 1920.0, 1080.0),
        ("v/frames/000002.jpg", 1920.0, 1080.0),
    ]
    assert problems(annotations) == [("syntax", 2, "frame 3 of a video of 2 frames")]


def test_classes_that_labels_declares(tmp_path: Path) -> None:
    files = {
        "v/img1/1.jpg": None,
        "v/gt/labels.txt": "car\nbus\n",
        "v/gt/gt.txt": "1,7,1,2,3,4,1,2,1\n1,7,1,2,3,4,1,3,1\n",
    }
    annotations = one(tmp_path, files, FORMATS)
    assert annotations.classes["class"].to_list() == ["car", "bus"]
    assert annotations.boxes["class"].to_list() == ["bus", None]
    assert problems(annotations) == [("unknown-category", 2, "3 is not the number of a class")]


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    files = {"v/img1/1.jpg": None, "v/det/det.txt": LINE, "v/gt.txt": LINE, "v/gt/1.txt": LINE}
    assert read(tmp_path, files, FORMATS) == []
    assert read(tmp_path / "2", {"v/gt/gt.txt": "1 2 3\n"}, FORMATS) == []


def test_a_whole_dataset_has_no_problem(tmp_path: Path) -> None:
    files = {f"train/v/img1/{frame:06}.jpg": None for frame in range(1, 4)}
    data = found(tmp_path, files | {"train/v/gt/gt.txt": "".join(f"{frame}{LINE[1:]}\n" for frame in range(1, 4))})
    assert data.layouts == ("mot",)
    assert data.table("problems").is_empty()
    assert data.table("unread").is_empty()
