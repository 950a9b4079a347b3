"""The user's own embeddings, as features for the probe."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from datalint.config.settings import ConfigError
from datalint.dataset.containers import columns
from datalint.dataset.containers.parquet import guarded
from datalint.dataset.containers.records import NotRecordsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

LACKING = "without a row in the embeddings"
_ROWS = 10_000


class Embeddings:
    """Vectors `values` (m, d) of a file's rows, and `row` (images,), the row of each image, -1 where it has none."""

    name = "embeddings"
    views = ("as given",)

    def __init__(self, values: NDArray[Any], row: NDArray[np.int64], file: Path) -> None:
        self._values, self._row, self._name = values, row, file.name
        with file.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256")
        digest.update(row.tobytes())
        self.digest = digest.hexdigest()
        """Of the file's content, and of the images that its rows belong to."""

    def lacking(self) -> NDArray[np.int64]:
        """Numbers of the images that have none."""
        return np.flatnonzero(self._row < 0)

    def extract(
        self, items: NDArray[np.int64], view: str, advance: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """(len(items), d) float32: the vectors of the images numbered `items`, of which none may lack one."""
        out = np.empty((len(items), self._values.shape[1]), np.float32)
        for start in range(0, len(items), _ROWS):
            part = slice(start, min(start + _ROWS, len(items)))
            out[part] = self._values[self._row[items[part]]]
            if advance:
                advance(part.stop)
        return out

    def describe(self, count: int, view: str) -> str:
        """The features of `count` pictures in words, with how many rows of the file were of no use."""
        unused = len(self._values) - int(np.sum(self._row >= 0))
        strangers = f" ({unused:,} rows of the file belong to no image)" if unused else ""
        return f"{self._values.shape[1]:,} numbers for each of {count:,} pictures, from {self._name}{strangers}"


def read(file: Path, paths: pl.Series) -> Embeddings:
    """The embeddings in `file` of the images at `paths`, which are in ascending order.

    .npy: (images, d) floats, one row per image, in the order of `paths`. .parquet: rows matched by a column of paths,
    with one column of lists or arrays of floats, or several columns of floats. Raises ConfigError with what is wrong.
    """
    readers = {".npy": _npy, ".parquet": _parquet}
    if file.suffix.lower() not in readers:
        raise ConfigError(f"{file}: embeddings are read from .npy and .parquet files")
    try:
        values, row = readers[file.suffix.lower()](file, paths)
        embeddings = Embeddings(values, row, file)
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror or error}") from None
    except _Unfit as error:
        raise ConfigError(f"{file}: {error}") from None
    return embeddings


class _Unfit(Exception):  # noqa: N818 - reported as a ConfigError
    """What is wrong with the content of a file."""


def _npy(file: Path, paths: pl.Series) -> tuple[NDArray[Any], NDArray[np.int64]]:
    try:
        values = np.load(file, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError):
        values = None
    if not isinstance(values, np.ndarray):
        raise _Unfit("is damaged, or not a .npy file of numbers")
    if values.ndim != 2 or not values.shape[1]:
        raise _Unfit(f"holds an array of shape {values.shape}, where (images, numbers) is needed")
    if len(values) != len(paths):
        raise _Unfit(
            f"has {len(values):,} rows, but the dataset has {len(paths):,} images: it needs one row per image, "
            "in the order of the sorted paths (a .parquet file with paths may have fewer)"
        )
    _refuse_odd(values)
    return values, np.arange(len(paths))


