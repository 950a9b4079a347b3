"""How a cache folder is recognised (bford.info/cachedir): by a tag file, which backup programs also look for."""

from __future__ import annotations

import os

TAG = "CACHEDIR.TAG"
SIGNATURE = b"Signature: 8a477f597d28d172789f06886806bc55\n# A cache of datalint. `datalint clean` removes it.\n"


def is_cache(folder: str | bytes | os.PathLike[str]) -> bool:
    """Whether datalint made this folder to be a cache."""
    try:
        with open(os.path.join(os.fsencode(folder), TAG.encode()), "rb") as file:  # noqa: PTH118, PTH123 - bytes
            return file.read(len(SIGNATURE) + 1) == SIGNATURE
    except OSError:
        return False
