"""Sources by their names and folders, recordings dealt out frame by frame, and the split that is proposed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from datalint import Report, scan
from datalint.config.settings import Config
from datalint.report.export import export
from datalint.report.proposal import proposal
from datalint.rules.splits.group_leak import GroupLeak
from fixtures.draw.picture import save, scene

SIDE = 48


def frame(source: int, number: int) -> Image.Image:
    """A window that wanders over one scene."""
    wide = scene(source, SIDE + 24, SIDE + 24)
    return wide.crop((number % 5, number % 4, number % 5 + SIDE, number % 4 + SIDE))


def scanned(root: Path) -> Report:
    report = scan(root, rules=[GroupLeak()], config=Config(isolated=True), jobs=0)
    assert not [entry for entry in report.rules_not_run if entry.crashed]
    return report


NAMES = ["apple{:03}S({})", "fruit{} ({})", "{:05}_{:05}", "vid{}_frame_{}"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("leaks", [True, False])
def test_a_source_in_the_name(tmp_path: Path, name: str, leaks: bool) -> None:
    for source in range(8):
        for number in range(4):
            split = "val" if (number == 1 if leaks else source < 2) else "train"
            save(frame(source, number), tmp_path / split / f"{name.format(source, number)}.jpg")
    found = list(scanned(tmp_path))
    assert [one.code for one in found] == ["DL703"] * (8 if leaks else 0)
    assert all(len(one.related) == 3 for one in found)


def test_many_sources_are_one_finding(tmp_path: Path) -> None:
    for source in range(16):
        for number in range(4):
            split = "val" if number == 1 else "train"
            save(frame(source, number), tmp_path / split / f"vid{source:02}_frame_{number}.jpg")
    report = scanned(tmp_path)
    (found,) = report
    assert found.scope == "dataset"
    assert found.count == 64
    assert found.message == (
        "all 64 images are pictures of 16 sources (vid00, vid01, vid02, ...; 4 pictures each in the median), "
        "each one recording that is spread over train and val"
    )
    assert report.members.height == 64
    proposed = proposal(report)
    assert proposed is not None
    assert proposed["group"].n_unique() == 16
    assert proposed.group_by("group").agg(pl.col("split").n_unique())["split"].to_list() == [1] * 16


@pytest.mark.parametrize("name", NAMES)
def test_a_number_in_the_name_of_unrelated_pictures(tmp_path: Path, name: str) -> None:
    for number in range(40):
        split = "val" if number % 4 == 1 else "train"
        save(scene(number), tmp_path / split / f"{name.format(number // 4, number % 4)}.jpg")
    assert list(scanned(tmp_path)) == []


def test_tracks_that_start_again_in_each_class(tmp_path: Path) -> None:
    for kind in range(3):
        for track in range(4):
            for number in range(4):
                split = "val" if number == 2 else "train"
                picture = frame(100 * kind + track, number)
                save(picture, tmp_path / split / f"{kind:05}" / f"{track:05}_{number:05}.png")
    found = list(scanned(tmp_path))
    assert len(found) == 12
    for one in found:
        assert one.path is not None
        assert {path.split("/")[1] for path in one.related} == {one.path.split("/")[1]}


def test_a_patient_with_pictures_in_two_classes_is_one_source(tmp_path: Path) -> None:
    for patient in range(8):
        for number in range(4):
            split, kind = ("val" if number == 1 else "train"), ("tumour", "normal")[number % 2]
            save(frame(patient, number), tmp_path / split / kind / f"patient{patient}_slice_{number}.png")
    assert sorted(one.subject or "" for one in scanned(tmp_path)) == [f"patient{number}" for number in range(8)]


def folders(root: Path, videos: bool) -> None:
    """Pictures in split/kind/folder, labelled by kind in a table; `videos` are folders of frames of one scene."""
    rows = []
    for folder in range(8):
        kind = ("run", "walk")[folder % 2]
        for number in range(5):
            split = "test" if number == 3 else "train"
            picture = frame(folder, number) if videos else scene(10 * folder + number)
            path = f"{split}/{kind}/v_{kind}_g{folder:02}_c01/{(number * 7 + 3 * folder) % 11:03}.jpg"
            save(picture, root / path)
            rows.append(f"{path},{kind},{split}")
    (root / "labels.csv").write_text("\n".join(["path,label,split", *rows]))


def test_a_folder_below_a_class_is_a_source(tmp_path: Path) -> None:
    folders(tmp_path, videos=True)
    assert [one.subject for one in scanned(tmp_path)] == [
        f"{kind}/v_{kind}_g{number:02}_c01" for kind in ("run", "walk") for number in range(kind == "walk", 8, 2)
    ]


def test_a_folder_of_unrelated_pictures_is_not_a_source(tmp_path: Path) -> None:
    folders(tmp_path, videos=False)
    assert list(scanned(tmp_path)) == []


def recording(root: Path, first: int, count: int, leaks: bool) -> None:
    """A camera that moves over a landscape, and a number that goes on."""
    rng = np.random.default_rng(first)
    coarse = rng.integers(0, 256, (6, count // 4 + 7, 3), dtype=np.uint8)
    wide = Image.fromarray(coarse).resize(((count // 4 + 7) * 8, SIDE), Image.Resampling.BICUBIC)
    for number in range(count):
        split = "val" if (number % 5 == 2 if leaks else number >= count - 8) else "train"
        picture = wide.crop((2 * number, 0, 2 * number + SIDE, SIDE))
        (root / split).mkdir(parents=True, exist_ok=True)
        picture.save(root / split / f"frame_{first + number:04}.png")


def test_one_recording_dealt_out_frame_by_frame(tmp_path: Path) -> None:
    recording(tmp_path, 300, 40, leaks=True)
    (found,) = scanned(tmp_path)
    assert found.code == "DL703"
    assert "40 pictures" in found.message


def test_a_recording_that_is_cut_once_is_split_well(tmp_path: Path) -> None:
    recording(tmp_path, 300, 40, leaks=False)
    assert list(scanned(tmp_path)) == []


def proposed(report: Report, folder: Path) -> pl.DataFrame:
    export(report, folder)
    return pl.read_csv(folder / "split_proposal.csv")


def test_a_split_by_group_is_proposed(tmp_path: Path) -> None:
    for source in range(10):
        for number in range(4):
            split = "val" if number == 1 else "train"
            save(frame(source, number), tmp_path / "data" / split / f"apple{source:03}S({number}).jpg")
    for number in range(6):
        save(scene(900 + number), tmp_path / "data" / "train" / f"{'abcdef'[number]}.jpg")
    report = scanned(tmp_path / "data")
    table = proposed(report, tmp_path / "one")
    assert table.columns == ["path", "group", "split"]
    assert table.height == 46
    assert table["group"].null_count() == 6
    assert table.drop_nulls().group_by("group").agg(pl.col("split").n_unique())["split"].to_list() == [1] * 10
    assert dict(table.group_by("split").len().iter_rows()) == {"train": 36, "val": 10}
    proposed(report, tmp_path / "two")
    assert (tmp_path / "one/split_proposal.csv").read_bytes() == (tmp_path / "two/split_proposal.csv").read_bytes()


def test_a_recording_that_is_all_of_the_dataset_is_cut_in_order(tmp_path: Path) -> None:
    recording(tmp_path / "data", 300, 40, leaks=True)
    table = proposed(scanned(tmp_path / "data"), tmp_path / "out")
    table = table.sort(pl.col("path").str.extract(r"(\d+)\.png"))
    assert table["split"].to_list() == ["train"] * 32 + ["val"] * 8


def test_no_split_is_proposed_where_none_is_wrong(tmp_path: Path) -> None:
    recording(tmp_path / "data", 300, 40, leaks=False)
    export(scanned(tmp_path / "data"), tmp_path / "out")
    assert not (tmp_path / "out/split_proposal.csv").exists()
