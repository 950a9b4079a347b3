"""Class folders, with or without split folders: the layout of torchvision's and Hugging Face's image folders.

train/cat/1.jpg          cat/train/1.jpg          cat/1.jpg          data/images/cat/1.jpg
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from datalint.dataset.assembly.annotations import CLASSES, FOLDERS, LABELS, SPLITS, Annotations, conform
from datalint.dataset.files import class_folders, name_labels, roles, shards
from datalint.dataset.files.extensions import PICTURES

if TYPE_CHECKING:
    from datalint.config.settings import Config
    from datalint.dataset.files.tree import Tree

NAME = "image-folder"
#: The other format of classes of whole images.
_TABLE = "table"


def read(tree: Tree, config: Config) -> list[Annotations]:
    """Classes and splits from the names of folders; without any where the names do not tell."""
    candidates = tree.files.filter("candidate")
    counts: dict[str, int] = dict(candidates.group_by("folder").len().iter_rows())
    reading = class_folders.read(
        counts, _bare_folders(tree), _moved(tree), roles.declared(tree, config), shards.names(tree.archives)
    )
    by_folder = pl.DataFrame(
        {
            "folder": list(counts),
            "class": [reading.classes.get(folder) for folder in counts],
            "split": [reading.splits.get(folder) for folder in counts],
        },
        schema={"folder": pl.String, "class": pl.String, "split": pl.String},
    )
    placed = candidates.join(by_folder, on="folder", how="left", maintain_order="left")
    found = Annotations(NAME, "", FOLDERS, multi=False, evidence=tuple(reading.evidence), image_level=True)
    if config.label_pattern is not None:
        return [_by_name(found, placed, config.label_pattern)]
    if not reading.classes and (offer := name_labels.offer(candidates["name"])):
        found.evidence += (offer,)
    found.splits = conform(SPLITS, placed.filter(pl.col("split").is_not_null()))
    if config.layout != _TABLE:  # whoever asks for tables wants no classes from folders
        names = sorted({*reading.classes.values(), *reading.empty.values()})
        numbers = {"class": names, "class_id": range(len(names))}
        classes = pl.DataFrame(numbers, schema={"class": pl.String, "class_id": pl.Int64})
        labelled = placed.filter(pl.col("class").is_not_null())
        found.labels = conform(LABELS, labelled.join(classes, on="class", how="left", maintain_order="left"))
        found.classes = conform(CLASSES, classes.with_columns(pl.lit("folder").alias("source")))
        found.class_folders = frozenset(reading.classes)
        found.roles = reading.roles
    if found.labels.is_empty() and config.layout in (None, _TABLE):
        found.name = ""  # nobody asked for it by name, and it labels nothing
    return [found]


def _by_name(found: Annotations, placed: pl.DataFrame, pattern: str) -> Annotations:
    """With the classes that the names of the images say, and the splits of the folders."""
    labelled = placed.with_columns(name_labels.read(placed["name"], pattern).alias("class"))
    labelled = labelled.filter(pl.col("class").is_not_null())
    names = labelled["class"].unique().sort()
    classes = pl.DataFrame(
        {"class": names, "class_id": range(len(names))}, schema={"class": pl.String, "class_id": pl.Int64}
    )
    found.splits = conform(SPLITS, placed.filter(pl.col("split").is_not_null()))
    found.labels = conform(LABELS, labelled.join(classes, on="class", how="left", maintain_order="left"))
    found.evidence = (f"{labelled.height:,} of {placed.height:,} names of images hold a class (label-pattern).",)
    return found


def _moved(tree: Tree) -> dict[str, str]:
    """Folders in copies of others, and the same folder in the original."""
    return {
        folder: f"{copy.of}{folder.removeprefix(copy.path)}".removeprefix("/")
        for copy in tree.copies
        for folder in tree.folders
        if f"{folder}/".startswith(f"{copy.path}/")
    }


def _bare_folders(tree: Tree) -> list[str]:
    """Folders without any image in or below them, and without other files but for pictures of kinds that are not read:
    classes that lost their images, perhaps.
    """
    occupied = {""}
    for folder in tree.files.filter(~pl.col("extension").is_in(sorted(PICTURES)))["folder"].unique().to_list():
        while folder not in occupied:
            occupied.add(folder)
            folder = folder.rpartition("/")[0]
    excluded = {skip.path for skip in tree.skipped if skip.kind in ("excluded", "unreadable-folder")}
    holds_excluded = {path.rpartition("/")[0] for path in excluded}
    parents = {folder.rpartition("/")[0] for folder in tree.folders if folder}
    other = occupied | holds_excluded | excluded | parents
    copied = tuple(f"{copy.path}/" for copy in tree.copies)
    return [folder for folder in tree.folders if folder not in other and not f"{folder}/".startswith(copied)]
