"""Facts about pixels, vectorised over images of one size.

Pictures come as *planes*: arrays of shape (n, 3, h, w), red, green and blue in [0, 255], uint8, or float32 for sources
of more than 8 bits. h and w are those of the working scale of `decode.py`: the shorter side of a picture has 64 to 127
pixels, or fewer if the image itself is smaller.

Formulas:

* brightness: sqrt(0.241 R^2 + 0.691 G^2 + 0.068 B^2), perceived brightness (D. R. Finley, "HSP Color Model", 2006; used by
  CleanVision). Its percentiles are read off a histogram of 256 bins: the smallest level that at least p % of the pixels do
  not exceed.
* luma: 0.299 R + 0.587 G + 0.114 B (Rec. ITU-R BT.601). contrast is its standard deviation, entropy the Shannon entropy
  of its histogram of 256 bins.
* sharpness: the inverse width of the edges that make up the picture. Let d be first differences of neighbouring lumas along
  rows and columns, and R = sum (d[i+1] - d[i])^2 / sum (d[i+1] + d[i])^2, the energy of the second difference over that of
  the central first difference. An edge of Gaussian profile with standard deviation s pixels has R = 1 / (8 s^2) (both sums are
  Gaussian integrals), so sqrt(8 R) = 1 / s. Contrast cancels, and strong edges weigh most, so that a sharp subject
  before a blurred background counts as sharp. It is given per 1/64 of the shorter side (per pixel if the image is
  smaller than that), which makes it comparable between image sizes: 1 means that edges are one 64th of the picture
  wide. Sharp photographs have 1.5 and more, noise up to 4.9 and more, pictures out of focus less than 0.7. Null where
  there is no edge at all.
* colour_spread: 99th percentile of max(R, G, B) - min(R, G, B).
* borders: rows (columns) from the edge inwards of which every sample is within TOLERANCE of the mean of the outermost
  row (column), channel by channel. 0 if that is the whole picture: then it is no border.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    Planes = NDArray[np.uint8] | NDArray[np.float32]
    Histograms = NDArray[np.int64]

PERCENTILES = (1, 5, 50, 95, 99)
TOLERANCE = 10
"""How far a border's samples may lie from their mean, of 255: JPEG ringing at usual qualities stays below."""
WORKING_SIDE = 64
"""The shortest that decode.py makes a shorter side, in pixels."""

_BLOCK = 1 << 16  # pixels at a time: the temporary arrays of a block stay in the processor's cache
_STEEPEST = 3.0  # R of white noise, the largest that a picture can have on average


