"""Facts from the content, the header and the pixels of each image, measured once.

`measure` fills the fact columns of the `images` table. Worker processes import this package too, so that nothing
heavier than numpy and Pillow is imported before `measure` is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalint.measure.thumbnails import SIDE
from datalint.rule import Need

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from datalint.cache.store import Cache
    from datalint.dataset import Dataset

__all__ = ["SIDE", "measure", "measure_masks"]


def measure(
    data: Dataset,
    *,
    level: Need,
    jobs: int | None = None,
    full_sample: int = 200,
    seed: int = 0,
    store: Path | None = None,
    cache: Cache | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Fill the `images` table of `data` as deep as `level`: FILES < CONTENT < HEADER < FRAMES < PIXELS.

    With PIXELS also `data.thumbnails`, uint8 of shape (images, SIDE, SIDE, 3), and `data.statistics`, whose std is
    calibrated on images decoded in full, drawn with `seed`: as many as make it sure, at most `full_sample`.

    What `cache` holds is not measured again.

    `jobs` is the number of worker processes: None is one per core, 0 measures inline, without protection against
    decoders that crash or hang. `store` is the folder of the thumbnails; None is a temporary file. `progress` is
    called with the number of images done and the number of all.

    No image makes this raise: one that cannot be measured has a `status` and a `cause`.
    """
    from datalint.measure.stage import run

    if level not in (Need.FILES, Need.CONTENT, Need.HEADER, Need.FRAMES, Need.PIXELS):
        raise ValueError(f"images are measured to files, content, header, frames or pixels, not to {level}")
    run(data, level=level, jobs=jobs, full_sample=full_sample, seed=seed, store=store, cache=cache, progress=progress)


def measure_masks(
    data: Dataset,
    *,
    jobs: int | None = None,
    cache: Cache | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Fill the columns of `data.masks` that the files themselves say. Every mask is decoded in full.

    `jobs`, `cache` and `progress` are as for `measure`, and here too no file makes this raise.
    """
    from datalint.measure.stage import run_masks

    run_masks(data, jobs=jobs, cache=cache, progress=progress)
