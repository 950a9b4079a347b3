"""Label Studio's CSV: one annotation a line."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

from tests.dataset.formats.label_studio.test_json import CAT, SIZE, make, problems

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = ("image", "id", "label", "kind", "annotator", "annotation_id", "created_at", "updated_at", "lead_time")


def table(*rows: tuple[str, str, str]) -> str:
    """Lines of image, label and kind; the first one is line 2."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n")
    write.writerow(COLUMNS)
    for number, (image, label, kind) in enumerate(rows):
        write.writerow((image, number, label, kind, 1, number, "2024", "2024", 1.5))
    return out.getvalue()


def test_cells_hold_regions_and_choices(tmp_path: Path) -> None:
    boxes = json.dumps([{**CAT, **SIZE}, {**CAT, **SIZE, "rectanglelabels": ["dog"]}])
    content = table(
        ("/data/upload/1/a.jpg", boxes, "night"), ("/data/upload/1/b.jpg", "", '{"choices": ["day", "rain"]}')
    )
    (found,) = make(tmp_path, {"project-1.csv": content, "images/a.jpg": "x", "images/b.jpg": "x"})
    assert found.problems == []
    assert found.precision == 2
    assert found.boxes.select("path", "class", "line", "raw", "unit").rows() == [
        ("images/a.jpg", name, 2, [0.1, 0.205, 0.3, 0.4], "xywh-share") for name in ("cat", "dog")
    ]
    assert found.labels.select("path", "class", "line").rows() == [
        ("images/a.jpg", "night", 2),
        ("images/b.jpg", "day", 3),
        ("images/b.jpg", "rain", 3),
    ]
    assert found.named.select("path", "width", "height").rows()[0] == ("images/a.jpg", 200.0, 100.0)


def test_bad_lines(tmp_path: Path) -> None:
    bad = json.dumps([{**CAT, **SIZE, "x": None}, {**CAT, **SIZE}])
    content = table(("a.jpg", "[{", ""), ("", "[]", ""), ("b.jpg", bad, "")) + "a.jpg,3\n"
    (found,) = make(tmp_path, {"project-1.csv": content, "a.jpg": "x", "b.jpg": "x"})
    assert sorted(problems(found), key=str) == [("syntax", line, None) for line in (2, 3, 4, 5)]
    assert found.boxes.height == 1


def test_other_tables_are_left_alone(tmp_path: Path) -> None:
    assert make(tmp_path, {"labels.csv": "image,label\na.jpg,cat\n", "a.jpg": "x"}) == []
