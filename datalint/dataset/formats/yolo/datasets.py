"""YOLO: one text file an image, one object a line, coordinates as shares of the image; data.yaml or obj.data on top.

Detection, segmentation, pose and oriented boxes, as Ultralytics, Roboflow, CVAT, labelImg and Darknet write them.
References: https://docs.ultralytics.com/datasets/ and https://github.com/AlexeyAB/darknet.
"""

from __future__ import annotations

import os
import posixpath
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from datalint.dataset.assembly.annotations import (
    CLASSES,
    NAMED,
    SPLITS,
    Annotations,
)
from datalint.dataset.containers import text_lines
from datalint.dataset.containers.records import Kind, Outcome, Place, Problem, counted, decode
from datalint.dataset.files import label_pairs as partners
from datalint.dataset.files import splits
from datalint.dataset.files.matching import inside
from datalint.dataset.formats.yolo import data_file as yolo_data
from datalint.dataset.formats.yolo.objects import Objects, understand

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from datalint.config.settings import Config
    from datalint.dataset.files.image_names import ImageNames
    from datalint.dataset.files.tree import Tree
    from datalint.dataset.formats.yolo.data_file import DataFile, Value

NAME = "yolo"

_DATA_EXTENSIONS = ("yaml", "yml", "data")
_CLASS_LISTS = ("obj.names", "classes.txt", "classes.names", "_darknet.labels", "predefined_classes.txt")
#: A folder with more YAML files than this holds something else.
_MOST_DATA_FILES = 50
#: Bytes of a list of images that are read: five million names.
_LONGEST_LIST = 1 << 28
#: What Linux takes as a path.
_LONGEST_PATH = 4096
#: Lines that have YOLO's form, as a share of those looked at, for a folder to hold YOLO labels.
_ENOUGH = 0.5
#: Two data files that share this much of their images describe the same ones.
_SAME = 0.5
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:nan|inf(?:inity)?)", re.IGNORECASE)
_ABSOLUTE = re.compile(r"/|[A-Za-z]:|\\\\|~|file:")
_IMAGE_LINE = re.compile(r"[^\0\t,;|]*\.[A-Za-z0-9]{2,5}")


def read(tree: Tree, config: Config) -> list[Annotations]:
    """Every YOLO dataset under the root; one for each set of images, however many data files describe them."""
    extensions = tree.files["extension"]
    if not extensions.is_in(["txt", *_DATA_EXTENSIONS]).any():
        return []
    return _Reader(tree, config).run()


@dataclass
class _Dataset:
    """One set of images with its label files."""

    folder: str
    """Where it starts."""
    data: DataFile | None = None
    images: NDArray[np.uint32] = field(default_factory=lambda: np.empty(0, np.uint32))
    """Rows of the images that the data file names."""
    labels: set[str] = field(default_factory=set)
    """Folders of its label files."""
    splits: list[pl.DataFrame] = field(default_factory=list)
    missing: list[tuple[str, str, int]] = field(default_factory=list)
    """Images that lists name and that are not there: path, list, line."""
    names: dict[int, str] | None = None
    classes_from: str | None = None
    problems: list[Problem] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    claimed: set[str] = field(default_factory=set)
    """Text files that are no labels: lists."""


class _Sample(NamedTuple):
    """What the beginnings of some files of a folder look like, in lines."""

    lines: int
    fitting: int
    inside: int
    """Lines that fit, with all coordinates within the image."""
    foreign: int
    """Lines of another format."""
    resembling: int
    """Lines that fit, or would if the class were a number and no commas stood between."""


