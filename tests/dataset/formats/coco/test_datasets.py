from __future__ import annotations

import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalint.config.settings import Config
from datalint.dataset.assembly.annotations import Annotations
from datalint.dataset.files.walk import walk
from datalint.dataset.formats.coco import datasets as coco
from datalint.dataset.formats.coco import file as coco_file

_SQUARE = [1.0, 1.0, 9.0, 1.0, 9.0, 9.0, 1.0, 9.0]


def _document(**changes: Any) -> dict[str, Any]:
    document = {
        "info": {"description": "a test"},
        "images": [
            {"id": 7, "file_name": "a.jpg", "width": 20, "height": 10},
            {"id": 8, "file_name": "b.jpg", "width": 20, "height": 10},
        ],
        "annotations": [
            {"id": 1, "image_id": 7, "category_id": 2, "bbox": [1, 1, 8, 8], "area": 64, "iscrowd": 0,
             "segmentation": [_SQUARE]},
            {"id": 2, "image_id": 8, "category_id": 3, "bbox": [0, 0, 2.5, 3], "area": 7.5, "iscrowd": 1},
        ],
        "categories": [{"id": 2, "name": "cat", "supercategory": "pet"}, {"id": 3, "name": "dog"}],
    }  # fmt: skip
    return document | changes


def _annotation(**changes: Any) -> dict[str, Any]:
    return {"id": 1, "image_id": 7, "category_id": 2, "bbox": [1, 1, 8, 8]} | changes


def _read(root: Path, **files: Any) -> list[Annotations]:
    for name, content in files.items():
        path = root / name.replace("__", "/").replace("_json", ".json").replace("_jpg", ".jpg").replace("_png", ".png")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    place = os.fsencode(root)
    return coco.read(walk(place, [place], Config()), Config())


def _told(annotations: Annotations) -> list[tuple[str, str | None, str]]:
    return [(problem.kind, problem.pointer, problem.reason) for problem in annotations.problems]


def test_a_plain_file(tmp_path: Path) -> None:
    (found,) = _read(tmp_path, labels_json=_document(), images__a_jpg=b"", images__b_jpg=b"")
    assert found.source == "labels.json"
    assert found.evidence == ("COCO: labels.json, 2 images, 2 boxes, 2 classes.",)
    assert {file: str(outcome) for file, outcome in found.outcomes.items()} == {
        "labels.json": "read as COCO: 2 images, 2 boxes"
    }
    assert found.problems == []
    assert found.named.select("path", "file_row", "width", "height", "line", "pointer").rows() == [
        ("images/a.jpg", 0, 20.0, 10.0, 1, "/images/0"),
        ("images/b.jpg", 1, 20.0, 10.0, 1, "/images/1"),
    ]
    columns = ("file_row", "class", "class_id", "pointer", "box", "raw", "unit", "id", "area", "crowd")
    assert found.boxes.select(columns).rows() == [
        (0, "cat", 2, "/annotations/0", 0, [1.0, 1.0, 8.0, 8.0], "xywh-pixels", "1", 64.0, False),
        (1, "dog", 3, "/annotations/1", 1, [0.0, 0.0, 2.5, 3.0], "xywh-pixels", "2", 7.5, True),
    ]
    assert found.polygons.select("box", "part", "points", "closed").rows() == [(0, 0, _SQUARE, True)]
    assert found.classes.rows() == [("cat", 2, "labels.json"), ("dog", 3, "labels.json")]
    assert found.splits.is_empty()


def test_lines_of_a_file_that_is_written_over_many(tmp_path: Path) -> None:
    text = json.dumps(_document(), indent=1)
    (found,) = _read(tmp_path, labels_json=text.encode())
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines, 1) if line == "  {"]
    assert [*found.named["line"], *found.boxes["line"]] == starts[:4]


