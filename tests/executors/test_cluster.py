"""Batches in, outcomes out, whatever the engine says; and which engines can be used."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from datalint import engine, workers
from datalint.config.settings import Config, ConfigError
from datalint.executors import Cluster, EngineError, engaged
from datalint.executors.client import Fetched, Lost, Received, Sent
from datalint.executors.task import Task, answered
from datalint.measure.batch import Batch, measure_batch
from datalint.measure.crops import crops
from datalint.measure.pictures import pictures
from tests.measure.pictures import photo
from tests.workers.test_pool import batches


class Losing(Cluster):
    """An engine in this process that loses its worker at every file with such a name, and else now and then."""

    def __init__(self, name: bytes) -> None:
        self._where, self._seen, self._numbers, self._seconds = "Losing", (), 0, 1.0
        self._count(2)
        self._bad = name
        self.sizes: list[int] = []
        self.functions: set[str] = set()

    def _exchange(self, sent: Sent) -> Received:
        answers: list[tuple[int, Fetched]] = []
        for number, pickled in sent.tasks:
            task: Task = pickle.loads(pickled)
            self.sizes.append(len(task.batch))
            self.functions |= set(names_of(task.function))
            items = task.batch.items if isinstance(task.batch, Batch) else ()
            bad = any(item.place.rpartition(b"/")[2].startswith(self._bad) for item in items)
            answers.append((number, Lost("no luck") if bad or number == 1 else answered(sent.versions, pickled)))
        return Received([*reversed(answers)], 2)


def names_of(function: Any) -> Iterator[str]:
    """That of a function, or those in a partial one."""
    if isinstance(function, partial):
        for part in (function.func, *function.args):
            yield from names_of(part)
    else:
        yield function.__name__


def test_every_pass_over_the_images_is_the_engines(fixtures: Path) -> None:
    """But for what label formats look into, and the probe's pictures, which are below."""
    cluster = Losing(b"doom")
    with workers.elsewhere(cluster):
        engine.scan(fixtures / "datasets" / "demo", ignore=["DL9"], isolated=True, no_cache=True, pictures=True)
    assert {"measure_batch", "pixel_digest", "likenesses", "thumbnail"} <= cluster.functions


def test_statistics_masks_and_the_pictures_of_the_probe_are_too(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    for number in range(4):
        photo(number, (400, 300)).save(tmp_path / "images" / f"{number}.jpg")
        Image.new("L", (400, 300), number).save(tmp_path / "masks" / f"{number}.png")
    cluster = Losing(b"doom")
    with workers.elsewhere(cluster):
        data = engine.scan(tmp_path, ignore=["DL9"], isolated=True, no_cache=True).dataset
        pictures(data, np.arange(2, dtype=np.int64), 32)
        crops(data, np.zeros(1, np.int64), np.array([[0.0, 0.0, 50.0, 50.0]]), 16)
    assert {"measure_batch", "moments_batch", "masks_batch", "decode_batch", "cut_batch"} <= cluster.functions


def test_a_cluster_may_be_empty_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Losing(b"doom")
    now = 0.0
    monkeypatch.setattr("datalint.executors.cluster.time.monotonic", lambda: now)
    cluster._count(0)
    now = 0.9
    cluster._count(0)
    assert cluster.slots() == 1
    cluster._count(3)
    now = 5.0
    cluster._count(0)
    now = 6.1
    with pytest.raises(EngineError, match="Losing has had no worker for 1 seconds"):
        cluster._count(0)


def test_a_batch_that_ends_workers_is_taken_apart(tmp_path: Path) -> None:
    cluster = Losing(b"doom")
    lost, measured = {}, []
    names = [f"fine{number}.png" for number in range(12)]
    names[6] = "doom.png"
    with workers.elsewhere(cluster):
        for batch, result, cause in workers.run(measure_batch, batches(tmp_path, names)):
            if result is None:
                lost[batch.images.tolist()[0]] = cause
            else:
                measured += batch.images.tolist()
    assert lost == {6: "the cluster's workers ended 3 times while it was read: no luck"}
    assert sorted(measured) == [number for number in range(12) if number != 6]
    assert cluster.sizes.count(1) == 6  # three that are fine, and three times the one that is not


def test_no_more_is_on_its_way_than_the_slots_can_use(tmp_path: Path) -> None:
    drawn: list[Batch] = []
    waiting = iter(batches(tmp_path, [f"{number}.png" for number in range(20)], 1))
    cluster = Losing(b"doom")

    def noted() -> Iterator[Batch]:
        for batch in waiting:
            drawn.append(batch)
            yield batch

    outcomes = cluster.run(measure_batch, noted(), 10)
    next(outcomes)
    assert len(drawn) == 4
    outcomes.close()


def test_a_file_costs_a_batch_as_many_processes_as_here(tmp_path: Path) -> None:
    """Slots of the cluster, not processors of this machine, decide how large batches are."""
    with workers.elsewhere(Losing(b"doom")):
        assert workers.wanted(None, 1000) == 2
        assert workers.wanted(None, 1) == 1
        assert workers.wanted(0, 1000) == 0


@pytest.mark.parametrize(
    ("name", "module", "command"),
    [
        ("dask", "distributed", "pip install '.[dask]' (the extra datalint-vision[dask])"),
        ("tcp://host:8786", "distributed", "pip install '.[dask]'"),
        ("ray", "ray", "pip install '.[ray]' (the extra datalint-vision[ray])"),
        ("ray://host:10001", "grpc", "pip install '.[ray]'"),
    ],
)
def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, name: str, module: str, command: str) -> None:
    monkeypatch.setattr("datalint.executors.find_spec", lambda asked: None if asked == module else asked)
    with pytest.raises(ConfigError) as error, engaged(Config(engine=name)):
        pass
    assert str(error.value).startswith(f"--engine {name} needs {module}: {command}")


def test_engines_exclude_reading_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datalint.executors.find_spec", lambda asked: asked)
    with pytest.raises(ConfigError, match="--jobs 0 measures in this process"), engaged(Config(engine="dask", jobs=0)):
        pass


def test_local_is_no_engine() -> None:
    with engaged(Config()) as found:
        assert found is None


@pytest.mark.parametrize("name", ["spark", "", "http://host", "tcp://", "dask "])
def test_other_engines_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="engine takes local, dask, ray, or an address"):
        Config(engine=name)


def test_no_config_file_can_name_an_engine(tmp_path: Path) -> None:
    """It may come with a stranger's dataset, and would send what is measured to anyone."""
    (tmp_path / "datalint.toml").write_text('engine = "tcp://evil:8786"\n')
    with pytest.raises(ConfigError, match="unknown key 'engine'"):
        engine.scan(tmp_path)


def test_the_cluster_that_goes_away_is_not_the_probes_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    from datalint import probe

    def gone(*_: object, **__: object) -> None:
        raise EngineError("Dask went away")

    monkeypatch.setattr(probe, "run", gone)
    with pytest.raises(EngineError):
        engine._probe(None, None, None, None, None)  # type: ignore[arg-type]
