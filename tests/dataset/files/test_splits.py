"""Names of splits."""

from __future__ import annotations

import pytest

from datalint.dataset.files import splits


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train", "train"), ("Training", "train"), ("TRAIN", "train"), ("train2017", "train"),
        ("training_set", "train"),
        ("trainset", "train"), ("val", "val"), ("valid", "val"), ("dev", "val"),
        ("Test-Images", "test"), ("evaluation", "test"),
        ("trainval", None), ("cat", None), ("contest", None),
        ("trainee", None), ("train_cat", None), ("train_test", None),
    ],
)  # fmt: skip
def test_canonical(name: str, split: str | None) -> None:
    assert splits.canonical(name) == split


def test_siblings_in_groups() -> None:
    both = {f"{split}_{kind}": split for split in ("train", "val") for kind in ("HR", "LR")}
    assert splits.among(both) == both
    assert splits.among([*both, "notes"]) == {}
    assert splits.among(["seg_train", "seg_test", "seg_pred"]) == {"seg_train": "train", "seg_test": "test"}


def test_siblings() -> None:
    assert splits.among({"stage1_train", "stage1_test"}) == {"stage1_train": "train", "stage1_test": "test"}
    assert splits.among({"train", "car", "bus"}) == {}
    assert splits.among({"train_cat", "test_dog"}) == {}
    assert splits.among({"train", "val", "extra"}) == {"train": "train", "val": "val"}
