"""How well the probe finds planted label errors, and how much it flags where nothing was planted.

    python benchmarks/mislabels.py DATASET [--kinds uniform pair confusion] [--rates 0 .01 .05] [--seeds 0 1 2]
                                   [--disputed VOTES.csv] [--device cpu]
    python benchmarks/mislabels.py DATASET --kinds people --rates .09 --disputed VOTES.csv
    python benchmarks/mislabels.py --objects DATASET [--rates 0 .05] [--seeds 0 1 2] [--device cpu] [--sheet FILE.png]
    python benchmarks/mislabels.py DATASET --batches [--seeds 0 1 2]
    python benchmarks/mislabels.py DATASET --labels [--seeds 0 1 2]

DATASET is a folder of class folders, or a Parquet file with columns `label` and `jpeg` (bytes). Its labels are taken as
right. Wrong ones are planted: `uniform` draws any other class, `confusion` as the probe confuses the classes, `pair`
always the class that the probe confuses most with the right one. `people` makes the mistakes that people make: where
VOTES.csv has a vote for another class (columns `guess`, `votes_guess`, `votes_both`) the image gets that class, and as
many others as the rate asks for are drawn like `confusion`. Labels in VOTES.csv that people dispute (a column
`disputed`, or `mturk_given` with fewer than 3 of 5 votes) count neither as found nor as false.

AP and AUROC rank by ascending quality; P@100 is the share of planted errors among the 100 lowest. P and R are precision
and recall of the tier `likely`, est. the precision that the probe itself expects of it. Beside it stand two filters of
cleanlab on the same out-of-sample probabilities: `prune_by_noise_rate`, its default, and `both`, its strictest.
Seconds are of the processor, all cores together, for the whole probe: half as many are taken on two cores. Peak memory
is the process's, so far.

With --objects, DATASET has boxes of classes: as many of those that can be asked about get another class, drawn
uniformly. `--sheet` then draws what is likely, or suspicious, where nothing was planted.

With --batches four classes are drawn, and a batch of one is put among another: with names of its own, or without; or
two classes are exchanged in val. It prints how much of the batch is likely mislabelled, how much else is, and the
groups that are not a batch. The rows without a batch are controls.

With --labels pictures are put together four at a time, each once, two by two, of one to four classes; such an image has
the labels of all of them. 5 % of the labels are dropped and as many as 2 % of them are added. It prints, of the labels
that are given (wrong or not) and of those that are not (missing or not), AP by quality; what is likely, and how much of
it is right; and the same where nothing was changed. The features are the same with all seeds.
"""

from __future__ import annotations

import argparse
import platform
import resource
import tempfile
import time
import warnings
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import torch
from cleanlab.filter import find_label_issues
from PIL import Image, ImageDraw

from datalint import pairs, probe
from datalint.config.settings import Config
from datalint.dataset import Dataset, boxes
from datalint.dataset.discover import discover
from datalint.dataset.schema import conform
from datalint.measure import measure
from datalint.probe import belief, features, items, presence
from datalint.probe.given import Given
from datalint.rule import Need

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

KINDS = ("uniform", "confusion", "pair", "people")
FILTERS = ("prune_by_noise_rate", "both")


