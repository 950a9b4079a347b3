"""Where many pictures look alike and are no copies: the work grows with their number, and what is left out is told."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from datalint import pairs
from datalint.cache.store import Cache
from datalint.pairs import verify
from datalint.pairs.candidates import Candidates
from datalint.pairs.compared import Compared
from datalint.pairs.groups import foremost
from datalint.pairs.hashes import ORIENTATIONS
from tests.pairs.test_find import measured, picture

SIDE = 64


def slices(count: int, own: float = 0.3) -> list[Image.Image]:
    """Pictures of one organ: what they share, something of their own, and noise."""
    rng = np.random.default_rng(0)
    falling = np.hypot(*np.mgrid[:16, :16])
    falling[0, 0] = np.inf
    basis = np.cos(np.arange(16)[:, None] * (np.arange(SIDE) + 0.5) * np.pi / SIDE)
    drawn = basis.T @ (rng.standard_normal((count + 1, 16, 16)) / falling) @ basis
    drawn /= drawn.std((1, 2), keepdims=True)
    grey = 128 + 40 * (drawn[0] + own * drawn[1:]) + 4 * rng.standard_normal((count, SIDE, SIDE))
    return [Image.fromarray(one.clip(0, 255).astype(np.uint8)) for one in grey]


def encoded(image: Image.Image, quality: int) -> Image.Image:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return Image.open(stream)


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Pairs of files that were decoded."""
    seen: list[tuple[int, int]] = []
    before = Compared.compare

    def counted(self: Compared, pairs: Candidates) -> np.ndarray:
        seen.extend(zip(pairs.a.tolist(), pairs.b.tolist(), strict=True))
        return before(self, pairs)

    monkeypatch.setattr(Compared, "compare", counted)
    return seen


def test_comparisons_of_a_crowd_grow_with_its_pictures(tmp_path: Path, compared: list[tuple[int, int]]) -> None:
    """Each has 29 that look as much like it as a copy; it is compared with few, and its copy is among them."""
    drawn = slices(300)
    for number, image in enumerate(drawn):
        image.save(tmp_path / f"{hash((number, 1)):x}.png")
    for number in range(10):
        encoded(drawn[number], 80).save(tmp_path / f"copy{number}-{hash((number, 1)):x}.png")
    data = measured(tmp_path)
    pairs.find(data, jobs=0)
    names = data.table("images")["path"]
    found = {(names[a], names[b]) for a, b in data.table("pairs").select("a", "b").rows()}
    expected = {(f"{hash((n, 1)):x}.png", f"copy{n}-{hash((n, 1)):x}.png") for n in range(10)}
    assert all(pair in found or pair[::-1] in found for pair in expected)
    assert len(compared) < 5 * 310
    assert len(compared) == len(set(compared))
    assert data.evidence[-1].endswith(
        "images look like so many others that near copies were sought among the most alike only"
    )


def test_what_is_left_out_is_told_again_from_the_cache(tmp_path: Path, compared: list[tuple[int, int]]) -> None:
    (tmp_path / "images").mkdir()
    for number, image in enumerate(slices(100)):
        image.save(tmp_path / "images" / f"{hash((number, 1)):x}.png")
    told = []
    for _ in range(2):
        data = measured(tmp_path / "images")
        cache = Cache(tmp_path / "cache")
        pairs.find(data, jobs=0, cache=cache)
        cache.close()
        told.append((data.evidence, data.table("pairs").rows(), len(compared)))
    assert told[0] == told[1]
    assert len(told[0][0]) == 1


def test_no_crowd_is_told_where_there_is_none(tmp_path: Path) -> None:
    for number in range(20):
        picture(number).save(tmp_path / f"{number}-.png")
    data = measured(tmp_path)
    pairs.find(data, jobs=0)
    assert data.evidence == ()


@pytest.mark.parametrize("side", [32, 48, 64, 200])
def test_thumbnails_of_copies_pass(side: int) -> None:
    """What the files would prove to be a copy in a crowd, its thumbnail does not rule out."""
    originals = [picture(number, 2 * side).resize((side, side)) for number in range(12)] + slices(12)
    changes: list[Callable[[Image.Image], Image.Image]] = [
        lambda image: encoded(image, 90),
        lambda image: encoded(image, 40),
        lambda image: image.resize((image.width * 2 // 3, image.height * 2 // 3)),
        lambda image: image.resize((image.width * 3 // 2, image.height * 3 // 2)),
        lambda image: ImageEnhance.Contrast(image).enhance(0.75),
        lambda image: ImageEnhance.Brightness(image).enhance(1.2),
        lambda image: image.convert("L"),
    ]
    both = [(original, change(original)) for original in originals for change in changes]
    both = [(one, other) for one, other in both if one.size == other.size or min(one.size + other.size) >= 32]
    colours = [(np.asarray(one.convert("RGB")), np.asarray(other.convert("RGB"))) for one, other in both]
    found = [verify.compare(one, other, ORIENTATIONS[0]) for one, other in colours]
    copies = verify.is_copy(np.array(found), np.ones(len(both), bool))
    small = [image.convert("RGB").resize((32, 32), Image.Resampling.BOX) for pair in both for image in pair]
    thumbnails = np.stack([np.asarray(image) for image in small])
    a = np.arange(0, len(thumbnails), 2)
    passed = verify.may_be_copies(thumbnails, a, a + 1, np.zeros(a.size, np.uint8))
    assert copies.sum() > len(both) // 2
    assert passed[copies].all()
    others = verify.may_be_copies(thumbnails, a[:-70], a[70:] + 1, np.zeros(a.size - 70, np.uint8))
    assert not others.any()


def test_foremost_of_each_picture() -> None:
    a, b = np.array([0, 0, 0, 1, 1, 2]), np.array([1, 2, 3, 2, 3, 3])
    alike = np.array([0.9, 0.8, 0.7, 0.95, 0.6, 0.65], np.float32)
    assert foremost(a, b, alike, 1).tolist() == [True, False, True, True, False, False]
    assert foremost(a, b, alike, 3).all()
    assert foremost(a[:0], b[:0], alike[:0], 1).tolist() == []
