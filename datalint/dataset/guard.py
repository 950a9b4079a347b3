"""Discover a dataset in a process of its own: a label file that crashes, hangs or swells costs that file alone."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from datalint import limits
from datalint.config.settings import ConfigError
from datalint.dataset.discover import DatasetError, discover
from datalint.sources import Refused
from datalint.sources.refused import kind
from datalint.sources.spool import Spool
from datalint.workers import Allowance, WorkerLost, call, kept, prepare
from datalint.workers.child import held, limit_memory

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from datalint.config.settings import Config
    from datalint.dataset import Dataset
    from datalint.dataset.files.tree import Tree

#: Files with one extension, and with any, that may fail: for each the others are read once more. After that, no file
#: with the extension is read, and then the scan is given up.
_MOST_OF_A_KIND, _MOST_REFUSED = 20, 100


class _Task(NamedTuple):
    paths: Sequence[Path | str]
    config: Config
    refused: Refused
    spool: Spool


def ready(config: Config) -> None:
    """Start the process that `discovered` needs: it is ready when this one is."""
    if config.jobs != 0:
        prepare(__name__)


def discovered(paths: Sequence[Path | str], config: Config, *, pictures: bool = True) -> Dataset:
    """See `discover`; where `config.jobs` is 0 it is that. Without `pictures` nobody is going to look at any.

    A file at which the process ends or fails, or that takes longer than its time, is left out as one that cannot be
    read, with the cause. Raises DatasetError also where no single file is to blame, or too many are.
    """
    if config.jobs == 0:
        return discover(paths, config, spool=Spool(pictures=pictures))
    allowed, start = limits.current(), time.monotonic()
    refused, spool = Refused(), Spool(pictures=pictures)
    while True:
        left = max(0.0, allowed.labels_seconds - (time.monotonic() - start))
        allowance = Allowance(left, limits.bytes_of(allowed.labels_memory), allowed.for_label_file)
        try:
            found = call(_answer, _Task(paths, config, refused, spool.lent()), allowance)
        except WorkerLost as loss:
            place = loss.reading.place if loss.reading else None
            if place is None or refused.get(place) is not None:
                raise DatasetError(f"the label files cannot be read: {loss}; {_WAYS_OUT}") from None
            _refuse(refused, place, loss)
            continue
        if isinstance(found, Exception):
            raise found
        spool.let_go()
        found.spool = spool  # this one goes with the dataset
        return found


def _refuse(refused: Refused, place: bytes, loss: WorkerLost) -> None:
    """Leave a file out from now on, or all of its kind; raises DatasetError where too many are left out."""
    if len(refused.files) == _MOST_REFUSED:
        raise DatasetError(
            f"more than {_MOST_REFUSED} label files cannot be read, {os.fsdecode(place)} among them: {loss}; "
            f"{_WAYS_OUT}"
        ) from None
    refused.files[place] = str(loss)
    alike = kind(place)
    if sum(kind(other) == alike for other in refused.files) == _MOST_OF_A_KIND:
        refused.kinds[alike] = f"left out after {_MOST_OF_A_KIND} files of its kind that cannot be read: {loss}"


_WAYS_OUT = "exclude the files that do not belong to the dataset, or allow more (--limit)"


def _answer(task: _Task) -> Dataset | DatasetError | ConfigError:
    try:
        with kept():  # formats look into images, some for each of their files
            return discover(task.paths, task.config, task.refused, _confine, task.spool)
    except (DatasetError, ConfigError) as error:
        return error


def _confine(tree: Tree) -> None:
    """Take no more memory than reading these files should."""
    others = tree.files.filter(~pl.col("candidate"))
    allowed = limits.current()
    wanted = allowed.for_label_files(int(others["bytes"].sum()), tree.files.height)
    # A table that claims to be large leaves room behind that was asked for and never used.
    left = held() if tree.tables or tree.faults else 0
    limit_memory(min(left + wanted, limits.bytes_of(allowed.labels_memory)))


__all__ = ["discovered", "ready"]
