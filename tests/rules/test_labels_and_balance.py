"""Where the rules of labels and balance speak, and where they must not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from datalint.dataset import Dataset
from datalint.dataset.schema import conform
from datalint.rules.balance.class_imbalance import ClassImbalance
from datalint.rules.balance.class_missing_in_split import ClassMissingInSplit
from datalint.rules.balance.rare_class import RareClass
from datalint.rules.balance.shortcut import Shortcut
from datalint.rules.labels.inconsistent_classes import InconsistentClasses
from datalint.rules.labels.similar_class_names import SimilarClassNames
from datalint.rules.labels.unread_labels import UnreadLabels


def dataset(classes: list[str], **facts: list[object]) -> Dataset:
    numbers = pl.Series("image", range(len(classes)), pl.UInt32)
    paths = [f"{number}.jpg" for number in range(len(classes))]
    images = pl.DataFrame({"image": numbers, "path": paths, "status": ["ok"] * len(classes), **facts})
    labels = conform("labels", pl.DataFrame({"image": numbers, "path": paths, "class": classes}))
    return Dataset(Path(), task="single", tables={"images": images, "labels": labels})


def objects(classes: list[list[str]]) -> Dataset:
    """One image an inner list, with a box for each class in it."""
    rows = [(image, f"{image}.jpg", name) for image, names in enumerate(classes) for name in names]
    boxes = conform("boxes", pl.DataFrame(rows, schema=["image", "path", "class"], orient="row"))
    images = pl.DataFrame({"image": range(len(classes))}, schema={"image": pl.UInt32})
    return Dataset(Path(), tables={"images": images, "boxes": boxes})


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ({"cat": 50, "Cat": 1}, [("Cat", "cat")]),
        ({"traffic light": 50, "traffic_light": 20}, [("traffic_light", "traffic light")]),
        ({"caf\u00e9": 9, "cafe\u0301": 3}, [("cafe\u0301", "caf\u00e9")]),
        ({"retriever": 400, "retreiver": 1}, [("retreiver", "retriever")]),
        ({"retriever": 400, "retreiver": 300}, []),
        ({"class1": 400, "class2": 1}, []),
        ({"train10": 100, "train11": 1}, []),
        ({"cat": 400, "bat": 1}, []),
        ({"left": 400, "lift": 1}, []),
        ({"dog": 6, "dgo": 1}, [("dgo", "dog")]),
        ({"dog": 40, "dgo": 2}, [("dgo", "dog")]),
        ({"dog": 40, "dgo": 3}, []),
        ({"dog": 4, "dgo": 1}, []),
        ({"lion": 40, "loin": 30}, []),
        ({"ab": 40, "ba": 1}, []),
        ({"maple tree": 50, "apple tree": 40}, []),
    ],
)
def test_similar_class_names(names: dict[str, int], found: list[tuple[str, str]]) -> None:
    data = dataset([name for name, count in names.items() for _ in range(count)])
    assert SimilarClassNames().check(data).select("subject", "other").rows() == found


def test_a_format_that_tells_one_class_of_many() -> None:
    classes = [name for name in "abcdefgh" for _ in range(40)]
    formats: list[object] = ["PNG" if name == "c" else "JPEG" for name in classes]
    found = Shortcut().check(dataset(classes, format=formats))
    assert found.select("subject", "property").rows() == [("c", "format")]


@pytest.mark.parametrize("seed", range(5))
def test_chance_is_no_shortcut(seed: int) -> None:
    rng = np.random.default_rng(seed)
    classes = rng.choice(["big", "small", "tiny"], 600, p=[0.9, 0.08, 0.02]).tolist()
    data = dataset(
        classes,
        width=rng.integers(200, 900, 600).tolist(),
        format=rng.choice(["PNG", "JPEG"], 600).tolist(),
        brightness=rng.random(600).tolist(),
        camera=[None] * 600,
    )
    assert Shortcut().check(data).is_empty()


def test_brighter_classes_are_no_shortcut() -> None:
    rng = np.random.default_rng(0)
    classes = ["day"] * 200 + ["night"] * 200
    bright = np.concatenate([rng.normal(0.6, 0.1, 200), rng.normal(0.3, 0.1, 200)])
    assert Shortcut().check(dataset(classes, brightness=bright.tolist())).is_empty()


def test_sharpness_alone_is_made_and_with_brightness_it_is_shown() -> None:
    classes = ["a", "b"] * 100
    tells: list[object] = [0.2, 0.9] * 100
    same: list[object] = [0.5 + 0.001 * (number // 2) for number in range(200)]
    for bright, severity in ((same, "warning"), (tells, "note")):
        found = Shortcut().check(dataset(classes, sharpness=tells, brightness=bright, contrast=same))
        assert found["severity"].to_list() == [severity]


@pytest.mark.parametrize("format", ["PNG", "JPEG"])
def test_the_size_of_files_is_what_they_show(format: str) -> None:
    classes, sizes = ["plain"] * 100 + ["busy"] * 100, [*range(1000, 1100), *range(5000, 5100)]
    found = Shortcut().check(dataset(classes, bytes=sizes, format=[format] * 200))
    assert found.select("property", "severity").rows() == [("bytes", "note")]


def test_imbalance_and_rarity() -> None:
    data = dataset(["a"] * 101 + ["b"] * 10)
    assert ClassImbalance().check(data)["ratio"].to_list() == pytest.approx([10.1])
    assert RareClass().check(data).is_empty()
    assert ClassImbalance().check(dataset(["a"] * 100 + ["b"] * 10)).is_empty()
    assert RareClass().check(dataset(["a"] * 10 + ["b"] * 9))["subject"].to_list() == ["b"]
    assert RareClass().check(dataset(["a"] * 5 + ["b"] * 5)).is_empty(), "few-shot: all are small"


def test_many_rare_classes_are_one_finding() -> None:
    data = dataset(["a"] * 20 + [f"b{number}" for number in range(9)])
    [found] = RareClass().check(data).rows(named=True)
    assert found["who"] == "9 of 10 classes (b0, b1, b2, ...) have"
    assert found["classes"] == [f"b{number}" for number in range(9)]
    assert RareClass().check(dataset(["a"] * 20 + [f"b{number}" for number in range(8)])).height == 8


def test_many_missing_classes_are_one_finding_a_split() -> None:
    names = ["a", *(f"b{number}" for number in range(9))]
    data = dataset([*names, "a", "c"])
    split = ["train"] * len(names) + ["test"] * 2
    data.tables["splits"] = conform("splits", pl.DataFrame({"image": range(len(split)), "split": split}))
    found = ClassMissingInSplit().check(data)
    assert found.select("who", "split", "count", "others").rows() == [
        ("9 of 11 classes (b0, b1, b2, ...) have", "test", 9, "train"),
        ("the class c has", "train", 1, "test"),
    ]


def test_one_class_in_train_is_meant() -> None:
    """Anomalies to be found are in no training split; a class that is only there is another thing."""

    def missing(*placed: tuple[str, str]) -> list[tuple[str, str]]:
        data = dataset([name for name, _ in placed])
        splits = pl.DataFrame({"image": range(len(placed)), "split": [split for _, split in placed]})
        data.tables["splits"] = conform("splits", splits)
        found: list[tuple[str, str]] = ClassMissingInSplit().check(data).select("subject", "split").rows()
        return found

    assert missing(("good", "train"), ("good", "test"), ("hole", "test"), ("scratch", "test")) == []
    assert missing(("a", "train"), ("b", "test")) == [("a", "test"), ("b", "train")]
    assert missing(("a", "train"), ("b", "train"), ("a", "test")) == [("b", "test")]


def test_nothing_to_say_about_nothing() -> None:
    empty = Dataset(Path())
    for rule in (ClassImbalance(), RareClass(), Shortcut(), SimilarClassNames()):
        assert rule.check(empty).lazy().collect().is_empty()


def test_imbalance_of_objects() -> None:
    found = ClassImbalance().check(objects([["car"] * 6 + ["bus"]] * 10 + [["car"] * 60]))
    assert found.select("subject", "count", "unit", "most").rows() == [("bus", 10, "objects", 120)]
    assert ClassImbalance().check(objects([["car"] * 6 + ["bus"]] * 10)).is_empty()


@pytest.mark.parametrize(
    ("kind", "severity", "words"),
    [
        (
            ("json", 1, "VoTT", "format", 8, 8),
            "warning",
            "the file looks like VoTT; it names 8 of the 10 images and was not used; "
            "none of these is in a label file that was read",
        ),
        (
            ("json", 3, "VoTT", "format", 8, 0),
            "note",
            "3 files of one kind look like VoTT; they name 8 of the 10 images and were not used; "
            "all of these have labels that were read",
        ),
        (
            ("csv", 1, None, "records", 8, 5),
            "warning",
            "the file looks like labels in no format that is known; it names 8 of the 10 images and was not used; "
            "5 of these are in no label file that was read",
        ),
        (("csv", 1, None, "records", 8, 3), None, ""),
        (("npy", 1, None, "title", 0, 10), "warning", "the file looks like labels, by its name; it was not used"),
        (("npy", 1, None, "title", 0, 4), None, ""),
    ],
)
def test_unread_labels(kind: tuple[str, int, str | None, str, int, int], severity: str | None, words: str) -> None:
    columns = ["extension", "files", "format", "sign", "names", "unlabelled"]
    unread = pl.DataFrame([kind], schema=columns, orient="row").with_columns(file=pl.lit("x"), of=10, whole=True)
    found = UnreadLabels().check(Dataset(Path(), tables={"unread": conform("unread", unread)}))
    assert found.select("severity", "words").rows() == ([(severity, words)] if severity else [])


def lists(**of_source: dict[str, int]) -> Dataset:
    rows = [(name, number, source) for source, names in of_source.items() for name, number in names.items()]
    classes = pl.DataFrame(rows, schema=["class", "class_id", "source"], orient="row")
    return Dataset(Path(), tables={"classes": conform("classes", classes)})


def test_the_same_classes_in_another_order() -> None:
    data = lists(a={"cat": 0, "dog": 1, "fox": 2}, b={"cat": 1, "dog": 2, "fox": 3}, c={"fox": 0, "cat": 1, "dog": 2})
    (found,) = InconsistentClasses().check(data).collect().iter_rows(named=True)
    assert (found["file"], found["severity"]) == ("c", "warning")
    assert found["reason"] == "the same classes as in a, in another order: class 0 is 'fox' here and 'cat' there"


@pytest.mark.parametrize(
    "other",
    [
        {"cat": 0, "cow": 1},  # other classes
        {"dog": 0},  # a part of them
        {"dog": 1, "cat": 0},  # the same numbers in another order of lines
    ],
)
def test_other_lists_are_not_in_another_order(other: dict[str, int]) -> None:
    assert InconsistentClasses().check(lists(a={"cat": 0, "dog": 1}, b=other)).collect().is_empty()


def test_the_order_of_class_folders_is_that_of_their_names() -> None:
    data = lists(a={"dog": 0, "cat": 1}, folder={"cat": 0, "dog": 1})
    assert InconsistentClasses().check(data).collect().is_empty()
