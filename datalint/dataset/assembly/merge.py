"""Annotation files of all formats, put together: one source leads where several describe the same images."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import polars as pl

from datalint.dataset.assembly.annotations import (
    BOXES,
    KEYPOINTS,
    NAMED,
    POLYGONS,
    PROBLEMS,
    Annotations,
    Recognised,
)
from datalint.dataset.containers.records import Outcome, Place, Problem
from datalint.dataset.formats import image_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


#: From this share of a source's images on that another one describes too, the two are compared and not added up.
_SAME_IMAGES = 0.5
#: Two sources that say different things of more than this share of their images do not mean the same thing.
_OTHER_TASK = 0.5
#: Class folders give way to label files that describe at least this share of their images.
_COVERS = 0.5

_TABLES = ("labels", "boxes", "polygons", "keypoints", "named", "splits", "classes")
_OBJECTS = ("boxes", "polygons")


def combine(found: Recognised, several: Sequence[Annotations]) -> Recognised:
    """Folders and tables (`found`) with the annotation files: the more precise source leads, the others are compared.

    Files that describe other images are added. Folder names are no classes where label files say what is in the images.
    """
    if not several:
        return found
    merged = _Merged(found)
    for source in sorted(several, key=_rank):
        merged.add(source)
    return merged.result()


def _rank(annotations: Annotations) -> tuple[Any, ...]:
    objects = annotations.boxes.height + annotations.polygons.height
    there = annotations.named["file_row"].count()
    return annotations.precision, -there, -annotations.named.height, -objects, annotations.source


@dataclass
class _Kind:
    """Which of a source's tables say what is in an image: compared with those of the same kind only."""

    tables: tuple[str, ...]
    word: str


_KINDS = (_Kind(_OBJECTS, "objects"), _Kind(("labels",), "classes"))


class _Merged:
    def __init__(self, found: Recognised) -> None:
        self._found = found
        self._used: list[Annotations] = []
        self._evidence: list[str] = []
        self._problems: list[Problem] = []
        self._outcomes: dict[str, Outcome] = {}

    def add(self, annotations: Annotations) -> None:
        """One more source, less precise than those before."""
        self._outcomes |= annotations.outcomes
        self._evidence += annotations.evidence
        self._problems += annotations.problems
        for kind in _KINDS:
            annotations = self._without_repeats(annotations, kind)
        self._used.append(annotations)

    def _without_repeats(self, annotations: Annotations, kind: _Kind) -> Annotations:
        """The source without what an earlier one says of the same images; where they differ is a problem."""
        theirs = _facts(annotations, kind)
        if theirs.is_empty():
            return annotations
        for leader in self._used:
            ours = _facts(leader, kind)
            both = leader.named["path"].unique().to_frame().join(annotations.named.select("path").unique(), on="path")
            if ours.is_empty() or both.is_empty():
                continue
            self._compare(leader, annotations, both, kind)
            if kind.tables == _OBJECTS and annotations.precision == leader.precision == 0:
                annotations = _marked(annotations, both)
            else:
                annotations = _without(annotations, both, kind)
            if both.height >= _SAME_IMAGES * annotations.named["path"].n_unique():
                # The classes of the source that leads are the dataset's; a repeating source declares none of its own.
                annotations = replace(annotations, classes=annotations.classes.clear())
        return annotations

    def _compare(self, leader: Annotations, other: Annotations, both: pl.DataFrame, kind: _Kind) -> None:
        differing, by = _differing(leader, other, both, kind)
        said = f"{_name(other)} describes {_images(both.height)} that {_name(leader)} describes too"
        if differing.height > _OTHER_TASK * both.height:
            self._evidence.append(
                f"{said}, and says something else of {differing.height:,} of them: "
                f"another task, it seems; its {kind.word} were not added."
            )
            return
        agreeing = f"they differ in {differing.height:,}" if differing.height else "they agree"
        self._evidence.append(f"{said}: {_name(leader)} leads, {agreeing} (compared by {by}).")
        place = _places(other, kind)
        for path, here, there in differing.iter_rows():
            file, line, pointer = place.get(path, (other.source, None, None))
            reason = f"{here} here, {there} in {leader.source or 'the leading label files'}"
            self._problems.append(
                Problem("disagreement", Place(file, line, None, pointer), reason, "the same in both label files", path)
            )

    def result(self) -> Recognised:
        """Everything as one."""
        used = [source for source in self._used if _says_something(source)]
        found = _without_folder_classes(self._found, used)
        boxes, polygons, keypoints = _objects(used)
        return replace(
            found,
            name=" ".join(dict.fromkeys([*found.name.split(), *(source.name for source in used if not source.unread)])),
            labels=pl.concat([found.labels, *(source.labels for source in used)]),
            boxes=boxes,
            polygons=polygons,
            keypoints=keypoints,
            named=pl.concat([NAMED.to_frame(), *(source.named for source in used if not source.unread)]),
            splits=_splits(found.splits, [source.splits for source in used]),
            classes=pl.concat([found.classes, *(_with_use(source) for source in used)], how="diagonal"),
            problems=pl.concat(
                [
                    found.problems,
                    pl.DataFrame([problem.row() for problem in self._problems], schema=PROBLEMS, orient="row"),
                ]
            ),
            multi=found.multi or any(source.multi and source.labels.height for source in used),
            evidence=(*self._evidence, *found.evidence),
            outcomes={**found.outcomes, **self._outcomes},
            masks=frozenset[int]().union(*(source.masks for source in self._used)),
        )


