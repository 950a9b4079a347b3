"""How a cache folder is recognised (bford.info/cachedir): by a tag file, which backup programs also look for."""

from __future__ import annotations

import os

from datalint.sources import Folder

TAG = "CACHEDIR.TAG"
SIGNATURE = b"Signature: 8a477f597d28d172789f06886806bc55\n# A cache of datalint. `datalint clean` removes it.\n"


def is_cache(folder: str | bytes | os.PathLike[str]) -> bool:
    """Whether datalint made this folder to be a cache."""
    tag = Folder(os.fsencode(folder)).item(TAG.encode(), follow=False)
    try:
        return tag.read(len(SIGNATURE) + 1) == SIGNATURE
    except OSError:
        return False
