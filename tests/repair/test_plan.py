"""What is planned, what is left, and what is not asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from datalint.engine import scan
from datalint.repair.edits import FixError
from datalint.repair.fixers import FIXERS
from datalint.repair.plan import plan
from datalint.repair.words import said
from datalint.rules import __path__ as rules
from tests.repair import made
from tests.repair.repair import CONFIG, planned

BAD: dict[str, list[made.Box]] = {
    **made.GOOD,
    "a.png": [(30, 6, 30, 40)],
    "b.png": [(10, 12, 70, 44), (70, 12, 90, 44)],
}


def test_nothing_is_passed_over_silently(tmp_path: Path) -> None:
    root = made.write("coco", tmp_path, BAD)
    Image.effect_noise((64, 48), 90).save(root / "images/unlabelled.png")
    report = scan(root, config=CONFIG)
    found = plan(report, lambda fixer: fixer.code == "DL801")
    assert {repair.finding.code for repair in found.repairs} == {"DL801"}
    assert [(left.finding.code, left.refusal) for left in found.left] == [
        ("DL801", ("annotations.json#/annotations/2", "nothing of it lies in the image"))
    ]
    assert dict(found.unchosen) == {"DL410 label-encoding": 1, "DL802 degenerate-box": 1}
    assert dict(found.unbuilt) == {"DL403 unlabeled-image": 1}
    every = {finding.id for finding in report}
    assert len(every) == len(found.repairs) + len(found.left) + sum([*found.unchosen.values(), *found.unbuilt.values()])
    text = "\n".join(said(found))
    for words in (
        "annotations.json#/annotations/1: 10, 12, 60, 32 -> 10, 12, 54, 32",
        "nothing of it lies in the image",
    ):
        assert words in text


def test_findings_about_equal_files_have_one_id(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        Image.new("RGB", (9, 9), "red").save(tmp_path / name, "JPEG")
    found = planned(tmp_path, "wrong-extension")
    assert found.renamed == {"a.png": "a.jpg", "b.png": "b.jpg"}
    assert sum(len(repair.changes) for repair in found.repairs) == 2


def test_what_is_removed_is_not_renamed(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        Image.new("RGB", (9, 9), "red").save(tmp_path / name, "JPEG")
    found = planned(tmp_path, "wrong-extension", "exact-duplicate")
    assert (list(found.removed), found.renamed) == (["b.png"], {"a.png": "a.jpg"})


def test_groups_are_repaired_member_by_member(tmp_path: Path) -> None:
    boxes: dict[str, list[made.Box]] = {f"{n}.png": [(30, 6, 30, 40)] for n in range(12)}
    root = made.write("coco", tmp_path, boxes)
    report = scan(root, config=CONFIG)
    assert [finding.count for finding in report if finding.code == "DL802"] == [12]
    (repair,) = plan(report, lambda fixer: fixer.code == "DL802").repairs
    assert len(repair.changes) == 12


def test_only_folders(tmp_path: Path) -> None:
    root = made.write("voc", tmp_path, BAD)
    report = scan(root / "annotations", root / "images", config=CONFIG)
    assert plan(report, lambda fixer: fixer.code == "DL802")
    report.dataset.root = root / "images/a.png"
    with pytest.raises(FixError, match="only a folder"):
        plan(report, lambda fixer: True)


@pytest.mark.parametrize("code", FIXERS)
def test_a_fixer_is_named_after_its_rule(code: str) -> None:
    fixer = FIXERS[code]
    file = fixer.name.replace("-", "_") + ".py"
    (source,) = [found for folder in rules for found in Path(folder).rglob(file)]
    assert f'"{code}", "{fixer.name}"' in source.read_text("utf-8")
    assert type(fixer).__module__ == f"datalint.repair.fixers.{fixer.name.replace('-', '_')}"