@pytest.mark.parametrize(
    ("changes", "pointer", "reason"),
    [
        ({"bbox": [1, 2, 3]}, "/annotations/0/bbox", "a box of 3 numbers"),
        ({"bbox": [1, 2, "3", 4]}, "/annotations/0/bbox/2", "a text in place of a number"),
        ({"bbox": "1 2 3 4"}, "/annotations/0/bbox", "a text in place of a list"),
        ({"area": "large"}, "/annotations/0/area", "a text in place of a number"),
        ({"image_id": 99}, "/annotations/0/image_id", "no image has the id 99"),
        ({"image_id": None}, "/annotations/0", "an annotation without image_id"),
        ({"category_id": None}, "/annotations/0", "an annotation without category_id"),
        ({"bbox": None}, "/annotations/0", "an annotation without bbox and segmentation"),
        ({"segmentation": [[1, 2, 3, 4, 5, 6, 7]]}, "/annotations/0/segmentation/0", "a polygon of 7 numbers"),
        ({"segmentation": [_SQUARE, [1, None]]}, "/annotations/0/segmentation/1/1", "a null in place of a number"),
        ({"segmentation": [1, 2, 3]}, "/annotations/0/segmentation/0", "a number in place of a polygon"),
        ({"segmentation": {"counts": [1]}}, "/annotations/0/segmentation", "a mask without its size"),
        ({"segmentation": {"counts": "\x7f", "size": [1, 1]}}, "/annotations/0/segmentation/counts",
         "runs that cannot be decoded"),
        ({"keypoints": [1, 2, 2, 3]}, "/annotations/0/keypoints", "keypoints of 4 numbers"),
    ],
)  # fmt: skip
def test_a_faulty_annotation_costs_itself(tmp_path: Path, changes: Any, pointer: str, reason: str) -> None:
    document = _document(annotations=[_annotation(**changes), _annotation(id=2)])
    (found,) = _read(tmp_path, labels_json=document)
    assert _told(found) == [("syntax", pointer, reason)]
    assert found.boxes["id"].to_list() == ["2"]
    problem = found.problems[0]
    assert problem.line == 1
    text = (tmp_path / "labels.json").read_text()
    value = document["annotations"][0]
    for part in pointer.split("/")[3:]:
        value = value[int(part) if isinstance(value, list) else part] if part in value or part.isdigit() else value
    assert problem.column is not None
    assert text[problem.column - 1 :].startswith(json.dumps(value))


def test_infinity_is_kept_and_a_key_that_is_there_twice_is_not(tmp_path: Path) -> None:
    text = json.dumps(_document())
    text = text.replace("[1, 1, 8, 8]", "[-Infinity, NaN, 1e400, 8]").replace(
        '"id": 2, "image_id"', '"id": 2, "id": 3, "image_id"'
    )
    (found,) = _read(tmp_path, labels_json=text.encode())
    assert repr(found.boxes["raw"].to_list()) == "[[-inf, nan, inf, 8.0]]"
    assert len(found.polygons) == 1
    assert _told(found) == [("syntax", "/annotations/1/id", "the key 'id' is there twice")]
    assert found.problems[0].column == text.index('"id": 3') + 1


def test_repeated_and_unknown_ids(tmp_path: Path) -> None:
    document = _document(annotations=[_annotation(), _annotation(), _annotation(id=3, category_id=50)])
    document["images"].append({"id": 8, "file_name": "c.jpg"})
    document["categories"].append({"id": 3, "name": "bird"})
    (found,) = _read(tmp_path, labels_json=document)
    assert _told(found) == [
        ("repeated-id", "/images/2/id", "image id 8 is at /images/1 (line 1) already"),
        ("repeated-id", "/annotations/1/id", "annotation id 1 is at /annotations/0 (line 1) already"),
        ("unknown-category", "/annotations/2/category_id", "no category has the id 50"),
        ("repeated-id", "/categories/2/id", "category id 3 is 'dog' at /categories/1, 'bird' here"),
    ]
    assert found.boxes["class"].to_list() == ["cat", "cat", "50"]
    assert len(found.named) == 3


def test_run_length_masks(tmp_path: Path) -> None:
    masks = [
        {"counts": [0, 150, 50], "size": [10, 20]},
        {"counts": [0, 150, 51], "size": [10, 20]},
        {"counts": "0Q7", "size": [10, 20]},
        {"counts": [200], "size": [20, 10]},
    ]
    cover, size = "the runs of the mask cover", "pixels, its size 20 x 10 is 200"
    # 0Q7 is what pycocotools makes of a mask without background: runs of 0 and 225.
    document = _document(annotations=[_annotation(id=n, segmentation=mask) for n, mask in enumerate(masks)])
    (found,) = _read(tmp_path, labels_json=document)
    assert len(found.boxes) == 4
    assert _told(found) == [
        (
            "mask",
            "/annotations/1/segmentation/counts",
            f"{cover} 201 {size}",
        ),
        (
            "mask",
            "/annotations/2/segmentation/counts",
            f"{cover} 225 {size}",
        ),
        ("mask", "/annotations/3/segmentation/size", "a mask of 10 x 20 pixels for an image of 20 x 10"),
    ]


