# ruff: noqa: PTH112, PTH120 -- names are bytes here, which pathlib does not take
"""From paths to a `Dataset`: walk, recognise the format, read labels and splits into tables."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from datalint.dataset import Dataset, masks
from datalint.dataset.assembly.merge import merge
from datalint.dataset.by_content import with_images_by_content
from datalint.dataset.containers.records import Kind, Outcome, Place, Problem
from datalint.dataset.declared import declared
from datalint.dataset.files.copied import without_copies
from datalint.dataset.files.extensions import DECLARING_EXTENSIONS, UNREAD
from datalint.dataset.files.listing import listing
from datalint.dataset.files.walk import walk
from datalint.dataset.formats import registry
from datalint.dataset.schema import conform
from datalint.dataset.tables import tabulate, task
from datalint.sources import Refused, noted
from datalint.sources.spool import Spool
from datalint.sources.stores import Store
from datalint.sources.url import Url, common, place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from datalint.config.settings import Config
    from datalint.dataset.assembly.merge import Merged
    from datalint.dataset.files.tree import Tree

#: Who asks, in a URL: perhaps with a password.
_PASSWORD = re.compile(r"//[^/]*@")
#: Label files named one by one among the evidence; `skipped` has all of them.
_MOST_TOLD = 5


class DatasetError(ValueError):
    """A dataset that cannot be scanned: one line with the path and the cause."""


class MissingPathError(DatasetError):
    """A path that is not there."""


def discover(
    paths: Sequence[Path | str],
    config: Config,
    refused: Refused | None = None,
    walked: Callable[[Tree], None] | None = None,
    spool: Spool | None = None,
) -> Dataset:
    """Everything known of the dataset at `paths` without opening an image.

    Several paths are one dataset whose root is their common parent; an image file stands for itself. Raises
    DatasetError for a path that is missing or cannot be listed, and for an unknown format. `refused` are files
    that cannot be read. `walked` is called with all files before the first label file is opened. `spool` holds what has
    to be unpacked: it must live as long as the dataset.
    """
    if config.layout is not None and config.layout not in registry.NAMES:
        raise DatasetError(f"unknown label format {config.layout!r}; known: {', '.join(registry.NAMES)}")
    spool = spool or Spool()
    tree = _tree(paths, config, refused, spool)
    source = tree.source
    tree = without_copies(replace(tree, source=source.refusing(refused or Refused())))
    if walked is not None:
        walked(tree)
    if tree.unentered is not None:
        tree.look_ahead(DECLARING_EXTENSIONS)
    tree = with_images_by_content(tree)
    sources = registry.read_all(tree, config)
    said = declared(tree, config)
    noted.done()  # what fails from here on is no file's fault
    if config.layout is not None and not any(source.name == config.layout for source in sources):
        raise DatasetError(f"no label file of the format {config.layout!r} was found")
    found = _with_unread(merge(sources), tree, refused or Refused())
    if said.file is not None:
        found = replace(found, outcomes={**found.outcomes, said.file: Outcome(Kind.READ, "read for its mean and std")})
    tree = _with_named(tree.without(found.masks), found)
    tables = tabulate(tree, found, config)
    of_masks = masks.table(tree, sources)
    if config.layout is None and tree.others.height:
        left = registry.left(tree, found.outcomes, _told(found), _labelled(tree, found, of_masks))
        tables["unread"] = conform("unread", left)
    spool.settle()
    labelled = bool(found.labels.height + found.boxes.height + found.polygons.height + len(found.masks))
    return Dataset(
        root=place_of(os.fsdecode(tree.root)),
        source=source,
        spool=spool,
        walked_ns=tree.walked_ns,
        layouts=found.names if labelled or found.named.height or found.splits.height else (),
        evidence=_evidence(tree, found, labelled),
        task=config.task or task(tables["labels"], found.multi),
        declared=said,
        tables=tables,
        masks=of_masks,
    )


def _tree(paths: Sequence[Path | str], config: Config, refused: Refused | None, spool: Spool) -> Tree:
    """All files at some paths, or below some URLs; raises DatasetError."""
    places = [place_of(path) if isinstance(path, str) else path for path in paths]
    urls = [place for place in places if isinstance(place, Url)]
    if urls and len(urls) < len(places):
        raise DatasetError(f"{urls[0]} and a folder of this machine are not one dataset: scan each by itself")
    root: bytes | Url
    try:
        if urls:
            root, below = _shared(urls)
            return listing(Store(root, refused), below, config, spool)
        root, starts = _places(places)
        return walk(root, starts, config, refused, spool)
    except OSError as error:
        place = _PASSWORD.sub("//", os.fsdecode(error.filename or root))
        if urls and isinstance(error, FileNotFoundError):
            raise MissingPathError(f"{place}: {error.strerror}") from None
        raise DatasetError(f"{place}: cannot be read: {error.strerror or error}") from None


def _shared(urls: Sequence[Url]) -> tuple[Url, list[str]]:
    """The URL that several have in common, and what each is relative to it; raises DatasetError where there is none."""
    root = common(urls)
    if root is None:
        raise DatasetError(f"{urls[0]} and {urls[1]} lie in different stores: scan each by itself")
    given = {url[len(root) + 1 :] for url in urls}
    return root, [""] if "" in given else sorted(given)


def _told(found: Merged) -> frozenset[str]:
    """Label files that were not used, which is said."""
    lost = found.problems.filter(pl.col("kind").is_in(["syntax", "unused-file"]))
    return frozenset(lost["file"].drop_nulls())


def _labelled(tree: Tree, found: Merged, of_masks: pl.DataFrame) -> registry.Labelled:
    """The images that label files or masks describe, also those with nothing in them, and those that only lie in a
    folder that is a class.
    """
    by_file = pl.col("file").is_not_null()
    tables = [found.labels.filter(by_file), found.boxes, found.polygons, found.keypoints]
    if any(table.height for table in tables):
        tables.append(found.named.filter(by_file))
    masked = tree.files.filter("candidate").filter(
        pl.col("path").is_in(of_masks["of"].drop_nulls().implode()) | (pl.len() <= 2 * of_masks.height)
    )
    by_files = {row for table in [*tables, masked] for row in table["file_row"].drop_nulls().unique()}
    return registry.Labelled(by_files, set(found.labels["file_row"].drop_nulls()) - by_files)


def _with_unread(found: Merged, tree: Tree, refused: Refused) -> Merged:
    """A file that may hold labels and cannot be read is a problem: what it says is missing from every table."""
    outcomes = {**found.outcomes}
    for path, os_path in tree.files.select("path", "os_path").iter_rows() if refused else ():
        if why := refused.get(tree.source.item(os_path).place):
            outcomes[path] = Outcome(Kind.UNREADABLE, f"cannot be read: {why}")
    for path in sorted(tree.faults.keys() & set(tree.files["path"] if tree.faults else ())):
        outcomes[path] = Outcome(Kind.UNREADABLE, f"cannot be read: {tree.faults[path]}")
    told = set(found.problems["file"])
    problems = [
        Problem("syntax", Place(file), reason, "an archive that is whole").row()
        for file, reason in sorted(tree.faults.items())
        if file not in outcomes
    ] + [
        Problem("syntax", Place(file), str(outcome), "a file that can be read").row()
        for file, outcome in outcomes.items()
        if outcome.kind is Kind.UNREADABLE and file not in told
    ]
    more = pl.DataFrame(problems, schema=found.problems.schema, orient="row")
    return replace(found, problems=pl.concat([found.problems, more]), outcomes=outcomes)


def _with_named(tree: Tree, found: Merged) -> Tree:
    """Files of any extension that a label names are candidates too.

    Where most of them are of kinds that are known not to be read (a dataset of DICOM files), none of these is: it would
    be wrong to call each of them broken.
    """
    named = pl.concat([found.labels["file_row"], found.named["file_row"]]).drop_nulls().unique()
    rows = tree.files.select("candidate", "extension", pl.col("file_row").is_in(named.implode()).alias("named"))
    unread = pl.col("named") & pl.col("extension").is_in(sorted(UNREAD))
    mostly = 2 * rows.select(unread.sum()).item() > rows["named"].sum()
    candidates = rows.select(pl.col("candidate") | (pl.col("named") & ~(unread & mostly)))
    return replace(tree, files=tree.files.with_columns(candidates.to_series()))


def _places(paths: Sequence[Path | str]) -> tuple[bytes, list[bytes]]:
    """The root, and where to start; paths inside others are left out."""
    given: set[bytes] = set()
    for path in paths:
        place = os.path.abspath(os.fsencode(path))
        if not os.path.lexists(place):
            raise MissingPathError(f"{os.fsdecode(path)}: there is no such file or folder")
        given.add(place)
    starts = [place for place in sorted(given) if given.isdisjoint(_above(place))]
    shared = os.path.commonpath(starts)
    return (shared if os.path.isdir(shared) else os.path.dirname(shared)), starts


def _above(place: bytes) -> Iterator[bytes]:
    while (folder := os.path.dirname(place)) != place:
        yield folder
        place = folder


def _evidence(tree: Tree, found: Merged, labelled: bool) -> tuple[str, ...]:
    """Evidence: what was recognised, and what was not."""
    evidence = list(found.evidence)
    images = tree.files["candidate"].sum()
    if images and not labelled and found.problems.is_empty():
        evidence.append(f"No labels were found for {images:,} images.")
    evidence += [
        f"{file}: {outcome}."
        for file, outcome in found.outcomes.items()
        if outcome.kind in (Kind.NOT_LABELS, Kind.KNOWN_FORMAT)
    ][:_MOST_TOLD]
    unlisted = [skip for skip in tree.skipped if skip.kind == "unreadable-folder"]
    if unlisted:
        evidence.append(
            f"{len(unlisted):,} folders could not be listed, {unlisted[0].path} first; their files are missing here."
        )
    return tuple(evidence)


__all__ = ["DatasetError", "MissingPathError", "discover"]
