"""Fixed features of thumbnails: two layers of responses to random whitened patches. Labels play no part in them.

After Coates, Lee and Ng, "An Analysis of Single-Layer Networks in Unsupervised Feature Learning" (2011), and Coates and
Ng, "Selecting Receptive Fields in Deep Networks" (2011): patches with their contrast normalised, whitened (ZCA),
filters that are patches of the data itself, both signs of the response; the second layer sees the first one's responses
in their principal directions.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812 - its usual name

from datalint.probe.threads import one_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

FIRST = 256
SECOND = 512
PATCH = 6  # of the picture, first layer
_SECOND_PATCH = 3  # of the first layer's map
_EVERY_PLACE = 16  # most places a side of a map that the second layer sees all patches of; of a larger one every second
_DIRECTIONS = 32  # principal ones, that the second layer sees
_GRID = (3, 2)  # cells a side that the responses of a layer are averaged over
_THRESHOLD = 0.5  # responses below it count as none
_AT_ONCE = 2 * 32**2  # pixels: fewer leave more calls to Python, more do not fit the processor's cache
_CONTRAST_FLOORS = (10.0, 0.05)  # added to a patch's variance (grey levels squared; -): flat patches stay flat
_WHITENING_FLOORS = (0.1, 1.0)  # added to the eigenvalues of the patches' covariance
_DIRECTION_FLOOR = 0.02  # added to the variances of the directions, of the greatest
_SAMPLED_PATCHES = 20_000
_SAMPLED_PICTURES = 2_000
_SAMPLED_MAPS = 300 * 32**2  # pixels
_SAMPLED_PLACES = 20_000  # of maps, that the directions follow from
_PART = 100  # pictures that a thread is given at once
_KEPT = 1_000  # pictures whose responses are kept until they are asked for mirrored too
_GREY_SPREAD = 8  # grey levels between channels that compression leaves in a grey picture

WIDTH = 2 * FIRST * _GRID[0] ** 2 + 2 * SECOND * _GRID[1] ** 2
"""Features of a picture."""


class Patches:
    """Features of `pictures`, (n, side, side, 3) uint8, which are of the items numbered `items` (n,), ascending."""

    name = "whitened patches"
    views = ("not mirrored", "mirrored too")

    def __init__(self, pictures: NDArray[np.uint8], items: NDArray[np.int64], seed: int) -> None:
        self._pictures, self._items = pictures, items
        self._kept: tuple[NDArray[np.int64], NDArray[np.float32]] | None = None
        with one_thread():  # one picture at a time
            self._draw(seed)

    def _draw(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        count = len(self._pictures)
        chosen = self._pictures[np.sort(rng.choice(count, min(count, _SAMPLED_PICTURES), replace=False))]
        self.grey = is_grey(chosen)
        pictures = chosen[..., : 1 if self.grey else 3]
        first = Filters.drawn_from(
            _patches(pictures, PATCH, rng), FIRST, _CONTRAST_FLOORS[0], _WHITENING_FLOORS[0], rng
        )
        share = max(1, _SAMPLED_MAPS // pictures[0, ..., 0].size)
        few = np.sort(rng.choice(len(pictures), min(len(pictures), share), replace=False))
        layer = _First(first, 1, pictures.shape[1:])

        def maps(row: int) -> Tensor:  # of one picture, until it is called again
            return layer.maps(torch.from_numpy(pictures[row : row + 1].astype(np.float32)))

        # made twice: all of them take more memory than the features of a thousand pictures
        every = -(-len(few) * layer.side**2 // _SAMPLED_PLACES)
        roots = [np.sqrt(maps(row)[0].flatten(0, 1)[::every].numpy()) for row in few]
        directions = Directions.of(np.concatenate(roots))
        del roots
        seen = np.concatenate([directions.project(maps(row)).numpy() for row in few])
        patches = _patches(seen, _SECOND_PATCH, rng)
        second = Filters.drawn_from(patches, SECOND, _CONTRAST_FLOORS[1], _WHITENING_FLOORS[1], rng)
        self._layers = first, directions, second, pictures.shape[1:]

    def extract(
        self, items: NDArray[np.int64], view: str, advance: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """(len(items), WIDTH) float32: pooled responses of the pictures of the items numbered `items`.

        "mirrored too" adds the responses to the mirrored picture, so that left and right no longer matter. `advance`
        gets the number of pictures done and may raise to stop. One thread computes one part, so that the result does
        not depend on the number of threads.
        """
        mirror = view == self.views[1]
        known = self._kept[1] if mirror and self._kept and np.array_equal(self._kept[0], items) else None
        self._kept = None
        flips = (False, True) if mirror and known is None else (mirror,)
        out = self._responses(items, flips, advance)
        if known is not None:
            out += known
        if not mirror and len(items) <= _KEPT:
            self._kept = items, out.copy()
        return np.sqrt(out, out=out)  # of averages of few strong responses: closer to symmetric

    def _responses(
        self, items: NDArray[np.int64], flips: Sequence[bool], advance: Callable[[int], None] | None
    ) -> NDArray[np.float32]:
        """(len(items), WIDTH): the sum of the pooled responses to the pictures mirrored or not, each of `flips`."""
        out = np.empty((len(items), WIDTH), np.float32)
        rows = np.searchsorted(self._items, items)
        parts = [range(start, min(start + _PART, len(items))) for start in range(0, len(items), _PART)]
        with one_thread() as threads:
            pool = ThreadPoolExecutor(threads)
            try:
                jobs = [pool.submit(self._respond, rows, part, flips, out) for part in parts]
                for job, part in zip(jobs, parts, strict=True):
                    job.result()
                    if advance:
                        advance(part.stop)
            finally:
                pool.shutdown(cancel_futures=True)
        return out

    def describe(self, count: int, view: str) -> str:
        """The features of `count` pictures in words."""
        colour = "grey" if self.grey else "colour"
        side = self._pictures.shape[1]
        return (
            f"{FIRST} and {SECOND} whitened patches, in two layers, of {count:,} {colour} pictures of {side}x{side} "
            f"pixels, {view}"
        )

    def _respond(self, rows: NDArray[np.int64], part: range, flips: Sequence[bool], out: NDArray[np.float32]) -> None:
        torch.set_flush_denormal(True)
        step = max(1, _AT_ONCE // self._pictures[0, ..., 0].size)
        work = _Stack(*self._layers, step)
        for start in range(part.start, part.stop, step):
            some = slice(start, min(start + step, part.stop))
            x = torch.from_numpy(self._pictures[rows[some], :, :, : 1 if self.grey else 3].astype(np.float32))
            out[some] = sum(work.features(x.flip(2) if flip else x) for flip in flips)


@dataclass(frozen=True, slots=True)
class Filters:
    """A bank of filters; `weight` is (d, filters), `offset` (filters,), d = patch * patch * channels."""

    weight: Tensor
    offset: Tensor
    floor: float
    """Added to a patch's variance before its contrast is normalised."""

    @classmethod
    def drawn_from(
        cls, patches: NDArray[np.float32], count: int, floor: float, whitening_floor: float, rng: np.random.Generator
    ) -> Filters:
        """`count` of the patches (m, d), whitened."""
        flat = patches - patches.mean(1, keepdims=True)
        flat /= np.sqrt(flat.var(1, keepdims=True) + floor)
        mean = flat.mean(0)
        flat -= mean
        values, vectors = np.linalg.eigh((flat.T @ flat).astype(np.float64) / len(flat))
        whitening = (vectors / np.sqrt(np.maximum(values, 0) + whitening_floor)) @ vectors.T
        white = flat @ whitening.astype(np.float32)
        length = np.linalg.norm(white, axis=1)
        textured = np.flatnonzero(length > 0.25 * np.median(length))
        pool = textured if len(textured) else np.arange(len(white))
        picked = rng.choice(pool, count, replace=len(pool) < count)
        weight = white[picked] / np.maximum(length[picked, None], 1e-9) @ whitening
        return cls(_float(weight.T), _float(-(weight @ mean)), floor)


