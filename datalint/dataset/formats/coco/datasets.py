"""COCO JSON: detection, segmentation, keypoints, panoptic and captions; LVIS and Roboflow's files too.

The format: https://cocodataset.org/#format-data. Files whose names or folders differ in nothing but the split
(`instances_train2017.json` and `instances_val2017.json`, `train/_annotations.coco.json` and the same under `valid/`)
are one dataset; any other file is a dataset of its own.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from datalint.amounts import counted
from datalint.dataset.assembly.annotations import CLASSES, NAMED, SPLITS, Annotations, conform
from datalint.dataset.containers.records import Kind, Outcome, Place, Problem, quoted, unreadable
from datalint.dataset.formats.coco import evidence, file, images, masks, tables
from datalint.dataset.formats.coco.roles import looks_like, roles
from datalint.dataset.formats.coco.source import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.config.settings import Config
    from datalint.dataset.files.tree import Tree
    from datalint.dataset.formats.coco.file import Document
    from datalint.dataset.formats.coco.tables import Tables

NAME = "coco"

#: Bytes of each end of a file that say whether it is of this format.
_ENDS = 1 << 12


class _Follower(NamedTuple):
    """A file that describes the same images as another one, which leads."""

    source: Source
    lead: Source


def read(tree: Tree, config: Config) -> list[Annotations]:
    """Every COCO dataset under the root."""
    documents, refused = _documents(tree)
    known = roles([document.file for document in documents])
    groups: dict[tuple[str, ...], list[Source]] = {}
    for document in documents:
        role = known[document.file]
        named, problems = images.find(document, role.split, tree)
        document.problems += problems
        boxes = document.objects["raw"].count()
        groups.setdefault(role.group, []).append(Source(document, role, named, boxes))
    found = [_dataset(sources, tree) for sources in groups.values()]
    found += [Annotations(NAME, path, outcomes={path: outcome}) for path, outcome in refused.items()]
    return sorted(found, key=lambda annotations: annotations.source)


def _documents(tree: Tree) -> tuple[list[Document], dict[str, Outcome]]:
    """Every COCO file, and those that look like one and cannot be read."""
    documents: list[Document] = []
    refused: dict[str, Outcome] = {}
    for path, row in tree.usable("json").select("path", "file_row").iter_rows():
        try:
            if not file.sniff(tree.head(row)[:_ENDS], tree.tail(row)[-_ENDS:]):
                continue
            data = tree.data(row)
        except OSError as error:
            if looks_like(path):
                refused[path] = unreadable(error)
            continue
        document = file.read(data, path)
        if document is not None:
            documents.append(document)
    return documents, refused


def _dataset(sources: list[Source], tree: Tree) -> Annotations:
    """Files that are one dataset: of those that describe the same images the most complete one leads."""
    leads, followers = _leads(sources)
    behind = [follower.source for follower in followers]
    every = [*leads, *behind]
    grouping = _group_classes(leads)
    annotations = Annotations(NAME, _source(leads, every))
    problems = annotations.problems
    parts, outcomes = _parts(leads, followers)
    for source in every:
        problems += source.document.problems
    annotations.labels = pl.concat([part.labels for part in parts])
    annotations.boxes = pl.concat([part.boxes for part in parts], rechunk=False)
    annotations.polygons = pl.concat([part.polygons for part in parts], rechunk=False)
    annotations.keypoints = pl.concat([part.keypoints for part in parts])
    annotations.named = _named(leads, behind)
    annotations.splits = _splits(every)
    annotations.classes = _classes(leads, grouping, problems)
    annotations.outcomes = dict(sorted(outcomes.items()))
    annotations.mask_checks, absent = masks.find(every, tree)
    annotations.masks = frozenset(annotations.mask_checks["file_row"])
    problems += absent
    annotations.evidence = tuple(evidence.sentences(annotations, leads, behind, bool(grouping)))
    return annotations


def _leads(sources: Sequence[Source]) -> tuple[list[Source], list[_Follower]]:
    """Files by name that add their objects, and those that describe mostly images which another one describes."""
    leads: list[Source] = []
    followers: list[_Follower] = []
    of: dict[str, Source] = {}
    for source in sorted(sources, key=lambda source: source.rank):
        paths = source.named["path"].drop_nulls().to_list()
        shared = Counter(of[path].file for path in paths if path in of)
        if shared and 2 * shared.total() >= len(paths):
            most = shared.most_common(1)[0][0]
            followers.append(_Follower(source, next(lead for lead in leads if lead.file == most)))
            continue
        leads.append(source)
        of.update(dict.fromkeys(paths, source))
    return sorted(leads, key=lambda source: source.file), followers


def _source(leads: Sequence[Source], every: Sequence[Source]) -> str:
    if len(leads) == 1:
        return leads[0].file
    return posixpath.commonpath([posixpath.dirname(source.file) or "." for source in every]).removeprefix(".")


def _parts(leads: Sequence[Source], followers: Sequence[_Follower]) -> tuple[list[Tables], dict[str, Outcome]]:
    """What each file adds to the dataset, and what became of it."""
    of: dict[str, Tables] = {}
    outcomes: dict[str, Outcome] = {}
    boxes = 0
    for source in leads:
        of[source.file] = tables.tables(source, boxes)
        boxes += of[source.file].boxes.height
        outcomes[source.file] = Outcome(Kind.READ, "read as COCO", evidence.contents(source))
    parts = list(of.values())
    for source, lead in followers:
        added, words = _added(source, of[lead.file])
        parts.append(added)
        detail = f"{evidence.contents(source)}; {lead.file} describes the same images and leads{words}"
        outcomes[source.file] = Outcome(Kind.READ, "read as COCO", detail)
    return parts, outcomes


def _added(source: Source, lead: Tables) -> tuple[Tables, str]:
    """What a file adds to the one that leads, and that in words: what the other one does not say at all."""
    added, words = tables.NOTHING, ""
    if not len(lead.keypoints):
        added = added._replace(keypoints=tables.keypoints(source, lead.boxes))
        if len(added.keypoints):
            words = f"; {len(added.keypoints):,} keypoints of its objects were added"
    if source.role.task == "labels" and not source.boxes:
        # What instances do not say: classes of whole images.
        added = added._replace(labels=tables.tables(source, 0).labels)
        words = f"; {counted(len(added.labels), 'class', 'classes')} of whole images were added"
    return added, words


def _named(leads: Sequence[Source], behind: Sequence[Source]) -> pl.DataFrame:
    """The images that the files name, each of a file once; of files that do not lead only those that no other names."""
    named = pl.concat([source.named.drop("id") for source in (*leads, *behind)])
    duplicate = pl.col("path").is_not_null() & pl.struct("path", "file").is_duplicated()
    first = pl.col("path").is_first_distinct()
    named = conform(NAMED, named.filter(~duplicate | first))
    if not behind:
        return named
    return named.filter(pl.col("path").is_null() | first | pl.col("file").is_in([source.file for source in leads]))


def _splits(sources: Sequence[Source]) -> pl.DataFrame:
    parts = [
        source.named.select("file_row", pl.lit(source.role.split).alias("split")).drop_nulls("file_row")
        for source in sources
        if source.role.split is not None
    ]
    return pl.concat(parts).unique(maintain_order=True).cast(dict(SPLITS)) if parts else SPLITS.to_frame()  # type: ignore[arg-type]


def _group_classes(sources: Sequence[Source]) -> frozenset[str]:
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


def _classes(sources: Sequence[Source], unused: frozenset[str], problems: list[Problem]) -> pl.DataFrame:
    """The categories of all files; files of one dataset that number them differently are reported."""
    rows: list[tuple[str, int | None, str]] = []
    seen: dict[str, tuple[str, str]] = {}
    named: set[str] = set()
    for source in sources:
        for place, (key, category) in enumerate(source.document.categories.items()):
            name = category.name or ""
            if key in unused:
                continue
            if key not in seen:
                seen[key] = (name, source.file)
                if name not in named:
                    named.add(name)
                    rows.append((name, int(key) if re.fullmatch(r"-?\d{1,18}", key) else None, source.file))
                continue
            other, before = seen[key]
            if other != name:
                reason = f"category {key} is {quoted(name)} here and {quoted(other)} in {before}"
                where = Place(source.file, None, None, f"/categories/{place}")
                problems.append(Problem("classes", where, reason, "the same categories in all files of a dataset"))
    return pl.DataFrame(rows, schema=CLASSES, orient="row")


__all__ = ["NAME", "read"]
