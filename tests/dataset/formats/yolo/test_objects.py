"""YOLO: what lines hold, and what is wrong with those that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dataset.formats.yolo.test_datasets import BOX, DATA, images, only, problems


def test_tasks_are_told_by_all_lines(tmp_path: Path) -> None:
    quad = "0 0.1 0.1 0.2 0.1 0.2 0.2 0.1 0.2\n"
    triangle = "0 0.1 0.1 0.2 0.1 0.2 0.2\n"
    person = "0 0.5 0.5 0.2 0.2 0.4 0.4 2 0.6 0.6 1\n"
    turned = only(tmp_path / "1", {**images("images/a.jpg"), "labels/a.txt": quad * 2})
    assert turned.boxes["unit"].to_list() == ["quad-share"] * 2
    assert turned.boxes["raw"].to_list()[0] == [0.1, 0.1, 0.2, 0.1, 0.2, 0.2, 0.1, 0.2]
    outlines = only(tmp_path / "2", {**images("images/a.jpg"), "labels/a.txt": quad + triangle + BOX})
    assert outlines.polygons.select("line", "part", "box").rows() == [(1, 0, None), (2, 0, None)]
    assert outlines.boxes["line"].to_list() == [3]
    assert "(labels/a.txt, line 3, first)" in outlines.evidence[1]
    pose = only(tmp_path / "3", {**images("images/a.jpg"), "labels/a.txt": person})
    assert pose.keypoints.select("box", "points").rows() == [(0, [0.4, 0.4, 2.0, 0.6, 0.6, 1.0])]
    declared = {"data.yaml": DATA + "kpt_shape: [2, 2]\n", **images("images/train/a.jpg")}
    flat = only(tmp_path / "4", {**declared, "labels/train/a.txt": "0 0.5 0.5 0.2 0.2 0.4 0.4 0.6 0.6\n" + BOX})
    assert flat.keypoints["points"].to_list() == [[0.4, 0.4, 2.0, 0.6, 0.6, 2.0]]
    assert ("syntax", "labels/train/a.txt", 2) in problems(flat)


def test_turned_boxes_by_their_angle_and_confidences(tmp_path: Path) -> None:
    for last, reason, expected in (
        ("-0.5", "6 numbers in the line: a centre, a size and an angle, in place of corners", "9 numbers"),
        ("0.5", "6 numbers in the line", "5 numbers"),
    ):
        lines = f"0 0.5 0.5 0.2 0.2 0.3\n0 0.5 0.5 0.2 0.2 {last}\n0 0.5 0.5 0.2 0.2\n"
        found = only(tmp_path / last, {**images("images/a.jpg"), "labels/a.txt": lines})
        assert [problem.reason for problem in found.problems] == [reason] * 2
        assert {problem.expected.partition(":")[0] for problem in found.problems} == {expected}


def test_each_bad_line_has_its_reason(tmp_path: Path) -> None:
    lines = (
        "0 0.5 0.5 0.2 0.2",
        "0 0.5 0.5 0.2",
        "0 0.5 0,5 0.2 0.2",
        "1.5 0.5 0.5 0.2 0.2",
        "-1 0.5 0.5 0.2 0.2",
        "7 0.5 0.5 0.2 0.2",
        "1 nan Infinity 640 1e400",
        "nan 0.5 0.5 0.2 0.2",
        "\tdog 0.5 0.5 0.2 0.2",
        "9" * 5000 + " 0.5 0.5 0.2 0.2",
    )
    files: dict[str, str | bytes] = {"data.yaml": DATA, **images("images/train/a.jpg")}
    found = only(tmp_path, {**files, "labels/train/a.txt": "\n".join(lines)})
    told = {problem.line: (problem.kind, problem.column, problem.reason) for problem in found.problems}
    assert told == {
        2: ("syntax", None, "4 numbers in the line"),
        3: ("syntax", 7, "'0,5' is not a number"),
        4: ("syntax", 1, "the class number 1.5 is not a whole number"),
        5: ("syntax", 1, "the class number -1 is negative"),
        6: ("unknown-category", 1, "the class 7 is not declared"),
        8: ("syntax", 1, "the class number nan is not a whole number"),
        9: ("syntax", 2, "'dog' is not a number"),
        10: ("syntax", 1, "the class number inf is not a whole number"),
    }
    assert found.boxes.select("class", "line").rows() == [("cat", 1), ("7", 6), ("dog", 7)]
    assert str(found.boxes["raw"].to_list()[2]) == "[nan, inf, 640.0, inf]"


@pytest.mark.parametrize("line", ["0,0.5,0.5,0.2,0.2", "dog 0.5 0.5 0.2 0.2", "0; .5; .5; .2; .2"])
def test_files_that_are_wrong_throughout(tmp_path: Path, line: str) -> None:
    found = only(tmp_path, {**images("images/a.jpg"), "labels/a.txt": f"{line}\n{line}\n"})
    assert problems(found) == [("syntax", "labels/a.txt", 1), ("syntax", "labels/a.txt", 2)]
