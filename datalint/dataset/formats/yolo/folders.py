"""Which folders hold YOLO's label files, and which dataset each of them belongs to."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from datalint.dataset.containers import text_lines
from datalint.dataset.files import splits
from datalint.dataset.formats.yolo import classes, lines
from datalint.dataset.formats.yolo.described import NOBODY, Dataset
from datalint.dataset.formats.yolo.paths import common, upwards

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from datalint.dataset.formats.yolo.files import Files


def of_labels(files: Files, pairs: pl.DataFrame, lists: Collection[str]) -> dict[str, int]:
    """Each folder that holds YOLO label files -> the number of the dataset that claims it, or NOBODY.

    `pairs` is label, image, owner: the number of the dataset whose data file names the image. `lists` are no labels.
    """
    texts = files.tree.texts.filter(~pl.col("path").is_in(sorted(lists)) & ~classes.are_list_names())
    paired = pairs.group_by("label").agg(pl.col("owner").max(), pl.lit(True).alias("paired"))
    texts = texts.join(paired, left_on="row", right_on="label", how="left", maintain_order="left")
    found: dict[str, int] = {}
    unsure: list[str] = []
    for (name,), some in texts.group_by("folder", maintain_order=True):
        folder = str(name)
        named_labels = "labels" in folder.split("/")
        matched = some.filter(pl.col("paired"))
        if matched.is_empty() and not named_labels:
            continue
        number = int(matched["owner"].max()) if matched.height else NOBODY  # type: ignore[arg-type]
        sample = lines.sampled(text_lines.sample(matched if matched.height else some, files.tree.head))
        sure = number != NOBODY or named_labels or classes.has_list(folder, files)
        if sample.lines == 0:
            if sure and matched.height:
                found[folder] = number
            elif matched.height:
                unsure.append(folder)
        elif (number != NOBODY and sample.foreign < lines.ENOUGH * sample.lines) or (
            (sample.resembling if sure and matched.height else sample.inside) >= lines.ENOUGH * sample.lines
        ):
            found[folder] = number
    beside = {posixpath.dirname(folder) for folder in found}
    return found | {folder: NOBODY for folder in unsure if posixpath.dirname(folder) in beside}


def attached(folders: Mapping[str, int], datasets: Sequence[Dataset], files: Files) -> list[Dataset]:
    """`datasets` with their folders of labels, and new datasets for those that no data file is about.

    A folder belongs to the dataset that claims it, else to that of the nearest data file above it, else to the one of
    a list of classes. All that are left are one dataset.
    """
    found = list(datasets)
    nearest: dict[str, int] = {}
    for number, dataset in enumerate(datasets):
        if dataset.data is not None:
            nearest.setdefault(posixpath.dirname(dataset.data.file), number)
        nearest.setdefault(dataset.start, number)
    labels: defaultdict[int, set[str]] = defaultdict(set)
    rest: dict[str, str] = {}
    for folder, claimed in sorted(folders.items()):
        start = _start(folder, files)
        number = claimed
        if number == NOBODY:
            number = next((nearest[above] for above in upwards(start) if above in nearest), NOBODY)
        if number == NOBODY and (home := _home(folder, start, files)) is not None:
            number = nearest[home] = len(found)
            found.append(Dataset(home))
        if number != NOBODY:
            labels[number].add(folder)
        else:
            rest[folder] = start
    if rest:
        labels[len(found)] = set(rest)
        found.append(Dataset(common(rest.values())))
    return [replace(dataset, labels=frozenset(labels[number])) for number, dataset in enumerate(found)]


def _home(folder: str, start: str, files: Files) -> str | None:
    """The folder that a list of classes makes a dataset of its own."""
    if classes.has_list(folder, files):
        return start
    return next((above for above in upwards(start) if classes.has_list(above, files)), None)


def _start(folder: str, files: Files) -> str:
    """Where the dataset starts whose labels are in `folder`: above `labels`, and above the splits."""
    parts = folder.split("/") if folder else []
    if "labels" in parts:
        parts = parts[: len(parts) - 1 - parts[::-1].index("labels")]
        return "/".join(parts[:-1] if parts and splits.canonical(parts[-1]) else parts)
    while parts and (
        splits.canonical(parts[-1]) or parts[-1] == "images" or re.fullmatch(r"obj_\w+_data", parts[-1], re.IGNORECASE)
    ):
        parts = parts[:-1]
    if parts and folder not in files.image_folders:
        parts = parts[:-1]
    return "/".join(parts)


__all__ = ["attached", "of_labels"]
