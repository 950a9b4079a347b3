"""What the formats found, put together as one dataset: one source leads where several describe the same images."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import polars as pl

from datalint.amounts import counted
from datalint.dataset.assembly import compare, image_level
from datalint.dataset.assembly.annotations import (
    BOXES,
    CLASSES,
    KEYPOINTS,
    LABELS,
    NAMED,
    POLYGONS,
    PROBLEMS,
    SPLITS,
    Annotations,
)
from datalint.dataset.containers.records import Place, Problem, cited

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from datalint.dataset.assembly.image_level import ImageLevel
    from datalint.dataset.containers.records import Outcome
    from datalint.dataset.files.roles import Roles

#: From this share of a source's images on that another one describes too, the two are compared and not added up.
_SAME_IMAGES = 0.5
#: Class folders give way to label files that describe at least this share of their images.
_COVERS = 0.5


_TABLES = ("labels", "boxes", "polygons", "keypoints", "named", "splits", "classes")


@dataclass
class Merged:
    """Everything that folders and label files say of a dataset; the tables are those of `Annotations`."""

    names: tuple[str, ...] = ()
    """The formats, as `--labels-format` takes them."""
    labels: pl.DataFrame = field(default_factory=LABELS.to_frame)
    boxes: pl.DataFrame = field(default_factory=BOXES.to_frame)
    polygons: pl.DataFrame = field(default_factory=POLYGONS.to_frame)
    keypoints: pl.DataFrame = field(default_factory=KEYPOINTS.to_frame)
    named: pl.DataFrame = field(default_factory=NAMED.to_frame)
    splits: pl.DataFrame = field(default_factory=SPLITS.to_frame)
    classes: pl.DataFrame = field(default_factory=CLASSES.to_frame)
    """With a column `used`: whether the source itself uses it; null where that is for the whole dataset to say."""
    problems: pl.DataFrame = field(default_factory=PROBLEMS.to_frame)
    multi: bool = False
    """Whether a source itself says that an image has several classes."""
    evidence: tuple[str, ...] = ()
    """What was recognised and why, one sentence each."""
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    """Label file -> what became of it."""
    class_folders: frozenset[str] = frozenset()
    """Folders that are classes."""
    roles: Roles = field(default_factory=dict)
    """Roles of folders that follow from their names."""
    masks: frozenset[int] = frozenset()
    """Rows of `Tree.files` that are masks: labels, and no images of the dataset."""


def merge(sources: Sequence[Annotations]) -> Merged:
    """Everything that was found, as one: the more precise source leads, the others are compared.

    Files that describe other images are added. Folder names are not classes where label files label the images.
    """
    others = sorted((source for source in sources if not source.image_level), key=_rank)
    merging = _Merging(image_level.merged([source for source in sources if source.image_level]))
    for source, leaders in zip(others, compare.overlapping([one.named["path"] for one in others]), strict=True):
        merging.add(source, leaders)
    return merging.result()


def _rank(source: Annotations) -> tuple[Any, ...]:
    objects = source.boxes.height + source.polygons.height
    there = source.named["file_row"].count()
    return source.precision, -there, -source.named.height, -objects, source.source


class _Merging:
    def __init__(self, found: ImageLevel) -> None:
        self._found = found
        self._used: list[Annotations] = []
        self._evidence: list[str] = []
        self._problems: list[Problem] = list(found.problems)
        self._outcomes: dict[str, Outcome] = dict(found.outcomes)

    def add(self, source: Annotations, leaders: Sequence[int]) -> None:
        """One more source, less precise than those before, of which `leaders` name images that it names too."""
        self._outcomes |= source.outcomes
        self._evidence += source.evidence
        self._problems += source.problems
        for subject in compare.SUBJECTS:
            source = self._without_repeats(source, [self._used[place] for place in leaders], subject)
        self._used.append(source)

    def _without_repeats(
        self, source: Annotations, leaders: Sequence[Annotations], subject: compare.Subject
    ) -> Annotations:
        """The source without what an earlier one says of the same images; where they differ is a problem."""
        if compare.facts(source, subject).is_empty():
            return source
        for leader in leaders:
            both = leader.named["path"].unique().to_frame().join(source.named.select("path").unique(), on="path")
            if compare.facts(leader, subject).is_empty() or both.is_empty():
                continue
            self._compare(leader, source, both, subject)
            if subject is compare.OBJECTS and source.precision == leader.precision == 0:
                source = _marked(source, both)
            else:
                source = _without(source, both, subject)
            if both.height >= _SAME_IMAGES * source.named["path"].n_unique():
                # The classes of the source that leads are the dataset's; a repeating source declares none of its own.
                source = replace(source, classes=source.classes.clear())
        return source

    def _compare(self, leader: Annotations, other: Annotations, both: pl.DataFrame, subject: compare.Subject) -> None:
        """Tell that both describe the images in `both`, and where they differ."""
        difference = compare.differing(leader, other, both, subject)
        count = difference.images.height
        told = f"{_name(other)} describes {counted(both.height, 'image')} that {_name(leader)} also describes"
        if difference.other_task:
            self._evidence.append(
                f"{told}, but says something else about {count:,} of them, so it seems to be for another task; "
                f"its {subject.word} were not added."
            )
            return
        agreeing = f"they differ in {count:,}" if count else "they agree"
        self._evidence.append(f"{told}: {_name(leader)} leads, {agreeing} (compared by {difference.by}).")
        places = _places(other, subject)
        for path, here, there in difference.images.iter_rows():
            place = places.get(path, Place(other.source))
            reason = f"{cited(here)} here, {cited(there)} in {leader.source or 'the leading label files'}"
            self._problems.append(Problem("disagreement", place, reason, "the same in both label files", path))

    def result(self) -> Merged:
        """Everything as one."""
        used = [source for source in self._used if _says_something(source)]
        found = self._found
        if _cover(used, found.labels.filter(pl.col("file").is_null())):
            found = found.without_folder_classes()
        boxes, polygons, keypoints = _objects(used)
        problems = [problem.row() for problem in self._problems]
        return Merged(
            tuple(dict.fromkeys([*found.names, *(source.name for source in used if not source.unread)])),
            labels=pl.concat([found.labels, *(source.labels for source in used)]),
            boxes=boxes,
            polygons=polygons,
            keypoints=keypoints,
            named=pl.concat([found.named, *(source.named for source in used if not source.unread)]),
            splits=_splits(found.splits, [source.splits for source in used]),
            classes=pl.concat([found.classes, *(_with_use(source) for source in used)], how="diagonal"),
            problems=pl.DataFrame(problems, schema=PROBLEMS, orient="row"),
            multi=found.multi or any(source.multi and source.labels.height for source in used),
            evidence=(*self._evidence, *found.evidence),
            outcomes=self._outcomes,
            class_folders=found.class_folders,
            roles=found.roles,
            masks=frozenset[int]().union(*(source.masks for source in self._used)),
        )


def _cover(used: Sequence[Annotations], by_folder: pl.DataFrame) -> bool:
    """Whether label files say what is in the images that folders sort into classes."""
    described = [source.named["file_row"] for source in used if _says_what(source)]
    if not described:
        return False
    rows = pl.concat(described).drop_nulls().unique()
    return by_folder.filter(pl.col("file_row").is_in(rows.implode())).height >= _COVERS * by_folder.height


def _with_use(source: Annotations) -> pl.DataFrame:
    """The classes that a source declares, each with whether the source itself uses it."""
    facts = [compare.facts(source, subject)["class"] for subject in compare.SUBJECTS]
    names = pl.concat([*facts, source.keypoints["class"]]).unique()
    in_masks = bool(source.masks) and names.is_empty()  # their pixels are not read: who knows which they use
    return source.classes.with_columns((pl.col("class").is_in(names.implode()) | in_masks).alias("used"))


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
    named = source.classes.height > 0 and bool(source.masks)
    return source.unread or any(table["class"].count() for table in tables) or named


def _says_something(source: Annotations) -> bool:
    return any(getattr(source, table).height for table in _TABLES) or bool(source.masks)


def _name(source: Annotations) -> str:
    return source.source or f"the {source.name} dataset"


def _places(source: Annotations, subject: compare.Subject) -> dict[str, Place]:
    """Path -> the first record about it."""
    columns = ("path", "file", "line", "pointer")
    frames = [source.named.select(columns)]
    frames += [getattr(source, table).select(columns) for table in subject.tables]
    first = pl.concat(frames).unique("path", keep="first", maintain_order=True)
    return {path: Place(file, line, None, pointer) for path, file, line, pointer in first.iter_rows()}


def _without(source: Annotations, both: pl.DataFrame, subject: compare.Subject) -> Annotations:
    """The source without what it says of the images in `both`."""

    def left(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.join(both, on="path", how="anti", maintain_order="left")

    if subject is compare.CLASSES:
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


__all__ = ["Merged", "merge"]