class _Reader:
    def __init__(self, tree: Tree, config: Config) -> None:
        self._tree = tree
        self._config = config
        self._texts = tree.texts
        self._pairs = tree.label_pairs
        self._folders = frozenset(tree.folders)
        self._has_images = bool(tree.files["candidate"].any())
        self._told: set[str] = set()

    def run(self) -> list[Annotations]:
        datasets = self._led_by_data_files()
        owner = self._owners(datasets)
        folders = self._label_folders(owner, datasets)
        if not folders and not any(dataset.data for dataset in datasets):
            return []
        self._attach(folders, datasets)
        for dataset in datasets:
            self._lists_without_data_file(dataset)
            self._read_classes(dataset)
        return [annotations for dataset in datasets if (annotations := self._annotations(dataset, owner, datasets))]

    # -- files

    @cached_property
    def _names(self) -> ImageNames:
        return self._tree.names

    @cached_property
    def _image_folders(self) -> frozenset[str]:
        return frozenset(self._tree.files.filter("candidate")["folder"].unique().to_list())

    @cached_property
    def _rows(self) -> dict[str, int]:
        """Path -> row of the files that may be lists, data files or lists of classes."""
        small = self._tree.usable("txt", "names", "labels", *_DATA_EXTENSIONS)
        return dict(small.select("path", "file_row").iter_rows())

    def _bytes(self, path: str, most: int) -> bytes | None:
        """Up to `most` bytes of a file; None if it cannot be read."""
        try:
            return self._tree.data(self._rows[path], most)
        except OSError:
            return None

    # -- data files

    def _led_by_data_files(self) -> list[_Dataset]:
        """A dataset for each data file that is about images of its own; the one about the most images first."""
        found = [self._resolved(data) for data in self._data_files()]
        labelled = self._pairs["image"].unique().to_numpy()
        found.sort(
            key=lambda dataset: (
                -np.isin(dataset.images, labelled).sum(),
                -len(dataset.images),
                -sum(split.height for split in dataset.splits),
                dataset.data.file if dataset.data else "",
            )
        )
        leading: list[_Dataset] = []
        for dataset in found:
            same = next((other for other in leading if self._are_same(dataset, other)), None)
            if same is None:
                leading.append(dataset)
                continue
            assert dataset.data is not None
            assert same.data is not None
            about = "is about the same images as" if len(dataset.images) else "names no image that is here, unlike"
            same.evidence.append(f"{dataset.data.file} {about} {same.data.file}, which leads.")
            same.problems += dataset.problems
            same.outcomes |= dataset.outcomes | {
                dataset.data.file: Outcome(Kind.READ, f"read as YOLO's data file; {same.data.file} leads")
            }
            same.missing += dataset.missing
            same.claimed |= dataset.claimed
            same.splits = same.splits or dataset.splits
            if same.data.names is None:
                same.data.names, same.data.names_file = dataset.data.names, dataset.data.names_file
        return leading

    def _are_same(self, dataset: _Dataset, other: _Dataset) -> bool:
        if not len(dataset.images):
            return _folder_of(dataset) == _folder_of(other)
        return bool(np.isin(dataset.images, other.images).mean() >= _SAME)

    def _data_files(self) -> list[DataFile]:
        possible = self._tree.files.filter(
            pl.col("extension").is_in(_DATA_EXTENSIONS)
            & (pl.col("bytes") <= yolo_data.LARGEST)
            & (pl.len().over("folder", "extension") <= _MOST_DATA_FILES)
        )
        found: list[DataFile] = []
        for path, extension in possible.select("path", "extension").iter_rows():
            content = self._bytes(path, yolo_data.LARGEST) if path in self._rows else None
            if content is None:
                continue
            reader = yolo_data.read_darknet if extension == "data" else yolo_data.read_yaml
            data = reader(content, path)
            if data is not None:
                found.append(data)
        return found

    def _resolved(self, data: DataFile) -> _Dataset:
        """The data file with the images that it names."""
        own = posixpath.dirname(data.file)
        base, is_there = self._base(data, own)
        dataset = _Dataset(base, data, problems=data.problems)
        dataset.outcomes[data.file] = Outcome(Kind.READ, "read as YOLO's data file")
        rows: list[NDArray[np.uint32]] = []
        for source in data.sources:
            place = self._place(source.text, (base, own))
            found = place if place is not None else self._elsewhere(source.text)
            if place is None and is_there and (data.yaml or found is None):
                where = (
                    "is no folder and no list of this dataset" if found is None else f"is not there; {found} was read"
                )
                expected = "a folder of images or a list of them" if found is None else f"{source.key}: {found}"
                data.problem("data-path", source.line, f"`{source.key}: {source.text[:200]}` {where}", expected)
            if found is None:
                continue
            some = self._in_folder(found) if found in self._folders else self._in_list(found, source.split, dataset)
            dataset.splits.append(_split_frame(some, source.split))
            rows.append(some)
        if rows:
            dataset.images = np.unique(np.concatenate(rows))
        return dataset

    def _base(self, data: DataFile, own: str) -> tuple[str, bool]:
        """The folder that the paths of a data file start from, and whether it is the one that it names."""
        if data.path is None:
            return own, True
        text = data.path.text.replace("\\", "/")
        if (within := self._within_root(text)) is not None:
            text, own = within, ""
        elsewhere = _last_parts(text, self._folders)
        if not _ABSOLUTE.match(text):
            called = own if _is_called(self._root, own, text) else None
            for candidate in (inside(text, own), called, elsewhere):
                folder = "" if candidate == "." else candidate
                if folder is not None and folder in self._folders:
                    return folder, True
        reason = f"`path: {data.path.text[:200]}` is no folder of this dataset"
        data.problem("data-path", data.path.line, reason, "a folder relative to the data file, such as `.`")
        return own if elsewhere is None else elsewhere, False

    @cached_property
    def _root(self) -> str:
        return os.fsdecode(self._tree.root).replace(os.sep, "/").rstrip("/")

    def _within_root(self, text: str) -> str | None:
        """An absolute path relative to the root; None if it leads elsewhere or is relative."""
        if text.rstrip("/") == self._root:
            return "."
        return text[len(self._root) + 1 :] if text.startswith(f"{self._root}/") else None

    def _place(self, text: str, folders: Sequence[str]) -> str | None:
        """The folder or list that a source names from one of `folders`; Ultralytics forgives a `../` in front."""
        text = text.replace("\\", "/")
        if (within := self._within_root(text)) is not None:
            text, folders = within, ("",)
        if _ABSOLUTE.match(text):
            return None
        names = dict.fromkeys((text, re.sub(r"^(?:\.\./)+", "", text)))
        places = (self._there(inside(name, folder)) for folder in folders for name in names)
        return next((place for place in places if place is not None), None)

    def _elsewhere(self, text: str) -> str | None:
        """What ends like the source; a folder called `images` alone could be that of any split."""
        found = _last_parts(text, self._rows if text.endswith(".txt") else self._folders)
        parts = [part for part in text.replace("\\", "/").split("/") if part not in ("", ".", "..")]
        last = "/" + "/".join(parts[-2:])
        if not found or (len(parts) > 1 and not text.endswith(".txt") and not f"/{found}".endswith(last)):
            return None
        return found

    def _there(self, path: str | None) -> str | None:
        if path is None:
            return None
        path = "" if path == "." else path
        return path if path in self._folders or (path.endswith(".txt") and path in self._rows) else None

    def _in_folder(self, folder: str) -> NDArray[np.uint32]:
        """Rows of the images in a folder and those below it."""
        inside_it = pl.lit(True) if not folder else pl.col("path").str.starts_with(f"{folder}/")
        files = self._tree.files.rename({"file_row": "row"})
        return files.filter(pl.col("candidate") & inside_it)["row"].to_numpy()

    def _in_list(self, path: str, split: str, dataset: _Dataset) -> NDArray[np.uint32]:
        """Rows of the images that a list names."""
        dataset.claimed.add(path)
        data = self._bytes(path, _LONGEST_LIST)
        if data is None:
            dataset.outcomes[path] = Outcome(Kind.UNREADABLE, "cannot be read")
            return np.empty(0, np.uint32)
        text, problems = decode(data, path)
        dataset.problems += problems
        if len(data) == _LONGEST_LIST:
            reason = f"the list was read as far as {_LONGEST_LIST:,} bytes"
            dataset.problems.append(Problem("syntax", Place(path), reason, "a shorter list"))
        own = posixpath.dirname(path)
        folders = list(dict.fromkeys((own, dataset.folder, posixpath.dirname(own), "")))
        rows: list[int] = []
        absolute: list[tuple[int, str]] = []
        count = 0
        for line, content in enumerate(re.split(r"\r\n|\n|\r", text), 1):
            name = content.strip()
            if not name:
                continue
            count += 1
            if len(name) > _LONGEST_PATH:
                reason = f"a line of {len(name):,} characters is no path"
                dataset.problems.append(Problem("syntax", Place(path, line, 1), reason, "the path of an image"))
                continue
            within = self._within_root(name)
            found = self._names.find(name if within is None else within, folders if within is None else [""])
            if within is None and _ABSOLUTE.match(name):
                absolute.append((line, name))
            elif found.fault is not None:
                kind = "path" if "outside" in found.fault else "syntax"
                dataset.problems.append(Problem(kind, Place(path, line, 1), found.fault, "a path within the dataset"))
                continue
            if found.row is not None:
                rows.append(found.row)
            else:
                dataset.missing.append((found.path or name.replace("\\", "/").lstrip("/"), path, line))
        if absolute:
            line, name = absolute[0]
            some = f"{len(absolute):,} of {count:,} paths are absolute, {name[:200]!r} first"
            problem = Problem("path", Place(path, line, 1), f"{some}; their last parts were read", "relative paths")
            dataset.problems.append(problem)
        dataset.outcomes[path] = Outcome(
            Kind.READ, f"read as YOLO's list of {split}", f"{counted(count, 'image')}, {len(rows):,} of them there"
        )
        return np.array(rows, np.uint32)

    # -- folders of label files

    def _owners(self, datasets: Sequence[_Dataset]) -> NDArray[np.int32]:
        """For every file the number of the dataset whose data file names it first; -1 if none does."""
        owner = np.full(self._tree.files.height, -1, np.int32)
        for number, dataset in enumerate(datasets):
            free = dataset.images[owner[dataset.images] == -1]
            owner[free] = number
        return owner

    def _label_folders(self, owner: NDArray[np.int32], datasets: Sequence[_Dataset]) -> dict[str, int]:
        """Folders that hold YOLO label files -> the number of the dataset that claims them, -1 if none does."""
        lists = {path for dataset in datasets for path in dataset.claimed}
        texts = self._texts.filter(~pl.col("path").is_in(sorted(lists)) & ~_is_class_list())
        owners = _owner_frame(owner)
        paired = (
            self._pairs.join(owners, on="image")
            .group_by("label")
            .agg(pl.col("owner").max(), pl.lit(True).alias("paired"))
        )
        texts = texts.join(paired, left_on="row", right_on="label", how="left", maintain_order="left")
        found: dict[str, int] = {}
        unsure: list[str] = []
        for (folder,), files in texts.group_by("folder", maintain_order=True):
            assert isinstance(folder, str)
            named_labels = "labels" in folder.split("/")
            matched = files.filter(pl.col("paired"))
            if matched.is_empty() and not named_labels:
                continue
            claimed = matched["owner"].drop_nulls().max() if matched.height else -1
            number = int(claimed) if isinstance(claimed, int) else -1
            sample = self._sample(matched if matched.height else files)
            sure = number >= 0 or named_labels or self._has_class_list(folder)
            if sample.lines == 0:
                if sure and matched.height:
                    found[folder] = number
                elif matched.height:
                    unsure.append(folder)
            elif (number >= 0 and sample.foreign < _ENOUGH * sample.lines) or (
                (sample.resembling if sure and matched.height else sample.inside) >= _ENOUGH * sample.lines
            ):
                found[folder] = number
        beside = {posixpath.dirname(folder) for folder in found}
        return found | {folder: -1 for folder in unsure if posixpath.dirname(folder) in beside}

    def _has_class_list(self, folder: str) -> bool:
        return any(posixpath.join(folder, name) in self._rows for name in _CLASS_LISTS)

    def _sample(self, files: pl.DataFrame) -> _Sample:
        lines = text_lines.sample(files, self._tree.head)
        fitting = [words for words in lines if _fits(words)]
        within = sum(all(-0.5 <= float(word) <= 1.5 for word in words[1:5]) for words in fitting)
        foreign = sum(map(_is_foreign, lines))
        return _Sample(len(lines), len(fitting), within, foreign, sum(map(_resembles, lines)))

    def _attach(self, folders: Mapping[str, int], datasets: list[_Dataset]) -> None:
        """Give every folder of labels to a dataset: the one that claims it, the nearest data file's, or a new one."""
        by_folder: dict[str, _Dataset] = {}
        for dataset in datasets:
            assert dataset.data is not None
            by_folder.setdefault(posixpath.dirname(dataset.data.file), dataset)
            by_folder.setdefault(dataset.folder, dataset)
        rest: list[str] = []
        for folder, number in sorted(folders.items()):
            if number >= 0:
                datasets[number].labels.add(folder)
                continue
            start = self._start(folder)
            above = next((by_folder[place] for place in _upwards(start) if place in by_folder), None)
            if above is None and (home := self._home(folder, start)) is not None:
                above = by_folder[home] = _Dataset(home)
                datasets.append(above)
            if above is not None:
                above.labels.add(folder)
            else:
                rest.append(folder)
        if rest:
            datasets.append(_Dataset(_common(self._start(folder) for folder in rest), labels=set(rest)))

    def _home(self, folder: str, start: str) -> str | None:
        """The folder that a list of classes makes a dataset of its own."""
        if self._has_class_list(folder):
            return start
        return next((place for place in _upwards(start) if self._has_class_list(place)), None)

    def _start(self, folder: str) -> str:
        """Where the dataset starts whose labels are in `folder`: above `labels`, and above the splits."""
        parts = folder.split("/") if folder else []
        if "labels" in parts:
            parts = parts[: len(parts) - 1 - parts[::-1].index("labels")]
            return "/".join(parts[:-1] if parts and splits.canonical(parts[-1]) else parts)
        while parts and (
            splits.canonical(parts[-1])
            or parts[-1] == "images"
            or re.fullmatch(r"obj_\w+_data", parts[-1], re.IGNORECASE)
        ):
            parts = parts[:-1]
        if parts and folder not in self._image_folders:
            parts = parts[:-1]
        return "/".join(parts)

    def _lists_without_data_file(self, dataset: _Dataset) -> None:
        """train.txt, val.txt, ... where no data file names them."""
        if dataset.data is not None and dataset.data.sources:
            return
        folders = {dataset.folder, *dataset.labels}
        lists = self._texts.filter(pl.col("folder").is_in(sorted(folders)))
        for path, stem in lists.select("path", "stem").iter_rows():
            split = splits.canonical(stem)
            if split is None or not self._is_image_list(path):
                continue
            rows = self._in_list(path, split, dataset)
            dataset.splits.append(_split_frame(rows, split))

    def _is_image_list(self, path: str) -> bool:
        lines = [line.strip() for line in self._first_lines(path) if line.strip()]
        endings = self._config.image_extensions
        return bool(lines) and all(
            _IMAGE_LINE.fullmatch(line) and line.rpartition(".")[2].lower() in endings for line in lines
        )

    def _first_lines(self, path: str) -> list[str]:
        return text_lines.first_lines(self._rows[path], self._tree.head)

    # -- classes

    def _read_classes(self, dataset: _Dataset) -> None:
        """Class names: of the data file, else of the nearest list; lists that say otherwise are told."""
        data = dataset.data
        lists = self._class_lists(dataset)
        if data is not None and data.names is not None:
            dataset.names, dataset.classes_from = _texts(data.names), data.file
        elif data is not None and data.names_file is not None:
            own = posixpath.dirname(data.file)
            name = data.names_file.text.replace("\\", "/")
            places = (inside(name, folder) for folder in (own, dataset.folder) if not _ABSOLUTE.match(name))
            path = next((place for place in places if place in self._rows), None)
            path = path or _last_parts(name, self._rows)
            if path is None:
                reason = f"`names: {name[:200]}` is not there"
                data.problem("data-path", data.names_file.line, reason, "a list of class names")
            else:
                lists = [path, *(other for other in lists if other != path)]
        for path in lists:
            content = self._bytes(path, yolo_data.LARGEST)
            found = yolo_data.read_names(content, path) if content is not None else None
            if found is None:
                continue
            names, problems = found
            if path not in self._told:
                dataset.problems += problems
            self._told.add(path)
            dataset.outcomes[path] = Outcome(Kind.READ, "read as YOLO's list of classes", f"{len(names):,} names")
            if dataset.names is None:
                dataset.names, dataset.classes_from = _texts(names), path
                if data is not None:
                    data.check_count(len(names))
            elif _texts(names) != dataset.names:
                dataset.problems.append(_other_names(path, names, dataset))

    def _class_lists(self, dataset: _Dataset) -> list[str]:
        """Lists of class names of the dataset, the nearest to its start first."""
        folders = [dataset.folder]
        if dataset.data is not None:
            folders.append(posixpath.dirname(dataset.data.file))
        folders += sorted(dataset.labels)
        folders += sorted({place for folder in dataset.labels for place in _upwards(folder, dataset.folder)})
        found = [
            path
            for folder in dict.fromkeys(folders)
            for name in _CLASS_LISTS
            if (path := posixpath.join(folder, name)) in self._rows
        ]
        return list(dict.fromkeys(found))

    # -- the tables

    def _annotations(
        self, dataset: _Dataset, owner: NDArray[np.int32], datasets: Sequence[_Dataset]
    ) -> Annotations | None:
        number = next(place for place, other in enumerate(datasets) if other is dataset)
        taken = sorted(dataset.claimed | set(dataset.outcomes))
        texts = self._texts.filter(pl.col("folder").is_in(sorted(dataset.labels)) & ~pl.col("path").is_in(taken))
        owners = _owner_frame(owner)
        pairs = self._pairs.join(owners, on="image").filter(pl.col("owner").is_in([-1, number]))
        pairs = pairs.join(texts.select(pl.col("row").alias("label")), on="label", how="semi")
        pairs = pairs.unique("image", keep="first", maintain_order=True).sort("label", "image")
        others = self._pairs.join(owners, on="image").filter(~pl.col("owner").is_in([-1, number]))  # of other datasets
        texts = texts.join(others, left_on="row", right_on="label", how="anti")
        texts = texts.sort("path")
        image_paths = self._tree.files.rename({"file_row": "image"}).select("image", "path", "folder")
        if pairs.is_empty():
            images = texts.filter(~_is_class_list()).select(
                pl.col("row").alias("label"),
                pl.lit(None, pl.UInt32).alias("file_row"),
                pl.concat_str(
                    pl.col("folder").map_elements(partners.image_folder, pl.String), pl.lit("/"), "stem"
                ).str.strip_prefix("/").alias("path"),
            )  # fmt: skip
            unused = texts.filter(_is_class_list())
        else:
            images = pairs.join(image_paths, on="image", how="left", maintain_order="left").select(
                "label", pl.col("image").alias("file_row"), "path"
            )
            unused = texts.join(pairs, left_on="row", right_on="label", how="anti")
        self._tell_unused(dataset, unused)
        read = texts.join(images.select("label").unique(), left_on="row", right_on="label", how="semi")
        lines = text_lines.read(read, self._tree.data)
        failed = read.filter(pl.col("path").is_in(list(lines.failed)))["row"]
        images = images.filter(~pl.col("label").is_in(failed.implode()))
        numbers = read["row"].alias("label").to_frame().with_row_index("file")
        paths: dict[int, str] = dict(read.select("row", "path").iter_rows())
        keypoints = dataset.data.keypoints if dataset.data is not None else None
        objects = understand(
            lines.frame.join(numbers, on="file", maintain_order="left").drop("file"),
            images,
            paths,
            self._class_names(dataset),
            keypoints,
        )
        if not paths and dataset.data is None:
            return None
        named = images.join(
            pl.DataFrame(
                {"label": list(paths), "file": list(paths.values())}, schema={"label": pl.UInt32, "file": pl.String}
            ),
            on="label",
            how="left",
            maintain_order="left",
        )
        missing = pl.DataFrame(
            dataset.missing, schema={"path": pl.String, "file": pl.String, "line": pl.UInt32}, orient="row"
        )
        missing = missing.unique("path", keep="first", maintain_order=True)
        frames = [_like(NAMED, named), _like(NAMED, missing)]
        problems = [*dataset.problems, *lines.problems, *objects.problems]
        source = dataset.data.file if dataset.data is not None else _common(dataset.labels)
        annotations = Annotations(
            NAME,
            source,
            precision=1,
            boxes=objects.boxes,
            polygons=objects.polygons,
            keypoints=objects.keypoints,
            named=pl.concat(frames),
            splits=self._splits(dataset, images),
            classes=self._classes(dataset) if paths else CLASSES.to_frame(),
            problems=problems,
            outcomes=dataset.outcomes | lines.failed | _outcomes(read, lines.failed),
        )
        annotations.evidence = (
            _summary(annotations, objects, read.filter(pl.col("bytes") == 0).height, len(paths)),
            *self._evidence(dataset, objects),
        )
        return annotations

    def _class_names(self, dataset: _Dataset) -> dict[int, str] | None:
        if dataset.names is not None or dataset.data is None or dataset.data.count is None:
            return dataset.names
        return {number: str(number) for number in range(min(dataset.data.count, 1 << 20))}

    def _classes(self, dataset: _Dataset) -> pl.DataFrame:
        names = dataset.names or {}
        rows = [(name, number, dataset.classes_from) for number, name in sorted(names.items())]
        return pl.DataFrame(rows, schema=CLASSES, orient="row")

    def _splits(self, dataset: _Dataset, images: pl.DataFrame) -> pl.DataFrame:
        """As the data file or the lists say; for the images that they leave out, as the folders are called."""
        said = pl.concat([SPLITS.to_frame(), *dataset.splits]).unique(maintain_order=True)
        rest = images.filter(pl.col("file_row").is_not_null()).join(said, on="file_row", how="anti").unique("file_row")
        folder = pl.col("path").str.replace(r"(?s)/?[^/]*$", "")
        rest = rest.with_columns(folder.alias("folder"))
        names = {path: _split_of(path, dataset.folder) for path in rest["folder"].unique().to_list()}
        by_folder = (
            rest.with_columns(pl.col("folder").replace_strict(names, return_dtype=pl.String).alias("split"))
            .drop_nulls("split")
            .select("file_row", "split")
        )
        return pl.concat([said, by_folder]).sort("file_row", "split")

    def _tell_unused(self, dataset: _Dataset, unused: pl.DataFrame) -> None:
        """Files among the labels that belong to no image."""
        lists = self._class_list_files(dataset)
        paired = set(unused.join(self._pairs, left_on="row", right_on="label", how="semi")["path"].to_list())
        for path, folder in [*lists, *unused.select("path", "folder").iter_rows()]:
            lines = [line.strip() for line in self._first_lines(path) if line.strip()]
            fitting = sum(_fits(line.split()) for line in lines)
            if (path, folder) in lists:
                first = ", ".join(repr(line[:40]) for line in lines[:3])
                more = ", ..." if len(lines) > 3 else ""
                reason = f"a list of class names ({first}{more}), no labels of an image"
                expected = "the list above the labels"
            elif folder in self._image_folders and not (lines and fitting >= _ENOUGH * len(lines)):
                continue  # a note among the images
            elif path in paired:
                reason, expected = "its image has another label file, which was read", "one label file for an image"
            else:
                where = partners.image_folder(folder)
                reason = f"there is no image of this name in {where or 'the root'}"
                expected = "an image of the same name"
            dataset.problems.append(Problem("unused-file", Place(path), reason, expected))
            if path not in dataset.outcomes:
                dataset.outcomes[path] = Outcome(Kind.UNUSED, f"not used: {reason}")

    def _class_list_files(self, dataset: _Dataset) -> list[tuple[str, str]]:
        """Lists of classes that lie among the label files."""
        return [
            (path, folder)
            for path in dataset.outcomes
            if (folder := posixpath.dirname(path)) in dataset.labels
            and path.endswith(".txt")
            and posixpath.basename(path) in _CLASS_LISTS
        ]

    def _evidence(self, dataset: _Dataset, objects: Objects) -> Iterable[str]:
        if objects.mixed is not None:
            file, line, count = objects.mixed
            yield (
                f"Boxes stand beside polygons in {counted(count, 'label file')} ({file}, line {line}, first): "
                "trainers read such a box as a polygon of two points."
            )
        if dataset.names is None and objects.used.height:
            yield "No list of class names was found: classes go by their numbers."
        yield from dataset.evidence


