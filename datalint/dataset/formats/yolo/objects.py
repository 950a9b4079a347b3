"""Lines of YOLO label files as boxes, polygons and keypoints.

References: https://docs.ultralytics.com/datasets/ (detect, segment, pose, obb).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from datalint.amounts import counted
from datalint.dataset.assembly.annotations import BOXES, KEYPOINTS, POLYGONS, conform
from datalint.dataset.containers.problems import Problems
from datalint.dataset.containers.records import Place, Problem, quoted
from datalint.dataset.containers.text_lines import column_of, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Numbers in a line: class, centre x, centre y, width, height.
_BOX = 5
#: Numbers in a line: class and four corners.
_QUAD = 9
#: Numbers in a line: class and three corners.
_SMALLEST_POLYGON = 7
#: Lines of another task than the others are records that cannot be used if they are fewer than this share.
_STRAY = 0.05
#: Lines that are not plain boxes are turned boxes if nearly all of them have nine numbers.
_MOSTLY = 0.9
#: Whole numbers are exact up to here.
_LARGEST_CLASS = 2.0**53
#: Numbers in a line: class, centre x, centre y, width, height, and the angle of a turned box.
_WITH_ANGLE = 6
_BAD = ("file", "line", "text", "place", "word")
_NAMES = pl.Schema({"class_id": pl.Int64, "class": pl.String})


class Task(NamedTuple):
    """What the lines of a dataset hold."""

    name: str
    expected: str
    keypoints: tuple[int, int] = (0, 0)
    """Keypoints of an object, and numbers of a keypoint."""


_DETECTION = Task("detection", "5 numbers: class, centre x, centre y, width, height")
_SEGMENTATION = Task("segmentation", "a class, then x and y of at least 3 points")
#: What programs hold in memory for oriented boxes; their label files have the corners.
_ANGLED = Task("oriented boxes", "9 numbers: class, then x and y of four corners")
_TURNED = Task("oriented boxes", "9 numbers: class, then x and y of four corners")


def _pose(points: int, numbers: int) -> Task:
    total = _BOX + points * numbers
    expected = f"{total} numbers: class, centre x, centre y, width, height, {numbers} for each of {points} keypoints"
    return Task("pose", expected, (points, numbers))


class Mixed(NamedTuple):
    """Boxes beside polygons."""

    file: str
    """The first file that holds both."""
    line: int
    """Of the first box in it."""
    files: int
    """How many such files there are."""


@dataclass(frozen=True)
class Objects:
    """What the label files of one dataset hold. Lines = records used + problems of kind `syntax`."""

    task: Task
    boxes: pl.DataFrame
    """Columns of `BOXES`."""
    polygons: pl.DataFrame
    keypoints: pl.DataFrame
    used: int
    """Records that could be used."""
    mixed: Mixed | None
    problems: tuple[Problem, ...]


def task_of(numbers: pl.DataFrame, keypoints: tuple[int, int] | None) -> Task:
    """What the lines (count, numbers) hold, told by all of them together; `keypoints` as the data file says."""
    if keypoints is not None:
        return _pose(*keypoints)
    counts: dict[int, int] = dict(numbers.group_by("count").len().iter_rows())
    total = sum(counts.values())
    others = {count: lines for count, lines in counts.items() if count != _BOX and count >= _SMALLEST_POLYGON}
    larger = sum(others.values())
    if larger <= _STRAY * total:
        return _DETECTION
    usual = max(others, key=lambda count: (others[count], count))
    if others[usual] >= _MOSTLY * larger:
        if usual == _QUAD:
            return _TURNED
        if usual > _BOX and (usual - _BOX) % 3 == 0 and _are_visibilities(numbers.filter(pl.col("count") == usual)):
            return _pose((usual - _BOX) // 3, 3)
    return _SEGMENTATION


def _are_visibilities(numbers: pl.DataFrame) -> bool:
    """Whether every third number after the box is 0, 1 or 2."""
    third = pl.col("numbers").list.slice(_BOX + 2).list.gather_every(3)
    return bool(numbers.select(third.list.explode().is_in([0.0, 1.0, 2.0]).all()).item())


def parse(lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`lines` with count and numbers; and those that hold other words, with the place of the first one and itself."""
    parsed = lines.with_columns(words(lines["text"]).alias("words")).with_columns(
        pl.col("words").cast(pl.List(pl.Float64), strict=False).alias("numbers"),
        pl.col("words").list.len().alias("count"),
    )
    fine = pl.col("numbers").list.drop_nulls().list.len() == pl.col("count")
    good = parsed.filter(fine).drop("text", "words")
    first = pl.col("numbers").list.eval(pl.element().is_null().arg_max()).list.first()
    bad = parsed.filter(~fine).with_columns(first.alias("place"))
    return good, bad.with_columns(pl.col("words").list.get(pl.col("place")).alias("word")).drop("numbers", "words")


