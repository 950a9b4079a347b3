"""What labelling tools export as JSON."""

from __future__ import annotations

import json
from typing import Any

from tools.fuzz.seeds.label_sets import HEIGHT, WIDTH, LabelSet, one

_SIZE = {"width": WIDTH, "height": HEIGHT}


def _lines(*values: Any) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def _ultralytics(task: str, first: dict[str, Any], **more: Any) -> bytes:
    head = {"type": "dataset", "task": task, "class_names": {"0": "cat", "1": "dog"}, **more}
    image = {"type": "image", "file": "a{d}.png", "url": "https://x.org/a.png", **_SIZE, "split": "train"}
    return _lines(head, image | {"annotations": first}, image | {"file": "b{d}.png", "split": "val"})


_QUAD = [0.1, 0.1, 0.5, 0.1, 0.5, 0.6, 0.1, 0.6]

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
}  # fmt: skip
