"""The images of a COCO file among the files that are there."""

from __future__ import annotations

import posixpath
from collections import Counter
from itertools import takewhile
from typing import TYPE_CHECKING

import polars as pl

from datalint.dataset.containers.problems import Problems
from datalint.dataset.containers.records import Place, Problem
from datalint.dataset.files import splits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.dataset.files.tree import Tree
    from datalint.dataset.formats.coco.file import Document

#: Images looked at to find the folders that their names start from.
_SAMPLE = 1000
#: Where more files than this end in each name, as many are looked at, and the one in the file's own folder.
_MANY = 64
#: Names that cannot mean another file than the one at that path.
_PLAIN = r"^[^/\\~:\s][^\\:\x00]*[^/\\\s\x00]$"
_NOT_PLAIN = r"(^|/)\.{0,2}(/|$)|^file:"


def find(document: Document, split: str | None, tree: Tree) -> tuple[pl.DataFrame, list[Problem]]:
    """NAMED with the id of each image of a file; and the names that cannot be paths."""
    images = document.images
    likely = folders(images["name"], posixpath.dirname(document.file), split, tree)
    plain = pl.col("name").str.contains(_PLAIN) & ~pl.col("name").str.contains(_NOT_PLAIN)
    first = f"{likely[0]}/" if likely[0] else ""
    asked = images.with_columns(plain.alias("plain"), (pl.lit(first) + pl.col("name")).alias("path"))
    files = tree.files.select("path", "file_row").unique("path", keep="first")
    asked = asked.join(files, on="path", how="left", maintain_order="left")
    rows, paths, problems = _looked_up(asked, likely, document.file, tree)
    named = images.select(
        pl.Series("file_row", rows, pl.UInt32),
        pl.Series("path", paths, pl.String),
        "width",
        "height",
        pl.lit(document.file).alias("file"),
        "line",
        pl.format("/images/{}", "number").alias("pointer"),
        "id",
    )
    return named, problems


def _looked_up(
    asked: pl.DataFrame, likely: Sequence[str], file: str, tree: Tree
) -> tuple[list[int | None], list[str | None], list[Problem]]:
    """File and path of each image; names that are not plain, or of files elsewhere, are looked up one by one."""
    rows, paths = asked["file_row"].to_list(), asked["path"].to_list()
    problems = Problems()
    known = tree.files["name"].str.to_lowercase().unique()
    last = asked.select(pl.col("name").str.replace(r"(?s)^.*[/\\]", "").str.strip_chars().str.to_lowercase())["name"]
    closer = asked.with_row_index("place").filter(
        ~pl.col("plain") | (pl.col("file_row").is_null() & last.is_in(known.implode()))
    )
    for place, name, line, number in closer.select("place", "name", "line", "number").iter_rows():
        found = tree.names.find(name, likely)
        rows[place], paths[place] = found.row, found.path
        if found.fault is not None:
            where = Place(file, line, None, f"/images/{number}/file_name")
            problems.append(Problem("path", where, found.fault, "a path relative to the dataset", found.path))
    return rows, paths, problems


def folders(names: pl.Series, folder: str, split: str | None, tree: Tree) -> list[str]:
    """Folders that the names start from, the likeliest first: read off the files whose paths end in them.

    `folder` and `split` are those of the file that has the names.
    """
    sample = names.gather_every(max(1, len(names) // _SAMPLE)).str.replace_all("\\", "/", literal=True)
    sample = sample.str.replace(r"^(\./+)+", "").unique(maintain_order=True)
    asked = pl.DataFrame({"cell": sample, "name": sample.str.replace(r"(?s)^.*/", "")})
    near = tree.files.select("name", "path").join(asked, on="name", how="inner")
    near = near.filter((pl.lit("/") + pl.col("path")).str.ends_with(pl.lit("/") + pl.col("cell")))
    if near.height > _MANY * asked.height:
        own = pl.col("path") == pl.concat_str(pl.lit(f"{folder}/" if folder else ""), "cell")
        near = near.filter(own | (pl.int_range(pl.len()).over("cell") < _MANY))
    counts: Counter[str] = Counter()
    for path, cell in near.select("path", "cell").iter_rows():
        counts[path[: len(path) - len(cell)].rstrip("/")] += 1
    of: dict[str, str | None] = {}
    for base in counts:
        said = [name for part in base.split("/") if (name := splits.canonical(part))]
        of[base] = said[-1] if said else None
    if split is not None and split in of.values():
        # The same name under another split is another image.
        counts = Counter({base: count for base, count in counts.items() if of[base] in (split, None)})
    best = sorted(
        counts,
        key=lambda base: (base != folder, of[base] != split, -_common(base, folder), -counts[base], base),
    )
    return best or [folder]


def _common(one: str, other: str) -> int:
    """Folders that two paths have in common from the root on."""
    pairs = zip(one.split("/"), other.split("/"), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


__all__ = ["find", "folders"]
