"""What is done where a device fails: smaller batches, a lower learning rate, in the end another model."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from datalint.dataset import Lack
    from datalint.probe.prediction import Prediction

_LEAST_BATCH = 1 / 8
_LOWER = 1 / 3
#: The words of frameworks and drivers that have no type of error for it.
_NO_MEMORY = ("out of memory", "not enough memory", "can't allocate memory", "cannot allocate memory", "alloc_failed")


class Remark(NamedTuple):
    """What did not go as planned, for the report."""

    words: str
    lack: Lack | None = None
    """What was short, if that is why."""


class DivergedError(Exception):
    """The loss, or what came of it, is not finite."""


def attempt(train: Callable[[float, float], Prediction], device: str) -> tuple[Prediction | None, tuple[Remark, ...]]:
    """What `train` gives, called with shares of the planned batch and learning rate, and remarks for the report.

    Out of memory: the batch is halved. A loss that is not finite: once again with a third of the rate. None where that
    does not help, or where the device cannot do it at all.
    """
    batch, rate = 1.0, 1.0
    while True:
        try:
            return train(batch, rate), _remarks(device, batch, rate)
        except DivergedError:
            cause, again = Remark("the loss was not finite, even with a third of the learning rate"), rate == 1
            rate = _LOWER
        except (RuntimeError, NotImplementedError, MemoryError) as error:
            if out_of_memory(error):
                cause = Remark(f"out of memory, even with 1/{1 / batch:.0f} of the batch", "memory")
                again = batch > _LEAST_BATCH
                batch /= 2
            else:
                cause, again = Remark(" ".join(str(error).split())[:200] or type(error).__name__), False
        # not before here: the exception holds the frames, and these the device's memory
        _release(device)
        if not again:
            failed = f"the network failed on {device} ({cause.words}): the simpler model on the CPU took its place"
            return None, (cause._replace(words=failed),)


def out_of_memory(error: BaseException) -> bool:
    """Whether `error` says so, or the error that it came from: it also breaks the recording of a CUDA graph."""
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _NO_MEMORY):
        return True
    return error.__context__ is not None and out_of_memory(error.__context__)


def _remarks(device: str, batch: float, rate: float) -> tuple[Remark, ...]:
    remarks = []
    if batch < 1:
        words = f"out of memory on {device}: trained with 1/{1 / batch:.0f} of the planned batch"
        remarks.append(Remark(words, "memory"))
    if rate < 1:
        remarks.append(Remark("the loss was not finite: trained again with a third of the learning rate"))
    return tuple(remarks)


def _release(device: str) -> None:
    import torch

    gc.collect()
    if device == "cuda":
        torch.cuda.empty_cache()
    elif device == "mps":
        torch.mps.empty_cache()
