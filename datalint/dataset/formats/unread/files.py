"""Label formats that are known but not read: reported by name, lest silence be mistaken for a clean bill of health."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

import polars as pl

from datalint.dataset.assembly.annotations import NAMED, Annotations, conform
from datalint.dataset.containers.records import Kind, Outcome
from datalint.dataset.files.extensions import LABEL_EXTENSIONS
from datalint.dataset.formats.unread import texts

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from datalint.dataset.files.tree import Tree
    from datalint.dataset.formats.unread.known import Known

NAME = "unread"

#: Bytes of a file that are looked at.
_HEAD = 4096
#: Of more files of one kind in a folder, the first few speak for all.
_SAMPLE = 5
_EXTENSIONS = sorted(
    LABEL_EXTENSIONS | {"", "mat", "meta", "tfrecord", "tfrecords", "record", "mdb", "h5", "hdf5", "hdf", "tar"}
)
#: TFRecord files in parts: `train.tfrecord-00000-of-00010`.
_PARTS = r"^(?:tfrecords?|record)-\d+-of-\d+$"
#: Files in the folder of the project itself; all others lie in a folder of label files in it.
_OF_PROJECTS = ("meta.json", "key_id_map.json")


def read(tree: Tree, formats: Sequence[Known]) -> list[Annotations]:
    """What the files that no format has taken look like: nothing but outcomes, and which images they are about."""
    if tree.others.is_empty():
        formats = [known for known in formats if known.stems]
    text = texts.looks(tree, formats)
    others = [known for known in formats if not known.lines and not known.stems]
    looks = _looks(tree, {*tree.taken, *text}, others)
    found = [
        Annotations(NAME, "", outcomes={path: Outcome(Kind.KNOWN_FORMAT, words) for path, words in some.items()})
        for some in (text, {path: known.words for path, known in looks.items()})
        if some
    ]
    for path in sorted(path for path, known in looks.items() if known.explains):
        folder = posixpath.dirname(path)
        root = folder if posixpath.basename(path) in _OF_PROJECTS else posixpath.dirname(folder)
        within = pl.col("path").str.starts_with(f"{root}/") if root else pl.lit(value=True)
        found.append(_about(tree, root, within, f"{path}: {looks[path].words}."))
    for known in formats:
        if known.stems and any(re.fullmatch(known.path, folder, re.DOTALL) for folder in tree.folders):
            sentence = f"The names of images are those of {known.what}; persons are not read from names."
            made = _about(tree, "", pl.col("stem").str.contains(known.stems), sentence)
            found += [made] if made.named.height else []
    return found


def _looks(tree: Tree, taken: Collection[str], formats: Sequence[Known]) -> dict[str, Known]:
    """Path -> the format that the file looks like."""
    wanted = pl.col("extension").is_in(_EXTENSIONS) | pl.col("extension").str.contains(_PARTS)
    files = tree.others.filter(wanted).join(
        pl.DataFrame({"path": list(taken)}, schema={"path": pl.String}), on="path", how="anti"
    )
    looks: dict[str, Known] = {}
    for _, some in files.group_by("folder", "extension", maintain_order=True):
        paths: list[str] = some["path"].to_list()
        rows = some.head(_SAMPLE).select("path", "file_row").rows()
        asked = {path: _look(tree, path, row, formats) for path, row in rows}
        if len(paths) > _SAMPLE:
            agreed = set(asked.values())
            asked = dict.fromkeys(paths, agreed.pop() if len(agreed) == 1 else None)
        looks |= {path: known for path, known in asked.items() if known is not None}
    return looks


def _look(tree: Tree, path: str, row: int, formats: Sequence[Known]) -> Known | None:
    named = [known for known in formats if re.fullmatch(known.path, path, re.IGNORECASE | re.DOTALL)]
    if not named:
        return None
    try:
        head = tree.head(row)[:_HEAD]
    except OSError:
        return None
    return next((known for known in named if re.search(known.head, head)), None)


def _about(tree: Tree, root: str, wanted: pl.Expr, sentence: str) -> Annotations:
    """The `wanted` images, whose folders do not name classes."""
    images = tree.files.filter(pl.col("candidate") & wanted)
    named = conform(NAMED, images.select("file_row", "path"))
    return Annotations(NAME, root, 9, named=named, evidence=(sentence,), unread=True)


__all__ = ["read"]
