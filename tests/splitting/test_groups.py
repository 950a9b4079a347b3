"""What stays in one split: copies, sources that look alike, and what a pattern names."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from datalint.splitting.ratios import SplitError
from datalint.splitting.split import split
from tests.splitting.pictures import CONFIG, folders, picture


def videos(root: Path, count: int = 12, frames: int = 6) -> Path:
    for number in range(count):
        kind = root / ("cat", "dog")[number % 2]
        kind.mkdir(parents=True, exist_ok=True)
        for frame in range(frames):
            picture(number + 1, frame).save(kind / f"video{number:02}_frame{frame:02}.png")
    return root


def parted(path: Path, groups: dict[str, str], **options: object) -> set[str]:
    """The groups that are in several splits."""
    found: dict[str, set[str]] = {}
    table = split(path, config=CONFIG, **options).division.table  # type: ignore[arg-type]
    for image, own in table.select("path", "split").iter_rows():
        found.setdefault(groups.get(image, image), set()).add(own)
    return {name for name, splits in found.items() if len(splits) > 1}


def names(root: Path, cut: int) -> dict[str, str]:
    return {file.relative_to(root).as_posix(): file.name[:cut] for file in root.rglob("*.png")}


def test_copies(tmp_path: Path) -> None:
    root = folders(tmp_path, {"cat": 12, "dog": 12})
    same: dict[str, str] = {}
    for number in range(6):
        file = root / f"cat/cat-{number:03}.png"
        shutil.copy(file, root / f"dog/again-{number}.png")
        with_name = root / f"cat/mirror-{number}.png"
        ImageOps.mirror(Image.open(file)).save(with_name)
        same |= {
            f"{place.parent.name}/{place.name}": f"same {number}"
            for place in (file, root / f"dog/again-{number}.png", with_name)
        }
    for seed in range(3):
        assert parted(root, same, seed=seed) == set()


def test_videos_of_a_dataset_without_splits(tmp_path: Path) -> None:
    root = videos(tmp_path)
    for seed in range(3):
        assert parted(root, names(root, 7), ratios="70/15/15", seed=seed) == set()


def test_a_name_alone_is_not_a_source(tmp_path: Path) -> None:
    """Pictures whose names begin alike, and that do not look alike, are dealt out one by one."""
    for seed in range(60):
        folder = tmp_path / ("cat", "dog")[seed % 2]
        folder.mkdir(exist_ok=True)
        picture(seed + 500).save(folder / f"lot{seed % 6:02}_frame{seed:02}.png")
    assert split(tmp_path, config=CONFIG).division.groups.sources == 0


def test_a_pattern(tmp_path: Path) -> None:
    root = folders(tmp_path, {"cat": 20, "dog": 20})
    owners = {path: path[-6] for path in names(root, 1)}  # the tens of the number, of both classes
    assert parted(root, owners) != set()
    assert parted(root, owners, group_pattern=r"-\d(\d)\d\.png", ratios="50/50") == set()
    for bad, cause in (
        ("(", "not a regular expression"),
        ("cat", "no group"),
        ("(zebra)", "fits the path of no image"),
    ):
        with pytest.raises(SplitError, match=cause):
            split(root, group_pattern=bad, config=CONFIG)


def test_one_recording_is_cut_into_stretches(tmp_path: Path) -> None:
    """Where all is one recording, each split gets a stretch of it."""
    (tmp_path / "images").mkdir()
    for number in range(40):
        picture(1, number).save(tmp_path / f"images/one7_frame{number}.png")
    made = split(tmp_path, config=CONFIG, group_pattern="(one7)")
    assert made.division.groups.cut == (40,)
    assert "40 images are one group" in str(made)
    by_split: dict[str, list[int]] = {}
    for path, own in made.division.table.select("path", "split").iter_rows():
        by_split.setdefault(own, []).append(int(path.rpartition("frame")[2].removesuffix(".png")))
    assert sorted(map(len, by_split.values())) == [4, 4, 32]
    for numbers in by_split.values():
        assert max(numbers) - min(numbers) + 1 == len(numbers)