@dataclass(frozen=True, slots=True)
class Directions:
    """The principal directions of maps of c channels: `mean` is (c,), `turn` (c, _DIRECTIONS)."""

    mean: Tensor
    turn: Tensor

    @classmethod
    def of(cls, roots: NDArray[np.float32]) -> Directions:
        """The directions in which square roots of responses (m, c), written over, vary most, scaled to about unit
        variance."""
        flat = torch.from_numpy(roots)
        mean = flat.mean(0)
        flat -= mean
        values, vectors = np.linalg.eigh((flat.T @ flat).double().numpy() / len(flat))
        values, vectors = np.maximum(values[::-1], 0)[:_DIRECTIONS], vectors[:, ::-1][:, :_DIRECTIONS]
        turn = vectors / np.sqrt(values + max(_DIRECTION_FLOOR * values[0], 1e-9))
        return cls(mean, _float(turn))

    def project(self, maps: Tensor) -> Tensor:
        """Maps (k, h, w, c) of responses to (k, h, w, _DIRECTIONS); the maps are written over."""
        flat = maps.view(-1, maps.shape[3])
        np.sqrt(flat.numpy(), out=flat.numpy())  # PyTorch's is MKL's, which is six times slower on AMD's processors
        return (flat.sub_(self.mean) @ self.turn).view(*maps.shape[:3], -1)


