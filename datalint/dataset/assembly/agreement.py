"""Several sources of labels about the same images: one leads, the others are compared with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from datalint.dataset.assembly.annotations import PROBLEMS, Recognised
from datalint.dataset.containers.records import Kind, Outcome, Place, Problem, refused
from datalint.dataset.files import splits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from datalint.dataset.formats.tables.labels import Table

#: Two sources that say the same of at least this share of their common images mean the same thing.
_SAME = 0.5
#: The same under other names (numbers for names): a chance agreement is likelier, so more is asked.
_SAME_RENAMED = 0.9
#: A table about fewer of the labelled images than this does not overrule the folders.
_COVERS = 0.5


class Comparison(NamedTuple):
    """Two sources, image by image."""

    common: int
    same: bool
    """Whether they mean the same classes."""
    differing: pl.DataFrame
    """Records (columns of labels, and `other`: the leading source's class) that say something else."""


def compare(lead: pl.DataFrame, other: pl.DataFrame) -> Comparison:
    """How the labels `other` agree with `lead` on the images that both label (single labels)."""
    leading = lead.drop_nulls("file_row").group_by("file_row").agg(pl.col("class").unique().sort().alias("said"))
    both = other.drop_nulls("file_row").join(leading, on="file_row", how="inner", maintain_order="left")
    both = both.with_columns(pl.col("said").list.join(", ").alias("other"))
    if both.is_empty():
        return Comparison(0, False, both)
    equal = pl.col("class").is_in(pl.col("said"))
    if both.select(equal.mean()).item() >= _SAME:
        return Comparison(both["file_row"].n_unique(), True, both.filter(~equal))
    modes = (
        both.group_by("class", "other")
        .len()
        .sort("len", "other", descending=[True, False])
        .unique("class", keep="first")
    )
    renamed = both.join(
        modes.select("class", pl.col("other").alias("usual")), on="class", how="left", maintain_order="left"
    )
    alike = renamed.select((pl.col("other") == pl.col("usual")).mean()).item()
    one_to_one = modes["other"].n_unique() == modes.height == both["other"].n_unique() and modes.height > 1
    same = one_to_one and alike >= _SAME_RENAMED
    return Comparison(both["file_row"].n_unique(), same, renamed.filter(pl.col("other") != pl.col("usual")))


def combine(
    tables: Sequence[Table], folder_labels: pl.DataFrame, folders: Recognised, reasons: Mapping[str, Outcome]
) -> Recognised:
    """Folders and tables as one: labels of the source that leads, splits of both, disagreements as problems.

    Folders lead where a table says the same of the images; a table leads where the folders name something else and it
    describes at least half of the images.
    """
    evidence = list(folders.evidence)
    outcomes = dict(reasons)
    problems: list[Problem] = []
    lead, lead_name, classes = folder_labels, "the folders", folders.classes
    used: list[Table] = []
    by_folder = not folder_labels.is_empty()
    class_folders = folders.class_folders
    if folder_labels.is_empty():
        classes, class_folders = classes.clear(), frozenset()
    for table in tables:
        if table.labels.is_empty() and table.splits.is_empty() and not table.problems:
            outcomes[table.file] = refused("no record of it could be used")
            continue
        result = compare(lead, table.labels)
        if by_folder and result.common and not result.same:
            if result.common < _COVERS * folder_labels.height:
                outcomes[table.file] = refused(
                    f"it describes {result.common:,} of {folder_labels.height:,} images, "
                    "and not by the classes of the folders"
                )
                continue
            evidence.append(f"The folders do not name the classes of {table.file}; the table leads.")
            by_folder, lead, classes, class_folders = False, folder_labels.clear(), classes.clear(), frozenset()
            lead_name, result = table.file, Comparison(0, False, result.differing.clear())
        elif by_folder and not result.common and not table.matched and not table.labels.is_empty():
            outcomes[table.file] = refused("none of the images that it names is there")
            continue
        used.append(table)
        evidence.append(table.sentence)
        problems += table.problems
        fresh = table.labels.join(lead.drop_nulls("file_row").select("file_row").unique(), on="file_row", how="anti")
        if result.common:
            differing = f"; {result.differing.height:,} records differ" if result.differing.height else ""
            evidence.append(
                f"{table.file} describes {result.common:,} images that {lead_name} label too, "
                f"labels were taken from {lead_name}{differing}."
            )
            problems += (
                [
                    Problem(
                        "disagreement",
                        Place(table.file, line, None, pointer),
                        f"{name!r} here, {said!r} by {lead_name}",
                        "one class",
                        path,
                    )
                    for path, name, said, line, pointer in result.differing.select(
                        "path", "class", "other", "line", "pointer"
                    ).iter_rows()
                ]
                if not table.multi
                else []
            )
        outcomes[table.file] = Outcome(Kind.READ, "read as labels", f"{table.rows:,} records")
        lead = pl.concat([lead, fresh])
        lead_name = table.file if not by_folder and len(used) == 1 else lead_name
        classes = pl.concat([classes, table.classes])
    return Recognised(
        _name(by_folder, bool(used)),
        labels=_numbered(lead),
        splits=_splits(folders.splits, used, evidence),
        classes=classes,
        problems=pl.DataFrame([problem.row() for problem in problems], schema=PROBLEMS, orient="row"),
        multi=any(table.multi for table in used) and not by_folder,
        evidence=tuple(evidence),
        outcomes=outcomes,
        class_folders=class_folders,
    )


def _name(by_folder: bool, by_table: bool) -> str:
    return " ".join(name for name, is_used in (("image-folder", by_folder), ("table", by_table)) if is_used)


def _numbered(labels: pl.DataFrame) -> pl.DataFrame:
    """Labels of several files: a class has one number, the first one given to it."""
    if labels["file"].n_unique() < 2:
        return labels
    first = labels.group_by("class", maintain_order=True).agg(pl.col("class_id").first())
    if first["class_id"].n_unique() < first.height:
        first = (
            first.select("class")
            .sort("class")
            .with_row_index("class_id")
            .select("class", pl.col("class_id").cast(pl.Int64))
        )
    return labels.drop("class_id").join(first, on="class", how="left", maintain_order="left").select(labels.columns)


def _splits(by_folder: pl.DataFrame, tables: Sequence[Table], evidence: list[str]) -> pl.DataFrame:
    """A table's split column says more than folders; the names of tables (train.csv, test.csv) are the last resort."""
    by_column = [table.splits for table in tables if not table.splits.is_empty()]
    if by_column:
        said = pl.concat(by_column).unique(maintain_order=True)
        return pl.concat([said, by_folder.join(said, on="file_row", how="anti")])
    if not by_folder.is_empty():
        return by_folder
    stems = {table.file: table.file.rpartition("/")[2].rpartition(".")[0] for table in tables}
    named = splits.among(set(stems.values())) if len(stems) > 1 else {}
    parts = [
        table.labels.select("file_row", pl.lit(named[stems[table.file]]).alias("split")).drop_nulls("file_row").unique()
        for table in tables
        if stems[table.file] in named
    ]
    if not parts:
        return by_folder
    evidence.append(
        f"Splits are named by the tables: {', '.join(sorted(stem for stem in stems.values() if stem in named))}."
    )
    return pl.concat(parts)
