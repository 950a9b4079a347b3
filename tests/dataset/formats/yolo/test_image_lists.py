"""YOLO: lists of images."""

from __future__ import annotations

from pathlib import Path

from datalint.config.settings import Config
from datalint.dataset.containers.records import Kind
from datalint.dataset.files.walk import walk
from datalint.dataset.formats.yolo import image_lists
from datalint.dataset.formats.yolo.files import Files
from tests.dataset.formats.yolo.test_datasets import BOX, images, make, named, only, problems


def test_lists_of_images(tmp_path: Path) -> None:
    lines = "images/a.jpg\n/home/me/images/b.jpg\nimages/gone.jpg\n../../etc/passwd\n\n"
    found = only(
        tmp_path,
        {
            "obj.data": "classes = 3\ntrain = data/train.txt\nnames = data/obj.names\n",
            "obj.names": "cat\ndog\n",
            "train.txt": lines,
            **images("images/a.jpg", "images/b.jpg"),
            "labels/a.txt": BOX,
        },
    )
    assert sorted(problems(found)) == [("classes", "obj.data", 1), ("path", "train.txt", 2), ("path", "train.txt", 4)]
    missing = found.named.filter(found.named["file_row"].is_null())
    assert missing.select("path", "file", "line").rows() == [("images/gone.jpg", "train.txt", 3)]
    assert found.splits["split"].to_list() == ["train", "train"]
    assert found.boxes["class"].to_list() == ["cat"]


def test_each_line_of_a_list_is_an_image_or_a_problem(tmp_path: Path) -> None:
    lines = (
        "images/a.jpg",
        "",
        "y" * 5000 + ".jpg",
        "\\outside\\b.jpg",
        "../c.jpg",
        f"{tmp_path.as_posix()}/images/d.jpg",
    )
    files: dict[str, str | bytes] = {
        "data.yaml": "train: list.txt\nval: list.txt\nnames: [cat]",
        "list.txt": "\r\n".join(lines),
        **images("images/a.jpg", "images/d.jpg"),
        "labels/a.txt": BOX,
    }
    place = str(make(tmp_path, files)).encode()
    tree = walk(place, [place], Config())
    found = image_lists.read("list.txt", "train", "", Files(tree, Config().image_extensions))
    assert [tree.path(row) for row in found.splits["file_row"]] == ["images/a.jpg", "images/d.jpg"]
    assert [(problem.kind, problem.line) for problem in found.problems] == [("syntax", 3), ("syntax", 4), ("path", 5)]
    assert found.missing == ()
    assert str(found.outcomes["list.txt"]) == "read as YOLO's list of train: 5 images, 2 of them there"
    tree = walk(place, [place], Config())
    (tmp_path / "list.txt").unlink()
    gone = image_lists.read("list.txt", "train", "", Files(tree, Config().image_extensions))
    assert (gone.splits.height, gone.outcomes["list.txt"].kind) == (0, Kind.UNREADABLE)


def test_lists_without_a_data_file(tmp_path: Path) -> None:
    found = only(
        tmp_path,
        {
            "train.txt": "images/a.jpg\nimages/gone.jpg\n",
            "val.txt": "not a list of images\n",
            **images("images/a.jpg"),
            "labels/a.txt": BOX,
        },
    )
    assert found.splits["split"].to_list() == ["train"]
    assert named(found) == ["images/a.jpg"]
    assert found.named["path"].to_list() == ["images/a.jpg", "images/gone.jpg"]
    assert "val.txt" not in found.outcomes
