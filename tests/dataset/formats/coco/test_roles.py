from __future__ import annotations

import pytest

from datalint.dataset.formats.coco.roles import looks_like, roles


def groups(*files: str) -> list[list[str]]:
    """Files that are one dataset."""
    found: dict[tuple[str, ...], list[str]] = {}
    for file, role in roles(files).items():
        found.setdefault(role.group, []).append(file)
    return list(found.values())


@pytest.mark.parametrize(
    ("files", "splits"),
    [
        (["a/instances_train2017.json", "a/instances_val2017.json"], ["train", "val"]),
        (["train/_annotations.coco.json", "valid/_annotations.coco.json"], ["train", "val"]),
        (["image_info_test-dev2017.json", "instances_val2017.json"], ["test", "val"]),
        (["x_train.json", "x_test.json"], ["train", "test"]),
        (["instances_val.json", "captions_val.json"], ["val", "val"]),
        (["instances_all.json", "captions_all.json"], [None, None]),
    ],
)
def test_files_that_differ_in_the_split_or_the_task_are_one_dataset(files: list[str], splits: list[str | None]) -> None:
    assert groups(*files) == [files]
    assert [role.split for role in roles(files).values()] == splits


@pytest.mark.parametrize(
    "files",
    [
        ["a/instances_train.json", "b/instances_val.json"],
        ["annotations.json", "annotations_unofficial.json"],
        ["x_train.json", "y_val.json"],
        ["instances_all.json", "instances_few.json"],
    ],
)
def test_other_files_stand_alone(files: list[str]) -> None:
    assert groups(*files) == [[file] for file in files]


def test_a_folder_alone_says_the_split() -> None:
    role = roles(["data/train/boxes.json"])["data/train/boxes.json"]
    assert (role.split, role.task) == ("train", "")


def test_the_task_is_read_off_the_name() -> None:
    names = {"person_keypoints_val.json": "person_keypoints", "LVIS_v1.json": "lvis", "labelset.json": ""}
    assert {file: role.task for file, role in roles(list(names)).items()} == names


def test_names_that_a_coco_file_may_have() -> None:
    assert looks_like("a/_annotations.coco.json")
    assert looks_like("a/instances_val.json")
    assert not looks_like("instances/settings.json")
