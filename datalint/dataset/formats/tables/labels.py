"""Label tables: CSV, TSV, JSON, Parquet with a column of paths and columns of labels or splits; lists in text files."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from datalint.config.settings import ConfigError
from datalint.dataset.assembly.annotations import CLASSES, LABELS, NAMED, SPLITS, Annotations, conform, too_much
from datalint.dataset.containers import columns
from datalint.dataset.containers.limits import TooMuchError
from datalint.dataset.containers.records import (
    Kind,
    NotRecordsError,
    NotUsableError,
    Outcome,
    quoted,
    refused,
    unreadable,
)
from datalint.dataset.files import matching, splits
from datalint.dataset.formats.tables import candidates, image_column, label_cells, label_images, split_column
from datalint.dataset.formats.tables.label_cells import Labels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from datalint.config.settings import Config
    from datalint.dataset.containers.records import Records
    from datalint.dataset.files.image_names import ImageNames
    from datalint.dataset.files.tree import Tree
    from datalint.dataset.formats.tables.image_column import ImageColumn

NAME = "table"
_LEAST_PRECISE = max(candidates.PRECISION.values())


class _Columns(NamedTuple):
    """What the columns of a table are."""

    image: ImageColumn
    label: str | None = None
    number: str | None = None
    """The numbers of the classes in `label`."""
    one_hot: Sequence[str] = ()
    split: str | None = None
    remark: str = ""
    """Why a column that is named like one of labels is none, or none is there."""

    @property
    def sorts(self) -> bool:
        """Whether the table sorts images into classes or splits."""
        return bool(self.label or self.one_hot or self.split)


class _Table(NamedTuple):
    """One label table, understood."""

    file: str
    columns: _Columns
    rows: int
    """Records that could be read."""
    matched: int
    """Records whose image is there."""
    annotations: Annotations

    def order(self) -> tuple[int, int, int, str]:
        """Which one leads: the more precise syntax, then more images that are there."""
        syntax = self.file.rpartition(".")[2].lower()
        return candidates.PRECISION.get(syntax, _LEAST_PRECISE), -self.matched, -self.rows, self.file


def read(tree: Tree, config: Config) -> list[Annotations]:
    """Every label table under the root that no other format has taken, those that lead first, and why others were not
    used."""
    known = matching.Known(tree.files.filter(~pl.col("extension").is_in(list(candidates.PRECISION))))
    possible, reasons = candidates.possible(tree)
    possible = pl.concat([possible, candidates.lists(tree, config)])
    tables: list[_Table] = []
    unread: list[Annotations] = []
    outcomes = {path: outcome for path, outcome in reasons.items() if path not in tree.taken}
    for path, row, folder, extension in possible.select("path", "file_row", "folder", "extension").iter_rows():
        if path in tree.taken:
            continue
        try:
            records = candidates.read(tree, row, path, extension, config)
            tables.append(_understood(records, path, folder, known, tree.names, config))
        except candidates.NoListError as error:
            outcomes[path] = Outcome(Kind.OTHER, f"not read as labels: {error}")
        except TooMuchError as error:
            unread.append(too_much(NAME, path, error))
        except (NotRecordsError, NotUsableError) as error:
            outcomes[path] = refused(error)
        except OSError as error:
            outcomes[path] = unreadable(error)
    tables.sort(key=_Table.order)
    if not any(file.rpartition(".")[2].lower() in candidates.PRECISION for file in tree.taken):
        _refuse_absent_columns(tables, outcomes, config)  # else those may have the columns
    others = Annotations(NAME, "", 2, outcomes=outcomes, image_level=True)
    return [*unread, others, *(table.annotations for table in tables)]


def _understood(
    records: Records, file: str, folder: str, known: matching.Known, names: ImageNames, config: Config
) -> _Table:
    """The labels and splits in `records`, matched with the `known` files.

    Raises NotUsableError with the reason where the table does not describe images of this dataset.
    """
    frame = records.frame
    if not frame.width:
        first = next((problem for problem in records.problems if problem.kind == "syntax"), None)
        raise NotUsableError(f"{first.reason} (line {first.line or 1})" if first else "it has no columns")
    chosen = _chosen(records, file, folder, known, config)
    placed, problems = label_images.place(records, chosen.image, file, folder, known, names)
    matched = placed["file_row"].count()
    name = chosen.image.name
    if not matched and not (
        chosen.image.is_clear and image_column.look_like_files(matching.normalised(frame[name]), config)
    ):
        raise NotUsableError(f"none of the images that it names is there ({quoted(name)}, {frame.height:,} records)")
    labels = _labels(placed, frame, file, chosen)
    annotations = Annotations(
        NAME,
        file,
        2,
        labels=labels.labels,
        named=conform(NAMED, placed.filter(pl.col("path").is_not_null())),
        splits=_splits(placed, frame[chosen.split]) if chosen.split else SPLITS.to_frame(),
        classes=labels.classes,
        problems=[*records.problems, *problems, *labels.problems],
        multi=labels.multi,
        evidence=(_sentence(file, chosen, matched, frame.height),),
        image_level=chosen.sorts,
    )
    is_used = annotations.labels.height or annotations.splits.height or annotations.problems or not chosen.sorts
    read = Outcome(Kind.READ, "read as labels", f"{frame.height:,} records")
    annotations.outcomes = {file: read if is_used else refused("no record of it could be used")}
    return _Table(file, chosen, frame.height, matched, annotations)


def _chosen(records: Records, file: str, folder: str, known: matching.Known, config: Config) -> _Columns:
    """What the columns of a table are; raises NotUsableError where it has no labels and no splits of images."""
    frame = records.frame
    image = image_column.choose(frame, folder, known, config)
    names = [name for name in frame.columns if name != image.name]
    other = columns.pair(image.name, names)
    if other is not None and image_column.look_like_files(frame[other], config):
        raise NotUsableError(
            f"it holds pairs of images ({quoted(image.name)}, {quoted(other)}): the label of a pair says nothing about "
            "either image"
        )
    split = split_column.choose(frame.select(names), config)
    names = [name for name in names if name != split]
    if columns.holds_runs(names):
        raise NotUsableError("it holds masks as run lengths, which are not read from tables")
    if columns.holds_boxes(names):
        raise NotUsableError("it holds boxes or masks; these are not read from tables")
    label, number = _label_columns(names, records, config)
    one_hot = [] if label or config.label_column == "" else label_cells.one_hot(frame.select(names))
    remark = ""
    if label and config.label_column is None and label_cells.is_measured(frame[label]):
        remark = f"the numbers in {quoted(label)} nearly all differ, so they are not classes"
        label = number = None
    if label and config.label_column is None and label_cells.is_structured(frame[label]):
        remark = f"the cells of {quoted(label)} hold JSON objects, which are not classes"
        label = number = None
    if label is None and not one_hot and split is None:
        listed = image_column.listed(frame.columns)
        hint = f"no column of labels or splits among {listed} (label-column in the config names one)"
        if remark or not _is_metadata(file, image):
            raise NotUsableError(remark or hint)
        remark = "no labels: what its other columns say of the images are not classes"
    return _Columns(image, label, number, one_hot, split, remark)


def _is_metadata(file: str, image: ImageColumn) -> bool:
    """Whether a table is the one that Hugging Face's ImageFolder reads beside the images, one record an image."""
    return posixpath.basename(file).startswith("metadata.") and columns.plain(image.name) == "filename"


