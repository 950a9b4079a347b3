"""Transforms of pictures together with their boxes, and a detector of torchvision that fits their sizes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from datalint.advise import mirror
from datalint.advise.pictures import IMPORTS, NAMES
from datalint.advise.snippet import Snippet, comment, mapping, numbers
from datalint.amounts import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datalint.advise.facts import Facts, Objects

#: Sides that torchvision's detectors reduce pictures to: shorter, longer.
_SHORT, _LONG = 800, 1333
#: Longest side that is advised.
_MOST = 2048
#: The smallest side of an object that a detector still finds well, in pixels: two cells of its finest map, of 8 pixels.
LEAST = 16
#: A side that much smaller than what small objects ask for will do.
_NEARLY = 1.15
#: Largest count over smallest above which pictures with rare classes are drawn more often.
_STEEP = 10
#: Objects of a picture that torchvision's detectors give at most.
_GIVEN = 100


def learning(facts: Facts) -> Iterator[Snippet]:
    """The snippets."""
    assert facts.objects is not None
    yield _transforms(facts)
    yield _detector(facts, facts.objects)
    yield _batches(facts)


def _transforms(facts: Facts) -> Snippet:
    flips = mirror.flips(facts)
    flip = [comment(flips.why, 8), "        v2.RandomHorizontalFlip(),"]
    code = [
        *([] if flips.allowed else [comment(flips.why)]),
        "train_transform = v2.Compose(",
        "    [",
        "        v2.ToImage(),",
        *(flip if flips.allowed else []),
        *_sound(),
        "    ]",
        ")",
        "eval_transform = v2.Compose(",
        "    [",
        "        v2.ToImage(),",
        *_sound(),
        "    ]",
        ")",
    ]
    reasons = (
        "Targets are dicts with boxes (tv_tensors.BoundingBoxes) and labels, which count from 1: 0 is the background.",
        "No Normalize and no Resize: torchvision's detectors do both themselves.",
        "No rotations, no flips upside down, no changes of colour: nothing was measured that allows them.",
    )
    return Snippet("Transforms", "\n".join(code), reasons, IMPORTS)


def _sound() -> list[str]:
    return [
        comment("boxes end at the edge of their picture; one without an area would make the loss infinite", 8),
        "        v2.ClampBoundingBoxes(),",
        "        v2.SanitizeBoundingBoxes(min_size=1),",
        "        v2.ToDtype(torch.float32, scale=True),",
    ]


def scale(facts: Facts, objects: Objects, short: float, long: float) -> tuple[float, str]:
    """How many times the median picture is to be enlarged for its small objects, and why.

    `short` and `long` are the sides that it is fitted into by default, in pixels.
    """
    sizes = facts.sizes
    usual = min(short / sizes.short, long / sizes.long)
    small = f"one object in ten is smaller than {objects.small:.0f} pixels"
    if objects.small * usual >= LEAST:
        return usual, f"{small}, {objects.small * usual:.0f} at this size: enough for a detector"
    wanted = LEAST / objects.small
    if wanted < _NEARLY * usual:
        return usual, f"{small}, {objects.small * usual:.0f} at this size: just enough for a detector"
    most = _MOST / sizes.long
    if wanted <= most:
        return wanted, f"{small}: at this size they have {LEAST}, at the usual one {objects.small * usual:.0f}"
    return most, (
        f"{small}: even at this size they have {objects.small * most:.0f}; cut the pictures into tiles that overlap"
    )


def _detector(facts: Facts, objects: Objects) -> Snippet:
    sizes, measured = facts.sizes, facts.statistics
    factor, why = scale(facts, objects, _SHORT, _LONG)
    short, long = math.ceil(factor * sizes.short / 32) * 32, math.ceil(factor * sizes.long / 32) * 32
    given = max(_GIVEN, -(-objects.most // 50) * 50)
    std = [value if value > 1e-3 else 1.0 for value in measured.std]
    code = [
        "def detector(pretrained: bool = True) -> nn.Module:",
        comment("pretrained weights keep the constants that they were trained with; else the measured ones", 4),
        f"    own = dict(image_mean={numbers(measured.mean)}, image_std={numbers(std)})",
        "    model = fasterrcnn_resnet50_fpn_v2(",
        '        weights="DEFAULT" if pretrained else None,',
        "        weights_backbone=None,",
        comment(why, 8),
        f"        min_size={short},",
        f"        max_size={long},",
        *(
            [comment(f"a picture holds up to {objects.most:,} objects", 8), f"        box_detections_per_img={given},"]
            if given > _GIVEN else []
        ),
        "        **({} if pretrained else own),",
        "    )",
        comment("the background, and the classes", 4),
        "    width = model.roi_heads.box_predictor.cls_score.in_features",
        "    model.roi_heads.box_predictor = FastRCNNPredictor(width, len(CLASSES) + 1)",
        "    return model",
    ]  # fmt: skip
    reasons = (
        f"The median picture is {sizes.long}x{sizes.short} pixels.",
        f"{counted(objects.boxes, 'box', 'boxes')}, up to {objects.most:,} in a picture.",
    )
    imports = (
        "from torch import nn",
        "from torchvision.models.detection import fasterrcnn_resnet50_fpn_v2",
        "from torchvision.models.detection.faster_rcnn import FastRCNNPredictor",
    )
    return Snippet("A detector that fits the sizes", "\n".join(code), reasons, imports)


def _batches(facts: Facts) -> Snippet:
    sizes = facts.sizes
    why = "pictures hold different numbers of boxes, so a batch is two tuples and nothing is stacked"
    if sizes.same is None:
        why = (
            f"pictures have sides from {sizes.least:,} to {sizes.most:,} pixels: nothing is stacked; the detector pads"
        )
    found = [number for number in facts.counts.values() if number]
    steep = len(facts.classes) <= NAMES and max(found, default=0) > _STEEP * min(found, default=1)
    drawn = "sampler=sampler(labels)" if steep else "shuffle=True"
    imports = ["from torch.utils.data import DataLoader"]
    code = [
        *(_sampler(facts, imports) if steep else []),
        "def collate(batch: list) -> tuple:",
        comment(why, 4),
        "    return tuple(zip(*batch, strict=True))",
        "",
        "",
        comment(f"DataLoader(train_data, batch_size=4, {drawn}, collate_fn=collate)"),
    ]
    return Snippet("Batches", "\n".join(code), imports=tuple(imports))


def _sampler(facts: Facts, imports: list[str]) -> list[str]:
    """Pictures with rare objects more often (repeat factors, as LVIS has them)."""
    imports += ["import torch", "from torch.utils.data import WeightedRandomSampler"]
    least = min(number for number in facts.counts.values() if number)
    rare = next(name for name, number in facts.counts.items() if number == least)
    return [
        comment(f"objects of each class{' of the train split' if 'train' in facts.splits else ''}"),
        mapping("COUNTS", facts.counts),
        "counts = torch.tensor([COUNTS[name] for name in CLASSES], dtype=torch.float32)",
        comment("the square root: with the full weight a few pictures would rule the training"),
        "weights = torch.where(counts > 0, (counts.sum() / counts).sqrt(), 0.0)",
        "least = float(weights[counts > 0].min())",
        "",
        "",
        "def sampler(labels: list[list[int]]) -> WeightedRandomSampler:",
        comment(f"a picture is drawn as its rarest object asks: of {rare!r} there are {least:,} objects", 4),
        "    drawn = [max((float(weights[label - 1]) for label in of), default=least) for of in labels]",
        "    return WeightedRandomSampler(drawn, num_samples=len(drawn))",
        "",
        "",
    ]


__all__ = ["learning", "scale"]
