"""All other stores, through fsspec: the Hugging Face hub, SFTP, GitHub, and whatever else it has."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from datalint.sources.stores.attempts import StoreError
from datalint.sources.stores.protocol import Listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Where file systems have what changes with the content, and the time of the last change.
_ETAGS = ("ETag", "etag", "sha256", "blob_id", "sha", "md5Hash", "content_md5", "checksum")
_TIMES = ("LastModified", "last_modified", "mtime", "updated", "modified", "created")


class FileSystem:
    """A `Client`."""

    def __init__(self, url: str, seconds: float) -> None:
        from fsspec.core import url_to_fs

        self._seconds = seconds
        try:
            self._system, root = url_to_fs(url, skip_instance_cache=True, use_listings_cache=False)
        except ImportError as error:
            raise StoreError(f"what reads it is not installed: {_words(error)}", again=False) from None
        except Exception as error:  # file systems raise whatever their authors thought of
            raise StoreError(f"not a URL of a store: {_words(error)}", again=False) from None
        self._root = str(root).rstrip("/")

    def listed(self) -> Iterator[Listed]:
        """See `Client`."""
        try:
            found = self._system.find(self._root, detail=True)
        except FileNotFoundError:
            return
        except Exception as error:  # as above
            raise self._error(error) from None
        start = self._root.strip("/") + "/"
        for place, entry in found.items():
            path = place.lstrip("/")
            if path.startswith(start) and entry.get("type", "file") == "file":
                yield _listed(path[len(start) :], entry)

    def one(self) -> Listed | None:
        """See `Client`."""
        try:
            entry = self._system.info(self._root)
        except FileNotFoundError:
            return None
        except Exception as error:  # as above
            raise self._error(error) from None
        return _listed(self._root.rpartition("/")[2], entry) if entry.get("type") == "file" else None

    def get(self, key: str, start: int, stop: int | None) -> bytes:
        """See `Client`."""
        try:
            data: bytes = self._system.cat_file(f"{self._root}/{key}", start=start or None, end=stop)
        except Exception as error:  # as above
            raise self._error(error) from None
        return data

    def _error(self, error: Exception) -> StoreError:
        status = getattr(error, "status", None) or getattr(getattr(error, "response", None), "status_code", None)
        if isinstance(status, int):
            words = f"the store refused access ({status})" if status in (401, 403) else f"the store answered {status}"
            return StoreError(words, busy=status in (429, 503), alive=status < 500)
        if isinstance(error, FileNotFoundError):
            return StoreError("the store has no such object any more", alive=True)
        if isinstance(error, PermissionError):
            return StoreError(f"the store refused access ({_words(error)})", alive=True)
        if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
            return StoreError("the store did not answer in time")
        if isinstance(error, ConnectionError) or "Connect" in type(error).__name__:
            return StoreError("there was no connection to the store")
        return StoreError(f"the store could not be read: {_words(error)}")


def _listed(key: str, entry: Mapping[str, Any]) -> Listed:
    lfs = entry.get("lfs") or {}
    etag = (lfs.get("sha256") if hasattr(lfs, "get") else None) or _first(entry, _ETAGS)
    return Listed(key, int(entry.get("size") or 0), _nanoseconds(_first(entry, _TIMES)), etag and str(etag).strip('"'))


def _first(entry: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((entry[name] for name in names if entry.get(name) is not None), None)


def _nanoseconds(time: Any) -> int | None:
    if isinstance(time, str):
        try:
            time = datetime.datetime.fromisoformat(time)
        except ValueError:
            return None
    seconds = time.timestamp() if isinstance(time, datetime.datetime) else time
    return int(seconds * 1e6) * 1000 if isinstance(seconds, int | float) else None


def _words(error: BaseException) -> str:
    line = next(iter(str(error).splitlines()), "") or type(error).__name__
    return line if len(line) <= 200 else line[:200] + "…"


__all__ = ["FileSystem"]
