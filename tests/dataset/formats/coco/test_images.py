from __future__ import annotations

import os
from pathlib import Path

from datalint.config.settings import Config
from datalint.dataset.files.walk import walk
from datalint.dataset.formats.coco.images import find, folders
from tests.dataset.formats.coco.factory import document, parsed, read


def test_paths_stay_inside(tmp_path: Path) -> None:
    names = ["/data/a.jpg", "../../b.jpg", "C:\\x\\c.jpg", "./d.jpg", "sub\\e.jpg"]
    content = document(images=[{"id": n, "file_name": name} for n, name in enumerate(names)], annotations=[])
    (found,) = read(tmp_path, labels_json=content, d_jpg=b"", sub__e_jpg=b"", a_jpg=b"")
    assert found.named["path"].to_list() == ["a.jpg", None, None, "d.jpg", "sub/e.jpg"]
    assert [(problem.kind, problem.pointer) for problem in found.problems] == [
        ("path", "/images/0/file_name"),
        ("path", "/images/1/file_name"),
        ("path", "/images/2/file_name"),
    ]


def test_the_file_of_the_own_split_is_meant(tmp_path: Path) -> None:
    content = document(images=[{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "b.jpg"}], annotations=[])
    (tmp_path / "annotations").mkdir()
    for folder, name in (("train", "a"), ("train", "b"), ("val", "a")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / f"{name}.jpg").touch()
    place = os.fsencode(tmp_path)
    tree = walk(place, [place], Config())
    found = parsed(content, "annotations/x.json")
    for split, paths in (("val", ["val/a.jpg", "train/b.jpg"]), ("train", ["train/a.jpg", "train/b.jpg"])):
        named, problems = find(found, split, tree)
        assert named["path"].to_list() == paths
        assert problems == []
    assert folders(found.images["name"], "annotations", None, tree) == ["train", "val"]
    assert folders(found.images["name"].clear(), "annotations", None, tree) == ["annotations"]
