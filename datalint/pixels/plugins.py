"""Decoders that are used where they are installed, and imported when a file asks for one: the extras of datalint."""

from __future__ import annotations

import logging
from functools import lru_cache
from importlib import import_module, metadata
from typing import IO, TYPE_CHECKING, NamedTuple

from PIL import UnidentifiedImageError

from datalint.pixels import jxl

if TYPE_CHECKING:
    from collections.abc import Callable


class _Plugin(NamedTuple):
    """An extra of datalint."""

    extra: str
    packages: tuple[str, ...]
    """As they are imported."""
    distributions: tuple[str, ...]
    """As they are installed."""


#: By the format, as Pillow or its plugin names it.
_PLUGINS = {
    "HEIF": _Plugin("heif", ("pillow_heif",), ("pillow-heif",)),
    "JXL": _Plugin("jxl", ("pillow_jxl",), ("pillow-jxl-plugin",)),
    # without imagecodecs tifffile neither unpacks LZW nor bounds what it unpacks
    "TIFF": _Plugin("tiff", ("tifffile", "imagecodecs"), ("tifffile", "imagecodecs")),
}


OF_PILLOW = frozenset({"HEIF", "JXL"})
"""The formats of plugins that make themselves known to Pillow."""


def extra(format: str | None) -> str | None:
    """The extra that reads a format, if there is one."""
    plugin = _PLUGINS.get(format or "")
    return plugin.extra if plugin else None


@lru_cache(maxsize=16)
def ready(format: str) -> bool:
    """Whether the plugin for a format is there; it is imported and made known to Pillow."""
    plugin = _PLUGINS.get(format)
    if plugin is None:
        return False
    try:
        modules = [import_module(name) for name in plugin.packages]
    except Exception:  # it is not installed, or does not fit this machine
        return False
    if format == "HEIF":
        # thumbnails: what is measured is the picture itself; threads: there is a worker for each core
        modules[0].register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)
    elif format == "JXL":
        setattr(import_module("pillow_jxl.JpegXLImagePlugin"), "DECODE_THREADS", 0)  # noqa: B010 - of a module
    else:
        logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    return True


def look(source: IO[bytes], format: str, check: Callable[[int, int], None]) -> None:
    """Have the size of a picture checked whose decoder decodes before anyone else can look at it."""
    if format == "JXL":
        size = jxl.size(source)
        if size is None:
            raise UnidentifiedImageError
        check(*size)


def versions() -> tuple[str, ...]:
    """What is installed, with versions: other decoders make other facts."""
    found = []
    for plugin in _PLUGINS.values():
        for name in plugin.distributions:
            try:
                found.append(f"{name} {metadata.version(name)}")
            except metadata.PackageNotFoundError:
                continue
    return tuple(found)
