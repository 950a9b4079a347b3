"""Runs of frames are compared along their order, and all other pictures with all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from datalint import pairs
from datalint.pairs.candidates import Candidates
from datalint.pairs.compared import Compared
from datalint.pairs.runs import runs
from tests.pairs.test_find import found, groups, measured, picture

SIDE = 96


def frames(folder: Path, count: int, step: int, seed: int = 0, prefix: str = "frame_") -> None:
    """A camera that moves `step` pixels a frame."""
    folder.mkdir(parents=True, exist_ok=True)
    wide = picture(seed, SIDE + count * step + 1)
    for number in range(count):
        left = number * step
        wide.crop((left, 0, left + SIDE, SIDE)).save(folder / f"{prefix}{number:04}.png")


def test_comparisons_grow_with_the_frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames(tmp_path, 60, 1)
    compared: list[tuple[int, int]] = []
    before = Compared.compare

    def counted(self: Compared, pairs: Candidates) -> np.ndarray:
        compared.extend(zip(pairs.a.tolist(), pairs.b.tolist(), strict=True))
        return before(self, pairs)

    monkeypatch.setattr(Compared, "compare", counted)
    found(tmp_path)
    assert len(compared) <= 2 * 60


@given(st.lists(st.sampled_from([True, True, True, False]), min_size=7, max_size=90))
def test_to_look_at_few_finds_the_runs_that_looking_at_all_finds(alike: list[bool]) -> None:
    scene = np.cumsum([0, *(not each for each in alike)])  # pictures of one scene are equal
    thumbnails = np.random.default_rng(0).integers(0, 256, (scene[-1] + 1, 8, 8, 3), np.uint8)[scene]
    paths = pl.Series([f"frame_{number:03}.png" for number in range(scene.size)])
    run, _ = runs(paths, thumbnails, np.arange(scene.size))
    long = np.bincount(scene)[scene] >= 8
    assert (run >= 0).tolist() == long.tolist()
    assert len(set(run[long].tolist())) == len(set(scene[long].tolist()))


def test_a_camera_that_stands_still_makes_one_group(tmp_path: Path) -> None:
    for number in range(20):
        picture(0).save(tmp_path / f"frame_{number:04}.jpg", quality=70 + number)
    assert [len(group) for group in groups(tmp_path)] == [20]


def test_numbered_pictures_that_are_not_a_run_are_compared_with_all(tmp_path: Path) -> None:
    for number in range(20):
        picture(number).save(tmp_path / f"cat_{number:04}.png")
    picture(3).save(tmp_path / "cat_0020.jpg", quality=80)
    assert [row[:2] for row in found(tmp_path)] == [("cat_0003.png", "cat_0020.jpg")]


def test_a_copy_of_a_frame_outside_its_run_is_found(tmp_path: Path) -> None:
    frames(tmp_path, 20, 4)
    with Image.open(tmp_path / "frame_0007.png") as frame:
        frame.resize((72, 72)).save(tmp_path / "cover.jpg", quality=90)
    assert ("cover.jpg", "frame_0007.png") in {row[:2] for row in found(tmp_path)}


def test_pairs_say_which_are_frames_of_one_run(tmp_path: Path) -> None:
    for number in range(10):
        picture(0).save(tmp_path / f"frame_{number:04}.jpg", quality=70 + number)
    picture(0).resize((72, 72)).save(tmp_path / "cover.jpg", quality=90)
    picture(1).save(tmp_path / "other.png")
    picture(1).save(tmp_path / "other.jpg", quality=90)
    data = measured(tmp_path)
    pairs.find(data, jobs=0)
    names = data.table("images")["path"].str.head(5)
    found = [(names[a], names[b], frames) for a, b, frames in data.table("pairs").select("a", "b", "frames").rows()]
    assert sorted(found) == [
        ("cover", "frame", False),
        *[("frame", "frame", True)] * 9,
        ("other", "other", False),
    ]


def test_frames_dealt_out_over_splits_are_one_run(tmp_path: Path) -> None:
    frames(tmp_path / "train", 20, 2)
    for number in (3, 8, 9, 15):
        (tmp_path / "val").mkdir(exist_ok=True)
        (tmp_path / f"train/frame_{number:04}.png").rename(tmp_path / f"val/frame_{number:04}.png")
    data = measured(tmp_path)
    assert data.thumbnails is not None
    run, place = runs(data.table("images")["path"], data.thumbnails, np.arange(20))
    assert set(run.tolist()) == {0}
    names = data.table("images").with_columns(pl.Series("place", place)).sort("place")["path"]
    assert [int(name[-8:-4]) for name in names] == list(range(20))


def test_two_shots_are_two_runs(tmp_path: Path) -> None:
    frames(tmp_path / "a", 10, 2, seed=1)
    frames(tmp_path / "b", 10, 2, seed=2)
    frames(tmp_path / "c", 4, 2, seed=3)
    data = measured(tmp_path)
    assert data.thumbnails is not None
    run, _ = runs(data.table("images")["path"], data.thumbnails, np.arange(24))
    assert len(set(run[:10].tolist())) == len(set(run[10:20].tolist())) == 1
    assert run[0] != run[10]
    assert set(run[20:].tolist()) == {-1}


def test_digits_of_other_scripts_are_no_numbers() -> None:
    paths = pl.Series([f"画像１{number}.jpg" for number in "１２３４５６７８９"] + ["frame_٣.jpg", "a\n1.jpg"])
    thumbnails = np.zeros((len(paths), 32, 32, 3), np.uint8)
    run, _ = runs(paths, thumbnails, np.arange(len(paths)))
    assert run.tolist() == [-1] * len(paths)