def _is_class_list() -> pl.Expr:
    return pl.col("name").str.to_lowercase().is_in(_CLASS_LISTS)


def _owner_frame(owner: NDArray[np.int32]) -> pl.DataFrame:
    return pl.DataFrame({"owner": owner}).with_row_index("image")


def _folder_of(dataset: _Dataset) -> str | None:
    """The folder of the data file."""
    return posixpath.dirname(dataset.data.file) if dataset.data is not None else None


def _split_frame(rows: NDArray[np.uint32], split: str) -> pl.DataFrame:
    return pl.DataFrame({"file_row": rows, "split": [split] * len(rows)}, schema=SPLITS)


def _split_of(folder: str, start: str) -> str | None:
    """The split that the folders below `start` name."""
    below = folder.removeprefix(start).strip("/") if start else folder
    return next((split for part in reversed(below.split("/")) if (split := splits.canonical(part))), None)


def _fits(words: Sequence[str]) -> bool:
    """Whether a line has YOLO's form: a whole number, and at least four more numbers."""
    return (
        len(words) >= 5
        and re.fullmatch(r"\d{1,9}(?:\.0*)?", words[0]) is not None
        and all(map(_NUMBER.fullmatch, words[: 1 << 12]))
    )


def _resembles(words: Sequence[str]) -> bool:
    """Whether a line could be meant as YOLO's: a class by its name, or commas between the numbers."""
    words = re.split(r"[\s,;]+", " ".join(words).strip(" ,;"))
    return len(words) >= 5 and not _is_foreign(words) and all(map(_NUMBER.fullmatch, words[1 : 1 << 12]))


