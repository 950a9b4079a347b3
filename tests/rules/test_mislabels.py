"""What the findings about labels let a person compare."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import polars as pl
import pytest

from datalint import Rule
from datalint.config.settings import Config
from datalint.dataset import Batch, Dataset, ProbeOutcome
from datalint.dataset.schema import conform
from datalint.judge.accept import Acceptances
from datalint.judge.collect import collect
from datalint.judge.run import judge
from datalint.report import Report
from datalint.rules.mislabels.confusable_classes import ConfusableClasses
from datalint.rules.mislabels.likely_mislabel import LikelyMislabel
from datalint.rules.mislabels.mislabelled_batch import MislabelledBatch
from datalint.rules.mislabels.outlier_image import OutlierImage
from datalint.rules.mislabels.suspicious_label import SuspiciousLabel

ROOT = Path(__file__).resolve().parent.parent.parent


def dataset(rows: list[dict[str, Any]]) -> Dataset:
    """One image a row of the probe's table."""
    numbers = range(len(rows))
    paths = [f"{number}.jpg" for number in numbers]
    contents = [f"{number:064x}" for number in numbers]
    probe = pl.DataFrame([{"image": number, "path": paths[number], **row} for number, row in enumerate(rows)])
    images = pl.DataFrame({"image": numbers, "path": paths, "sha256": contents})
    return Dataset(Path(), tables={"images": conform("images", images), "probe": conform("probe", probe)})


def labels(near: dict[str, Any]) -> Dataset:
    fine = {"given": "cat", "suggested": "cat", "p_given": 0.9, "p_suggested": 0.9, "quality": 0.9, "tier": "fine"}
    wrong = fine | {"suggested": "dog", "p_given": 0.001, "p_suggested": 0.97, "quality": 0.001}
    return dataset([fine, wrong | {"tier": "likely"} | near, fine, wrong | {"tier": "suspicious"} | near, fine])


def report(data: Dataset, rule: Rule) -> Report:
    settings = Config(isolated=True)
    hits, crashed = judge([rule], data, settings, None)
    assert not crashed
    return Report(data, settings, collect(hits, data, Acceptances(settings, data))[0])


@pytest.mark.parametrize(("rule", "path"), [(LikelyMislabel, "1.jpg"), (SuspiciousLabel, "3.jpg")])
@pytest.mark.parametrize(
    ("near", "paths"),
    [
        ({"near_given": [4, 0, 2], "near_suggested": [3]}, (["4.jpg", "0.jpg", "2.jpg"], ["3.jpg"])),
        ({"near_given": [], "near_suggested": None}, ([], None)),
        ({}, (None, None)),
    ],
)
def test_similar_images_are_named(rule: type[Rule], path: str, near: dict[str, Any], paths: tuple[Any, ...]) -> None:
    made = report(labels(near), rule())
    (finding,) = made
    assert finding.path == path
    assert (finding.data["near_given"], finding.data["near_suggested"]) == paths
    assert finding.related == ()
    assert finding.id == next(iter(report(labels({}), rule()))).id
    schema = json.loads((ROOT / "datalint/report/report.schema.json").read_text("utf-8"))
    jsonschema.validate(made.document(), schema)


def objects(rows: list[dict[str, Any]]) -> Dataset:
    """The same of objects, one an image."""
    data = dataset([{**row, "file": "a.json", "pointer": f"/{number}", **BOX} for number, row in enumerate(rows)])
    data.probe_outcome = ProbeOutcome(ran=True, reason="", noun="object")
    return data


BOX = {"x": 1.0, "y": 2.0, "w": 30.0, "h": 40.0}


@pytest.mark.parametrize("rule", [LikelyMislabel, SuspiciousLabel, OutlierImage])
def test_objects_are_named_by_their_record(rule: type[Rule]) -> None:
    rows = labels({"near_given": [4, 0], "near_suggested": [2], "outlier": 0.9}).table("probe").to_dicts()
    rows = [{name: value for name, value in row.items() if value is not None} for row in rows]
    rows[0] |= {"outlier": 0.1}
    made = list(report(objects(rows), rule()))
    first = made[0]
    assert (first.file, first.scope, first.path) == ("a.json", "record", f"{first.pointer[1:]}.jpg")  # type: ignore[index]
    assert {name: first.data[name] for name in BOX} == BOX
    assert first.message.startswith("the object of 30x40 pixels at 1, 2 ")
    if rule is OutlierImage:
        assert [finding.pointer for finding in made] == ["/1", "/3"]
    else:
        assert first.data["near_given"] == ["4.jpg", "0.jpg"]
        assert first.data["near_given_boxes"] == [[1, 2, 30, 40]] * 2
        assert first.data["near_suggested_boxes"] == [[1, 2, 30, 40]]
    moved = objects(rows)
    moved.tables["probe"] = moved.table("probe").with_columns(x=pl.lit(7.0))
    assert next(iter(report(moved, rule()))).id != first.id


def test_exchanged_classes_of_objects_name_their_places() -> None:
    rows = [
        {"given": given, "suggested": suggested, "p_suggested": 0.9, "tier": "fine"}
        for given, suggested in (("ring", "circle"), ("circle", "ring"), ("ring", "ring"), ("circle", "circle"))
        for _ in range(5)
    ]
    (finding,) = report(objects(rows), ConfusableClasses())
    assert len(finding.data["taken_for_b"]) == 3
    assert finding.data["taken_for_b_boxes"] == finding.data["taken_for_a_boxes"] == [[1, 2, 30, 40]] * 3


