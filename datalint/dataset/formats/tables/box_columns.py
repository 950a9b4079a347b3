"""Which columns of a table hold boxes, and what their numbers mean: by their names, else by all rows together."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from datalint.amounts import percent
from datalint.dataset.containers import columns

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What may stand before the name of an edge: `bbox_xmin`, `Roi.X1`, `box_left`.
_PREFIX = re.compile(r"^(?:bndbox|boundingbox|bbox|box|bb|roi|rect|region|coord)")
_EDGES = {
    **dict.fromkeys(("xmin", "minx", "x1", "x0", "left", "xleft", "leftx", "xtl", "xstart", "startx"), "left"),
    **dict.fromkeys(("ymin", "miny", "y1", "y0", "top", "ytop", "topy", "ytl", "ystart", "starty"), "top"),
    **dict.fromkeys(("xmax", "maxx", "x2", "right", "xright", "rightx", "xbr", "xend", "endx"), "right"),
    **dict.fromkeys(("ymax", "maxy", "y2", "bottom", "ybottom", "bottomy", "ybr", "yend", "endy"), "bottom"),
    **dict.fromkeys(("xcenter", "xcentre", "centerx", "centrex", "cx", "xc", "xmid"), "cx"),
    **dict.fromkeys(("ycenter", "ycentre", "centery", "centrey", "cy", "yc", "ymid"), "cy"),
    **dict.fromkeys(("w", "width"), "width"),
    **dict.fromkeys(("h", "height"), "height"),
    "x": "x",
    "y": "y",
}
#: Which edges make a box, the clearest first, and what their numbers are.
_FORMS = (
    (("left", "top", "right", "bottom"), "xyxy"),
    (("cx", "cy", "width", "height"), "cxcywh"),
    (("left", "top", "width", "height"), "xywh"),
    (("x", "y", "width", "height"), "xywh"),
)
#: Columns whose every cell is a whole box, or several.
CELLS = (
    "bbox", "boundingbox", "bboxes", "boundingboxes", "boxes", "box", "objects", "annotations", "annotation",
)  # fmt: skip
_WIDTH = ("imagewidth", "imgwidth", "imgw", "imagew", "originalwidth", "widthimage")
_HEIGHT = ("imageheight", "imgheight", "imgh", "imageh", "originalheight", "heightimage")
CLASS = (
    *(name for name in columns.LABEL if name != "y"),
    "objectclass", "objectname", "objectcategory", "objectlabel", "object", "type", "kind", "name", "tag",
)  # fmt: skip

#: From this share of rows that contradict a meaning on, it is not meant; fewer are faults in the data.
_CONTRADICTED = 0.2
#: Without anything else to tell, corners need this many boxes that all could be corners against a usual xywh.
_MANY = 20

#: Words for the numbers of a box in order.
WORDS = {
    "xyxy": "4 numbers: left, top, right, bottom",
    "xywh": "4 numbers: left, top, width, height",
    "cxcywh": "4 numbers: the centre's x and y, width, height",
}


class Columns(NamedTuple):
    """Where a table's boxes are."""

    edges: tuple[str, ...]
    """Four columns of one number each; or one column whose cells are boxes."""
    form: str | None
    """xyxy, xywh or cxcywh; None if the names do not tell."""
    width: str | None = None
    """Column of the image's width."""
    height: str | None = None


def of(names: Sequence[str]) -> Columns | None:
    """The columns of boxes by their names; None if there are none."""
    plain = {name: columns.plain(name) for name in names}
    if {"x3", "y3"} & set(plain.values()):
        return None  # corners or landmarks
    cell = columns.first(names, CELLS)
    by_edge: dict[str, str] = {}
    for name, word in plain.items():
        short = _PREFIX.sub("", word)
        if short in _EDGES:
            edge = _EDGES[short]
            # `bbox_width` is the box's where `width` alone may be the image's.
            if edge not in by_edge or short != word:
                by_edge[edge] = name
    declared = columns.first(names, _WIDTH), columns.first(names, _HEIGHT)
    for edges, form in _FORMS:
        if all(edge in by_edge for edge in edges):
            found = tuple(by_edge[edge] for edge in edges)
            size = tuple(
                given or (own if (own := columns.first(names, (word,))) not in found else None)
                for given, word in zip(declared, ("width", "height"), strict=True)
            )
            return Columns(found, form, *size)
    if cell is not None:
        width = declared[0] or columns.first(names, ("width", "w"))
        height = declared[1] or columns.first(names, ("height", "h"))
        return Columns((cell,), None, width, height)
    return None


