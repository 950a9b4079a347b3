"""Facts about pixels, vectorised over images of one size.

Pictures come as arrays of shape (h, w, 3), red, green and blue in [0, 255], uint8, or float32 for sources of more than
8 bits. h and w are those of the working scale of `decode.py`: the shorter side of a picture has 64 to 127 pixels, or
fewer if the image itself is smaller.

Formulas:

* brightness: sqrt(0.241 R^2 + 0.691 G^2 + 0.068 B^2), perceived brightness (D. R. Finley, "HSP Color Model", 2006; used
  by CleanVision). Its percentiles are read off a histogram of 256 bins: the smallest level that at least p % of the
  pixels do not exceed.
* luma: 0.299 R + 0.587 G + 0.114 B (Rec. ITU-R BT.601). contrast is its standard deviation, entropy the Shannon
  entropy of its histogram of 256 bins.
* sharpness: the inverse width of the edges that make up the picture. Let d be first differences of neighbouring lumas
  along rows and columns, and R = sum (d[i+1] - d[i])^2 / sum (d[i+1] + d[i])^2, the energy of the second difference
  over that of the central first difference. An edge of Gaussian profile with standard deviation s pixels has
  R = 1 / (8 s^2) (both sums are Gaussian integrals), so sqrt(8 R) = 1 / s. Contrast cancels, and strong edges weigh
  most, so that a sharp subject before a blurred background counts as sharp. It is given per 1/64 of the shorter side
  (per pixel if the image is smaller than that), which makes it comparable between image sizes: 1 means that edges are
  one 64th of the picture wide. Sharp pictures have 1.4 to 5, noise 4.9 and more; a Gaussian blur of one 64th of the
  shorter side brings photographs to about 1.0, of two 64ths to 0.75. Null where there is no edge at all.
* colour_spread: 99th percentile of max(R, G, B) - min(R, G, B).
* borders: rows (columns) from the edge inwards of which every sample is within TOLERANCE of the middle of the range of
  the outermost row (column), channel by channel. 0 if that is the whole picture: then it is not a border.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

PERCENTILES = (1, 5, 50, 95, 99)
TOLERANCE = 10
"""How far a border's samples may lie from their middle, of 255: JPEG ringing at usual qualities stays below."""
WORKING_SIDE = 64
"""The shortest that decode.py makes a shorter side, in pixels."""

_BLOCK = 1 << 16  # pixels at a time: the temporary arrays of a block stay in the processor's cache
_STEEPEST = 3.0  # R of white noise, the largest that a picture can have on average
_UNIT = np.float32(255)

Facts = dict[str, "NDArray[Any]"]


