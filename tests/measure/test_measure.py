from __future__ import annotations

import gc
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from datalint.dataset import schema
from datalint.measure import SIDE, measure
from datalint.rule import Need
from tests.measure.pictures import blurred, dataset, photo


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("images")
    for seed in range(20):
        photo(seed, (320 + 40 * (seed % 3), 280)).save(
            root / f"{seed:02}.{'png' if seed % 5 == 0 else 'jpg'}", quality=88
        )
    (root / "empty.jpg").touch()
    (root / "cut.jpg").write_bytes((root / "01.jpg").read_bytes()[:4000])
    (root / "page.jpg").write_text("<html>")
    return root


@pytest.mark.parametrize(
    ("level", "known", "statuses"),
    [
        (Need.FILES, "cause", {"empty"}),
        (Need.CONTENT, "sha256", {"empty", "not-an-image"}),
        (Need.HEADER, "width", {"empty", "not-an-image", "ok"}),
        (Need.PIXELS, "mean_r", {"empty", "not-an-image", "ok", "truncated"}),
    ],
)
def test_each_level_fills_its_columns_and_no_more(folder: Path, level: Need, known: str, statuses: set[str]) -> None:
    data = dataset(folder)
    measure(data, level=level, jobs=0)
    images = data.table("images")
    assert images.schema == schema.schema("images")
    assert set(images["status"].drop_nulls()) == statuses
    assert images[known].count() > 0
    deeper = {Need.FILES: "sha256", Need.CONTENT: "width", Need.HEADER: "mean_r", Need.PIXELS: None}[level]
    assert deeper is None or images[deeper].count() == 0
    assert (data.thumbnails is not None) == (data.statistics is not None) == (level is Need.PIXELS)


def test_processes_and_inline_agree(folder: Path) -> None:
    inline, spread = dataset(folder), dataset(folder)
    calls: list[tuple[int, int]] = []
    measure(inline, level=Need.PIXELS, jobs=0)
    measure(spread, level=Need.PIXELS, jobs=2, progress=lambda done, total: calls.append((done, total)))
    assert inline.table("images").equals(spread.table("images"))
    assert inline.statistics == spread.statistics
    assert inline.thumbnails is not None
    assert spread.thumbnails is not None
    np.testing.assert_array_equal(inline.thumbnails, spread.thumbnails)
    assert calls[-1] == (23, 23)


def test_small_images_lie_in_row_order(folder: Path) -> None:
    data = dataset(folder)
    measure(data, level=Need.PIXELS, jobs=0)
    assert data.thumbnails is not None
    assert data.thumbnails.shape == (23, SIDE, SIDE, 3)
    images = data.table("images")
    readable = images["status"].to_numpy() == "ok"
    means = images.select("mean_r", "mean_g", "mean_b").to_numpy()
    np.testing.assert_allclose(data.thumbnails[readable].mean(axis=(1, 2)) / 255, means[readable], atol=0.01)
    assert not data.thumbnails[~readable].any()


def full(paths: list[Path]) -> tuple[np.ndarray, np.ndarray]:
    from PIL import Image

    pixels = [np.asarray(Image.open(path), np.float64) / 255 for path in paths]
    mean = np.mean([p.mean(axis=(0, 1)) for p in pixels], axis=0)
    square = np.mean([(p * p).mean(axis=(0, 1)) for p in pixels], axis=0)
    return mean, np.sqrt(square - mean**2)


@pytest.mark.parametrize(("sample", "tolerance"), [(200, 1e-6), (10, 0.01)])
def test_statistics_are_those_of_the_full_resolution(folder: Path, sample: int, tolerance: float) -> None:
    data = dataset(folder)
    measure(data, level=Need.PIXELS, jobs=0, full_sample=sample)
    mean, std = full([folder / path for path in data.readable.collect()["path"]])
    assert data.statistics is not None
    assert data.statistics.images == 20
    assert data.statistics.split is None
    assert data.statistics.mean == pytest.approx(mean, rel=max(tolerance, 1e-3))
    assert data.statistics.std == pytest.approx(std, rel=tolerance)


def test_statistics_are_of_the_train_split(folder: Path) -> None:
    data = dataset(folder)
    data.tables["splits"] = pl.DataFrame(
        {"image": [0, 1, 2, 5, 6], "split": ["train", "train", "train", "test", "test"]}, schema=schema.schema("splits")
    )
    measure(data, level=Need.PIXELS, jobs=0)
    assert data.statistics is not None
    assert (data.statistics.images, data.statistics.split) == (3, "train")
    assert data.statistics.std == pytest.approx(full([folder / f"{n:02}.{'jpg' if n else 'png'}" for n in range(3)])[1])


@pytest.mark.parametrize("level", [100, 250])
def test_statistics_of_a_flat_image(tmp_path: Path, level: int) -> None:
    from PIL import Image

    Image.new("RGB", (10, 10), (level, 255 - level, level // 2)).save(tmp_path / "flat.png")
    data = dataset(tmp_path)
    measure(data, level=Need.PIXELS, jobs=0)
    assert data.statistics is not None
    assert data.statistics.std == pytest.approx((0, 0, 0), abs=1e-3)


def test_links_and_missing_files_are_left_alone(tmp_path: Path) -> None:
    photo(0, (40, 40)).save(tmp_path / "a.png")
    data = dataset(tmp_path)
    gone = data.table("images").with_columns(
        image=pl.lit(1, pl.UInt32), path=pl.lit("b.png"), os_path=pl.lit(b"b.png"), status=pl.lit("missing")
    )
    data.tables["images"] = pl.concat([data.table("images"), gone])
    measure(data, level=Need.PIXELS, jobs=0)
    assert data.table("images")["status"].to_list() == ["ok", "missing"]
    assert data.table("images")["sha256"].count() == 1


def test_an_empty_dataset(tmp_path: Path) -> None:
    data = dataset(tmp_path)
    measure(data, level=Need.PIXELS)
    assert data.table("images").is_empty()
    assert data.statistics is None
    assert data.thumbnails is not None
    assert len(data.thumbnails) == 0


def test_the_store_goes_with_the_array(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    data = dataset(folder)
    measure(data, level=Need.PIXELS, jobs=0)
    assert len(list(tmp_path.iterdir())) == (os.name != "posix")
    assert data.thumbnails is not None
    assert data.thumbnails.any()
    data.thumbnails = None
    gc.collect()
    assert list(tmp_path.iterdir()) == []
    measure(data, level=Need.PIXELS, jobs=0, store=tmp_path / "kept")
    assert (tmp_path / "kept" / "thumbnails.u8").stat().st_size == 23 * SIDE * SIDE * 3


def test_sharpness_compares_sizes(tmp_path: Path) -> None:
    """A picture out of focus is so at any resolution, and a sharp one is sharp."""
    for size in ((200, 160), (640, 512), (1600, 1280)):
        sharp = photo(7, (200, 160)).resize(size)
        sharp.save(tmp_path / f"sharp-{size[0]}.jpg", quality=92)
        blurred(sharp, size[0] / 40).save(tmp_path / f"blurred-{size[0]}.jpg", quality=92)
    data = dataset(tmp_path)
    measure(data, level=Need.PIXELS, jobs=0)
    sharpness = dict(data.table("images").select("path", "sharpness").iter_rows())
    blurry = [value for path, value in sharpness.items() if path.startswith("blurred")]
    assert max(blurry) < 0.9
    assert max(blurry) < 1.6 * min(blurry)
    assert min(value for path, value in sharpness.items() if path.startswith("sharp")) > 2