def test_files_that_differ_in_the_split_are_one_dataset_and_others_are_not(tmp_path: Path) -> None:
    first, second = _document(), _document(images=[{"id": 1, "file_name": "z.jpg"}], annotations=[])
    one, two, three = _read(
        tmp_path,
        a__annotations__instances_train_json=first,
        a__annotations__instances_val_json=second,
        a__images__train__a_jpg=b"",
        a__images__val__a_jpg=b"",
        a__images__val__z_jpg=b"",
        b__annotations_json=first,
        b__annotations_unofficial_json=first,
    )
    assert one.source == "a/annotations"
    paths = one.named["path"].to_list()
    assert paths == ["a/images/train/a.jpg", "a/images/train/b.jpg", "a/images/val/z.jpg"]
    assert sorted(one.splits["split"]) == ["train", "val"]
    assert (two.source, three.source) == ("b/annotations.json", "b/annotations_unofficial.json")


def test_files_about_the_same_images_are_not_added(tmp_path: Path) -> None:
    points = _document(annotations=[_annotation(keypoints=[1, 1, 2], num_keypoints=1)])
    captions = _document(annotations=[{"id": 1, "image_id": 7, "caption": "a cat"}])
    (found,) = _read(
        tmp_path, instances_val_json=_document(), person_keypoints_val_json=points, captions_val_json=captions
    )
    assert found.source == "instances_val.json"
    assert (len(found.boxes), len(found.named), found.labels.height) == (2, 2, 0)
    assert found.keypoints.select("box", "points").rows() == [(0, [1.0, 1.0, 2.0])]
    assert "1 caption, which are no labels" in str(found.outcomes["captions_val.json"])


def test_roboflow(tmp_path: Path) -> None:
    categories = [{"id": 0, "name": "pets", "supercategory": "none"}, {"id": 2, "name": "cat", "supercategory": "pets"},
                  {"id": 3, "name": "dog", "supercategory": "pets"}]  # fmt: skip
    document = _document(categories=categories)
    (found,) = _read(
        tmp_path,
        **{"train___annotations.coco_json": document, "valid___annotations.coco_json": document},
        train__a_jpg=b"",
        valid__a_jpg=b"",
    )
    assert found.classes["class"].to_list() == ["cat", "dog"]
    assert found.named.drop_nulls("file_row")["path"].to_list() == ["train/a.jpg", "valid/a.jpg"]
    assert sorted(found.splits["split"]) == ["train", "val"]


def test_panoptic_and_lvis(tmp_path: Path) -> None:
    segments = [{"id": 5, "category_id": 2, "bbox": [1, 1, 2, 2], "area": 4, "iscrowd": 0}, {"id": 6, "category_id": 3}]
    panoptic = _document(annotations=[{"image_id": 7, "file_name": "a.png", "segments_info": segments}])
    image = {"id": 7, "coco_url": "http://images.cocodataset.org/train2017/z.jpg", "not_exhaustive_category_ids": []}
    lvis = _document(images=[image], annotations=[_annotation()])
    first, second = _read(
        tmp_path, lvis__lvis_json=lvis, p__panoptic_json=panoptic, p__panoptic__a_png=b"", p__a_jpg=b""
    )
    assert first.named["path"].to_list() == ["lvis/train2017/z.jpg"]
    assert second.boxes.select("pointer", "id", "path").rows() == [("/annotations/0/segments_info/0", "5", "p/a.jpg")]
    assert second.masks == {3}


def test_a_file_that_ends_early_is_used_as_far_as_it_goes(tmp_path: Path) -> None:
    document = _document(annotations=[_annotation(id=n) for n in range(5)])
    text = json.dumps(document)
    (found,) = _read(tmp_path, labels_json=text[: text.index('"id": 3') + 20].encode())
    assert len(found.boxes) == 3
    assert found.boxes["class"].to_list() == ["2"] * 3
    assert _told(found) == [("syntax", "/annotations/3", "not valid JSON: the file ends in the middle")]


def test_what_is_broken_in_the_middle_costs_the_middle(tmp_path: Path) -> None:
    text = json.dumps(_document(annotations=[_annotation(id=n) for n in range(5)]))
    text = text.replace('}, {"id": 2, "image_id": 7', '} {"id": 2, "image_id": 7').replace('"id": 3,', '"id" 3,', 1)
    (found,) = _read(tmp_path, labels_json=text.encode())
    assert found.boxes["id"].to_list() == ["0", "1", "2", "4"]
    assert [problem.kind for problem in found.problems] == ["syntax", "syntax"]
    assert found.classes.height == 2