def _with_use(source: Annotations) -> pl.DataFrame:
    """The classes that a source declares, each with whether the source itself uses it."""
    facts = [_facts(source, kind)["class"] for kind in _KINDS]
    names = pl.concat([*facts, source.keypoints["class"]]).unique()
    in_masks = bool(source.masks) and names.is_empty()  # their pixels are not read: who knows which they use
    return source.classes.with_columns((pl.col("class").is_in(names.implode()) | in_masks).alias("used"))


def _without_folder_classes(found: Recognised, used: Sequence[Annotations]) -> Recognised:
    """`found` without classes from the names of folders, where the label files say what is in those images."""
    by_folder = found.labels.filter(pl.col("file").is_null())
    described = [source.named["file_row"] for source in used if _says_what(source)]
    if not described:
        return found
    rows = pl.concat(described).drop_nulls().unique()
    covered = by_folder.filter(pl.col("file_row").is_in(rows.implode())).height
    if covered < _COVERS * by_folder.height:
        return found
    evidence = found.evidence
    if by_folder.height:
        evidence = (*evidence, "The folders are no classes here: the label files say what is in the images.")
    names = found.name.split()
    if found.splits.is_empty() and image_folder.NAME in names:
        names.remove(image_folder.NAME)
    return replace(
        found,
        name=" ".join(names),
        labels=found.labels.filter(pl.col("file").is_not_null()),
        classes=found.classes.filter(pl.col("source") != "folder"),
        class_folders=frozenset(),
        evidence=evidence,
    )


