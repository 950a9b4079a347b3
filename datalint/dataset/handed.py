"""From an object that a program hands over to a `Dataset`: images, their classes and splits; nothing is looked for."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl

from datalint.dataset import Dataset
from datalint.dataset.assembly.annotations import CLASSES, FOLDERS, LABELS, SPLITS, Annotations, conform
from datalint.dataset.assembly.merge import merge
from datalint.dataset.declared import declared
from datalint.dataset.discover import DatasetError
from datalint.dataset.files.found import COLUMNS, in_order
from datalint.dataset.files.links import Unlinked
from datalint.dataset.files.splits import canonical
from datalint.dataset.files.tree import Tree
from datalint.dataset.tables import tabulate, task
from datalint.pixels import sniff
from datalint.sources import Folder
from datalint.sources.encoded import NotAnImageError, encoded
from datalint.sources.objects import is_path, names, taken
from datalint.sources.spool import Spool
from datalint.sources.spooled import Spooled
from datalint.sources.url import Url, place_of

if TYPE_CHECKING:
    from datalint.config.settings import Config
    from datalint.sources import Source
    from datalint.sources.objects import Given, Sample

_FORMAT = "object"
#: Of images without a name, by their format.
_EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp", "TIFF": "tif", "BMP": "bmp", "AVIF": "avif"}


class _Row(NamedTuple):
    """One image."""

    path: bytes
    size: int | None
    """None where it is not known."""
    mtime_ns: int | None
    ctime_ns: int | None
    extension: str
    classes: list[str]
    split: str


def handed(given: Any, labels: Any, config: Config) -> Dataset:
    """The dataset that an object holds; raises TypeError where it is none that is known, and DatasetError."""
    spool = Spool()
    found = taken(given, labels)
    reading = _Reading(spool)
    reading.take(found)
    return reading.dataset(found, config)


class _Reading:
    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._began = time.time_ns()
        self._rows: list[_Row] = []
        self._starts: dict[bytes, int] = {}
        self._offsets = [0]
        self._outside: dict[int, bytes] = {}
        self._has_urls = False
        self._refusals: dict[int, str] = {}
        self._declared: dict[str, None] = {}
        self._of_part: list[tuple[str, ...]] = []

    def take(self, given: Given) -> None:
        """Every image, once: what is not a file is written to the temporary one."""
        with self._spool.file(given.name.encode()) as file:
            for part in given.parts:
                self._starts[(part.split or "dataset").encode()] = len(self._rows)
                self._declared.update(dict.fromkeys(part.classes))
                for at, sample in enumerate(part.samples):
                    path = b"%s[%d]" % ((part.split or "dataset").encode(), at)
                    content = self._one(path, sample, part.classes, str(sample.split or part.split))
                    if why := self._spool.lack(len(content)):
                        raise DatasetError(f"{given.name}: its images do not fit into a temporary file: {why}")
                    file.write(content)
                    self._spool.used += len(content)
                    self._offsets.append(self._offsets[-1] + len(content))

    def _one(self, path: bytes, sample: Sample, classes: tuple[str, ...], split: str) -> bytes:
        """Note an image; its bytes, where it is not a file."""
        number, image, content = len(self._rows), sample.image, b""
        extension = _extension(sample.name)
        size: int | None = 0
        times: tuple[int | None, int | None] = None, None
        if is_path(image) and isinstance(url := place_of(image), Url):
            self._outside[number], self._has_urls = os.fsencode(url), True
            extension = _extension(url.name)
            size = None
        elif is_path(image):
            place = os.path.abspath(os.fsencode(image))
            if os.path.isdir(place):  # noqa: PTH112 - bytes
                raise TypeError("scan() takes images in a list, and folders as arguments of their own: scan('a', 'b')")
            extension = _extension(os.fsdecode(place))
            self._outside[number] = place
            size, times = _stat(place)
        elif isinstance(image, bytes | bytearray | memoryview):
            content = bytes(image)
        else:
            try:
                if isinstance(image, Exception):
                    raise image
                content, extension = encoded(image)
            except NotAnImageError as error:
                self._refusals[number] = str(error)
            except Exception as error:  # a dataset is a stranger's program
                self._refusals[number] = f"the dataset does not give it: {type(error).__name__}: {error}"[:300]
        if content and not extension:
            extension = _EXTENSIONS.get(sniff.image_format(content[: sniff.HEAD]) or "", "")
        size = len(content) or (None if number in self._refusals else size)
        self._rows.append(_Row(path, size, *times, extension, names(sample.labels, classes), split))
        return content

    def dataset(self, given: Given, config: Config) -> Dataset:
        """All that was taken; raises DatasetError where there is nothing."""
        if not self._rows:
            raise DatasetError(f"{given.name}: there is no image in it")
        root, source, paths = self._placed(given)
        tree = self._tree(source, paths, config)
        found = merge([self._annotations(tree, paths)])
        tables = tabulate(tree, found, config)
        images = tables["images"]
        return Dataset(
            root=root,
            source=source,
            spool=self._spool,
            walked_ns=self._began,
            layouts=found.names,
            evidence=(*found.evidence, *(() if found.labels.height else (f"No labels for {images.height:,} images.",))),
            task=config.task or task(tables["labels"], found.multi),
            declared=declared(tree, config),
            tables=tables,
        )

    def _placed(self, given: Given) -> tuple[Path | Url, Source, list[bytes]]:
        """The root, the source, and the path of each image: where all are files they lie in a folder, and have names
        of their own."""
        places = [self._outside[number] for number in range(len(self._rows)) if number in self._outside]
        if len(set(places)) == len(self._rows) and not self._has_urls:
            root = os.path.commonpath(places) if len(places) > 1 else os.path.dirname(places[0])  # noqa: PTH120
            start = len(os.path.join(root, b""))  # noqa: PTH118 - bytes
            return Path(os.fsdecode(root)), Folder(root), [place[start:] for place in places]
        file = self._spool.item(given.name.encode()).place
        offsets = np.array(self._offsets, np.int64)
        source = Spooled(given.name, file, self._starts, offsets, self._outside, self._refusals)
        return Url(given.name), source, [row.path for row in self._rows]

    def _tree(self, source: Source, paths: list[bytes], config: Config) -> Tree:
        folders = {path.rpartition(b"/")[0]: None for path in paths}
        numbers = {folder: number for number, folder in enumerate(folders)}
        values = {
            "os_path": paths,
            "number": [numbers[path.rpartition(b"/")[0]] for path in paths],
            "bytes": [row.size for row in self._rows],
            "mtime_ns": [row.mtime_ns for row in self._rows],
            "ctime_ns": [row.ctime_ns for row in self._rows],
        }
        found = pl.DataFrame(values, schema={name: COLUMNS[name] for name in values})
        every = [folder.decode("utf-8", "backslashreplace") for folder in folders]
        extensions = frozenset(config.image_extensions)
        files = in_order(found, every, extensions)
        own = pl.DataFrame(
            {"os_path": paths, "own": [row.extension for row in self._rows]},
            schema={"os_path": pl.Binary, "own": pl.String},
        )
        files = files.join(own, on="os_path", how="left", maintain_order="left")
        files = files.with_columns(pl.col("own").alias("extension"), pl.lit(value=True).alias("candidate")).drop("own")
        return Tree(source, Unlinked(frozenset()), self._began, files, tuple(sorted(every)), extensions)

    def _annotations(self, tree: Tree, paths: list[bytes]) -> Annotations:
        rows = dict(tree.files.select("os_path", "file_row").iter_rows())
        path_of = dict(tree.files.select("os_path", "path").iter_rows())
        used = dict.fromkeys(sorted({name for row in self._rows for name in row.classes}))
        numbers = {name: number for number, name in enumerate(dict.fromkeys([*self._declared, *used]))}
        labels = [
            (rows[path], path_of[path], name, numbers[name])
            for path, row in zip(paths, self._rows, strict=True)
            for name in row.classes
        ]
        columns = {"file_row": pl.UInt32, "path": pl.String, "class": pl.String, "class_id": pl.Int64}
        splits = [
            (rows[path], canonical(row.split) or row.split)
            for path, row in zip(paths, self._rows, strict=True)
            if row.split
        ]
        classes = [(name, number, "dataset") for name, number in numbers.items() if name in self._declared]
        several = any(len(row.classes) > 1 for row in self._rows)
        labelled = sum(bool(row.classes) for row in self._rows)
        evidence = (f"Labels of {labelled:,} of {len(self._rows):,} images, {len(used):,} classes.",) if used else ()
        return Annotations(
            _FORMAT,
            "",
            FOLDERS,
            labels=conform(LABELS, pl.DataFrame(labels, schema=columns, orient="row")),
            splits=conform(SPLITS, pl.DataFrame(splits, schema=SPLITS, orient="row")),
            classes=conform(CLASSES, pl.DataFrame(classes, schema=CLASSES, orient="row")),
            multi=several,
            evidence=evidence,
            image_level=True,
        )


def _extension(name: str | None) -> str:
    return os.path.splitext(name)[1].lower().lstrip(".") if name else ""  # noqa: PTH122 - it may be a URL


def _stat(place: bytes) -> tuple[int | None, tuple[int | None, int | None]]:
    try:
        status = os.stat(place)  # noqa: PTH116 - bytes
    except OSError:
        return None, (None, None)  # told when it is read
    return status.st_size, (status.st_mtime_ns, status.st_ctime_ns)


__all__ = ["handed"]
