"""YOLO: one text file an image, one object a line, coordinates as shares of the image; data.yaml or obj.data on top.

Detection, segmentation, pose and oriented boxes, as Ultralytics, Roboflow, CVAT, labelImg and Darknet write them.
References: https://docs.ultralytics.com/datasets/ and https://github.com/AlexeyAB/darknet.
"""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from datalint.dataset.containers.records import Kind, Outcome
from datalint.dataset.formats.yolo import classes, data_file, folders, image_lists, pairing, sources, tables
from datalint.dataset.formats.yolo.files import DATA_EXTENSIONS, Files
from datalint.dataset.formats.yolo.tables import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datalint.config.settings import Config
    from datalint.dataset.assembly.annotations import Annotations
    from datalint.dataset.files.tree import Tree
    from datalint.dataset.formats.yolo.data_file import DataFile
    from datalint.dataset.formats.yolo.described import Dataset

#: A folder with more YAML files than this holds something else.
_MOST_DATA_FILES = 50
#: Two data files that share this much of their images describe the same ones.
_SAME = 0.5


def read(tree: Tree, config: Config) -> list[Annotations]:
    """Every YOLO dataset under the root; one for each set of images, however many data files describe them."""
    if not tree.files["extension"].is_in(["txt", *DATA_EXTENSIONS]).any():
        return []
    files = Files(tree, config.image_extensions)
    led = leading([sources.described(data, files) for data in _data_files(files)], tree)
    pairs = pairing.owned(tree, led)
    lists = {path for dataset in led for path in dataset.outcomes}
    labels = folders.of_labels(files, pairs, lists)
    found: list[Annotations] = []
    told: set[str] = set()
    for number, dataset in enumerate(folders.attached(labels, led, files)):
        if dataset.data is None or not dataset.data.sources:
            beside = image_lists.beside({dataset.start, *dataset.labels}, dataset.start, files)
            dataset = dataset.naming(beside)
        names = classes.of_dataset(dataset, files, told)
        told |= set(names.outcomes)
        dataset = dataset.saying(names.problems, names.outcomes)
        label_files = pairing.label_files(dataset, number, pairs, tree)
        if label_files.read.is_empty() and dataset.data is None:
            continue
        unused = list(pairing.unused(dataset, label_files.unused, files))
        said = {one.path: one.outcome() for one in unused if one.path not in dataset.outcomes}
        dataset = dataset.saying([one.problem() for one in unused], said)
        found.append(tables.read(dataset, names, label_files, tree))
    return found


def _data_files(files: Files) -> Iterator[DataFile]:
    possible = files.tree.files.filter(
        pl.col("extension").is_in(DATA_EXTENSIONS)
        & (pl.col("bytes") <= data_file.LARGEST)
        & (pl.len().over("folder", "extension") <= _MOST_DATA_FILES)
    )
    for path, extension in possible.select("path", "extension").iter_rows():
        content = files.data(path, data_file.LARGEST) if path in files.rows else None
        if content is None:
            continue
        reader = data_file.read_darknet if extension == "data" else data_file.read_yaml
        data = reader(content, path)
        if data is not None:
            yield data


def leading(described: Sequence[Dataset], tree: Tree) -> list[Dataset]:
    """A dataset for each data file that is about images of its own; the one about the most images first."""
    labelled = tree.label_pairs["image"].unique().to_numpy()

    def rank(dataset: Dataset) -> tuple[int, int, int, str]:
        most = int(np.isin(dataset.images, labelled).sum())
        return -most, -len(dataset.images), -dataset.splits.height, _file(dataset)

    found: list[Dataset] = []
    first = np.full(tree.files.height, -1, np.int64)  # the first dataset that each image is of
    by_folder: dict[str, int] = {}
    for dataset in sorted(described, key=rank):
        folder, images = posixpath.dirname(_file(dataset)), dataset.images
        if len(images):
            places = [place for place in np.unique(first[images]).tolist() if place >= 0]
            place = next((place for place in places if _are_same(dataset, found[place])), None)
        else:
            place = by_folder.get(folder)
        if place is not None:
            found[place] = _joined(found[place], dataset)
            continue
        first[images[first[images] < 0]] = len(found)
        by_folder.setdefault(folder, len(found))
        found.append(dataset)
    return found


def _file(dataset: Dataset) -> str:
    """The data file, of which each dataset has one here."""
    return dataset.data.file if dataset.data is not None else ""


def _are_same(dataset: Dataset, leader: Dataset) -> bool:
    return bool(np.isin(dataset.images, leader.images).mean() >= _SAME)


def _joined(leader: Dataset, other: Dataset) -> Dataset:
    """The leader, with the outcome of another data file about the same images, and its class names if needed."""
    assert leader.data is not None
    assert other.data is not None
    about = "is about the same images as" if len(other.images) else "names no image that is here, unlike"
    data = leader.data
    if data.names is None:
        data = replace(data, names=other.data.names, names_file=other.data.names_file)
    said = Outcome(Kind.READ, f"read as YOLO's data file; {leader.data.file} leads")
    return replace(
        leader.saying(other.problems, {**other.outcomes, other.data.file: said}),
        data=data,
        missing=(*leader.missing, *other.missing),
        evidence=(*leader.evidence, f"{other.data.file} {about} {leader.data.file}, which leads."),
    )


__all__ = ["NAME", "leading", "read"]
