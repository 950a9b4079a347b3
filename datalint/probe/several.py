"""Which of several labels an image has wrongly, and which it lacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from datalint.dataset import ProbeOutcome, schema
from datalint.probe import presence, quality
from datalint.probe.neighbours import most_like
from datalint.probe.task import AbstainError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from datalint.probe.items import Items
    from datalint.probe.prediction import Prediction
    from datalint.probe.presence import Presence
    from datalint.probe.task import Task

LEAST_WRONG = 0.45  # probability of being wrong of each likely one
_SPURIOUS = 0.085  # of the probe's doubt of given labels: the share of dropped ones that may be its own errors
_DOUBTFUL = 0.1  # most probability of what a suspicious label says
_PLANTED = (0.05, 0.02)  # labels dropped and added in the self-check, of those given
_BETTER = 0.52  # mean AUROC from which the probe is better than chance, and ...
_CLEARLY = 3.3  # ... by so many standard deviations


@dataclass(frozen=True, slots=True)
class Judged:
    """(n, classes) each: what is said of labels that are given, and of those that are not."""

    quality: NDArray[np.float64]
    likely: NDArray[np.bool_]
    suspicious: NDArray[np.bool_]
    precision: float | None
    """Expected share of the likely ones that are wrong; None where none is likely."""


def answer(items: Items, task: Task, prediction: Prediction, seed: int) -> tuple[pl.DataFrame, ProbeOutcome]:
    """The table `probe` and its outcome; raises AbstainError."""
    given = task.given.astype(bool)

    def believed(labels: NDArray[np.bool_]) -> Presence:
        evidence = prediction.scores[..., None]
        if prediction.regions is not None:
            evidence = np.concatenate([evidence, prediction.regions.evidence(labels)], 2)
        return presence.form(evidence, labels, task.group, seed)

    belief = believed(given)
    order = _better_than_chance(belief.present, given)
    judged = judge(belief, given)
    # an image's scores depend little on its own labels, and on so few others
    labels, planted = plant(given, seed)
    found, _ = likely(believed(labels), labels)
    noise, error = _noise(belief, given)
    design = prediction.design
    if prediction.regions is not None:
        design += f"; and {prediction.regions.design}"
    outcome = ProbeOutcome(
        ran=True,
        reason="",
        noun=items.noun,
        design=design,
        remarks=(
            f"of an image with a label and one without it, the quick model finds which in {100 * order:.0f} % of cases "
            "(guessing: 50 %)",
        ),
        assessed=int(given.sum()),
        not_assessed=task.not_assessed,
        noise=noise,
        noise_error=error,
        likely_precision=judged.precision,
        planted=int(planted.sum()),
        recovered=int((found & planted).sum()),
    )
    return _table(items, task, prediction, belief, judged), outcome


def judge(belief: Presence, given: NDArray[np.bool_]) -> Judged:
    """Rank what is said of each label, and find the two tiers."""
    from cleanlab.rank import get_label_quality_scores

    chances = np.stack([1 - belief.present, belief.present], 2).reshape(-1, 2)
    scores = get_label_quality_scores(given.ravel().astype(np.int64), chances, method="self_confidence")
    rank = np.asarray(scores, np.float64).reshape(given.shape)
    chosen, precision = likely(belief, given)
    suspicious = np.zeros(given.size, bool)
    doubtful = np.flatnonzero(((rank < _DOUBTFUL) & ~chosen).ravel())
    most = max(quality.MIN_SUSPICIOUS, int(quality.SUSPICIOUS_SHARE * given.sum()))
    suspicious[doubtful[np.argsort(rank.ravel()[doubtful], kind="stable")][:most]] = True
    return Judged(rank, chosen, suspicious.reshape(given.shape), precision)


def likely(belief: Presence, given: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], float | None]:
    """(n, classes) what to call wrong, and the share of it that is expected to be.

    Labels that are given, and labels that are missing, apart: those that the probe believes least, as many as keep the
    mean of their probabilities of being wrong, less the share of the errors that may be the probe's own, at
    `quality.LIKELY_PRECISION`.
    """
    chosen = np.zeros(given.shape, bool)
    expected = 0.0
    for there, (share, error) in ((True, belief.added), (False, belief.dropped)):
        if share <= 0 or share < error:
            continue
        own = 1.0 if there else max(0.0, 1 - _spurious(belief, given) / share)
        contradicted = belief.present < 0.5 if there else belief.present > 0.5
        rows, columns = np.nonzero((given == there) & contradicted & (belief.wrong >= LEAST_WRONG))
        order = np.argsort((belief.present if there else -belief.present)[rows, columns], kind="stable")
        rows, columns = rows[order], columns[order]
        wrong = np.cumsum(own * belief.wrong[rows, columns])
        enough = np.flatnonzero(wrong / np.arange(1, len(rows) + 1) >= quality.LIKELY_PRECISION)
        if len(enough):
            chosen[rows[: enough[-1] + 1], columns[: enough[-1] + 1]] = True
            expected += float(wrong[enough[-1]])
    return chosen, expected / chosen.sum() if chosen.any() else None


def _spurious(belief: Presence, given: NDArray[np.bool_]) -> float:
    """The share of given labels that a fit may take for dropped ones where none was."""
    return _SPURIOUS * float(np.minimum(belief.present, 1 - belief.present)[given].mean())


def plant(given: NDArray[np.bool_], seed: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Labels (n, classes) of which a share is dropped, and others added, at random; and where."""
    rng = np.random.default_rng(seed)
    flat = np.zeros(given.size, bool)
    for cells, share in zip((np.flatnonzero(given), np.flatnonzero(~given)), _PLANTED, strict=True):
        some = min(len(cells), max(1, int(share * given.sum())))
        flat[rng.choice(cells, some, replace=False)] = True
    changed = flat.reshape(given.shape)
    return given ^ changed, changed


