"""Names of splits: what folders, lists and columns call train, val and test."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_WORDS = {
    **dict.fromkeys(("train", "training", "trn"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "validate", "dev"), "val"),
    **dict.fromkeys(("test", "testing", "tst", "eval", "evaluation"), "test"),
}
#: How the names of files end that hold others.
_CONTAINERS = ("tar", "zip", "tgz", "gz", "bz", "xz", "zst", "parquet", "arrow")
#: Words that say nothing about which split it is.
_FILLERS = frozenset(
    {"set", "data", "dataset", "image", "images", "img", "imgs", "folder", "split", "of", *_CONTAINERS}
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+|[^\W\d_a-zA-Z]+")


class SplitName(NamedTuple):
    """A name that says which split it is."""

    split: str
    """train, val or test."""
    rest: tuple[str, ...]
    """What else the name says, in lower case: ('stage1',) for `stage1_train`."""


def read(name: str) -> SplitName | None:
    """What `name` says about a split; None if it names no split, or two."""
    words = [word.lower() for word in _WORD.findall(name)]
    words = [part for word in words for part in _unglued(word)]
    found = {_WORDS[word] for word in words if word in _WORDS}
    if len(found) != 1:
        return None
    return SplitName(found.pop(), tuple(word for word in words if word not in _WORDS and word not in _FILLERS))


def _unglued(word: str) -> tuple[str, ...]:
    for filler in ("set", "data"):
        if word.endswith(filler) and word.removesuffix(filler) in _WORDS:
            return word.removesuffix(filler), filler
    return (word,)


def canonical(name: str) -> str | None:
    """train, val or test if `name` says that and nothing else (a year or number aside)."""
    found = read(name)
    if found is None or any(not word.isdigit() for word in found.rest):
        return None
    return found.split


def among(names: Collection[str]) -> Mapping[str, str]:
    """Which of some sibling names are splits, and which ones; empty if they are not splits.

    Siblings are splits if two different ones differ in nothing but the split's word (`stage1_train`, `stage1_test`),
    or if all of them name a split plainly; where several groups do (`train_HR`, `test_HR`, `train_LR`, `test_LR`), only
    if there is nothing else. One folder `train` among the folders of vehicles is a class.
    """
    found = {name: split for name in names if (split := read(name)) is not None}
    plain = {name: plainly for name in names if (plainly := canonical(name)) is not None}
    if len(plain) == len(names) or len(set(plain.values())) > 1:
        return plain
    by_rest: dict[tuple[str, ...], dict[str, str]] = {}
    for name, said in found.items():
        by_rest.setdefault(said.rest, {})[name] = said.split
    alike = [group for group in by_rest.values() if len(set(group.values())) > 1]
    if len(alike) > 1 and sum(map(len, alike)) < len(names):
        return {}
    return {name: split for group in alike for name, split in group.items()}
