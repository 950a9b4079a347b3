"""COCO JSON: detection, segmentation, keypoints, panoptic and captions; LVIS and Roboflow's files too.

The format: https://cocodataset.org/#format-data. Files whose names or folders differ in nothing but the split
(`instances_train2017.json` and `instances_val2017.json`, `train/_annotations.coco.json` and the same under `valid/`)
are one dataset; any other file is a dataset of its own.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from datalint.dataset.assembly.annotations import (
    BOXES,
    CLASSES,
    KEYPOINTS,
    LABELS,
    MASK_CHECKS,
    NAMED,
    POLYGONS,
    SPLITS,
    Annotations,
    conform,
)
from datalint.dataset.containers.records import Kind, Outcome, Place, Problem, unreadable
from datalint.dataset.files import splits
from datalint.dataset.formats.coco import file as coco_file
from datalint.dataset.formats.coco.file import CAPTION, Document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.config.settings import Config
    from datalint.dataset.files.image_names import ImageNames
    from datalint.dataset.files.tree import Tree

NAME = "coco"

#: Tasks as COCO's own file names have them, the one that leads first.
_TASKS = ("instances", "lvis", "person_keypoints", "keypoints", "stuff", "panoptic", "labels", "captions", "image_info")
_TASK = re.compile(rf"({'|'.join(_TASKS)})(?:[_\-.]+|$)", re.IGNORECASE)
_HEAD = 1 << 12
#: Images looked at to find the folders that their names start from.
_SAMPLE = 1000
_TOLD = 3


class _Role(NamedTuple):
    """What a file's path says of it."""

    group: tuple[str, ...]
    """The same for files that are one dataset."""
    split: str | None
    task: str


@dataclass
class _Source:
    """One file of a dataset, its images found."""

    document: Document
    role: _Role
    named: pl.DataFrame
    """NAMED, and the id of each image."""
    boxes: int

    @property
    def file(self) -> str:
        return self.document.file

    @property
    def rank(self) -> tuple[int, int, str]:
        """The smallest leads: most boxes and polygons, then the task."""
        objects = self.boxes or self.document.polygons.height
        task = _TASKS.index(self.role.task) if self.role.task in _TASKS else 0
        return -objects, task, self.file


def read(tree: Tree, config: Config) -> list[Annotations]:
    """Every COCO dataset under the root."""
    documents, refused = _documents(tree)
    if not documents and not refused:
        return []
    names = tree.names
    roles = _roles([document.file for document in documents])
    groups: dict[tuple[str, ...], list[_Source]] = {}
    for document in documents:
        role = roles[document.file]
        named = _named(document, role, tree, names)
        boxes = document.objects["raw"].count()
        groups.setdefault(role.group, []).append(_Source(document, role, named, boxes))
    found = [_dataset(sources, tree, names) for sources in groups.values()]
    found += [Annotations(NAME, file, outcomes={file: outcome}) for file, outcome in refused.items()]
    return sorted(found, key=lambda annotations: annotations.source)


def _documents(tree: Tree) -> tuple[list[Document], dict[str, Outcome]]:
    """Every COCO file, and those that look like one and cannot be read."""
    documents: list[Document] = []
    refused: dict[str, Outcome] = {}
    for path, row in tree.usable("json").select("path", "file_row").iter_rows():
        try:
            if not coco_file.sniff(tree.head(row)[:_HEAD], tree.tail(row)[-_HEAD:]):
                continue
            data = tree.data(row)
        except OSError as error:
            if "coco" in path.lower() or _TASK.match(posixpath.basename(path)):
                refused[path] = unreadable(error)
            continue
        document = coco_file.read(data, path)
        if document is not None:
            documents.append(document)
    return documents, refused


