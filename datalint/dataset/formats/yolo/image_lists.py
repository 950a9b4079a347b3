"""Lists of images: train.txt, valid.txt, ... with the path of one image a line."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

import polars as pl

from datalint.amounts import counted
from datalint.dataset.containers.records import LONGEST_NAME, Kind, Outcome, Place, Problem, decode, quoted
from datalint.dataset.files import splits
from datalint.dataset.files.image_names import LONGEST
from datalint.dataset.formats.yolo.described import Images, Missing
from datalint.dataset.formats.yolo.paths import ABSOLUTE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from datalint.dataset.formats.yolo.files import Files

#: Bytes of a list that are read: five million names.
_LONGEST_LIST = 1 << 28
_IMAGE_LINE = re.compile(r"[^\0\t,;|]*\.[A-Za-z0-9]{2,5}")


def read(path: str, split: str, start: str, files: Files) -> Images:
    """The images that a list names, whose paths may start from where the dataset starts."""
    data = files.data(path, _LONGEST_LIST)
    if data is None:
        return Images(outcomes={path: Outcome(Kind.UNREADABLE, "cannot be read")})
    text, problems = decode(data, path)
    if len(data) == _LONGEST_LIST:
        reason = f"only the first {_LONGEST_LIST:,} bytes of the list were read"
        problems.append(Problem("syntax", Place(path), reason, "a shorter list"))
    own = posixpath.dirname(path)
    folders = list(dict.fromkeys((own, start, posixpath.dirname(own), "")))
    rows: list[int] = []
    missing: list[Missing] = []
    absolute: list[tuple[Place, str]] = []
    names = _names(text)
    for line, name in names:
        place = Place(path, line, 1)
        if len(name) > LONGEST:
            reason = f"a line of {len(name):,} characters is not a path"
            problems.append(Problem("syntax", place, reason, "the path of an image"))
            continue
        within = files.within_root(name)
        found = files.tree.names.find(name, folders) if within is None else files.tree.names.find(within, [""])
        if within is None and ABSOLUTE.match(name):
            absolute.append((place, name))
        elif found.fault is not None:
            kind = "path" if found.outside else "syntax"
            problems.append(Problem(kind, place, found.fault, "a path within the dataset"))
            if found.row is None:
                continue
        if found.row is not None:
            rows.append(found.row)
        else:
            missing.append(Missing(found.path or name.replace("\\", "/").lstrip("/"), place))
    if absolute:
        place, name = absolute[0]
        some = f"{len(absolute):,} of {len(names):,} paths are absolute, {quoted(name, LONGEST_NAME)} first"
        problems.append(Problem("path", place, f"{some}; their last parts were read", "relative paths"))
    said = Outcome(
        Kind.READ, f"read as YOLO's list of {split}", f"{counted(len(names), 'image')}, {len(rows):,} of them there"
    )
    return Images(of_split(pl.Series(rows, dtype=pl.UInt32), split), tuple(missing), tuple(problems), {path: said})


def _names(text: str) -> list[tuple[int, str]]:
    """Each line that is not blank, with its number."""
    lines = enumerate(re.split(r"\r\n|\n|\r", text), 1)
    return [(line, name) for line, content in lines if (name := content.strip())]


def of_split(rows: pl.Series, split: str) -> pl.DataFrame:
    """Images of one split."""
    return rows.to_frame("file_row").with_columns(pl.lit(split).alias("split"))


def beside(folders: Collection[str], start: str, files: Files) -> Iterator[Images]:
    """What train.txt, val.txt, ... in these folders name."""
    texts = files.tree.texts.filter(pl.col("folder").is_in(sorted(folders)))
    for path, stem in texts.select("path", "stem").iter_rows():
        split = splits.canonical(stem)
        if split is not None and _is_image_list(path, files):
            yield read(path, split, start, files)


def _is_image_list(path: str, files: Files) -> bool:
    lines = [line.strip() for line in files.first_lines(path) if line.strip()]
    return bool(lines) and all(
        _IMAGE_LINE.fullmatch(line) and line.rpartition(".")[2].lower() in files.image_extensions for line in lines
    )


__all__ = ["beside", "of_split", "read"]
