"""Which of the chosen rules can run on a dataset, and how deeply its images must be measured for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.finding import NotRun
from datalint.rule import Need

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from datalint.dataset import Dataset
    from datalint.rule import Rule

#: How deep images can be measured, from the cheapest level to the dearest.
LEVELS = (Need.FILES, Need.CONTENT, Need.HEADER, Need.FRAMES, Need.PIXELS)
_IMPLIES = {Need.PAIRS: Need.PIXELS, Need.PROBE: Need.PIXELS, Need.SIZES: Need.HEADER, Need.PLACES: Need.HEADER}
#: What a dataset may well do without, and rules are about.
_KINDS = {
    Need.LABELS: "classes of whole images",
    Need.OBJECTS: "boxes",
    Need.BOXES: "boxes",
    Need.POLYGONS: "polygons",
    Need.KEYPOINTS: "keypoints",
    Need.CLASSES: "declared classes",
    Need.PROBLEMS: "label files",
    Need.SPLITS: "splits",
    Need.CONFIG: "declared mean and std",
}


def plan(
    chosen: Sequence[Rule], data: Dataset, unavailable: Mapping[Need, str] | None = None
) -> tuple[list[Rule], list[NotRun]]:
    """Split the chosen rules into those that can run on this dataset and those that cannot, with the reason.

    `unavailable` are needs that no dataset can meet here, with the reason.
    """
    lacking = {**dict(_lacking(data)), **(unavailable or {})}
    runnable, idle = [], []
    for rule in chosen:
        need = next((need for need in rule.needs if need in lacking), None)
        if need is None:
            runnable.append(rule)
        else:
            # Without any label that is what should be said.
            kind = "" if lacking[need] == lacking.get(Need.ANNOTATIONS) else _KINDS.get(need, "")
            idle.append(NotRun(rule.code, rule.name, lacking[need], absent=kind))
    return runnable, idle


def needed(rules: Sequence[Rule], *needs: Need) -> bool:
    """Whether any of the rules has one of these needs."""
    return any(need in needs for rule in rules for need in rule.needs)


def looks_at_images(rules: Sequence[Rule]) -> bool:
    """Whether any of the rules asks for more of an image than its name."""
    return needed(rules, Need.BYTES, Need.MASKS, *_IMPLIES, *(level for level in LEVELS if level is not Need.FILES))


def depth(rules: Sequence[Rule], least: Need = Need.FILES) -> Need:
    """How deep the images must be measured: `least`, or as deep as the deepest need of `rules` asks, and no deeper."""
    wanted = {least, *(_IMPLIES.get(need, need) for rule in rules for need in rule.needs)}
    return max((level for level in LEVELS if level in wanted), key=LEVELS.index, default=Need.FILES)


def _lacking(data: Dataset) -> Iterator[tuple[Need, str]]:
    images, labels, objects = data.table("images"), data.table("labels"), data.table("boxes")
    polygons, named = data.table("polygons"), data.table("named")
    any_label = not (labels.is_empty() and objects.is_empty() and polygons.is_empty())
    if images.is_empty():
        reason = "the images are absent" if any_label or named.height else "no image was found"
        for need in (*LEVELS, Need.PAIRS, Need.PROBE):
            yield need, reason
        if named["width"].null_count() == named.height:
            lacking = f"{reason}, and no label file declares their sizes"
            yield Need.SIZES, lacking
            if not objects["unit"].str.ends_with("-share").any():
                yield Need.PLACES, lacking
    if not any_label:
        yield Need.ANNOTATIONS, "no labels were found"
        if named.is_empty():
            yield Need.NAMED, "no labels were found"
    if labels.is_empty():
        reason = (
            "no classes of whole images were found, only of objects in them" if any_label else "no labels were found"
        )
        yield Need.LABELS, reason
    if objects.is_empty() and polygons.is_empty():
        yield Need.OBJECTS, "no boxes and no polygons were found"
    if objects.is_empty():
        yield Need.BOXES, "no boxes were found"
    if polygons.is_empty():
        yield Need.POLYGONS, "no polygons were found"
    if data.table("keypoints").is_empty():
        yield Need.KEYPOINTS, "no keypoints were found"
    if data.table("classes").is_empty():
        yield Need.CLASSES, "no classes are declared"
    if not data.has_splits():
        yield Need.SPLITS, "fewer than two splits were found"
    if not data.label_files():
        yield Need.PROBLEMS, "no label file was found"
    if data.declared.mean is None and data.declared.std is None:
        yield Need.CONFIG, "no mean and std are declared (normalization in the config, or a preprocessor_config.json)"
