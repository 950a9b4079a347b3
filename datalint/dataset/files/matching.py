"""Which file a label means: its cells against the files that are there."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from datalint.dataset.files.alike import FEW, Alike

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Cells looked at to find out how a column names its files.
SAMPLE = 2000
#: A folder counts as a base of the cells if it explains this share of them.
_BASE_SHARE = 0.05
#: Files that one cell may mean, as far as they are looked at; its own folder's is always among them.
_MOST_BASES = 256
_ABSOLUTE = re.compile(r"/|[A-Za-z]:[/\\]|\\\\|~/|file:")


@dataclass(frozen=True)
class Naming:
    """How the cells of a column name files."""

    bases: tuple[str, ...]
    """Folders that the cells start from, best first; '' is the root."""
    anywhere: bool
    """Whether the cells are names that occur once, wherever the file lies."""
    extension: bool
    """Whether the cells have the file's extension."""
    share: float
    """Share of the sampled cells that name a file."""

    @property
    def words(self) -> str:
        """The naming in words."""
        how = "names without their extension" if not self.extension else "paths"
        if not self.share:
            return "not one of those looked at"
        if self.anywhere:
            return f"{how}, each found once in the folders"
        listed = ", ".join(base or "the root" for base in self.bases[:3])
        return f"{how} from {listed}"


def normalised(cells: pl.Series) -> pl.Series:
    """Cells as paths: outer spaces dropped, `/` between parts, no leading `./`."""
    frame = cells.to_frame("cell").select(
        pl.col("cell").str.strip_chars().str.replace_all("\\", "/", literal=True).str.replace(r"^(\./+)+", "")
    )
    cells = frame["cell"]
    odd = cells.drop_nulls().filter(cells.drop_nulls().str.contains(r"//|/\.\.?(/|$)")).unique()
    if odd.is_empty():
        return cells
    return cells.replace({cell: posixpath.normpath(cell) for cell in odd.to_list()})


def is_absolute(cells: pl.Series) -> pl.Series:
    """Whether each cell starts at a machine's root instead of the dataset's."""
    return cells.fill_null("").str.contains(rf"^(?:{_ABSOLUTE.pattern})")


def inside(cell: str, folder: str) -> str | None:
    """`cell`, which climbs with `..`, from `folder` on relative to the root; None if it leaves the root."""
    path = posixpath.normpath(posixpath.join(folder, cell))
    return None if path.startswith("../") or path == ".." else path


class Known:
    """The files that cells may name; what is looked up in them is kept for the next table."""

    def __init__(self, files: pl.DataFrame) -> None:
        self.files = files
        """file_row, path, folder, name, stem and candidate"""
        self._alike: dict[tuple[str, bool], Alike] = {}

    @cached_property
    def _candidates(self) -> pl.DataFrame:
        return self.files.filter("candidate")

    def alike(self, names: Iterable[str], extension: bool) -> dict[str, Alike]:
        """The files of each of these names that there are; without `extension`, candidates by their stems."""
        wanted = set(names)
        found = {name: self._alike[name, extension] for name in wanted if (name, extension) in self._alike}
        new = sorted(wanted - found.keys())
        if new:
            key = "name" if extension else "stem"
            files = self.files if extension else self._candidates
            paths: dict[str, dict[int, str]] = {name: {} for name in new}
            rows = files.filter(pl.col(key).is_in(new)).select(pl.col(key).alias("key"), "file_row", "path", "name")
            for name, row, path, full in rows.iter_rows():
                paths[name][row] = path if extension else path[: len(path) - len(full) + len(name)]
            for name, some in paths.items():
                found[name] = Alike(some)
                if len(some) > FEW:
                    self._alike[name, extension] = found[name]
        return found

    @cached_property
    def paths(self) -> pl.DataFrame:
        """file_row and there, the path."""
        return self.files.select("file_row", pl.col("path").alias("there"))

    @cached_property
    def names_in_lower_case(self) -> pl.Series:
        """Names of all files, whatever their case."""
        return self.files["name"].str.to_lowercase().unique()

    def astray(self, cells: pl.Series, found: pl.Series) -> pl.Series:
        """Whether each cell was not found, and a file of its name is there if the case of letters does not count."""
        last = cells.to_frame("cell").select(pl.col("cell").str.replace(r"(?s)^.*/", "").str.to_lowercase())["cell"]
        return (found.is_null() & last.is_in(self.names_in_lower_case.implode())).fill_null(value=False)

    @cached_property
    def by_path(self) -> pl.DataFrame:
        """file_row and key, the path."""
        return self.files.select("file_row", pl.col("path").alias("key")).unique("key", keep="first")

    @cached_property
    def by_bare_path(self) -> pl.DataFrame:
        """file_row and key, the path without its extension."""
        folder = pl.when(pl.col("folder") == "").then(pl.lit("")).otherwise(pl.col("folder") + "/")
        key = pl.concat_str(folder, "stem").alias("key")
        return self._candidates.select("file_row", key).unique("key", keep="first", maintain_order=True)


