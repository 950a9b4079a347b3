from __future__ import annotations

from pathlib import Path

from tests.dataset.formats.coco.factory import annotation, document, read


def test_everything_that_was_done_is_said(tmp_path: Path) -> None:
    mask = {"counts": [200], "size": [10, 20]}
    categories = [{"id": 0, "name": "pets", "supercategory": "none"}, {"id": 2, "name": "cat", "supercategory": "pets"}]
    content = document(annotations=[annotation(segmentation=mask)], categories=categories)
    captions = document(annotations=[{"image_id": 7, "caption": "a cat"}, {"image_id": 8, "caption": "none"}])
    segments = [{"id": 1, "category_id": 2}]
    panoptic = document(annotations=[{"image_id": 7, "file_name": "m.png", "segments_info": segments}])
    (found,) = read(
        tmp_path,
        instances_val_json=content,
        captions_val_json=captions,
        panoptic_val_json=panoptic,
        panoptic_val__m_png=b"",
    )
    assert found.evidence == (
        "COCO: instances_val.json, 2 images, 1 box, 1 class.",
        "panoptic_val.json, captions_val.json describe the same images: not added.",
        "2 captions: text, not labels.",
        "1 object has a run-length mask: it was measured and compared with the box.",
        "1 panoptic mask: not images of the dataset.",
        "Splits from the file names: val.",
        "The class with id 0 only groups the others, as in files of Roboflow: not counted as a class.",
    )
    said = str(found.outcomes["captions_val.json"])
    assert said.startswith("read as COCO: 2 images, 2 captions, which are not labels;")


def test_the_files_that_lead_are_named(tmp_path: Path) -> None:
    files = {}
    for split in ("train", "val", "test"):
        files[f"{split}__a_json"] = document(images=[{"id": 1, "file_name": f"{split}.jpg"}], annotations=[])
    (found,) = read(tmp_path, **files)
    assert found.evidence[0] == "COCO: test/a.json, train/a.json, val/a.json, 3 images, 0 boxes, 2 classes."