def pixel_facts(pictures: Sequence[NDArray[Any]]) -> Facts:
    """The facts of n pictures: column name -> array of length n. Values as in `schema.IMAGES`, NaN where there is none.

    `low` and `high` are not among the facts: their unit is the file's.
    """
    groups: dict[tuple[Any, ...], list[int]] = {}
    for row, picture in enumerate(pictures):
        groups.setdefault((picture.shape, picture.dtype), []).append(row)
    order: list[int] = []
    parts: list[Facts] = []
    for (shape, _), rows in groups.items():
        step = max(1, _BLOCK // (shape[0] * shape[1]))
        for start in range(0, len(rows), step):
            block = rows[start : start + step]
            order += block
            parts.append(_block(np.stack([pictures[row] for row in block])))
    if not parts:
        return {}
    facts = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    back = np.argsort(order)
    return {name: values[back] for name, values in _finish(facts).items()}


def _finish(facts: Facts) -> Facts:
    """Replace the histograms by what is read off them."""
    bright, luma, spread = facts.pop("bright_counts"), facts.pop("luma_counts"), facts.pop("spread_counts")
    for p, level in zip(PERCENTILES, percentiles(bright, PERCENTILES), strict=True):
        facts[f"brightness_p{p}"] = level / _UNIT
    facts["entropy"] = entropy(luma)
    facts["colour_spread"] = percentiles(spread, (99,))[0] / _UNIT
    return facts


def _block(pictures: NDArray[Any]) -> Facts:
    """Facts and histograms of (n, h, w, 3) pictures."""
    n, height, width, _ = pictures.shape
    facts: Facts = {}
    planes = np.ascontiguousarray(pictures.reshape(n, -1, 3).transpose(0, 2, 1))
    lowest, highest = planes.min(axis=2), planes.max(axis=2)
    samples = planes.astype(np.float32)
    means = samples.mean(axis=2)
    luma = np.float32(0.299) * samples[:, 0]
    luma += np.float32(0.587) * samples[:, 1]
    luma += np.float32(0.114) * samples[:, 2]
    samples *= samples
    squares = samples.mean(axis=2)
    for channel, name in enumerate("rgb"):
        facts[f"mean_{name}"] = means[:, channel] / _UNIT
        facts[f"square_{name}"] = squares[:, channel] / _UNIT**2
        facts[f"low_{name}"] = lowest[:, channel] / _UNIT
        facts[f"high_{name}"] = highest[:, channel] / _UNIT

    bright = np.float32(0.241) * samples[:, 0]
    bright += np.float32(0.691) * samples[:, 1]
    bright += np.float32(0.068) * samples[:, 2]
    np.sqrt(bright, out=bright)
    facts["brightness"] = bright.mean(axis=1) / _UNIT
    facts["bright_counts"] = histograms(bright)
    facts["luma_counts"] = histograms(luma)
    luma -= luma.mean(axis=1, keepdims=True)
    facts["contrast"] = np.sqrt(_dots(luma, luma) / luma.shape[1]) / _UNIT
    facts["sharpness"] = sharpness(luma.reshape(n, height, width))
    spread = np.maximum(planes[:, 0], planes[:, 1])
    np.maximum(spread, planes[:, 2], out=spread)
    least = np.minimum(planes[:, 0], planes[:, 1])
    np.minimum(least, planes[:, 2], out=least)
    spread -= least
    facts["spread_counts"] = histograms(spread)
    grid = planes.reshape(n, 3, height, width)
    facts["border_left"], facts["border_right"] = _borders(grid)
    facts["border_top"], facts["border_bottom"] = _borders(grid.transpose(0, 1, 3, 2))
    return facts


def _dots(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n,): of each picture the sum of the products. It must not depend on how many pictures there are, as it does in
    `einsum`: then facts would depend on the number of processes.
    """
    products = one * other
    dots: NDArray[np.float32] = products.reshape(len(products), -1).sum(axis=1)
    return dots


def histograms(values: NDArray[Any]) -> NDArray[np.int64]:
    """(n, 256) counts of the nearest whole levels of (n, pixels) values in [0, 255]."""
    n = len(values)
    if values.dtype != np.uint8:
        values = (values + np.float32(0.5)).astype(np.uint8)  # rounding keeps weighted means below 255.5
    index = values.astype(np.intp)
    index += np.arange(0, 256 * n, 256, dtype=np.intp)[:, None]
    return np.bincount(index.ravel(), minlength=256 * n).reshape(n, 256)


def percentiles(counts: NDArray[np.int64], wanted: Sequence[int]) -> NDArray[np.float32]:
    """(len(wanted), n): the smallest level that at least p % of the pixels do not exceed."""
    reached = counts.cumsum(axis=1) * 100
    total = counts.sum(axis=1, keepdims=True)
    return np.stack([(reached < p * total).sum(axis=1) for p in wanted]).astype(np.float32)


def entropy(counts: NDArray[np.int64]) -> NDArray[np.float32]:
    """Shannon entropy of (n, 256) histograms, in bits."""
    share = (counts / counts.sum(axis=1, keepdims=True)).astype(np.float32)
    bits: NDArray[np.float32] = np.einsum("nl,nl->n", share, np.log2(np.where(share > 0, share, np.float32(1))))
    return np.abs(bits)


def sharpness(luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """The inverse width of edges in (n, h, w) lumas, per 1/64 of the shorter side; NaN where there are none."""
    n, height, width = luma.shape
    first, second = np.zeros(n), np.zeros(n)
    for step in (luma[:, :, 1:] - luma[:, :, :-1], luma[:, 1:, :] - luma[:, :-1, :]):
        across = step.shape[2] < width
        a, b = (step[:, :, :-1], step[:, :, 1:]) if across else (step[:, :-1, :], step[:, 1:, :])
        ends = (step[:, :, 0], step[:, :, -1]) if across and width > 1 else (step[:, :1, :], step[:, -1:, :])
        energy = 2 * _dots(step, step)  # of a and of b together ...
        for end in ends:
            energy -= _dots(end, end)  # ... which lack the last and the first line
        product = 2 * _dots(a, b)
        first += energy + product
        second += energy - product
    edges = first + second > 1e-2 * height * width  # less is rounding
    ratio = np.minimum(second[edges] / np.maximum(first[edges], 1e-6), _STEEPEST)
    result = np.full(n, np.nan, np.float32)
    result[edges] = np.sqrt(8 * np.maximum(ratio, 0)) * max(1.0, min(height, width) / WORKING_SIDE)
    return result


def _borders(grid: NDArray[Any]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Shares of uniform lines at the start and at the end of the last axis of (n, 3, along, lines) pictures."""
    lines = grid.shape[3]
    start, end = np.zeros(len(grid), np.float32), np.zeros(len(grid), np.float32)
    uniform = np.minimum(_range(grid[..., 0]), _range(grid[..., -1])) <= 2 * TOLERANCE
    if uniform.any():  # most pictures have no border: look no further
        inside = grid[uniform]
        low = inside.min(axis=2).transpose(0, 2, 1).astype(np.float32)
        high = inside.max(axis=2).transpose(0, 2, 1).astype(np.float32)
        start[uniform] = _run(low, high) / np.float32(lines)
        end[uniform] = _run(low[:, ::-1], high[:, ::-1]) / np.float32(lines)
    return start, end


def _range(line: NDArray[Any]) -> NDArray[Any]:
    """(n,): the widest range of a channel along (n, 3, along) lines."""
    line = np.ascontiguousarray(line)
    widest: NDArray[Any] = (line.max(axis=2) - line.min(axis=2)).max(axis=1)
    return widest


def _run(low: NDArray[np.float32], high: NDArray[np.float32]) -> NDArray[np.intp]:
    """How many first lines are like the outermost, from the (n, lines, 3) extremes of each; 0 if all are."""
    middle = (low[:, :1] + high[:, :1]) / 2
    same = ((high <= middle + TOLERANCE) & (low >= middle - TOLERANCE)).all(axis=2)
    count: NDArray[np.intp] = np.minimum.accumulate(same, axis=1).sum(axis=1)
    count[count == same.shape[1]] = 0
    return count