def test_paths_stay_inside(tmp_path: Path) -> None:
    names = ["/data/a.jpg", "../../b.jpg", "C:\\x\\c.jpg", "./d.jpg", "sub\\e.jpg"]
    document = _document(images=[{"id": n, "file_name": name} for n, name in enumerate(names)], annotations=[])
    (found,) = _read(tmp_path, labels_json=document, d_jpg=b"", sub__e_jpg=b"", a_jpg=b"")
    assert found.named["path"].to_list() == ["a.jpg", None, None, "d.jpg", "sub/e.jpg"]
    assert [(problem.kind, problem.pointer) for problem in found.problems] == [
        ("path", "/images/0/file_name"),
        ("path", "/images/1/file_name"),
        ("path", "/images/2/file_name"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    text = json.dumps(_document(categories=[{"id": 2, "name": "Käfer"}, {"id": 3, "name": "x"}]), ensure_ascii=False)
    (found,) = _read(tmp_path, labels_json=text.encode(encoding))
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
    assert _read(tmp_path, labels_json=content) == []


_VALID = json.dumps(
    _document(
        annotations=[
            _annotation(),
            _annotation(id=2, segmentation=[_SQUARE, _SQUARE[:6]], area=3.5, keypoints=[1, 2, 0]),
            _annotation(id=3, segmentation={"counts": "0Q7", "size": [10, 20]}, iscrowd=1),
            _annotation(id=4, attributes={"id": 1, "words": 'a "quoted" \\ text'}),
            _annotation(id=5, bbox=[0.5, 1e3, -2, 0]),
        ]
    )
).encode()


def check_law(data: bytes) -> None:
    """Records that stand apart in the file = records used + problems that cost one; nothing raises."""
    with tempfile.TemporaryDirectory() as folder:
        found = _read(Path(folder), labels_json=data)
    for source in found:
        tables = (source.boxes, source.polygons, source.keypoints, source.labels)
        used = {"/".join(pointer.split("/")[:3]) for table in tables for pointer in table["pointer"]}
        lost = {
            match[0]
            for problem in source.problems
            if problem.kind == "syntax" and (match := re.match(r"/annotations/\d+", problem.pointer or ""))
        }
        everything = any(problem.pointer in ("/images", None) for problem in source.problems)
        try:
            document = json.loads(data)
            total = len(document["annotations"]) if data.count(b'"annotations"') == 1 else None
        except (ValueError, KeyError, TypeError, RecursionError):
            total = None
        if total is not None and not everything:
            assert used | lost == {f"/annotations/{number}" for number in range(total)}
        assert not source.boxes["path"].str.contains(r"(^|/)\.\.(/|$)").any()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_mutated_files(data: st.DataObject) -> None:
    mutated = bytearray(_VALID)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(mutated) - 1))
        kind = data.draw(st.sampled_from(["replace", "insert", "cut", "repeat"]))
        if kind == "replace":
            mutated[place] = data.draw(st.sampled_from(b'"{}[],:\\ \n09-.eNnt\x00\xff'))
        elif kind == "insert":
            mutated[place:place] = data.draw(st.sampled_from([b"Infinity", b'"', b"}", b"[[", b"null", b"\xc3", b", "]))
        elif kind == "cut":
            del mutated[place : place + data.draw(st.integers(1, 60))]
        else:
            mutated[place:place] = mutated[place : place + 80]
    check_law(bytes(mutated))


def test_large_blocks_of_all_shapes_are_as_a_plain_parser_has_them() -> None:
    annotations = []
    for number in range(3000):
        record = _annotation(
            id=number, bbox=[number / 7, 1, 2, 3], segmentation=[_SQUARE[: 6 + 2 * (number % 2)]] * (number % 4)
        )
        if number % 50 == 0:
            record["attributes"] = {"note": f'{{"{number}\\', "id": 1}
        annotations.append(record)
    text = json.dumps(_document(annotations=annotations), indent=None)
    document = coco_file.read(text.encode(), "x.json")
    assert document is not None
    assert document.problems == []
    assert document.objects["raw"].to_list() == [record["bbox"] for record in annotations]
    assert document.polygons["points"].to_list() == [part for record in annotations for part in record["segmentation"]]
    assert document.polygons["object"].to_list() == [
        number for number, record in enumerate(annotations) for _ in record["segmentation"]
    ]
