"""Text files of labels that are known and not read: told by what they look like, so that nobody waits for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from datalint.dataset.containers.records import Kind, Outcome
from datalint.dataset.containers.text_lines import first_lines

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from datalint.dataset.files.tree import Tree

#: Of a folder with more text files than this, some are looked into, and what they agree on holds for all.
_MANY, _SAMPLE = 20, 5
#: Longer lines are none of these.
_LONGEST_LINE = 2000

_N = r"[+-]?\d+(?:\.\d+)?"
_SCIENTIFIC = rf"{_N}(?:e[+-]?\d+)?"
_FACE = rf"{_N}(?: {_N}){{9}}"
_PLACE = rf"(?:{_N}[, ]+){{4}}(?:(?:{_N}[, ]+){{4}})?\D.*"
_IMAGE = r"[^,;\t]*\.(?:jpe?g|png|bmp|tiff?|webp|ppm|gif)"


class _Known(NamedTuple):
    """A format that is known by its name and its lines."""

    what: str
    path: str
    """Pattern of the whole path, letter case aside."""
    lines: tuple[str, ...]
    """Patterns of the first lines, letter case aside; the last one is that of all further lines."""


_KNOWN = (
    _Known("tracks of MOT Challenge", r"(?:.*/)?(gt|det)/\1\.txt", (rf"{_N}(?:,{_N}){{5,9}}",)),
    _Known("tracks of MOTS", r".*", (r"\d+ \d+ \d+ \d+ \d+ (?=\S*[^\d\s])\S+",)),
    _Known("text in images as of ICDAR (places)", r"(?:.*/)?gt_[^/]+", (_PLACE,)),
    _Known("text in images as of ICDAR (characters)", r".*_gt\.txt", (rf'(?:{_N} ){{9}}".*"|#.*',)),
    _Known("text in images as of ICDAR (words)", r"(?:.*/)?gt\.txt", (rf'{_IMAGE}, ?".*"',)),
    _Known("face boxes of WIDER FACE", r".*", (_IMAGE, r"\d+", _FACE, rf"{_IMAGE}|\d+|{_FACE}")),
    _Known("a table of CelebA", r".*", (r"\d+", r"(?=.*[a-z])\w+(?:\s+\w+)+", rf"{_IMAGE}(?:\s+{_N})+")),
    _Known("a table of CelebA", r"(?:.*/)?(?:identity_celeba|list_eval_partition)\.txt", (rf"{_IMAGE} \d+",)),
    _Known("pairs of faces of LFW", r"(?:.*/)?pairs\w*\.txt", (r"\d+(?:\s+\d+)?", r"\S+\s+\d+\s+(?:\S+\s+)?\d+")),
    _Known("persons of LFW", r"(?:.*/)?people\w*\.txt", (r"\d+", r"\S+\s+\d+")),
    _Known("landmarks of faces", r"(?:.*/)?landmarks\.txt", (rf"{_IMAGE}(?:\s+{_N}){{10}}",)),
    _Known("names of persons of VGGFace2", r".*", (r"n\d{6} \S.*",)),
    _Known("synsets of ImageNet", r".*", (r"n\d{8}(?: \S.*)?",)),
    _Known("attributes of ADE20K", r".*_atr\.txt", (r"\d+ # \d+ # \d+ # .*",)),
    _Known("calibration of KITTI, no labels", r".*", (rf"(?:P\d|R0?_rect|Tr_\w+):(?: +{_SCIENTIFIC}){{9,12}}",)),
    _Known("class numbers of pixels of SYNTHIA", r"(?:.*/)?gttxt/[^/]+", (r"\d+(?: \d+)+",)),
    _Known("a list of images and their masks", r".*", (rf"{_IMAGE} {_IMAGE}",)),
    _Known("colours of the classes of masks", r".*", (r"\d{1,3} \d{1,3} \d{1,3} [^\d\s]\S*",)),
    _Known("a table of labels; tables are read from .csv and .tsv files", r".*", (rf"{_IMAGE}[ ,;\t]+\S.*",)),
)  # fmt: skip


def refused(tree: Tree, taken: Collection[str]) -> dict[str, Outcome]:
    """Text files that no layout has `taken` and that look like labels nonetheless -> why they are not read."""
    files = tree.texts.filter(pl.col("bytes") > 0)
    files = files.join(pl.DataFrame({"path": list(taken)}, schema={"path": pl.String}), on="path", how="anti")
    outcomes: dict[str, Outcome] = {}
    for _, some in files.group_by("folder", maintain_order=True):
        paths: list[str] = some["path"].to_list()
        is_large = len(paths) > _MANY
        asked = some.gather_every(max(1, len(paths) // _SAMPLE)).head(_SAMPLE) if is_large else some
        found = {
            path: _looks_like(path, first_lines(row, tree.head))
            for path, row in asked.select("path", "row").iter_rows()
        }
        if is_large:
            agreed = set(found.values())
            found = dict.fromkeys(paths, agreed.pop() if len(agreed) == 1 else None)
        outcomes |= {
            path: Outcome(Kind.KNOWN_FORMAT, f"not read: it looks like {what}")
            for path, what in found.items()
            if what is not None
        }
    return outcomes


def _looks_like(path: str, lines: Sequence[str]) -> str | None:
    lines = [line.strip() for line in lines if line.strip()]
    if not lines or any(len(line) > _LONGEST_LINE for line in lines):
        return None
    return next((known.what for known in _KNOWN if _is(known, path, lines)), None)


def _is(known: _Known, path: str, lines: Sequence[str]) -> bool:
    if not re.fullmatch(known.path, path, re.IGNORECASE) or len(lines) < len(known.lines) - 1:
        return False
    last = len(known.lines) - 1
    return all(
        re.fullmatch(known.lines[min(place, last)], line, re.IGNORECASE) is not None for place, line in enumerate(lines)
    )


__all__ = ["refused"]
