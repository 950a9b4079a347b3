"""What labelling tools export as JSON."""

from __future__ import annotations

import json
from typing import Any

from tools.fuzz.seeds.label_sets import HEIGHT, WIDTH, LabelSet, as_json, one

_SIZE = {"width": WIDTH, "height": HEIGHT}


def _lines(*values: Any) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def _ultralytics(task: str, first: dict[str, Any], **more: Any) -> bytes:
    head = {"type": "dataset", "task": task, "class_names": {"0": "cat", "1": "dog"}, **more}
    image = {"type": "image", "file": "a{d}.png", "url": "https://x.org/a.png", **_SIZE, "split": "train"}
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
}  # fmt: skip
