from __future__ import annotations

import io
import json
import re
import tempfile
from pathlib import Path

import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalint.dataset.files.tree import Tree
from tests.dataset.formats.coco.factory import SQUARE, annotation, document, read


def test_a_plain_file(tmp_path: Path) -> None:
    (found,) = read(tmp_path, labels_json=document(), images__a_jpg=b"", images__b_jpg=b"")
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
    assert found.polygons.select("box", "part", "points", "closed").rows() == [(0, 0, SQUARE, True)]
    assert found.classes.rows() == [("cat", 2, "labels.json"), ("dog", 3, "labels.json")]
    assert found.splits.is_empty()


def test_files_that_differ_in_the_split_are_one_dataset_and_others_are_not(tmp_path: Path) -> None:
    first, second = document(), document(images=[{"id": 1, "file_name": "z.jpg"}], annotations=[])
    one, two, three = read(
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
    points = document(annotations=[annotation(keypoints=[1, 1, 2], num_keypoints=1)])
    captions = document(annotations=[{"id": 1, "image_id": 7, "caption": "a cat"}])
    (found,) = read(
        tmp_path, instances_val_json=document(), person_keypoints_val_json=points, captions_val_json=captions
    )
    assert found.source == "instances_val.json"
    assert (len(found.boxes), len(found.named), found.labels.height) == (2, 2, 0)
    assert found.keypoints.select("box", "points").rows() == [(0, [1.0, 1.0, 2.0])]
    assert "1 caption, which are not labels" in str(found.outcomes["captions_val.json"])


def test_roboflow(tmp_path: Path) -> None:
    categories = [{"id": 0, "name": "pets", "supercategory": "none"}, {"id": 2, "name": "cat", "supercategory": "pets"},
                  {"id": 3, "name": "dog", "supercategory": "pets"}]  # fmt: skip
    content = document(categories=categories)
    (found,) = read(
        tmp_path,
        **{"train___annotations.coco_json": content, "valid___annotations.coco_json": content},
        train__a_jpg=b"",
        valid__a_jpg=b"",
    )
    assert found.classes["class"].to_list() == ["cat", "dog"]
    assert found.named.drop_nulls("file_row")["path"].to_list() == ["train/a.jpg", "valid/a.jpg"]
    assert sorted(found.splits["split"]) == ["train", "val"]


def test_panoptic_and_lvis(tmp_path: Path) -> None:
    segments = [{"id": 5, "category_id": 2, "bbox": [1, 1, 2, 2], "area": 4, "iscrowd": 0}, {"id": 6, "category_id": 3}]
    panoptic = document(annotations=[{"image_id": 7, "file_name": "a.png", "segments_info": segments}])
    image = {"id": 7, "coco_url": "http://images.cocodataset.org/train2017/z.jpg", "not_exhaustive_category_ids": []}
    lvis = document(images=[image], annotations=[annotation()])
    first, second = read(
        tmp_path, lvis__lvis_json=lvis, p__panoptic_json=panoptic, p__panoptic__a_png=b"", p__a_jpg=b""
    )
    assert first.named["path"].to_list() == ["lvis/train2017/z.jpg"]
    assert second.boxes.select("pointer", "id", "path").rows() == [("/annotations/0/segments_info/0", "5", "p/a.jpg")]
    assert second.masks == {3}


_VALID = json.dumps(
    document(
        annotations=[
            annotation(),
            annotation(id=2, segmentation=[SQUARE, SQUARE[:6]], area=3.5, keypoints=[1, 2, 0]),
            annotation(id=3, segmentation={"counts": "0Q7", "size": [10, 20]}, iscrowd=1),
            annotation(id=4, attributes={"id": 1, "words": 'a "quoted" \\ text'}),
            annotation(id=5, bbox=[0.5, 1e3, -2, 0]),
        ]
    )
).encode()


def check_law(data: bytes) -> None:
    """Records that stand apart in the file = records used + problems that cost one; nothing raises."""
    with tempfile.TemporaryDirectory() as folder:
        found = read(Path(folder), labels_json=data)
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
            parsed = json.loads(data)
            total = len(parsed["annotations"]) if data.count(b'"annotations"') == 1 else None
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


def test_classes_of_whole_images_and_numbers_that_differ(tmp_path: Path) -> None:
    whole = document(annotations=[{"id": 1, "image_id": 7, "category_id": 3}])
    other = document(images=[{"id": 1, "file_name": "z.jpg"}], annotations=[], categories=[{"id": 2, "name": "cow"}])
    (found,) = read(tmp_path, instances_train_json=document(), labels_train_json=whole, instances_val_json=other)
    assert found.labels.select("path", "class").rows() == [("a.jpg", "dog")]
    assert str(found.outcomes["labels_train.json"]).endswith("leads; 1 class of whole images were added")
    assert [problem.reason for problem in found.problems] == [
        "category 2 is 'cow' here and 'cat' in instances_train.json"
    ]


def test_a_mask_that_is_not_there_and_what_the_other_must_fit(tmp_path: Path) -> None:
    segments = [{"id": 1, "category_id": 2}]
    records = [{"image_id": n, "file_name": f"{n}.png", "segments_info": segments} for n in (7, 8)]
    buffer = io.BytesIO()
    PIL.Image.new("L", (5, 10)).save(buffer, "png")
    (found,) = read(tmp_path, panoptic_json=document(annotations=records), panoptic__7_png=buffer.getvalue())
    assert [(problem.kind, problem.reason) for problem in found.problems] == [("mask", "the mask '8.png' is not there")]
    (mask,) = found.masks
    assert found.mask_checks.select("file_row", "of", "of_width", "of_height").rows() == [(mask, "a.jpg", 20, 10)]


def test_a_file_that_cannot_be_read_is_named_if_its_name_says_coco(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Tree, "head", fail)
    (found,) = read(tmp_path, instances_val_json=b"", settings_json=b"")
    assert {path: str(outcome) for path, outcome in found.outcomes.items()} == {
        "instances_val.json": "cannot be read: Permission denied"
    }