def _roles(files: Sequence[str]) -> dict[str, _Role]:
    """Which files are one dataset, and which split each of them is."""
    told: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    tasks: dict[str, str] = {}
    rests: dict[str, str] = {}
    for file in files:
        *folders, name = file.split("/")
        stem = name.rpartition(".")[0]
        task = _TASK.match(stem)
        tasks[file] = task[1].lower() if task else ""
        rest = stem[task.end() :] if task else stem
        rests[file] = rest
        ways: list[tuple[tuple[str, ...], str]] = []
        # test-dev is a part of test.
        said = splits.read(rest.replace("test-dev", "test"))
        if said is not None:
            ways.append(((*folders, "*", *(word for word in said.rest if not word.isdigit())), said.split))
        ways += [
            ((*folders[:place], "*", *folders[place + 1 :], rest), split)
            for place in reversed(range(len(folders)))
            if (split := splits.canonical(folders[place]))
        ]
        told[file] = ways
    kinds: dict[tuple[str, ...], set[str]] = {}
    for ways in told.values():
        for key, split in ways:
            kinds.setdefault(key, set()).add(split)
    roles: dict[str, _Role] = {}
    for file, ways in told.items():
        folder = posixpath.dirname(file)
        sibling = next(((key, split) for key, split in ways if len(kinds[key]) > 1), None)
        stem_says = splits.canonical(rests[file].replace("test-dev", "test"))
        if sibling is not None:
            roles[file] = _Role(sibling[0], sibling[1], tasks[file])
        elif stem_says:
            roles[file] = _Role(ways[0][0], stem_says, tasks[file])
        elif ways and splits.canonical(posixpath.basename(folder)):
            key = next(key for key, _ in ways if key[: len(folder.split("/"))] == (*folder.split("/")[:-1], "*"))
            roles[file] = _Role(key, splits.canonical(posixpath.basename(folder)), tasks[file])
        else:
            # Without a task in its name a file stands alone.
            key = (folder, rests[file]) if tasks[file] else (file,)
            roles[file] = _Role(key, None, tasks[file])
    return roles


def _named(document: Document, role: _Role, tree: Tree, names: ImageNames) -> pl.DataFrame:
    """The images of a file, found among the files that are there. Names that cannot be paths are told."""
    folder = posixpath.dirname(document.file)
    images = document.images
    folders = _folders(images["name"], folder, role.split, tree)
    plain = pl.col("name").str.contains(r"^[^/\\~:\s][^\\:\x00]*[^/\\\s\x00]$") & ~pl.col("name").str.contains(
        r"(^|/)\.{0,2}(/|$)|^file:"
    )
    first = f"{folders[0]}/" if folders[0] else ""
    asked = images.with_columns(plain.alias("plain"), (pl.lit(first) + pl.col("name")).alias("path"))
    files = tree.files.select("path", "file_row").unique("path", keep="first")
    asked = asked.join(files, on="path", how="left", maintain_order="left")
    rows, paths = asked["file_row"].to_list(), asked["path"].to_list()
    known = tree.files["name"].unique()
    last = asked.select(pl.col("name").str.replace(r"(?s)^.*[/\\]", "").str.strip_chars())["name"]
    closer = asked.with_row_index("place").filter(
        ~pl.col("plain") | (pl.col("file_row").is_null() & last.is_in(known.implode()))
    )
    for place, name, line, number in closer.select("place", "name", "line", "number").iter_rows():
        found = names.find(name, folders)
        rows[place], paths[place] = found.row, found.path
        if found.fault is not None:
            document.problems.append(
                Problem(
                    "path",
                    Place(document.file, line, None, f"/images/{number}/file_name"),
                    found.fault,
                    "a path relative to the dataset",
                    found.path,
                )
            )
    return images.select(
        pl.Series("file_row", rows, pl.UInt32),
        pl.Series("path", paths, pl.String),
        "width",
        "height",
        pl.lit(document.file).alias("file"),
        "line",
        pl.format("/images/{}", "number").alias("pointer"),
        "id",
    )


