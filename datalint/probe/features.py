"""Fixed features of small pictures: responses to random whitened patches, pooled. Labels play no part in them.

After Coates, Lee and Ng, "An Analysis of Single-Layer Networks in Unsupervised Feature Learning" (2011): patches with
their contrast normalised, whitened (ZCA), filters that are patches of the data itself, both signs of the response.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from torch import Tensor

FILTERS = 256
PATCH = 6
POOL = 3
THRESHOLD = 0.5  # responses below it count as none
_CONTRAST_FLOOR = 10.0  # added to a patch's variance, in grey levels squared: flat patches stay flat
_WHITENING_FLOOR = 0.1  # added to the eigenvalues of the patches' covariance
_SAMPLED_PATCHES = 20_000
_SAMPLED_PICTURES = 2_000
_GREY_SPREAD = 8  # grey levels between channels that compression leaves in a grey picture


class Patches:
    """Features of the pictures `small`, (n, side, side, 3) uint8, of which those numbered `images` are asked about."""

    views = ("not mirrored", "mirrored too")

    def __init__(self, small: NDArray[np.uint8], images: NDArray[np.int64], seed: int) -> None:
        self._small = small
        self._filters = Filters.drawn_from(small, images, seed)

    def extract(
        self, images: NDArray[np.int64], view: str, advance: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """(len(images), 2 * FILTERS * POOL * POOL) float32: pooled responses of the pictures numbered `images`."""
        return extract(self._small, images, self._filters, mirror=view == self.views[1], advance=advance)

    def describe(self, count: int, view: str) -> str:
        """The features of `count` pictures in words."""
        colour = "grey" if self._filters.grey else "colour"
        side = self._small.shape[1]
        return (
            f"{FILTERS} whitened {PATCH}x{PATCH} patches of {count:,} {colour} pictures of {side}x{side} pixels, {view}"
        )


@dataclass(frozen=True, slots=True)
class Filters:
    """A bank of filters; `weight` is (FILTERS, d), `offset` (FILTERS, 1), d = PATCH * PATCH * channels."""

    weight: Tensor
    offset: Tensor
    grey: bool

    @classmethod
    def drawn_from(cls, small: NDArray[np.uint8], images: NDArray[np.int64], seed: int) -> Filters:
        """Draw filters from the pictures `small`, (n, side, side, 3) uint8, numbered `images`."""
        rng = np.random.default_rng(seed)
        side = small.shape[1]
        sampled = np.sort(rng.choice(images, min(len(images), _SAMPLED_PICTURES), replace=False))
        chosen = np.asarray(small[sampled])
        grey = is_grey(chosen)
        picture = rng.integers(len(chosen), size=_SAMPLED_PATCHES)
        top, left = rng.integers(side - PATCH + 1, size=(2, _SAMPLED_PATCHES))
        steps = np.arange(PATCH)
        rows, columns = top[:, None, None] + steps[:, None], left[:, None, None] + steps
        patches = chosen[picture[:, None, None], rows, columns, : 1 if grey else 3]
        flat = np.moveaxis(patches, 3, 1).reshape(_SAMPLED_PATCHES, -1).astype(np.float64)
        flat -= flat.mean(1, keepdims=True)
        flat /= np.sqrt(flat.var(1, keepdims=True) + _CONTRAST_FLOOR)
        mean = flat.mean(0)
        values, vectors = np.linalg.eigh(np.cov(flat, rowvar=False))
        whitening = (vectors / np.sqrt(np.maximum(values, 0) + _WHITENING_FLOOR)) @ vectors.T
        white = (flat - mean) @ whitening
        length = np.linalg.norm(white, axis=1)
        textured = np.flatnonzero(length > 0.25 * np.median(length))
        pool = textured if len(textured) else np.arange(len(white))
        picked = rng.choice(pool, FILTERS, replace=len(pool) < FILTERS)
        weight = white[picked] / np.maximum(length[picked, None], 1e-9) @ whitening
        return cls(_float(weight), _float(-(weight @ mean)[:, None]), grey)


def is_grey(small: NDArray[np.uint8]) -> bool:
    """Whether nearly all pictures, (n, side, side, 3), have three about equal channels."""
    wide = small.astype(np.int16)
    spread = (wide.max(3) - wide.min(3)).reshape(len(small), -1)
    return bool(np.mean(np.percentile(spread, 95, axis=1) <= _GREY_SPREAD) >= 0.95)


def extract(
    small: NDArray[np.uint8],
    images: NDArray[np.int64],
    filters: Filters,
    *,
    mirror: bool,
    advance: Callable[[int], None] | None = None,
) -> NDArray[np.float32]:
    """(len(images), 2 * FILTERS * POOL * POOL) float32: pooled responses of the pictures numbered `images`.

    `mirror` adds the responses to the mirrored picture, so that left and right no longer matter. `advance` is told how
    many pictures are done and may raise to stop. One thread computes one picture, so that the result does not depend on
    the number of threads.
    """
    out = np.empty((len(images), 2 * FILTERS * POOL * POOL), np.float32)
    threads = torch.get_num_threads()
    parts = [range(start, min(start + 200, len(images))) for start in range(0, len(images), 200)]
    torch.set_num_threads(1)
    pool = ThreadPoolExecutor(threads)
    try:
        jobs = [pool.submit(_extract_some, small, images, part, filters, mirror, out) for part in parts]
        for job, part in zip(jobs, parts, strict=True):
            job.result()
            if advance:
                advance(part.stop)
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)
    return out


def standardise(features: NDArray[np.float32]) -> None:
    """Give every column mean 0 and standard deviation 1, in place."""
    features -= features.mean(0, dtype=np.float64).astype(np.float32)
    scale = np.empty(features.shape[1], np.float32)
    for start in range(0, len(scale), 256):  # a second copy of a large matrix would cost its memory again
        scale[start : start + 256] = np.sqrt(np.square(features[:, start : start + 256]).mean(0) + 1e-8)
    features /= scale


def _extract_some(
    small: NDArray[np.uint8],
    images: NDArray[np.int64],
    part: range,
    filters: Filters,
    mirror: bool,
    out: NDArray[np.float32],
) -> None:
    torch.set_flush_denormal(True)
    channels = 1 if filters.grey else 3
    across = small.shape[1] - PATCH + 1
    # written again for each picture: fresh memory would cost more than the arithmetic
    patches = torch.empty(channels, PATCH, PATCH, across, across)
    columns = patches.view(-1, across * across)
    response = torch.empty(FILTERS, across * across)
    signed = torch.empty_like(response)
    pooling = _pooling(across)
    for row in part:
        picture = torch.from_numpy(small[images[row], :, :, :channels].astype(np.float32)).permute(2, 0, 1)
        total = torch.zeros(2, FILTERS, POOL * POOL)
        for view in (picture, picture.flip(2)) if mirror else (picture,):
            patches.copy_(view.contiguous().unfold(1, PATCH, 1).unfold(2, PATCH, 1).permute(0, 3, 4, 1, 2))
            columns -= columns.mean(0)
            columns *= torch.rsqrt(columns.square().mean(0) + _CONTRAST_FLOOR)
            torch.addmm(filters.offset, filters.weight, columns, out=response)
            torch.clamp(response, min=THRESHOLD, out=signed)
            total[0].addmm_(signed, pooling)
            torch.clamp(response, max=-THRESHOLD, out=signed)
            total[1].addmm_(signed, pooling, alpha=-1)
        out[row] = total.view(-1).numpy()


def _pooling(across: int) -> Tensor:
    """(across * across, POOL * POOL): takes the mean over each cell of a POOL x POOL grid."""
    cell = torch.arange(across) * POOL // across
    where = (cell[:, None] * POOL + cell[None, :]).view(-1)
    one = torch.nn.functional.one_hot(where, POOL * POOL).float()
    return one / one.sum(0)


def _float(values: NDArray[np.float64]) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))
