"""Features of larger pictures by a pretrained network, which is not trained any further."""

from __future__ import annotations

import copy
import logging
from typing import TYPE_CHECKING

import numpy as np
import torch

from datalint.probe.task import AbstainError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from datalint.probe.items import Items
    from datalint.probe.weights import Network

_log = logging.getLogger("datalint")

_AT_ONCE = 1024  # pictures decoded to the disk
_BATCH = 32


class Backbone:
    """Features of `items` by `network`, on `device`; `jobs` processes decode."""

    views = ("not mirrored", "mirrored too")

    def __init__(self, items: Items, network: Network, device: str, jobs: int | None) -> None:
        self._items, self._network, self._device, self._jobs = items, network, device, jobs
        model = network.model if device == "cpu" else copy.deepcopy(network.model)  # which outlives a failing device
        self._model = model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._mean, self._std = (
            torch.tensor(values, device=device)[:, None, None] for values in (network.mean, network.std)
        )
        self._known: dict[bool, tuple[NDArray[np.int64], NDArray[np.float32]]] = {}
        self.name = network.name

    def extract(
        self, items: NDArray[np.int64], view: str, advance: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """(len(items), d) float32: what the last layer but one says of the items numbered `items`, ascending.

        "mirrored too" is the mean with what it says of the mirrored picture. `advance` gets the number of pictures
        done and may raise to stop. Raises AbstainError if the network gives no finite numbers.
        """
        mirror = view == self.views[1]
        half = (lambda done: advance(done // 2)) if mirror and advance else advance
        plain = self._features(items, False, half)
        if not mirror:
            return plain
        half = (lambda done: advance((len(items) + done) // 2)) if advance else None
        both = np.asarray((plain + self._features(items, True, half)) / 2, np.float32)
        if advance:
            advance(len(items))  # those that were known from before are not counted above
        return both

    def describe(self, count: int, view: str) -> str:
        """The features of `count` pictures in words."""
        side = self._network.side
        return (
            f"features by {self._network.name} ({self._network.file.name}) of {count:,} pictures of {side}x{side} "
            f"pixels, {view}"
        )

    def _features(
        self, items: NDArray[np.int64], mirror: bool, advance: Callable[[int], None] | None
    ) -> NDArray[np.float32]:
        """Those that are known from the call before are not made again: a sample is followed by everything."""
        known, values = self._known.get(mirror, (items[:0], None))
        new = items[~np.isin(items, known)]
        parts = [] if values is None else [values]
        for start in range(0, len(new), _AT_ONCE):
            part = new[start : start + _AT_ONCE]
            tell = (lambda done, start=start: advance(start + done)) if advance else None
            parts.append(self._made(part, mirror, tell))
        numbers, values = np.concatenate([known, new]), np.concatenate(parts)
        order = np.argsort(numbers)
        self._known[mirror] = numbers[order], values[order]
        return np.asarray(values[order][np.searchsorted(numbers[order], items)])

    def _made(
        self, items: NDArray[np.int64], mirror: bool, advance: Callable[[int], None] | None
    ) -> NDArray[np.float32]:
        tell = (lambda _: advance(0)) if advance else None
        seen, there = self._items.pictures(items, self._network.side, jobs=self._jobs, advance=tell)
        if not there.all():
            first = self._items.rows["path"][int(items[~there][0])]
            _log.warning(
                "datalint: %s pictures could not be read again for %s and count as black, such as %s",
                f"{np.sum(~there):,}",
                self._network.name,
                first,
            )
        out = []
        with torch.inference_mode():
            for start in range(0, len(items), _BATCH):
                x = torch.from_numpy(seen[start : start + _BATCH].copy()).to(self._device)
                x = x.permute(0, 3, 1, 2).float().div_(255).sub_(self._mean).div_(self._std)
                out.append(self._model(x.flip(3) if mirror else x).float().cpu().numpy())
                if advance:
                    advance(min(start + _BATCH, len(items)))
        features = np.concatenate(out)
        if not np.isfinite(features).all():
            raise AbstainError(f"{self._network.name} gives numbers that are not finite: its weights are damaged")
        return features
