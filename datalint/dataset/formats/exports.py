"""What exports of labelling tools share: parts that are not read, and images that a URL names."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from datalint.amounts import counted
from datalint.dataset.formats.split_files import SplitFiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.dataset.files.tree import Tree
    from datalint.dataset.formats.label_format import Labels


class Export(SplitFiles):
    """One that says what of a file it has not read."""

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


__all__ = ["Export", "here", "path_in"]