def understand(
    lines: pl.DataFrame,
    images: pl.DataFrame,
    names: Mapping[int, str] | None,
    keypoints: tuple[int, int] | None,
) -> Objects:
    """The objects in `lines` (label, file, line, text) of label files.

    `images` is label, file_row, path: whose labels they are. `names` are the class names by number, None if nothing
    declares them; `keypoints` is what the data file says of them.
    """
    good, bad = parse(lines)
    task = task_of(good, keypoints)
    number = pl.col("numbers").list.first()
    usable = number.is_finite() & (number >= 0) & (number <= _LARGEST_CLASS) & (number == number.floor())
    fine = usable & _fits(task)
    meant = _ANGLED if _have_angles(good) else task
    unfit = good.filter(~fine).select("file", "line", "count", number)
    known = pl.DataFrame(list((names or {}).items()), schema=_NAMES, orient="row")
    good = good.filter(fine).with_columns(number.cast(pl.Int64).alias("class_id"))
    good = good.join(known, on="class_id", how="left", maintain_order="left")
    problems = Problems()
    problems.several(len(bad), (_no_number(task, *row) for row in bad.select(_BAD).iter_rows()))
    problems.several(len(unfit), (_unfit(meant, *row) for row in unfit.iter_rows()))
    if names is not None:
        unknown = good.filter(pl.col("class").is_null()).select("file", "line", "class_id")
        if (first := _counted_from_1(good["class_id"], unknown, names)) is not None:
            problems.append(first)
        else:
            problems.several(len(unknown), _undeclared(unknown, names))
    good = good.with_columns(pl.coalesce("class", pl.col("class_id").cast(pl.String)))
    placed = good.join(images, on="label", how="left", maintain_order="left")
    return _tables(placed, task, good.height, tuple(problems))


def _have_angles(lines: pl.DataFrame) -> bool:
    """Whether the lines of six numbers end in an angle: in shares of the image or confidences, all are 0 to 1."""
    last = lines.filter(pl.col("count") == _WITH_ANGLE).select(pl.col("numbers").list.last())["numbers"]
    return 2 * len(last) > len(lines) and not bool(last.is_between(0, 1).all())


def _no_number(task: Task, file: str, line: int, text: str, place: int, word: str) -> Problem:
    reason = f"{quoted(word)} is not a number"
    return Problem("syntax", Place(file, line, column_of(text, place)), reason, task.expected)


def _unfit(task: Task, file: str, line: int, count: int, number: float) -> Problem:
    place = Place(file, line)
    if 0 <= number <= _LARGEST_CLASS and number == int(number):
        if task is _SEGMENTATION and count >= _SMALLEST_POLYGON:
            reason = f"{count} numbers: the last point has no y"
        elif task is _ANGLED and count == _WITH_ANGLE:
            reason = f"{count} numbers in the line: a centre, a size and an angle, in place of corners"
        else:
            reason = f"{counted(count, 'number')} in the line"
        return Problem("syntax", place, reason, task.expected)
    what = "is negative" if number < 0 else "is not a whole number"
    reason = f"the class number {number:g} {what}"
    return Problem("syntax", place._replace(column=1), reason, "the number of a class: 0, 1, 2, ...")


