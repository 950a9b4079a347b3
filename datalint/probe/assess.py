"""The probe from end to end: plan, predict out of sample, judge, tabulate."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from datalint.amounts import percent
from datalint.dataset import Batch, ProbeOutcome, schema
from datalint.probe import fallback, quality, speed
from datalint.probe.abstain import abstain, without
from datalint.probe.items import Objects
from datalint.probe.neighbours import nearest
from datalint.probe.task import LOST, MEMORY, TIME, AbstainError, Task, pose

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from datalint.dataset import Dataset
    from datalint.probe import Options
    from datalint.probe.batches import Found
    from datalint.probe.closed_form import Features
    from datalint.probe.given import Given
    from datalint.probe.items import Items
    from datalint.probe.prediction import Prediction
    from datalint.probe.regions import Regions
    from datalint.probe.weights import Network

#: Standard deviations above how often predictions that have nothing to do with the labels would agree with them.
_CLEARLY = 3.3
#: Allowance over `seconds` before the clock ends the probe: the plan is only an estimate.
_PATIENCE = 3.0


class OutOfTimeError(Exception):
    """The clock ran out."""


def assess(
    data: Dataset,
    items: Items,
    options: Options,
    given: Given,
    progress: Callable[[str, int, int], None] | None,
) -> None:
    """See `datalint.probe.run`."""
    end = time.monotonic() + _PATIENCE * options.seconds
    kind = device_kind(options.device)

    def step(done: int, total: int) -> None:
        if time.monotonic() > end:
            raise OutOfTimeError
        if progress:
            progress("probe", done, total)

    try:
        task, prediction, remarks = _predicted(data, items, options, given, kind, step)
        if task.several:
            from datalint.probe import several

            table, outcome = several.answer(items, task, prediction, options.seed)
        else:
            table, outcome = _judged(data, items, task, prediction, options.seed)
        lacks = [remark.lack for remark in remarks if remark.lack]
        if LOST in task.not_assessed:  # a worker may have been killed for its memory
            lacks.append("memory")
        lacked = tuple(dict.fromkeys(lacks))
        words = (*outcome.remarks, *(remark.words for remark in remarks))
        outcome = replace(outcome, remarks=words, lacked=lacked)
    except AbstainError as error:
        abstain(data, items, error)
        return
    except OutOfTimeError:
        table, outcome = items.rows, without(items, "out of time: raise probe.seconds", "time")
    except (MemoryError, RuntimeError) as error:
        if not fallback.out_of_memory(error):
            raise
        reason = f"out of memory: lower probe.seconds to assess fewer {items.noun}s"
        table, outcome = items.rows, without(items, reason, "memory")
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
    data: Dataset, items: Items, options: Options, given: Given, kind: str, step: Callable[[int, int], None]
) -> tuple[Task, Prediction, tuple[fallback.Remark, ...]]:
    """What was asked, what was answered, and remarks.

    By closed form on what the user gave; else by the network, or by closed form where no device trains one, or where
    images have several labels.
    """

    def asked(kind: str) -> Task:
        if isinstance(items, Objects):
            most = speed.objects(given, kind, options.seconds, items.candidates["image"].n_unique())
        else:
            most = speed.images(given, kind, options.seconds)
        held = kind == "cpu" and isinstance(items, Objects) and most == speed.MOST_OBJECTS
        task = pose(data, items, options.train_on, most, options.seed, MEMORY if held else TIME)
        step(0, 1)
        return task

    remarks: tuple[fallback.Remark, ...] = ()
    own = not given.embeddings and not given.asked
    if items.several and own and kind != "cpu":
        words = f"the network that is trained on {kind} gives an image one class: of several, the simpler model judges"
        remarks, kind = (fallback.Remark(words),), "cpu"
    if kind != "cpu" and not given.embeddings:
        task = asked(kind)
        if given.network and given.asked:
            prediction, remarks = _by_backbone(items, task, given.network, kind, options, step)
        else:
            task, seen_as = _pictures(items, task, kind, options, step)
            prediction, remarks = _by_network(seen_as, task, kind, options, step)
        if prediction:
            return task, prediction, remarks
        kind = "cpu"
    from datalint.probe import closed_form

    task = asked(kind)
    task, sources = _sources(items, task, given, options, step)
    prediction = closed_form.predict(sources, task, options.seed, step)
    if task.several and own:
        prediction = replace(prediction, regions=_regions(items, task, options, step))
    return task, prediction, remarks


def _regions(items: Items, task: Task, options: Options, step: Callable[[int, int], None]) -> Regions | None:
    """What parts of the images look like; None where these are too small, or too many."""
    from datalint.probe import regions

    count = len(task.items)
    shorter = items.sizes(task.items).min(1)
    shorter = shorter[np.isfinite(shorter)]
    large = len(shorter) > 0 and np.median(shorter) >= regions.LEAST_SIDE
    if not large or not speed.allows_parts(count, regions.PARTS, options.seconds):
        return None
    try:  # of one that is lost, the parts are black: its whole picture was there
        pictures, _ = items.pictures(task.items, regions.LEAST_SIDE, jobs=options.jobs, advance=lambda _: step(0, 1))
    except OSError:
        return None
    return regions.learn(pictures, task, options.seed, step)


def _by_network(
    pictures: NDArray[np.uint8], task: Task, kind: str, options: Options, step: Callable[[int, int], None]
) -> tuple[Prediction | None, tuple[fallback.Remark, ...]]:
    """What a network that is trained here says, if it can be, and remarks."""
    from datalint.probe import network

    return fallback.attempt(
        lambda batch, rate: network.predict(
            pictures, task, kind, options.seconds, options.seed, step, batch=batch, rate=rate
        ),
        kind,
    )


def _by_backbone(
    items: Items, task: Task, network: Network, kind: str, options: Options, step: Callable[[int, int], None]
) -> tuple[Prediction | None, tuple[fallback.Remark, ...]]:
    """What follows from the features of a network that was asked for, if the device can make them, and remarks."""
    from datalint.probe import backbone, closed_form

    try:
        source = backbone.Backbone(items, network, kind, options.jobs)
        return closed_form.predict([source], task, options.seed, step), ()
    except RuntimeError as error:
        short = fallback.out_of_memory(error)
        cause = "out of memory" if short else " ".join(str(error).split())[:200]
    words = f"{network.name} failed on {kind} ({cause}): it ran on the CPU instead"
    return None, (fallback.Remark(words, "memory" if short else None),)


def _pictures(
    items: Items, task: Task, kind: str, options: Options, step: Callable[[int, int], None]
) -> tuple[Task, NDArray[np.uint8]]:
    """(n, side, side, 3) pictures to learn from: larger than the small ones where the items are, and few enough; and
    the question about those that have one."""
    from datalint.probe.plan import SIDES, side_for

    count, small = len(task.items), items.small
    side = side_for(items.sizes(task.items), kind)
    if not speed.allows_larger((side / SIDES[0]) ** 2, kind, count, options.seconds):
        side = SIDES[0]
    if small is not None and side <= small.shape[1]:
        return task, small if count == len(small) else small[task.items]
    try:
        made, there = items.pictures(task.items, side, jobs=options.jobs, advance=lambda _: step(0, 1))
    except OSError as error:
        raise AbstainError(f"no room for its pictures: {error.filename}: {error.strerror}", "disk") from None
    return task.without(~there), made if there.all() else made[there]


def _sources(
    items: Items, task: Task, given: Given, options: Options, step: Callable[[int, int], None]
) -> tuple[Task, list[Features]]:
    """Features for the closed form on the CPU: those given; else the probe's own, and if there is time those of a
    network that nobody asked for; and the question about the items that have them."""
    if given.embeddings:
        return task, [given.embeddings]
    sources: list[Features] = []
    if not given.asked:
        from datalint.probe.features import Patches

        task, seen_as = _pictures(items, task, "cpu", options, step)
        sources.append(Patches(seen_as, task.items, options.seed))
    network = given.network
    if network and (given.asked or speed.allows_network(network, "cpu", len(task.items), options.seconds)):
        from datalint.probe.backbone import Backbone

        sources.append(Backbone(items, network, "cpu", options.jobs))
    return task, sources


def _judged(
    data: Dataset, items: Items, task: Task, prediction: Prediction, seed: int
) -> tuple[pl.DataFrame, ProbeOutcome]:
    count, scores = len(task.items), prediction.scores
    correct, chance = _better_than_chance(scores, task)
    from datalint.probe import batches, belief, groupings

    asked = items.rows[task.items]
    found_batches = batches.find(
        scores, task.given, task.group, groupings.groupings(data, asked, task.classes), groupings.orders(data, asked)
    )
    # a belief that is fitted to a batch takes it for a habit of the labels
    corrected = quality.corrected(task.given, found_batches)
    formed = belief.form(scores, corrected, task.group, seed)
    judged = quality.judge(formed, task.given, found_batches)
    noise, noise_error = quality.noise(formed, scores, task.given, found_batches)
    # an image's scores do not depend on its own label, and little on so few others: they serve for changed labels too
    labels, planted = quality.plant(corrected, len(task.classes), seed)
    found, _ = quality.likely(belief.form(scores, labels, task.group, seed), labels)
    names = np.array(task.classes, dtype=object)
    rows = np.arange(count)
    tier = np.select([judged.likely, judged.suspicious], ["likely", "suspicious"], "fine")
    assessed = pl.DataFrame(
        {
            "item": task.items.astype(np.uint32),
            "suggested": names[judged.suggested].tolist(),
            "p_given": formed.related[rows, task.given],
            "p_suggested": formed.related[rows, judged.suggested],
            "quality": judged.quality,
            "tier": tier.tolist(),
            "outlier": quality.outlierness(prediction.distance),
        }
    )
    assessed = assessed.join(_beside(task, prediction, judged), on="item", how="left", maintain_order="left")
    rest = items.rows.drop(set(assessed.columns) - {"item"}).with_row_index("item")
    table = rest.join(assessed, on="item", how="left", maintain_order="left").with_columns(
        pl.col("tier").fill_null("not-assessed")
    )
    outcome = ProbeOutcome(
        ran=True,
        reason="",
        noun=items.noun,
        design=prediction.design,
        accuracy=correct,
        chance=chance,
        assessed=count,
        not_assessed=task.not_assessed,
        noise=noise,
        noise_error=noise_error,
        likely_precision=judged.precision,
        planted=len(planted),
        recovered=int(found[planted].sum()),
        batches=tuple(_named(batch, task) for batch in found_batches),
        mirrored=prediction.mirrored,
    )
    return schema.conform("probe", table), outcome


def _better_than_chance(scores: NDArray[np.float64], task: Task) -> tuple[float, float]:
    """The share of the labels that the scores get right, and that which the largest class is; raises AbstainError."""
    count = len(task.items)
    correct = float(np.mean(scores.argmax(1) == task.given))
    shares = [np.bincount(of, minlength=len(task.classes)) / count for of in (task.given, scores.argmax(1))]
    chance, luck = float(shares[0].max()), float(shares[0] @ shares[1])
    # copies are not independent evidence
    spread = math.sqrt(luck * (1 - luck) / len(np.unique(task.group)))
    if correct <= max(chance, luck + _CLEARLY * spread):
        raise AbstainError(
            f"the quick model is not clearly better than chance: it gets {percent(correct, 1)} of {count:,} labels "
            f"right (always guessing the largest class: {percent(chance, 1)})"
        )
    return correct, chance


def _named(found: Found, task: Task) -> Batch:
    return Batch(
        found.by,
        found.name,
        task.classes[found.given],
        task.classes[found.suggested],
        tuple(task.items[found.rows].tolist()),
        found.of,
    )


def _beside(task: Task, prediction: Prediction, judged: quality.Judged) -> pl.DataFrame:
    """(item, near_given, near_suggested): the items most like each doubtful one."""
    doubtful = np.flatnonzero(judged.likely | judged.suspicious)
    return pl.DataFrame(
        {
            "item": task.items[doubtful].astype(np.uint32),
            "near_given": nearest(prediction, task, doubtful, task.given[doubtful]),
            "near_suggested": nearest(prediction, task, doubtful, judged.suggested[doubtful]),
        },
        schema={"item": pl.UInt32, "near_given": pl.List(pl.UInt32), "near_suggested": pl.List(pl.UInt32)},
    )
