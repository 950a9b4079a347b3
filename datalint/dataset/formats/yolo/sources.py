"""What the paths of a data file mean: folders of images and lists of them, written here or on another machine."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from datalint.dataset.containers.records import LONGEST_NAME, Kind, Outcome, Problem, shortened
from datalint.dataset.files.matching import inside
from datalint.dataset.formats.yolo import image_lists
from datalint.dataset.formats.yolo.described import Dataset, Images
from datalint.dataset.formats.yolo.paths import ABSOLUTE, by_last_parts, parts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.dataset.formats.yolo.data_file import DataFile, Source
    from datalint.dataset.formats.yolo.files import Files


class _Start(NamedTuple):
    """Where the paths of a data file start."""

    folder: str
    problem: Problem | None = None
    """Said if that is not the folder that the data file names."""


def described(data: DataFile, files: Files) -> Dataset:
    """The dataset of a data file, with the images that its folders and lists name."""
    start = _start(data, files)
    outcomes = {data.file: Outcome(Kind.READ, "read as YOLO's data file")}
    problems = data.problems if start.problem is None else (*data.problems, start.problem)
    dataset = Dataset(start.folder, data, problems=problems, outcomes=outcomes)
    return dataset.naming(_images(source, data, start, files) for source in data.sources)


def _start(data: DataFile, files: Files) -> _Start:
    own = posixpath.dirname(data.file)
    if data.path is None:
        return _Start(own)
    text = data.path.text.replace("\\", "/")
    base = own
    if (within := files.within_root(text)) is not None:
        text, base = within, ""
    elsewhere = by_last_parts(text, files.tree.folders)
    if not ABSOLUTE.match(text):
        called = base if _is_called(text, base, files) else None
        for candidate in (inside(text, base), called, elsewhere):
            folder = "" if candidate == "." else candidate
            if folder is not None and folder in files.tree.folder_set:
                return _Start(folder)
    reason = f"`path: {shortened(data.path.text, LONGEST_NAME)}` is not a folder of this dataset"
    problem = data.problem("data-path", data.path.line, reason, "a folder relative to the data file, such as `.`")
    return _Start(base if elsewhere is None else elsewhere, problem)


def _is_called(text: str, own: str, files: Files) -> bool:
    """Whether the folder of the data file has the name that its `path` ends in: Ultralytics' `path: coco8`."""
    return posixpath.basename(own or files.root) == posixpath.basename(posixpath.normpath(text))


def _images(source: Source, data: DataFile, start: _Start, files: Files) -> Images:
    """The images that one source names. A wrong `path` is reported once, not for each source."""
    here = _here(source.text, (start.folder, posixpath.dirname(data.file)), files)
    found = here if here is not None else _elsewhere(source.text, files)
    problems: tuple[Problem, ...] = ()
    if here is None and start.problem is None and (data.yaml or found is None):
        where = "is neither a folder nor a list of this dataset" if found is None else f"is not there; {found} was read"
        expected = "a folder of images or a list of them" if found is None else f"{source.key}: {found}"
        reason = f"`{source.key}: {shortened(source.text, LONGEST_NAME)}` {where}"
        problems = (data.problem("data-path", source.line, reason, expected),)
    if found is None:
        return Images(problems=problems)
    if found in files.tree.folder_set:
        return Images(image_lists.of_split(_in_folder(found, files), source.split), problems=problems)
    listed = image_lists.read(found, source.split, start.folder, files)
    return Images(listed.splits, listed.missing, (*problems, *listed.problems), listed.outcomes)


def _here(text: str, folders: Sequence[str], files: Files) -> str | None:
    """The folder or list that a source names from one of `folders`; Ultralytics forgives a `../` in front."""
    text = text.replace("\\", "/")
    if (within := files.within_root(text)) is not None:
        text, folders = within, ("",)
    if ABSOLUTE.match(text):
        return None
    names = dict.fromkeys((text, re.sub(r"^(?:\.\./)+", "", text)))
    above = posixpath.basename(files.root)  # `../ds/images` in ds/data.yaml, where ds is the root
    beyond = (posixpath.normpath(posixpath.join(above, folder, text)) for folder in folders)
    named = (path.removeprefix(above).strip("/") for path in beyond if f"{path}/".startswith(f"{above}/"))
    places = (
        *(_there(inside(name, folder), files) for folder in folders for name in names),
        *(_there(path, files) for path in named),
    )
    return next((place for place in places if place is not None), None)


def _there(path: str | None, files: Files) -> str | None:
    if path is None:
        return None
    path = "" if path == "." else path
    return path if path in files.tree.folder_set or (path.endswith(".txt") and path in files.rows) else None


def _elsewhere(text: str, files: Files) -> str | None:
    """What ends like the source; a folder called `images` alone could be that of any split."""
    is_list = text.endswith(".txt")
    found = by_last_parts(text, files.rows if is_list else files.tree.folders)
    parts = parts_of(text)
    last = "/" + "/".join(parts[-2:])
    if not found or (len(parts) > 1 and not is_list and not f"/{found}".endswith(last)):
        return None
    return found


def _in_folder(folder: str, files: Files) -> pl.Series:
    """Rows of the images in a folder and those below it."""
    within = pl.lit(True) if not folder else pl.col("path").str.starts_with(f"{folder}/")
    return files.tree.files.filter(pl.col("candidate") & within)["file_row"]


__all__ = ["described"]