def _better_than_chance(present: NDArray[np.float64], given: NDArray[np.bool_]) -> float:
    """Mean AUROC of the classes; raises AbstainError."""
    found, spread = [], 0.0
    for chances, labels in zip(present.T, given.T, strict=True):
        order = np.unique(chances, return_inverse=True, return_counts=True)
        rank = np.cumsum(order[2]) - (order[2] - 1) / 2  # of equals the mean one
        have = int(labels.sum())
        lack = len(labels) - have
        found.append((rank[order[1]][labels].mean() - (have + 1) / 2) / lack)
        spread += (len(labels) + 1) / (12 * have * lack)
    mean, error = float(np.mean(found)), float(np.sqrt(spread)) / len(found)
    if mean < max(_BETTER, 0.5 + _CLEARLY * error):
        raise AbstainError(
            "the quick model is not clearly better than chance: of an image with a label and one without it, it finds "
            f"which in {100 * mean:.1f} % of cases (guessing: 50 %)"
        )
    return mean


def _noise(belief: Presence, given: NDArray[np.bool_]) -> tuple[float, float]:
    """The estimated share of labels that are wrong or missing, of those given, and how far it may be off."""
    have, lack = int(given.sum()), int((~given).sum())
    share = float(belief.wrong.sum() / have)
    error = belief.added[1] * lack / have + belief.dropped[1] + _spurious(belief, given)
    return share, error


def _table(items: Items, task: Task, prediction: Prediction, belief: Presence, judged: Judged) -> pl.DataFrame:
    """One row per image and label, those that are given and those that are likely or suspiciously missing."""
    given = task.given.astype(bool)
    doubted = judged.likely | judged.suspicious
    rows, columns = np.nonzero(given | doubted)
    there, chance = given[rows, columns], belief.present[rows, columns]
    names = np.array(task.classes, object)[columns]
    lacking = np.array([f"no {name}" for name in task.classes], object)[columns]
    seen = chance >= 0.5
    tier = np.select([judged.likely[rows, columns], judged.suspicious[rows, columns]], ["likely", "suspicious"], "fine")
    assessed = pl.DataFrame(
        {
            "image": task.items[rows].astype(np.uint32),
            "label": names.tolist(),
            "given": np.where(there, names, lacking).tolist(),
            "suggested": np.where(seen, names, lacking).tolist(),
            "p_given": np.where(there, chance, 1 - chance),
            "p_suggested": np.where(seen, chance, 1 - chance),
            "quality": judged.quality[rows, columns],
            "tier": tier.tolist(),
        },
        schema_overrides={"label": pl.String, "given": pl.String, "suggested": pl.String},
    )
    place = items.rows.select("image", "path").unique("image", maintain_order=True)
    before = items.rows.select("image", "path", "label", "given", "tier")
    asked = before.join(assessed, on=["image", "label"], how="anti", nulls_equal=True)
    table = pl.concat([asked, assessed.join(place, on="image")], how="diagonal").sort("image", "label")
    outlier = quality.outlierness(prediction.distance)
    first = pl.DataFrame({"image": task.items.astype(np.uint32), "outlier": outlier})
    table = (
        table.with_row_index("row")
        .join(first, on="image", how="left", maintain_order="left")
        .with_columns(pl.when(pl.col("row") == pl.col("row").first().over("image")).then("outlier").alias("outlier"))
    )
    near = _beside(task, prediction, given, doubted, table.group_by("image").agg(pl.col("row").first()))
    table = table.join(near, on=["image", "label"], how="left", maintain_order="left")
    return schema.conform("probe", table)


def _beside(
    task: Task,
    prediction: Prediction,
    given: NDArray[np.bool_],
    doubted: NDArray[np.bool_],
    first: pl.DataFrame,
) -> pl.DataFrame:
    """(image, label, near_given, near_suggested): rows of the images most like each doubtful one, with the label and
    without it, which are not doubtful themselves."""
    row_of = dict(first.iter_rows())
    rows, columns = np.nonzero(doubted)

    def near(like: NDArray[np.bool_]) -> list[list[int] | None]:
        """Of those with the label, or without it, as `like` says of each."""
        wanted = [(given[:, column] == one) & ~doubted[:, column] for column, one in zip(columns, like, strict=True)]
        found = most_like(prediction, task, rows, wanted)
        return [None if some is None else [row_of[image] for image in some] for some in found]

    there = given[rows, columns]
    return pl.DataFrame(
        {
            "image": task.items[rows].astype(np.uint32),
            "label": [task.classes[column] for column in columns],
            "near_given": near(there),
            "near_suggested": near(~there),
        },
        schema={
            "image": pl.UInt32,
            "label": pl.String,
            "near_given": pl.List(pl.UInt32),
            "near_suggested": pl.List(pl.UInt32),
        },
    )


__all__ = ["Judged", "answer", "judge", "likely", "plant"]
