"""What images hold, as a hash: by that findings know them."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datalint.dataset import Dataset


class Contents:
    """Content hashes by path; files that no stage has hashed are hashed when a finding asks.

    Not those in a store, which the scan read heads of alone: they are known by their ETag.
    """

    def __init__(self, data: Dataset) -> None:
        images = data.table("images")
        self._data = data
        self._paths = images["path"]
        hashes = images["sha256"].to_list() if "sha256" in images.columns else [None] * images.height
        self._known: dict[str, str | None] = dict(zip(self._paths.to_list(), hashes, strict=True))

    def of(self, *paths: str | None) -> list[str]:
        """The hashes of several images."""
        return [self.one(path) for path in paths if path is not None]

    def one(self, path: str) -> str:
        """The SHA-256 of an image; for what cannot be read its path, which is all that identifies it.

        Of what was not read whole the ETag.
        """
        return self._known.get(path) or self._hashed(path)

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {path: row for row, path in enumerate(self._paths)}

    def _hashed(self, path: str) -> str:
        found = f"path:{path}"
        if (row := self._rows.get(path)) is not None:
            images = self._data.table("images")
            item = self._data.item(images["os_path"][row])
            if item.far:  # it was not read whole, and is not for this
                found = f"etag:{images['etag'][row]}" if images["etag"][row] else found
            else:
                with suppress(OSError), item.open() as file:
                    found = hashlib.file_digest(file, "sha256").hexdigest()
            self._known[path] = found
        return found
