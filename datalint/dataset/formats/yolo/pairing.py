"""Which label files of a dataset are of which images, and which are of none."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from datalint.dataset.containers.records import Kind, Outcome, Place, Problem, quoted
from datalint.dataset.files.label_pairs import image_folder
from datalint.dataset.formats.yolo import classes, lines
from datalint.dataset.formats.yolo.described import NOBODY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datalint.dataset.files.tree import Tree
    from datalint.dataset.formats.yolo.described import Dataset
    from datalint.dataset.formats.yolo.files import Files


class LabelFiles(NamedTuple):
    """The text files of one dataset."""

    read: pl.DataFrame
    """Columns of `Tree.texts`, sorted by path: those that are to be read."""
    images: pl.DataFrame
    """label (row of the file), file_row, path: whose labels they are; file_row is null where no image is there."""
    unused: pl.DataFrame
    """Columns of `Tree.texts`: those of no image."""


class Unused(NamedTuple):
    """Why a file is not used."""

    path: str
    reason: str
    expected: str

    def problem(self) -> Problem:
        """For the table of problems."""
        return Problem("unused-file", Place(self.path), self.reason, self.expected)

    def outcome(self) -> Outcome:
        """For the list of files."""
        return Outcome(Kind.UNUSED, f"not used: {self.reason}")


def owned(tree: Tree, datasets: Sequence[Dataset]) -> pl.DataFrame:
    """`Tree.label_pairs` with `owner`: the number of the dataset whose data file names the image first, or NOBODY."""
    owner = np.full(tree.files.height, NOBODY, np.int32)
    for number, dataset in enumerate(datasets):
        owner[dataset.images[owner[dataset.images] == NOBODY]] = number
    return tree.label_pairs.with_columns(pl.Series("owner", owner[tree.label_pairs["image"].to_numpy()]))


def label_files(dataset: Dataset, number: int, pairs: pl.DataFrame, tree: Tree) -> LabelFiles:
    """The label files of dataset `number`; `pairs` is what `owned` gives.

    Where images are there, each has one label file. Where there is none, all files are read, as if the images lay
    where they should be.
    """
    mine = pl.col("owner").is_in([NOBODY, number])
    texts = tree.texts.filter(
        pl.col("folder").is_in(sorted(dataset.labels)) & ~pl.col("path").is_in(sorted(dataset.outcomes))
    )
    own = pairs.filter(mine).join(texts, left_on="label", right_on="row", how="semi", maintain_order="left")
    own = own.unique("image", keep="first", maintain_order=True).sort("label", "image")
    texts = texts.join(pairs.filter(~mine), left_on="row", right_on="label", how="anti").sort("path")
    if own.is_empty():
        is_list = classes.are_list_names()
        folder = pl.col("folder").map_elements(image_folder, pl.String)
        path = pl.concat_str(folder, pl.lit("/"), "stem").str.strip_prefix("/")
        files = texts.filter(~is_list)
        images = files.select(
            pl.col("row").alias("label"), pl.lit(None, pl.UInt32).alias("file_row"), path.alias("path")
        )
        return LabelFiles(files, images, texts.filter(is_list))
    paths = tree.files.select(pl.col("file_row").alias("image"), "path")
    images = own.join(paths, on="image", how="left", maintain_order="left").select(
        "label", pl.col("image").alias("file_row"), "path"
    )
    read = texts.join(images, left_on="row", right_on="label", how="semi", maintain_order="left")
    return LabelFiles(read, images, texts.join(images, left_on="row", right_on="label", how="anti"))


def unused(dataset: Dataset, left: pl.DataFrame, files: Files) -> Iterator[Unused]:
    """The outcomes of text files that are `left` (columns of `Tree.texts`), and of class lists among the labels."""
    for path in dataset.outcomes:
        if path.endswith(".txt") and posixpath.dirname(path) in dataset.labels and classes.is_list_name(path):
            yield _class_list(path, _filled(path, files))
    also = left.join(files.tree.label_pairs, left_on="row", right_on="label", how="semi")
    paired = frozenset(also["path"].to_list())
    for path, folder in left.select("path", "folder").iter_rows():
        filled = _filled(path, files)
        fitting = sum(lines.fits(line.split()) for line in filled)
        if folder in files.image_folders and not (filled and fitting >= lines.ENOUGH * len(filled)):
            continue  # a note among the images
        if path in paired:
            yield Unused(path, "its image has another label file, which was read", "one label file for an image")
        else:
            where = image_folder(folder) or "the root"
            yield Unused(path, f"there is no image of this name in {where}", "an image of the same name")


def _filled(path: str, files: Files) -> list[str]:
    return [text for line in files.first_lines(path) if (text := line.strip())]


def _class_list(path: str, names: Sequence[str]) -> Unused:
    first = ", ".join(quoted(name) for name in names[:3])
    more = ", ..." if len(names) > 3 else ""
    reason = f"a list of class names ({first}{more}), not labels of an image"
    return Unused(path, reason, "the list above the labels")


__all__ = ["LabelFiles", "Unused", "label_files", "owned", "unused"]
