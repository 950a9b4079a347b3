from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.dataset.formats.coco.factory import annotation, compressed, document, parsed, read, reported


def test_repeated_and_unknown_ids(tmp_path: Path) -> None:
    content = document(annotations=[annotation(), annotation(), annotation(id=3, category_id=50)])
    content["images"].append({"id": 8, "file_name": "c.jpg"})
    content["categories"].append({"id": 3, "name": "bird"})
    (found,) = read(tmp_path, labels_json=content)
    assert reported(found) == [
        ("repeated-id", "/images/2/id", "image id 8 is already used at /images/1 (line 1)"),
        ("repeated-id", "/annotations/1/id", "annotation id 1 is already used at /annotations/0 (line 1)"),
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
    content = document(annotations=[annotation(id=n, segmentation=mask) for n, mask in enumerate(masks)])
    content["annotations"][0]["bbox"] = [0, 0, 15, 10]
    (found,) = read(tmp_path, labels_json=content)
    assert len(found.boxes) == 4
    assert reported(found) == [
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


def test_masks_and_boxes_of_different_objects() -> None:
    # In a picture of 20 x 10: 8 x 8 pixels at 1, 1, as the box has it; the same at 0, 0 without the first run.
    square, corner = [11, *[8, 2] * 7, 8, 111], [8, *[2, 8] * 7, 122]
    records: list[dict[str, Any]] = [
        {"segmentation": square},
        {"segmentation": corner, "bbox": [0, 0, 8, 8]},
        {"segmentation": compressed(corner), "bbox": [0, 0, 7.5, 8.5]},
        {"segmentation": [0, *corner], "bbox": [0, 0, 8, 8]},
        {"segmentation": square, "bbox": [11, 1, 8, 8]},
        {"segmentation": square, "bbox": [0, 0, 20, 10]},  # of an object of which only a part is seen
        {"segmentation": square, "bbox": [0, 0, 9, 10]},
        {"segmentation": [200]},
        {"segmentation": [0, 200], "bbox": [0, 0, 20, 10]},
        {"segmentation": square, "bbox": None, "area": 64},
        {"segmentation": corner, "bbox": None, "area": 64},
        {"segmentation": square, "bbox": [1, 1, 0, 0]},
    ]
    content = document(annotations=[annotation(id=n, **record) for n, record in enumerate(records)])
    for record in content["annotations"]:
        record["segmentation"] = {"counts": record["segmentation"], "size": [10, 20]}
    found = parsed(content)
    inverted = "the mask is of all but the object: it covers 136 of 200 pixels"
    assert [(problem.pointer, problem.reason.split(",")[0]) for problem in found.problems] == [
        ("/annotations/1/segmentation", inverted),
        ("/annotations/2/segmentation", inverted),
        ("/annotations/4/segmentation", "the mask covers 8x8 pixels at 1"),
        ("/annotations/7/segmentation", "the mask is empty: its runs have no pixel of the object"),
        ("/annotations/10/segmentation", inverted),
    ]
    assert {problem.kind for problem in found.problems} == {"mask"}
    assert found.objects["mask_area"].to_list() == [64, None, None, 64, None, 64, 64, None, 200, 64, None, 64]


@pytest.mark.parametrize(
    ("skeleton", "reason"),
    [
        ([[1, 2], [2, 3]], None),
        ([], None),
        ("none", None),
        ([["a", None], 7], None),
        ([[0, 1], [1, 2]], "the skeleton counts its 3 keypoints from 0"),
        ([[1, 2], [2, 4]], "the skeleton joins keypoint 4, and the category has 3 keypoints"),
        ([[0, 1], [2, 3]], "the skeleton joins keypoint 0, and the category has 3 keypoints"),
    ],
)
def test_skeletons_join_keypoints_of_the_category(skeleton: Any, reason: str | None) -> None:
    category = {"id": 2, "name": "cat", "keypoints": ["a", "b", "c"], "skeleton": skeleton}
    found = parsed(document(annotations=[annotation()], categories=[category]))
    assert reported(found) == ([] if reason is None else [("keypoints", "/categories/0/skeleton", reason)])


def test_names_of_categories_occur_once() -> None:
    found = parsed(document(categories=[{"id": 2, "name": "cat"}, {"id": 3, "name": "cat"}, {"id": 2, "name": "cat"}]))
    assert reported(found) == [
        ("classes", "/categories/1/name", "the name 'cat' is also that of category 2"),
        ("repeated-id", "/categories/2/id", "category id 2 is already used at /categories/0"),
    ]


def test_a_file_without_categories_says_so_once() -> None:
    (problem,) = parsed(document(categories=[])).problems
    assert problem.reason == "the file declares no categories; 2 annotations have one"


def test_segments_have_places_of_their_own() -> None:
    segments = [{"id": 1, "category_id": 2}, {"id": 1, "category_id": 50}]
    found = parsed(document(annotations=[{"image_id": 7, "file_name": "a.png", "segments_info": segments}]))
    assert reported(found) == [
        ("unknown-category", "/annotations/0/segments_info/1/category_id", "no category has the id 50")
    ]


def test_a_list_of_images_that_cannot_be_read_is_one_problem() -> None:
    content = json.dumps(document(categories=[]))
    start, end = content.index('{"id": 7'), content.index("]")
    found = parsed((content[:start] + "}" + content[end:]).encode())
    assert found.objects.is_empty()
    assert reported(found)[-1] == (
        "syntax",
        "/images",
        "the list of images cannot be read: 2 annotations belong to no known image",
    )


def test_objects_that_say_nothing_are_wrong_only_beside_others() -> None:
    bare = [{"id": n, "image_id": 7, "category_id": 2} for n in range(2)]
    assert parsed(document(annotations=bare)).problems == []
    assert [pointer for _, pointer, _ in reported(parsed(document(annotations=[*bare, annotation(id=5)])))] == [
        "/annotations/0",
        "/annotations/1",
    ]


def test_ids_of_images_as_texts_are_one_problem() -> None:
    content = document()
    for image in content["images"]:
        image["id"] = str(image["id"])
    found = parsed(content)
    assert reported(found) == [
        ("id", "/annotations/0/image_id", "image_id is a number in 2 of 2 annotations, the ids of the images are texts")
    ]
    assert len(found.objects) == 2


def test_references_as_texts() -> None:
    found = parsed(document(annotations=[annotation(category_id="2"), annotation(id=2)]))
    assert reported(found) == [
        (
            "id",
            "/annotations/0/category_id",
            "category_id is text in 1 of 2 annotations, the ids of the categories are numbers",
        )
    ]


def test_ids_that_are_all_texts_are_left_alone() -> None:
    content = document(annotations=[annotation(image_id="7")], images=[{"id": "7", "file_name": "a.jpg"}])
    assert reported(parsed(content)) == []


def test_segments_refer_to_ids_as_annotations_do() -> None:
    segments = [{"id": 1, "category_id": "2"}]
    found = parsed(document(annotations=[{"image_id": 7, "file_name": "a.png", "segments_info": segments}]))
    assert [pointer for _, pointer, _ in reported(found)] == ["/annotations/0/segments_info/0/category_id"]


def test_annotations_without_id_are_one_problem() -> None:
    bare = annotation()
    del bare["id"]
    found = parsed(document(annotations=[annotation(), bare, annotation(id=None)]))
    assert reported(found) == [("id", "/annotations/1", "2 of 3 annotations have no id")]
    assert len(found.objects) == 3
