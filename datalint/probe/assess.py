"""The probe from end to end: plan, predict out of sample, judge, tabulate."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from datalint.dataset import ProbeOutcome, schema
from datalint.probe import fallback, quality
from datalint.probe.neighbours import nearest
from datalint.probe.task import AbstainError, Task, pose

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from datalint.dataset import Dataset
    from datalint.probe import Options
    from datalint.probe.brought import Brought
    from datalint.probe.prediction import Prediction

#: Images a second that the plan counts on, features and all. CPU: measured on 2 cores, 50,000 images in 137 s.
_PACE = {"cpu": 340, "mps": 500, "cuda": 2000, "embeddings": 1000}
#: Images a second that can be counted on to be decoded once more.
_DECODED = 200
#: Standard deviations above what predictions that have nothing to do with the labels would agree with them.
_CLEARLY = 3.3
#: Allowance over `seconds` before the clock ends the probe: the plan is only an estimate.
_PATIENCE = 3.0


class OutOfTimeError(Exception):
    """The clock ran out."""


def assess(data: Dataset, options: Options, brought: Brought, progress: Callable[[str, int, int], None] | None) -> None:
    """See `datalint.probe.run`."""
    end = time.monotonic() + _PATIENCE * options.seconds
    kind = device_kind(options.device)

    def step(done: int, total: int) -> None:
        if time.monotonic() > end:
            raise OutOfTimeError
        if progress:
            progress("probe", done, total)

    try:
        task, prediction, remarks = _predicted(data, options, brought, kind, step)
        table, outcome = _judged(data, task, prediction, options.seed)
        outcome = replace(outcome, remarks=remarks)
    except AbstainError as reason:
        table, outcome = _nothing(data), ProbeOutcome(ran=False, reason=str(reason))
    except OutOfTimeError:
        table, outcome = _nothing(data), ProbeOutcome(ran=False, reason="out of time: raise probe.seconds")
    except (MemoryError, RuntimeError) as error:
        if not fallback.out_of_memory(error):
            raise
        lack = "out of memory: a smaller probe.seconds assesses fewer images"
        table, outcome = _nothing(data), ProbeOutcome(ran=False, reason=lack)
    data.tables["probe"], data.probe_outcome = table, outcome


def device_kind(device: str) -> str:
    """The kind of device to use; `auto` takes CUDA, then MPS, then the CPU. One that is named need not be there."""
    if device != "auto":
        return device
    return next(kind for kind in ("cuda", "mps", "cpu") if has_device(kind))


def has_device(kind: str) -> bool:
    """Whether torch finds a device of that kind here."""
    import torch

    if kind == "cuda":
        return torch.cuda.is_available()
    return kind == "cpu" or torch.backends.mps.is_available()


def _predicted(
    data: Dataset, options: Options, brought: Brought, kind: str, step: Callable[[int, int], None]
) -> tuple[Task, Prediction, tuple[str, ...]]:
    """What was asked, what was answered, and remarks.

    By closed form on what the user brought; else by the network, or where no device trains one by closed form.
    """

    def asked(kind: str) -> tuple[Task, NDArray[np.uint8]]:
        most = max(1, int(options.seconds * _PACE[kind]))
        task = pose(data, options.train_on, most, options.seed, brought.lacking())
        assert data.small is not None  # pose() has seen to it
        step(0, 1)
        return task, data.small

    from datalint.probe import closed_form

    remarks: tuple[str, ...] = ()
    if brought.embeddings:
        task, _ = asked("embeddings")
        return task, closed_form.predict(brought.embeddings, task, options.seed, step), remarks
    if kind != "cpu":
        from datalint.probe import network

        task, small = asked(kind)
        pictures = _pictures(data, task, small, options.seconds, step)
        prediction, remarks = fallback.attempt(
            lambda batch, rate: network.predict(
                pictures, task, kind, options.seconds, options.seed, step, batch=batch, rate=rate
            ),
            kind,
        )
        if prediction:
            return task, prediction, remarks
    from datalint.probe.features import Patches

    task, small = asked("cpu")
    return (
        task,
        closed_form.predict(Patches(small, task.images, options.seed), task, options.seed, step),
        remarks,
    )


def _pictures(
    data: Dataset, task: Task, small: NDArray[np.uint8], seconds: float, step: Callable[[int, int], None]
) -> NDArray[np.uint8]:
    """(n, side, side, 3) pictures to train on: larger than the small ones where the images are, and few enough."""
    from datalint.measure.pictures import pictures
    from datalint.probe.plan import side_for

    side = side_for(data.table("images")[task.images].select("width", "height").to_numpy())
    if side <= small.shape[1] or len(task.images) > seconds * _DECODED:
        return small[task.images]
    return pictures(data, task.images, side, advance=lambda _: step(0, 1))[0]


def _judged(data: Dataset, task: Task, prediction: Prediction, seed: int) -> tuple[pl.DataFrame, ProbeOutcome]:
    count, scores = len(task.images), prediction.scores
    correct = float(np.mean(scores.argmax(1) == task.given))
    shares = [np.bincount(of, minlength=len(task.classes)) / count for of in (task.given, scores.argmax(1))]
    chance, luck = float(shares[0].max()), float(shares[0] @ shares[1])
    # copies are no independent evidence
    spread = math.sqrt(luck * (1 - luck) / len(np.unique(task.group)))
    if correct <= max(chance, luck + _CLEARLY * spread):
        raise AbstainError(
            f"it is no better than chance, or not clearly: {correct:.1%} of {count:,} labels predicted, "
            f"always saying the largest class gives {chance:.1%}"
        )
    from datalint.probe import belief

    formed = belief.form(scores, task.given, task.group, seed)
    judged = quality.judge(formed, task.given)
    # an image's scores do not depend on its own label, and little on so few others: they serve for changed labels too
    labels, planted = quality.plant(task.given, len(task.classes), seed)
    found, _ = quality.likely(belief.form(scores, labels, task.group, seed), labels)
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
            "outlier": quality.outlierness(prediction.distance),
        }
    )
    doubtful = np.flatnonzero(judged.likely | judged.suspicious)
    beside = pl.DataFrame(
        {
            "image": task.images[doubtful].astype(np.uint32),
            "near_given": nearest(prediction, task, doubtful, task.given[doubtful]),
            "near_suggested": nearest(prediction, task, doubtful, judged.suggested[doubtful]),
        },
        schema={"image": pl.UInt32, "near_given": pl.List(pl.UInt32), "near_suggested": pl.List(pl.UInt32)},
    )
    assessed = assessed.join(beside, on="image", how="left", maintain_order="left")
    rest = _nothing(data).select("image", "path", "given")
    table = rest.join(assessed, on="image", how="left", maintain_order="left").with_columns(
        pl.col("tier").fill_null("not-assessed")
    )
    outcome = ProbeOutcome(
        ran=True,
        reason="",
        design=prediction.design,
        accuracy=correct,
        chance=chance,
        assessed=count,
        not_assessed=task.not_assessed,
        noise=formed.noise,
        noise_error=formed.noise_error,
        likely_precision=judged.precision,
        planted=len(planted),
        recovered=int(found[planted].sum()),
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
