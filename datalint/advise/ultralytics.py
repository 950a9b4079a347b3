"""Settings for Ultralytics' `yolo train cfg=FILE`: only what the dataset gives a reason for."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from datalint.advise import mirror
from datalint.advise.objects import scale
from datalint.advise.snippet import Snippet, comment
from datalint.amounts import counted

if TYPE_CHECKING:
    from datalint.advise.facts import Facts, Objects

_SIDE = 640
_GIVEN = 300
_MODELS = {"detect": "yolo11n.pt", "segment": "yolo11n-seg.pt", "pose": "yolo11n-pose.pt", "obb": "yolo11n-obb.pt"}


def settings(facts: Facts, objects: Objects) -> Snippet:
    """The YAML."""
    factor, why = scale(facts, objects, math.inf, _SIDE)
    side = max(320, math.ceil(round(factor * facts.sizes.long) / 32) * 32)
    median = f"the median picture is {facts.sizes.long}x{facts.sizes.short} pixels"
    flips = mirror.flips(facts)
    source = facts.described_in
    is_yolo = "yolo" in facts.layouts
    known = is_yolo and source is not None and source.endswith((".yaml", ".yml"))
    data = f"{facts.root}/{source}" if known else "data.yaml"
    lines = [
        f"task: {objects.shapes}",
        "mode: train",
        comment("the smallest: a first run is to find faults, not to win"),
        f"model: {_MODELS[objects.shapes]}",
        comment("" if is_yolo else f"Ultralytics reads YOLO's labels: convert {', '.join(facts.layouts)} first"),
        f"data: {json.dumps(data)}",
        comment(f"{median}; {why}"),
        f"imgsz: {side}",
    ]
    also = "" if flips.known else "; Ultralytics' own value is 0.5"
    lines += [comment(flips.why + also), f"fliplr: {0.5 if flips.allowed else 0.0}"]
    lines += [comment("nothing was measured that allows them: these are the defaults"), "flipud: 0.0", "degrees: 0.0"]
    if facts.grey:
        lines += [comment("all pictures are grey: there is neither hue nor saturation to change"), "hsv_h: 0.0"]
        lines += ["hsv_s: 0.0"]
    if objects.most > _GIVEN:
        lines += [comment(f"a picture holds up to {objects.most:,} objects; the default is {_GIVEN}")]
        lines += [f"max_det: {-(-objects.most // 100) * 100}"]
    if len(facts.classes) == 1:
        lines += [comment("there is one class"), "single_cls: true"]
    reasons = [
        f"{counted(objects.boxes, 'box', 'boxes')}, up to {objects.most:,} in a picture.",
        "No mean and std: Ultralytics divides by 255 and has no others.",
    ]
    code = "\n".join(line for line in lines if line)
    return Snippet("Settings for yolo train cfg=FILE", code, tuple(reasons), language="yaml")


__all__ = ["settings"]
