"""The probe on drawn data: what it finds, what it leaves alone, and when it abstains."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from PIL import Image

from datalint import probe
from datalint.dataset import Dataset, ProbeOutcome, schema

pytest.importorskip("torch")
pytest.importorskip("cleanlab")


from datalint.probe import folds, quality, ridge

COUNT = 160


pytestmark = pytest.mark.usefixtures("one_thread")


def pictures(labels: NDArray[np.int64], seed: int = 0, *, grey: bool = False) -> NDArray[np.uint8]:
    """(n, 32, 32, 3): bars that stand (0) or lie (1) or cross (2), at random places, with noise."""
    rng = np.random.default_rng(seed)
    out = rng.normal(128, 12, (len(labels), 32, 32, 1 if grey else 3))
    for picture, label in zip(out, labels, strict=True):
        across, down = rng.integers(8, 20, 2)
        if label in (0, 2):
            picture[4:28, across : across + 4] += 70
        if label in (1, 2):
            picture[down : down + 4, 4:28] += 70
    return np.broadcast_to(np.clip(out, 0, 255), (*out.shape[:3], 3)).astype(np.uint8)


def dataset(
    small: NDArray[np.uint8], labels: NDArray[np.int64], copies: list[tuple[int, int]] | None = None
) -> Dataset:
    numbers = np.arange(len(small), dtype=np.uint32)
    data = Dataset(Path(), task="single", thumbnails=small)
    paths = [f"{number:05}.png" for number in numbers]
    images = pl.DataFrame({"image": numbers, "path": paths, "status": ["ok"] * len(small)})
    named = pl.DataFrame({"image": numbers, "class": [f"class {label}" for label in labels]})
    grouped = pl.DataFrame(copies or [], schema={"image": pl.UInt32, "group": pl.UInt32}, orient="row")
    data.tables = {
        "images": schema.conform("images", images),
        "labels": schema.conform("labels", named),
        "copies": grouped,
    }
    return data


def judged(data: Dataset, **options: object) -> tuple[pl.DataFrame, ProbeOutcome]:
    probe.run(data, probe.Options(device="cpu", **options))  # type: ignore[arg-type]
    assert data.probe_outcome is not None
    return data.table("probe"), data.probe_outcome


def test_clean_data_are_left_alone_and_planted_errors_found() -> None:
    labels = np.arange(COUNT) % 3
    small = pictures(labels)
    table, outcome = judged(dataset(small, labels))
    assert outcome.ran
    assert outcome.accuracy is not None
    assert outcome.accuracy > 0.9
    assert set(table["tier"]) == {"fine"}
    wrong = np.zeros(COUNT, bool)
    wrong[[3, 40, 77, 111, 150]] = True
    table, _ = judged(dataset(small, np.where(wrong, (labels + 1) % 3, labels)))
    worst = table.sort("quality")["image"].head(int(wrong.sum())).to_list()
    assert wrong[worst].mean() >= 0.8
    suspected = table.filter(pl.col("tier") != "fine")
    assert suspected.height >= 3
    assert wrong[suspected["image"].to_numpy()].mean() >= 0.75
    first = table.sort("quality").row(0, named=True)
    assert first["suggested"] == f"class {labels[first['image']]}"


def test_classes_exchanged_in_one_split_are_a_batch() -> None:
    right = np.arange(COUNT) % 3
    data = dataset(pictures(right), right)
    val = np.arange(COUNT) >= COUNT - 30
    splits = pl.DataFrame({"image": np.arange(COUNT), "split": np.where(val, "val", "train").tolist()})
    data.tables["splits"] = schema.conform("splits", splits)
    _, clean = judged(data)
    assert clean.batches == ()
    exchanged = np.where(val & (right < 2), 1 - right, right)
    data.tables["labels"] = dataset(pictures(right), exchanged).table("labels")
    table, outcome = judged(data)
    assert [(batch.by, batch.name, batch.given, batch.suggested, batch.of) for batch in outcome.batches] == [
        ("split", "val", "class 0", "class 1", 10),
        ("split", "val", "class 1", "class 0", 10),
    ]
    likely = table.filter(pl.col("tier") == "likely")["image"].to_numpy()
    assert likely.tolist() == sorted(item for batch in outcome.batches for item in batch.items)
    wrong = exchanged != right
    assert wrong[likely].mean() >= 0.95
    assert outcome.noise is not None
    assert outcome.noise_error is not None
    assert abs(outcome.noise - wrong.mean()) <= outcome.noise_error + 0.01


def test_same_seed_same_tables() -> None:
    labels = np.arange(COUNT) % 2
    small = pictures(labels, grey=True)
    first, one = judged(dataset(small, labels), seed=3)
    second, two = judged(dataset(small, labels), seed=3)
    assert first.equals(second)
    assert one == two
    assert "grey" in one.design


def test_a_copy_has_no_say() -> None:
    """A wrong label must look as wrong with a copy that carries the same wrong label."""
    labels = np.arange(COUNT) % 2
    small = pictures(labels)
    labels = np.append(labels, 1 - labels[0])
    labels[0] = 1 - labels[0]
    small = np.concatenate([small, small[:1]])
    alone, _ = judged(dataset(small, labels))
    grouped, _ = judged(dataset(small, labels, copies=[(0, 0), (COUNT, 0)]))
    assert grouped["p_given"][0] < 0.5 < grouped["p_suggested"][0]
    assert grouped["p_given"][0] < alone["p_given"][0]


@pytest.mark.parametrize(("exact", "smooth"), [(True, False), (True, True), (False, True)])
def test_closed_form_is_leaving_out(exact: bool, smooth: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The formula gives what a fit without the group gives."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(40, 5)).astype(np.float32)
    given = rng.integers(0, 3, 40)
    if not exact:
        monkeypatch.setattr(ridge, "EXACT", 10)
        monkeypatch.setattr(ridge, "LANDMARKS", 12)
    kernel = ridge.kernel(features, 0, smooth=smooth)
    assert kernel.exact == exact
    group = np.array([2, 7, 11])
    scores = ridge.left_out(kernel, given, 3, [group], 0.1)
    values = kernel.values.double().numpy()
    if not exact:
        marks = kernel.landmarks.numpy()
        inner = values[marks] + 1e-4 * np.eye(len(marks))
        values = values @ np.linalg.solve(inner, values.T)
    for out in (np.array([5]), group):
        rest = np.setdiff1d(np.arange(40), out)
        target = np.eye(3)[given[rest]] - 1 / 3
        weight = np.linalg.solve(values[np.ix_(rest, rest)] + 0.1 * np.eye(len(rest)), target)
        assert np.allclose(scores[out], values[np.ix_(out, rest)] @ weight + 1 / 3, atol=2e-3)


def test_abstains() -> None:
    def reason(labels: NDArray[np.int64], small: NDArray[np.uint8] | None = None) -> str:
        data = dataset(pictures(labels) if small is None else small, labels)
        table, outcome = judged(data)
        assert not outcome.ran
        assert set(table["tier"]) == {"not-assessed"}
        assert table["p_given"].null_count() == len(labels)
        return outcome.reason

    assert "too few" in reason(np.arange(40) % 2)
    assert "fewer than two classes" in reason(np.zeros(100, np.int64))
    chance = np.random.default_rng(1).integers(0, 2, 100)
    assert "not clearly better than chance" in reason(chance, pictures(np.zeros(100, np.int64)))


def test_out_of_time_leaves_no_part() -> None:
    labels = np.arange(COUNT) % 2
    data = dataset(pictures(labels), labels)
    probe.run(data, probe.Options(device="cpu", seconds=0.0))
    assert data.probe_outcome is not None
    assert not data.probe_outcome.ran


def test_tiny_classes_are_not_assessed() -> None:
    labels = np.append(np.arange(COUNT) % 2, [2, 2, 2])
    table, outcome = judged(dataset(pictures(labels), labels))
    assert table["tier"].to_list()[-3:] == ["not-assessed"] * 3
    assert sum(outcome.not_assessed.values()) == 3
    assert outcome.assessed == COUNT


def test_folds_keep_copies_together_and_classes_even() -> None:
    given = np.arange(100) % 4
    group = np.arange(100)
    group[[10, 50, 90]] = 10
    fold = folds.assign(given, group, 5, 0)
    assert len({int(fold[row]) for row in (10, 50, 90)}) == 1
    counts = np.array([[np.sum((given == label) & (fold == number)) for number in range(5)] for label in range(4)])
    assert np.ptp(counts, axis=1).max() <= 3


def test_the_rule_states_the_precision_that_is_asked_for() -> None:
    from datalint.rules import LikelyMislabel

    page = " ".join((LikelyMislabel.__doc__ or "").split())
    assert f"expected to be wrong in {100 * quality.LIKELY_PRECISION:.0f} of 100 cases" in page


def test_torch_is_not_loaded_to_find_that_there_is_nothing_to_ask(tmp_path: Path) -> None:
    """It takes half a gigabyte."""
    for name in ("a", "b"):
        Image.new("RGB", (64, 64), "red" if name == "a" else "blue").save(tmp_path / f"{name}.png")
    (tmp_path / "labels.csv").write_text("path,label\na.png,cat\nb.png,dog\n")
    code = (
        "import sys, datalint\n"
        "report = datalint.scan(sys.argv[1], isolated=True)\n"
        "outcome = report.dataset.probe_outcome\n"
        "assert outcome.reason == 'fewer than two classes have enough images', outcome\n"
        "assert 'torch' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
