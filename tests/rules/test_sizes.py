"""Rules about sizes and formats on tables made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from datalint import Rule
from datalint.dataset import Dataset, Declared, schema
from datalint.rules.sizes.exif_rotated import ExifRotated
from datalint.rules.sizes.mixed_bit_depth import MixedBitDepth
from datalint.rules.sizes.mixed_format import MixedFormat
from datalint.rules.sizes.mixed_mode import MixedMode
from datalint.rules.sizes.mixed_size import MixedSize
from datalint.rules.sizes.multi_frame import MultiFrame
from datalint.rules.sizes.odd_aspect_ratio import OddAspectRatio
from datalint.rules.sizes.odd_size import OddSize
from datalint.rules.sizes.tiny_image import TinyImage
from datalint.rules.sizes.unusual_colour_space import UnusualColourSpace
from datalint.rules.sizes.used_alpha import UsedAlpha

RULES = [
    ExifRotated,
    MixedBitDepth,
    MixedFormat,
    MixedMode,
    MixedSize,
    MultiFrame,
    OddAspectRatio,
    OddSize,
    TinyImage,
    UnusualColourSpace,
    UsedAlpha,
]
PLAIN = {
    "status": "ok",
    "format": "JPEG",
    "mode": "RGB",
    "width": 100,
    "height": 100,
    "orientation": 1,
    "bits": 8,
    "float": False,
    "colours": 3,
    "alpha": False,
    "frames": 1,
    "colour_space": "RGB",
}


def dataset(*images: dict[str, Any], plain: int = 0, **settings: Any) -> Dataset:
    rows = [PLAIN | image for image in [*images, *({} for _ in range(plain))]]
    frame = pl.DataFrame([row | {"image": number, "path": f"{number}.jpg"} for number, row in enumerate(rows)])
    return Dataset(Path(), tables={"images": schema.conform("images", frame)}, **settings)


def found(rule: Rule, data: Dataset) -> list[dict[str, Any]]:
    return rule.check(data).lazy().collect().to_dicts()


def paths(rule: Rule, data: Dataset) -> list[str | None]:
    return [row["path"] for row in found(rule, data)]


@pytest.mark.parametrize("rule", RULES)
def test_no_images_and_unknown_facts_give_nothing(rule: type[Rule]) -> None:
    assert found(rule(), Dataset(Path())) == []
    unknown = pl.DataFrame({"image": range(30), "path": [str(n) for n in range(30)], "status": ["ok"] * 30})
    assert found(rule(), Dataset(Path(), tables={"images": schema.conform("images", unknown)})) == []


@pytest.mark.parametrize(
    ("rule", "odd"),
    [
        (MixedFormat, {"format": "PNG"}),
        (MixedMode, {"colour_space": "grey", "mode": "L"}),
        (MixedBitDepth, {"bits": 16}),
        (MixedSize, {"width": 120}),
    ],
)
def test_a_few_are_flagged_and_a_mixture_is_not_a_flood(rule: type[Rule], odd: dict[str, Any]) -> None:
    assert paths(rule(), dataset(odd, plain=20)) == ["0.jpg"]
    assert len(found(rule(), dataset(*[odd] * 10, plain=10))) <= 1
    assert paths(rule(), dataset(odd, plain=4)) == [], "too few images to tell what is usual"


def test_mpo_is_jpeg_and_its_second_picture_is_no_frame() -> None:
    data = dataset({"format": "MPO", "frames": 2}, plain=20)
    assert found(MixedFormat(), data) == []
    assert found(MultiFrame(), data) == []


def severities(rule: Rule, data: Dataset) -> list[str]:
    return [str(row["severity"]) for row in found(rule, data)]


def test_a_dataset_of_tiny_images_gets_notes() -> None:
    """A machine format holds one finding an image, however common; people are shown one line."""
    tiny = {"width": 28, "height": 28}
    assert paths(TinyImage(), dataset(tiny, plain=20)) == ["0.jpg"]
    assert severities(TinyImage(), dataset(*[tiny] * 50)) == ["note"] * 50
    assert severities(TinyImage(), dataset(*[tiny] * 50, {"width": 8, "height": 8})) == ["note"] * 50 + ["warning"]


def test_the_declared_input_size_comes_before_the_default() -> None:
    data = dataset({"width": 320, "height": 320}, *[{"width": 640, "height": 640}] * 20)
    assert found(TinyImage(), data) == []
    data.declared = Declared(input_size=(512, 512))
    assert paths(TinyImage(), data) == ["0.jpg"]


def test_a_dataset_of_long_images_gets_notes() -> None:
    long = {"width": 400, "height": 100}
    assert paths(OddAspectRatio(), dataset(long, plain=20)) == ["0.jpg"]
    assert severities(OddAspectRatio(), dataset(*[long] * 50)) == ["note"] * 50


def test_portrait_among_landscape_is_not_odd() -> None:
    assert found(OddAspectRatio(), dataset({"width": 360, "height": 640}, *[{"width": 640, "height": 360}] * 30)) == []


def test_size_outliers_only_where_sizes_vary() -> None:
    varied = [{"width": 200 + 3 * n, "height": 220 + 2 * n} for n in range(30)]
    assert found(OddSize(), dataset(*varied)) == []
    assert paths(OddSize(), dataset({"width": 2000, "height": 1500}, *varied)) == ["0.jpg"]
    assert found(OddSize(), dataset({"width": 2000, "height": 1500}, plain=30)) == [], "that is mixed-size"


def test_boxes_that_fit_only_the_turned_picture_make_it_an_error() -> None:
    data = dataset({"width": 640, "height": 480, "orientation": 6}, {"width": 640, "height": 480, "orientation": 6})
    boxes = pl.DataFrame({"image": [0, 1], "x": [400.0, 10.0], "y": [500.0, 10.0], "w": [50.0] * 2, "h": [100.0] * 2})
    data.tables["boxes"] = schema.conform("boxes", boxes)
    assert [row["severity"] for row in found(ExifRotated(), data)] == ["error", "warning"]


def test_a_profile_is_judged_by_what_it_does_to_colours() -> None:
    changes = {"sRGB IEC61966-2.1": 0.01, "a monitor's own": 4.0, "Adobe RGB (1998)": 9.4, "Display P3": 9.8}
    data = dataset(*({"icc": name, "icc_change": value} for name, value in changes.items()), plain=20)
    assert paths(UnusualColourSpace(), data) == ["2.jpg", "3.jpg"]
    assert paths(UnusualColourSpace(change=3.0), data) == ["1.jpg", "2.jpg", "3.jpg"]


def test_small_is_judged_by_what_training_enlarges_and_large_is_a_note() -> None:
    photos = [{"width": 900 + 20 * n, "height": 700 + 10 * n} for n in range(30)]
    assert found(OddSize(), dataset({"width": 320, "height": 240}, *photos)) == [], "made smaller, as all are"
    assert severities(OddSize(), dataset({"width": 120, "height": 90}, *photos)) == ["warning"]
    assert found(OddSize(), dataset({"width": 3000, "height": 2200}, *photos)) == [], "large, but no poster"
    assert severities(OddSize(), dataset({"width": 9000, "height": 7000}, *photos)) == ["note"]
    rng = np.random.default_rng(0)
    web = [{"width": int(side), "height": int(side)} for side in np.exp(rng.normal(6, 0.7, 1000)) + 40]
    assert len(found(OddSize(), dataset(*web))) == 0, "the sizes of the web are skewed"


def of_two_classes(data: Dataset, first: int) -> Dataset:
    count = data.table("images").height
    labels = pl.DataFrame({"image": range(count), "class": ["a"] * first + ["b"] * (count - first)})
    data.tables["labels"] = schema.conform("labels", labels)
    return data


def test_sizes_that_go_with_a_class_are_not_odd() -> None:
    scans = [{"width": 512 + n % 3, "height": 512} for n in range(200)]
    small = [{"width": 60 + n, "height": 70 + n} for n in range(12)]
    assert len(found(OddSize(), dataset(*small, *scans))) == 12
    assert found(OddSize(), of_two_classes(dataset(*small, *scans), 12)) == []
    assert len(found(MixedSize(), dataset(*small, plain=200))) == 12
    assert found(MixedSize(), of_two_classes(dataset(*small, plain=200), 12)) == []
    long = [{"width": 100, "height": 400 + 9 * n} for n in range(12)]
    assert found(OddAspectRatio(), of_two_classes(dataset(*long, plain=200), 12)) == []


def test_receipts_are_long_by_nature() -> None:
    receipts = [{"width": 400, "height": 700 + 30 * n} for n in range(40)]
    assert found(OddAspectRatio(), dataset(*receipts[:24])) == [], "a third of them beyond 0.35"
    assert set(severities(OddAspectRatio(), dataset(*receipts))) == {"note"}
    strip = found(OddAspectRatio(), dataset(*receipts, {"width": 100, "height": 3000}))[-1]
    assert (strip["path"], strip["severity"]) == ("40.jpg", "warning")


def test_grey_among_colour_is_one_note_and_other_modes_are_warnings() -> None:
    grey, palette = {"colour_space": "grey", "mode": "L"}, {"colour_space": "palette", "mode": "P"}
    (row,) = found(MixedMode(), dataset(*[grey] * 23, plain=1000))
    assert (row["severity"], row["path"], len(row["members"])) == ("note", None, 23)
    assert row["fact"] == "23 of 1023 images are grey, 1000 RGB"
    assert sorted(severities(MixedMode(), dataset(*[grey] * 5, palette, palette, plain=100))) == [
        "note",
        "warning",
        "warning",
    ]
    assert severities(MixedMode(), dataset({"alpha": True}, plain=50)) == ["warning"]
