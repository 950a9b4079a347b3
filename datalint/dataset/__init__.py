"""The dataset: files, labels, classes and splits, as tables."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
import polars as pl

from datalint.dataset import schema
from datalint.dataset.components import components
from datalint.git import Checkout
from datalint.sources import Folder
from datalint.sources.mounted import Mounted
from datalint.sources.url import Url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from datalint.sources import Item, Source
    from datalint.sources.spool import Spool

T = TypeVar("T")
Lack = Literal["time", "memory", "disk"]
"""What a stage may be short of."""
Noun = Literal["image", "object", "label"]
"""What the probe is asked about: things with one label each, or each label of images with several."""


def _in_one_chunk(made: Any) -> Any:
    """Frames in one piece: Polars 2.1 panics over `format` on what it filters of several pieces."""
    if isinstance(made, pl.DataFrame):
        return made.rechunk()
    return tuple(map(_in_one_chunk, made)) if type(made) is tuple else made


@dataclass(frozen=True, slots=True)
class Statistics:
    """Mean and std per channel of pixels in [0, 1], over `images` images, each with the same weight.

    std = sqrt(mean over images of E[x^2] - mean^2), calibrated on a sample decoded in full.
    """

    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    images: int
    split: str | None
    """The split that was measured: train where there is one, else all (None)."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Images, or objects, of one class that look like another one together: a mistake that was made once."""

    by: str
    """What they share: split, folder, file (of labels), name, number, time; or look, if it is no more than that."""
    name: str
    """Of the split, folder, ...; empty for a look."""
    given: str
    suggested: str
    items: tuple[int, ...]
    """Their rows in `probe` ..."""
    of: int
    """... of how many assessed ones of the class in the split, folder, ...; of a look, of the class."""


@dataclass(frozen=True, slots=True)
class Mirrored:
    """What the probe recognises out of sample of `of` images (or objects), as they are and in the mirror."""

    of: int
    plain: int
    turned: int
    """Of a network: of mirrored pictures, of which it learned none. Else: where left and right are the same to it."""
    matters: bool
    """Whether that is clearly less, of all or of one class: then a mirrored picture has another label, or none."""


@dataclass(frozen=True, slots=True)
class ProbeOutcome:
    """What the probe did, in addition to its table."""

    ran: bool
    """False when it abstained or could not run."""
    reason: str
    """Why it abstained or could not run; empty if it ran."""
    noun: Noun = "image"
    design: str = ""
    """What was trained on what, in words, for the report."""
    remarks: tuple[str, ...] = ()
    """What did not go as planned, one sentence each: a device out of memory, say."""
    lacked: tuple[Lack, ...] = ()
    """What was short: asked again, the probe may answer otherwise."""
    accuracy: float | None = None
    """Share of assessed images (or objects) whose given label the probe predicts, out of sample."""
    chance: float | None = None
    """Accuracy of always saying the largest class."""
    assessed: int = 0
    not_assessed: Mapping[str, int] = field(default_factory=dict)
    """Reason -> number of images (or objects)."""
    noise: float | None = None
    """Estimated share of wrong labels ..."""
    noise_error: float | None = None
    """... and how far that may be off: its standard error, or more where images lie as far on another class's side as
    that class's own and are not counted as wrong."""
    likely_precision: float | None = None
    """Expected share of the labels called likely wrong that are; None where none is."""
    planted: int = 0
    """Labels that were changed on purpose to see how many are found ..."""
    recovered: int = 0
    """... and how many were."""
    batches: tuple[Batch, ...] = ()
    mirrored: Mirrored | None = None
    """Whether left and right matter; None where that was not tried."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What the user's config, or files in the dataset, say about the data."""

    classes: tuple[str, ...] = ()
    input_size: tuple[int, int] | None = None
    """Width and height that the model takes, in pixels."""
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    normalization_source: str | None = None
    """Where mean and std are declared: the config's or another file's path."""
    file: str | None = None
    """The file of the dataset that they were read from."""