def _folders(names: pl.Series, folder: str, split: str | None, tree: Tree) -> list[str]:
    """Folders that the names start from, the likeliest first: read off the files whose paths end in them."""
    sample = names.gather_every(max(1, len(names) // _SAMPLE)).str.replace_all("\\", "/", literal=True)
    sample = sample.str.replace(r"^(\./+)+", "").unique(maintain_order=True)
    asked = pl.DataFrame({"cell": sample, "name": sample.str.replace(r"(?s)^.*/", "")})
    near = tree.files.select("name", "path").join(asked, on="name", how="inner")
    near = near.filter(pl.lit("/") + pl.col("path") + pl.lit("") == pl.lit("/") + pl.col("path")).filter(
        (pl.lit("/") + pl.col("path")).str.ends_with(pl.lit("/") + pl.col("cell"))
    )
    counts: Counter[str] = Counter()
    for path, cell in near.select("path", "cell").iter_rows():
        counts[path[: len(path) - len(cell)].rstrip("/")] += 1
    of: dict[str, str | None] = {}
    for base in counts:
        said = [name for part in base.split("/") if (name := splits.canonical(part))]
        of[base] = said[-1] if said else None
    if split is not None and split in of.values():
        # The same name under another split is another image.
        counts = Counter({base: count for base, count in counts.items() if of[base] in (split, None)})
    best = sorted(
        counts,
        key=lambda base: (base != folder, of[base] != split, -_common(base, folder), -counts[base], base),
    )
    return best or [folder]


def _common(one: str, other: str) -> int:
    """Folders that two paths have in common from the root on."""
    pairs = zip(one.split("/"), other.split("/"), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _dataset(sources: list[_Source], tree: Tree, names: ImageNames) -> Annotations:
    """Files that are one dataset: of those that describe the same images the most complete one leads."""
    sources.sort(key=lambda source: source.rank)
    leads: list[_Source] = []
    others: list[_Source] = []
    covered: dict[str, _Source] = {}
    leader: dict[str, _Source] = {}
    for source in sources:
        paths = source.named["path"].drop_nulls().to_list()
        shared = Counter(covered[path].file for path in paths if path in covered)
        if shared and 2 * shared.total() >= len(paths):
            others.append(source)
            leader[source.file] = next(lead for lead in leads if lead.file == shared.most_common(1)[0][0])
            continue
        leads.append(source)
        covered.update(dict.fromkeys(paths, source))
    leads.sort(key=lambda source: source.file)
    unused = _group_classes(leads)
    annotations = Annotations(NAME, _source(leads, [*leads, *others]))
    problems, outcomes = annotations.problems, dict[str, Outcome]()
    boxes: list[pl.DataFrame] = []
    polygons: list[pl.DataFrame] = []
    keypoints: list[pl.DataFrame] = []
    labels: list[pl.DataFrame] = []
    count = 0
    by_id: dict[str, pl.DataFrame] = {}
    for source in leads:
        tables = _tables(source, count)
        labels.append(tables.labels)
        boxes.append(tables.boxes)
        polygons.append(tables.polygons)
        keypoints.append(tables.keypoints)
        count += tables.boxes.height
        outcomes[source.file] = Outcome(Kind.READ, "read as COCO", _counts(source))
        problems += source.document.problems
        by_id[source.file] = tables.boxes
    for source in others:
        lead = leader[source.file]
        problems += source.document.problems
        added = _keypoints(source, by_id[lead.file]) if not lead.document.objects["keypoints"].count() else None
        what = ""
        if added is not None and len(added):
            keypoints.append(added)
            what = f"; {len(added):,} keypoints of its objects were added"
        if source.role.task == "labels" and not source.boxes:
            # What instances do not say: classes of whole images.
            labels.append(_tables(source, 0).labels)
            what = f"; {_of(len(labels[-1]), 'class', 'classes')} of whole images were added"
        detail = f"{_counts(source)}; {lead.file} describes the same images and leads{what}"
        outcomes[source.file] = Outcome(Kind.READ, "read as COCO", detail)
    every = [*leads, *others]
    named = pl.concat([source.named.drop("id") for source in every])
    duplicate = pl.col("path").is_not_null() & pl.struct("path", "file").is_duplicated()
    annotations.named = _conform(named.filter(~duplicate | pl.col("path").is_first_distinct()), NAMED)
    if others:
        first = (
            pl.col("path").is_null()
            | pl.col("path").is_first_distinct()
            | pl.col("file").is_in([source.file for source in leads])
        )
        annotations.named = annotations.named.filter(first)
    annotations.splits = _splits(every)
    annotations.labels = pl.concat(labels)
    annotations.boxes = pl.concat(boxes, rechunk=False)
    annotations.polygons = pl.concat(polygons, rechunk=False)
    annotations.keypoints = pl.concat(keypoints)
    annotations.classes = _classes(leads, unused, problems)
    annotations.outcomes = dict(sorted(outcomes.items()))
    annotations.mask_checks = _masks(every, tree, names, problems)
    annotations.masks = frozenset(annotations.mask_checks["file_row"])
    annotations.evidence = tuple(_evidence(annotations, every, others, unused))
    return annotations


def _source(leads: Sequence[_Source], every: Sequence[_Source]) -> str:
    if len(leads) == 1:
        return leads[0].file
    return posixpath.commonpath([posixpath.dirname(source.file) or "." for source in every]).removeprefix(".")


class _Tables(NamedTuple):
    labels: pl.DataFrame
    boxes: pl.DataFrame
    polygons: pl.DataFrame
    keypoints: pl.DataFrame


def _objects(source: _Source) -> pl.DataFrame:
    """Objects with the columns of LABELS."""
    document = source.document
    names = pl.DataFrame(
        {"category_id": list(document.categories), "class": [item.name for item in document.categories.values()]},
        schema={"category_id": pl.String, "class": pl.String},
    )
    images = source.named.unique("id", keep="first").select(pl.col("id").alias("image_id"), "file_row", "path")
    pointer = pl.format("/annotations/{}", "number")
    return (
        document.objects.lazy()
        .with_row_index("object")
        .join(images.lazy(), on="image_id", how="left", maintain_order="left")
        .join(names.lazy(), on="category_id", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce("class", "category_id").alias("class"),
            pl.col("category_id").cast(pl.Int64, strict=False).alias("class_id"),
            pl.lit(source.file).alias("file"),
            pl.when(pl.col("segment").is_null())
            .then(pointer)
            .otherwise(pl.format("/annotations/{}/segments_info/{}", "number", "segment"))
            .alias("pointer"),
        )
        .collect()
    )


def _tables(source: _Source, boxes_before: int) -> _Tables:
    document = source.document
    objects = _objects(source)
    document.objects = objects.select("id", "image_id", "keypoints", "raw", "number")
    boxed = pl.col("raw").is_not_null()
    number = (boxed.cum_sum().cast(pl.Int64) + (boxes_before - 1)).cast(pl.UInt32, strict=False)
    objects = objects.with_columns(pl.when(boxed).then(number).alias("box"))
    boxes = objects.filter(boxed).with_columns(
        pl.lit("xywh-pixels").alias("unit"), pl.lit(None, pl.Float64).alias("angle")
    )
    plain = ["file_row", "path", "class", "class_id", "file", "line", "pointer", "box"]
    owned = document.polygons["object"]
    owners = objects.select(plain)[owned]
    polygons = pl.concat([owners, document.polygons.select("part", "points")], how="horizontal")
    polygons = polygons.with_columns(pl.lit("pixels").alias("unit"), pl.lit(True).alias("closed"))
    document.polygons = document.polygons.clear()
    points = objects.filter(pl.col("keypoints").is_not_null()).with_columns(
        pl.lit("pixels").alias("unit"), pl.col("keypoints").alias("points")
    )
    # An object that is only a mask, or nothing but a class, still says what is in the image.
    drawn = pl.col("object").is_in(owned.unique().implode())
    bare = ~boxed & ~drawn & pl.col("keypoints").is_null() & (pl.col("kind") != CAPTION)
    labels = objects.filter(bare & pl.col("class").is_not_null())
    labels = labels.filter(pl.struct("image_id", "class").is_first_distinct() | (pl.col("kind") == coco_file.PLAIN))
    return _Tables(
        _conform(labels, LABELS), _conform(boxes, BOXES), _conform(polygons, POLYGONS), _conform(points, KEYPOINTS)
    )


def _keypoints(source: _Source, boxes: pl.DataFrame) -> pl.DataFrame:
    """Keypoints of a file that only adds them, tied to the boxes of the leading file by the objects' ids."""
    objects = _objects(source).filter(pl.col("keypoints").is_not_null())
    known = boxes.select("id", "path", "box").drop_nulls("id").unique(["id", "path"], keep="first")
    tied = objects.join(known, on=["id", "path"], how="left", maintain_order="left")
    return _conform(tied.with_columns(pl.col("keypoints").alias("points"), pl.lit("pixels").alias("unit")), KEYPOINTS)


def _conform(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(dtype) for name, dtype in schema.items())


def _splits(sources: Sequence[_Source]) -> pl.DataFrame:
    parts = [
        source.named.select("file_row", pl.lit(source.role.split).alias("split")).drop_nulls("file_row")
        for source in sources
        if source.role.split is not None
    ]
    return pl.concat(parts).unique(maintain_order=True).cast(dict(SPLITS)) if parts else SPLITS.to_frame()  # type: ignore[arg-type]


def _group_classes(sources: Sequence[_Source]) -> frozenset[str]:
    """Ids of categories that only group the others, as Roboflow writes one: never used, and the others name it."""
    if not sources:
        return frozenset()
    categories = sources[0].document.categories
    parents = {item.supercategory for item in categories.values()}
    used = {key for source in sources for key in source.document.objects["category_id"].unique().to_list()}
    return frozenset(
        key
        for key, item in categories.items()
        if key not in used and key == "0" and item.name in parents and item.supercategory in ("none", "", None)
    )


def _classes(sources: Sequence[_Source], unused: frozenset[str], problems: list[Problem]) -> pl.DataFrame:
    """The categories of all files; files of one dataset that number them differently are told."""
    rows: list[tuple[str, int | None, str]] = []
    seen: dict[str, tuple[str, str]] = {}
    for source in sources:
        for place, (key, category) in enumerate(source.document.categories.items()):
            name = category.name or ""
            if key in unused:
                continue
            if key not in seen:
                seen[key] = (name, source.file)
                if not any(row[0] == name for row in rows):
                    rows.append((name, int(key) if re.fullmatch(r"-?\d{1,18}", key) else None, source.file))
                continue
            other, file = seen[key]
            if other != name:
                reason = f"category {key} is {name!r} here and {other!r} in {file}"
                problems.append(
                    Problem(
                        "classes",
                        Place(source.file, None, None, f"/categories/{place}"),
                        reason,
                        "the same categories in all files of a dataset",
                    )
                )
    return pl.DataFrame(rows, schema=CLASSES, orient="row")


def _masks(every: Sequence[_Source], tree: Tree, names: ImageNames, problems: list[Problem]) -> pl.DataFrame:
    """The mask files that panoptic annotations name: in a folder of the JSON file's name, beside it, or near."""
    checks = [MASK_CHECKS.to_frame()]
    for source in every:
        document = source.document
        if not len(document.masks):
            continue
        folder, stem = posixpath.dirname(document.file), posixpath.basename(document.file).rpartition(".")[0]
        own = {row for row in source.named["file_row"].to_list() if row is not None}
        near = [posixpath.join(folder, stem), *_folders(document.masks["name"], folder, source.role.split, tree)]
        missing: list[str] = []
        pairs: list[tuple[int, str]] = []
        for image, name in document.masks.select("image_id", "name").iter_rows():
            row = names.find(name, near).row
            if row is not None and row not in own:
                pairs.append((row, image))
            else:
                missing.append(name)
        if pairs and missing:
            for name in missing:
                reason = f"the mask {name[:200]!r} is not there"
                problems.append(Problem("mask", Place(source.file), reason, "a mask for each image"))
        checks.append(_checks(source, pairs))
    return pl.concat(checks)


def _checks(source: _Source, pairs: Sequence[tuple[int, str]]) -> pl.DataFrame:
    """What panoptic masks, by row and id of their image, must fit: the size that the image is said to have."""
    images = source.named.select("id", of="path", of_width="width", of_height="height").unique("id", keep="last")
    found = pl.DataFrame(pairs, schema={"file_row": pl.UInt32, "id": pl.String}, orient="row")
    return conform(MASK_CHECKS, found.join(images, on="id", how="left", maintain_order="left"))


def _of(count: int, noun: str, many: str) -> str:
    return f"{count:,} {noun if count == 1 else many}"


def _counts(source: _Source) -> str:
    document = source.document
    parts = [_of(source.named.height, "image", "images")]
    if source.boxes or not document.captions:
        parts.append(_of(source.boxes, "box", "boxes"))
    if document.captions:
        parts.append(_of(document.captions, "caption", "captions") + ", which are no labels")
    return ", ".join(parts)


def _evidence(
    annotations: Annotations, every: Sequence[_Source], others: Sequence[_Source], unused: frozenset[str]
) -> list[str]:
    files = [source.file for source in every if source not in others]
    listed = ", ".join(files[:_TOLD]) + (f" and {len(files) - _TOLD} more" if len(files) > _TOLD else "")
    counts = [_of(annotations.named.height, "image", "images"), _of(annotations.boxes.height, "box", "boxes")]
    if len(annotations.labels):
        counts[1] = _of(len(annotations.labels), "label", "labels")
    told = [f"COCO: {listed}, {', '.join(counts)}, {_of(annotations.classes.height, 'class', 'classes')}."]
    if others:
        names = ", ".join(source.file.rpartition("/")[2] for source in others[:_TOLD])
        more = f" and {len(others) - _TOLD} more" if len(others) > _TOLD else ""
        told.append(f"{names}{more} describe the same images: not added.")
    if captions := sum(source.document.captions for source in every):
        told.append(f"{_of(captions, 'caption', 'captions')}: text, no labels.")
    if masks := sum(source.document.run_length for source in every):
        told.append(f"{_of(masks, 'object has', 'objects have')} a run-length mask: its size and sum were checked.")
    if annotations.masks:
        told.append(f"{_of(len(annotations.masks), 'panoptic mask', 'panoptic masks')}: no images of the dataset.")
    named = {source.role.split for source in every if source.role.split}
    if named:
        told.append(f"Splits by the files' names: {', '.join(sorted(named))}.")
    if unused:
        told.append("The class with id 0 only groups the others (Roboflow's way): not counted as a class.")
    return told


__all__ = ["CAPTION", "NAME", "read"]
