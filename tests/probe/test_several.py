"""The probe where images have several labels: which are wrong, and which are missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from datalint import probe
from datalint.cache.store import Cache
from datalint.config.settings import Config
from datalint.dataset import Dataset, ProbeOutcome, schema
from datalint.finding import FINDINGS
from datalint.report import Report, text
from datalint.rules.mislabels.confusable_classes import ConfusableClasses

pytest.importorskip("torch")
pytest.importorskip("cleanlab")

from datalint.probe import assess, items, presence, regions, ridge, several
from datalint.probe.given import Given
from datalint.probe.task import pose
from tests.probe.test_probe import pictures

pytestmark = pytest.mark.usefixtures("one_thread")

COUNT = 200
NAMES = ("stands", "lies", "dark")


def truth(count: int = COUNT, seed: int = 0) -> NDArray[np.bool_]:
    """(count, 3) which labels images have; some have none."""
    return np.random.default_rng(seed).random((count, 3)) < 0.5


def drawn(has: NDArray[np.bool_], seed: int = 0) -> NDArray[np.uint8]:
    """(n, 32, 32, 3): bars that stand, bars that lie, and a dark corner, with noise."""
    rng = np.random.default_rng(seed)
    out = rng.normal(128, 12, (len(has), 32, 32, 3))
    for picture, (stands, lies, dark) in zip(out, has[:, :3], strict=True):
        across, down = rng.integers(8, 20, 2)
        if stands:
            picture[4:28, across : across + 4] += 70
        if lies:
            picture[down : down + 4, 4:28] += 70
        if dark:
            picture[:10, :10] -= 80
    return np.clip(out, 0, 255).astype(np.uint8)


def dataset(small: NDArray[np.uint8], has: NDArray[np.bool_], names: Any = NAMES) -> Dataset:
    """Images that a label file names, each with the labels that it has."""
    numbers = np.arange(len(small), dtype=np.uint32)
    paths = [f"{number:05}.png" for number in numbers]
    rows, columns = np.nonzero(has)
    images = {"image": numbers, "path": paths, "status": ["ok"] * len(small)}
    labels = {"image": rows.astype(np.uint32), "class": [names[column] for column in columns]}
    data = Dataset(Path(), task="multi", thumbnails=small)
    data.tables = {
        "images": schema.conform("images", pl.DataFrame(images)),
        "labels": schema.conform("labels", pl.DataFrame(labels, schema_overrides={"class": pl.String})),
        "named": schema.conform("named", pl.DataFrame({"image": numbers, "path": paths})),
    }
    return data


def judged(data: Dataset, **options: Any) -> tuple[pl.DataFrame, ProbeOutcome]:
    probe.run(data, probe.Options(device="cpu", **options))
    assert data.probe_outcome is not None
    return data.table("probe"), data.probe_outcome


@pytest.fixture(scope="module")
def wrong() -> NDArray[np.bool_]:
    """Where labels are changed: 10 are dropped, 8 added."""
    has, out = truth(), np.zeros((COUNT, 3), bool)
    rng = np.random.default_rng(5)
    for cells, number in ((np.argwhere(has), 10), (np.argwhere(~has), 8)):
        out[tuple(rng.permutation(cells)[:number].T)] = True
    return out


def test_clean_data_are_left_alone_and_planted_errors_found(wrong: NDArray[np.bool_]) -> None:
    has = truth()
    small = drawn(has)
    table, outcome = judged(dataset(small, has))
    assert outcome.ran
    assert outcome.noun == "label"
    assert outcome.assessed == has.sum()
    assert set(table.drop_nulls("label")["tier"]) <= {"fine", "suspicious"}
    table, outcome = judged(dataset(small, has ^ wrong))
    likely = table.filter(pl.col("tier") == "likely")
    cells = [(row["image"], NAMES.index(row["label"])) for row in likely.iter_rows(named=True)]
    assert len(cells) >= 9
    assert np.mean([wrong[cell] for cell in cells]) >= 0.8
    for row in likely.iter_rows(named=True):
        there = bool((has ^ wrong)[row["image"], NAMES.index(row["label"])])
        lacking = f"no {row['label']}"
        assert (row["given"], row["suggested"]) == ((row["label"], lacking) if there else (lacking, row["label"]))
        assert row["p_given"] < 0.5 < row["p_suggested"]
    assert outcome.likely_precision is not None
    assert outcome.planted
    assert outcome.noise is not None


def test_rows_are_labels_given_and_those_likely_missing(wrong: NDArray[np.bool_]) -> None:
    given = truth() ^ wrong
    table, _ = judged(dataset(drawn(truth()), given))
    of_given = table.filter(pl.col("given") == pl.col("label"))
    assert of_given.height == given.sum()
    missing = table.filter(pl.col("label").is_not_null() & (pl.col("given") != pl.col("label")))
    assert set(missing["tier"]) <= {"likely", "suspicious"}
    assert table.filter(pl.col("label").is_null())["image"].n_unique() == (~given.any(1)).sum()
    assert table["outlier"].count() == COUNT  # one an image
    assert not table.select("image", "label").is_duplicated().any()
    near = table.filter(pl.col("near_suggested").is_not_null())
    assert near.height
    for row in near.iter_rows(named=True):
        column = NAMES.index(row["label"])
        for other in row["near_suggested"]:
            image = table["image"][other]
            assert image != row["image"]
            assert given[image, column] != given[row["image"], column]


def test_same_seed_same_tables(wrong: NDArray[np.bool_], tmp_path: Path) -> None:
    small, given = drawn(truth()), truth() ^ wrong
    first, outcome = judged(dataset(small, given))
    again, _ = judged(dataset(small, given))
    assert first.equals(again)
    cache = Cache(tmp_path / "cache")
    for _ in range(2):
        data = dataset(small, given)
        probe.run(data, probe.Options(device="cpu"), cache=cache)
        assert data.table("probe").equals(first)
        assert data.probe_outcome == outcome


def test_the_memory_knows_an_image_without_labels_from_one_that_no_file_names(tmp_path: Path) -> None:
    has = truth()
    data, cache = dataset(drawn(has), has), Cache(tmp_path / "cache")
    probe.run(data, probe.Options(device="cpu"), cache=cache)
    full = data.table("probe")
    data = dataset(drawn(has), has)
    data.tables["named"] = schema.empty("named")
    probe.run(data, probe.Options(device="cpu"), cache=cache)
    without = data.table("probe")
    assert without["outlier"].count() == has.any(1).sum() < full["outlier"].count()


@pytest.mark.parametrize(
    ("has", "reason"),
    [
        (np.ones((60, 1), bool), "there is no class that at least 5 images have and 5 lack"),
        (np.zeros((60, 1), bool), "there is no class that at least 5 images have and 5 lack"),
        (truth(40), "40 images are too few: at least 50 are needed"),
        (np.random.default_rng(1).random((100, 3)) < 0.5, "not clearly better than chance"),
    ],
)
def test_abstains(has: NDArray[np.bool_], reason: str) -> None:
    small = drawn(np.zeros((len(has), 3), bool))
    table, outcome = judged(dataset(small, has))
    assert not outcome.ran
    assert reason in outcome.reason
    assert set(table["tier"]) == {"not-assessed"}


def test_a_label_of_all_and_a_rare_one_are_not_assessed() -> None:
    has = truth()
    rare = np.arange(COUNT) < 4
    wide = np.column_stack([has, np.ones(COUNT, bool), rare])
    table, outcome = judged(dataset(drawn(has), wide, (*NAMES, "all", "rare")))
    assert outcome.ran
    few = "of classes that fewer than 5 images have, or fewer than 5 lack"
    assert outcome.not_assessed == {few: COUNT + 4}
    skipped = table.filter(pl.col("tier") == "not-assessed")
    assert set(skipped["label"]) == {"all", "rare"}
    assert skipped.height == COUNT + 4


def test_one_class() -> None:
    has = truth()
    _, outcome = judged(dataset(drawn(has), has[:, :1]))
    assert outcome.ran


def test_a_thousand_classes() -> None:
    rng = np.random.default_rng(0)
    has = np.zeros((300, 1000), bool)
    has[:, :3] = truth(300)
    for column in range(3, 1000):
        has[rng.choice(300, 6, replace=False), column] = True
    small = drawn(has)
    data = dataset(small, has, [f"class {number}" for number in range(1000)])
    table, outcome = judged(data)
    if outcome.ran:  # most labels say nothing, and the mean may not be above chance
        assert table.filter(pl.col("tier") == "likely").height == 0
    else:
        assert "chance" in outcome.reason


def test_few_images_of_many_classes_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    from datalint.probe import task

    monkeypatch.setattr(task, "_CELLS", 300)
    data = dataset(drawn(truth()), truth())
    asked = items.of(data, probe.Options(), Given())
    posed = pose(data, asked, "all", 1000, 0)
    assert posed.given.shape == (100, 3)
    assert posed.not_assessed == {task.MEMORY: truth().sum() - posed.given.sum()}


def test_only_images_of_the_train_split() -> None:
    data = dataset(drawn(truth()), truth())
    splits = {"image": np.arange(COUNT), "split": ["train"] * 150 + ["val"] * 50}
    data.tables["splits"] = schema.conform("splits", pl.DataFrame(splits))
    table, outcome = judged(data, train_on="train")
    assert outcome.not_assessed == {"outside the train split": truth()[150:].sum()}
    assert table.filter(pl.col("outlier").is_not_null())["image"].max() == 149


def test_out_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(presence, "form", fail)
    table, outcome = judged(dataset(drawn(truth()), truth()))
    assert (outcome.ran, outcome.lacked) == (False, ("memory",))
    assert outcome.reason.startswith("out of memory")
    assert set(table["tier"]) == {"not-assessed"}


def test_evidence_that_is_no_number() -> None:
    has = truth()
    evidence = np.random.default_rng(0).normal(size=(COUNT, 3, 2)) + 3 * has[..., None]
    evidence[:, :, 1] = np.nan
    found = presence.form(evidence, has, np.arange(COUNT), 0)
    assert np.isfinite(found.present).all()
    assert ((found.wrong >= 0) & (found.wrong <= 1)).all()


def test_on_a_gpu_the_simpler_model_judges_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assess, "device_kind", lambda _: "cuda")
    data = dataset(drawn(truth()), truth())
    probe.run(data, probe.Options())
    assert data.probe_outcome is not None
    assert "ridge" in data.probe_outcome.design
    assert data.probe_outcome.remarks[-1] == (
        "the network that is trained on cuda gives an image one class: of several, the simpler model judges"
    )


def test_targets_of_several_classes_are_each_class_by_itself() -> None:
    features = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32)
    has = truth(40)[:, :2].astype(np.int64)
    kernel = ridge.kernel(features, 0)
    together = ridge.left_out(kernel, has, 2, [np.array([3, 7])], 0.1)
    for column in range(2):
        two = np.column_stack([1 - has[:, column], has[:, column]])
        alone = ridge.left_out(kernel, two, 2, [np.array([3, 7])], 0.1)
        assert np.allclose(together[:, column], alone[:, 1], atol=1e-5)


# -- calibration -----------------------------------------------------------------------------------------------------


def simulated(added: float, dropped: float, seed: int = 0) -> tuple[NDArray[Any], NDArray[np.bool_], NDArray[np.bool_]]:
    """(evidence, labels as given, where they are wrong) of a model whose doubt is logistic."""
    rng = np.random.default_rng(seed)
    evidence = rng.normal(-1, 3, (4000, 5, 1))
    has = rng.random((4000, 5)) < 1 / (1 + np.exp(-1.5 * evidence[..., 0]))
    changed = rng.random(has.shape) < np.where(has, dropped, added)
    return evidence, has ^ changed, changed


def test_shares_of_wrong_labels_are_told_from_doubt() -> None:
    evidence, given, changed = simulated(0.02, 0.08)
    found = presence.form(evidence, given, np.arange(len(given)), 0)
    assert found.added[0] == pytest.approx(0.02, abs=0.006)
    assert found.dropped[0] == pytest.approx(0.08, abs=0.015)
    assert found.wrong.sum() == pytest.approx(changed.sum(), rel=0.2)
    likely, precision = several.likely(found, given)
    assert likely.sum() > 100
    assert precision is not None
    assert changed[likely].mean() == pytest.approx(precision, abs=0.1)


def test_where_nothing_is_wrong_nothing_is_likely() -> None:
    for seed in range(3):
        evidence, given, _ = simulated(0, 0, seed)
        found = presence.form(evidence, given, np.arange(len(given)), 0)
        likely, precision = several.likely(found, given)
        assert likely.sum() == 0
        assert precision is None


def test_planted_changes() -> None:
    given = truth()
    labels, planted = several.plant(given, 0)
    assert (labels != given).sum() == planted.sum()
    assert (planted & given).sum() == int(0.05 * given.sum())
    assert (planted & ~given).sum() == int(0.02 * given.sum())


# -- parts -----------------------------------------------------------------------------------------------------------


def test_parts_learn_what_each_shows() -> None:
    rng = np.random.default_rng(0)
    kinds = rng.integers(0, 3, (60, 2))[np.arange(60)[:, None], rng.integers(0, 2, (60, regions.PARTS))]
    tiles = pictures(kinds.ravel(), grey=True).reshape(60, 2, 2, 32, 32, 3)
    whole = tiles.swapaxes(2, 3).reshape(60, 64, 64, 3)
    has = np.stack([(kinds == kind).any(1) for kind in range(3)], 1)
    data = dataset(whole, has, "abc")
    task = pose(data, items.of(data, probe.Options(), Given()), "all", 1000, 0)
    found = regions.learn(whole, task, 0, lambda done, total: None)
    right = found.chances.argmax(2) == kinds
    assert right.mean() > 0.8
    evidence = found.evidence(has)
    for column in range(3):
        assert evidence[has[:, column], column, 0].mean() > evidence[~has[:, column], column, 0].mean() + 1
    changed = has.copy()
    changed[:, 0] ^= True
    assert np.array_equal(found.evidence(changed)[:, 0], evidence[:, 0])  # a label says nothing of itself


def test_an_image_without_labels_has_parts_that_show_none_of_them() -> None:
    has = truth(60)
    small = drawn(has).repeat(2, 1).repeat(2, 2)
    data = dataset(small, has, "abc")
    task = pose(data, items.of(data, probe.Options(), Given()), "all", 1000, 0)
    found = regions.learn(small, task, 0, lambda done, total: None)
    assert found.chances.shape == (60, regions.PARTS, 4)
    assert found.scores.shape == (60, regions.PARTS, 3)
    assert np.isfinite(found.evidence(task.given.astype(bool))).all()


# -- what is told ----------------------------------------------------------------------------------------------------


def test_what_is_told(wrong: NDArray[np.bool_]) -> None:
    given = truth() ^ wrong
    data = dataset(drawn(truth()), given)
    judged(data)
    line = text.probe_line(Report(data, Config(isolated=True), FINDINGS.to_frame()))
    assert f"Probe: {given.sum():,} labels assessed; " in line
    assert "of an image with a label and one without it, the quick model finds which in " in line
    assert ConfusableClasses().check(data).collect().is_empty()
