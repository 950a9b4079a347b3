"""What labelling tools export as JSON."""

from __future__ import annotations

import json
from typing import Any

from tools.fuzz.seeds.label_sets import HEIGHT, WIDTH, LabelSet, as_json, one, picture

_SIZE = {"width": WIDTH, "height": HEIGHT}


def _lines(*values: Any) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def _ultralytics(task: str, first: dict[str, Any], **more: Any) -> bytes:
    head = {"type": "dataset", "task": task, "class_names": {"0": "cat", "1": "dog"}, **more}
    image: dict[str, Any] = {
        "type": "image",
        "file": "a{d}.png",
        "url": "https://x.org/a.png",
        **_SIZE,
        "split": "train",
    }
    return _lines(head, image | {"annotations": first}, image | {"file": "b{d}.png", "split": "val"})


_QUAD = [0.1, 0.1, 0.5, 0.1, 0.5, 0.6, 0.1, 0.6]


def _labelbox() -> list[dict[str, Any]]:
    corners = [{"x": 1, "y": 2}, {"x": 9.5, "y": 2}, {"x": 9, "y": 9}]
    shapes: tuple[dict[str, Any], ...] = (
        {"bounding_box": {"top": 2, "left": 3, "height": 8.5, "width": 10}},
        {"polygon": corners},
        {"line": corners[:2]},
        {"point": corners[0]},
        {"mask": {"url": "https://x.org/m"}},
    )
    objects = [{"feature_id": "f", "name": "cat", "value": "cat", "classifications": [], **one} for one in shapes]
    answers: list[dict[str, Any]] = [
        {"name": "day", "radio_answer": {"name": "yes", "value": "yes"}},
        {"name": "day", "checklist_answers": [{"name": "a"}, {"name": "b"}]},
        {"name": "note", "text_answer": {"content": "x"}},
    ]
    label = {"label_kind": "Default", "id": "l", "annotations": {"objects": objects, "classifications": answers}}
    return [
        {
            "data_row": {"id": str(number), "external_id": f"{name}{{d}}.png", "row_data": f"https://x.org/{name}.png"},
            "media_attributes": _SIZE,
            "projects": {"p": {"name": "p", "labels": [label] * (1 - number)}},
        }
        for number, name in enumerate("ab")
    ]


def _darwin() -> bytes:
    path = [{"x": 1, "y": 2}, {"x": 9.5, "y": 2}, {"x": 9, "y": 9}]
    box = {"x": 2, "y": 3, "w": 10, "h": 8.5}
    shapes: tuple[dict[str, Any], ...] = (
        {"bounding_box": box},
        {"polygon": {"paths": [path]}, "bounding_box": box},
        {"line": {"path": path}},
        {"keypoint": path[0]},
        {"skeleton": {"nodes": [{"name": "nose", "occluded": False, "x": 1, "y": 2}]}},
        {"ellipse": {"angle": 0.3, "center": {"x": 12, "y": 9}, "radius": {"x": 4, "y": 3}}},
        {"tag": {}},
    )
    slots = [{"type": "image", "slot_name": "0", **_SIZE}]
    item = {"name": "{n}.png", "path": "/", "slots": slots}
    listed = [{"id": "i", "name": "cat", "slot_names": ["0"], **one} for one in shapes]
    return as_json({"version": "2.0", "schema_ref": "darwin_json/2.0", "item": item, "annotations": listed})