def _is_foreign(words: Sequence[str]) -> bool:
    """Whether a line is one of KITTI's or DOTA's, or none of numbers at all."""
    numbers = [bool(_NUMBER.fullmatch(word)) for word in words[:16]]
    kitti = len(words) in (15, 16) and not numbers[0] and all(numbers[1:])
    dota = len(words) in (9, 10) and all(numbers[:8]) and not numbers[8]
    return kitti or dota or not any(numbers)


def _upwards(folder: str, end: str = "") -> Iterable[str]:
    """`folder` and those above it, as far as `end`."""
    while True:
        yield folder
        if folder in ("", end):
            return
        folder = posixpath.dirname(folder)


def _last_parts(text: str, known: Iterable[str]) -> str | None:
    """The only one of `known` paths that ends in the most of the last parts of `text`."""
    parts = [part for part in posixpath.normpath(text.replace("\\", "/")).split("/") if part not in ("", ".", "..")]
    if not parts:
        return None
    ends = [path for path in known if path.rpartition("/")[2] == parts[-1]]
    for start in range(len(parts)):
        tail = "/" + "/".join(parts[start:])
        some = [path for path in ends if f"/{path}".endswith(tail)]
        if some:
            return some[0] if len(some) == 1 else None
    return None


def _common(folders: Iterable[str]) -> str:
    return posixpath.commonpath([f"/{folder}" for folder in folders]).strip("/")


