"""The rule `shortcut`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from datalint import Confidence, Need, Rule, Severity, option
from datalint.lazy import numpy as np
from datalint.lazy import polars as pl
from datalint.rules.balance._properties import BORDER, CONTRAST, MADE, MIDDLE, NOTED, SHOWN, accuracies, measured

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from polars import DataFrame

    from datalint import Dataset

#: By how much the border must tell more than the middle of the picture, where what a class looks like may fill both;
#: and the same where the classes are alike in all but colour, so that some background in the middle may tell as well.
_MORE, _ALIKE_MORE = 0.1, 0.05
#: What other properties of the picture may tell, at most, where one of them counts as made and not shown.
_OTHERS = 0.8
#: Classes that a message names.
_NAMED = 3


class Shortcut(Rule):
    """A trivial property of the files that tells a class.

    ## What it does
    For each class it asks how well one property, put into bins, tells the class from all others: balanced accuracy
    over both, in five-fold cross-validation, so that 0.5 is chance however uneven the classes are. A class is flagged
    if a property is above its limit and beyond chance (normal approximation, p < 0.001 over the number of classes
    times properties).

    How the files were made is a warning: format, mode, camera, width, height, and of JPEG files the quality,
    quantisation tables, chroma subsampling and progressive coding. So is the colour of the border where the middle of
    the picture tells much less: what the objects lie on. Brightness, sharpness, colourfulness and bars at the edges
    have a higher limit, and are a warning only if no other property of the picture tells much: water is smooth, dark
    and blue at once, and that is what it looks like. Otherwise they are a note, as file size and date are. Properties
    that tell the same class, and classes that one property tells, are one finding.

    ## Why is this bad?
    A network takes the easiest way. If all tumours are PNG files of 512 pixels and all others are not, it learns that
    (at the least it learns the resampling), and fails on the next hospital's files.

    ## Example
    In `fixtures/shortcut/bad` all cats are 48 pixels wide and all dogs 64. In `fixtures/shortcut/good` all are 48.

    ## When not to use it
    Where the property is the class: telling day from night by brightness is not a shortcut.

    ## References
    Balanced accuracy against its own baseline of 0.5: cleanlab's spurious correlations compare with the majority class.
    Geirhos et al., Shortcut Learning in Deep Neural Networks, Nature Machine Intelligence 2 (2020). Backgrounds: Noyan,
    Uncovering Bias in the PlantVillage Dataset (2022), arXiv 2206.04374. The quality of a JPEG: libjpeg's jcparam.c.
    """

    code, name, since = "DL505", "shortcut", "0.1.0"
    severity, confidence = Severity.WARNING, Confidence.MEDIUM
    needs = (Need.PIXELS, Need.LABELS)
    message = "{property} alone tells {what} from the others: balanced accuracy {score:.3f}, chance 0.5{also}"
    hint = "find out why the files differ by class, and make them alike before training"
    key = ("property",)
    per_image = False
    scope = "class"

    accuracy = option(0.9, "Balanced accuracy at which a property of the file is flagged.", low=0.5, high=1.0)
    shown_accuracy = option(
        0.98, "The same for file size, brightness and others that also depend on what is shown.", low=0.5, high=1.0
    )
    fewest = option(10, "The fewest readable images that a class needs to be judged.", low=5)

    def check(self, data: Dataset) -> DataFrame:
        """One row per property that tells one class or more from the others, if no other tells it better."""
        declared = pl.Enum(data.table("labels")["class"].drop_nulls().unique().sort())
        labels = data.labels.select("image", pl.col("class").cast(declared)).drop_nulls().unique()
        labels = labels.filter(pl.len().over("image") == 1)
        images = measured(data).lazy().join(labels, on="image", maintain_order="left").collect()
        images = images.filter(pl.len().over("class") >= self.fewest)
        present, classes = np.unique(images["class"].to_physical().to_numpy(), return_inverse=True)
        names = declared.categories.gather(present).to_list()
        rows: list[tuple[str, str, str, float, str]] = []
        if len(names) > 1:
            counts = np.bincount(classes, minlength=len(names))
            scores = accuracies(images, classes, counts)
            sure = self._sure(counts, len(scores))
            for place, name in enumerate(names):
                own = {one: float(score[place]) for one, score in scores.items() if score[place] > sure[place]}
                rows += self._of(name, own)
            # Of two classes, what tells one tells the other.
            rows = rows[:1] if len(names) == 2 else rows
        schema = {"class": pl.String, "property": pl.String, "also": pl.String, "score": pl.Float64}
        found = pl.DataFrame(rows, schema={**schema, "severity": pl.String}, orient="row")
        few = pl.col("class").head(_NAMED).str.join(", ")
        more = pl.when(pl.len() > _NAMED).then(pl.lit(", ...")).otherwise(pl.lit(""))
        several = pl.format("{} classes ({}{})", pl.len(), few, more)
        return found.group_by("property", "severity", maintain_order=True).agg(
            subject=pl.col("class").str.join(", "),
            what=pl.when(pl.len() == 1).then(pl.format("the class {}", pl.col("class").first())).otherwise(several),
            score=pl.col("score").min(),
            also=pl.col("also").first(),
        )

    def _sure(self, counts: NDArray[np.intp], properties: int) -> NDArray[np.float64]:
        """(classes,): the score that chance exceeds less than once in a thousand times, over all that is asked."""
        limit = 0.001 / (len(counts) * properties)
        deviation = 0.25 * np.sqrt(1 / counts + 1 / (counts.sum() - counts))  # of a coin's score
        scores = np.linspace(0, 40, 4001)
        tails = np.array([math.erfc(score / math.sqrt(2)) / 2 for score in scores])
        found: NDArray[np.float64] = 0.5 + deviation * scores[int((tails >= limit).sum())]
        return found

    def _of(self, name: str, own: dict[str, float]) -> list[tuple[str, str, str, float, str]]:
        """(class, property, also, score, severity): none, or the property that tells the class best."""
        made = {one.name: own[one.name] for one in MADE if own.get(one.name, 0.0) >= self.accuracy}
        if not made and self._lies_on(own):
            made = {BORDER.name: own[BORDER.name]}
        if made:
            best = max(made, key=made.__getitem__)
            others = [one for one in made if one != best]
            also = f"; so do {', '.join(others)}" if len(others) > 1 else f"; so does {others[0]}" if others else ""
            return [(name, best, also, made[best], str(Severity.WARNING))]
        shown = {one.name: own[one.name] for one in (*SHOWN, *NOTED) if own.get(one.name, 0.0) >= self.shown_accuracy}
        if not shown:
            return []
        best = max(shown, key=shown.__getitem__)
        picture = [one.name for one in (BORDER, MIDDLE, CONTRAST, *SHOWN) if one.name != best]
        alone = best in {one.name for one in SHOWN} and all(own.get(one, 0.0) < _OTHERS for one in picture)
        return [(name, best, "", shown[best], str(Severity.WARNING if alone else Severity.NOTE))]

    def _lies_on(self, own: dict[str, float]) -> bool:
        """Whether the colour of the border tells, and not that of the whole picture."""
        border = own.get(BORDER.name, 0.0)
        alike = all(own.get(one.name, 0.0) < _OTHERS for one in (*SHOWN, CONTRAST))
        return border >= self.accuracy and border - own.get(MIDDLE.name, 0.5) >= (_ALIKE_MORE if alike else _MORE)
