"""What exports of labelling tools share: files of splits that are one dataset, and images that a URL names."""

from __future__ import annotations

import posixpath
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from datalint.dataset.containers.records import counted
from datalint.dataset.files import splits
from datalint.dataset.formats.label_format import Format, LabelFile, above_splits, first_split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.dataset.files.tree import Tree
    from datalint.dataset.formats.label_format import Labels


class Export(Format):
    """Files that differ in the split only are one dataset."""

    def __init__(self, tree: Tree) -> None:
        super().__init__(tree)
        self._unread: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def leave(self, out: Labels, what: str, count: int = 1) -> None:
        """What is there and not read: in the evidence, with its number."""
        self._unread[out.root][what] += count

    def finish(self, out: Labels) -> None:
        """Say what was not read."""
        super().finish(out)
        for what, count in sorted(self._unread[out.root].items()):
            out.evidence.append(f"Of {self.title}'s annotations not read: {counted(count, what)}.")

    def dataset_of(self, file: LabelFile) -> str:
        """The folder above those of splits, and the file's name if that is not a split's."""
        return posixpath.join(above_splits(file.folder), "" if splits.read(file.stem) else file.stem)

    def source(self, out: Labels) -> str:
        """The folder of several files."""
        return out.files[0].path if len(out.files) == 1 else above_splits(out.files[0].folder)


def split_of(file: LabelFile) -> str | None:
    """The split that the folders of a file name, the nearest first, or else its own name."""
    named = splits.read(file.stem)
    return first_split(file.folder.split("/")[::-1]) or (named.split if named else None)


def folders_of(folder: str) -> list[str]:
    """Where the images of a label file may be: beside it, or in `images` there or beside its folder."""
    above = posixpath.dirname(folder)
    return list(dict.fromkeys([folder, posixpath.join(folder, "images"), posixpath.join(above, "images"), above]))


def here(name: Any, folders: Sequence[str], out: Labels) -> Any:
    """`name`, or the last part of a path on the machine that wrote it, by which nothing is found here."""
    if not isinstance(name, str):
        return name
    found = out.find(name, folders)
    return name.replace("\\", "/").rpartition("/")[2] if found.path is None and not found.outside else name


def path_in(url: str) -> str:
    """The path in a URL, without the name of a server or bucket; what is not a URL as it is."""
    if "://" not in url:
        return url
    try:
        return unquote(urlsplit(url).path).lstrip("/")
    except ValueError:
        return url


__all__ = ["Export", "folders_of", "here", "path_in", "split_of"]
