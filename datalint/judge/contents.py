"""What images hold, as a hash: by that findings know them."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from datalint.judge.paths import Paths

if TYPE_CHECKING:
    from datalint.dataset import Dataset


class Contents:
    """Content hashes by path; files that no stage has hashed are hashed when a finding asks."""

    def __init__(self, data: Dataset) -> None:
        images = data.table("images")
        absent = pl.repeat(None, images.height, dtype=pl.String, eager=True)
        self._data = data
        self._hashes = images["sha256"] if "sha256" in images.columns else absent
        self._made: dict[str, str] = {}

    def of(self, paths: pl.Series) -> list[str]:
        """The SHA-256 of each image; for what cannot be read its path, which is all that identifies it."""
        rows = self._data.once(Paths).rows(paths)
        hashes = self._hashes.gather(np.maximum(rows, 0)).to_list() if len(self._hashes) else [None] * len(paths)
        known = (hash_ if row >= 0 else None for row, hash_ in zip(rows.tolist(), hashes, strict=True))
        return [
            found or self._hashed(path, row)
            for path, row, found in zip(paths.to_list(), rows.tolist(), known, strict=True)
        ]

    def one(self, path: str) -> str:
        """The same of one image."""
        return self.of(pl.Series([path]))[0]

    def _hashed(self, path: str, row: int) -> str:
        if row < 0:
            return f"path:{path}"
        if path not in self._made:
            self._made[path] = self._hash(path, row)
        return self._made[path]

    def _hash(self, path: str, row: int) -> str:
        images = self._data.table("images")
        item = self._data.item(images["os_path"][row])
        if item.far:  # it was not read whole, and is not for this
            os_path = images["os_path"][row]
            inside = os_path[len(self._data.file_of(os_path)) :].decode("utf-8", "backslashreplace")
            return f"etag:{images['etag'][row]}{inside}" if images["etag"][row] else f"path:{path}"
        with suppress(OSError), item.open() as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
        return f"path:{path}"
