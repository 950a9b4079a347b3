"""Which file an export means: it names images by where Label Studio had them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from datalint.dataset.files.image_names import LONGEST, Found

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from datalint.dataset.formats.label_format import Labels

#: What the field with the image is mostly called, the likeliest first.
_KEYS = ("image", "img", "image_url", "url", "photo", "picture", "file_upload")
_IMAGE = re.compile(r"\.(?:jpe?g|png|bmp|tiff?|webp|gif|jfif|ppm|heic|avif)(?:[?#].*)?$", re.IGNORECASE | re.DOTALL)
_VIDEO = re.compile(r"\.(?:mp4|avi|mov|mkv|webm|m4v)(?:[?#].*)?$", re.IGNORECASE | re.DOTALL)
#: What uploads are given in front of their own name.
_PREFIX = re.compile(r"[0-9a-f]{8}-(?=.)")


def field(data: Mapping[str, Any]) -> str | None:
    """The key of the image among the data of a task; None if there is none."""
    named = [key for key in _KEYS if isinstance(data.get(key), str) and data[key].strip()]
    looks = [key for key, value in data.items() if isinstance(value, str) and _IMAGE.search(value)]
    return next(iter([key for key in named if key in looks] or looks or named), None)


def is_video(data: Mapping[str, Any]) -> bool:
    """Whether a task is about a video."""
    return any(isinstance(value, str) and _VIDEO.search(value) for value in data.values())


def find(said: str, folders: Sequence[str], out: Labels) -> Found:
    """The image that `said` means; as it is, or without what was put in front of its name at the upload."""
    if len(said) > LONGEST:
        return Found(None, None, f"a name of {len(said):,} characters")
    found = [out.find(name, folders) for name in _names(said)]
    return next((one for one in found if one.row is not None), found[-1] if found else Found(None, None))


def _names(said: str) -> Iterator[str]:
    """What `said` may mean, the likeliest first; the last one stands for an image that is not there."""
    path = _path(said.strip().replace("\\", "/")).strip("/")
    last = path.rpartition("/")[2]
    if not last or said.startswith("data:"):
        return
    yield path
    if _PREFIX.match(last):
        yield path.removesuffix(last) + _PREFIX.sub("", last, count=1)
    yield last if ".." in path.split("/") else path.removeprefix("data/")


def _path(said: str) -> str:
    """The path in a URL of Label Studio, of a storage or of a server; else what is said."""
    if not ("://" in said or said.startswith("/data/") or "?d=" in said):
        return re.sub(r"^[A-Za-z]:", "", said)
    try:
        parts = urlsplit(said)
    except ValueError:
        return said
    local = parse_qs(parts.query).get("d")
    return local[0].replace("\\", "/") if local else unquote(parts.path)