def naming(cells: Sequence[str], known: Known, folder: str, extension: bool) -> Naming:
    """How `cells` (normalised, relative) name files; `folder` is the label file's own.

    The bases are read off the files: where a path ends in a cell, what comes before it is a base.
    """
    alike = known.alike((cell.rpartition("/")[2] for cell in cells), extension)
    found: Counter[str] = Counter()
    of_cell: list[set[str]] = []
    for cell in cells:
        some = alike[cell.rpartition("/")[2]]
        bases = {path[: len(path) - len(cell)].rstrip("/") for path in some.ending(cell, _MOST_BASES)}
        if some.row(f"{folder}/{cell}" if folder else cell) is not None:
            bases.add(folder)
        of_cell.append(bases)
        found.update(bases)
    total = max(len(cells), 1)
    left, chosen = [bases for bases in of_cell if bases], list[str]()
    while left:
        counts = Counter(base for bases in left for base in bases)
        best = min(counts, key=lambda base: (-counts[base], *_distance(base, folder)))
        if counts[best] < _BASE_SHARE * total and chosen:
            break
        chosen.append(best)
        left = [bases for bases in left if best not in bases]
    explained = sum(bool(bases & set(chosen)) for bases in of_cell) / total
    once = sum(len(bases) == 1 for bases in of_cell) / total
    anywhere = once > explained
    return Naming(tuple(chosen), anywhere, extension, once if anywhere else explained)


def _distance(base: str, folder: str) -> tuple[object, ...]:
    """How near a base is to the label file's folder: the folder itself, what lies in it, the root, its neighbours."""
    shared = 0
    for one, other in zip(base.split("/"), folder.split("/"), strict=False):
        if one != other:
            break
        shared += 1
    return base != folder, not base.startswith(f"{folder}/"), base != "", -shared, len(base), base


def locate(cells: pl.Series, known: Known, how: Naming) -> pl.Series:
    """The `file_row` that each cell names; null where no such file is there."""
    keys = known.by_path if how.extension else known.by_bare_path
    asked = pl.DataFrame({"cell": cells})
    if how.anywhere:
        last = pl.col("key").str.replace(r"(?s)^.*/", "")
        once = keys.with_columns(last.alias("last")).unique("last", keep="none")
        joined = asked.with_columns(pl.col("cell").str.replace(r"(?s)^.*/", "").alias("last")).join(
            once, on="last", how="left", maintain_order="left"
        )
        ends = (pl.col("key") == pl.col("cell")) | pl.col("key").str.ends_with(pl.concat_str(pl.lit("/"), "cell"))
        return joined.select(pl.when(ends).then("file_row").alias("file_row"))["file_row"]
    result = pl.Series("file_row", [None] * len(cells), pl.UInt32)
    for base in how.bases or ("",):
        prefix = f"{base}/" if base else ""
        here = asked.select((pl.lit(prefix) + pl.col("cell")).alias("key")).join(
            keys.select("key", "file_row"), on="key", how="left", maintain_order="left"
        )["file_row"]
        result = result.fill_null(here) if result.null_count() < len(result) else here
    return result
