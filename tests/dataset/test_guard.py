from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from datalint import limits, workers
from datalint.config.settings import Config
from datalint.dataset import Dataset, guard
from datalint.dataset.discover import DatasetError, discover
from datalint.dataset.guard import discovered
from datalint.sources import Refused
from datalint.sources.spool import Spool
from datalint.workers import Allowance, WorkerLost, pool
from datalint.workers.process import Worker
from tests.workers.faults import misread


def coco(folder: Path, name: str, boxes: int) -> None:
    images = [{"id": 1, "file_name": "0.png", "width": 64, "height": 64}]
    box = {"image_id": 1, "category_id": 1, "bbox": [1, 1, 20, 20], "area": 400, "iscrowd": 0}
    content = {
        "images": images,
        "categories": [{"id": 1, "name": "cat"}],
        "annotations": [{"id": number, **box} for number in range(boxes)],
    }
    (folder / name).write_text(json.dumps(content))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Image.new("RGB", (64, 64)).save(tmp_path / "0.png")
    coco(tmp_path, "small.json", 1)
    return tmp_path


@pytest.mark.parametrize("name", ["demo", "labels", "splits", "via"])
def test_the_same_as_in_this_process(fixtures: Path, name: str) -> None:
    here, there = (
        discover([fixtures / "datasets" / name], Config()),
        discovered([fixtures / "datasets" / name], Config()),
    )
    assert here.tables.keys() == there.tables.keys()
    assert all(here.tables[name].equals(there.tables[name]) for name in here.tables)
    assert (here.layouts, here.evidence, here.task) == (there.layouts, there.evidence, there.task)


def test_all_formats_look_into_images_with_the_same_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of these tables asks for the sizes of images; to start a worker takes longer than to read a hundred."""
    started: list[Worker] = []

    class Counted(Worker):
        def __init__(self, modules: Sequence[str] = ()) -> None:
            super().__init__(modules)
            started.append(self)

    monkeypatch.setattr(pool, "_idle", pool._Idle())  # as in a new process
    monkeypatch.setattr(pool, "Worker", Counted)
    monkeypatch.setattr(guard, "limit_memory", lambda _: None)
    for number in range(4):
        place = tmp_path / str(number)
        place.mkdir()
        Image.new("RGB", (64, 64)).save(place / "0.png")
        rows = f'image_id,bbox,label,more{number}\n0.png,"[1, 1, 20, 20]",cat,x\n'
        (place / "boxes.csv").write_text(rows)
    data = guard._answer(guard._Task([tmp_path], Config(jobs=1), Refused(), Spool()))
    assert isinstance(data, Dataset)
    assert data.table("boxes").height == 4
    assert len(started) == 1
    assert pool._idle.count() == 0, "it ended with the reading"


def test_a_file_that_takes_too_long_is_a_problem_and_the_others_are_read(folder: Path) -> None:
    coco(folder, "big.json", 500_000)
    with limits.applied("label-seconds=0.4"):
        data = discovered([folder], Config())
    assert data.table("boxes")["file"].to_list() == ["small.json"]
    [(file, reason)] = data.table("problems").select("file", "reason").iter_rows()
    assert file == "big.json"
    assert reason.startswith("cannot be read: reading it was stopped after ")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not count the memory of data")
def test_memory_is_limited_by_the_size_of_the_files(folder: Path) -> None:
    """A small file that swells is stopped long before this machine is full."""
    with limits.applied("label-memory=0.05"), pytest.raises(DatasetError, match="memory"):
        discovered([folder], Config())


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not count the memory of data")
def test_a_file_that_takes_too_much_memory_is_a_problem(folder: Path) -> None:
    coco(folder, "big.json", 300_000)
    with limits.applied("labels-memory=0.2"):
        data = discovered([folder], Config())
    assert data.table("boxes")["file"].to_list() == ["small.json"]
    [(file, reason)] = data.table("problems").select("file", "reason").iter_rows()
    assert file == "big.json"
    assert "memory" in reason


@pytest.mark.parametrize(("tables", "least"), [(False, 1 << 30), (True, 4 << 30)])
def test_memory_that_tables_asked_for_and_never_used_is_not_held_against_the_labels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tables: bool, least: int
) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "0.png")
    if tables:
        pl.DataFrame({"image": [(tmp_path / "0.png").read_bytes()]}).write_parquet(tmp_path / "a.parquet")
    allowed: list[int] = []
    monkeypatch.setattr(guard, "held", lambda: 3 << 30)
    monkeypatch.setattr(guard, "limit_memory", allowed.append)
    with limits.applied("labels-memory=8"):
        guard._answer(guard._Task([tmp_path], Config(jobs=1), Refused(), Spool()))
    assert least <= allowed[0] < least + (1 << 28)


def test_after_many_of_a_kind_no_other_is_tried(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_MOST_OF_A_KIND", 2)
    for number in range(4):
        coco(folder, f"big{number}.json", 300_000)
    (folder / "labels.csv").write_text("file,label\n0.png,cat\n")
    with limits.applied("labels-memory=0.2"):
        data = discovered([folder], Config())
    problems = dict(data.table("problems").select("file", "reason").iter_rows())
    assert problems.keys() == {*(f"big{number}.json" for number in range(4)), "small.json"}
    assert sum("left out after 2 files of its kind" in reason for reason in problems.values()) == 3
    assert all("memory" in reason for reason in problems.values())
    assert data.table("labels")["file"].to_list() == ["labels.csv"]


def test_where_no_file_is_to_blame_it_is_said(folder: Path) -> None:
    with limits.applied("labels-seconds=0.000001"), pytest.raises(DatasetError, match="--limit"):
        discovered([folder], Config())


def test_what_a_user_got_wrong_is_told_in_the_same_words(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="there is no such file or folder"):
        discovered([tmp_path / "nowhere"], Config())


@pytest.mark.parametrize(
    ("fault", "cause"),
    [("segfault", "crashed (SIGSEGV)"), ("raise", "ArithmeticError: no luck"), ("hang", "stopped after 1 seconds")],
)
def test_the_file_is_named_that_was_read_last(tmp_path: Path, fault: str, cause: str) -> None:
    for name in ("fine", fault, "later"):
        (tmp_path / name).touch()
    places = [os.fsencode(tmp_path / name) for name in ("fine", fault, "later")]
    with pytest.raises(WorkerLost) as lost:
        workers.call(misread, places, Allowance(60, 1 << 30, lambda _size: 1.0))
    assert cause in str(lost.value)
    assert lost.value.reading is not None
    assert lost.value.reading.place == places[1]
