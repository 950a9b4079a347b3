"""A repair is compared with what was there before."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from datalint.config.settings import Accept
from datalint.engine import scan
from datalint.repair.check import Check
from datalint.repair.copy import copy
from datalint.repair.plan import plan
from tests.repair import made
from tests.repair.repair import CONFIG, repaired

BAD: dict[str, list[made.Box]] = {**made.GOOD, "a.png": [(30, 6, 30, 40)], "b.png": [(10, 12, 70, 44)]}


def test_what_is_not_as_it_should_be(tmp_path: Path) -> None:
    root = made.write("voc", tmp_path / "data", BAD)
    report = scan(root, config=CONFIG)
    made_plan = plan(report, lambda fixer: fixer.code == "DL802")
    check = Check(report, made_plan)
    copy(made_plan, tmp_path / "to")
    assert check.after(tmp_path / "to").exit_code == 0
    (tmp_path / "to/annotations/a.xml").write_bytes((root / "annotations/a.xml").read_bytes())
    (tmp_path / "to/images/c.png").write_bytes(b"")
    (tmp_path / "to/more.txt").write_bytes(b"more")
    outcome = check.after(tmp_path / "to")
    assert len(outcome.remaining) == 1
    assert "empty-file" in {finding.name for finding in outcome.new}
    assert outcome.differing == ["annotations/a.xml", "images/c.png", "more.txt"]
    assert outcome.exit_code == 1
    assert "still there: error DL802 degenerate-box: images/a.png: " in str(outcome)


def test_what_a_louder_finding_hid_is_not_new(tmp_path: Path) -> None:
    made.pictures(tmp_path / "data", [f"{n}.png" for n in range(20)])
    Image.new("RGB", (64, 48), "red").save(tmp_path / "data/x.png", "JPEG")
    _, outcome = repaired(tmp_path / "data", tmp_path / "to", "wrong-extension")
    assert [finding.name for finding in outcome.uncovered] == ["mixed-format"]
    assert (outcome.new, outcome.exit_code) == ([], 0)
    assert "was hidden behind what is gone" in str(outcome)


def test_what_is_left_of_a_group_is_not_new(tmp_path: Path) -> None:
    boxes: dict[str, list[made.Box]] = {f"{n:02}.png": [(10, 12, 70, 44)] for n in range(9)}
    boxes |= {f"{n}.png": [(70, 12, 90, 44)] for n in range(20, 23)}
    root = made.write("coco", tmp_path / "data", boxes)
    found, outcome = repaired(root, tmp_path / "to", "box-outside-image")
    assert len(found.left) == 3
    assert (outcome.new, outcome.exit_code) == ([], 0), str(outcome)


def test_what_the_config_accepts_is_known(tmp_path: Path) -> None:
    root = made.write("voc", tmp_path / "data", BAD)
    config = CONFIG.merged(accept=(Accept(rule="DL801", path="**", reason="cut by the border"),))
    report = scan(root, config=config)
    made_plan = plan(report, lambda fixer: True)
    assert {repair.finding.code for repair in made_plan.repairs} == {"DL802"}
    check = Check(report, made_plan)
    copy(made_plan, tmp_path / "to")
    assert check.after(tmp_path / "to").exit_code == 0
