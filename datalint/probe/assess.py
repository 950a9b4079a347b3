"""The probe from end to end: plan, predict out of sample, judge, tabulate."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from datalint.dataset import ProbeOutcome, schema
from datalint.probe import quality
from datalint.probe.neighbours import nearest
from datalint.probe.task import AbstainError, Task, pose

if TYPE_CHECKING:
    from collections.abc import Callable

    from datalint.dataset import Dataset
    from datalint.probe import Options
    from datalint.probe.brought import Brought
    from datalint.probe.closed_form import Features
    from datalint.probe.prediction import Prediction
    from datalint.probe.weights import Network

#: Images a second that the plan counts on, features and all. CPU: measured on 2 cores, 50,000 images in 137 s.
_PACE = {"cpu": 340, "mps": 500, "cuda": 2000, "embeddings": 1000}
_SPEED = {"cpu": 80.0, "mps": 500.0, "cuda": 5000.0}  # 10^9 multiplications a second, of pretrained networks
_OVERHEAD = 0.015  # seconds to decode a picture and hand it to the network, which is done twice: mirrored too
_CLEARLY = 3.3  # standard deviations above chance
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
        most = max(1, int(options.seconds * _pace(brought, kind)))
        task = pose(data, options.train_on, most, options.seed, brought.lacking())
        step(0, 1)
        prediction = _predicted(data, task, brought, kind, options, step)
        table, outcome = _judged(data, task, prediction, options.seed)
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


def _pace(brought: Brought, kind: str) -> float:
    """Images a second that the plan counts on."""
    if brought.embeddings:
        return _PACE["embeddings"]
    return _network_pace(brought.network, kind) if brought.network and brought.asked else _PACE[kind]


def _network_pace(network: Network, kind: str) -> float:
    return 1 / (1 / _PACE[kind] + 2 * (_OVERHEAD + network.work / _SPEED[kind]))


def _predicted(
    data: Dataset, task: Task, brought: Brought, kind: str, options: Options, step: Callable[[int, int], None]
) -> Prediction:
    assert data.small is not None  # pose() has seen to it
    sources: list[Features] = []
    if brought.embeddings:
        sources.append(brought.embeddings)
    elif kind == "cpu" and not brought.asked:
        from datalint.probe.features import Patches

        sources.append(Patches(data.small, task.images, options.seed))
    if brought.network and (brought.asked or (sources and _has_time(brought.network, task, options.seconds))):
        from datalint.probe.backbone import Backbone

        sources.append(Backbone(data, brought.network, kind, options.jobs))
    if sources:
        from datalint.probe import closed_form

        return closed_form.predict(sources, task, options.seed, step)
    from datalint.probe import network

    return network.predict(data.small, task, kind, options.seed, step)


def _has_time(network: Network, task: Task, seconds: float) -> bool:
    """Whether a network that nobody asked for can be tried and used within the time."""
    return len(task.images) <= seconds * _network_pace(network, "cpu")


def _judged(data: Dataset, task: Task, prediction: Prediction, seed: int) -> tuple[pl.DataFrame, ProbeOutcome]:
    count, scores = len(task.images), prediction.scores
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
