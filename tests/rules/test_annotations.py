"""Rules about boxes and polygons on tables made by hand: what is wrong is told, what only looks so is not."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalint import Rule
from datalint.dataset import Dataset
from datalint.dataset.boxes import resolve
from datalint.dataset.schema import conform
from datalint.rules.annotations._polygons import surveyed
from datalint.rules.annotations.all_crowd import AllCrowd
from datalint.rules.annotations.area_mismatch import AreaMismatch
from datalint.rules.annotations.box_outside_image import BoxOutsideImage
from datalint.rules.annotations.coordinate_order import CoordinateOrder
from datalint.rules.annotations.coordinate_scale import CoordinateScale
from datalint.rules.annotations.coordinate_units import CoordinateUnits
from datalint.rules.annotations.degenerate_box import DegenerateBox
from datalint.rules.annotations.huge_box import HugeBox
from datalint.rules.annotations.invalid_polygon import InvalidPolygon
from datalint.rules.annotations.non_finite_box import NonFiniteBox
from datalint.rules.annotations.odd_box import OddBox
from datalint.rules.annotations.odd_box_count import OddBoxCount
from datalint.rules.annotations.repeated_box import RepeatedBox
from datalint.rules.annotations.tiny_box import TinyBox
from datalint.rules.annotations.two_classes_one_box import TwoClassesOneBox
from datalint.rules.labels.declared_size_mismatch import DeclaredSizeMismatch

ALL = [
    AllCrowd,
    AreaMismatch,
    BoxOutsideImage,
    CoordinateOrder,
    CoordinateScale,
    CoordinateUnits,
    DeclaredSizeMismatch,
    DegenerateBox,
    HugeBox,
    InvalidPolygon,
    NonFiniteBox,
    OddBox,
    RepeatedBox,
    TinyBox,
    TwoClassesOneBox,
]
Numbers = Sequence[float]


def dataset(
    boxes: Sequence[Numbers] | None = None,
    unit: str = "xywh-pixels",
    *,
    polygons: Sequence[Numbers] | None = None,
    stored: tuple[int, int] | None = (640, 480),
    declared: tuple[float, float] | None = None,
    orientation: int = 1,
    **columns: Any,
) -> Dataset:
    """One image, a.jpg, with boxes and polygons; `columns` are further columns of boxes (or of polygons alone)."""
    place = {"path": "a.jpg", "file": "labels.json", "class": "cat"}
    tables: dict[str, pl.DataFrame] = {}
    if stored is not None:
        image = {"image": 0, "path": "a.jpg", "status": "ok", "width": stored[0], "height": stored[1]}
        tables["images"] = conform("images", pl.DataFrame([{**image, "orientation": orientation}]))
    if declared is not None:
        width, height = (float(side) for side in declared)
        tables["named"] = conform("named", pl.DataFrame([{**place, "width": width, "height": height}]))
    if boxes is not None:
        rows = [
            {**place, "box": number, "raw": [float(value) for value in box], "unit": unit, "pointer": f"/{number}"}
            | {name: values[number] if isinstance(values, list) else values for name, values in columns.items()}
            for number, box in enumerate(boxes)
        ]
        tables["boxes"] = conform("boxes", pl.DataFrame(rows, infer_schema_length=None))
    if polygons is not None:
        alone = columns if boxes is None else {}
        rows = [
            {**place, "part": 0, "closed": True, "unit": unit.partition("-")[2] or unit, "pointer": f"/{number}"}
            | {"points": [float(value) for value in points]}
            | ({"box": number} if boxes is not None else {})
            | alone
            for number, points in enumerate(polygons)
        ]
        tables["polygons"] = conform("polygons", pl.DataFrame(rows, infer_schema_length=None))
    data = Dataset(Path(), tables=tables)
    resolve(data)
    return data


def findings(rule: Rule, data: Dataset) -> pl.DataFrame:
    return rule.check(data).lazy().collect()


def flagged(rule: Rule, data: Dataset) -> list[str]:
    return findings(rule, data)["pointer"].to_list()


@pytest.mark.parametrize("rule", ALL)
def test_nothing_to_say_about_nothing(rule: type[Rule]) -> None:
    assert findings(rule(), Dataset(Path())).is_empty()


@pytest.mark.parametrize(
    ("box", "unit"),
    [
        ([0, 0, 640, 480], "xywh-pixels"),
        ([1, 1, 640, 480], "xyxy-pixels"),  # counted from 1, as in Pascal VOC
        ([0.1 + 0.2, 0, 639.7, 480], "xywh-pixels"),
        ([0.5, 0.5, 1.0, 1.0], "cxcywh-share"),
        ([0.5, 0.5, 1.000001, 1.000001], "cxcywh-share"),
        ([0.999999, 0.5, 0.000003, 0.5], "cxcywh-share"),
    ],
)
def test_a_box_on_the_border_is_inside(box: Numbers, unit: str) -> None:
    assert findings(BoxOutsideImage(), dataset([box], unit)).is_empty()


@pytest.mark.parametrize(
    ("box", "unit", "beyond"),
    [
        ([-1, 10, 20, 20], "xywh-pixels", "1 pixel left of it"),
        ([600, 470, 50, 20], "xywh-pixels", "10 pixels right of it, 10 pixels below it"),
        ([0.5, 0.0, 0.1, 0.1], "cxcywh-share", "24 pixels above it"),
        ([10, 10, 700, 20], "xyxy-pixels", "60 pixels right of it"),
    ],
)
def test_by_how_much_a_box_is_outside(box: Numbers, unit: str, beyond: str) -> None:
    found = findings(BoxOutsideImage(), dataset([box], unit))
    assert found.select("beyond", "severity", "size").rows() == [(beyond, "error", "640x480 image")]


def test_outside_says_which_size_the_box_fits() -> None:
    shrunk = findings(BoxOutsideImage(), dataset([[700, 10, 500, 400]], declared=(1280, 960)))
    assert shrunk["sizes"].to_list() == ["; it fits the 1280x960 that the label file declares"]
    turned = findings(BoxOutsideImage(), dataset([[10, 500, 100, 100]], orientation=6))
    assert turned["sizes"].to_list() == ["; it fits the 480x640 that EXIF turns the image to"]
    absent = findings(BoxOutsideImage(), dataset([[10, 500, 100, 100]], stored=None, declared=(640, 480)))
    assert absent["size"].to_list() == ["640x480 image that the label file declares"]
    assert findings(BoxOutsideImage(), dataset([[10, 500, 100, 100]], orientation=6, declared=(480, 640))).is_empty()


def test_what_leaves_the_image_on_purpose_is_a_note() -> None:
    crowd = findings(BoxOutsideImage(), dataset([[600, 10, 90, 90]], crowd=True))
    assert crowd["severity"].to_list() == ["note"]
    corners = [[620, 100, 650, 130, 620, 160, 590, 130], [700, 100, 730, 130, 700, 160, 670, 130]]
    turned = findings(BoxOutsideImage(), dataset(corners, "quad-pixels"))
    assert turned["severity"].to_list() == ["note", "error"]


def test_one_cause_one_code() -> None:
    boxes: list[Numbers] = [
        [math.inf, 0, 5, 5],
        [math.nan, 700, 0, 5],
        [700, 700, 0, 5],
        [700, 5, -5, 5],
        [700, 5, 5, 5],
    ]
    data = dataset(boxes)
    assert flagged(NonFiniteBox(), data) == ["/0", "/1"]
    assert flagged(DegenerateBox(), data) == ["/2", "/3"]
    assert flagged(BoxOutsideImage(), data) == ["/4"]


def test_degenerate_boxes_say_what_is_wrong() -> None:
    found = findings(DegenerateBox(), dataset([[5, 5, 5, 9], [9, 5, 5, 3], [5, 5, 6, 6]], "xyxy-pixels"))
    assert found["fact"].to_list() == ["no width", "a width of -4 and a height of -2"]
    assert "order left, top, right, bottom" in found["hint"][1]


def test_huge_finite_numbers_are_finite() -> None:
    assert findings(NonFiniteBox(), dataset([[1e308, 1e308, 1e308, 1e308]])).is_empty()


def test_boxes_of_huge_numbers_overlap_without_a_warning() -> None:
    boxes: list[Numbers] = [(0, 0, 1e300, 1e300), (1, 1, 1e300, 1e300), (0, 0, 10, 10)]
    data = dataset(boxes)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        flagged(RepeatedBox(), data)


def test_repeated_boxes() -> None:
    boxes = [[10, 10, 100, 100], [300, 10, 100, 100], [10, 10, 100, 100], [11, 10, 100, 100], [20, 10, 100, 100]]
    found = findings(RepeatedBox(), dataset(boxes))
    assert found.select("pointer", "first").rows() == [("/2", "/0"), ("/3", "/0")]
    assert found["overlap"].to_list() == pytest.approx([1, 99 / 101])
    assert flagged(RepeatedBox(), dataset(boxes, crowd=True)) == []
    assert flagged(RepeatedBox(), dataset([[*box[:3], 100.5] for box in boxes], "xywh-pixels", angle=30.0)) == [
        "/2",
        "/3",
    ]
    data = dataset(boxes)
    data.tables["boxes"] = data.tables["boxes"].with_columns(pl.Series("class", [*"abcde"]))
    assert flagged(RepeatedBox(), data) == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(*[st.integers(0, 12)] * 2, *[st.integers(1, 60)] * 2), min_size=1, max_size=40),
    st.sampled_from([0.5, 0.8, 0.95]),
)
def test_every_repeated_box_covers_an_earlier_one_and_none_is_missed(
    boxes: list[tuple[int, int, int, int]], least: float
) -> None:
    found = findings(RepeatedBox(overlap=least), dataset([list(box) for box in boxes]))
    repeated = {int(pointer[1:]) for pointer in found["pointer"]}
    kept = [number for number in range(len(boxes)) if number not in repeated]
    assert all(int(first[1:]) < int(pointer[1:]) for pointer, first in found.select("pointer", "first").iter_rows())
    assert all(_overlap(boxes[a], boxes[b]) < least for a in kept for b in kept if a < b)


def _overlap(a: tuple[int, ...], b: tuple[int, ...]) -> float:
    across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = max(across, 0) * max(down, 0)
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)


@pytest.mark.parametrize("step", [(0, 0.3), (0.3, 0.0), (1, 1), (5, 0.001)])
def test_ten_thousand_boxes_in_one_image(step: tuple[float, float]) -> None:
    numbers = np.arange(10_000)
    boxes = np.stack([numbers % 100 * step[0] * 10, numbers // 100 * step[1] * 10, *[np.full(10_000, 9.0)] * 2], 1)
    began = time.process_time()
    findings(RepeatedBox(), dataset(boxes.tolist(), stored=(2000, 2000)))
    assert time.process_time() - began < 10


def test_pixels_in_place_of_shares_are_told_once() -> None:
    boxes: list[Numbers] = [[0.5, 0.5, 0.2, 0.2], [320, 240, 100, 80], [1.3, 0.5, 0.2, 0.2]]
    data = dataset(boxes, "cxcywh-share")
    found = findings(CoordinateUnits(), data)
    assert found.select("count", "objects", "meant_not", "largest", "pointer").rows() == [(1, 3, "pixels", 320.0, "/1")]
    assert flagged(BoxOutsideImage(), data) == ["/2"]


def test_shares_in_place_of_pixels_are_told_once() -> None:
    data = dataset([[0.1, 0.2, 0.3, 0.4], [0.5, 0.5, 0.25, 0.5], [0.0, 0.0, 1.0, 1.0]])
    assert findings(CoordinateUnits(), data).select("count", "meant_not").rows() == [(2, "shares")]
    assert flagged(TinyBox(), data) == ["/2"]
    assert findings(CoordinateUnits(), dataset([[0.1, 0.2, 0.3, 0.4], [5, 5, 50, 50], [6, 5, 50, 50]])).is_empty()


def test_polygons_of_the_wrong_unit() -> None:
    data = dataset(polygons=[[10, 10, 60, 10, 60, 60], [0.1, 0.1, 0.5, 0.1, 0.5, 0.5]], unit="share")
    assert findings(CoordinateUnits(), data).select("what", "count").rows() == [("polygons", 1)]
    assert flagged(InvalidPolygon(), data) == []


def test_a_folder_of_the_wrong_unit_is_one_finding() -> None:
    rows = [
        {"path": f"{n}.jpg", "file": f"labels/{n}.txt", "class": "cat", "box": n, "unit": "cxcywh-share", "line": 1}
        | {"raw": [320.0, 240.0, 100.0, 80.0] if n < 7 else [0.5, 0.5, 0.1, 0.1]}
        for n in range(8)
    ]
    data = Dataset(Path(), tables={"boxes": conform("boxes", pl.DataFrame(rows))})
    (found,) = findings(CoordinateUnits(), data).to_dicts()
    assert found["files"] == ", in 7 of 8 label files of the folder"
    assert (found["file"], found["count"], found["objects"], len(found["related"])) == ("labels/0.txt", 7, 8, 7)


def test_tiny_boxes() -> None:
    usual: list[Numbers] = [[5.0 + n, 5, 40, 40] for n in range(30)]
    assert flagged(TinyBox(), dataset([*usual, [9, 9, 1.5, 30]])) == ["/30"]
    assert flagged(TinyBox(), dataset([[5.0 + 9 * n, 5, 1, 1] for n in range(30)])) == []


def test_huge_and_odd_boxes() -> None:
    usual = [[5.0 + n, 5, 40 + n % 7, 40 + n % 5] for n in range(60)]
    data = dataset([*usual, [0, 0, 640, 480], [100, 100, 300, 280], [100, 100, 3, 300]])
    assert flagged(HugeBox(), data) == ["/60"]
    assert findings(OddBox(), data).select("pointer", "fact").rows() == [
        ("/61", "47 times larger"),
        ("/62", "100 times higher for its width"),
    ]
    assert flagged(HugeBox(), dataset([[0, 0, 640, 480]] * 60)) == []


@pytest.mark.parametrize("seed", range(3))
def test_boxes_of_all_sizes_are_not_odd(seed: int) -> None:
    sides = np.exp(np.random.default_rng(seed).normal(3.5, 0.7, (2000, 2))).clip(3, 470)
    boxes = [[0.0, 0.0, width, height] for width, height in sides.tolist()]
    assert findings(OddBox(), dataset(boxes)).is_empty()


EIGHT = [0, 0, 20, 20, 20, 0, 0, 20]
SQUARE = [10, 10, 40, 10, 40, 40, 10, 40]


@pytest.mark.parametrize(
    ("points", "fact", "severity"),
    [
        ([], "has 0 points; it needs at least 3", "error"),
        ([1, 2], "has 1 point; it needs at least 3", "error"),
        ([1, 2, 3, 4], "has 2 points; it needs at least 3", "error"),
        ([1, 2, 3, 4, 5, 6, 7], "has 7 numbers: the last point has no y", "error"),
        ([1, 2, math.nan, 4, 5, 6], "has points that are not finite", "error"),
        ([1, 2, 30, 4, math.inf, 6], "has points that are not finite", "error"),
        ([1, 2, 30, 4, 30, 481], "reaches outside the 640x480 image: 1 pixel below it", "error"),
        ([1, 1, 5, 5, 9, 9], "has no area: its points lie on one line", "error"),
        (EIGHT, "crosses itself: one loop is 50 % of its area, 100 square pixels", "warning"),
    ],
)
def test_invalid_polygons(points: Numbers, fact: str, severity: str) -> None:
    found = findings(InvalidPolygon(), dataset(polygons=[SQUARE, points, SQUARE]))
    assert found.select("pointer", "fact", "severity").rows() == [("/1", fact, severity)]


@pytest.mark.parametrize(
    "points",
    [
        SQUARE,
        [0, 0, 640, 0, 640, 480, 0, 480],
        [0, 0, 640.5, 0, 640.4, 480.5],
        [*SQUARE, *SQUARE[:2]],  # closed by its first point again
        [0, 0, 30, 0, 30, 30, 0, 30, 0, 0, 10, 10, 10, 20, 20, 20, 20, 10, 10, 10],  # a hole, led to and back
        [0, 0, 20, 0, 20, 20, 10, 10, 0, 20],  # not convex
        [0, 0, 10, 10, 20, 0, 20, 20, 10, 10, 0, 20],  # touches itself in a point
        [10, 10, 110, 10, 110, 110, 10, 110, 10.5, 9.5],  # a slip of the hand
    ],
)
def test_valid_polygons(points: Numbers) -> None:
    assert findings(InvalidPolygon(), dataset(polygons=[points])).is_empty()


def test_angles_in_degrees_where_radians_are_expected() -> None:
    box = [100, 100, 40, 20]
    angles = [math.degrees(angle) for angle in (0.5, 45.0, -90.0, 6.2, math.inf)]
    found = findings(CoordinateUnits(), dataset([box] * 5, "cxcywh-pixels", angle=angles))
    assert found.select("what", "meant_not", "meant", "count", "objects", "largest").rows() == [
        ("angles", "degrees", "radians", 2, 5, 90.0)
    ]
    assert findings(CoordinateUnits(), dataset([box] * 2, "cxcywh-pixels", angle=[360.0, -180.0])).is_empty()


def classed(boxes: Sequence[tuple[str | None, Numbers]], **columns: Any) -> Dataset:
    """Boxes with their classes, and before them twenty others of cats and dogs."""
    others = [("cat" if number % 2 else "dog", [20 * number, 100 + number, 30, 40]) for number in range(20)]
    names, numbers = zip(*others, *boxes, strict=True)
    every: dict[str, Any] = {name: [None] * 20 + values for name, values in columns.items()}
    every["class"] = list(names)
    return dataset(numbers, **every)


def test_two_classes_on_one_box() -> None:
    box = [300, 300, 40, 50]
    found = findings(TwoClassesOneBox(), classed([("cat", box), ("dog", [300.9, 299.1, 40, 50.5]), ("cow", box)]))
    assert found.select("pointer", "subject", "first", "other").rows() == [
        ("/21", "dog", "/20", "cat"),
        ("/22", "cow", "/20", "cat"),
    ]
    wide = classed([("cat", box), ("dog", [302, 300, 40, 50])])
    assert findings(TwoClassesOneBox(), wide).is_empty()
    assert flagged(TwoClassesOneBox(tolerance=2.0), wide) == ["/21"]


@pytest.mark.parametrize(
    "data",
    [
        classed([("cat", [300, 300, 40, 50]), ("cat", [300, 300, 40, 50])]),
        classed([("cat", [300, 300, 7, 7]), ("dog", [300, 300, 7, 7])]),
        classed([("cat", [300, 300, 13, 23]), ("dog", [301, 300, 13, 24])]),  # a rider and what is ridden
        classed([("cat", [300, 300, 40, 50]), ("dog", [300, 300, 40, math.nan])]),
        classed([("cat", [300, 300, 40, 50]), ("dog", [300, 300, 40, 50])], crowd=[None, True]),
        classed([("cat", [300, 300, 40, 50]), ("dog", [300, 300, 40, 50])], angle=[None, 10.0]),
        # a class and the one above it
        classed([(name, [40 * number, 300, 40, 50]) for number in range(4) for name in ("dog", "poodle")]),
        # objects of several classes
        classed([(name, [30 * number, 300, 40, 50]) for number in range(12) for name in ("cat", "dog")]),
    ],
)
def test_boxes_that_may_be_of_two_classes(data: Dataset) -> None:
    assert findings(TwoClassesOneBox(), data).is_empty()


def test_many_boxes_at_one_place_end_in_time() -> None:
    count = 20_000
    data = classed([(str(number), [100, 100, 50, 50]) for number in range(count)])
    began = time.process_time()
    findings(TwoClassesOneBox(), data)
    assert time.process_time() - began < 10


BOWTIE = [10, 10, 50, 30, 50, 10, 10, 30]


def quads(*others: Numbers, unit: str = "quad-pixels") -> Dataset:
    """80 oriented boxes, and some others after them."""
    boxes: list[Numbers] = []
    for number in range(80):
        right, down = np.array([30 + number, 7 + number % 5]), np.array([-(7 + number % 5), 30 + number]) / 2
        corners = np.add([60.0 + number % 24, 50.0], [0 * right, right, right + down, down])
        boxes.append(corners.ravel().round().tolist())
    scale = np.array([640, 480] * 4) if unit == "quad-share" else 1
    return dataset([(np.array(box) / scale).tolist() for box in [*boxes, *others]], unit)


@pytest.mark.parametrize("unit", ["quad-pixels", "quad-share"])
def test_boxes_of_four_corners(unit: str) -> None:
    assert findings(InvalidPolygon(), quads(unit=unit)).is_empty()
    skewed = [10, 10, 50, 10, 70, 30, 10, 30]
    cut = [-20, 10, 50, 10, 70, 30, 0, 30]
    infinite = [10, 10, math.inf, 10, 50, 30, math.nan, 30]
    found = findings(InvalidPolygon(), quads(BOWTIE, skewed, cut, infinite, unit=unit))
    assert found.select("pointer", "which", "fact", "severity").rows() == [
        ("/80", "the box", "crosses itself: one loop is 50 % of its area, 200 square pixels", "warning"),
        ("/81", "the box", "is not a rectangle: its diagonals are 63.25 and 44.72 pixels", "note"),
    ]


def test_boxes_of_four_corners_that_are_no_rectangles() -> None:
    skewed = [10, 10, 50, 10, 70, 30, 10, 30]
    assert findings(InvalidPolygon(), quads(*[skewed] * 8)).is_empty()
    assert findings(InvalidPolygon(), dataset([skewed] * 3, "quad-pixels")).is_empty()
    huge = [[0.1, 0.1, 0.4, 0.1, 0.4, 0.3, 0.1, 0.3]] * 80 + [[1e308, 0, 1, 0, 1, 1, 0, 1]]
    assert findings(InvalidPolygon(), dataset(huge, "quad-share")).is_empty()
    assert flagged(InvalidPolygon(), dataset([BOWTIE, skewed], "quad-pixels")) == ["/0"]
    assert findings(InvalidPolygon(), dataset([BOWTIE, skewed], "xyxy-pixels")).is_empty()


def test_open_lines_may_cross_and_be_straight() -> None:
    assert flagged(InvalidPolygon(), dataset(polygons=[EIGHT, [1, 1, 9, 9], [3, 3]], closed=False)) == ["/2"]


def test_parts_of_an_object_are_numbered() -> None:
    data = dataset(polygons=[SQUARE, [1, 2, 3, 4]])
    parts = data.table("polygons").with_columns(pl.lit("/0").alias("pointer"), part=pl.Series([0, 1], dtype=pl.UInt32))
    data.tables["polygons"] = parts
    assert findings(InvalidPolygon(), data)["which"].to_list() == ["polygon 2"]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(st.tuples(*[st.integers(0, 9)] * 2), min_size=3, max_size=9), min_size=1, max_size=8))
def test_crossings_are_those_of_all_pairs_of_edges(outlines: list[list[tuple[int, int]]]) -> None:
    points = [[float(value) for point in outline for value in point] for outline in outlines]
    table = pl.DataFrame({"points": points}, schema={"points": pl.List(pl.Float64)})
    shapes, crossed = surveyed(table)
    found = set(crossed.filter(pl.col("loop") > 0)["row"].to_list())
    assert found <= {row for row, outline in enumerate(outlines) if _crosses(outline)}
    assert {row for row, outline in enumerate(outlines) if _crosses(outline)} == set(crossed["row"].to_list())
    for row, area in shapes.select("row", "area").iter_rows():
        assert area == pytest.approx(_area(outlines[row]))


def _crosses(outline: list[tuple[int, int]]) -> bool:
    edges = list(zip(outline, [*outline[1:], outline[0]], strict=True))

    def side(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int]) -> int:
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    return any(
        side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
        for place, (a, b) in enumerate(edges)
        for c, d in edges[place + 1 :]
    )


def _area(outline: list[tuple[int, int]]) -> float:
    pairs = zip(outline, [*outline[1:], outline[0]], strict=True)
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs) / 2


def test_polygons_in_many_blocks() -> None:
    rng = np.random.default_rng(0)
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    outlines = [
        np.stack([300 + r * np.cos(angles), 200 + r * np.sin(angles)], 1).ravel().tolist()
        for r in rng.uniform(50, 150, (20_000, 1))
    ]
    outlines[7], outlines[19_999] = EIGHT, EIGHT
    shapes, crossed = surveyed(pl.DataFrame({"points": outlines}, schema={"points": pl.List(pl.Float64)}))
    assert shapes["row"].to_list() == list(range(20_000))
    assert crossed["row"].to_list() == [7, 19_999]


def test_areas() -> None:
    boxes = [[10, 10, 100, 100]] * 6
    triangle = [10.0, 10, 110, 10, 10, 110]
    areas = [10_000.0, 5000.0, 10_201.0, 307_200.0, 2000.0, 7500.0]
    data = dataset(boxes, polygons=[triangle] * 6, area=areas)
    found = findings(AreaMismatch(), data)
    assert found.select("pointer", "whole").rows() == [
        ("/3", " (the whole image)"),
        ("/4", ""),
        ("/5", ""),
    ]
    assert flagged(AreaMismatch(), dataset(boxes, polygons=[triangle] * 6, area=areas, crowd=True)) == []


def test_areas_of_masks_that_the_file_leaves_out() -> None:
    boxes = [[10, 10, 100, 100]] * 5
    assert flagged(AreaMismatch(), dataset(boxes, area=[6000.0, 5500.0, 7000.0, 6100.0, 20_000.0])) == ["/4"]
    assert flagged(AreaMismatch(), dataset(boxes, area=[10_000.0, 10_000.0, 10_000.0, 5000.0, 0.0])) == ["/3", "/4"]
    assert flagged(AreaMismatch(), dataset(boxes)) == []


@pytest.mark.parametrize(
    ("declared", "orientation", "fact", "severity"),
    [
        ((1280, 960), 1, "but the image is 640x480", "error"),
        ((480, 640), 1, "which has width and height swapped: the image is 640x480", "error"),
        ((480, 640), 6, "the size after EXIF orientation 6; the image is stored as 640x480", "warning"),
        ((0, 0), 1, "which is not a valid size; the image is 640x480", "error"),
        ((math.nan, 480), 1, "which is not a valid size; the image is 640x480", "error"),
    ],
)
def test_declared_sizes(declared: tuple[float, float], orientation: int, fact: str, severity: str) -> None:
    found = findings(DeclaredSizeMismatch(), dataset(declared=declared, orientation=orientation))
    assert found.select("fact", "severity").rows() == [(fact, severity)]
    assert findings(DeclaredSizeMismatch(), dataset(declared=(640, 480), orientation=orientation)).is_empty()


def test_declared_sizes_of_absent_images() -> None:
    assert findings(DeclaredSizeMismatch(), dataset(stored=None, declared=(640, 480))).is_empty()
    found = findings(DeclaredSizeMismatch(), dataset(stored=None, declared=(0, 0)))
    assert found["fact"].to_list() == ["which is not a valid size"]


def test_outlines_laid_out_to_cross_end_in_time_and_memory() -> None:
    points = (np.random.default_rng(0).random(8_000) * 400).tolist()
    began = time.process_time()
    found = findings(InvalidPolygon(), dataset(polygons=[points, [1e300, -1e300, 1e300, 1e300, -1e300, 1e300, 5, 5]]))
    assert found["severity"].to_list() == ["error", "warning"]
    assert time.process_time() - began < 10


#: Left, top, width and height of boxes all over an image of 640x480.
_random = np.random.default_rng(3)
_sides = _random.integers(60, 240, (60, 2))
SPREAD = [(int(_random.integers(0, 640 - w)), int(_random.integers(0, 480 - h)), int(w), int(h)) for w, h in _sides]
ORDERS: dict[str, Any] = {
    "xywh": lambda x, y, w, h: [x, y, w, h],
    "xyxy": lambda x, y, w, h: [x, y, x + w, y + h],
    "reversed": lambda x, y, w, h: [x + w, y + h, x, y],
    "cxcywh": lambda x, y, w, h: [x + w / 2, y + h / 2, w, h],
    "yx-xywh": lambda x, y, w, h: [y, x, h, w],
    "yx-xyxy": lambda x, y, w, h: [y, x, y + h, x + w],
    "yx-cxcywh": lambda x, y, w, h: [y + h / 2, x + w / 2, h, w],
}
SINGLE: list[Rule] = [BoxOutsideImage(), DegenerateBox(), TinyBox(), HugeBox(), OddBox(), AreaMismatch()]


def in_order(kind: str, unit: str, spread: Sequence[Numbers] = SPREAD) -> list[Numbers]:
    scale = [640, 480, 640, 480] if unit.endswith("share") else [1, 1, 1, 1]
    return [[value / side for value, side in zip(ORDERS[kind](*box), scale, strict=True)] for box in spread]


@pytest.mark.parametrize(
    ("kind", "unit", "looks"),
    [
        ("xyxy", "xywh-pixels", "two corners (left"),
        ("cxcywh", "xywh-pixels", "the centre"),
        ("xywh", "xyxy-pixels", "a corner"),
        ("reversed", "xyxy-pixels", "two corners the wrong way round"),
        ("xyxy", "cxcywh-share", "two corners (left"),
        ("xyxy", "xywh-share", "two corners (left"),
        ("xyxy", "cxcywh-pixels", "two corners (left"),
        ("yx-xywh", "xywh-pixels", "a corner and the size, the vertical number first"),
        ("yx-xyxy", "xyxy-pixels", "two corners, the vertical number first"),
        ("yx-cxcywh", "cxcywh-pixels", "the centre and the size, the vertical number first"),
    ],
)
def test_boxes_of_another_order_are_one_finding_and_no_others(kind: str, unit: str, looks: str) -> None:
    data = dataset(in_order(kind, unit), unit)
    found = findings(CoordinateOrder(), data)
    assert found["count"].to_list() == [60]
    assert found["looks"][0].startswith(looks)
    assert [rule.name for rule in SINGLE if findings(rule, data).height] == []


@pytest.mark.parametrize("unit", ["xywh-pixels", "xyxy-pixels", "cxcywh-share", "xywh-share", "xyxy-share"])
def test_boxes_in_the_order_of_their_format_are_left_alone(unit: str) -> None:
    assert findings(CoordinateOrder(), dataset(in_order(unit.partition("-")[0], unit), unit)).is_empty()


def test_too_few_boxes_do_not_prove_another_order() -> None:
    data = dataset(in_order("xyxy", "xywh-pixels", SPREAD[-7:]))
    assert findings(CoordinateOrder(), data).is_empty()
    assert findings(BoxOutsideImage(), data).height > 3


def test_full_frames_that_stick_out_a_little_are_not_corners() -> None:
    boxes = [[n % 3, n % 2, 641, 481] for n in range(20)]
    assert findings(CoordinateOrder(), dataset(boxes)).is_empty()


def test_boxes_of_a_larger_copy_of_the_image_are_not_of_another_order() -> None:
    boxes = [[2 * value for value in box] for box in SPREAD]
    data = dataset(boxes)
    assert findings(CoordinateOrder(), data).is_empty()
    assert findings(CoordinateScale(), data)["times"].to_list() == ["2 times as large"]
    assert [rule.name for rule in SINGLE if findings(rule, data).height] == []


def of_twelve_images(boxes: Sequence[Numbers]) -> Dataset:
    data = dataset(boxes, path=[f"{number % 12}.jpg" for number in range(len(boxes))])
    one = {"status": "ok", "width": 640, "height": 480, "orientation": 1}
    images = pl.DataFrame([{**one, "image": number, "path": f"{number}.jpg"} for number in range(12)])
    data.tables["images"] = conform("images", images)
    resolve(data)
    return data


def test_boxes_of_a_smaller_copy_lie_in_the_upper_left_of_every_image() -> None:
    half = [[value / 2 for value in box] for box in SPREAD]
    found = findings(CoordinateScale(), of_twelve_images(half))
    assert found["times"].to_list() == ["0.49 times as large"]  # no box ends at the very edge
    assert found["where"][0].startswith("the 60 boxes lie in the left 49 % and upper ")
    assert found["severity"].to_list() == ["warning"]
    assert findings(BoxOutsideImage(), of_twelve_images(half)).is_empty()


@pytest.mark.parametrize(
    "boxes",
    [
        SPREAD,
        [[160 + x / 2, 120 + y / 2, w / 2, h / 2] for x, y, w, h in SPREAD],  # in the middle
        [[x, y / 2, w, h / 2] for x, y, w, h in SPREAD],  # above the horizon
        [[x / 2, y / 2, w / 2, h / 2] for x, y, w, h in SPREAD[:40]],  # too few to be no chance
    ],
)
def test_boxes_elsewhere_are_of_the_image_as_it_is(boxes: list[Numbers]) -> None:
    assert findings(CoordinateScale(), of_twelve_images(boxes)).is_empty()


def test_boxes_of_one_image_may_lie_where_they_like() -> None:
    assert findings(CoordinateScale(), dataset([[value / 2 for value in box] for box in SPREAD])).is_empty()


def test_images_that_were_shrunk_by_another_factor_each_way() -> None:
    data = dataset([[4 * x, 2 * y, 4 * w, 2 * h] for x, y, w, h in SPREAD])
    assert findings(CoordinateScale(), data)["times"].to_list() == ["3.9 times as wide and 2 times as high"]


def test_boxes_that_only_stick_out_are_not_of_a_larger_image() -> None:
    data = dataset([[1.2 * value for value in box] for box in SPREAD])
    assert findings(CoordinateScale(), data).is_empty()
    assert findings(BoxOutsideImage(), data).height > 3
    few = dataset([*SPREAD, [3000, 50, 20, 20]])
    assert findings(CoordinateScale(), few).is_empty()
    assert findings(BoxOutsideImage(), few).height == 1


def test_boxes_of_the_turned_image_are_not_of_a_larger_one() -> None:
    data = dataset(SPREAD, stored=(480, 640))
    assert findings(CoordinateScale(), data).is_empty()


def test_corners_that_stay_inside_are_known_by_their_areas() -> None:
    small = [(x // 4, y // 4, w // 2, h // 2) for x, y, w, h in SPREAD]
    areas = [float(w * h) for _, _, w, h in small]
    data = dataset(in_order("xyxy", "xywh-pixels", small), area=areas)
    assert findings(BoxOutsideImage(), dataset(in_order("xyxy", "xywh-pixels", small))).is_empty()
    assert findings(CoordinateOrder(), data)["proof"].to_list() == ["60 of the declared areas fit only the other way"]
    assert findings(AreaMismatch(), data).is_empty()


def test_corners_the_wrong_way_round_need_no_image() -> None:
    data = dataset(in_order("reversed", "xyxy-pixels"), "xyxy-pixels", stored=None)
    assert findings(CoordinateOrder(), data).height == 1
    assert findings(DegenerateBox(), data).is_empty()


@pytest.mark.parametrize("area", [1.0, 0.0, 300.0])
def test_areas_that_are_all_the_same_are_not_of_masks(area: float) -> None:
    assert findings(AreaMismatch(), dataset(SPREAD, area=area)).height == 60


def test_areas_that_are_shares_of_the_image() -> None:
    found = findings(AreaMismatch(), dataset(SPREAD, area=[w * h / 640 / 480 for *_, w, h in SPREAD]))
    assert found.height == 60
    assert set(found["hint"]) == {"it is a share of the image: multiply it by the image's width and height"}


def test_areas_of_masks_elsewhere_vary_and_are_left_alone() -> None:
    assert findings(AreaMismatch(), dataset(SPREAD, area=[0.6 * w * h for *_, w, h in SPREAD])).is_empty()


def test_few_equal_areas_may_be_of_masks() -> None:
    assert findings(AreaMismatch(), dataset(SPREAD[:7], area=300.0)).is_empty()


def said(data: Dataset) -> list[tuple[str | None, int]]:
    return [(row.get("subject"), row["count"]) for row in findings(AllCrowd(), data).iter_rows(named=True)]


def test_all_boxes_are_crowds() -> None:
    assert said(dataset(SPREAD, crowd=True)) == [(None, 60)]
    assert said(dataset(SPREAD, crowd=[True] * 59 + [False])) == []
    assert said(dataset(SPREAD[:4], crowd=True)) == []


def test_one_class_is_all_crowds_unless_its_name_says_so() -> None:
    crowd = [number % 3 == 0 for number in range(60)]
    for name, expected in (("dog", [("dog", 20)]), ("DontCare", []), ("Ignored regions", []), ("crowd", [])):
        classes = [name if marked else "cat" for marked in crowd]
        more: dict[str, Any] = {"crowd": crowd, "class": classes}
        assert said(dataset(SPREAD, **more)) == expected


def test_a_file_of_regions_to_ignore_is_meant() -> None:
    more: dict[str, Any] = {"crowd": True, "class": "DontCare"}
    assert said(dataset(SPREAD, **more)) == []


@pytest.mark.parametrize(
    ("box", "beyond"),
    [
        ([0.9, 0.5, 0.3, 0.2], "5 % of its width right of it"),
        ([0.05, 0.98, 0.2, 0.1], "5 % of its width left of it, 3 % of its height below it"),
        ([0.9, 0.5, 0.2005, 0.2], None),
        ([0.9, 0.5, -0.3, 0.2], None),
    ],
)
def test_shares_need_no_size_to_be_outside(box: Numbers, beyond: str | None) -> None:
    found = findings(BoxOutsideImage(), dataset([box], "cxcywh-share", stored=None))
    assert found["beyond"].to_list() == ([] if beyond is None else [beyond])
    known = dataset([box], "cxcywh-share")
    assert findings(BoxOutsideImage(), known)["measure"].eq("pixels").all()


def test_outlines_of_a_larger_image_are_left_to_their_boxes() -> None:
    doubled = [[2 * value for value in box] for box in SPREAD]
    outlines = [[x, y, x + w, y, x + w, y + h] for x, y, w, h in doubled]
    assert findings(InvalidPolygon(), dataset(doubled, polygons=outlines)).is_empty()
    assert findings(InvalidPolygon(), dataset(polygons=outlines)).height > 3


def small_boxes(count: int = 1500) -> list[tuple[float, float, float, float]]:
    """Boxes of 20 to 80 pixels, all over the image and within it."""
    sides = np.random.default_rng(8).integers(20, 80, (count, 2))
    places = np.random.default_rng(9).random((count, 2))
    return [(x * (640 - w), y * (480 - h), int(w), int(h)) for (w, h), (x, y) in zip(sides, places, strict=True)]


def test_centres_of_small_boxes_show_at_the_border() -> None:
    data = dataset(in_order("cxcywh", "xywh-pixels", small_boxes()))
    (found,) = findings(CoordinateOrder(), data).iter_rows(named=True)
    assert found["looks"].startswith("the centre")
    assert found["hint"] == "take half of the width and of the height off the centre"


def test_small_boxes_that_stick_out_on_all_sides_are_not_centres() -> None:
    shifted = [(x - 20, y - 20, w + 40, h + 40) for x, y, w, h in small_boxes()]
    data = dataset(shifted)
    assert findings(CoordinateOrder(), data).is_empty()
    assert findings(BoxOutsideImage(), data).height > 50


def test_small_boxes_that_stick_out_below_are_not_centres() -> None:
    lower = [(x, y + 30, w, h) for x, y, w, h in small_boxes() if x > 80]
    assert findings(CoordinateOrder(), dataset(lower)).is_empty()


@pytest.mark.parametrize(
    ("counts", "found"),
    [
        ([4, 3, 120, 2, 3, 1], ["2.jpg"]),
        ([4, 3, 19, 2, 3, 1], []),  # too few to be odd
        ([40, 39, 120, 60, 31, 45], []),  # crowds of all sizes
        ([4, 120, 130, 2, 3, 1], []),  # two crowds among six images
        ([120, 3, 2, 2], []),  # too few images
        ([*[3] * 298, 150, 160], ["298.jpg", "299.jpg"]),
        ([*[3] * 290, *[150] * 10], []),
    ],
)
def test_far_more_boxes_than_in_any_other_image(counts: list[int], found: list[str]) -> None:
    paths = [f"{number}.jpg" for number, count in enumerate(counts) for _ in range(count)]
    data = dataset([[1, 1, 9, 9]] * len(paths), path=paths)
    assert sorted(findings(OddBoxCount(), data)["path"].to_list()) == found


def test_numbers_of_boxes_are_compared_within_their_source() -> None:
    counts = [*[2] * 10, *[90] * 10]
    paths = [f"{number}.jpg" for number, count in enumerate(counts) for _ in range(count)]
    files = ["a.json" if int(path.partition(".")[0]) < 10 else "b.json" for path in paths]
    assert findings(OddBoxCount(), dataset([[1, 1, 9, 9]] * len(paths), path=paths, file=files)).is_empty()
