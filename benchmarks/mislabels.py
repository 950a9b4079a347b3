"""How well the probe finds planted label errors: one line a dataset, kind of noise, rate and seed.

    python benchmarks/mislabels.py FOLDER [--rates .01 .05] [--kinds uniform confusion] [--seeds 0 1] [--device cpu]

FOLDER holds class folders whose labels are taken as right: real errors in it count as false alarms. `confusion` draws
wrong labels as the probe confuses the classes. AP and AUROC rank by 1 - quality; P@100 is the share of planted errors
among the 100 lowest; P and R are precision and recall of the tier `likely`.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from datalint import probe
from datalint.config import Config
from datalint.dataset import Dataset
from datalint.dataset.discover import discover
from datalint.measure import measure
from datalint.rule import Need

if TYPE_CHECKING:
    from numpy.typing import NDArray


def relabelled(data: Dataset, labels: list[str]) -> Dataset:
    table = data.table("labels").with_columns(pl.Series("class", labels))
    return Dataset(data.root, task="single", tables={**data.tables, "labels": table}, small=data.small)


def confusion(given: NDArray[np.int64], classes: list[str], table: pl.DataFrame) -> NDArray[np.float64]:
    """(classes, classes) how often the probe takes a class for another, plus a half; zero diagonal."""
    counts = np.full((len(classes), len(classes)), 0.5)
    for label, suggested in zip(given, table["suggested"], strict=True):
        if suggested is not None:
            counts[label, classes.index(suggested)] += 1
    np.fill_diagonal(counts, 0)
    return np.asarray(counts / counts.sum(1, keepdims=True))


def planted(given: NDArray[np.int64], chance: NDArray[np.float64], rate: float, seed: int) -> NDArray[np.int64]:
    rng = np.random.default_rng(seed)
    noisy = given.copy()
    for row in rng.choice(len(given), round(rate * len(given)), replace=False):
        noisy[row] = rng.choice(len(chance), p=chance[given[row]])
    return noisy


def ranking(wrong: NDArray[np.bool_], quality: NDArray[np.float64]) -> tuple[float, float, float]:
    """Average precision, AUROC and precision at 100 of `wrong` under ascending `quality`."""
    if not wrong.any():
        return float("nan"), float("nan"), float("nan")
    hit = wrong[np.argsort(quality, kind="stable")]
    precision = np.cumsum(hit) / np.arange(1, len(hit) + 1)
    right_below = np.cumsum(~hit)[hit]
    auroc = 1 - right_below.mean() / max(1, (~wrong).sum())
    return float(precision[hit].mean()), float(auroc), float(hit[:100].mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rates", type=float, nargs="+", default=[0, 0.01, 0.03, 0.05, 0.1, 0.2])
    parser.add_argument("--kinds", nargs="+", default=["uniform", "confusion"], choices=["uniform", "confusion"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    data = discover([options.folder], Config())
    measure(data, level=Need.PIXELS)
    names = data.table("labels")["class"].to_list()
    classes = sorted(set(names))
    given = np.array([classes.index(name) for name in names])
    rows = data.table("labels")["image"].to_numpy()
    chances = {"uniform": (1 - np.eye(len(classes))) / (len(classes) - 1)}
    if "confusion" in options.kinds:
        probe.run(data, probe.Options(device=options.device))
        chances["confusion"] = confusion(given, classes, data.table("probe")[rows])
    print("kind       rate  seed    AP  AUROC  P@100  flagged     P     R  accuracy  seconds")
    for kind in options.kinds:
        for rate in options.rates:
            for seed in options.seeds:
                noisy = planted(given, chances[kind], rate, seed)
                wrong = noisy != given
                changed = relabelled(data, [classes[label] for label in noisy])
                start = time.monotonic()
                probe.run(changed, probe.Options(device=options.device, seed=seed))
                seconds = time.monotonic() - start
                outcome, table = changed.probe_outcome, changed.table("probe")[rows]
                if outcome is None or not outcome.ran:
                    print(f"{kind:9} {rate:5.2f} {seed:5}  not run: {outcome.reason if outcome else ''}")
                    continue
                quality = table["quality"].fill_null(1.0).to_numpy().astype(np.float64)
                likely = (table["tier"] == "likely").to_numpy()
                ap, auroc, top = ranking(wrong, quality)
                precision = wrong[likely].mean() if likely.any() else float("nan")
                recall = (likely & wrong).sum() / max(1, wrong.sum())
                print(
                    f"{kind:9} {rate:5.2f} {seed:5} {ap:5.3f}  {auroc:5.3f}  {top:5.2f}  {likely.mean():7.2%} "
                    f"{precision:5.2f} {recall:5.2f}  {outcome.accuracy:8.3f} {seconds:8.1f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
