"""Who asks a store: obstore for the stores that it has, and fsspec for all others. One client of a store a process."""

from __future__ import annotations

import os
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from datalint.sources.stores.attempts import StoreError

if TYPE_CHECKING:
    from datalint.sources.stores.protocol import Client

#: Scheme -> the extra of datalint that reads it with obstore.
_BY_OBSTORE = {
    "s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs", "az": "azure", "azure": "azure", "adl": "azure",
    "abfs": "azure", "abfss": "azure", "http": "s3", "https": "s3",
}  # fmt: skip
#: The same with fsspec, and the module that it needs.
_BY_FSSPEC = {"hf": ("hf", "huggingface_hub")}


_SETTINGS = ("AWS_", "AZURE_", "GOOGLE_", "HF_")
"""Beginnings of names in the environment that say how a store is reached, and by whom."""


def client_of(url: str, seconds: float) -> Client:
    """The client of this process for a URL, whose requests take at most so many seconds each.

    Raises StoreError, with the command that helps where what reads the store is not installed.
    """
    return _client(url, seconds, tuple(item for item in os.environ.items() if item[0].startswith(_SETTINGS)))


@lru_cache(maxsize=8)
def _client(url: str, seconds: float, _settings: tuple[tuple[str, str], ...]) -> Client:
    scheme = url.partition("::")[0] if "::" in url else urlsplit(url).scheme.lower()
    if ":" in urlsplit(url.rpartition("::")[2]).netloc.rpartition("@")[0]:
        raise StoreError("a URL with a password is not read: set it in the environment", again=False)
    if (extra := _BY_OBSTORE.get(scheme)) is not None:
        _require("obstore", extra)
        from datalint.sources.stores.by_obstore import ObjectStore

        return ObjectStore(url, seconds)
    if scheme in _BY_FSSPEC:
        extra, module = _BY_FSSPEC[scheme]
        _require(module, extra)
    _require("fsspec", "hf")
    from datalint.sources.stores.by_fsspec import FileSystem

    return FileSystem(url, seconds)


def _require(module: str, extra: str) -> None:
    if find_spec(module) is None:
        raise StoreError(
            f'{module} is not installed, which reads it: pip install "datalint-vision[{extra}]"', again=False
        )
    import_module(module)


__all__ = ["client_of"]
