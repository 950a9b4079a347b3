# ruff: noqa: PTH118, PTH122 -- names are bytes here, which pathlib does not take
"""What each folder is: a split, a class, a group, masks, labels, a copy, a hidden one that loaders enter, or images."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from datalint.dataset.files.extensions import PICTURES
from datalint.dataset.files.found import text
from datalint.dataset.files.globs import Globs, prefix

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from datalint.config.settings import Config
    from datalint.dataset.files.tree import Tree

Roles = dict[str, tuple[str, str]]
"""Folder -> its role, and of what it is one."""

#: Entries of a folder that was not entered, at which counting ends.
_MOST_COUNTED = 10_000


class Unread(NamedTuple):
    """Files in a class folder that may hold pictures and are not read."""

    files: int
    extension: str
    """That of most of them."""


def declared(tree: Tree, config: Config) -> dict[str, str]:
    """The folders of which the config says what they are; of several globs that name one, the last one counts."""
    found: dict[str, str] = {}
    start = text(prefix(tree.root, config.folder))
    for glob, role in config.folders.items():
        named = Globs([glob])
        found |= {folder: role for folder in tree.folders if folder and named.names(start + folder)}
    return found


def folders(
    tree: Tree, named: Roles, said: Mapping[str, str], masks: Collection[int], labels: Iterable[str]
) -> pl.DataFrame:
    """Every folder with a role; see `schema.FOLDERS` for the columns.

    `named` are the roles that follow from names, `said` those that the config declares, `masks` the rows of mask files,
    `labels` the label files that were read.
    """
    roles = {folder: (role, "") for folder, role in said.items()} | named
    candidates = tree.files.filter("candidate")
    images = _below(candidates["folder"])
    for folder, role in _by_content(tree, masks, labels):
        roles.setdefault(folder, (role, ""))
    for folder in candidates["folder"].unique():
        roles.setdefault(folder, ("images", ""))
    roles |= {copy.path: ("copy", copy.of) for copy in tree.copies}
    classes = {folder for folder, (role, _) in roles.items() if role == "class"}
    hidden = dict(_hidden(tree, classes))
    roles |= dict.fromkeys(hidden, ("hidden", ""))
    unread = unread_pictures(tree)
    rows = [
        {
            "path": folder,
            "role": role,
            "of": of or (None if role != "copy" else "."),
            "images": hidden.get(folder, images[folder]),
            "unread": unread[folder].files if role == "class" and folder in unread else 0,
            "extension": unread[folder].extension if role == "class" and folder in unread else None,
            "evidence": "the config says so" if folder in said else _evidence(tree, folder, role, of),
        }
        for folder, (role, of) in sorted(roles.items())
    ]
    return pl.DataFrame(rows, schema_overrides={"of": pl.String, "extension": pl.String})


def unread_pictures(tree: Tree) -> dict[str, Unread]:
    """Folder -> files in and below it of kinds that hold pictures and are not read, those beside an image of the same
    name left out.
    """
    names = tree.files.filter("candidate").select("folder", "stem")
    lost = tree.files.filter(~pl.col("candidate") & pl.col("extension").is_in(sorted(PICTURES)))
    found: dict[str, Counter[str]] = {}
    for folder, extension in lost.join(names, on=["folder", "stem"], how="anti").select("folder", "extension").rows():
        for above in _and_above(folder):
            found.setdefault(above, Counter())[extension] += 1
    return {folder: Unread(count.total(), count.most_common(1)[0][0]) for folder, count in found.items()}


def _and_above(folder: str) -> Iterator[str]:
    yield from accumulate(folder.split("/"), "{}/{}".format) if folder else ()
    yield ""


def _below(places: Iterable[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for folder, count in Counter(places).items():
        for above in dict.fromkeys(_and_above(folder)):
            found[above] += count
    return found


def _by_content(tree: Tree, masks: Collection[int], labels: Iterable[str]) -> Iterator[tuple[str, str]]:
    images = set(tree.files.filter("candidate")["folder"])
    of_masks = set(tree.files.filter(pl.col("file_row").is_in(sorted(masks)))["folder"])
    yield from ((folder, "masks") for folder in of_masks - images)
    yield from ((folder, "labels") for folder in {path.rpartition("/")[0] for path in labels} - images - of_masks)


def _hidden(tree: Tree, classes: Collection[str]) -> Iterator[tuple[str, int]]:
    """Folders with images that were not entered, beside folders that are classes; and how many images."""
    beside = {folder.rpartition("/")[0] for folder in classes}
    for skip in tree.skipped:
        if skip.kind in ("hidden", "system") and skip.path.rpartition("/")[0] in beside and "folder" in skip.reason:
            count = (
                _images_in(os.path.join(tree.root, os.fsencode(skip.path)), tree.extensions)
                if tree.unentered is None
                else tree.unentered.get(skip.path, 0)
            )
            if count:
                yield skip.path, count


def _images_in(folder: bytes, extensions: Collection[str]) -> int:
    """How many files a loader would take for images."""
    images = seen = 0
    with suppress(OSError):
        for _, _, names in os.walk(folder):
            images += sum(os.path.splitext(os.fsdecode(name))[1].lower().lstrip(".") in extensions for name in names)
            seen += 1 + len(names)
            if seen > _MOST_COUNTED:
                break
    return images


def _evidence(tree: Tree, folder: str, role: str, of: str) -> str:
    match role:
        case "copy":
            copy = next(copy for copy in tree.copies if copy.path == folder)
            return f"{copy.files:,} of its {copy.held:,} files lie at the same places in {of or 'the root'}"
        case "split" | "class":
            return "its name, beside those of the other folders"
        case "group":
            return "its name is one of a series, below folders that are classes"
        case "masks":
            return "its images are masks of others"
        case "labels":
            return "it holds label files and no image"
        case "hidden":
            return "it was not entered, but lies among class folders and holds images"
    return "it holds images"


__all__ = ["Roles", "Unread", "declared", "folders", "unread_pictures"]