def _superannotate() -> bytes:
    shapes: tuple[dict[str, Any], ...] = (
        {"type": "bbox", "points": {"x1": 2, "y1": 3, "x2": 12, "y2": 9.5}},
        {"type": "rbbox", "points": {"x1": 2, "y1": 3, "x2": 12, "y2": 3, "x3": 12, "y3": 9, "x4": 2, "y4": 9}},
        {"type": "polygon", "points": [1, 2, 9, 2, 9.5, 9], "exclude": []},
        {"type": "polyline", "points": [1, 2, 9, 2]},
        {"type": "point", "x": 3, "y": 4},
        {"type": "template", "points": [{"id": 1, "x": 5, "y": 6}], "connections": []},
        {"type": "ellipse", "cx": 12, "cy": 9, "rx": 4, "ry": 3, "angle": 30},
        {"type": "tag"},
    )
    metadata = {"name": "{n}.png", **_SIZE, "annotatorEmail": None, "isPredicted": False}
    listed = [{**one, "classId": 1, "className": "cat", "pointLabels": {}, "attributes": []} for one in shapes]
    return as_json({"metadata": metadata, "instances": listed, "tags": [], "comments": []}, 1)


_CITY = as_json(
    {
        "imgHeight": HEIGHT,
        "imgWidth": WIDTH,
        "objects": [
            {"label": "road", "polygon": [[0, 9], [20, 9], [20, 20.5]]},
            {"label": "cargroup", "polygon": [[1, 2], [9, 2], [9, 9]], "deleted": 0},
            {"label": "person", "bbox": [1, 2, 9, 8], "bboxVis": [1, 2, 8, 8]},
        ],
    },
    1,
)
_POLYGONS = "gtFine/train/ulm/ulm_{n}_0_gtFine_polygons.json"


def _sagemaker() -> bytes:
    boxes = [{"class_id": number, "left": 2, "top": 3, "width": 10, "height": 8.5} for number in (0, 1)]
    drawn = {"image_size": [{**_SIZE, "depth": 3}], "annotations": boxes}
    about = {"class-map": {"0": "cat", "1": "dog"}, "type": "groundtruth/object-detection", "objects": []}
    single = {"class-name": "cat", "type": "groundtruth/image-classification"}
    several = {"class-map": {"0": "cat", "1": "dog"}, "type": "groundtruth/image-classification-multilabel"}
    return _lines(
        {"source-ref": "s3://b/a{d}.png", "box": drawn, "box-metadata": about},
        {"source-ref": "s3://b/b{d}.png", "k": "0", "k-metadata": single, "m": [0, 1], "m-metadata": several},
    )


def _fiftyone() -> list[bytes]:
    label = {"_cls": "Detection", "label": "cat", "bounding_box": [0.1, 0.2, 0.5, 0.25]}
    line = {"label": "dog", "points": [[[0.1, 0.1], [0.5, 0.1], [0.5, 0.5]]], "closed": True}
    fields = {
        "ground_truth": {"_cls": "Detections", "detections": [label, label]},
        "kind": {"_cls": "Classification", "label": "night"},
        "lines": {"_cls": "Polylines", "polylines": [line]},
        "points": {"_cls": "Keypoints", "keypoints": [{"label": "nose", "points": [[0.5, 0.5]]}]},
    }
    samples = [
        {
            "filepath": f"images/{name}{{d}}.png",
            "tags": ["train"],
            "metadata": {"_cls": "ImageMetadata", **_SIZE},
            **kept,
        }
        for name, kept in (("a", fields), ("b", {key: fields[key] for key in ("kind", "lines", "points")}))
    ]
    boxes = {"classes": ["cat", "dog"], "labels": {"a{d}": [label], "b{d}": []}}
    classes = {"classes": ["cat", "dog"], "labels": {"a{d}": "cat", "b{d}": [0, {"label": "dog"}]}}
    return [as_json(boxes), as_json(classes, 1), as_json({"samples": samples}, 1)]


