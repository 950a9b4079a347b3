"""What the columns of a label table mean, by their names."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Names are compared in lower case without anything but letters and digits; the earlier name is preferred.
PATH = (
    "filename", "filepath", "imagepath", "imagefile", "imagefilename", "imgpath", "imgfile", "imgname", "imagename",
    "path", "file", "image", "img", "fname", "filenames", "images", "picture", "photo", "relativepath", "relpath",
    "imageid", "imgid", "imageindex", "idcode", "nameid", "id", "name",
)  # fmt: skip
#: Names that say by themselves that the cells are files.
CLEAR_PATH = frozenset(PATH[: PATH.index("imageid")]) - {"image", "img", "images", "picture", "photo", "path", "file"}
LABEL = (
    "label", "labels", "labelname", "classname", "class", "classlabel", "classes", "category", "categoryname",
    "categories", "target", "targets", "species", "diagnosis", "dx", "breed", "variety", "findinglabels",
    "findings", "tags", "groundtruth", "gt", "celltype", "emotion", "expression",
)  # fmt: skip
LABEL_ID = ("classid", "labelid", "classidx", "labelidx", "classindex", "labelindex", "categoryid", "targetid")
SPLIT = ("split", "splits", "datasplit", "set", "subset", "partition", "fold", "usage", "phase")
#: Names that mean splits whatever the cells say; of the others, the cells must say it too.
CLEAR_SPLIT = frozenset(SPLIT[: SPLIT.index("set")])
_TARGET = "y"  # by itself only: `y]` and `Y (mm)` are coordinates

_BOX_SETS = (
    {"xmin", "ymin", "xmax", "ymax"},
    {"x1", "y1", "x2", "y2"},
    {"x1", "y1", "w", "h"},
    {"x", "y", "w", "h"},
    {"x", "y", "width", "height"},
)
_BOX_CELLS = {
    "bbox", "bboxes", "boundingbox", "boundingboxes", "boxes", "segmentation", "objects", "predictionstring",
    "regionshapeattributes",
}  # fmt: skip
_RUNS = {"rle", "encodedpixels", "encodedmask", "rlemask", "maskrle", "runlengths"}


_MEMBER = re.compile(r"(?:[_ -]?[0-9]|[_ -][a-dA-D])$|(?<=[a-z])[A-D]$")


@lru_cache(maxsize=4096)
def plain(name: str) -> str:
    """`name` for comparison: `File Name`, `file_name` and `fileName` are the same."""
    return re.sub(r"[\W_]+", "", name).lower()


def first(names: Iterable[str], known: Sequence[str]) -> str | None:
    """The column whose name comes first in `known`."""
    by_plain: dict[str, str] = {}
    for name in names:
        by_plain.setdefault(plain(name), name)
    return next((by_plain[name] for name in known if name in by_plain), None)


def label(names: Sequence[str]) -> str | None:
    """The column of labels."""
    return first(names, LABEL) or next((name for name in names if name.strip().lower() == _TARGET), None)


def pair(name: str, names: Iterable[str]) -> str | None:
    """Another column of `names` that differs from `name` by the number or letter at its end only, as `image_2`."""
    stem = _MEMBER.sub("", name)
    return next((other for other in names if other != name and stem != name and _MEMBER.sub("", other) == stem), None)


def ranked(names: Sequence[str], known: Sequence[str]) -> list[str]:
    """The columns whose names are in `known`, in that order."""
    places = {name: place for place, name in enumerate(known)}
    return sorted((name for name in names if plain(name) in places), key=lambda name: places[plain(name)])


def holds_boxes(names: Iterable[str]) -> bool:
    """Whether the columns describe places in the image."""
    found = {plain(name) for name in names}
    return bool(found & _BOX_CELLS) or any(wanted <= found for wanted in _BOX_SETS)


def holds_runs(names: Iterable[str]) -> bool:
    """Whether a column holds masks as run lengths."""
    return not _RUNS.isdisjoint(plain(name) for name in names)
