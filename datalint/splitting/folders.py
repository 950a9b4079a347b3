"""A division as a new dataset: class folders, YOLO or COCO, with a folder for each split."""

from __future__ import annotations

import stat
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from datalint.repair.copy import built, placed
from datalint.splitting import coco, yolo
from datalint.splitting.names import free
from datalint.splitting.ratios import SplitError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from datalint.splitting.division import Division

#: Formats, and what is written of them.
_WRITTEN = {"image-folder": "class folders", "yolo": "YOLO", "coco": "COCO"}


class Copied(NamedTuple):
    """What a new dataset is made of."""

    files: Mapping[str, Path]
    """Path in it -> the file that is copied there."""
    texts: Mapping[str, bytes]
    """Path in it -> what is written there."""
    notes: tuple[str, ...] = ()
    """What is not taken along, in words."""


def planned(division: Division) -> Copied:
    """What would be written. SplitError for a dataset whose format is not written."""
    data = division.data
    formats = [name for name in data.layouts if name in _WRITTEN]
    if len(data.layouts) != 1 or len(formats) != 1 or not data.masks.is_empty():
        what = "masks" if not data.masks.is_empty() else " and ".join(data.layouts) or "no labels"
        raise SplitError(
            f"--to writes datasets of class folders, YOLO or COCO, and this one has {what}: "
            "--lists DIR or --column FILE divide any dataset"
        )
    rows = [row for row in division.table.select("image", "path", "split").iter_rows() if row[2] is not None]
    places = {image: data.os_path(image) for image, *_ in rows}
    for place in places.values():
        if not stat.S_ISREG(_mode(place)):
            raise SplitError(f"{place} is not a file of its own, so it is not copied: --lists DIR divides any dataset")
    if formats == ["image-folder"]:
        return _class_folders(division, rows, places)
    files, texts, notes = (yolo if formats == ["yolo"] else coco).planned(division, rows, places)
    return Copied(files, texts, tuple(notes))


def write_folders(division: Division, copied: Copied, to: Path, *, link: bool) -> None:
    """Write the dataset to the new folder `to`: whole, or not at all."""
    root = division.data.root
    assert isinstance(root, Path)
    with built(root, to) as building:
        made = set[Path]()
        for name, place in copied.files.items():
            target = building / name
            if target.parent not in made:
                target.parent.mkdir(parents=True, exist_ok=True)
                made.add(target.parent)
            placed(place, target, link=link)
        for name, body in copied.texts.items():
            (building / name).parent.mkdir(parents=True, exist_ok=True)
            (building / name).write_bytes(body)
        building.chmod(0o755)


def _class_folders(division: Division, rows: list[tuple[int, str, str]], places: Mapping[int, Path]) -> Copied:
    """`train/cat/1.jpg`: the class folder with what is below it."""
    folders = division.data.folders.filter(pl.col("role") == "class").select("path").collect()["path"].to_list()
    known = set(folders)
    names: dict[str, int] = {}
    files, left = {}, []
    for image, path, split in rows:
        of = next((above for above in _above(path) if above in known), None)
        if of is None:
            left.append(path)
            continue
        wanted = PurePosixPath(split, PurePosixPath(of).name, PurePosixPath(path).relative_to(of))
        files[free(str(wanted), names)] = places[image]
    note = f"{len(left):,} images lie in no class folder and are left out: {', '.join(left[:3])}"
    return Copied(files, {}, (note,) if left else ())


def _above(path: str) -> Iterator[str]:
    """The folders that a file lies in, the nearest last: a class folder is the outermost one."""
    for parent in reversed(PurePosixPath(path).parents):
        yield str(parent)


def _mode(place: Path) -> int:
    try:
        return place.stat().st_mode
    except OSError:
        return 0
