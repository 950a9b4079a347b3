from __future__ import annotations

import json
from pathlib import Path

from tests.dataset.formats.coco.factory import annotation, document, parsed, read, reported


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