def _objects(used: Sequence[Annotations]) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Boxes, polygons and keypoints of several sources, the boxes numbered on."""
    boxes, polygons = [_with_repeats(BOXES.to_frame())], [_with_repeats(POLYGONS.to_frame())]
    keypoints = [KEYPOINTS.to_frame()]
    before = 0
    for source in used:
        shift = (pl.col("box") + before).cast(pl.UInt32)
        boxes.append(_with_repeats(source.boxes).with_columns(shift))
        polygons.append(_with_repeats(source.polygons).with_columns(shift))
        keypoints.append(source.keypoints.with_columns(shift))
        before += source.boxes.height
    return pl.concat(boxes), pl.concat(polygons), pl.concat(keypoints)


def _says_what(source: Annotations) -> bool:
    """Whether the source says what is in an image, or another format, that is not read, does."""
    tables = (source.labels, source.boxes, source.polygons)
    return source.unread or any(table["class"].count() for table in tables) or bool(source.masks)


def _says_something(annotations: Annotations) -> bool:
    return any(getattr(annotations, table).height for table in _TABLES) or bool(annotations.masks)


def _name(annotations: Annotations) -> str:
    return annotations.source or f"the {annotations.name} dataset"


def _images(count: int) -> str:
    return f"{count:,} image{'s' if count != 1 else ''}"


def _facts(annotations: Annotations, kind: _Kind) -> pl.DataFrame:
    """(path, class) of everything the source says of images, objects counted once."""
    columns = ("path", "class")
    if kind.tables != _OBJECTS:
        return annotations.labels.select(columns)
    alone = annotations.polygons.filter(pl.col("box").is_null() & (pl.col("part") == 0))
    return pl.concat([annotations.boxes.select(columns), alone.select(columns)])


def _differing(leader: Annotations, other: Annotations, both: pl.DataFrame, kind: _Kind) -> tuple[pl.DataFrame, str]:
    """(path, what `other` says, what `leader` says) of the images of which they say different things; and compared by
    what.

    Boxes are compared to the pixel where both give pixels and most agree so; else the classes, counted, are.
    """
    pixels = all(_in_pixels(source) for source in (leader, other)) and kind.tables == _OBJECTS
    for by_place in (True, False) if pixels else (False,):
        sides = []
        for source in (other, leader):
            facts = (
                _placed(source)
                if by_place
                else _facts(source, kind).with_columns(pl.col("class").fill_null("?").alias("fact"))
            )
            said = (
                facts.join(both, on="path", how="semi")
                .group_by("path")
                .agg(pl.col("fact").sort().alias("facts"), _counted().alias("said"))
            )
            sides.append(both.join(said, on="path", how="left"))
        here, there = sides
        joined = here.join(there, on="path", suffix="_leader")
        same = pl.col("facts").eq_missing(pl.col("facts_leader"))
        differing = joined.filter(~same).sort("path")
        if differing.height <= _OTHER_TASK * both.height or not by_place:
            break
    differing = differing.with_columns(
        pl.when(pl.col("said").eq_missing(pl.col("said_leader"))).then(pl.lit("other boxes of ")).otherwise(pl.lit(""))
        .alias("how")
    ).select(
        "path",
        pl.concat_str("how", pl.col("said").fill_null("nothing")),
        pl.col("said_leader").fill_null("nothing"),
    )  # fmt: skip
    return differing, "classes and boxes" if by_place else "classes, counted"


def _counted() -> pl.Expr:
    """`2 cat, 1 dog` of the classes of a group."""
    counts = pl.col("class").fill_null("?").value_counts(sort=False).sort()
    text = pl.concat_str(counts.struct.field("count").cast(pl.String), pl.lit(" "), counts.struct.field("class"))
    return text.str.join(", ")


def _in_pixels(annotations: Annotations) -> bool:
    units = annotations.boxes["unit"]
    return annotations.boxes.height > 0 and bool(units.is_in(["xyxy-pixels", "xywh-pixels"]).all())


def _placed(annotations: Annotations) -> pl.DataFrame:
    """(path, class, fact) of boxes; `fact` is the class and the corners in whole pixels."""
    first, second, third, fourth = (pl.col("raw").list.get(place, null_on_oob=True) for place in range(4))
    corners = pl.col("unit") == "xyxy-pixels"
    right, bottom = (
        pl.when(corners).then(third).otherwise(first + third),
        pl.when(corners).then(fourth).otherwise(second + fourth),
    )
    numbers = [number.round().cast(pl.String) for number in (first, second, right, bottom)]
    return annotations.boxes.select(
        "path", "class", pl.concat_str([pl.col("class"), *numbers], separator=" ", ignore_nulls=True).alias("fact")
    )


def _places(annotations: Annotations, kind: _Kind) -> dict[str, tuple[str, int | None, str | None]]:
    """Path -> file, line and pointer of the first record about it."""
    columns = ("path", "file", "line", "pointer")
    frames = [annotations.named.select(columns)]
    frames += [getattr(annotations, table).select(columns) for table in kind.tables]
    first = pl.concat(frames).unique("path", keep="first", maintain_order=True)
    return {path: (file, line, pointer) for path, file, line, pointer in first.iter_rows()}


def _without(source: Annotations, both: pl.DataFrame, kind: _Kind) -> Annotations:
    """The source without what it says of the images in `both`."""

    def left(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.join(both, on="path", how="anti", maintain_order="left")

    if kind.tables != _OBJECTS:
        return replace(source, labels=left(source.labels))
    boxes, polygons, keypoints = _renumbered(left(source.boxes), left(source.polygons), left(source.keypoints))
    return replace(source, boxes=boxes, polygons=polygons, keypoints=keypoints)


def _marked(source: Annotations, both: pl.DataFrame) -> Annotations:
    """The source with its objects in the images of `both` marked as repeats: each of its records is judged still."""
    repeats = (pl.col("path").is_in(both["path"].implode()) | pl.col("repeats")).alias("repeats")
    return replace(
        source,
        boxes=_with_repeats(source.boxes).with_columns(repeats),
        polygons=_with_repeats(source.polygons).with_columns(repeats),
    )


def _with_repeats(frame: pl.DataFrame) -> pl.DataFrame:
    return frame if "repeats" in frame.columns else frame.with_columns(pl.lit(value=False).alias("repeats"))


def _renumbered(boxes: pl.DataFrame, *others: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Boxes numbered from 0 again after some were left out, and the other tables' references with them."""
    numbered = boxes.with_row_index("new")
    numbers = numbered.select("box", "new")
    yield numbered.with_columns(pl.col("new").alias("box")).drop("new")
    for frame in others:
        joined = frame.join(numbers, on="box", how="left", maintain_order="left")
        yield joined.with_columns(pl.col("new").cast(pl.UInt32).alias("box")).drop("new")


def _splits(by_folder: pl.DataFrame, said: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """What label files say of splits, and the folders for all other images."""
    lists = pl.concat([by_folder.clear(), *said]).unique(maintain_order=True)
    return pl.concat([lists, by_folder.join(lists, on="file_row", how="anti")])