class _Layer:
    """Filters ready for `most` inputs at once of one shape (h, w, c), which respond to patches `step` places apart.

    Written into the same memory again each time: fresh memory would cost more than the arithmetic. Channels come last:
    pooling is ten times slower where they come first.
    """

    def __init__(self, filters: Filters, patch: int, most: int, shape: tuple[int, ...], step: int = 1) -> None:
        height, width, channels = shape
        self._filters, self._patch, self._step = filters, patch, step
        self.down, self.across = (height - patch) // step + 1, (width - patch) // step + 1
        self._patches = torch.empty(most, self.down, self.across, patch, patch, channels)
        self._low = torch.empty(most, self.down, self.across, len(filters.offset))
        self._high = torch.empty_like(self._low)

    def responses(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(k, h, w, c) to twice (k, h', w', filters): the responses, at least _THRESHOLD; and at most -_THRESHOLD."""
        size, step, k = self._patch, self._step, len(x)
        low, high = self._low[:k], self._high[:k]
        patches = self._patches[:k].copy_(x.unfold(1, size, step).unfold(2, size, step).permute(0, 1, 2, 4, 5, 3))
        rows = patches.view(k * self.down * self.across, -1)
        rows -= rows.mean(1, keepdim=True)
        rows *= torch.rsqrt(rows.square().mean(1, keepdim=True) + self._filters.floor)
        torch.addmm(self._filters.offset, rows, self._filters.weight, out=low.view(len(rows), -1))
        torch.clamp(low, min=_THRESHOLD, out=high)
        return high, low.clamp_(max=-_THRESHOLD)


class _First(_Layer):
    """The first layer, its responses thinned to about half the height and width: means of 3x3, every second."""

    def __init__(self, filters: Filters, most: int, shape: tuple[int, ...]) -> None:
        super().__init__(filters, PATCH, most, shape)
        count, self.side = len(filters.offset), (self.down - 3) // 2 + 1
        self._thin = torch.empty(most, self.side, self.side, 2 * count)
        self._sign = torch.tensor([1.0, -1.0]).repeat_interleave(count)

    def maps(self, x: Tensor) -> Tensor:
        """(k, h, w, c) to (k, side, side, 2 * filters): how far responses exceed the threshold, positive ones first."""
        thin = self._thin[: len(x)]
        for part, out in zip(self.responses(x), thin.chunk(2, 3), strict=True):
            out.copy_(F.avg_pool2d(part.permute(0, 3, 1, 2), 3, 2).permute(0, 2, 3, 1))
        return thin.mul_(self._sign).sub_(_THRESHOLD).clamp_(min=0)  # rounding may leave a little less than nothing


class _Stack:
    """Both layers, with one thread's memory for `most` pictures at once of one shape."""

    def __init__(
        self, first: Filters, directions: Directions, second: Filters, shape: tuple[int, ...], most: int
    ) -> None:
        self._first, self._directions = _First(first, most, shape), directions
        side = self._first.side
        step = 1 if side <= _EVERY_PLACE else 2
        self._second = _Layer(second, _SECOND_PATCH, most, (side, side, _DIRECTIONS), step)
        self._pooling = _pooling(side, _GRID[0]), _pooling(self._second.down, _GRID[1])

    def features(self, pictures: Tensor) -> Tensor:
        """(k, h, w, c) to (k, WIDTH): responses of both layers, averaged over cells of the picture."""
        k = len(pictures)
        thin = self._first.maps(pictures)
        first = self._pooling[0] @ thin.view(k, -1, 2 * FIRST)
        high, low = self._second.responses(self._directions.project(thin))
        ends = self._pooling[1] @ high.view(k, -1, SECOND), -(self._pooling[1] @ low.view(k, -1, SECOND))
        second = torch.cat(ends, 2).sub_(_THRESHOLD).clamp_(min=0)  # as above
        return torch.cat([first.view(k, -1), second.view(k, -1)], 1)


def is_grey(thumbnails: NDArray[np.uint8]) -> bool:
    """Whether nearly all pictures, (n, side, side, 3), have three about equal channels."""
    spread = (thumbnails.max(3) - thumbnails.min(3)).reshape(len(thumbnails), -1)
    return bool(np.mean(np.percentile(spread, 95, axis=1) <= _GREY_SPREAD) >= 0.95)


def standardised(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same array, changed: every column has mean 0 and standard deviation 1."""
    features -= features.mean(0, dtype=np.float64).astype(np.float32)
    scale = np.empty(features.shape[1], np.float32)
    for start in range(0, len(scale), 256):  # a second copy of a large matrix would cost its memory again
        scale[start : start + 256] = np.sqrt(np.square(features[:, start : start + 256]).mean(0) + 1e-8)
    features /= scale
    return features


def _patches(maps: NDArray[np.float32 | np.uint8], size: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """(_SAMPLED_PATCHES, size * size * c) patches from random places of the maps (n, side, side, c)."""
    which = rng.integers(len(maps), size=_SAMPLED_PATCHES)
    top, left = rng.integers(maps.shape[1] - size + 1, size=(2, _SAMPLED_PATCHES))
    steps = np.arange(size)
    rows, columns = top[:, None, None] + steps[:, None], left[:, None, None] + steps
    chosen = maps[which[:, None, None], rows, columns]
    return np.asarray(chosen.reshape(_SAMPLED_PATCHES, -1), np.float32)


def _pooling(across: int, grid: int) -> Tensor:
    """(grid * grid, across * across): takes the mean over each cell of a grid x grid grid."""
    cell = torch.arange(across) * grid // across
    where = (cell[:, None] * grid + cell[None, :]).view(-1)
    one = F.one_hot(where, grid * grid).float().T.contiguous()
    return one / one.sum(1, keepdim=True)


def _float(values: NDArray[np.float64]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values.astype(np.float32)))
