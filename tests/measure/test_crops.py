"""Pictures of parts of images, each image decoded once."""

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

from datalint.dataset import Dataset
from datalint.measure import crops as module
from datalint.measure import decode, measure
from datalint.measure.crops import Batch, crops
from datalint.rule import Need
from tests.measure.pictures import dataset, photo

SIDE = 32
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    root = tmp_path_factory.mktemp("images")
    photo(0, (640, 480)).save(root / "0.png")
    photo(1, (1600, 1200)).save(root / "1.jpg", quality=95)
    (root / "2.jpg").write_text("<html>")
    wide = np.linspace(0, 65535, 100 * 90).reshape(90, 100).astype(np.uint16)
    Image.fromarray(wide).save(root / "3.png")
    made = dataset(root)
    measure(made, level=Need.PIXELS, jobs=0)
    return made


def test_what_the_parts_of_the_whole_picture_show(data: Dataset) -> None:
    images = np.array([1, 0, 3, 0, 1])
    edges = np.array(
        [[200, 300, 600, 500], [10.5, 20, 74.5, 84], [0, 0, 50, 90], [630, 470, 640, 480], [0, 0, 1600, 1200]]
    )
    made, there = crops(data, images, edges, SIDE, jobs=0)
    assert there.all()
    assert made.shape == (5, SIDE, SIDE, 3)
    for picture, image, place in zip(made, images, edges, strict=True):
        if image == 3:
            continue
        whole = Image.open(data.os_path(int(image)))
        large = min(place[2] - place[0], place[3] - place[1]) >= SIDE
        how = Image.Resampling.BOX if large else Image.Resampling.BILINEAR
        wanted = np.asarray(whole.resize((SIDE, SIDE), how, box=tuple(place)), int)
        assert np.abs(picture.astype(int) - wanted).mean() < (0.01 if image == 0 else 3)
    ramp = made[2].astype(int)
    assert (np.diff(ramp[:, 16, 0]) >= 0).all()
    assert ramp[-1, -1, 0] > 250
    assert ramp[0, -1, 0] < 6


def test_an_image_is_decoded_once(data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    examine = decode.examine

    def noted(item: object, *rest: object) -> object:
        seen.append(Path(os.fsdecode(item.path)).name)  # type: ignore[attr-defined]
        return examine(item, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "examine", noted)
    images = np.arange(40) % 2
    edges = np.tile([[5.0, 5.0, 60.0, 60.0]], (40, 1))
    told: list[int] = []
    made, there = crops(data, images, edges, SIDE, jobs=0, advance=told.append)
    assert seen == ["0.png", "1.jpg"]
    assert there.all()
    assert told[-1] == 40
    assert (made[::2] == made[0]).all()
    assert not np.array_equal(made[0], made[1])


def test_processes_give_the_same(data: Dataset) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 2, 80)
    corner = rng.uniform(0, 300, (80, 2))
    edges = np.hstack([corner, corner + rng.uniform(8, 150, (80, 2))])
    inline, _ = crops(data, images, edges, SIDE, jobs=0)
    spread, there = crops(data, images, edges, SIDE, jobs=2)
    assert there.all()
    np.testing.assert_array_equal(inline, spread)


def test_what_cannot_be_decoded_stays_black(data: Dataset) -> None:
    edges = np.tile([[0.0, 0.0, 50.0, 50.0]], (3, 1))
    table = data.table("images")
    known = Dataset(data.root, tables={"images": table.with_columns(width=100, height=100)})
    made, there = crops(known, np.array([2, 0, 2]), edges, SIDE, jobs=0)
    assert there.tolist() == [False, True, False]
    assert not made[~there].any()


def test_a_worker_that_is_killed_costs_one_image(data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "cut_batch", crash_on_the_second)
    edges = np.tile([[0.0, 0.0, 50.0, 50.0]], (6, 1))
    made, there = crops(data, np.array([0, 1, 3, 1, 0, 3]), edges, SIDE, jobs=1)
    assert there.tolist() == [True, False, True, False, True, True]
    assert made[there].all()


def crash_on_the_second(batch: Batch, side: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """In a worker: every part is white, but for those of one image, which ends the process."""
    if any(os.fsdecode(parts.item.path).endswith("1.jpg") for parts in batch.images):
        os.kill(os.getpid(), signal.SIGKILL)
    count = len(batch.rows)
    return np.full((count, side, side, 3), 255, np.uint8), np.ones(count, bool)


def test_many_parts_take_little_memory(tmp_path: Path) -> None:
    """100,000 parts as pictures are 307 MB on the disk; twenty times as many images would not take more."""
    for number in range(50):
        photo(number, (200, 160)).save(tmp_path / f"{number}.jpg")
    code = (
        "import resource, sys, numpy as np\n"
        "from pathlib import Path\n"
        "from datalint.measure import measure\n"
        "from datalint.measure.crops import crops\n"
        "from datalint.rule import Need\n"
        "from tests.measure.pictures import dataset\n"
        "data = dataset(Path(sys.argv[1]))\n"
        "measure(data, level=Need.PIXELS, jobs=1)\n"
        "corner = np.random.default_rng(0).uniform(0, 120, (100_000, 2))\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "_, there = crops(data, np.arange(100_000) % 50, np.hstack([corner, corner + 30]), 32, jobs=1)\n"
        "assert there.all()\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 150_000  # KiB


def test_no_part_no_picture(data: Dataset) -> None:
    made, there = crops(data, np.empty(0, np.int64), np.empty((0, 4)), SIDE)
    assert made.shape == (0, SIDE, SIDE, 3)
    assert there.shape == (0,)
