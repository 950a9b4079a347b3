"""Formats of one JSON file an image: which image, which split, and files that are broken."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from datalint.dataset.assembly.collector import Record
from datalint.dataset.formats.label_format import Fault, LabelFile, Labels
from datalint.dataset.formats.one_image import About, OneImage, sized
from tests.dataset.formats.reading import places, read

if TYPE_CHECKING:
    from pathlib import Path

    from datalint.dataset.containers.records import Place
    from datalint.dataset.files.image_names import Found


class Plain(OneImage):
    """All that such a format must state."""

    name, title = "plain", "Plain"
    objects, keys, expected = "things", ("kind",), 'a thing with "kind"'

    def recognise(self, head: bytes) -> bool:
        return b"plain" in head

    def about(self, value: dict[str, Any], file: LabelFile) -> About:
        return About(value.get("plain"), "/plain", *sized(value.get("size")))

    def put(self, value: dict[str, Any], found: Found, place: Place, out: Labels) -> Fault | None:
        if "kind" not in value:
            return Fault("", "no kind", self.expected)
        out.box(Record(found, value["kind"], None, place), [1, 2, 3, 4], "xywh-pixels")
        return None


def content(name: str, *things: Any) -> str:
    return json.dumps({"plain": name, "size": {"width": 9, "height": "8"}, "things": things}, indent=1)


def test_the_image_that_a_file_names(tmp_path: Path) -> None:
    files = {
        "labels/train/1.json": content("a.jpg", {"kind": "cat"}),
        "labels/val/1.json": content("a.jpg"),
        "labels/val/2.json": content("x/b.jpg"),
        "images/train/a.jpg": "x",
        "images/val/a.jpg": "x",
        "images/val/x/b.jpg": "x",
    }
    (found,) = read(tmp_path, files, [Plain])
    assert found.problems == []
    assert found.named.select("path", "width", "height", "line", "pointer").rows() == [
        (path, 9.0, 8.0, 2, "/plain") for path in ("images/train/a.jpg", "images/val/a.jpg", "images/val/x/b.jpg")
    ]
    assert found.splits["split"].to_list() == ["train", "val", "val"]
    assert found.boxes.select("line", "pointer").rows() == [(8, "/things/0")]
    assert found.source == "labels"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (content("a.jpg", 7), ("syntax", 8, "/things/0")),
        (content("a.jpg", {}), ("syntax", 8, "/things/0")),
        ('{"plain": "a.jpg", "things": {}}', ("syntax", 1, "/things")),
        ('{"plain": "a.jpg"}', ("syntax", 1, "/plain")),
        ('{"plain": "a.jpg", "things": []} x', ("syntax", 1, "")),
        ('{"plain": "a.jpg", "things": [{"kind": "cat"}, {"ki', ("syntax", 1, "/things/1")),
        ('{"plain": "a.jpg", "things": [{"kind": 1, "kind": "cat"}]}', ("syntax", 1, "/things/0/kind")),
        ('{"plain": "../../gone.jpg", "things": []}', ("path", 1, "/plain")),
    ],
)
def test_what_is_broken(tmp_path: Path, text: str, problem: tuple[str, int, str]) -> None:
    (found,) = read(tmp_path, {"a.json": text, "a.jpg": "x"}, [Plain])
    assert problem in places(found)


def test_sizes() -> None:
    assert sized({"width": 3, "height": "x"}) == (3.0, None)
    assert sized([3, 4]) == (None, None)