def pixel_facts(planes: Planes) -> dict[str, NDArray[Any]]:
    """The facts of n pictures: column name -> array of length n. Values as in `schema.IMAGES`, NaN where there is none.

    `planes` has shape (n, 3, h, w). `low` and `high` are not among the facts: their unit is the file's.
    """
    step = max(1, _BLOCK // (planes.shape[2] * planes.shape[3]))
    blocks = [_block(planes[start : start + step]) for start in range(0, len(planes), step)]
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def _block(planes: Planes) -> dict[str, NDArray[Any]]:
    n, _, height, width = planes.shape
    facts: dict[str, NDArray[Any]] = {}
    samples = planes.reshape(n, 3, -1).astype(np.float32)
    lowest, highest = planes.min(axis=(2, 3)), planes.max(axis=(2, 3))
    means = samples.mean(axis=2) / np.float32(255)
    luma = np.float32(0.299) * samples[:, 0]
    luma += np.float32(0.587) * samples[:, 1]
    luma += np.float32(0.114) * samples[:, 2]
    samples *= samples
    squares = samples.mean(axis=2) / np.float32(255 * 255)
    for channel, name in enumerate("rgb"):
        facts[f"mean_{name}"] = means[:, channel]
        facts[f"square_{name}"] = squares[:, channel]
        facts[f"low_{name}"] = lowest[:, channel] / np.float32(255)
        facts[f"high_{name}"] = highest[:, channel] / np.float32(255)

    bright = np.float32(0.241) * samples[:, 0]
    bright += np.float32(0.691) * samples[:, 1]
    bright += np.float32(0.068) * samples[:, 2]
    np.sqrt(bright, out=bright)
    facts["brightness"] = bright.mean(axis=1) / np.float32(255)
    for p, level in zip(PERCENTILES, percentiles(histograms(_levels(bright)), PERCENTILES), strict=True):
        facts[f"brightness_p{p}"] = level / np.float32(255)

    facts["contrast"] = luma.std(axis=1) / np.float32(255)
    facts["entropy"] = entropy(histograms(_levels(luma)))
    facts["sharpness"] = sharpness(luma.reshape(n, height, width))
    spread = planes.max(axis=1) - planes.min(axis=1)
    (facts["colour_spread"],) = percentiles(histograms(_levels(spread.reshape(n, -1))), (99,)) / np.float32(255)
    facts["border_top"], facts["border_bottom"] = _borders(planes.min(axis=3), planes.max(axis=3))
    facts["border_left"], facts["border_right"] = _borders(planes.min(axis=2), planes.max(axis=2))
    return facts


def _levels(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Values in [0, 255] as whole levels."""
    if values.dtype == np.uint8:
        return values
    return (values + np.float32(0.5)).astype(np.uint8)  # sums of weights are 1 up to rounding: 255.49 at most


def histograms(levels: NDArray[np.uint8]) -> Histograms:
    """(n, 256) counts of (n, pixels) levels."""
    n = len(levels)
    index = levels.astype(np.intp)
    index += np.arange(0, 256 * n, 256, dtype=np.intp)[:, None]
    return np.bincount(index.ravel(), minlength=256 * n).reshape(n, 256)


def percentiles(counts: Histograms, wanted: tuple[int, ...]) -> NDArray[np.float32]:
    """(len(wanted), n): the smallest level that at least p % of the pixels do not exceed."""
    reached = counts.cumsum(axis=1) * 100
    total = counts.sum(axis=1, keepdims=True)
    return np.stack([(reached < p * total).sum(axis=1) for p in wanted]).astype(np.float32)


def entropy(counts: Histograms) -> NDArray[np.float32]:
    """Shannon entropy of (n, 256) histograms, in bits."""
    share = counts / counts.sum(axis=1, keepdims=True)
    bits = -(share * np.log2(np.where(share > 0, share, 1))).sum(axis=1)
    return np.abs(bits).astype(np.float32)


def sharpness(luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """The inverse width of edges in (n, h, w) lumas, per 1/64 of the shorter side; NaN where there are none."""
    n, height, width = luma.shape
    first, second = np.zeros(n), np.zeros(n)
    for step in (luma[:, :, 1:] - luma[:, :, :-1], luma[:, 1:, :] - luma[:, :-1, :]):
        across = step.shape[2] == width - 1
        a, b = (step[:, :, :-1], step[:, :, 1:]) if across else (step[:, :-1, :], step[:, 1:, :])
        energy = np.einsum("nij,nij->n", a, a) + np.einsum("nij,nij->n", b, b)
        product = 2 * np.einsum("nij,nij->n", a, b)
        first += energy + product
        second += energy - product
    edges = first + second > 1e-3  # less is rounding
    ratio = np.minimum(second[edges] / np.maximum(first[edges], 1e-6), _STEEPEST)
    result = np.full(n, np.nan, np.float32)
    result[edges] = np.sqrt(8 * np.maximum(ratio, 0)) * max(1.0, min(height, width) / WORKING_SIDE)
    return result


def _borders(lowest: Planes, highest: Planes) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Shares of uniform lines at the start and at the end, from the (n, 3, lines) extremes of each line."""
    low, high = lowest.astype(np.float32), highest.astype(np.float32)
    lines = low.shape[2]
    shares = []
    for first in (slice(None), slice(None, None, -1)):
        low_, high_ = low[:, :, first], high[:, :, first]
        colour = (low_[:, :, :1] + high_[:, :, :1]) / 2
        same = ((high_ <= colour + TOLERANCE) & (low_ >= colour - TOLERANCE)).all(axis=1)
        count = np.minimum.accumulate(same, axis=1).sum(axis=1)
        shares.append((count % lines / lines).astype(np.float32))
    return shares[0], shares[1]
