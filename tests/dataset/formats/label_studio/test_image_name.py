"""Which image an export means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from datalint.dataset.formats.label_studio.image_name import field, is_video
from tests.dataset.formats.label_studio.test_json import annotation, make, task, text

if TYPE_CHECKING:
    from pathlib import Path

IMAGES = ("images/a.jpg", "images/cats/b 1.jpg", "images/0a1b2c3d-c.jpg", "images/deadbeef-c.jpg")


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ("/data/upload/1/a.jpg", "images/a.jpg"),
        ("/data/upload/1/12ab34cd-a.jpg", "images/a.jpg"),
        ("/data/upload/0a1b2c3d-c.jpg", "images/0a1b2c3d-c.jpg"),
        ("/data/local-files/?d=images/cats/b%201.jpg", "images/cats/b 1.jpg"),
        ("/data/local-files/?d=images%5Ca.jpg", "images/a.jpg"),
        ("s3://bucket/images/a.jpg", "images/a.jpg"),
        ("https://host:80/x/a.jpg?token=1", "images/a.jpg"),
        ("images/cats/b 1.jpg", "images/cats/b 1.jpg"),
        ("..\\..\\media\\upload\\4\\a.jpg", "images/a.jpg"),
        ("C:\\data\\a.jpg", "images/a.jpg"),
        ("/data/upload/1/gone.jpg", "upload/1/gone.jpg"),
    ],
)
def test_where_label_studio_had_it(tmp_path: Path, said: str, path: str) -> None:
    (found,) = make(tmp_path, {"p.json": text(task(said, annotation())), **dict.fromkeys(IMAGES, "x")})
    assert found.problems == []
    assert found.named["path"].to_list() == [path]


@pytest.mark.parametrize("said", ["", "  ", "data:image/png;base64,AAAA", "/data/upload/", "http://[", "a" * 5000])
def test_what_names_no_image(tmp_path: Path, said: str) -> None:
    (found,) = make(tmp_path, {"p.json": text(task(said, annotation())), **dict.fromkeys(IMAGES, "x")})
    assert found.named.height + len(found.problems) == 1


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"image": "/data/upload/1/a.jpg"}, "image"),
        ({"id": "a.jpg.x", "photo_1": "s3://b/a.JPG?x=1"}, "photo_1"),
        ({"title": "x.png", "image": "http://host/7"}, "title"),
        ({"url": "http://host/7"}, "url"),
        ({"text": "words"}, None),
        ({"image": 7}, None),
    ],
)
def test_the_field_with_the_image(data: dict[str, Any], key: str | None) -> None:
    assert field(data) == key


def test_videos() -> None:
    assert is_video({"video": "/data/upload/1/a.mp4?x=1"})
    assert not is_video({"image": "/data/upload/1/a.jpg"})
