"""The probe from end to end: plan, predict out of sample, judge, tabulate."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from datalint.dataset import ProbeOutcome, schema
from datalint.probe import quality
from datalint.probe.task import AbstainError, Task, pose

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from datalint.dataset import Dataset

#: Images a second that the plan counts on, features and all: measured on 2 cores, and halved.
_PACE = {"cpu": 250, "mps": 500, "cuda": 2000}
_CLEARLY = 3.3  # standard deviations above chance
#: Allowance over `seconds` before the clock ends the probe: the plan is only an estimate.
_PATIENCE = 3.0


class OutOfTimeError(Exception):
    """The clock ran out."""


def assess(
    data: Dataset,
    *,
    seconds: float,
    train_on: str,
    device: str,
    seed: int,
    progress: Callable[[str, int, int], None] | None,
) -> None:
    """See `datalint.probe.run`."""
    end = time.monotonic() + _PATIENCE * seconds
    kind = device_kind(device)

    def step(done: int, total: int) -> None:
        if time.monotonic() > end:
            raise OutOfTimeError
        if progress:
            progress("probe", done, total)

    try:
        task = pose(data, train_on, most=max(1, int(seconds * _PACE[kind])), seed=seed)
        step(0, 1)
        assert data.small is not None  # pose() has seen to it
        if kind == "cpu":
            scores, distance, design = _closed_form(data.small, task, seed, step)
        else:
            from datalint.probe.network import predict

            scores, distance, design = predict(data.small, task, kind, seed, step)
        table, outcome = _judged(data, task, scores, distance, design, seed)
    except AbstainError as reason:
        table, outcome = _nothing(data), ProbeOutcome(ran=False, reason=str(reason))
    except OutOfTimeError:
        table, outcome = _nothing(data), ProbeOutcome(ran=False, reason="out of time: raise probe.seconds")
    data.tables["probe"], data.probe_outcome = table, outcome


def device_kind(device: str) -> str:
    """The kind of device to use; `auto` takes CUDA, then MPS, then the CPU."""
    if device != "auto":
        return device
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _closed_form(
    small: NDArray[np.uint8], task: Task, seed: int, step: Callable[[int, int], None]
) -> tuple[NDArray[np.float64], NDArray[np.float32], str]:
    from datalint.probe import belief, features, ridge

    count, classes = len(task.images), len(task.classes)
    total = 2 * count
    filters = features.Filters.drawn_from(small, task.images, seed)
    # whether left and right matter, and how smooth the fit is, are decided on a sample, by how well it predicts
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.choice(count, min(count, 1500), replace=False))
    sample = Task(task.images[rows], task.given[rows], task.classes, task.group[rows], {})
    trials = []
    for mirror in (False, True):
        matrix = features.extract(small, sample.images, filters, mirror=mirror, advance=lambda _: step(0, total))
        features.standardise(matrix)
        chosen, least = ridge.choose_penalty(
            ridge.kernel(matrix, seed), sample.given, classes, sample.copies(), lambda s: belief.loss(s, sample.given)
        )
        trials.append((least, mirror, chosen, matrix))
    _, mirror, penalty, matrix = min(trials, key=lambda trial: trial[:2])
    if len(rows) < count:
        matrix = features.extract(small, task.images, filters, mirror=mirror, advance=lambda done: step(done, total))
        features.standardise(matrix)
    kernel = ridge.kernel(matrix, seed, advance=lambda done: step(count + done // 2, total))
    del matrix, trials
    step(count + count // 2, total)
    scores = ridge.left_out(kernel, task.given, classes, task.copies(), penalty)
    step(total, total)
    method = "leaving each image and its copies out"
    solver = (
        "kernel ridge regression" if kernel.exact else f"kernel ridge regression on {len(kernel.landmarks):,} landmarks"
    )
    colour = "grey" if filters.grey else "colour"
    design = (
        f"{solver} on {features.FILTERS} whitened {features.PATCH}x{features.PATCH} patches of {count:,} {colour} "
        f"pictures of 32x32 pixels, {'mirrored too' if mirror else 'not mirrored'}, {method}"
    )
    return scores, kernel.distance, design


def _judged(
    data: Dataset, task: Task, scores: NDArray[np.float64], distance: NDArray[np.float32], design: str, seed: int
) -> tuple[pl.DataFrame, ProbeOutcome]:
    count = len(task.images)
    correct = float(np.mean(scores.argmax(1) == task.given))
    chance = float(np.bincount(task.given).max()) / count
    # copies are no independent evidence
    spread = math.sqrt(chance * (1 - chance) / len(np.unique(task.group)))
    if correct <= chance + _CLEARLY * spread:
        raise AbstainError(
            f"it is no better than chance: {correct:.1%} of {count:,} labels predicted, "
            f"always saying the largest class gives {chance:.1%}"
        )
    from datalint.probe import belief

    formed = belief.form(scores, task.given, task.group, seed)
    judged = quality.judge(formed, task.given, seed)
    names = np.array(task.classes, dtype=object)
    rows = np.arange(count)
    tier = np.select([judged.likely, judged.suspicious], ["likely", "suspicious"], "fine")
    assessed = pl.DataFrame(
        {
            "image": task.images.astype(np.uint32),
            "suggested": names[judged.suggested].tolist(),
            "p_given": formed.related[rows, task.given],
            "p_suggested": formed.related[rows, judged.suggested],
            "quality": judged.quality,
            "tier": tier.tolist(),
            "outlier": quality.outlierness(distance),
        }
    )
    rest = _nothing(data).select("image", "path", "given")
    table = rest.join(assessed, on="image", how="left", maintain_order="left").with_columns(
        pl.col("tier").fill_null("not-assessed")
    )
    outcome = ProbeOutcome(
        ran=True,
        reason="",
        design=design,
        accuracy=correct,
        chance=chance,
        assessed=count,
        not_assessed=task.not_assessed,
        noise=judged.noise,
        planted=judged.planted,
        recovered=judged.recovered,
    )
    return schema.conform("probe", table), outcome


def _nothing(data: Dataset) -> pl.DataFrame:
    """Every image, not assessed."""
    given = (
        data.table("labels").filter(pl.col("image").is_not_null()).unique("image", keep="first", maintain_order=True)
    )
    images = data.table("images").select("image", "path")
    named = images.join(
        given.select("image", pl.col("class").alias("given")), on="image", how="left", maintain_order="left"
    )
    return schema.conform("probe", named.with_columns(pl.lit("not-assessed").alias("tier")))
