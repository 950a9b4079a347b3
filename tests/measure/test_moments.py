"""A std is calibrated on as many images as make it sure, and no more."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from datalint.config.settings import Config
from datalint.dataset import Dataset
from datalint.dataset.discover import discover
from datalint.measure import batch, measure, moments
from datalint.rule import Need


def drawn(folder: Path, count: int, spread: float) -> None:
    """Noise of a size that is reduced, of which some is finer than other: that is lost by reducing."""
    draw = np.random.default_rng(0)
    for number in range(count):
        fine = draw.integers(0, 256, (160, 160, 3), np.uint8)
        coarse = draw.integers(0, 256, (10, 10, 3), np.uint8).repeat(16, 0).repeat(16, 1)
        share = 0.2 + spread * draw.random()
        Image.fromarray((share * fine + (1 - share) * coarse).astype(np.uint8)).save(folder / f"{number:03}.png")


def measured(folder: Path, monkeypatch: pytest.MonkeyPatch, most: int = 200) -> tuple[Dataset, int]:
    """The dataset, and how many images were decoded in full."""
    decoded = 0
    inner = batch.moments_batch

    def counting(part: batch.Batch) -> batch.Moments:
        nonlocal decoded
        decoded += len(part)
        return inner(part)

    monkeypatch.setattr(moments, "moments_batch", counting)
    data = discover([folder], Config())
    measure(data, level=Need.PIXELS, jobs=0, full_sample=most)
    return data, decoded


def in_full(folder: Path) -> np.ndarray:
    pixels = np.stack([np.asarray(Image.open(path), np.float64) / 255 for path in sorted(folder.iterdir())])
    spread: np.ndarray = pixels.std(axis=(0, 1, 2))
    return spread


def test_images_that_are_alike_are_soon_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn(tmp_path, 80, spread=0.02)
    data, decoded = measured(tmp_path, monkeypatch)
    assert decoded == 32
    assert data.statistics is not None
    assert data.statistics.std == pytest.approx(in_full(tmp_path), rel=0.01)


def test_of_images_that_differ_more_are_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn(tmp_path, 80, spread=0.8)
    data, decoded = measured(tmp_path, monkeypatch)
    assert decoded > 32
    assert data.statistics is not None
    assert data.statistics.std == pytest.approx(in_full(tmp_path), rel=0.02)
    again, _ = measured(tmp_path, monkeypatch)
    assert again.statistics == data.statistics
    _, most = measured(tmp_path, monkeypatch, most=40)
    assert most == 40


def test_few_images_are_all_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn(tmp_path, 32, spread=0.8)
    data, decoded = measured(tmp_path, monkeypatch)
    assert decoded == 32
    assert data.statistics is not None
    assert data.statistics.std == pytest.approx(in_full(tmp_path), rel=1e-6)