def _label_columns(names: Sequence[str], records: Records, config: Config) -> tuple[str | None, str | None]:
    """The column of labels and the one of their numbers: what the config names, else what is called so."""
    if config.label_column is not None:
        label = config.label_column if config.label_column in names else None
        return label, columns.first([name for name in names if name != label], columns.LABEL_ID) if label else None
    label = columns.label(names)
    number = columns.first([name for name in names if name != label], columns.LABEL_ID)
    if label is None and number is not None:
        return number, None
    if label is None and not records.header and len(names) == 1:
        return names[0], None
    return label, number


def _labels(placed: pl.DataFrame, frame: pl.DataFrame, file: str, chosen: _Columns) -> Labels:
    if chosen.one_hot:
        return label_cells.of_columns(placed, file, frame.select(chosen.one_hot))
    if chosen.label:
        ids = frame[chosen.number] if chosen.number else None
        return label_cells.of_cells(placed, file, chosen.label, frame[chosen.label], ids)
    return Labels(LABELS.to_frame(), CLASSES.to_frame(), [], multi=False)


def _splits(placed: pl.DataFrame, cells: pl.Series) -> pl.DataFrame:
    names = {cell: splits.canonical(cell) or cell.strip() for cell in cells.drop_nulls().unique().to_list()}
    named = placed.with_columns(cells.replace(names).alias("split"))
    return conform(SPLITS, named.filter(pl.col("file_row").is_not_null() & (pl.col("split").fill_null("") != "")))


def _sentence(file: str, chosen: _Columns, matched: int, rows: int) -> str:
    parts = [f"paths in {quoted(chosen.image.name)}"]
    if chosen.label:
        parts.append(f"labels in {quoted(chosen.label)}")
    elif chosen.one_hot:
        parts.append(f"one column a class ({len(chosen.one_hot)})")
    parts += [f"splits in {quoted(chosen.split)}"] if chosen.split else []
    parts += [chosen.remark] if chosen.remark else []
    how = chosen.image.how.words
    return f"{file}: {', '.join(parts)}; {matched:,} of {rows:,} records name a file that is there ({how})."


def _refuse_absent_columns(tables: Sequence[_Table], outcomes: Mapping[str, Outcome], config: Config) -> None:
    """Raise ConfigError for a column that the config names and no table has."""
    for key, wanted, used in (
        ("path-column", config.path_column, bool(tables)),
        ("label-column", config.label_column, any(table.columns.label == config.label_column for table in tables)),
        ("split-column", config.split_column, any(table.columns.split == config.split_column for table in tables)),
    ):
        if wanted and not used:
            why = "".join(f"; {file}: {reason}" for file, reason in sorted(outcomes.items())[:3])
            raise ConfigError(f"{key} is set to {quoted(wanted)}, but no readable label table has such a column{why}")


__all__ = ["NAME", "read"]
