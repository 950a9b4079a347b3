"""The files of a tree by their paths."""

from __future__ import annotations

from pathlib import Path

from datalint.config.settings import Config
from datalint.dataset.files.walk import walk
from datalint.dataset.formats.yolo.files import Files
from tests.dataset.formats.yolo.test_datasets import make


def test_paths_and_bytes(tmp_path: Path) -> None:
    place = str(make(tmp_path, {"a/x.yaml": "one: 1\n", "b.jpg": b"x", "c/d.csv": "x"})).encode()
    files = Files(walk(place, [place], Config()), Config().image_extensions)
    assert list(files.rows) == ["a/x.yaml"]
    assert files.image_folders == {""}
    root = tmp_path.as_posix()
    assert [files.within_root(text) for text in (root, f"{root}/a", f"{root}b", "a")] == [".", "a", None, None]
    assert (files.data("a/x.yaml", 3), files.first_lines("a/x.yaml")) == (b"one", ["one: 1"])
    files = Files(walk(place, [place], Config()), Config().image_extensions)
    (tmp_path / "a/x.yaml").unlink()
    assert (files.data("a/x.yaml", 3), files.first_lines("a/x.yaml")) == (None, [])
