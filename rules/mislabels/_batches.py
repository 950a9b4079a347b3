"""Batches of images that the probe finds labelled as another class together, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datalint import Dataset
    from datalint.dataset import Batch

#: What places a batch may fill: they are treated at once. Of others each image is looked at.
PLACES = ("split", "folder", "file")


def batches(data: Dataset) -> tuple[Batch, ...]:
    """Those that the probe found."""
    return data.probe_outcome.batches if data.probe_outcome else ()


def counted(batch: Batch, noun: str) -> str:
    """`all 40 images`, `38 of 40 images`."""
    count = len(batch.items)
    return f"all {count:,} {noun}s" if count == batch.of else f"{count:,} of {batch.of:,} {noun}s"


def noun(data: Dataset) -> str:
    """What the probe was asked about: image, object."""
    return data.probe_outcome.noun if data.probe_outcome else "image"


def shared(batch: Batch) -> str:
    """What its images share beside their look, to follow the name of their class."""
    if batch.by == "split":
        return f" in the split {batch.name}"
    if batch.by == "folder":
        return f" in the folder {batch.name}/"
    if batch.by == "file":
        return f" in the labels of {batch.name}"
    if batch.by == "name":
        return f" named {batch.name}"
    return {"number": f" from {batch.name}", "time": f" taken from {batch.name}"}.get(batch.by, "")