def test_exchanged_classes_name_the_surest_exchanges() -> None:
    chances = [0.6, 0.9, 0.7, 0.9, 0.5]
    rows = [
        {"given": given, "suggested": suggested, "p_suggested": chance, "tier": "fine"}
        for given, suggested in (("ring", "circle"), ("circle", "ring"), ("ring", "ring"), ("circle", "circle"))
        for chance in chances
    ]
    (finding,) = report(dataset(rows), ConfusableClasses())
    assert finding.subject == "circle / ring"
    assert (finding.data["a"], finding.data["taken_for_b"]) == ("circle", ["6.jpg", "8.jpg", "7.jpg"])
    assert (finding.data["b"], finding.data["taken_for_a"]) == ("ring", ["1.jpg", "3.jpg", "2.jpg"])
    assert finding.path is None
    assert finding.related == ()


def batched(*batches: Batch) -> Dataset:
    """Six cats, then six dogs; the images of the batches are likely mislabelled."""
    wrong = {item for batch in batches for item in batch.items}
    data = dataset(
        [
            {
                "given": "cat" if number < 6 else "dog",
                "suggested": "dog" if (number < 6) == (number in wrong) else "cat",
                "p_given": 0.001,
                "p_suggested": 0.97,
                "quality": 0.001,
                "tier": "likely" if number in wrong else "fine",
            }
            for number in range(12)
        ]
    )
    data.probe_outcome = ProbeOutcome(ran=True, reason="", batches=batches)
    return data


def found(data: Dataset) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Findings and members of the rules that speak of batches."""
    settings = Config(isolated=True)
    hits, crashed = judge([LikelyMislabel(), SuspiciousLabel(), MislabelledBatch()], data, settings, None)
    assert not crashed
    collected = collect(hits, data, Acceptances(settings, data))
    return collected.findings, collected.members


def test_exchanged_classes_are_one_finding_that_lists_all_images() -> None:
    one, other = Batch("split", "val", "cat", "dog", (0, 1, 2), 4), Batch("split", "val", "dog", "cat", (6, 7), 2)
    findings, members = found(batched(one, other))
    assert findings.select("code", "subject", "scope", "count", "message").rows() == [
        (
            "DL906",
            "cat / dog in the split val",
            "class",
            5,
            "3 of 4 images of cat in the split val look like dog, and all 2 images of dog like cat: the two classes "
            "are exchanged there",
        )
    ]
    assert members["path"].to_list() == ["0.jpg", "1.jpg", "2.jpg", "6.jpg", "7.jpg"]


def test_one_direction_is_a_finding_of_its_own_place() -> None:
    of_folder, of_file = Batch("folder", "a", "cat", "dog", (0,), 1), Batch("file", "b.csv", "dog", "cat", (6,), 2)
    findings, _ = found(batched(of_folder, of_file))
    assert findings["message"].to_list() == [
        "all 1 images of cat in the folder a/ look like dog",
        "1 of 2 images of dog in the labels of b.csv look like cat",
    ]
    assert findings["hint"].unique().to_list() == ["look at some of them, then correct the labels of all"]


@pytest.mark.parametrize(
    ("by", "name", "said"),
    [
        ("name", "batch7_*", "; so do all 4 images of cat named batch7_*"),
        ("number", "1.jpg to 4.jpg", "; so do all 4 images of cat from 1.jpg to 4.jpg"),
        ("time", "2026-05-01 to 2026-05-02", "; so do all 4 images of cat taken from 2026-05-01 to 2026-05-02"),
        ("look", "", "; so do all 4 images of cat"),
    ],
)
def test_what_shares_no_place_is_single_findings(by: str, name: str, said: str) -> None:
    """Each is a file to look at, and says that it is not alone."""
    findings, _ = found(batched(Batch(by, name, "cat", "dog", (0, 1, 2, 3), 4)))
    assert findings["code"].to_list() == ["DL901"] * 4
    assert {message.partition(")")[2] for message in findings["message"]} == {said}


def test_one_of_several_labels_is_wrong_or_missing() -> None:
    doubted = {"label": "dog", "p_given": 0.03, "p_suggested": 0.97, "quality": 0.03}
    has = doubted | {"given": "dog", "suggested": "no dog"}
    lacks = doubted | {"given": "no dog", "suggested": "dog"}
    rows = [row | {"tier": tier} for tier in ("likely", "suspicious") for row in (has, lacks)]
    data = dataset(rows)
    data.probe_outcome = ProbeOutcome(ran=True, reason="", noun="label")
    said = [finding.message for finding in report(data, LikelyMislabel())]
    assert said == [
        "has the label dog, looks like an image without it (97.0 % vs 3.0 %)",
        "lacks the label dog, looks like an image with it (97.0 % vs 3.0 %)",
    ]
    said = [finding.message for finding in report(data, SuspiciousLabel())]
    assert said[0] == "has the label dog, could be an image without it (97.0 % vs 3.0 %); rank 1 for review"
    assert list(report(data, ConfusableClasses())) == []


def test_two_labels_of_an_image_are_two_findings() -> None:
    row = {"given": "dog", "suggested": "no dog", "p_given": 0.03, "p_suggested": 0.97, "quality": 0.03}
    data = dataset([row | {"label": label, "tier": "likely"} for label in ("dog", "cat")])
    data.tables["probe"] = data.table("probe").with_columns(image=pl.lit(0, pl.UInt32), path=pl.lit("0.jpg"))
    data.probe_outcome = ProbeOutcome(ran=True, reason="", noun="label")
    made = list(report(data, LikelyMislabel()))
    assert [finding.path for finding in made] == ["0.jpg"] * 2
    assert made[0].id != made[1].id