@dataclass(repr=False)
class Dataset:
    """The tables of one dataset (`schema.py` documents every column) and what is known about it as a whole."""

    root: Path | Url
    """Where it lies: a folder of this machine, or elsewhere."""
    source: Source | None = None
    """Where its files come from; None: from the folder `root`."""
    spool: Spool | None = field(default=None, repr=False)
    """Holds what had to be unpacked, as long as the dataset is there."""
    walked_ns: int = 0
    """When its files were looked for, ns since 1970; what `stat` said of them is at least as new."""
    layouts: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    """What was recognised and why, one sentence each."""
    task: Literal["single", "multi"] | None = None
    """Whether an image has one class or several; None without labels."""
    declared: Declared = field(default_factory=Declared)
    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    masks: pl.DataFrame = field(default_factory=lambda: schema.empty("masks"))
    """Mask files, which are labels and no images of the dataset; see `schema.MASKS`."""
    statistics: Statistics | None = None
    probe_outcome: ProbeOutcome | None = None
    thumbnails: NDArray[np.uint8] | None = None
    """(images, SIDE, SIDE, 3) thumbnails in row order of `images`, memory-mapped; zeros where unreadable."""

    def __post_init__(self) -> None:
        self._made: dict[Callable[[Dataset], Any], Any] = {}
        self._made_of: dict[str, pl.DataFrame] = {}

    def __repr__(self) -> str:
        counted = {name: self.table(name).height for name in ("images", "labels", "boxes", "polygons")}
        said = ", ".join(f"{number:,} {name}" for name, number in counted.items() if number or name == "images")
        return f"<Dataset of {self.root}: {said}>"

    @cached_property
    def checkout(self) -> Checkout | None:
        """What Git knows of its files; None where it is not a folder of this machine."""
        return None if isinstance(self.root, Url) else Checkout(self.root)

    @property
    def home(self) -> Path:
        """The folder of this machine whose settings and baseline are in force: its own, or the working folder."""
        return Path.cwd() if isinstance(self.root, Url) else self.root

    def once(self, make: Callable[[Dataset], T]) -> T:
        """What the function `make` makes of this dataset: made once for all rules that ask, until a table changes.

        The result must not be modified.
        """
        if self._made_of.keys() != self.tables.keys() or any(
            frame is not self._made_of[name] for name, frame in self.tables.items()
        ):
            self._made, self._made_of = {}, dict(self.tables)
        if make not in self._made:
            self._made[make] = _in_one_chunk(make(self))
        made: T = self._made[make]
        return made

    def table(self, name: str) -> pl.DataFrame:
        """A table by name; one that was not made is empty."""
        found = self.tables.get(name)
        return schema.empty(name) if found is None else found

    @property
    def images(self) -> pl.LazyFrame:
        """Candidates, one a row, with every fact measured."""
        return self.table("images").lazy()

    @property
    def readable(self) -> pl.LazyFrame:
        """The images that could be decoded."""
        return self.images.filter(pl.col("status") == "ok")

    @property
    def splits(self) -> pl.LazyFrame:
        """Which image is in which split."""
        return self.table("splits").lazy()

    @property
    def labels(self) -> pl.LazyFrame:
        """Class labels, one a row."""
        return self.table("labels").lazy()

    @property
    def boxes(self) -> pl.LazyFrame:
        """Boxes, one a row."""
        return self.table("boxes").lazy()

    @property
    def polygons(self) -> pl.LazyFrame:
        """Polygons, one a row."""
        return self.table("polygons").lazy()

    @property
    def keypoints(self) -> pl.LazyFrame:
        """Keypoints, one object a row."""
        return self.table("keypoints").lazy()

    @property
    def annotations(self) -> pl.LazyFrame:
        """Every label record, with the columns of `labels`: of an image, of a box, of an object of polygons only.

        An image that several label files describe counts once, by the file that leads.
        """
        columns = list(schema.schema("labels"))
        first = pl.col("box").is_null() & (pl.col("part") == 0)
        leads = ~pl.col("repeats").fill_null(value=False)
        return pl.concat(
            [
                self.labels.select(columns),
                self.boxes.filter(leads).select(columns),
                self.polygons.filter(first & leads).select(columns),
            ]
        )

    @property
    def named(self) -> pl.LazyFrame:
        """Images that label files name, with the sizes that they declare."""
        return self.table("named").lazy()

    @property
    def described(self) -> pl.LazyFrame:
        """(image, path, file, line, pointer) of every record about an image: its labels, or its name alone."""
        columns = ("image", "path", "file", "line", "pointer")
        return pl.concat([self.named.select(columns), self.annotations.select(columns)])

    @property
    def classes(self) -> pl.LazyFrame:
        """Declared classes."""
        return self.table("classes").lazy()

    @property
    def problems(self) -> pl.LazyFrame:
        """Label records that could not be used."""
        return self.table("problems").lazy()

    @property
    def folders(self) -> pl.LazyFrame:
        """What each folder was taken for."""
        return self.table("folders").lazy()

    @property
    def skipped(self) -> pl.LazyFrame:
        """Files that are not candidates, with the reason."""
        return self.table("skipped").lazy()

    @property
    def unread(self) -> pl.LazyFrame:
        """Kinds of files that look like labels and were not used."""
        return self.table("unread").lazy()

    @property
    def pairs(self) -> pl.LazyFrame:
        """Pairs of copies."""
        return self.table("pairs").lazy()

    @property
    def copies(self) -> pl.LazyFrame:
        """Groups of copies."""
        return self.table("copies").lazy()

    @property
    def probe(self) -> pl.LazyFrame:
        """What the probe believes of each label."""
        return self.table("probe").lazy()

    def sizes(self) -> pl.DataFrame:
        """Measured, rotated and declared size of every image, one row a path; see `boxes.sizes` for the columns."""
        from datalint.dataset.boxes import sizes

        return sizes(self)

    def grouped(self, wanted: pl.Expr) -> pl.DataFrame:
        """(image, group) of the images that pairs connect, those pairs only for which `wanted` is true.

        `group` is the smallest image number in it. The table `copies` is this for all pairs.
        """
        pairs = self.table("pairs").filter(wanted)
        a, b = pairs["a"].to_numpy(), pairs["b"].to_numpy()
        root = components(self.table("images").height, a, b)
        members = np.unique(np.concatenate([a, b])).astype(np.int64)
        return schema.conform("copies", pl.DataFrame({"image": members, "group": root[members]}))

    def os_path(self, image: int) -> Path:
        """Where image number `image` lies on this machine."""
        return Path(self.root) / os.fsdecode(self.table("images")["os_path"][image])

    def item(self, os_path: bytes, size: int | None = None) -> Item:
        """The file at `os_path`, as a table has it, to be read here or in a worker."""
        if self.source is None:
            self.source = Folder(os.fsencode(self.root))
        return self.source.item(os_path, size)

    def file_of(self, os_path: bytes) -> bytes:
        """The file in which something lies: an archive or a table, or it is a file itself."""
        return self.source.file_of(os_path) if isinstance(self.source, Mounted) else os_path

    def label_files(self) -> bool:
        """Whether any label file was read, well or badly."""
        problems, tables = (
            self.table("problems"),
            (self.table(name) for name in ("named", "labels", "boxes", "polygons")),
        )
        return problems.height > 0 or any(table["file"].count() > 0 for table in tables)

    def has_labels(self) -> bool:
        """Whether anything says what is in an image."""
        return any(self.table(name).height > 0 for name in ("labels", "boxes", "polygons", "keypoints"))

    def has_splits(self) -> bool:
        """Whether at least two splits are known."""
        return self.table("splits")["split"].n_unique() > 1
