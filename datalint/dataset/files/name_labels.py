"""Classes in the names of files, as in `cat.0001.jpg`: read where the config says how, else offered."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import polars as pl

from datalint.config.settings import ConfigError
from datalint.dataset.containers.records import quoted

#: Words, and after them a number and the extension.
_PATTERN = r"^([A-Za-z]+(?:[ _-][A-Za-z]+)*)[ ._-]?\(?[0-9]+\)?\.[^.]+$"
#: Words that cameras and programs begin names with, and names of splits.
_GENERIC = frozenset(
    {
        "img",
        "image",
        "images",
        "dsc",
        "dscn",
        "dscf",
        "pxl",
        "frame",
        "photo",
        "pic",
        "picture",
        "scan",
        "screenshot",
        "page",
        "file",
        "sample",
        "video",
        "vid",
        "clip",
        "train",
        "training",
        "val",
        "valid",
        "validation",
        "test",
    }
)
_FEWEST, _MOST_CLASSES, _FEWEST_OF_A_CLASS, _MATCHING = 20, 200, 5, 0.95
_NAMED = 4


def read(names: pl.Series, pattern: str) -> pl.Series:
    """The class in each name, null where `pattern` does not match; raises ConfigError if it cannot be used.

    Matching takes linear time whatever the pattern is, which may come with the dataset.
    """
    try:
        groups = re.compile(pattern).groups
        if groups:
            return names.str.extract(pattern, 1)
        reason = "it has no group, as in '^([a-z]+)'"
    except re.error as error:
        reason = str(error)
    except pl.exceptions.ComputeError:
        reason = "it asks for what is not matched in linear time"
    raise ConfigError(f"label-pattern {quoted(pattern)} cannot be used: {reason}")


def offer(names: pl.Series) -> str | None:
    """A sentence that says which classes the names seem to hold, and the setting that uses them."""
    classes = names.str.extract(_PATTERN, 1)
    counts = Counter(classes.drop_nulls().to_list())
    if len(names) < _FEWEST or counts.total() < _MATCHING * len(names):
        return None
    if not 2 <= len(counts) <= _MOST_CLASSES or np.median([*counts.values()]) < _FEWEST_OF_A_CLASS:
        return None
    found = sorted(counts.items())
    if any(name.lower() in _GENERIC for name, _ in found):
        return None
    some = ", ".join(f"{name} {count:,}" for name, count in found[:_NAMED]) + (", ..." if len(found) > _NAMED else "")
    return (
        f"The names of the images seem to hold {len(found)} classes ({some}): label-pattern = '{_PATTERN}' uses them."
    )


__all__ = ["offer", "read"]
