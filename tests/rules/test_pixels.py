"""Rules about pixels on tables made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from datalint import Rule
from datalint.dataset import Dataset, Declared, Statistics, schema
from datalint.rules.pixels.blurry import Blurry
from datalint.rules.pixels.dark import Dark
from datalint.rules.pixels.dead_channel import DeadChannel
from datalint.rules.pixels.exposure_outlier import ExposureOutlier
from datalint.rules.pixels.flat_image import FlatImage
from datalint.rules.pixels.grey_as_colour import GreyAsColour
from datalint.rules.pixels.light import Light
from datalint.rules.pixels.normalization_mismatch import NormalizationMismatch
from datalint.rules.pixels.split_shift import SplitShift
from datalint.rules.pixels.swapped_channels import SwappedChannels
from datalint.rules.pixels.uniform_border import UniformBorder
from datalint.rules.pixels.unnormalized_range import UnnormalizedRange

RULES = [
    Blurry,
    Dark,
    DeadChannel,
    ExposureOutlier,
    FlatImage,
    GreyAsColour,
    Light,
    NormalizationMismatch,
    SplitShift,
    SwappedChannels,
    UniformBorder,
    UnnormalizedRange,
]
IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
OWN = (0.6, 0.4, 0.3), (0.25, 0.24, 0.23)


def dataset(**columns: Any) -> Dataset:
    count = len(next(iter(columns.values())))
    frame = pl.DataFrame(columns | {"image": range(count), "path": [f"{n}.jpg" for n in range(count)]})
    frame = frame.with_columns(status=pl.lit("ok"), colours=pl.lit(3))
    return Dataset(Path(), tables={"images": schema.conform("images", frame)})


def found(rule: Rule, data: Dataset) -> list[dict[str, Any]]:
    return rule.check(data).lazy().collect().to_dicts()


def paths(rule: Rule, data: Dataset) -> list[str | None]:
    return [row["path"] for row in found(rule, data)]


def test_what_most_images_are_is_a_note() -> None:
    def severities(*brightness: float, kinds: str = "") -> list[str]:
        data = dataset(brightness_p99=list(brightness))
        if kinds:
            labels = pl.DataFrame({"image": range(len(kinds)), "class": list(kinds)})
            data.tables["labels"] = schema.conform("labels", labels)
        return [row["severity"] for row in found(Dark(), data)]

    assert severities(*[0.1] * 3, *[0.9] * 30) == ["warning"] * 3
    assert severities(*[0.1] * 30, *[0.9] * 3) == ["note"] * 30
    assert severities(*[0.1] * 6) == ["warning"] * 6, "too few to have a nature"
    night = severities(*[0.1] * 12, *[0.9] * 30, 0.1, kinds="n" * 12 + "d" * 31)
    assert night == ["note"] * 12 + ["warning"]


@pytest.mark.parametrize("rule", RULES)
def test_no_images_and_unknown_facts_give_nothing(rule: type[Rule]) -> None:
    assert found(rule(), Dataset(Path())) == []
    assert found(rule(), dataset(bits=[None] * 30)) == []


def declared(mean: Any, std: Any, measured: Any = OWN) -> list[tuple[str, str]]:
    data = Dataset(Path(), declared=Declared(mean=mean, std=std, normalization_source="datalint.toml"))
    data.statistics = Statistics(measured[0], measured[1], images=100, split=None)
    return [(row["severity"], row["fact"]) for row in found(NormalizationMismatch(), data)]


def test_declared_numbers_that_fit_are_silent() -> None:
    assert declared(*OWN) == []
    assert declared((0.58, 0.41, 0.32), None) == []
    assert declared((0.5,), (0.25,), ((0.5,) * 3, (0.25,) * 3)) == []


@pytest.mark.parametrize(
    ("mean", "std", "severity", "words"),
    [
        (*IMAGENET, "note", "ImageNet's constants"),
        ((0.1, 0.1, 0.1), (0.2, 0.2, 0.2), "note", "the pixels have other numbers"),
        ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375), "warning", "0-255"),
        ((0.6, 0.4, 0.3), (64.0, 61.0, 59.0), "warning", "0-255"),
        ((0.406, 0.456, 0.485), (0.225, 0.224, 0.229), "warning", "BGR"),
        ((0.3, 0.4, 0.6), (0.23, 0.24, 0.25), "warning", "BGR"),
        ((0.6, 0.4), (0.25, 0.24), "warning", "2 numbers"),
        ((0.6, 0.4, 0.3), (0.25, 0.24, 0.0), "warning", "impossible"),
    ],
)
def test_declared_numbers_that_do_not_fit(mean: Any, std: Any, severity: str, words: str) -> None:
    ((level, fact),) = declared(mean, std)
    assert level == severity
    assert words in fact


def test_a_majority_of_dark_images_is_not_hidden() -> None:
    assert len(found(Dark(), dataset(brightness_p99=[0.2] * 30 + [0.9] * 10))) == 30


def test_a_majority_of_blurry_images_is_not_hidden() -> None:
    assert len(found(Blurry(), dataset(sharpness=[0.5] * 30 + [3.0] * 10))) == 30


def test_a_soft_dataset_is_not_blurry_by_comparison() -> None:
    assert found(Blurry(), dataset(sharpness=[1.0] * 10 + [1.4] * 20)) == []
    assert paths(Blurry(), dataset(sharpness=[1.0] + [3.0] * 20)) == ["0.jpg"]


def test_a_drawing_on_white_is_not_light() -> None:
    data = dataset(brightness_p5=[0.98, 0.98], brightness_p1=[0.1, 0.9])
    assert paths(Light(), data) == ["1.jpg"]


def test_exposure_is_judged_against_the_dataset() -> None:
    rng = np.random.default_rng(0)
    steady, varied = rng.normal(0.5, 0.03, 100).tolist(), rng.uniform(0.1, 0.8, 100).tolist()
    assert paths(ExposureOutlier(), dataset(brightness=[0.95, *steady])) == ["0.jpg"]
    assert found(ExposureOutlier(), dataset(brightness=[0.95, *varied])) == []


def test_a_grey_dataset_is_noted_once() -> None:
    assert paths(GreyAsColour(), dataset(colour_spread=[0.0] + [0.4] * 9)) == ["0.jpg"]
    assert paths(GreyAsColour(), dataset(colour_spread=[0.0] * 9 + [0.4])) == [None]


def test_ranges_that_disagree() -> None:
    data = dataset(
        bits=[8, 8, 16, 16, 32, 32, 8, 8, 8],
        float=[False] * 4 + [True, True, False, False, False],
        low=[0.0, 0.0, 0.0, 0.0, 0.0, -3.0, 0.0, 0.0, 0.0],
        high=[1.0, 255.0, 200.0, 60000.0, 1.0, 2.0, 250.0, 0.0, 200.0],
    )
    facts = {row["path"]: row["fact"] for row in found(UnnormalizedRange(), data)}
    assert sorted(facts) == ["0.jpg", "2.jpg", "3.jpg", "5.jpg"]
    assert "no values but 0 and 1" in facts["0.jpg"]
    assert "largest value is 200" in facts["2.jpg"]
    assert "from -3.0 to 2.0" in facts["5.jpg"]


def lost(classes: str, folders: list[str], format: str, high: list[float]) -> Dataset:
    """Images of 8 bit in these folders, one class a letter; below 4 they hold a picture in [0, 1]."""
    small = [value < 4 for value in high]
    data = dataset(
        bits=[8] * len(high), low=[0.0] * len(high), high=high, contrast=[0.002 if few else 0.2 for few in small]
    )
    frame = data.tables["images"].with_columns(
        pl.Series("path", [f"{folder}/{row}.x" for row, folder in enumerate(folders)]),
        pl.Series("brightness", [0.002 if few else 0.5 for few in small], pl.Float32),
        format=pl.lit(format),
    )
    data.tables["images"] = frame
    if classes:
        labels = pl.DataFrame({"image": range(len(high)), "class": list(classes)})
        data.tables["labels"] = schema.conform("labels", labels)
    return data


def test_pictures_in_0_to_1_are_a_fault_of_the_folder_that_was_written_so() -> None:
    train_and_val = ["train/a"] * 20 + ["train/b"] * 20 + ["val/a"] * 5 + ["val/b"] * 5
    data = lost("a" * 20 + "b" * 20 + "a" * 5 + "b" * 5, train_and_val, "PNG", [1.0] * 39 + [0.0] + [240.0] * 10)
    rows = found(UnnormalizedRange(), data)
    assert [row["severity"] for row in rows] == ["error"] * 40, "one that is black throughout is of them"
    assert found(ExposureOutlier(), data) == [], "the right ones are no outliers"
    assert found(Dark(), data) == []


def test_after_jpeg_values_up_to_3_are_left() -> None:
    data = lost("", ["preprocessed"] * 20 + ["."] * 20, "JPEG", [2.0, 3.0] * 10 + [240.0] * 20)
    assert {(row["severity"], row["fact"][:24]) for row in found(UnnormalizedRange(), data)} == {
        ("error", "no value above 3 of 255:")
    }
    few = lost("", ["a"] * 40, "JPEG", [2.0] * 3 + [240.0] * 37)
    assert [row["severity"] for row in found(UnnormalizedRange(), few)] == ["warning"] * 3
    frames = few.tables["images"].with_columns(contrast=pl.lit(0.0001, pl.Float32))
    few.tables["images"] = frames
    assert found(UnnormalizedRange(), few) == [], "black frames"


@pytest.mark.parametrize(("folder", "classes"), [("masks", "m"), ("SegmentationClass", "m"), ("other", "m")])
def test_masks_are_not_pictures_in_0_to_1(folder: str, classes: str) -> None:
    data = lost(classes * 20 + "i" * 20, [folder] * 20 + ["images"] * 20, "PNG", [1.0] * 20 + [240.0] * 20)
    assert found(UnnormalizedRange(), data) == []


@pytest.mark.parametrize(
    ("most", "said"),
    [
        (1000.0, "fill 10 of 16 bits (maximum 1000)"),
        (3888.0, "fill 12 of 16 bits"),
        (16300.0, "fill 14 of 16 bits"),
        (9871.0, "convert(RGB)"),  # a distance in mm, perhaps
        (60000.0, "convert(RGB)"),
    ],
)
def test_a_dataset_of_16_bit_is_told_by_its_depth(most: float, said: str) -> None:
    data = dataset(bits=[16] * 12, low=[300.0] * 12, high=[most] * 6 + [300.0] * 6)
    data.tables["images"] = data.tables["images"].with_columns(colours=pl.lit(1, pl.UInt8))
    rows = found(UnnormalizedRange(), data)
    assert len(rows) == 12
    assert all(said in row["fact"] for row in rows)


def with_box(data: Dataset, image: int) -> Dataset:
    box = pl.DataFrame({"image": [image], "path": ["x"], "class": ["ship"], "x": [1.0], "y": [1.0]})
    data.tables["boxes"] = schema.conform("boxes", box)
    return data


def plain(contrast: list[float]) -> Dataset:
    """Grey pictures of these contrasts."""
    count = len(contrast)
    squares = {f"square_{channel}": [0.25 + value**2 for value in contrast] for channel in "rgb"}
    return dataset(contrast=contrast, **{f"mean_{channel}": [0.5] * count for channel in "rgb"}, **squares)


def test_an_object_on_a_plain_picture_makes_it_a_note() -> None:
    calm = [0.2] * 30 + [0.01]
    assert [row["severity"] for row in found(FlatImage(), plain(calm))] == ["warning"]
    (row,) = found(FlatImage(), with_box(plain(calm), 30))
    assert (row["severity"], "delete" in row["hint"]) == ("note", False)
    (row,) = found(FlatImage(), with_box(plain([*calm[:-1], 0.0]), 30))
    assert row["severity"] == "warning", "one single tone shows no object"
    (row,) = found(Dark(), with_box(dataset(brightness_p99=[0.9] * 30 + [0.1]), 30))
    assert (row["severity"], "remove" in row["hint"]) == ("note", False)


def test_what_is_dark_plain_or_light_among_its_like_is_not_odd() -> None:
    rng = np.random.default_rng(0)
    night = dataset(brightness_p99=rng.uniform(0.2, 0.9, 200).tolist())
    assert found(Dark(), night) == []
    water = plain(rng.uniform(0.01, 0.05, 200).tolist())
    assert found(FlatImage(), water) == []
    pages = dataset(brightness_p5=rng.uniform(0.9, 1.0, 200).tolist(), brightness_p1=[0.9] * 200)
    assert {row["severity"] for row in found(Light(), pages)} <= {"note"}


def test_a_split_in_bgr_is_said_once_with_its_images() -> None:
    count = 50
    data = dataset(
        mean_r=[0.6] * 25 + [0.3] * 25,
        mean_b=[0.3] * 25 + [0.6] * 25,
        brightness=[0.5 + 0.01 * (row % 3) for row in range(count)],
        contrast=[0.2 + 0.01 * (row % 3) for row in range(count)],
    )
    data.tables["splits"] = pl.DataFrame(
        {"image": range(count), "split": ["train"] * 25 + ["val"] * 25}, schema=schema.schema("splits")
    )
    (row,) = found(SplitShift(), data)
    assert "red and blue were exchanged" in row["like"]
    assert len(row["members"]) == count
    assert "split-shift" in SwappedChannels.yields_to


def test_binary_masks_throughout_do_not_disagree() -> None:
    assert found(UnnormalizedRange(), dataset(bits=[8] * 9, low=[0.0] * 9, high=[1.0] * 8 + [255.0])) == []


def labelled(data: Dataset) -> Dataset:
    count = data.table("images").height
    labels = pl.DataFrame({"image": range(count), "class": ["fox"] * count})
    data.tables["labels"] = schema.conform("labels", labels)
    return data


def test_a_swap_is_found_only_in_a_class_of_steady_colour() -> None:
    rng = np.random.default_rng(0)
    red, blue = rng.normal(0.6, 0.03, 30), rng.normal(0.3, 0.02, 30)
    steady = labelled(dataset(mean_r=[0.3, *red], mean_b=[0.6, *blue]))
    assert paths(SwappedChannels(), steady) == ["0.jpg"]
    free = labelled(dataset(mean_r=[0.3, *rng.uniform(0.1, 0.9, 30)], mean_b=[0.6, *rng.uniform(0.1, 0.9, 30)]))
    assert found(SwappedChannels(), free) == []
    grey = labelled(dataset(mean_r=[0.4, *rng.normal(0.5, 0.01, 30)], mean_b=[0.5, *rng.normal(0.45, 0.01, 30)]))
    assert found(SwappedChannels(), grey) == []


def split_in_two(brightness: list[float]) -> Dataset:
    data = dataset(brightness=brightness)
    count = len(brightness)
    splits = pl.DataFrame({"image": range(count), "split": ["train"] * (count // 2) + ["test"] * (count - count // 2)})
    data.tables["splits"] = schema.conform("splits", splits)
    return data


def test_only_a_large_shift_between_splits_counts() -> None:
    rng = np.random.default_rng(0)
    first = rng.normal(0.5, 0.1, 100).tolist()
    assert found(SplitShift(), split_in_two(first + rng.normal(0.5, 0.1, 100).tolist())) == []
    (row,) = found(SplitShift(), split_in_two(first + rng.normal(0.35, 0.1, 100).tolist()))
    assert (row["property"], row["split"], row["other"]) == ("brightness", "train", "test")


def test_bars_need_an_edge_along_their_length() -> None:
    rng = np.random.default_rng(0)
    boxed = rng.integers(60, 255, (32, 32, 3), dtype=np.uint8)
    boxed[:4] = boxed[-4:] = 0
    product = np.full((32, 32, 3), 250, np.uint8)
    product[4:-4, 10:20] = 80
    data = dataset(border_top=[0.125] * 2, border_bottom=[0.125] * 2, border_left=[0.0] * 2, border_right=[0.0] * 2)
    data.thumbnails = np.stack([boxed, product])
    assert paths(UniformBorder(), data) == ["0.jpg"]