def cpu_seconds() -> float:
    """Of all threads, and of the processes that decoded pictures."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def unpacked(file: Path, folder: Path) -> Path:
    """The images of a Parquet file as class folders."""
    for number, (label, jpeg) in enumerate(pl.read_parquet(file, columns=["label", "jpeg"]).iter_rows()):
        place = folder / str(label) / f"{number:06}.jpg"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(jpeg)
    return folder


def disputed(file: Path) -> set[str]:
    """Paths of the images of which people dispute the label."""
    votes = pl.read_csv(file, infer_schema_length=None)
    if "disputed" in votes.columns:
        doubted = pl.col("disputed").cast(pl.Int64) == 1
    else:
        doubted = pl.col("mturk_given").cast(pl.Int64) < 3
    return set(votes.filter(doubted.fill_null(value=False))["path"])


def second(file: Path) -> dict[str, str]:
    """By path, the class that some people voted for in place of the label or beside it, though fewer than for that."""
    votes = pl.read_csv(file, infer_schema_length=None)
    some = (pl.col("votes_guess") + pl.col("votes_both") > 0) & (pl.col("disputed").cast(pl.Int64) == 0)
    return dict(votes.filter(some).select("path", "guess").iter_rows())


def relabelled(data: Dataset, labels: list[str]) -> Dataset:
    table = data.table("labels").with_columns(pl.Series("class", labels))
    return Dataset(data.root, task="single", tables={**data.tables, "labels": table}, thumbnails=data.thumbnails)


def confusion(given: NDArray[np.int64], suggested: NDArray[np.int64], classes: int) -> NDArray[np.float64]:
    """(classes, classes) how often the probe takes a class for another, plus a half; zero diagonal."""
    counts = np.full((classes, classes), 0.5)
    np.add.at(counts, (given, suggested), 1)
    np.fill_diagonal(counts, 0)
    return np.asarray(counts / counts.sum(1, keepdims=True))


def planted(
    given: NDArray[np.int64],
    chance: NDArray[np.float64],
    rate: float,
    seed: int,
    voted: Mapping[int, int] | None = None,
) -> NDArray[np.int64]:
    """The labels, of which the share `rate` is changed: first those that people `voted` for (row -> class), then by
    `chance` (classes, classes).
    """
    rng = np.random.default_rng(seed)
    noisy, changes = given.copy(), voted or {}
    noisy[list(changes)] = list(changes.values())
    free = np.setdiff1d(np.arange(len(given)), list(changes))
    for row in rng.choice(free, max(0, round(rate * len(given)) - len(changes)), replace=False):
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


def shares(flagged: NDArray[np.bool_], wrong: NDArray[np.bool_]) -> tuple[float, float]:
    """Precision and recall."""
    precision = wrong[flagged].mean() if flagged.any() else float("nan")
    return float(precision), float((flagged & wrong).sum() / wrong.sum()) if wrong.any() else float("nan")


class Board:
    """One dataset, asked again and again with other labels."""

    def __init__(self, folder: Path, doubted: set[str], device: str) -> None:
        self.data = discover([folder], Config())
        measure(self.data, level=Need.PIXELS)
        pairs.find(self.data)
        labels = self.data.table("labels")
        self.classes = sorted(set(labels["class"]))
        number = {name: row for row, name in enumerate(self.classes)}
        self.given = np.array([number[name] for name in labels["class"]])
        self.rows = labels["image"].to_numpy()
        self.paths = self.data.table("images")["path"].gather(self.rows).to_list()
        self.doubted = np.isin(self.paths, sorted(doubted))
        self.device = device
        self.made: list[belief.Belief] = []
        form = belief.form

        def remembered(*arguments: object) -> belief.Belief:
            self.made.append(form(*arguments))  # type: ignore[arg-type]
            return self.made[-1]

        belief.form = remembered  # type: ignore[assignment] # the probabilities, which the tables do not hold

    def ask(self, labels: NDArray[np.int64], seed: int) -> tuple[Dataset, float]:
        data = relabelled(self.data, [self.classes[label] for label in labels])
        self.made.clear()
        start = cpu_seconds()
        probe.run(data, probe.Options(device=self.device, seed=seed))
        return data, cpu_seconds() - start

    def row(self, labels: NDArray[np.int64], seed: int) -> list[float]:
        """AP, AUROC, P@100, flagged, P, R, est., flagged and P and R of each filter, accuracy, CPU seconds."""
        data, seconds = self.ask(labels, seed)
        outcome, table = data.probe_outcome, data.table("probe")[self.rows]
        if outcome is None or not outcome.ran:
            raise SystemExit(f"the probe did not run: {outcome.reason if outcome else ''}")
        wrong = labels != self.given
        counts = ~self.doubted & (table["tier"] != "not-assessed").to_numpy()
        assessed = (table["tier"] != "not-assessed").to_numpy()
        quality = table["quality"].fill_null(1.0).to_numpy().astype(np.float64)
        likely = (table["tier"] == "likely").to_numpy()
        found = [*ranking(wrong[counts], quality[counts]), likely[assessed].mean()]
        found += [*shares(likely[counts], wrong[counts]), outcome.likely_precision or float("nan")]
        for name in FILTERS:
            flagged = np.zeros(len(labels), bool)
            flagged[assessed] = find_label_issues(labels[assessed], self.made[0].plain, filter_by=name, n_jobs=1)
            found += [flagged[assessed].mean(), *shares(flagged[counts], wrong[counts])]
        if self.doubted.any() and not wrong.any():
            lowest = np.argsort(quality, kind="stable")[:100]
            print(f"of {self.doubted.sum()} disputed labels, {self.doubted[lowest].sum()} are among the 100 lowest")
        return [*found, outcome.accuracy or float("nan"), seconds]


class Objects:
    """One dataset of boxes, asked again and again with other classes."""

    def __init__(self, folder: Path, device: str) -> None:
        self.data = discover([folder], Config())
        measure(self.data, level=Need.PIXELS)
        boxes.resolve(self.data)
        pairs.find(self.data)
        self.device = device
        table = self.data.table("boxes")
        candidates = items.of(self.data, probe.Options(), Given()).candidates
        self.classes = sorted(candidates["class"].unique())
        number = {name: row for row, name in enumerate(self.classes)}
        self.rows = candidates.filter(pl.col("item") < table.height)["item"].to_numpy()
        self.given = np.array([number[name] for name in table["class"].gather(self.rows)])

    def ask(self, labels: NDArray[np.int64], seed: int) -> tuple[Dataset, float]:
        table = self.data.table("boxes")
        named = table["class"].scatter(self.rows, [self.classes[label] for label in labels])
        tables = {**self.data.tables, "boxes": table.with_columns(named)}
        data = Dataset(self.data.root, tables=tables, thumbnails=self.data.thumbnails)
        start = cpu_seconds()
        probe.run(data, probe.Options(device=self.device, seed=seed))
        if data.probe_outcome is None or not data.probe_outcome.ran:
            raise SystemExit(f"the probe did not run: {data.probe_outcome and data.probe_outcome.reason}")
        return data, cpu_seconds() - start

    def row(self, labels: NDArray[np.int64], seed: int) -> tuple[list[float], Dataset]:
        """AP, AUROC, P@100, share flagged, P, R, est., accuracy, CPU seconds; and what was asked."""
        data, seconds = self.ask(labels, seed)
        outcome, table = data.probe_outcome, data.table("probe")[self.rows]
        assert outcome is not None
        assessed = (table["tier"] != "not-assessed").to_numpy()
        wrong = (labels != self.given)[assessed]
        likely = (table["tier"] == "likely").to_numpy()[assessed]
        quality = table["quality"].to_numpy()[assessed]
        found = [*ranking(wrong, quality), likely.mean(), *shares(likely, wrong)]
        return [*found, outcome.likely_precision or float("nan"), outcome.accuracy or float("nan"), seconds], data


def run_objects(board: Objects, options: argparse.Namespace) -> None:
    classes = len(board.classes)
    chance = (1 - np.eye(classes)) / (classes - 1)
    sizes = ", ".join(f"{name} {n:,}" for name, n in zip(board.classes, np.bincount(board.given), strict=True))
    print(f"n={len(board.given):,} objects ({sizes[:200]}), {platform.machine()}, {torch.get_num_threads()} threads")
    print("rate seed    AP AUROC P@100 | flagged    P     R  est. | accuracy, CPU s")
    means: dict[float, list[list[float]]] = defaultdict(list)
    for rate in options.rates:
        for seed in options.seeds:
            numbers, data = board.row(planted(board.given, chance, rate, seed), seed)
            means[rate].append(numbers)
            print(f"{rate:4.2f} {seed:4} {shown(numbers)}", flush=True)
            if rate == 0 and options.sheet:
                draw(data, options.sheet)
    for rate, rows in means.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            print(f"{rate:4.2f} mean {shown(np.nanmean(rows, axis=0).tolist())}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB")


def draw(data: Dataset, file: Path, most: int = 60, side: int = 96) -> None:
    """A sheet of the doubtful objects, worst first, each under its given and its suggested class."""
    doubtful = data.table("probe").with_row_index("item").filter(pl.col("tier").is_in(["likely", "suspicious"]))
    doubtful = doubtful.sort(pl.col("tier") != "likely", "quality").head(most)
    if doubtful.is_empty():
        return
    asked = items.of(data, probe.Options(), Given())
    pictures, _ = asked.pictures(doubtful["item"].to_numpy().astype(np.int64), side)
    across = 10
    sheet = Image.new("RGB", (across * (side + 40), -(-len(pictures) // across) * (side + 36)), "white")
    pen = ImageDraw.Draw(sheet)
    rows = doubtful.select("given", "suggested", "p_suggested", "tier").iter_rows()
    for number, (picture, (given, suggested, chance, tier)) in enumerate(zip(pictures, rows, strict=True)):
        left, top = number % across * (side + 40), number // across * (side + 36)
        sheet.paste(Image.fromarray(picture), (left, top))
        pen.text((left, top + side), f"{given}\n-> {suggested} {chance:.2f}", "red" if tier == "likely" else "black")
    sheet.save(file)


def shown(numbers: list[float]) -> str:
    ap, auroc, top, *rest, accuracy, seconds = numbers
    flagged, precision, recall, expected, *peers = rest
    text = f"{ap:5.3f} {auroc:5.3f} {top:5.2f} | {flagged:6.2%} {precision:5.2f} {recall:5.2f} {expected:5.2f}"
    for start in range(0, len(peers), 3):
        text += f" | {peers[start]:6.2%} {peers[start + 1]:5.2f} {peers[start + 2]:5.2f}"
    return f"{text} | {accuracy:5.3f} {seconds:6.1f}".replace("nan", "  -")


@dataclass(frozen=True)
class Case:
    """A batch of one class among another."""

    each: int
    """Images of each of four classes."""
    batch: int
    """Images of the first class that are added to the second; of val, that are exchanged."""
    named: bool = False
    val: bool = False

    def __str__(self) -> str:
        if self.val:
            return f"{self.batch} of {self.each} in val" + ("" if self.batch else ", none exchanged")
        kind = "named" if self.named else "unnamed"
        return f"{self.batch} of {4 * self.each + self.batch}, {kind}" if self.batch else f"none of {4 * self.each}"


CASES = (
    *(Case(each, batch, named) for each, batch in ((60, 6), (60, 15), (200, 40)) for named in (True, False)),
    Case(60, 0),
    Case(200, 0),
    Case(60, 12, val=True),
    Case(200, 40, val=True),
    Case(200, 0, val=True),
)


def batched(board: Board, case: Case, seed: int) -> tuple[Dataset, NDArray[np.bool_]]:
    """Images of four classes that are drawn from `seed`, with the batch; and which images it is."""
    rng = np.random.default_rng(seed)
    drawn: list[NDArray[np.int64]] = []
    spare = 0 if case.val else case.batch
    for label in rng.permutation(len(board.classes))[:4]:
        rows = rng.permutation(np.flatnonzero(board.given == label))
        drawn.append(rows[: min(case.each, len(rows) - spare) + (0 if drawn else spare)])
    number = np.repeat(np.arange(4), [len(rows) for rows in drawn])
    place = np.concatenate([np.arange(len(rows)) for rows in drawn])
    in_val = case.val & (place < case.each // 5)
    batch = place < case.batch
    batch &= (number < 2) if case.val else (number == 0)
    labels = np.where(batch, 1 - number, number)
    names = [
        f"{'val' if val else 'train'}/{label}/{'batch7' if wrong and case.named else 'photo'}_{code:06}.jpg"
        for val, label, wrong, code in zip(in_val, labels, batch, rng.permutation(10**6)[: len(labels)], strict=True)
    ]
    order = np.argsort(names)  # as the tables are
    source = board.rows[np.concatenate(drawn)[order]]
    numbers = pl.Series("image", np.arange(len(order)), pl.UInt32)
    images = board.data.table("images")[source].with_columns(
        numbers, pl.Series("path", np.array(names)[order].tolist())
    )
    tables = {
        "images": images,
        "labels": images.select("image", "path", pl.Series("class", [f"class {label}" for label in labels[order]])),
    }
    if case.val:
        tables["splits"] = images.select("image", pl.col("path").str.extract("^([a-z]+)").alias("split"))
    tables = {name: conform(name, table) for name, table in tables.items()}
    assert board.data.thumbnails is not None
    data = Dataset(board.data.root, task="single", tables=tables, thumbnails=np.asarray(board.data.thumbnails)[source])
    return data, batch[order]


def run_batches(board: Board, seeds: list[int]) -> None:
    print(f"{'':30} batch likely, others likely, groups: right, false; est. wrong (true), accuracy")
    for case in CASES:
        for seed in seeds:
            data, batch = batched(board, case, seed)
            probe.run(data, probe.Options(device=board.device, seed=seed))
            outcome = data.probe_outcome
            if outcome is None or not outcome.ran:
                print(f"{case!s:24} seed {seed} abstained: {outcome.reason if outcome else ''}", flush=True)
                continue
            likely = (data.table("probe")["tier"] == "likely").to_numpy()
            right = [group for group in outcome.batches if batch[list(group.items)].mean() > 0.5]
            share = " -" if outcome.noise is None else f"{outcome.noise:.3f} +- {outcome.noise_error:.3f}"
            print(
                f"{case!s:24} seed {seed} {(likely & batch).sum():4} of {batch.sum():3} {(likely & ~batch).sum():9} "
                f"{'; '.join(f'{group.by} {group.name}'.strip() for group in right) or '-':>16} "
                f"{len(outcome.batches) - len(right)}; {share} ({batch.mean():.3f}), {outcome.accuracy:.2f}",
                flush=True,
            )


def mosaics(board: Board, folder: Path) -> Path:
    """Pictures of four pictures each, of one to four classes, and a table with a column a class."""
    rng = np.random.default_rng(0)
    left = [rng.permutation(board.rows[board.given == label]).tolist() for label in range(len(board.classes))]
    paths = board.data.table("images")["path"].to_list()
    lines = [",".join(["file", *board.classes])]
    for number in range(len(paths) // 4):
        sizes = np.array([len(rows) for rows in left])
        there = np.flatnonzero(sizes)
        few = min(1 + number % 4, len(there))
        kinds = rng.choice(there, few, replace=False, p=sizes[there] / sizes.sum())
        parts = []
        for label in [*kinds, *rng.choice(kinds, 4 - few)]:
            pool = left[label] or next((left[one] for one in kinds if left[one]), max(left, key=len))
            parts.append(pool.pop())
        pictures = [
            np.asarray(Image.open(board.data.root / paths[row]).convert("RGB")) for row in rng.permutation(parts)
        ]
        whole = np.vstack([np.hstack(pictures[:2]), np.hstack(pictures[2:])])
        Image.fromarray(whole).save(folder / f"{number:05}.png")
        has = np.isin(np.arange(len(board.classes)), board.given[np.isin(board.rows, parts)])
        lines.append(",".join([f"{number:05}.png", *has.astype(int).astype(str)]))
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")
    return folder


def run_labels(folder: Path, seeds: list[int], device: str) -> None:
    data = discover([folder], Config())
    measure(data, level=Need.PIXELS)
    pairs.find(data)
    made: dict[tuple[int, ...], NDArray[np.float32]] = {}
    extract = features.Patches.extract

    def remembered(self: features.Patches, asked: NDArray[np.int64], view: str, *rest: object) -> NDArray[np.float32]:
        key = (*self._pictures.shape, len(view), *asked.tolist())
        if key not in made:
            made[key] = extract(self, asked, view, *rest)  # type: ignore[arg-type]
        return made[key].copy()

    features.Patches.extract = remembered  # type: ignore[method-assign,assignment]
    labels = data.table("labels").unique(["image", "class"]).sort("image", "class")
    named = conform("named", data.table("images").select("image", "path"))  # where all labels of one were dropped
    classes = sorted(set(labels["class"]))
    right = np.zeros((data.table("images").height, len(classes)), bool)
    right[labels["image"].to_numpy(), [classes.index(name) for name in labels["class"]]] = True
    print(
        f"n={len(right):,}, {len(classes)} classes, {right.sum():,} labels; {np.bincount(right.sum(1))[1:]} of 1, 2, .."
    )
    print("seed    AP missing wrong | likely missing  P  R | likely wrong  P  R | est., self-check, seconds")
    for seed in [None, *seeds]:
        changed = np.zeros_like(right)
        if seed is not None:
            rng = np.random.default_rng(seed)
            for cells, share in ((np.argwhere(right), 0.05), (np.argwhere(~right), 0.02)):
                some = rng.choice(len(cells), int(share * right.sum()), replace=False)
                changed[tuple(cells[some].T)] = True
        given = right ^ changed
        believed: list[NDArray[np.float64]] = []
        form = presence.form

        def kept(*arguments: object, form: object = form, believed: list[NDArray[np.float64]] = believed) -> object:
            found = form(*arguments)  # type: ignore[operator]
            believed.append(found.present)
            return found

        presence.form = kept  # type: ignore[assignment]
        rows, columns = np.nonzero(given)
        table = pl.DataFrame({"image": rows, "class": [classes[column] for column in columns]})
        asked = Dataset(
            data.root,
            task="multi",
            tables={**data.tables, "labels": conform("labels", table), "named": named},
            thumbnails=data.thumbnails,
        )
        start = time.monotonic()
        probe.run(asked, probe.Options(device=device, seconds=100_000))
        seconds = time.monotonic() - start
        presence.form = form
        outcome = asked.probe_outcome
        if outcome is None or not outcome.ran:
            raise SystemExit(f"the probe did not run: {outcome and outcome.reason}")
        likely = np.zeros_like(right)
        doubted = asked.table("probe").filter(pl.col("tier") == "likely")
        likely[doubted["image"].to_numpy(), [classes.index(name) for name in doubted["label"]]] = True
        present = believed[0]
        missing = ranking(changed[~given], 1 - present[~given])[0]
        wrong = ranking(changed[given], present[given])[0]
        parts = [
            f"{likely[of].sum():6} {shares(likely[of], changed[of])[0]:5.2f} {shares(likely[of], changed[of])[1]:5.2f}"
            for of in (~given, given)
        ]
        print(
            f"{'none' if seed is None else seed:4} {missing:12.3f} {wrong:8.3f} | {' | '.join(parts)} | "
            f"{outcome.likely_precision or float('nan'):.2f} {outcome.recovered} of {outcome.planted} {seconds:6.1f}"
            f" {outcome.remarks[0]}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path, nargs="?")
    parser.add_argument("--objects", type=Path)
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--rates", type=float, nargs="+", default=[0, 0.01, 0.03, 0.05, 0.1, 0.2])
    parser.add_argument("--kinds", nargs="+", default=list(KINDS[:3]), choices=KINDS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--disputed", type=Path)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batches", action="store_true")
    parser.add_argument("--labels", action="store_true")
    options = parser.parse_args()
    if "people" in options.kinds and not options.disputed and not (options.objects or options.batches):
        parser.error("--kinds people needs --disputed VOTES.csv")
    if options.objects:
        run_objects(Objects(options.objects, options.device), options)
        return
    if not options.dataset:
        parser.error("DATASET or --objects DATASET is needed")
    with tempfile.TemporaryDirectory() as folder:
        is_file = options.dataset.suffix == ".parquet"
        root = unpacked(options.dataset, Path(folder)) if is_file else options.dataset
        board = Board(root, disputed(options.disputed) if options.disputed else set(), options.device)
        if options.labels:
            with tempfile.TemporaryDirectory() as made:
                run_labels(mosaics(board, Path(made)), options.seeds, options.device)
        elif options.batches:
            run_batches(board, options.seeds)
        else:
            run(board, options)


def run(board: Board, options: argparse.Namespace) -> None:
    classes = len(board.classes)
    chances = {"uniform": (1 - np.eye(classes)) / (classes - 1)}
    if {"confusion", "pair", "people"} & set(options.kinds):
        data, _ = board.ask(board.given, 0)
        suggested = data.table("probe")[board.rows]["suggested"].fill_null(board.classes[0])
        taken = np.array([board.classes.index(name) for name in suggested])
        chances["confusion"] = confusion(board.given, taken, classes)
        chances["pair"] = np.eye(classes)[chances["confusion"].argmax(1)]
        chances["people"] = chances["confusion"]
    voted: dict[int, int] = {}
    if "people" in options.kinds:
        at = {path: row for row, path in enumerate(board.paths)}
        voted = {at[path]: board.classes.index(guess) for path, guess in second(options.disputed).items()}
        print(f"people voted for another class of {len(voted)} images")
    print(f"n={len(board.given):,}, {classes} classes, {platform.machine()}, {torch.get_num_threads()} threads")
    print(f"{'':21}ranking           | likely                     ", *(f"| {name:19}" for name in FILTERS))
    print("kind       rate seed    AP AUROC P@100 | flagged    P     R  est. |" + "flagged    P     R |" * 2, end="")
    print(" accuracy, CPU s")
    means: dict[tuple[str, float], list[list[float]]] = defaultdict(list)
    for rate in options.rates:
        for kind in options.kinds if rate else options.kinds[:1]:
            for seed in options.seeds if rate else options.seeds[:1]:
                changes = voted if kind == "people" else None
                numbers = board.row(planted(board.given, chances[kind], rate, seed, changes), seed)
                means[kind if rate else "none", rate].append(numbers)
                print(f"{kind if rate else 'none':9} {rate:5.2f} {seed:4} {shown(numbers)}", flush=True)
    print("\nmean of seeds")
    for (kind, rate), rows in sorted(means.items()):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # where nothing was flagged with any seed, there is no precision
            print(f"{kind:9} {rate:5.2f}      {shown(np.nanmean(rows, axis=0).tolist())}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB")


if __name__ == "__main__":
    main()
