from __future__ import annotations

import io

import numpy as np
from PIL import Image

from datalint.measure.hashes import phash
from datalint.measure.store import SIDE
from tests.measure.pictures import photo


def small(*pictures: Image.Image) -> np.ndarray:
    return np.stack(
        [np.asarray(picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX)) for picture in pictures]
    )


def distance(a: np.uint64, b: np.uint64) -> int:
    return (int(a) ^ int(b)).bit_count()


def recompressed(picture: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer)


def test_copies_are_near_and_others_far() -> None:
    pictures = [photo(seed) for seed in range(12)]
    original = phash(small(*pictures))
    for copies in (
        [picture.resize((150, 100)) for picture in pictures],
        [recompressed(picture, 40) for picture in pictures],
        [picture.convert("L") for picture in pictures],
    ):
        assert max(map(distance, original, phash(small(*copies)))) <= 6
    others = [distance(a, b) for row, a in enumerate(original) for b in original[:row]]
    assert min(others) >= 14


def test_pictures_without_texture_have_the_hash_0() -> None:
    grain = np.random.default_rng(0).integers(118, 121, (2, SIDE, SIDE, 3)).astype(np.uint8)
    assert phash(np.concatenate([np.full((2, SIDE, SIDE, 3), 200, np.uint8), grain])).tolist() == [0, 0, 0, 0]


def test_faint_pictures_hash_like_their_copies() -> None:
    faint = [Image.eval(photo(seed), lambda level: 120 + level // 12) for seed in range(8)]
    assert max(map(distance, phash(small(*faint)), phash(small(*[recompressed(p, 70) for p in faint])))) <= 8
