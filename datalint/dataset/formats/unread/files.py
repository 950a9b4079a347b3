"""Formats of labels that are known and not read: said by name, so that nobody takes silence for a clean bill."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from datalint.dataset.assembly.annotations import NAMED, Annotations
from datalint.dataset.containers.records import Kind, Outcome
from datalint.dataset.files.walk import LABEL_EXTENSIONS
from datalint.dataset.formats.unread import texts as text_refused

if TYPE_CHECKING:
    from collections.abc import Collection

    from datalint.dataset.files.tree import Tree

#: Bytes of a file that are looked at.
_HEAD = 4096
#: Of more files of one kind in a folder, the first few speak for all.
_SAMPLE = 5
_EXTENSIONS = sorted(LABEL_EXTENSIONS | {"", "mat", "meta"})


class _Known(NamedTuple):
    """A format that is known by its file's name and beginning."""

    what: str
    path: str
    """Pattern of the whole path, letter case aside."""
    head: bytes
    """Pattern that is found in the first bytes."""
    explains: bool = False
    """Whether it labels images that lie in folders of other meaning: clips, cameras."""


_KNOWN = (
    _Known(
        "Datumaro's own JSON",
        r".*\.json",
        rb'"dm_format_version"|"categories"\s*:\s*\{\s*"(?:label|mask|points)"\s*:\s*\{',
    ),
    _Known("VoTT's own JSON", r".*\.json", rb'"videoSettings"\s*:|"lastVisitedAssetId"\s*:|"vottVersion"'),
    _Known("poses of MPII", r"(?:.*/)?mpii[^/]*\.(?:json|mat)", b""),
    _Known(
        "masks of Segment Anything (SA-1B)",
        r".*\.json",
        rb'^\s*\{\s*"image"\s*:\s*\{[^{}]*"image_id"[^{}]*\}\s*,\s*"annotations"',
    ),
    _Known("a Supervisely project", r"(?:.*/)?key_id_map\.json", b'"objects"', explains=True),
    _Known("a Supervisely project", r"(?:.*/)?meta\.json", rb'"title"\s*:[^{}]*"shape"\s*:', explains=True),
    _Known("a Supervisely label file", r".*\.json", rb'"classTitle"\s*:|"sensorsData"\s*:|"labelerLogin"\s*:'),
    _Known("tracklets of KITTI's raw recordings", r"(?:.*/)?tracklet_labels\.xml", b""),
    _Known("actions in clips as of AVA", r"(?:.*/)?ava_[^/]*\.csv", rb"^[^,\n]+,\d+(?:,[^,\n]*){4,}", explains=True),
    _Known("a batch of CIFAR as a pickle, never loaded: a pickle runs code", r"(?:.*/)?(?:data_batch_\d+|test_batch|"
           r"batches\.meta)", b""),
    _Known("a pickle, never loaded: a pickle runs code", r"(?:.*/)?[^./]+", rb"^\x80[\x02-\x05]"),
)  # fmt: skip

_MARKET = re.compile(r"(?:^|/)(?:bounding_box_train|bounding_box_test)$")
_MARKET_NAME = r"^-?\d{1,4}_c\d+s\d+_\d+_\d+$"


def read(tree: Tree, taken: Collection[str]) -> list[Annotations]:
    """What the files that no layout has `taken` look like: nothing but reasons, and which images they are about."""
    text = text_refused.refused(tree, taken)
    found = [Annotations("foreign", "", outcomes=text)] if text else []
    looks = _looks(tree, {*taken, *text})
    if looks:
        found.append(
            Annotations(
                "foreign",
                "",
                outcomes={path: Outcome(Kind.KNOWN_FORMAT, _said(known)) for path, known in looks.items()},
            )
        )
    for path in sorted(path for path, known in looks.items() if known.explains):
        folder = posixpath.dirname(path)
        root = folder if posixpath.basename(path) in ("meta.json", "key_id_map.json") else posixpath.dirname(folder)
        found.append(_about(tree, root, f"{path}: {_said(looks[path])}."))
    if any(_MARKET.search(folder) for folder in tree.folders):
        found += _market(tree)
    return found


def _said(known: _Known) -> str:
    return f"not read: it looks like {known.what}"


def _looks(tree: Tree, taken: Collection[str]) -> dict[str, _Known]:
    """Path -> the format that the file looks like."""
    files = tree.usable(*_EXTENSIONS).filter(~pl.col("candidate") & (pl.col("bytes") > 0))
    files = files.join(pl.DataFrame({"path": list(taken)}, schema={"path": pl.String}), on="path", how="anti")
    looks: dict[str, _Known] = {}
    for _, some in files.group_by("folder", "extension", maintain_order=True):
        paths: list[str] = some["path"].to_list()
        asked = {path: _look(tree, path, row) for path, row in some.head(_SAMPLE).select("path", "file_row").rows()}
        if len(paths) > _SAMPLE:
            agreed = set(asked.values())
            asked = dict.fromkeys(paths, agreed.pop() if len(agreed) == 1 else None)
        looks |= {path: known for path, known in asked.items() if known is not None}
    return looks


def _look(tree: Tree, path: str, row: int) -> _Known | None:
    named = [known for known in _KNOWN if re.fullmatch(known.path, path, re.IGNORECASE | re.DOTALL)]
    if not named:
        return None
    try:
        head = tree.head(row)[:_HEAD]
    except OSError:
        return None
    return next((known for known in named if re.search(known.head, head)), None)


def _about(tree: Tree, root: str, sentence: str) -> Annotations:
    """The images below `root`, whose folders do not name classes."""
    within = pl.col("path").str.starts_with(f"{root}/") if root else pl.lit(value=True)
    return _unread(tree, root, within, sentence)


def _market(tree: Tree) -> list[Annotations]:
    sentence = "The names of images are those of Market-1501 (person, camera, frame); persons are not read from names."
    made = _unread(tree, "", pl.col("stem").str.contains(_MARKET_NAME), sentence)
    return [made] if made.named.height else []


def _unread(tree: Tree, root: str, wanted: pl.Expr, sentence: str) -> Annotations:
    images = tree.files.filter(pl.col("candidate") & wanted)
    named = images.select("file_row", "path")
    for name, kind in NAMED.items():
        if name not in named.columns:
            named = named.with_columns(pl.lit(None, kind).alias(name))
    return Annotations("foreign", root, 9, named=named.select(NAMED.names()), evidence=(sentence,), unread=True)


__all__ = ["read"]
