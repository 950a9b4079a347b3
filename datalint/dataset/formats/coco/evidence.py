"""The evidence for COCO files: what each of them holds, and what a dataset was made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.amounts import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.dataset.assembly.annotations import Annotations
    from datalint.dataset.formats.coco.source import Source

#: Files that are named.
_SHOWN = 3


def contents(source: Source) -> str:
    """What one file holds: `2 images, 5 boxes`."""
    captions = source.document.captions
    parts = [counted(source.named.height, "image")]
    if source.boxes or not captions:
        parts.append(counted(source.boxes, "box", "boxes"))
    if captions:
        parts.append(f"{counted(captions, 'caption')}, which are not labels")
    return ", ".join(parts)


def sentences(
    annotations: Annotations, leads: Sequence[Source], followers: Sequence[Source], grouping: bool
) -> list[str]:
    """What a dataset was made of; `grouping` is whether a class was left out that only groups the others."""
    every = [*leads, *followers]
    counts = [counted(annotations.named.height, "image"), counted(annotations.boxes.height, "box", "boxes")]
    if len(annotations.labels):
        counts[1] = counted(len(annotations.labels), "label")
    classes = counted(annotations.classes.height, "class", "classes")
    said = [f"COCO: {_listed([source.file for source in leads])}, {', '.join(counts)}, {classes}."]
    if followers:
        names = _listed([source.file.rpartition("/")[2] for source in followers])
        said.append(f"{names} describe the same images: not added.")
    if captions := sum(source.document.captions for source in every):
        said.append(f"{counted(captions, 'caption')}: text, not labels.")
    if masks := sum(source.document.run_length for source in every):
        objects = counted(masks, "object has", "objects have")
        said.append(f"{objects} a run-length mask: it was measured and compared with the box.")
    if annotations.masks:
        said.append(f"{counted(len(annotations.masks), 'panoptic mask')}: not images of the dataset.")
    named = {source.role.split for source in every if source.role.split}
    if named:
        said.append(f"Splits from the file names: {', '.join(sorted(named))}.")
    if grouping:
        said.append("The class with id 0 only groups the others, as in files of Roboflow: not counted as a class.")
    return said


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


__all__ = ["contents", "sentences"]
