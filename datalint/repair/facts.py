"""What fixers ask of a scanned dataset: looked up once, answered by path or place."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from datalint.repair.classes import Class

if TYPE_CHECKING:
    from datalint.report import Report

_NAME_LIST = "read as YOLO's list of classes"
Record = tuple[str, int | None, str | None]
"""File, line and pointer of a record."""


class Box(NamedTuple):
    """A box as its file has it."""

    path: str
    raw: tuple[float, ...]
    unit: str
    angle: float | None
    area: float | None


class Facts:
    """The tables of a report, by what is asked."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self.images: dict[str, int] = dict(report.dataset.table("images").select("path", "bytes").iter_rows())
        """Path -> size in bytes."""
        stored = report.dataset.table("images").select("path", "width", "height").drop_nulls()
        self.stored = {path: (float(width), float(height)) for path, width, height in stored.iter_rows()}
        """Width and height of each image that was measured, without its orientation, in pixels."""
        self.layouts = set(report.dataset.layouts)
        """The formats of the labels."""

    @cached_property
    def boxes(self) -> dict[Record, list[Box]]:
        """The boxes that stand at each place."""
        found: dict[Record, list[Box]] = defaultdict(list)
        columns = ("file", "line", "pointer", "path", "raw", "unit", "angle", "area")
        for file, line, pointer, path, raw, *more in self._report.dataset.table("boxes").select(columns).iter_rows():
            found[file, line, pointer].append(Box(path, tuple(raw), *more))
        return found

    @cached_property
    def splits(self) -> dict[str, set[str]]:
        """The splits of each image."""
        found: dict[str, set[str]] = defaultdict(set)
        data = self._report.dataset
        rows = data.table("splits").join(data.table("images").select("image", "path"), on="image")
        for path, split in rows.select("path", "split").iter_rows():
            found[path].add(split)
        return found

    @cached_property
    def labelled(self) -> set[str]:
        """The images about which label files say something."""
        return set(self._report.dataset.annotations.select("path").drop_nulls().unique().collect()["path"])

    @cached_property
    def sizes(self) -> dict[str, tuple[float, float]]:
        """Width and height of each image as it is stored, in pixels."""
        sizes = self._report.dataset.sizes().select("path", "width", "height").drop_nulls()
        return {path: (width, height) for path, width, height in sizes.iter_rows()}

    @cached_property
    def orientations(self) -> dict[str, int]:
        """The EXIF orientation of each image that says one."""
        return dict(self._report.dataset.table("images").select("path", "orientation").drop_nulls().iter_rows())

    @cached_property
    def declared(self) -> dict[str, set[tuple[float, float]]]:
        """The sizes that label files declare of each image."""
        found: dict[str, set[tuple[float, float]]] = defaultdict(set)
        rows = self._report.dataset.named.select("path", "width", "height").drop_nulls().collect()
        for path, width, height in rows.iter_rows():
            found[path].add((width, height))
        return found

    @cached_property
    def boxed(self) -> set[str]:
        """The images with boxes, polygons or keypoints."""
        data = self._report.dataset
        return {path for name in ("boxes", "polygons", "keypoints") for path in data.table(name)["path"].drop_nulls()}

    def may_have_more(self, path: str) -> bool:
        """Whether label files say more about an image than was read, or may."""
        return self._unread or path in self._half_read or PurePosixPath(path).stem in self._half_read

    @cached_property
    def _unread(self) -> bool:
        return not self._report.dataset.table("unread").is_empty()

    @cached_property
    def _half_read(self) -> set[str]:
        """Images that a problem is about, and the names of label files with one, without their extensions."""
        problems = self._report.dataset.table("problems")
        files = problems["file"].drop_nulls().unique()
        return {*problems["path"].drop_nulls(), *(PurePosixPath(file).stem for file in files)}

    def declares(self, name: str) -> list[tuple[str, bool]]:
        """What declares a class, a file or `config`, and whether a label uses it there."""
        rows = self._report.dataset.table("classes").filter(pl.col("class") == name)
        return sorted(set(rows.select("source", pl.col("used").fill_null(value=True)).iter_rows()))

    @cached_property
    def name_lists(self) -> list[str]:
        """YOLO's files with a name a line, which repeat what a data file declares."""
        files = self._report.dataset.table("skipped").filter(pl.col("reason").str.starts_with(_NAME_LIST))
        return files["path"].sort().to_list()

    def unused_behind(self, name: str, source: str) -> tuple[str, ...]:
        """The classes of a list behind one of them, if no label uses any of them."""
        rows = self._report.dataset.table("classes").filter(pl.col("source") == source).sort("class_id")
        own = rows.filter(pl.col("class") == name)["class_id"].max()
        behind = rows.filter(pl.col("class_id") > own)
        return () if behind["used"].any() else tuple(behind["class"])

    @cached_property
    def formats(self) -> dict[str, str]:
        """The format of each image's content, as Pillow names it."""
        return dict(self._report.dataset.table("images").select("path", "format").drop_nulls().iter_rows())

    @cached_property
    def records(self) -> dict[str, dict[str, set[tuple[int | None, str | None, bool]]]]:
        """Image -> label file -> line, pointer and whether it is the image's own record, of all that speak of it."""
        data = self._report.dataset
        found: dict[str, dict[str, set[tuple[int | None, str | None, bool]]]] = defaultdict(lambda: defaultdict(set))
        for table, of_image in ((data.named, True), (data.annotations, False)):
            rows = table.select("path", "file", "line", "pointer").drop_nulls(["path", "file"]).unique().collect()
            for path, file, line, pointer in rows.iter_rows():
                found[path][file].add((line, pointer, of_image))
        return found

    @cached_property
    def described(self) -> dict[str, set[str]]:
        """Label file -> the images that it describes."""
        found: dict[str, set[str]] = defaultdict(set)
        for path, files in self.records.items():
            for file in files:
                found[file].add(path)
        return found

    @cached_property
    def labels(self) -> dict[Record, list[tuple[str, str]]]:
        """Image and class of the labels at each place."""
        found: dict[Record, list[tuple[str, str]]] = defaultdict(list)
        rows = self._report.dataset.labels.filter(pl.col("file").is_not_null()).collect()
        for file, line, pointer, path, name in rows.select("file", "line", "pointer", "path", "class").iter_rows():
            found[file, line, pointer].append((path, name))
        return found

    @cached_property
    def classes(self) -> dict[Record, set[Class]]:
        """The classes of the labels, boxes and polygons at each place."""
        found: dict[Record, set[Class]] = defaultdict(set)
        rows = self._report.dataset.annotations.filter(pl.col("file").is_not_null()).collect()
        for file, line, pointer, *of in rows.select("file", "line", "pointer", "class", "class_id").iter_rows():
            found[file, line, pointer].add(Class(*of))
        return found

    def paths_in(self, file: str) -> list[tuple[int | None, str | None, str, None]]:
        """Line, pointer and path of the records of a label file that name an image."""
        return [
            (line, pointer, path, None)
            for path in self.described.get(file, ())
            for line, pointer, _ in self.records[path][file]
        ]

    def classes_in(self, file: str) -> list[tuple[int | None, str | None, None, str]]:
        """Line, pointer and class of the records of a label file whose class has spaces around it."""
        return self._padded.get(file, [])

    @cached_property
    def _padded(self) -> dict[str, list[tuple[int | None, str | None, None, str]]]:
        found: dict[str, list[tuple[int | None, str | None, None, str]]] = defaultdict(list)
        for (file, line, pointer), classes in self.classes.items():
            for name, _ in classes:
                if name != name.strip():
                    found[file].append((line, pointer, None, name))
        return found

    @cached_property
    def classed(self) -> dict[str, set[Record | None]]:
        """Image -> where the labels of it stand; None is its folder."""
        found: dict[str, set[Record | None]] = defaultdict(set)
        rows = self._report.dataset.annotations.select("path", "file", "line", "pointer").unique().collect()
        for path, file, line, pointer in rows.drop_nulls("path").iter_rows():
            found[path].add(None if file is None else (file, line, pointer))
        return found

    @cached_property
    def known_classes(self) -> set[str]:
        """Every class that is declared or used."""
        used = self._report.dataset.annotations.select("class").drop_nulls().unique().collect()["class"]
        return {*used, *self._report.dataset.table("classes")["class"].drop_nulls()}

    def class_number(self, name: str, file: str) -> int | None:
        """The number of a class in a label file: as the file itself declares it, else as all that declare it do."""
        numbers = self._numbers.get((name, file)) or self._numbers.get((name, None), set())
        return next(iter(numbers)) if len(numbers) == 1 else None

    @cached_property
    def _numbers(self) -> dict[tuple[str, str | None], set[int]]:
        """Class and label file, or None for all of them -> the numbers that the class has there."""
        declared = self._report.dataset.table("classes").select("source", "class", "class_id").drop_nulls().unique()
        used = self._report.dataset.annotations.select("file", "class", "class_id").drop_nulls().unique().collect()
        found: dict[tuple[str, str | None], set[int]] = defaultdict(set)
        for file, name, number in (*declared.iter_rows(), *used.iter_rows()):
            found[name, file].add(number)
            found[name, None].add(number)
        return found

    @cached_property
    def folders(self) -> dict[str, tuple[str, str]]:
        """Folder -> its role, and the split or class that it is."""
        rows = self._report.dataset.table("folders").select("path", "role", "of").iter_rows()
        return {path: (role, of or "") for path, role, of in rows}

    def class_folder(self, path: str) -> str | None:
        """The class folder that an image lies in: the outermost one."""
        above = [str(parent) for parent in reversed(PurePosixPath(path).parents)]
        return next((folder for folder in above if self.folders.get(folder, ("", ""))[0] == "class"), None)

    @cached_property
    def in_class_folders(self) -> dict[str, set[str]]:
        """Class folder -> the images in it."""
        found: dict[str, set[str]] = defaultdict(set)
        for path in self.images:
            if (folder := self.class_folder(path)) is not None:
                found[folder].add(path)
        return found

    @cached_property
    def first_labels(self) -> dict[tuple[str, str, str], tuple[int | None, str | None]]:
        """File, image and class -> line and pointer of the first such label."""
        found: dict[tuple[str, str, str], tuple[int | None, str | None]] = {}
        for (file, line, pointer), labels in self.labels.items():
            for path, name in labels:
                found.setdefault((file, path, name), (line, pointer))
        return found

    @cached_property
    def masks(self) -> dict[str, set[str]]:
        """Image -> the files of its masks."""
        found: dict[str, set[str]] = defaultdict(set)
        for of, path in self._report.dataset.masks.select("of", "path").drop_nulls().iter_rows():
            found[of].add(path)
        return found
