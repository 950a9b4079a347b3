"""What a dataset's tables say that training depends on: sizes, modes, counts, boxes, copies. Nothing is measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from datalint.dataset import Dataset, Mirrored, Statistics

#: Whole numbers up to these are taken for the unit of a 16-bit file: 10, 12, 14 bits of it in use, or all.
_WHITES = (1023, 4095, 16383, 65535)


@dataclass(frozen=True, slots=True)
class Sizes:
    """Width and height of the pictures as they are seen, turned as EXIF says, in pixels."""

    same: tuple[int, int] | None
    """Where all have one size."""
    short: int
    """The median of the shorter sides ..."""
    long: int
    """... and of the longer ones."""
    least: int
    most: int
    cut: float
    """The share of the median picture that lies outside the largest square in its middle."""


@dataclass(frozen=True, slots=True)
class Wide:
    """Grey pictures of more than 8 bits a sample."""

    images: int
    white: float | None
    """The sample that counts as 1 where that is the same for all; None: each picture's own extremes count."""
    used: float
    """The part of that range that the samples use: 1, or less where all are of fewer bits than their files."""


@dataclass(frozen=True, slots=True)
class Objects:
    """Boxes, in pixels."""

    boxes: int
    small: float
    """One box in ten has a smaller side than this: the square root of width times height."""
    most: int
    """Of one image."""
    shapes: str
    """What the objects are, as Ultralytics names the task: detect, segment, pose, obb."""
    turned: bool | None
    """Of pictures that EXIF turns: whether boxes are placed in the turned picture; None where files do not say."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a dataset."""

    root: str
    away: bool
    """Whether the pictures lie in archives, tables, a store or a Python object."""
    layouts: tuple[str, ...]
    statistics: Statistics
    images: int
    """That can be read."""
    unread: tuple[str, ...]
    """Paths of images that cannot."""
    sizes: Sizes
    grey: bool
    """Whether every picture is stored in grey."""
    modes: dict[str, int]
    """Pillow's modes, the commonest first."""
    wide: Wide | None
    exif: int
    """Pictures that EXIF turns."""
    transparent: int
    """Pictures with pixels that are not opaque."""
    splits: dict[str, int]
    folders: dict[str, str]
    """Split -> the folder that holds its class folders; "" of both where there is one for all; empty if not so."""
    classes: tuple[str, ...]
    """In the order of their numbers."""
    counts: dict[str, int]
    """Labels of each class (of the train split, if there is one): images, or objects."""
    labelled: int
    """Images among those that have any label."""
    several: bool
    """Whether an image may have several classes."""
    objects: Objects | None
    copies: int
    """Pictures that have copies in the dataset ..."""
    apart: int
    """... of these, pictures with a copy in another split."""
    grouped: int
    """Pictures of sources (recordings, patients, folders) that are spread over splits."""
    groups: int
    """Folders of pictures that belong together: of a patient, a video."""
    mirrored: Mirrored | None
    contrary: int
    """Pairs of mirrored copies that have different labels."""
    described_in: str | None
    """The file that declares the classes."""


def read(data: Dataset, root: str, grouped: int) -> Facts | None:
    """The facts of a dataset that was measured; None where its pixels were not."""
    statistics = data.statistics
    images = data.table("images").filter((pl.col("status") == "ok") & pl.col("width").is_not_null())
    if statistics is None or images.is_empty():
        return None
    modes = images["mode"].value_counts(sort=True).drop_nulls()
    records = _records(data)
    objects = _objects(data)
    classes, described_in = _classes(data, records)
    unread = data.table("images").filter(pl.col("status").is_not_null() & (pl.col("status") != "ok"))
    splits = data.table("splits").group_by("split").len().sort("split")
    outcome = data.probe_outcome
    return Facts(
        root=root,
        away=not isinstance(data.root, Path) or _packed(data, images["os_path"][0]),
        layouts=data.layouts,
        statistics=statistics,
        images=images.height,
        unread=tuple(unread["path"].sort()),
        sizes=_sizes(images),
        grey=bool((images["colours"] == 1).all()),
        modes=dict(modes.iter_rows()),
        wide=_wide(images),
        exif=images.filter(pl.col("orientation") > 1).height,
        transparent=images.filter(pl.col("alpha") & (pl.col("transparent") > 0)).height,
        splits=dict(splits.iter_rows()),
        folders=_folders(data),
        classes=classes,
        counts=_counts(records, classes, by_image=objects is None),
        labelled=records["image"].n_unique(),
        several=data.task == "multi",
        objects=objects,
        copies=data.table("copies").height,
        apart=_apart(data),
        grouped=grouped,
        groups=data.table("folders").filter(pl.col("role") == "group").height,
        mirrored=outcome.mirrored if outcome is not None else None,
        contrary=_contrary(data),
        described_in=described_in,
    )


def _packed(data: Dataset, os_path: bytes) -> bool:
    return data.layouts == ("object",) or data.file_of(os_path) != os_path


