"""The rule `shortcut`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import numpy as np
from datalint.lazy import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from polars import DataFrame, Series

    from datalint import Dataset


#: What depends on how a file was made, and not on what it shows.
_MADE = ("format", "mode", "camera", "width", "height")
#: What also depends on the picture: dark animals are dark, plain pictures compress well.
_SHOWN = ("bytes", "brightness")
#: Formats whose files are as large as what they show makes them: nothing is lost, so there is no quality to choose.
_LOSSLESS = ("PNG", "BMP", "PPM", "QOI", "TGA")
_FOLDS = 5
_MOST_VALUES = 32
_BINS = 16


class Shortcut(Rule):
    """A trivial property of the files that tells a class.

    ## What it does
    For each class and each of format, mode, camera, width, height, file size and brightness it asks how well that one
    property, put into bins, tells the class from all others: balanced accuracy over both, in five-fold
    cross-validation, so that 0.5 is chance however uneven the classes are. A class is flagged if the best property is
    above its limit and beyond chance (normal approximation, p < 0.001 over the number of classes times properties).
    File size and brightness also depend on what the picture shows, and have a limit of their own. The size of files
    that are all lossless, such as PNG, depends on that alone, and is a note.

    ## Why is this bad?
    A network takes the easiest way. If all tumours are PNG files of 512 pixels and all others are not, it learns that
    (at the least it learns the resampling), and fails on the next hospital's files.

    ## Example
    In `fixtures/shortcut/bad` all cats are 48 pixels wide and all dogs 64. In `fixtures/shortcut/good` all are 48.

    ## When not to use it
    Where the property is the class: telling day from night by brightness is not a shortcut.

    ## References
    Balanced accuracy against its own baseline of 0.5: cleanlab's spurious correlations compare with the majority class.
    Geirhos et al., Shortcut Learning in Deep Neural Networks, Nature Machine Intelligence 2 (2020).
    """

    code, name, since = "DL505", "shortcut", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.MEDIUM
    needs = (Need.PIXELS, Need.LABELS)
    message = "{property} alone tells the class {subject} from the others: balanced accuracy {score:.3f}, chance 0.5"
    hint = "find out why the files of the class differ, and make them alike before training"
    key = ("property",)
    per_image = False
    scope = "class"

    accuracy = option(0.9, "Balanced accuracy at which a property of the file is flagged.", low=0.5, high=1.0)
    shown_accuracy = option(
        0.98, "The same for file size and brightness, which also depend on what is shown.", low=0.5, high=1.0
    )
    fewest = option(10, "The fewest readable images that a class needs to be judged.", low=5)

    def check(self, data: Dataset) -> DataFrame:
        """One row per class that one property tells from the others, with the property that does so best."""
        labels = data.table("labels").filter(pl.col("class").is_not_null()).select("image", "class").drop_nulls()
        labels = labels.unique(maintain_order=True).filter(pl.len().over("image") == 1)
        known = [name for name in (*_MADE, *_SHOWN) if name in data.table("images").columns]
        images = data.readable.select("image", *known).collect().join(labels, on="image")
        images = images.filter(pl.len().over("class") >= self.fewest).sort("image")
        names = images["class"].unique().sort()
        rows: list[tuple[str, str, float]] = []
        if len(names) > 1:
            classes = images["class"].cast(pl.Enum(names)).to_physical().to_numpy().astype(np.intp)
            counts = np.bincount(classes, minlength=len(names))
            best = self._best(images.select(known), classes, counts)
            # Of two classes, what tells one tells the other.
            rows = [(name, *found) for name, found in zip(names, best, strict=True) if found]
            rows = rows[:1] if len(names) == 2 else rows
        found = pl.DataFrame(
            rows, schema={"subject": pl.String, "property": pl.String, "score": pl.Float64}, orient="row"
        )
        lossless = "format" in known and bool(images["format"].is_in(_LOSSLESS).all())
        shown = pl.lit(lossless) & (pl.col("property") == "bytes")
        severity = pl.when(shown).then(pl.lit(str(Severity.NOTE))).otherwise(pl.lit(str(self.severity)))
        return found.with_columns(severity=severity)

    def _best(
        self, properties: DataFrame, classes: NDArray[np.intp], counts: NDArray[np.intp]
    ) -> list[tuple[str, float] | None]:
        """For each class the property that tells it from the others best, and how well; None if no property does."""
        limit = 0.001 / (len(counts) * properties.width)
        chance = 0.25 * np.sqrt(1 / counts + 1 / (counts.sum() - counts))  # standard deviation of a coin's score
        best: list[tuple[str, float] | None] = [None] * len(counts)
        for column in properties.iter_columns():
            bar = self.accuracy if column.name in _MADE else self.shown_accuracy
            for place, score in enumerate(_scores(_bins(column), classes, counts)):
                sure = math.erfc((score - 0.5) / chance[place] / math.sqrt(2)) / 2 < limit
                found = best[place]
                if score >= bar and sure and (found is None or score > found[1]):
                    best[place] = (column.name, float(score))
        return best


def _bins(column: Series) -> NDArray[np.intp]:
    """The column's values as numbers of bins: values themselves if few, else 16 quantiles; null is a bin."""
    if column.dtype.is_numeric() and column.n_unique() > _MOST_VALUES:
        column = column.rank("average") * (_BINS / max(column.count(), 1))
        column = column.floor().cast(pl.Int64)
    return column.rank("dense").fill_null(0).to_numpy().astype(np.intp)


def _scores(bins: NDArray[np.intp], classes: NDArray[np.intp], counts: NDArray[np.intp]) -> NDArray[np.float64]:
    """Balanced accuracy (classes,) of telling each class from the rest by the bins, cross-validated."""
    order = np.argsort(classes, kind="stable")
    place = np.empty_like(classes)
    place[order] = np.arange(len(classes)) - np.repeat(np.cumsum(counts) - counts, counts)
    shape = (_FOLDS, len(counts), int(bins.max()) + 1)
    cells = np.ravel_multi_index((place % _FOLDS, classes, bins), shape)
    table = np.bincount(cells, minlength=math.prod(shape)).reshape(shape).astype(np.float64)
    hits, refusals = np.zeros(len(counts)), np.zeros(len(counts))
    whole = table.sum(axis=0)
    for tested in table:
        trained = whole - tested
        rest = trained.sum(axis=0) - trained
        share, rest_share = _shares(trained), _shares(rest)
        said = share > rest_share
        hits += (tested * said).sum(axis=1)
        refusals += ((tested.sum(axis=0) - tested) * ~said).sum(axis=1)
    scores: NDArray[np.float64] = (hits / counts + refusals / (counts.sum() - counts)) / 2
    return scores


def _shares(table: NDArray[np.float64]) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    return shares
