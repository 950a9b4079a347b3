"""Stores of objects, through obstore: S3 and what speaks as it does, Google Cloud Storage, Azure, and WebDAV."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import obstore
from obstore.exceptions import BaseError, InvalidPathError
from obstore.store import from_url

from datalint.sources.stores.attempts import StoreError
from datalint.sources.stores.protocol import Listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_AT_ONCE = 16  # folders that are listed
_LEVELS = 4  # of folders that are entered one by one to find so many
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT", "AZURE_STORAGE_ENDPOINT", "GOOGLE_BASE_URL")
_CONNECTING = 5.0  # seconds

_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>(\w{1,60})</Code>")
_METADATA = re.compile(r"169\.254\.169\.254|metadata\.google|169\.254\.170\.2|/identity/oauth2")
_WITHOUT = (
    "there are no credentials for the store in the environment (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
    "GOOGLE_APPLICATION_CREDENTIALS, AZURE_STORAGE_ACCOUNT_KEY; AWS_SKIP_SIGNATURE=true reads a public bucket)"
)


class ObjectStore:
    """A `Client`."""

    def __init__(self, url: str, seconds: float) -> None:
        self._url, self._seconds = url, seconds
        self._store = self._of(url, 0)

    def _of(self, url: str, retries: int) -> Any:
        plain = url.startswith("http://") or any(os.environ.get(name, "").startswith("http://") for name in _ENDPOINTS)
        client: Any = {
            "timeout": f"{int(1000 * self._seconds)}ms",
            "connect_timeout": f"{int(1000 * min(_CONNECTING, self._seconds))}ms",
            "allow_http": plain,
        }
        try:
            return from_url(url, client_options=client, retry_config={"max_retries": retries})
        except (BaseError, ValueError) as error:
            if "Missing" in str(error):
                raise StoreError(_WITHOUT, again=False) from None
            raise StoreError(f"not a URL of a store: {_first_line(error)}", again=False) from None

    def listed(self) -> Iterator[Listed]:
        """See `Client`. Folders are listed at once, as one listing gives a thousand objects at a time."""
        store = self._of(self._url, 4)
        try:
            yield from self._listed(store)
        except (BaseError, OSError) as error:
            raise self._error(error) from None

    def _listed(self, store: Any) -> Iterator[Listed]:
        folders: list[str | None] = [None]
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            for _ in range(_LEVELS):
                found = list(threads.map(lambda folder: obstore.list_with_delimiter(store, folder), folders))
                folders = [folder for one in found for folder in one["common_prefixes"]]
                for one in found:
                    yield from map(_listed, one["objects"])
                if not folders or len(folders) >= _AT_ONCE:
                    break

            def below(folder: str | None) -> list[Listed]:
                return [_listed(entry) for part in obstore.list(store, folder) for entry in part]

            for some in threads.map(below, folders):
                yield from some

    def one(self) -> Listed | None:
        """See `Client`."""
        above, _, name = self._url.rpartition("/")
        if above.endswith("/"):  # it is the store itself
            return None
        try:
            return _listed(obstore.head(self._of(above, 4), name))
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise self._error(error) from None

    def get(self, key: str, start: int, stop: int | None) -> bytes:
        """See `Client`."""
        try:
            if start == 0 and stop is None:
                return bytes(obstore.get(self._store, key).bytes())
            if stop is None:
                return bytes(obstore.get(self._store, key, options={"range": {"offset": start}}).bytes())
            return bytes(obstore.get_range(self._store, key, start=start, end=stop))
        except (BaseError, OSError) as error:
            raise self._error(error) from None

    def _error(self, error: Exception) -> StoreError:
        """What an exception of obstore means. It says so in a text alone, with the whole of its source at its end."""
        text = str(error)
        if isinstance(error, InvalidPathError):
            return StoreError(f"an object has a name that cannot be a path: {_first_line(error)}", again=False)
        if _METADATA.search(text):  # the machine itself was asked for credentials
            return StoreError(_WITHOUT, again=False)
        found = _STATUS.search(text)
        if found is not None:
            status, code = int(found[1]), _CODE.search(text)
            said = f"{status} {code[1]}" if code and status < 500 else f"{status}"
            if status in (401, 403):
                return StoreError(f"the store refused access ({said})", alive=True)
            return StoreError(f"the store answered {said}", busy=status in (429, 503), alive=status < 500)
        if "TimedOut" in text or "Timeout" in text:
            return StoreError(f"the store did not answer within {self._seconds:g} seconds")
        if "error sending request" in text or "ConnectError" in text:
            return StoreError("there was no connection to the store")
        if "body error" in text:
            return StoreError("the connection broke while the store was sending")
        return StoreError(_first_line(error))


def _listed(entry: Mapping[str, Any]) -> Listed:
    etag = entry["e_tag"]
    nanoseconds = int(entry["last_modified"].timestamp() * 1_000_000) * 1000
    return Listed(entry["path"], entry["size"], nanoseconds, etag and etag.strip('"'))


def _first_line(error: Exception) -> str:
    line = next(iter(str(error).splitlines()), "") or type(error).__name__
    return line if len(line) <= 200 else line[:200] + "…"


__all__ = ["ObjectStore"]