def _is_called(root: str, own: str, text: str) -> bool:
    """Whether the folder of the data file has the name that its `path` ends in: Ultralytics' `path: coco8`."""
    name = posixpath.basename(own) if own else posixpath.basename(root)
    return name == posixpath.basename(posixpath.normpath(text))


def _texts(names: Mapping[int, Value]) -> dict[int, str]:
    return {number: value.text or str(number) for number, value in names.items()}


def _other_names(path: str, names: Mapping[int, Value], dataset: _Dataset) -> Problem:
    known = dataset.names or {}
    numbers = sorted(set(names) | set(known))
    texts = _texts(names)
    first = next(number for number in numbers if texts.get(number) != known.get(number))
    here, there = (repr(said[first][:80]) if first in said else "nothing" for said in (texts, known))
    reason = f"class {first} is {here} here and {there} in {dataset.classes_from}"
    line = names[first].line if first in names else None
    return Problem("classes", Place(path, line), reason, "the same classes in both")


def _like(schema: pl.Schema, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in schema.items()
    )


def _outcomes(read: pl.DataFrame, failed: Mapping[str, Outcome]) -> dict[str, Outcome]:
    """The same words for all: reports fold what is alike."""
    filled = Outcome(Kind.READ, "read as YOLO")
    empty = Outcome(Kind.READ, "read as YOLO", "empty, an image without objects")
    return {
        path: filled if size else empty for path, size in read.select("path", "bytes").iter_rows() if path not in failed
    }


def _summary(annotations: Annotations, objects: Objects, empty: int, files: int) -> str:
    named = annotations.named["path"].n_unique()
    source = annotations.source or "the root"
    if not files:
        images = annotations.splits["file_row"].n_unique()
        return f"YOLO: {source} names {counted(images, 'image')}, none with a label file."
    counts = [counted(named, "image"), counted(files, "label file") + (f" ({empty:,} empty)" if empty else "")]
    counts += [
        counted(frame.height, one, several)
        for frame, one, several in (
            (annotations.boxes, "box", "boxes"),
            (annotations.polygons, "polygon", "polygons"),
        )
        if frame.height or (one == "box" and annotations.polygons.is_empty())
    ]
    if annotations.keypoints.height:
        counts.append(f"{objects.task.keypoints[0]} keypoints each")
    classes = (
        annotations.classes["class"].n_unique()
        or pl.concat([objects.boxes["class"], objects.polygons["class"]]).n_unique()
    )
    counts.append(counted(classes, "class", "classes"))
    return f"YOLO {objects.task.name}: {source}, {', '.join(counts)}."


__all__ = ["NAME", "read"]