def _fits(task: Task) -> pl.Expr:
    count = pl.col("count")
    if task is _DETECTION:
        return count == _BOX
    if task is _TURNED:
        return count == _QUAD
    if task is _SEGMENTATION:
        return (count == _BOX) | ((count >= _SMALLEST_POLYGON) & (count % 2 == 1))
    points, numbers = task.keypoints
    return count == _BOX + points * numbers


def _counted_from_1(used: pl.Series, unknown: pl.DataFrame, names: Mapping[int, str]) -> Problem | None:
    """What is wrong with objects whose classes count from 1 to the number of names: one problem for all of them."""
    if unknown.is_empty() or used.min() != 1 or used.max() != len(names) or 0 not in names:
        return None
    file, line, number = unknown.row(0)
    reason = f"the class {number} is not declared, {unknown.height:,} of {len(used):,} objects have it and none has 0"
    return Problem(
        "unknown-category",
        Place(file, line, 1),
        f"{reason}: the labels seem to count classes from 1",
        f"0 to {number - 1}",
    )


def _undeclared(unknown: pl.DataFrame, names: Mapping[int, str]) -> Iterator[Problem]:
    """Class numbers that are not declared are reported; they stand for themselves."""
    expected = f"one of the {len(names)} declared classes" if len(names) != 1 else "the only declared class, 0"
    for file, line, number in unknown.iter_rows():
        yield Problem("unknown-category", Place(file, line, 1), f"the class {number} is not declared", expected)


def _tables(placed: pl.DataFrame, task: Task, used: int, problems: tuple[Problem, ...]) -> Objects:
    """The records, each with its image, as the tables of annotations."""
    is_box = pl.col("count") == _BOX if task in (_DETECTION, _SEGMENTATION) else pl.lit(True)
    boxes = placed.filter(is_box).with_row_index("box")
    raw = pl.col("numbers").list.slice(1, 8 if task is _TURNED else 4)
    unit = "quad-share" if task is _TURNED else "cxcywh-share"
    polygons = placed.filter(~is_box)
    return Objects(
        task,
        conform(BOXES, boxes.with_columns(raw.alias("raw"), pl.lit(unit).alias("unit"))),
        conform(
            POLYGONS,
            polygons.with_columns(
                pl.lit(0).alias("part"),
                pl.col("numbers").list.slice(1).alias("points"),
                pl.lit("share").alias("unit"),
                pl.lit(True).alias("closed"),
            ),
        ),
        _keypoints(boxes, task),
        used,
        _mixed(boxes, polygons) if task is _SEGMENTATION else None,
        problems,
    )


def _mixed(boxes: pl.DataFrame, polygons: pl.DataFrame) -> Mixed | None:
    both = boxes.select("file", "line").join(polygons.select("file").unique(), on="file", how="semi")
    if both.is_empty():
        return None
    file, line = both.sort("file", "line").row(0)
    return Mixed(file, line, both["file"].n_unique())


def _keypoints(boxes: pl.DataFrame, task: Task) -> pl.DataFrame:
    points, numbers = task.keypoints
    if not points:
        return KEYPOINTS.to_frame()
    given = pl.col("numbers").list.slice(_BOX) if numbers == 3 else _visible(points)
    return conform(KEYPOINTS, boxes.with_columns(given.alias("points"), pl.lit("share").alias("unit")))


def _visible(points: int) -> pl.Expr:
    """x, y, 2, x, y, 2, ...: keypoints without a visibility are visible."""
    numbers = [pl.col("numbers").list.get(_BOX + place) for place in range(2 * points)]
    parts = [item for place in range(points) for item in (*numbers[2 * place : 2 * place + 2], pl.lit(2.0))]
    return pl.concat_list(parts)


__all__ = ["Mixed", "Objects", "Task", "parse", "task_of", "understand"]
