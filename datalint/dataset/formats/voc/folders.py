"""Folders of Pascal VOC: which label files are one dataset, and where their images may lie."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from datalint.dataset.files.splits import canonical
from datalint.dataset.formats.label_format import above_splits, first_split

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from datalint.dataset.files.tree import Tree
    from datalint.dataset.formats.label_format import LabelFile

#: Folders of label files, and those beside them with the images.
_LABELS = frozenset({"annotations", "annotation", "xml", "xmls", "labels"})
_IMAGES = ("JPEGImages", "images", "Images", "image", "imgs", "img", "JPEGs", "PNGImages")
_CLOSED = ("Annotations", "annotations", "ImageSets")


class Folders:
    """The folders of a scan, as Pascal VOC's datasets use them."""

    def __init__(self, tree: Tree, files: Iterable[str], lists: Collection[str]) -> None:
        """From the folders of XML files, and those that have ImageSets in them."""
        self._tree = tree
        self._last_parts: dict[str, list[str]] = {}
        self._closed: dict[str, bool] = {}
        known = {folder: _root_of(folder) for folder in files}
        loose = _loose_root([folder for folder, root in known.items() if root is None], lists)
        self._roots = {folder: loose if root is None else root for folder, root in known.items()}

    def root(self, folder: str) -> str:
        """The dataset of the label files in `folder`: the one above `Annotations`, and above folders of splits.

        Files in other folders are one dataset, whatever their folders are called.
        """
        return self._roots[folder]

    def is_closed(self, root: str) -> bool:
        """Whether all images of a dataset lie below its root, as they do beside `Annotations`; loose label files may
        lie apart from theirs.
        """
        if root not in self._closed:
            there = any(posixpath.join(root, name) in self._tree.folder_set for name in _CLOSED)
            self._closed[root] = bool(root) and there
        return self._closed[root]

    def search(self, folder: str, root: str) -> Iterator[str]:
        """Where the images of the label files in `folder` may be, the likeliest first."""
        parts = folder.split("/") if folder else []
        place = _labels_part(parts)
        above, below = (parts[:-1], []) if place is None else (parts[: place[0]], parts[place[1] :])
        near = [[*above, name, *below] for name in _IMAGES] + [[*above, name] for name in _IMAGES]
        near = [parts, *near] if place is None else [*near, parts]
        near += [[*parts, name] for name in _IMAGES] + [[*above, *below]]
        yield from ("/".join(one) for one in near)
        yield from self._namesakes(folder, "/".join(above), "/".join(below))
        yield "/".join(above)
        yield root

    def _namesakes(self, folder: str, above: str, below: str) -> list[str]:
        """Folders under `above` that end like `folder` does: `photos/train` for `Annotations/train`."""
        if not below:
            return []
        if not self._last_parts:
            for one in self._tree.folders:
                self._last_parts.setdefault(one.rpartition("/")[2], []).append(one)
        start, end = (f"{above}/" if above else ""), f"/{below}"
        alike = self._last_parts.get(below.rpartition("/")[2], [])
        return [one for one in alike if one.startswith(start) and one.endswith(end) and one != folder]


def key(file: LabelFile, root: str) -> str:
    """What lists call a label file: its path in `Annotations`, without extension."""
    parts = file.folder.split("/")
    place = _labels_part(parts)
    below = parts[place[1] :] if place is not None else [file.folder[len(root) :].strip("/")]
    return posixpath.join(*below, file.stem)


def split(file: LabelFile, root: str) -> str | None:
    """The split that a label file's folder names."""
    return first_split((file.folder[len(root) :].strip("/") if root else file.folder).split("/"))


def _loose_root(folders: Sequence[str], lists: Collection[str]) -> str:
    """The dataset of label files in folders of any name."""
    parts = posixpath.commonpath([f"/{folder}" for folder in folders]).split("/")[1:] if folders else []
    parts = [part for part in parts if part]
    for length in range(len(parts), -1, -1):
        if "/".join(parts[:length]) in lists:
            parts = parts[:length]
            break
    while parts and canonical(parts[-1]):
        parts.pop()
    return "/".join(parts)


def _root_of(folder: str) -> str | None:
    parts = folder.split("/")
    place = _labels_part(parts)
    return None if place is None else above_splits("/".join(parts[: place[0]]))


def _labels_part(parts: Sequence[str]) -> tuple[int, int] | None:
    """Which parts of a path are the folder of label files: the last one of such a name, and those just above it."""
    places = [place for place, part in enumerate(parts) if part.lower() in _LABELS]
    if not places:
        return None
    first = places[-1]
    while first - 1 in places:
        first -= 1
    return first, places[-1] + 1
