"""Classes in the names of files."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from datalint.config.settings import Config, ConfigError
from datalint.dataset.discover import discover
from datalint.dataset.files import name_labels
from datalint.dataset.guard import discovered
from tests.dataset.test_discover import CONFIG, classes, touch


def named(*ways: str, count: int = 12) -> list[str]:
    """Names of so many images in each of these ways."""
    return [way.format(number) for way in ways for number in range(count)]


@pytest.mark.parametrize(
    "names",
    [
        named("cat.{}.jpg", "dog.{}.jpg"),
        named("Abyssinian_{}.jpg", "Great Dane_{}.jpg"),
        named("cat ({}).JPG", "dog ({}).JPG"),
        [*named("cat{}.png", "dog{}.png", count=30), "about.png"],
    ],
)
def test_they_are_offered_with_a_setting_that_reads_them(names: list[str]) -> None:
    offer = name_labels.offer(pl.Series(names))
    assert offer is not None
    pattern = offer.split("'")[1]
    found = name_labels.read(pl.Series(names), pattern).drop_nulls().to_list()
    assert len(set(found)) == 2
    assert f"{min(found)} {found.count(min(found))}" in offer


@pytest.mark.parametrize(
    "names",
    [
        named("IMG_{}.jpg", "DSC_{}.jpg"),
        named("cat.{}.jpg", count=40),
        named("cat.{}.jpg", "dog.{}.jpg", count=5),
        [f"word{chr(97 + number)}_{number}.jpg" for number in range(26)],
        named("{}.jpg", count=40),
        named("video1_{}.jpg", "video2_{}.jpg"),
    ],
)
def test_other_names_hold_none(names: list[str]) -> None:
    assert name_labels.offer(pl.Series(names)) is None


def test_the_setting_takes_the_place_of_folders(tmp_path: Path) -> None:
    touch(tmp_path, "train/one/cat.1.jpg", "train/two/dog.2.jpg", "test/one/cat.3.jpg", "test/two/4.jpg")
    data = discover([tmp_path], Config(label_pattern=r"^([a-z]+)\."))
    assert classes(data) == {"train/one/cat.1.jpg": "cat", "train/two/dog.2.jpg": "dog", "test/one/cat.3.jpg": "cat"}
    assert data.has_splits()
    assert "3 of 4 names of images hold a class (label-pattern)." in data.evidence


def test_nothing_is_offered_where_folders_are_classes(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{name[:3]}/{name}" for name in named("cat.{}.jpg", "dog.{}.jpg")))
    assert not any("label-pattern" in line for line in discover([tmp_path], CONFIG).evidence)


@pytest.mark.parametrize("pattern", ["^([a-z", "^[a-z]+", "^(?<=a)([a-z]+)"])
def test_a_pattern_that_cannot_be_used(tmp_path: Path, pattern: str) -> None:
    touch(tmp_path, "cat.1.jpg")
    with pytest.raises(ConfigError, match=r"^label-pattern '.*' cannot be used: [^\n]+$"):
        discovered([tmp_path], Config(label_pattern=pattern, jobs=1))


def test_a_hostile_pattern_takes_linear_time(tmp_path: Path) -> None:
    touch(tmp_path, "a" * 200 + ".jpg")
    assert classes(discover([tmp_path], Config(label_pattern="^((a+)+)+b"))) == {}
