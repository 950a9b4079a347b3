from __future__ import annotations

import json
from pathlib import Path

import pytest

from datalint.dataset.formats.coco import file as coco_file
from tests.dataset.formats.coco.factory import SQUARE, annotation, document, parsed, read


def test_lines_of_a_file_that_is_written_over_many(tmp_path: Path) -> None:
    text = json.dumps(document(), indent=1)
    (found,) = read(tmp_path, labels_json=text.encode())
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines, 1) if line == "  {"]
    assert [*found.named["line"], *found.boxes["line"]] == starts[:4]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    text = json.dumps(document(categories=[{"id": 2, "name": "Käfer"}, {"id": 3, "name": "x"}]), ensure_ascii=False)
    (found,) = read(tmp_path, labels_json=text.encode(encoding))
    assert found.boxes["class"].to_list() == ["Käfer", "x"]
    assert [problem.kind for problem in found.problems] == ["encoding"]


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{}", b"[]", b"{", b'{"images": []}', b'{"name": "x", "version": "1"}', b"\x00" * 50,
        b'{"categories": 1, "images": "no", "annotations": {}}',
        b'{"version": "4.5", "shapes": [], "imagePath": "a.jpg"}',
        b'{"image": {"file_name": "a.jpg"}, "annotations": [{"bbox": [1, 2, 3, 4]}]}',
        b'{"annotations": ' + b"[" * 100_000,
        json.dumps({"dm_format_version": "1.0", "categories": {}, "items": []}).encode(),
        b'[{"image_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}]',
    ],
)  # fmt: skip
def test_other_files_are_not_mentioned(tmp_path: Path, content: bytes) -> None:
    assert read(tmp_path, labels_json=content) == []


def test_large_blocks_of_all_shapes_are_as_a_plain_parser_has_them() -> None:
    annotations = []
    for number in range(3000):
        record = annotation(
            id=number, bbox=[number / 7, 1, 2, 3], segmentation=[SQUARE[: 6 + 2 * (number % 2)]] * (number % 4)
        )
        if number % 50 == 0:
            record["attributes"] = {"note": f'{{"{number}\\', "id": 1}
        annotations.append(record)
    text = json.dumps(document(annotations=annotations), indent=None)
    found = coco_file.read(text.encode(), "x.json")
    assert found is not None
    assert found.problems == []
    assert found.objects["raw"].to_list() == [record["bbox"] for record in annotations]
    assert found.polygons["points"].to_list() == [part for record in annotations for part in record["segmentation"]]
    assert found.polygons["object"].to_list() == [
        number for number, record in enumerate(annotations) for _ in record["segmentation"]
    ]


@pytest.mark.parametrize(
    ("head", "tail", "may"),
    [
        (b'{"images": [', b"", True),
        (b'\xef\xbb\xbf {"info": {}, "licenses": [', b"", True),
        (b'{"info": 1', b'], "categories": []}', True),
        ('{"images": ['.encode("utf-16"), b"", True),
        (b'[{"images": 1}]', b"", False),
        (b'{"shapes": [', b"]}", False),
        (b"", b"", False),
    ],
)
def test_a_file_says_at_an_end_that_it_may_be_coco(head: bytes, tail: bytes, may: bool) -> None:
    assert coco_file.sniff(head, tail) is may


def test_polygons_follow_the_objects_that_are_left() -> None:
    drawn = [annotation(id=n, image_id=99 if n == 1 else 7, segmentation=[SQUARE, SQUARE]) for n in range(4)]
    found = parsed(document(annotations=drawn))
    assert found.objects["id"].to_list() == ["0", "2", "3"]
    assert found.polygons["object"].to_list() == [0, 0, 1, 1, 2, 2]


def test_captions_are_counted_and_masks_are_listed() -> None:
    records = [
        {"image_id": 7, "caption": "a cat"},
        {"image_id": 7, "file_name": "a.png", "segments_info": [{"id": 1, "category_id": 2}]},
        annotation(segmentation={"counts": [200], "size": [10, 20]}),
    ]
    found = parsed(document(annotations=records))
    assert (found.captions, found.run_length, found.masks.rows()) == (1, 1, [("7", "a.png", [1])])


def test_problems_are_in_the_order_of_the_file() -> None:
    content = document(annotations=[annotation(category_id=9), annotation(bbox=[1]), annotation(image_id=9)])
    lines = [problem.line for problem in parsed(json.dumps(content, indent=1).encode()).problems]
    assert len(lines) == 4
    assert lines == sorted(lines, key=lambda line: line or 0)


def test_outlines_of_objects_without_an_image_at_the_end_of_the_file() -> None:
    records = [annotation(id=n, image_id=7 if n < 3 else 99, segmentation=[SQUARE]) for n in range(5)]
    found = parsed(document(annotations=records))
    assert found.objects.height == 3
    assert found.polygons["object"].to_list() == [0, 1, 2]