def _parquet(file: Path, paths: pl.Series) -> tuple[NDArray[Any], NDArray[np.int64]]:
    with file.open("rb"):  # what the system says of a missing file is clearer than what Polars says
        pass
    try:
        head = guarded(lambda: pl.read_parquet_schema(file))
        path, chosen = _path(head), _numbers(head)
        frame = guarded(lambda: pl.read_parquet(file, columns=[path, *chosen]))
    except NotRecordsError as error:
        raise _Unfit(str(error)) from None
    names = frame[path].str.replace_all("\\", "/", literal=True).str.strip_prefix("./")
    if names.null_count():
        raise _Unfit(f"has {names.null_count():,} rows without a {path}")
    if twice := names.filter(names.is_duplicated()).head(1).to_list():
        raise _Unfit(f"has several rows for {twice[0]!r}")
    values = _matrix(frame, chosen)
    _refuse_odd(values)
    rows = pl.DataFrame({"path": names, "row": np.arange(len(names))})
    row = (
        paths.to_frame("path").join(rows, on="path", how="left", maintain_order="left")["row"].fill_null(-1).to_numpy()
    )
    if not np.any(row >= 0):
        there = repr(names[0]) if len(names) else "no row"
        raise _Unfit(f"none of its paths is an image of the dataset: it has {there}, the dataset has {paths[0]!r}")
    return values, row.astype(np.int64)


def _path(head: Mapping[str, pl.DataType]) -> str:
    """The column of paths."""
    texts = [name for name, dtype in head.items() if dtype == pl.String]
    known = columns.first(texts, columns.PATH) or (texts[0] if len(texts) == 1 else None)
    if known is None:
        raise _Unfit(f"has no text column with a known name for paths; call it path (text columns: {_list(texts)})")
    return known


def _numbers(head: Mapping[str, pl.DataType]) -> list[str]:
    """The columns that make the vectors."""
    vectors = [name for name, dtype in head.items() if isinstance(dtype, pl.List | pl.Array) and _is_float(dtype.inner)]
    if len(vectors) > 1:
        vectors = [name for name in vectors if columns.plain(name) in ("embedding", "embeddings")]
        if len(vectors) != 1:
            raise _Unfit("has several columns of vectors; call the one to use embedding")
    single = vectors or [name for name, dtype in head.items() if dtype.is_float()]
    if not vectors and len(single) < 2:
        raise _Unfit(f"has neither a column of vectors nor several of floating-point numbers (columns: {_list(head)})")
    return single


def _is_float(dtype: Any) -> bool:
    return bool(dtype.is_float())


def _matrix(frame: pl.DataFrame, chosen: list[str]) -> NDArray[Any]:
    """(rows, d); what is null becomes NaN."""
    if len(chosen) > 1:
        return frame.select(pl.col(chosen).fill_null(float("nan"))).to_numpy()
    column = frame[chosen[0]]
    if isinstance(column.dtype, pl.List):
        lengths = column.list.len().unique().drop_nulls().sort()
        if column.null_count() or len(lengths) != 1 or not lengths[0]:
            found = ", ".join(map(str, lengths.head(3))) or "no"
            raise _Unfit(f"has vectors of {found} numbers, or none, in {chosen[0]}: all must have the same length")
        column = column.list.to_array(int(lengths[0]))
    if column.null_count() or not column.dtype.shape[0]:  # type: ignore[attr-defined]
        raise _Unfit(f"has rows without a vector in {chosen[0]}")
    width = column.dtype.shape[0]  # type: ignore[attr-defined]
    return column.explode().fill_null(float("nan")).to_numpy().reshape(len(frame), width)


def _refuse_odd(values: NDArray[Any]) -> None:
    if values.dtype.kind != "f":
        raise _Unfit(f"holds {values.dtype} values, where floating-point numbers are needed")
    with np.errstate(over="ignore"):
        for start in range(0, len(values), _ROWS):
            finite = np.isfinite(values[start : start + _ROWS].astype(np.float32)).all(1)
            if not finite.all():
                raise _Unfit(f"row {start + int(np.argmin(finite)):,} holds a NaN, an infinity or a number too large")


def _list(names: Any) -> str:
    names = list(names)
    return (", ".join(names[:8]) + (", ..." if len(names) > 8 else "")) or "none"
