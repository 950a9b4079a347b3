"""The column of a label table that names images: which one it is, and how its cells name files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from datalint.dataset.containers import columns
from datalint.dataset.containers.records import LONGEST_NAME, NotUsableError, Place, Problem, quoted
from datalint.dataset.files import matching

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from datalint.config.settings import Config
    from datalint.dataset.files.matching import Known

#: A column of doubtful name is a path column if this share of its cells names files.
_ENOUGH = 0.5


class ImageColumn(NamedTuple):
    """The column that names images."""

    name: str
    how: matching.Naming
    is_clear: bool
    """Whether there is no doubt about its meaning, even if no file is there."""


def choose(frame: pl.DataFrame, folder: str, known: Known, config: Config) -> ImageColumn:
    """The column of `frame` that names images among the `known` files.

    Raises NotUsableError with the reason where there is none.
    """
    if config.path_column is not None:
        if config.path_column not in frame.columns:
            raise NotUsableError(f"it has no column {quoted(config.path_column)}")
        return ImageColumn(config.path_column, naming(frame[config.path_column], folder, known, config), True)
    named = columns.ranked(frame.columns, columns.PATH)
    others = [name for name in frame.columns if name not in named and look_like_files(frame[name], config)]
    best: tuple[float, str, matching.Naming] | None = None
    for name in (*named, *others):
        how = naming(frame[name], folder, known, config)
        if best is None or how.share > best[0]:
            best = (how.share, name, how)
        if how.share == 1:
            break
    if best is None:
        raise NotUsableError(f"no column of paths among {listed(frame.columns)}")
    share, name, how = best
    is_file = look_like_files(frame[name], config)
    clear = columns.plain(name) in columns.CLEAR_PATH or is_file
    if share < _ENOUGH and not is_file and not (clear and share > 0):
        raise NotUsableError(f"the cells of {quoted(name)} do not name images of this dataset")
    return ImageColumn(name, how, clear)


def naming(cells: pl.Series, folder: str, known: Known, config: Config) -> matching.Naming:
    """How the cells of a table in `folder` name files, with their extension or without."""
    cells = matching.normalised(cells.drop_nulls())
    cells = cells.filter(~matching.is_absolute(cells) & ~cells.str.contains(r"^\.\./|://") & (cells != ""))
    step = max(1, len(cells) // matching.SAMPLE)
    sample: list[str] = cells.gather_every(step).head(matching.SAMPLE).to_list()
    full = matching.naming(sample, known, folder, extension=True)
    if full.share >= _ENOUGH or look_like_files(cells, config):
        return full
    bare = matching.naming(sample, known, folder, extension=False)
    return bare if bare.share > full.share else full


def look_like_files(cells: pl.Series, config: Config) -> bool:
    """Whether most cells end like an image's file name and are not web addresses."""
    cells = cells.drop_nulls().head(matching.SAMPLE).str.strip_chars().str.to_lowercase()
    if cells.is_empty():
        return False
    endings = "|".join(re.escape(extension) for extension in config.image_extensions)
    ends = cells.str.contains(rf"\.(?:{endings})$") & ~cells.str.contains("://")
    return bool(ends.sum() >= _ENOUGH * len(cells))


def odd_cells(given: pl.DataFrame, file: str) -> list[Problem]:
    """Spaces around the paths in `given` (given, line, pointer), and backslashes in them: one problem each, at the
    first such line."""
    stripped = given["given"].str.strip_chars() != given["given"]
    backslashed = given["given"].str.contains("\\", literal=True)
    problems = []
    for is_odd, what, expected in (
        (stripped, "outer spaces", "paths without outer spaces"),
        (backslashed, "backslashes", "`/` between the parts of a path"),
    ):
        odd = given.filter(is_odd)
        if odd.height:
            reason = (
                f"{what} in {odd.height:,} of {given.height:,} paths, {quoted(odd['given'][0], LONGEST_NAME)} first"
            )
            place = Place(file, odd["line"][0], None, odd["pointer"][0])
            problems.append(Problem("encoding", place, reason, expected))
    return problems


def listed(names: Sequence[str]) -> str:
    """The first names, for a message."""
    return ", ".join(quoted(name) for name in names[:8])


__all__ = ["ImageColumn", "choose", "listed", "look_like_files", "naming", "odd_cells"]