class Meaning(NamedTuple):
    """What four numbers are."""

    form: str
    share: bool
    why: str
    """How it was decided, in words; empty if the names of the columns say it all."""

    @property
    def unit(self) -> str:
        """One of schema.UNITS."""
        return f"{self.form}-{'share' if self.share else 'pixels'}"


def meaning(boxes: pl.DataFrame, form: str | None, usual: str) -> Meaning:
    """What the numbers of `boxes` (a, b, c, d; width and height of the image, null if unknown) mean.

    `form` is what the names say; `usual` is taken where neither names nor rows tell. Boxes that are not finite, and
    those of no width, say nothing.
    """
    names = ("a", "b", "c", "d")
    finite = boxes.filter(pl.all_horizontal(pl.col(names).is_finite().fill_null(value=False)))
    share = _are_shares(finite)
    if form == "xywh" and share and _are_centres(finite):
        return Meaning("cxcywh", True, "as shares, most would reach outside from their corner and fit about a centre")
    if form is not None:
        return Meaning(form, share, "shares of the image's size, all but few are at most 1" if share else "")
    inverted = _mean(finite, (pl.col("c") <= pl.col("a")) | (pl.col("d") <= pl.col("b")))
    if finite.height and inverted > _CONTRADICTED:
        why = f"in {percent(inverted)} of the rows the last two numbers cannot be a right and a bottom edge"
        if share and _are_centres(finite):
            return Meaning("cxcywh", True, f"{why}, and most boxes fit about a centre only")
        return Meaning("xywh", share, why)
    if usual == "xyxy":
        return Meaning("xyxy", share, "as usual without a header line, and the rows agree")
    right, bottom = pl.col("a") + pl.col("c"), pl.col("b") + pl.col("d")
    if share:
        beyond, sized = _mean(finite, (right > 1.001) | (bottom > 1.001)), finite.height
    else:
        known = finite.filter((pl.col("width") > 0) & (pl.col("height") > 0))
        beyond = _mean(known, (right > pl.col("width") + 0.5) | (bottom > pl.col("height") + 0.5))
        sized = known.height
    if sized and beyond > _CONTRADICTED:
        return Meaning(
            "xyxy", share, f"as left, top, width, height {percent(beyond)} of the boxes would leave the image"
        )
    if sized:
        return Meaning("xywh", share, "as such the boxes lie within the images")
    if finite.height >= _MANY:
        return Meaning(
            "xyxy", share, f"in {percent(1 - inverted)} of the rows the last two numbers are beyond the first two"
        )
    return Meaning(usual, share, "as usual; the rows do not tell")


def _mean(frame: pl.DataFrame, condition: pl.Expr) -> float:
    return float(frame.select(condition.mean()).item() or 0.0)


def _are_shares(finite: pl.DataFrame) -> bool:
    """Whether most boxes have no number above 1, and some number is not whole."""
    names = ("a", "b", "c", "d")
    small = pl.all_horizontal(pl.col(names).abs() <= 1)
    whole = pl.all_horizontal(pl.col(names) == pl.col(names).round())
    return _mean(finite, small) > 0.5 and _mean(finite, small & ~whole) > 0


def _are_centres(finite: pl.DataFrame) -> bool:
    slack = 0.001
    corner = _mean(finite, (pl.col("a") + pl.col("c") > 1 + slack) | (pl.col("b") + pl.col("d") > 1 + slack))
    x, y, half_w, half_h = pl.col("a"), pl.col("b"), pl.col("c") / 2, pl.col("d") / 2
    centre = _mean(
        finite,
        (x - half_w < -slack) | (x + half_w > 1 + slack) | (y - half_h < -slack) | (y + half_h > 1 + slack),
    )
    return corner > _CONTRADICTED and centre < corner / 4


__all__ = ["CELLS", "CLASS", "WORDS", "Columns", "Meaning", "meaning", "of"]
