"""One YOLO dataset, as data files, lists and folders describe it before a label file is read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from datalint.dataset.assembly.annotations import SPLITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from datalint.dataset.containers.records import Outcome, Place, Problem
    from datalint.dataset.formats.yolo.data_file import DataFile

#: In place of a dataset's number: no data file names the image, or claims the folder.
NOBODY = -1


class Missing(NamedTuple):
    """An image that a list names and that is not there."""

    path: str
    place: Place


@dataclass(frozen=True)
class Images:
    """The images that a folder or a list names."""

    splits: pl.DataFrame = field(default_factory=SPLITS.to_frame)
    """file_row, split."""
    missing: tuple[Missing, ...] = ()
    problems: tuple[Problem, ...] = ()
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    """The list -> what became of it."""


@dataclass(frozen=True)
class Dataset:
    """One set of images with its label files."""

    start: str
    """The folder where it starts, and from which the paths of its data file start."""
    data: DataFile | None = None
    """The data file that leads."""
    splits: pl.DataFrame = field(default_factory=SPLITS.to_frame)
    """file_row, split: the images that the data file and lists name."""
    missing: tuple[Missing, ...] = ()
    labels: frozenset[str] = frozenset()
    """Folders of its label files."""
    problems: tuple[Problem, ...] = ()
    evidence: tuple[str, ...] = ()
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    """Data file, list of images or list of classes -> what became of it."""

    @cached_property
    def images(self) -> NDArray[np.uint32]:
        """Rows of the images that the data file and lists name."""
        return np.unique(self.splits["file_row"].to_numpy())

    def naming(self, images: Iterable[Images]) -> Dataset:
        """The same dataset, of which folders or lists name these images too."""
        images = list(images)
        return replace(
            self,
            splits=pl.concat([self.splits, *(some.splits for some in images)]),
            missing=(*self.missing, *(one for some in images for one in some.missing)),
            problems=(*self.problems, *(problem for some in images for problem in some.problems)),
            outcomes=dict(self.outcomes) | {path: said for some in images for path, said in some.outcomes.items()},
        )

    def saying(self, problems: Iterable[Problem], outcomes: Mapping[str, Outcome]) -> Dataset:
        """The same dataset with more to be said of its files."""
        return replace(self, problems=(*self.problems, *problems), outcomes={**self.outcomes, **outcomes})


__all__ = ["NOBODY", "Dataset", "Images", "Missing"]
