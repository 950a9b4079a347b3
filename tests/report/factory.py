"""Reports made by hand: drawn pictures and plausible findings, without a scan."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl
from PIL import Image

from datalint import Confidence, Need, Rule, Severity
from datalint.config.settings import Config
from datalint.dataset import Dataset, ProbeOutcome, Statistics
from datalint.dataset.schema import conform
from datalint.finding import FINDINGS, MEMBERS, NotRun
from datalint.report import Report

HOSTILE = "</script><img src=x onerror=alert(1)>.jpg"
CLASSES = ("cat", "dog", "hare")
#: Findings about labels that name the most similar images of both classes; the others do not.
BESIDE = 6


class Fake(Rule, abstract=True):
    """A rule whose findings the factory writes."""

    since = "0.1.0"
    needs = (Need.FILES,)
    message = "found"
    found: ClassVar[int] = 0

    def check(self, data: Dataset) -> pl.LazyFrame:
        return pl.LazyFrame()


class Mislabel(Fake):
    """Images whose label a quick network, that never saw them, does not believe.

    ## What it does
    Compares the label with what the probe believes, out of sample. `<b>Markup</b>` in a page is shown, not obeyed.

    ## Why is this bad?
    A wrong label teaches the wrong thing:

    - in training it is noise,
    - in the test set it hides progress.

    ## Example
    `fixtures/likely-mislabel/bad`.

    ## When not to use it
    Where labels are not about what is seen.
    """

    code, name = "DL901", "likely-mislabel"
    severity, confidence = Severity.WARNING, Confidence.MEDIUM


class Confused(Fake):
    """Pairs of classes that the probe cannot tell apart."""

    code, name = "DL904", "confusable-classes"
    severity, confidence = Severity.NOTE, Confidence.LOW
    per_image = False


class Leak(Fake):
    """The same image in two splits."""

    code, name = "DL701", "split-leak"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    per_image = False


class Syntax(Fake):
    """Label lines that cannot be parsed."""

    code, name = "DL401", "label-syntax"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    per_image = False


class Box(Fake):
    """Boxes that reach outside their image."""

    code, name = "DL801", "box-outside-image"
    severity, confidence = Severity.ERROR, Confidence.HIGH


class Dark(Fake):
    """Images that are almost black."""

    code, name = "DL304", "dark"
    severity, confidence = Severity.WARNING, Confidence.HIGH


class Imbalance(Fake):
    """A class with far more images than another."""

    code, name = "DL501", "class-imbalance"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    per_image = False


class Odd(Fake):
    """Images in another format than the rest."""

    code, name = "DL201", "mixed-format"
    severity, confidence = Severity.NOTE, Confidence.HIGH


class Alpha(Fake):
    """Images with transparency."""

    code, name = "DL210", "used-alpha"
    severity, confidence = Severity.NOTE, Confidence.HIGH


class Area(Fake):
    """Boxes that declare another area than they have."""

    code, name = "DL811", "area-mismatch"
    severity, confidence = Severity.WARNING, Confidence.HIGH


RULES: tuple[Rule, ...] = (Mislabel(), Leak(), Syntax(), Box(), Dark(), Imbalance(), Odd(), Alpha(), Area())


def drawn(seed: int, width: int = 96, height: int = 72) -> Image.Image:
    """A small picture: a disc on a slope, differing by seed."""
    chance = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    base = chance.integers(30, 200, 3)
    slope = chance.normal(0, 0.6, (3, 2))
    picture = base + x[..., None] * slope[:, 0] + y[..., None] * slope[:, 1]
    centre = chance.uniform((0.25 * width, 0.25 * height), (0.75 * width, 0.75 * height))
    disc = (x - centre[0]) ** 2 + (y - centre[1]) ** 2 < (0.2 * height) ** 2
    picture[disc] = chance.integers(0, 255, 3)
    return Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))


def dataset(root: Path, images: int = 60, extra: tuple[str, ...] = ()) -> Dataset:
    """A class-folder dataset with two splits; `extra` names are added to `train/cat`. Files of all are drawn."""
    paths = [
        f"{'test' if number % 4 == 3 else 'train'}/{CLASSES[number % 3]}/{number:05d}.jpg" for number in range(images)
    ]
    paths = sorted([*paths, *(f"train/cat/{name}" for name in extra)])
    chance = np.random.default_rng(0)
    means = np.clip(chance.normal((0.5, 0.45, 0.4), 0.12, (len(paths), 3)), 0, 1)
    sizes = [(96, 72) if number % 5 else (72, 96) for number in range(len(paths))]
    for number, (path, size) in enumerate(zip(paths, sizes, strict=True)):
        file = root / path
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            drawn(number, *size).save(file, "JPEG")
        except (OSError, ValueError):
            continue  # a name that this file system refuses
    frame = pl.DataFrame(
        {
            "image": range(len(paths)),
            "path": paths,
            "os_path": [os.fsencode(path) for path in paths],
            "extension": ["jpg"] * len(paths),
            "bytes": chance.integers(2000, 90_000, len(paths)),
            "status": ["ok"] * len(paths),
            "format": ["JPEG"] * len(paths),
            "mode": ["RGB"] * len(paths),
            "width": [size[0] for size in sizes],
            "height": [size[1] for size in sizes],
            "orientation": [1] * len(paths),
            "mean_r": means[:, 0],
            "mean_g": means[:, 1],
            "mean_b": means[:, 2],
            "brightness": means.mean(1),
        }
    )
    classes = [path.split("/")[1] for path in paths]
    tables = {
        "images": frame,
        "splits": pl.DataFrame({"image": range(len(paths)), "split": [path.split("/")[0] for path in paths]}),
        "labels": pl.DataFrame({"image": range(len(paths)), "path": paths, "class": classes}),
        "skipped": pl.DataFrame(
            {
                "path": ["README.md", "notes/a.txt"],
                "kind": ["not-an-image"] * 2,
                "reason": ["not an image"] * 2,
                "group": ["not an image"] * 2,
                "in_class": [False] * 2,
            }
        ),
    }
    return Dataset(
        root=root,
        layouts=("image-folder",),
        evidence=("3 class folders under train and test",),
        task="single",
        tables={name: conform(name, table) for name, table in tables.items()},
        statistics=Statistics((0.5012, 0.4518, 0.4033), (0.2312, 0.2411, 0.2505), len(paths), "train"),
        probe_outcome=ProbeOutcome(
            ran=True,
            reason="",
            design="kernel ridge on patch features, leave-one-out",
            accuracy=0.91,
            chance=0.34,
            assessed=len(paths),
            not_assessed={"class with fewer than 8 images": 3},
            noise=0.021,
            planted=40,
            recovered=37,
        ),
    )


def finding(rule: Rule, **values: Any) -> dict[str, Any]:
    """A row of the findings table."""
    return {
        "id": "",
        "code": rule.code,
        "name": rule.name,
        "severity": str(rule.severity),
        "confidence": str(rule.confidence),
        "scope": "record" if "file" in values else "image" if "path" in values else "dataset",
        "count": 1,
        "message": "found",
        "hint": "",
        "related": [],
        "data": json.dumps(values.pop("data", {})),
        "status": "new",
        **values,
    }


def doubtful_objects(root: Path) -> list[dict[str, Any]]:
    """Rows about two objects of one image and one of another."""
    paths = [path for path in dataset(root).table("images")["path"] if "/cat/" in path]
    places = [(paths[0], (2, 3, 20, 10)), (paths[0], (50, 20, 40, 40)), (paths[1], (5, 5, 40, 40))]
    return [
        finding(
            RULES[0],
            path=path,
            file="boxes.json",
            pointer=f"/annotations/{number}",
            score=1 - number / 10,
            message="labelled cat, the probe says dog",
            data={
                "given": "cat", "suggested": "dog", "p_given": 0.01, "p_suggested": 0.98,
                **dict(zip("xywh", box, strict=True)),
                "near_given": [paths[3]], "near_given_boxes": [[0, 0, 30, 20]],
                "near_suggested": [paths[4]], "near_suggested_boxes": [[40, 20, 30, 30]],
            },
        )
        for number, (path, box) in enumerate(places)
    ]  # fmt: skip


def report(
    root: Path, images: int = 60, extra: tuple[str, ...] = (), rows: list[dict[str, Any]] | None = None
) -> Report:
    """A report with findings of every kind, or with `rows`."""
    data = dataset(root, images, extra)
    paths = data.table("images")["path"].to_list()
    mislabel, leak, syntax, box, dark, imbalance, odd, alpha, area = RULES
    if rows is None:
        hares = [path for path in paths if path.startswith("train/hare/")]
        tests = [path for path in paths if path.startswith("test/")]
        cats, dogs = ([path for path in paths if f"train/{name}/0" in path][-3:] for name in ("cat", "dog"))
        rows = [
            *(
                finding(
                    leak,
                    path=tests[n],
                    related=[paths[n + 20]],
                    score=1.0,
                    message="the same picture is in train",
                    hint="keep it in one split",
                    subject="test, train",
                )
                for n in range(6)
            ),
            finding(
                syntax,
                file="labels.csv",
                line=12,
                column=3,
                message="3 cells where 2 are expected",
                hint="repair the line",
            ),
            finding(
                syntax, file="labels.json", pointer="/images/4/file_name", message="a number where text is expected"
            ),
            *(
                finding(
                    box,
                    path=paths[n],
                    file="boxes.json",
                    pointer=f"/annotations/{n}",
                    message="box 60,40 50x20 leaves the 96x72 image",
                    data={"x": 60, "y": 40, "w": 50, "h": 20},
                )
                for n in range(3)
            ),
            *(
                finding(
                    mislabel,
                    path=paths[n],
                    score=1 - n / 40,
                    message=f"labelled cat, the probe says dog ({0.99 - n / 100:.2f})",
                    hint="look at it, and correct the label",
                    data={"given": "cat", "suggested": "dog", "p_given": 0.0004, "p_suggested": 0.987 - n / 100}
                    | ({"near_given": cats, "near_suggested": dogs} if n < BESIDE else {}),
                )
                for n in range(30)
            ),
            *(
                finding(dark, path=path, score=0.5, message="99 % of the pixels are darker than 0.1")
                for path in paths[: images // 2 + 4]
            ),
            finding(imbalance, subject="cat", message="cat has 900 images, hare has 12"),
            *(finding(odd, path=f"train/cat/{name}", message="PNG among JPEG") for name in extra),
            finding(
                alpha,
                subject="train/hare",
                scope="folder",
                count=len(hares),
                message=f"all {len(hares):,} images of train/hare/ have transparency: 3.0 % to 20.0 % of the pixels",
                hint="compose them onto a background colour before training",
                related=hares[:8],
                data={"unit": "image", "total": len(hares), "share": 1.0},
            ),
            finding(
                area,
                file="boxes.json",
                scope="file",
                count=40,
                message="40 of 44 boxes of boxes.json (in 12 of 60 images) have a declared area that is wrong",
                related=paths[:4],
                data={
                    "unit": "box",
                    "total": 44,
                    "share": 0.909,
                    "places": [f"boxes.json#/annotations/{n}" for n in range(20)],
                },
            ),
        ]
    for place, row in enumerate(rows):
        row["id"] = "datalint/v1:" + hashlib.sha256(f"{row['code']} {place}".encode()).hexdigest()[:32]
    rank = {"error": 0, "warning": 1, "note": 2}
    findings = pl.DataFrame(rows, schema=FINDINGS).sort(
        pl.col("severity").replace_strict(rank, return_dtype=pl.Int8), "code", maintain_order=True
    )
    return Report(
        dataset=data,
        config=Config(isolated=True),
        findings=findings,
        members=members(data, findings),
        rules_run=RULES,
        rules_not_run=(
            NotRun("DL805", "tiny-box", "no boxes were found"),
            NotRun("DL806", "huge-box", "no boxes were found"),
        ),
        seconds={"measure": 1.25},
    )


def members(data: Dataset, findings: pl.DataFrame) -> pl.DataFrame:
    """The images that single findings are about, and those in the folder of a group."""
    images = data.table("images").select("image", "path")
    own = findings.filter(pl.col("count") == 1).select(pl.col("id").alias("finding"), "path", "file", "line", "pointer")
    held = findings.filter(pl.col("scope") == "folder").select(pl.col("id").alias("finding"), "subject")
    held = held.join(images, how="cross").filter(pl.col("path").str.starts_with(pl.col("subject") + "/"))
    rows = pl.concat([own, held.select("finding", "path")], how="diagonal").join(images, on="path", how="left")
    return pl.concat([pl.DataFrame(schema=MEMBERS), rows], how="diagonal_relaxed")


def many(root: Path, number: int) -> Report:
    """A report of `number` findings of four rules on as many paths, of which few have a file."""
    rules = [RULES[0], RULES[1], RULES[4], RULES[6]]
    rows = [
        finding(
            rules[n % 4],
            path=f"train/{CLASSES[n % 3]}/image_{n:07d}.jpg",
            score=(n % 997) / 997,
            message=f"labelled {CLASSES[n % 3]}, the probe says {CLASSES[(n + 1) % 3]} ({0.5 + n % 50 / 100:.2f})",
            data={"given": CLASSES[n % 3], "suggested": CLASSES[(n + 1) % 3]},
        )
        for n in range(number)
    ]
    return report(root, rows=rows)
