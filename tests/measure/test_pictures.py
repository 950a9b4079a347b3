"""Larger pictures, decoded on demand."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from datalint.measure import SIDE, measure
from datalint.measure.pictures import pictures
from datalint.measure.thumbnails import Thumbnails
from datalint.rule import Need
from datalint.sources import LocalFile
from tests.measure.pictures import dataset, photo


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("images")
    for seed in range(10):
        photo(seed, (620 + 40 * (seed % 3), 380)).save(root / f"{seed}.{'png' if seed % 5 == 0 else 'jpg'}")
    (root / "cut.jpg").write_bytes((root / "1.jpg").read_bytes()[:4000])
    (root / "page.jpg").write_text("<html>")
    wide = np.linspace(0, 65535, 100 * 90).reshape(90, 100).astype(np.uint16)
    Image.fromarray(wide).save(root / "wide.png")
    return root


def test_as_the_small_images_are_made(folder: Path) -> None:
    data = dataset(folder)
    measure(data, level=Need.PIXELS, jobs=0)
    assert data.thumbnails is not None
    rows = np.arange(len(data.thumbnails))[::-1].copy()
    made, there = pictures(data, rows, SIDE, jobs=0)
    np.testing.assert_array_equal(made, data.thumbnails[rows])
    np.testing.assert_array_equal(there, (data.table("images")["status"] == "ok").to_numpy()[rows])
    assert there.sum() == 11
    assert not made[~there].any()


@pytest.mark.parametrize("side", [64, 128, 224])
def test_near_what_the_whole_picture_gives(folder: Path, side: int) -> None:
    data = dataset(folder)
    names = data.table("images")["path"].to_list()
    made, there = pictures(data, np.array([names.index("3.jpg"), names.index("wide.png")]), side, jobs=0)
    assert there.all()
    assert made.dtype == np.uint8
    whole = Image.open(folder / "3.jpg").resize((side, side), Image.Resampling.BOX)
    assert np.abs(made[0].astype(int) - np.asarray(whole).astype(int)).mean() < 3
    ramp = made[1].astype(int)
    assert (ramp[..., 0] == ramp[..., 1]).all()
    assert (np.diff(ramp[:, side // 2, 0]) >= 0).all()
    assert ramp[0, 0, 0] <= 3
    assert ramp[-1, -1, 0] > 250


def test_an_enlarged_picture_has_no_steps(tmp_path: Path) -> None:
    Image.fromarray(np.tile(np.arange(0, 240, 30).astype(np.uint8), (8, 1))).save(tmp_path / "ramp.png")
    made, _ = pictures(dataset(tmp_path), np.array([0]), 64, jobs=0)
    assert np.diff(made[0, 32, :, 0].astype(int)).max() <= 5


def test_processes_give_the_same_and_say_how_far_they_are(folder: Path) -> None:
    data = dataset(folder)
    rows = np.tile(np.arange(13), 6)
    told: list[int] = []
    inline, there = pictures(data, rows, 48, jobs=0)
    spread, same = pictures(data, rows, 48, jobs=2, advance=told.append)
    np.testing.assert_array_equal(inline, spread)
    np.testing.assert_array_equal(there, same)
    assert told[-1] == len(rows)
    assert told == sorted(told)


def test_a_decoder_that_crashes_costs_one_picture(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from datalint.measure import pictures as module

    monkeypatch.setattr(module, "decode_batch", crash_on_page)
    made, there = pictures(dataset(folder), np.arange(13), 48, jobs=1)
    assert there.sum() == 12
    assert made[there].any((1, 2, 3)).all()


def crash_on_page(batch: object, side: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """In a worker: every file is a white picture, but for one that ends the process."""
    items: list[LocalFile] = batch.items  # type: ignore[attr-defined]
    if any(item.path.endswith("page.jpg") for item in items):
        os.kill(os.getpid(), signal.SIGSEGV)
    return np.full((len(items), side, side, 3), 255, np.uint8), np.ones(len(items), bool)


def test_no_image_no_picture(folder: Path) -> None:
    made, there = pictures(dataset(folder), np.empty(0, np.int64), 64)
    assert made.shape == (0, 64, 64, 3)
    assert there.shape == (0,)


@pytest.mark.skipif(os.name != "posix", reason="it has no blocks and no limits")
def test_space_is_taken_before_it_is_mapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writing into a mapped file on a full disk kills a process without a word."""
    Thumbnails(100, tmp_path)
    status = (tmp_path / "thumbnails.u8").stat()
    assert status.st_size == 100 * SIDE * SIDE * 3
    assert status.st_blocks * 512 >= status.st_size
    monkeypatch.delattr(os, "posix_fallocate", raising=False)  # as on other platforms
    Thumbnails(100, tmp_path / "other")
    assert (tmp_path / "other" / "thumbnails.u8").stat().st_size == status.st_size


@pytest.mark.skipif(os.name != "posix", reason="it has no limits")
def test_a_full_temporary_folder_is_told(tmp_path: Path) -> None:
    script = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000));"
        "from datalint.measure.thumbnails import Thumbnails; Thumbnails(100)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (
        f"0.3 MiB are needed there for what is measured of pictures; TMPDIR may name another folder: '{tmp_path}'"
        in done.stderr
    )
    assert list(tmp_path.iterdir()) == []
