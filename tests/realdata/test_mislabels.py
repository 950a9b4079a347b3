"""The probe on public photographs and digits: what it finds, how honest it is, and when it says nothing."""

from __future__ import annotations

import json
import random
import shutil
import tarfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest

pytest.importorskip("torch")
pytest.importorskip("cleanlab")

from datalint import scan
from datalint.report import Report

pytestmark = pytest.mark.realdata


def judged(folder: Path) -> Report:
    return scan(folder, select=["DL9"], isolated=True, no_cache=True, device="cpu")


@pytest.fixture
def photographs(realdata: Path, tmp_path: Path) -> Path:
    """300 photographs in six folders, which may be moved about."""
    root = tmp_path / "trash"
    for file in sorted((realdata / "trash-photos").glob("*/*.jpg")):
        place = root / file.parent.name / file.name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, place)
    return root


def misplaced(root: Path, share: float, seed: int) -> set[str]:
    """Move a share of the files to another class each; the paths where they are now."""
    rng = random.Random(seed)
    classes = sorted(path.name for path in root.iterdir())
    moved = set()
    for file in rng.sample(sorted(root.glob("*/*")), round(share * len(sorted(root.glob("*/*"))))):
        other = rng.choice([name for name in classes if name != file.parent.name])
        file.rename(root / other / file.name)
        moved.add(f"{other}/{file.name}")
    return moved


def test_photographs_as_they_are(photographs: Path) -> None:
    report = judged(photographs)
    outcome = report.dataset.probe_outcome
    assert outcome is not None
    assert outcome.ran
    assert outcome.assessed == 300
    assert not (report.findings["code"] == "DL901").any()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_misplaced_photographs(photographs: Path, seed: int) -> None:
    """With 5 % wrong labels of 300 the ranking is of use, and the tier promises nothing that it cannot hold."""
    wrong = misplaced(photographs, 0.05, seed)
    report = judged(photographs)
    outcome = report.dataset.probe_outcome
    assert outcome is not None
    assert outcome.ran
    assert outcome.accuracy is not None
    assert outcome.noise_error is not None  # how far it can be trusted
    ranked = report.tables["probe"].sort("quality")["path"].to_list()
    hit = np.array([path in wrong for path in ranked])
    assert (np.cumsum(hit) / np.arange(1, 301))[hit].mean() > 0.25  # at random it is .05
    likely = report.findings.filter(pl.col("code") == "DL901")["path"].to_list()
    assert sum(path not in wrong for path in likely) <= max(1, 0.15 * len(likely))


def test_forty_photographs_are_too_few(photographs: Path) -> None:
    for number, folder in enumerate(sorted(photographs.iterdir())):
        for file in sorted(folder.iterdir())[20 if number < 2 else 0 :]:
            file.unlink()
    for folder in sorted(photographs.iterdir())[2:]:
        folder.rmdir()
    report = judged(photographs)
    (finding,) = report
    assert finding.code == "DL905"
    assert "40 images in 2 classes are too few" in finding.message


@pytest.mark.parametrize("share", [0.0, 0.05])
def test_faces_with_and_without_masks(realdata: Path, tmp_path: Path, share: float) -> None:
    """4,021 boxes of three classes; some are given another."""
    root, rng, wrong = tmp_path / "faces", random.Random(0), set()
    shutil.copytree(realdata / "facemask-coco", root, copy_function=shutil.copyfile)
    for file in sorted((root / "annotations").glob("*.json")):
        content = json.loads(file.read_text("utf-8"))
        entries = content["annotations"]
        for number in rng.sample(range(len(entries)), round(share * len(entries))):
            entry = entries[number]
            other = [category["id"] for category in content["categories"] if category["name"] in FACES]
            entry["category_id"] = rng.choice([one for one in other if one != entry["category_id"]])
            wrong.add((f"annotations/{file.name}", f"/annotations/{number}"))
        file.chmod(0o644)
        file.write_text(json.dumps(content))
    report = judged(root)
    outcome, table = report.dataset.probe_outcome, report.tables["probe"]
    assert outcome is not None
    assert outcome.ran
    assert outcome.assessed + sum(outcome.not_assessed.values()) == table.height == 4021
    places = [(finding.file, finding.pointer) for finding in report if finding.code == "DL901"]
    if not share:
        assert len(places) <= 0.005 * outcome.assessed
        return
    ranked = table.filter(pl.col("tier") != "not-assessed").sort("quality").select("file", "pointer").rows()
    hit = np.array([place in wrong for place in ranked])
    assert (np.cumsum(hit) / np.arange(1, len(hit) + 1))[hit].mean() > 0.8  # at random it is .05
    assert sum(place in wrong for place in places) >= max(0.8 * len(places), 0.6 * hit.sum())


FACES = ("with_mask", "without_mask", "mask_weared_incorrect")


def test_digits_that_people_voted_down(realdata: Path, tmp_path: Path) -> None:
    with tarfile.open(realdata / "mnist-test.tar") as archive:
        archive.extractall(tmp_path, filter="data")
    votes = pl.read_csv(next(tmp_path.rglob("labels.csv")), infer_schema_length=None)
    wrong = set(votes.filter(pl.col("mturk_given") < 3)["path"])
    assert len(wrong) == 15
    report = judged(tmp_path)
    lowest = report.tables["probe"].sort("quality", "path")["path"].head(100).to_list()
    assert sum(path in wrong for path in lowest) >= 10
    tier = report.tables["probe"]["tier"]
    assert (tier == "likely").sum() <= 0.002 * len(tier)