def _datumaro() -> bytes:
    shapes: tuple[dict[str, Any], ...] = (
        {"type": "label"},
        {"type": "bbox", "bbox": [2, 3, 10, 8.5]},
        {"type": "polygon", "points": [1, 2, 9, 2, 9.5, 9]},
        {"type": "polyline", "points": [1, 2, 9, 2]},
        {"type": "points", "points": [3, 4, 5, 6], "visibility": [2, 2]},
        {"type": "ellipse", "points": [1, 2, 9, 8]},
        {"type": "mask", "rle": {"counts": [25, 4, 20, 4, 20, 4, 20, 4, 667], "size": [HEIGHT, WIDTH]}},
        {"type": "mask", "rle": {"counts": "i04d000000Wd0", "size": [HEIGHT, WIDTH]}},
    )
    listed = [{"id": 0, "group": 0, "attributes": {}, "label_id": 0, **one} for one in shapes]
    items = [
        {"id": name, "annotations": listed, "image": {"path": f"{name}.png", "size": [HEIGHT, WIDTH]}}
        for name in ("a{d}", "b{d}")
    ]
    labels: list[dict[str, Any]] = [{"name": name, "parent": "", "attributes": []} for name in ("cat", "dog")]
    head = {"dm_format_version": "1.0", "infos": {}, "categories": {"label": {"labels": labels, "attributes": []}}}
    return as_json({**head, "items": items}, 1)


def _dialogues() -> list[dict[str, Any]]:
    turns = [{"from": "human", "value": "<image>\nWhat is it?"}, {"from": "gpt", "value": "A cat."}]
    parts = [{"type": "image", "image": "b{d}.png"}, {"type": "text", "text": "What is it?"}]
    messages = [{"role": "user", "content": parts}, {"role": "assistant", "content": "A dog."}]
    return [
        {"id": "1", "image": "a{d}.png", "conversations": turns},
        {"images": ["a{d}.png", "b{d}.png"], "messages": [{"role": "user", "content": "<image><image> Which?"}]},
        {"messages": messages},
    ]


#: Format -> its datasets.
SETS: dict[str, list[LabelSet]] = {
    "ultralytics-ndjson": [
        one("boxes.ndjson", "jsonl", _ultralytics("detect", {"boxes": [[0, *_QUAD[:4]], [1, 0.4, 0.4, 0.1, 0.2]]})),
        one("outlines.ndjson", "jsonl", _ultralytics("segment", {"segments": [[0, *_QUAD], [1, *_QUAD[:6]]]})),
        one("turned.ndjson", "jsonl", _ultralytics("obb", {"obb": [[0, *_QUAD]], "classification": [1]})),
        one("pose.ndjson", "jsonl", _ultralytics(
            "pose", {"pose": [[0, 0.5, 0.5, 0.2, 0.3, 0.4, 0.4, 2, 0.5, 0.5, 1]]}, kpt_shape=[2, 3]
        )),
    ],
    "labelbox": [
        one("export.ndjson", "jsonl", _lines(*_labelbox())),
        one("export.json", "json", as_json(_labelbox(), 1)),
    ],
    "darwin": [
        LabelSet({"images/{n}.png": picture(), "annotations/{n}.json": _darwin()}, {"annotations/{n}.json": "json"}),
    ],
    "superannotate": [LabelSet(
        {
            "{n}.png": picture(),
            "{n}.png.json": _superannotate(),
            "classes/classes.json": as_json([{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]),
        },
        {"{n}.png.json": "json", "classes/classes.json": "json"},
    )],
    "cityscapes": [LabelSet(
        {"leftImg8bit/train/ulm/ulm_{n}_0_leftImg8bit.png": picture(), _POLYGONS: _CITY}, {_POLYGONS: "json"}
    )],
    "sagemaker": [one("output.manifest", "jsonl", _sagemaker())],
    "fiftyone": [one(name, "json", data) for name, data in zip(
        ("labels.json", "classes.json", "samples.json"), _fiftyone(), strict=True
    )],
    "datumaro": [one("annotations/train.json", "json", _datumaro())],
    "dialogues": [
        one("llava.json", "json", as_json(_dialogues(), 1)),
        one("train.jsonl", "jsonl", _lines(*_dialogues())),
    ],
}  # fmt: skip
