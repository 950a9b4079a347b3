from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from datalint.measure.statistics import PERCENTILES, pixel_facts
from tests.measure.pictures import blurred, photo


def facts(*pictures: Image.Image) -> dict[str, np.ndarray]:
    return pixel_facts([np.asarray(picture) for picture in pictures])


def test_facts_of_drawn_pictures_against_numpy() -> None:
    pictures = [photo(seed, (80, 64)) for seed in range(5)]
    found = facts(*pictures)
    for row, picture in enumerate(pictures):
        pixels = np.asarray(picture, np.float64) / 255
        bright = np.sqrt(pixels**2 @ [0.241, 0.691, 0.068])
        luma = pixels @ [0.299, 0.587, 0.114]
        for channel, name in enumerate("rgb"):
            assert found[f"mean_{name}"][row] == pytest.approx(pixels[..., channel].mean(), rel=1e-5)
            assert found[f"square_{name}"][row] == pytest.approx((pixels[..., channel] ** 2).mean(), rel=1e-5)
            assert found[f"low_{name}"][row] == pytest.approx(pixels[..., channel].min())
            assert found[f"high_{name}"][row] == pytest.approx(pixels[..., channel].max())
        for p in PERCENTILES:
            assert found[f"brightness_p{p}"][row] == pytest.approx(np.percentile(bright, p), abs=1 / 255)
        assert found["brightness"][row] == pytest.approx(bright.mean(), rel=1e-5)
        assert found["contrast"][row] == pytest.approx(luma.std(), rel=1e-4)
        spread = np.percentile(pixels.max(axis=2) - pixels.min(axis=2), 99)
        assert found["colour_spread"][row] == pytest.approx(spread, abs=1 / 255)


@settings(max_examples=20, deadline=None)
@given(order=st.permutations(range(18)))
def test_facts_do_not_depend_on_order_or_company(order: list[int]) -> None:
    """To the last bit: how many pictures are measured at once depends on the number of processes."""
    pictures = [np.asarray(photo(seed, (40 + 8 * (seed % 3), 40))) for seed in range(9)]
    chance = np.random.default_rng(0)
    pictures += [chance.integers(0, 256, (120, 100 + seed % 2, 3), np.uint8) for seed in range(6)]
    pictures += [chance.uniform(0, 255, (90, 100, 3)).astype(np.float32) for _ in range(3)]
    together = pixel_facts([pictures[number] for number in order])
    for row, number in enumerate(order):
        alone = pixel_facts([pictures[number]])
        for name, values in together.items():
            assert np.array_equal(values[row], alone[name][0], equal_nan=True), name


def test_floats_and_bytes_give_the_same_facts() -> None:
    pixels = np.asarray(photo(2, (64, 64)))
    as_bytes, as_floats = pixel_facts([pixels]), pixel_facts([pixels.astype(np.float32)])
    for name, values in as_bytes.items():
        np.testing.assert_allclose(values, as_floats[name], rtol=1e-5, err_msg=name)


@pytest.mark.parametrize("seed", range(4))
def test_sharpness_falls_with_blur_and_not_with_contrast(seed: int) -> None:
    sharp = photo(seed, (96, 80))
    values = facts(sharp, *(blurred(sharp, radius) for radius in (0.7, 1, 1.5, 2, 3)))["sharpness"]
    assert (np.diff(values) < 0).all()
    assert values[0] > 2 > values[3]
    assert values[-1] < 0.7
    pale = Image.eval(blurred(sharp, 1), lambda level: 100 + level // 3)
    assert facts(pale)["sharpness"][0] == pytest.approx(values[2], rel=0.12)


@pytest.mark.parametrize("width", [1.5, 2.0, 3.0])
def test_sharpness_is_the_inverse_width_of_an_edge(width: float) -> None:
    from math import erf

    profile = np.array([127.5 + 100 * erf((x - 31.5) / width / 2**0.5) for x in range(64)], np.float32)
    picture = np.broadcast_to(profile[None, :, None], (64, 64, 3))
    assert pixel_facts([picture])["sharpness"][0] == pytest.approx(1 / width, rel=0.05)


def test_a_sharp_subject_before_a_blurred_background_is_sharp() -> None:
    picture = blurred(photo(1, (96, 96)), 4)
    picture.paste(photo(2, (32, 32)), (30, 30))
    assert facts(picture)["sharpness"][0] > 1.5


def test_flat_pictures() -> None:
    found = facts(Image.new("RGB", (40, 40), (7, 7, 7)))
    assert np.isnan(found["sharpness"][0])
    for name in ("entropy", "contrast", "colour_spread", "border_left", "border_top"):
        assert found[name][0] == pytest.approx(0, abs=1e-6), name


def test_borders() -> None:
    picture = photo(3, (100, 80))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, 99, 7), "black")
    draw.rectangle((0, 72, 99, 79), (3, 0, 4))
    draw.rectangle((90, 0, 99, 79), "white")
    found = facts(picture, photo(4, (100, 80)))
    assert found["border_top"].tolist() == [0, 0]  # the white bar crosses it
    assert found["border_right"] == pytest.approx([0.1, 0])
    assert found["border_left"].tolist() == [0, 0]
    letterbox = photo(3, (100, 80))
    ImageDraw.Draw(letterbox).rectangle((0, 0, 99, 7), "black")
    ImageDraw.Draw(letterbox).rectangle((0, 64, 99, 79), "black")
    found = facts(letterbox)
    assert [found[f"border_{side}"][0] for side in ("top", "bottom", "left", "right")] == pytest.approx(
        [0.1, 0.2, 0, 0]
    )


def test_no_pictures() -> None:
    assert pixel_facts([]) == {}
