"""What the names of archives and tables say: `train-00012-of-00100.tar` is a part of `train`, as a folder would be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

_ENDING = re.compile(r"(?i)(?:\.tar)?\.[a-z0-9]+$")
_NUMBER = re.compile(
    r"(?i)^\d+$|(?:^|[-_. ]|(?<=[a-z]))(?:(?:shard|part|chunk)[-_. ]?)?(?:\d+[-_. ]of[-_. ]\d+|\d{2,})$"
)


def plain(name: str) -> str:
    """The name of a file without its extension, and without the number of one that is a part of a series."""
    return _NUMBER.sub("", _ENDING.sub("", name))


def names(paths: Collection[str]) -> dict[str, str]:
    """Path of an archive -> its plain name; one among others of the same name says nothing that tells them apart."""
    return {path: plain(path.rpartition("/")[2]) for path in paths}