def _sizes(images: pl.DataFrame) -> Sizes:
    turned = pl.col("orientation") >= 5
    seen = images.select(
        pl.when(turned).then("height").otherwise("width").alias("width"),
        pl.when(turned).then("width").otherwise("height").alias("height"),
    )
    sides = seen.select(
        short=pl.min_horizontal("width", "height").cast(pl.Int64), long=pl.max_horizontal("width", "height")
    )
    short, long = (int(sides[name].median()) for name in ("short", "long"))  # type: ignore[arg-type]
    cut = 1 - (sides["short"] / sides["long"]).median()  # type: ignore[operator]
    width, height = seen.row(0)
    same = (width, height) if seen.n_unique() == 1 else None
    return Sizes(same, short, long, int(sides["short"].min()), int(sides["long"].max()), float(cut))  # type: ignore[arg-type]


def _wide(images: pl.DataFrame) -> Wide | None:
    """Pillow gives 16-bit colours as 8 bits; grey samples as they are."""
    wide = images.filter(pl.col("mode").str.starts_with("I") | (pl.col("mode") == "F"))
    if wide.is_empty():
        return None
    low, high = float(wide["low"].min() or 0), float(wide["high"].max() or 0)  # type: ignore[arg-type]
    if not ((wide["bits"] == 16) & ~wide["float"].fill_null(value=False)).all():
        # The unit of 32 bits and of floating-point numbers is not recorded: measured as this says.
        tops = ((1.0,) if wide["float"].all() else ()) + (255.0, 65535.0)
        per_image = {next((top for top in tops if most <= top), None) for most in wide["high"].drop_nulls()}
        white = per_image.pop() if len(per_image) == 1 and low >= 0 else None
        return Wide(wide.height, white, 1.0)
    white = next((top for top in _WHITES if high <= top), 65535) if wide.height == images.height else 65535
    return Wide(wide.height, float(white), white / 65535)


def _folders(data: Dataset) -> dict[str, str]:
    folders = data.table("folders")
    splits = dict(folders.filter(pl.col("role") == "split").select("path", "of").iter_rows())
    found = {}
    for path, of in folders.filter(pl.col("role") == "class").select("path", "of").iter_rows():
        above, _, name = path.rpartition("/")
        if name != of or above not in {"", *splits}:
            return {}
        found[splits.get(above, "")] = above
    return found if len(found) == 1 or "" not in found else {}


def _records(data: Dataset) -> pl.DataFrame:
    """(image, class) of every label whose image is there; of the train split, if there is one."""
    records = data.annotations.select("image", "class").drop_nulls().collect()
    train = data.table("splits").filter(pl.col("split") == "train").select("image")
    of_train = records.join(train, on="image", how="semi")
    return of_train if of_train.height else records


def _classes(data: Dataset, records: pl.DataFrame) -> tuple[tuple[str, ...], str | None]:
    declared = data.table("classes").drop_nulls("class")
    names = declared.sort("class_id", "class", nulls_last=True)["class"].unique(maintain_order=True).to_list()
    files = declared.filter(~pl.col("source").is_in(["folder", "config"]))["source"].drop_nulls()
    if not names:
        names = sorted(records["class"].unique().to_list())
    return tuple(names), files[0] if files.len() else None


def _counts(records: pl.DataFrame, classes: tuple[str, ...], *, by_image: bool) -> dict[str, int]:
    counted = (records.unique() if by_image else records).group_by("class").len()
    found = dict(counted.iter_rows())
    return {name: found.get(name, 0) for name in classes}


def _objects(data: Dataset) -> Objects | None:
    boxes = data.table("boxes").filter((pl.col("w") > 0) & (pl.col("h") > 0) & pl.col("image").is_not_null())
    if boxes.is_empty() or data.table("labels").height:
        return None
    side = (boxes["w"] * boxes["h"]).sqrt()
    most = max(boxes.group_by("image").len()["len"])
    turned = data.sizes().filter(pl.col("orientation") >= 5)
    known = turned.drop_nulls("declared_width")["turned"]
    if data.table("keypoints").height:
        shapes = "pose"
    elif boxes["angle"].count() == boxes.height:
        shapes = "obb"
    else:
        # Where every object has an outline it can be learned as well.
        outlined = data.table("polygons")["box"].drop_nulls().n_unique()
        shapes = "segment" if outlined == data.table("boxes").height else "detect"
    small = float(side.quantile(0.1) or 0)
    return Objects(boxes.height, small, most, shapes, bool(known.all()) if known.len() else None)


def _apart(data: Dataset) -> int:
    splits = data.table("splits").join(data.table("copies"), on="image")
    return splits.filter(pl.col("split").n_unique().over("group") > 1)["image"].n_unique()


def _contrary(data: Dataset) -> int:
    """How many mirrored copies have other labels than the picture that they mirror."""
    pairs = data.table("pairs").filter(pl.col("transform") == "flipped").select("a", "b")
    of = data.table("labels").drop_nulls(["image", "class"]).group_by("image").agg(pl.col("class").unique().sort())
    both = pairs.join(of, left_on="a", right_on="image").join(of, left_on="b", right_on="image", suffix="_b")
    return both.filter(pl.col("class") != pl.col("class_b")).height


__all__ = ["Facts", "Objects", "Sizes", "Wide", "read"]
