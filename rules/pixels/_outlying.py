"""What is far below the rest of its class or dataset, and which images people have drawn objects on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint import Severity
from datalint.lazy import polars as pl
from datalint.rules.pixels._lost_range import lost_range
from datalint.rules.pixels._nature import with_nature

if TYPE_CHECKING:
    from polars import Expr, LazyFrame

    from datalint import Dataset

#: Images from which a dataset, or a class of one, has a distribution of its own.
LEAST, LEAST_OF_CLASS = 20, 10
#: The part of the median that an outlier stays under.
PART = 0.5
#: Interquartile ranges below the lower quartile (J. W. Tukey, "Exploratory Data Analysis", 1977).
RANGES = 1.5


def outlying(data: Dataset, measure: Expr, where: Expr) -> LazyFrame:
    """The rows of `data.readable` where `where` holds, with `outlying`: whether `measure` (0 = worst) is far below the
    class's, or else the dataset's.

    A class of few images has no distribution, and in a small dataset every image counts as outlying. Images whose
    range was lost are not a measure of the others.
    """
    asked = data.readable.filter(where).collect()
    if asked.is_empty():
        return asked.lazy().with_columns(outlying=pl.lit(value=False))
    lost = lost_range(data).lazy().select("image", is_lost=pl.lit(value=True))
    classes = data.labels.select("image", "class").drop_nulls().unique("image", keep="first")
    images = (
        data.readable.join(classes, on="image", how="left", maintain_order="left")
        .join(lost, on="image", how="left", maintain_order="left")
        .with_columns(pl.when(pl.col("is_lost").is_null()).then(measure.cast(pl.Float64).fill_nan(None)).alias("of_it"))
    )
    value = pl.col("of_it")
    known = pl.col("class").is_not_null() & (value.count().over("class") >= LEAST_OF_CLASS)
    in_all = _far(value) | (value.count() < LEAST)
    far = pl.when(known).then(_far(value).over("class")).otherwise(in_all)
    images = images.with_columns(far.fill_null(value=False).alias("outlying")).filter(where)
    return images.drop("is_lost", "of_it")


def _far(value: Expr) -> Expr:
    low, high = value.quantile(0.25), value.quantile(0.75)
    return (value < PART * value.median()) & (value < low - RANGES * (high - low))


def judged(data: Dataset, found: LazyFrame, severity: Severity, hint: str) -> LazyFrame:
    """`found` (image, path, outlying, ...) without the first and the third, with `severity` and `hint`.

    Outliers, unless a box or an outline lies on the picture: somebody saw an object there, however dark or plain the
    rest is, and it is a note. What most images of a dataset or class are is a note; any other part of it is left out.
    """
    drawn = pl.concat([table.select("image").drop_nulls() for table in (data.boxes, data.polygons)]).unique()
    seen = pl.col("seen").fill_null(value=False)
    return (
        with_nature(data, found, severity, hint)
        .filter(pl.col("outlying") | (pl.col("severity") == Severity.NOTE))
        .join(drawn.with_columns(seen=pl.lit(value=True)), on="image", how="left", maintain_order="left")
        .with_columns(
            pl.when(seen).then(pl.lit(Severity.NOTE)).otherwise("severity").alias("severity"),
            pl.when(seen).then(pl.lit(_HINT_OBJECT)).otherwise("hint").alias("hint"),
        )
        .drop("image", "outlying", "seen")
    )


_HINT_OBJECT = "find a better exposure if its labelled objects cannot be seen; else accept the finding"
