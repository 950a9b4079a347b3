"""Formats that are known and not read are named; images of clips are in no class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image

from datalint.config.settings import Config
from datalint.dataset.discover import discover

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("train-export.json", b'{"name": "t", "videoSettings": {"frameExtractionRate": 15}}', "VoTT"),
        ("mpii_annotations.json", b'[{"dataset": "MPI", "img_paths": "a.jpg"}]', "MPII"),
        ("a.json", b'{"image": {"image_id": 1, "file_name": "a.jpg"}, "annotations": []}', "Segment Anything"),
        ("tracklet_labels.xml", b"<boost_serialization/>", "KITTI"),
        ("data_batch_1", b"\x80\x02}q\x00.", "CIFAR"),
        ("train", b"\x80\x03}q\x00.", "pickle"),
    ],
)
def test_known_formats_are_named(tmp_path: Path, name: str, content: bytes, what: str) -> None:
    place = tmp_path / name
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(content)
    data = discover([tmp_path], Config())
    (reason,) = data.table("skipped")["reason"]
    assert reason.startswith("not read: it looks like")
    assert what in reason
    assert any(what in sentence for sentence in data.evidence)


@pytest.mark.parametrize("content", [b"{}", b"[]", b'{"name": "app", "version": "1.0"}', b"\xff\xfe", b'{"cells": []}'])
def test_other_files_are_not(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "package.json").write_bytes(content)
    assert "it looks like" not in discover([tmp_path], Config()).table("skipped")["reason"][0]


def test_folders_of_clips_are_no_classes(tmp_path: Path) -> None:
    for clip in ("video0", "video1"):
        (tmp_path / "frames" / clip).mkdir(parents=True)
        for frame in range(2):
            Image.new("RGB", (8, 8)).save(tmp_path / "frames" / clip / f"{frame}.png")
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "ava_train.csv").write_text("video0,0000,0,0,1,1,3,0\nvideo1,0001,0,0,1,1,3,0\n")
    data = discover([tmp_path], Config())
    assert data.table("labels").is_empty()
    assert data.table("images").height == 4
    assert data.layouts == ()
