"""Boxes whose four numbers mean something else than their format says: corners given as sizes, a corner as a centre.

`coordinate-order` reports them; the other rules about positions leave them out. All boxes of a label file, or of a
folder of label files with one image each, are judged together: of a single box nobody can tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.lazy import polars as pl
from datalint.rules.annotations import _units
from datalint.rules.annotations._boxes import edges, home

if TYPE_CHECKING:
    from polars import DataFrame, Expr, LazyFrame

    from datalint import Dataset

#: The fewest boxes that are judged.
LEAST = 8
#: The share of boxes that are far off as the format has them, from which another meaning is looked for ...
_MANY = 0.1
#: ... and the share that must lie well in it. The others are faults of their own.
_WELL = 0.98
#: The share of declared areas that must fit another meaning only.
_AREAS = 0.9
#: How far a box may stick out and still lie well, and from where on it is far off: shares of the image's side.
_SLIGHT, _FAR = 0.02, 0.03
#: A centre in place of a corner, or the reverse, shows only at the border: there so many far boxes, and such a share of
#: all, are enough if they leave the image in both directions, and so many times less do the other way.
_AT_BORDER = ((16, 0.02), (5, 0.2))
_LESS = 10
#: What the numbers of a kind may be in its place, the likeliest first.
_OTHERS = {
    "xywh": ("xyxy", "cxcywh", "yx-xywh"),
    "xyxy": ("xywh", "reversed", "cxcywh", "yx-xyxy"),
    "cxcywh": ("xyxy", "xywh", "yx-cxcywh"),
}
_KEY = ("home", "unit")


def boxes(data: Dataset) -> DataFrame:
    """(box) of boxes whose numbers mean something else."""
    return data.once(_found)[1]


def homes(data: Dataset) -> DataFrame:
    """A label file, or a folder of them, a row.

    home, unit, count (of boxes); kind, what its numbers are, and `others`, what else they may be; far and others_far:
    boxes that reach far outside their image or have a negative side, as the format has them and as they are; areas:
    declared areas that fit only what they are; file, line and pointer of the first box.
    """
    return data.once(_found)[0]


def _found(data: Dataset) -> tuple[DataFrame, DataFrame]:
    judged = data.once(_judged)
    known = _asked(judged) or _edges()
    counted = _counted(judged, known)
    kinds = [_kind(row) for row in counted.iter_rows(named=True)]
    wrong = counted.with_columns(
        pl.Series("kind", [kind for kind, _ in kinds], pl.String),
        pl.Series("others", [others for _, others in kinds], pl.List(pl.String)),
    ).drop_nulls("kind")
    chosen = [pl.when(pl.col("kind") == kind).then(pl.col(f"far {kind}")) for kind in known]
    own = [pl.when(pl.col("unit").str.starts_with(f"{kind}-")).then(pl.col(f"far {kind}")) for kind in known]
    areas = [pl.when(pl.col("kind") == kind).then(pl.col(f"area {kind}")) for kind in known]
    wrong = wrong.with_columns(far=pl.coalesce(own), others_far=pl.coalesce(chosen), areas=pl.coalesce(areas))
    return (
        wrong.select(*_KEY, "count", "kind", "others", "far", "others_far", "areas", "file", "line", "pointer"),
        judged.join(wrong.select(_KEY), on=list(_KEY), how="semi").select("box"),
    )


def _edges() -> dict[str, tuple[Expr, ...]]:
    """left, top, right, bottom, width and height by what the four numbers are."""
    known = {kind: edges(kind) for kind in _OTHERS}
    left, top, right, bottom, width, height = known["xyxy"]
    turned = {f"yx-{kind}": (of[1], of[0], of[3], of[2], of[5], of[4]) for kind, of in known.items()}
    return known | turned | {"reversed": (right, bottom, left, top, -width, -height)}


def _asked(judged: DataFrame) -> dict[str, tuple[Expr, ...]]:
    """Those of `_edges` that boxes of these units may be. Shares within an image are so whichever comes first."""
    units = judged["unit"].unique().to_list()
    asked = {kind for unit in units for own in [unit.partition("-")[0]] for kind in (own, *_OTHERS[own])}
    pixels = any(unit.endswith("-pixels") for unit in units)
    return {kind: of for kind, of in _edges().items() if kind in asked and (pixels or not kind.startswith("yx-"))}


def _judged(data: Dataset) -> DataFrame:
    """Upright boxes of finite numbers in the unit of their format, with the width and height of their image."""
    share = pl.col("unit").str.ends_with("-share")
    # Without a known size only the order of the corners can be judged.
    sizes = data.sizes().lazy().select("path", "width", "height")
    finite = pl.col("raw").list.eval(pl.element().is_finite()).list.all()
    chosen: LazyFrame = (
        data.boxes.filter(pl.col("unit").str.contains(f"^(?:{'|'.join(_OTHERS)})-"), pl.col("angle").is_null())
        .filter(~pl.col("crowd").fill_null(value=False), pl.col("raw").list.len() == 4, finite)
        .select("box", "path", "file", "line", "pointer", "unit", "raw", "area", home().alias("home"))
        .join(_units.boxes(data).lazy().select("box"), on="box", how="anti", maintain_order="left")
        .join(sizes, on="path", how="left", maintain_order="left")
        .with_columns(
            pl.when(share).then(1.0).otherwise(pl.col(side).fill_null(float("inf"))).alias(side)
            for side in ("width", "height")
        )
    )
    return chosen.collect()


def _counted(judged: DataFrame, known: dict[str, tuple[Expr, ...]]) -> DataFrame:
    """For each home and unit how many boxes lie well (`well KIND`) and far off (`far KIND`) as each kind of numbers,
    how many are far off to the left or right (`across KIND`) and above or below (`down KIND`), and how many declared
    areas fit this kind and not that of the unit (`area KIND`)."""
    columns: dict[str, Expr] = {}
    own_area = pl.lit(None, pl.Float64)
    for kind, (_, _, _, _, width, height) in known.items():
        own_area = pl.when(pl.col("unit").str.starts_with(f"{kind}-")).then(width * height).otherwise(own_area)
    for kind, (left, top, right, bottom, width, height) in known.items():
        across = pl.max_horizontal(-left / pl.col("width"), right / pl.col("width") - 1)
        down = pl.max_horizontal(-top / pl.col("height"), bottom / pl.col("height") - 1)
        beyond = pl.max_horizontal(across, down)
        proper = (width > 0) & (height > 0)
        columns[f"across {kind}"], columns[f"down {kind}"] = across > _FAR, down > _FAR
        columns[f"well {kind}"] = proper & (beyond <= _SLIGHT)
        columns[f"far {kind}"] = (width < 0) | (height < 0) | (beyond > _FAR)
        given = (pl.col("area") > 0) & pl.col("unit").str.ends_with("-pixels")
        columns[f"area {kind}"] = (
            given
            & proper
            & ((pl.col("area") - width * height).abs() <= 0.01 * pl.col("area") + 1)
            & ((pl.col("area") - own_area).abs() > 0.05 * pl.col("area") + 1)
        ).fill_null(value=False)
    first = [pl.col(name).first() for name in ("file", "line", "pointer")]
    return (
        judged.lazy()
        .with_columns(**columns)
        .group_by(_KEY, maintain_order=True)
        .agg(pl.len().alias("count"), *first, *(pl.col(name).sum() for name in columns))
        .filter(pl.col("count") >= LEAST)
        .collect()
    )


def _kind(row: dict[str, int | str]) -> tuple[str | None, list[str]]:
    """What the numbers of a home are, and what else they may be; None if they are what its unit says."""
    own, count = str(row["unit"]).partition("-")[0], int(row["count"])
    good = [kind for kind in _OTHERS[own] if int(row.get(f"well {kind}", -1)) >= _WELL * count]
    by_area = [kind for kind in good if int(row[f"area {kind}"]) >= max(LEAST, _AREAS * count)]
    if by_area:
        return by_area[0], []
    shown = [kind for kind in good if _shows(row, own, kind, count)]
    return (shown[0], shown[1:]) if shown else (None, [])


def _shows(row: dict[str, int | str], own: str, kind: str, count: int) -> bool:
    """Whether enough boxes are far off as `own` to be of another kind, as which they lie well."""
    far, others = int(row[f"far {own}"]), int(row[f"far {kind}"])
    if kind.startswith("yx-") or "cxcywh" not in (own, kind) or "xyxy" in (own, kind):
        return far >= max(LEAST // 2, _MANY * count)
    both = min(int(row[f"across {own}"]), int(row[f"down {own}"])) >= far / 5
    enough = any(far >= max(least, share * count) for least, share in _AT_BORDER)
    return both and enough and far >= _LESS * others
