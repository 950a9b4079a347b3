"""Sources that sort whole images into classes and splits, put together: class folders, and tables of labels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from datalint.dataset.assembly import compare
from datalint.dataset.assembly.annotations import FOLDERS, NAMED, Annotations
from datalint.dataset.containers.records import Place, Problem, quoted, refused
from datalint.dataset.files import splits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.dataset.containers.records import Outcome
    from datalint.dataset.files.roles import Roles

#: A table about fewer of the labelled images than this does not overrule the folders.
_COVERS = 0.5


@dataclass
class ImageLevel:
    """Labels of the source that leads, splits of all, disagreements as problems."""

    folders: str
    """The format of the folders."""
    names: tuple[str, ...]
    """The formats."""
    labels: pl.DataFrame
    splits: pl.DataFrame
    classes: pl.DataFrame
    named: pl.DataFrame
    """The images of tables with several labels an image: without one of the labels, an image is known to have none."""
    problems: list[Problem]
    multi: bool
    evidence: list[str]
    outcomes: dict[str, Outcome]
    class_folders: frozenset[str]
    roles: Roles

    def without_folder_classes(self) -> ImageLevel:
        """The same where label files say what is in the images: folder names are not classes then."""
        remark = "Folder names were not used as classes: the label files say what is in the images."
        in_tables = pl.col("file").is_not_null()
        told = self.labels.select((~in_tables).any()).item()
        return replace(
            self,
            names=tuple(name for name in self.names if name != self.folders or not self.splits.is_empty()),
            labels=self.labels.filter(in_tables),
            classes=self.classes.filter(pl.col("source") != "folder"),
            evidence=[*self.evidence, *([remark] if told else [])],
            class_folders=frozenset(),
            roles=_of_splits(self.roles),
        )


def _of_splits(roles: Roles) -> Roles:
    return {folder: role for folder, role in roles.items() if role[0] == "split"}


def merged(sources: Sequence[Annotations]) -> ImageLevel:
    """Folders and tables as one; of the tables, those that lead come first.

    Folders lead where a table says the same of the images; a table leads where the folders name something else and it
    describes at least half of the images.
    """
    folders = next((source for source in sources if source.precision == FOLDERS), Annotations("", "", FOLDERS))
    merging = _Merging(folders)
    for source in sources:
        if source is not folders:
            merging.add(source)
    return merging.result()


class _Lead:
    """The labels that lead, each image's from the first source that has them."""

    def __init__(self, labels: pl.DataFrame) -> None:
        self._parts = [labels]
        self._labelled = np.zeros(0, bool)  # by the number of the file
        self._mark(labels)

    def labels(self) -> pl.DataFrame:
        """All of them."""
        self._parts = [pl.concat(self._parts)]
        return self._parts[0]

    def of(self, other: pl.DataFrame) -> pl.DataFrame:
        """Those of the images that `other` labels too, which are none of most tables where there are many."""
        if not self._known(other).any():
            return other.clear()
        return self.labels().join(other.select("file_row").unique(), on="file_row", how="semi", maintain_order="left")

    def add(self, labels: pl.DataFrame) -> None:
        """The labels of images that have none yet, and of those that are not there."""
        self._parts.append(labels.filter(~self._known(labels)))
        self._mark(labels)

    def _known(self, labels: pl.DataFrame) -> pl.Series:
        rows = labels["file_row"].fill_null(len(self._labelled)).to_numpy()
        within = rows < len(self._labelled)
        known = np.zeros(len(rows), bool)
        known[within] = self._labelled[rows[within]]
        return pl.Series(known)

    def _mark(self, labels: pl.DataFrame) -> None:
        rows = labels["file_row"].drop_nulls().to_numpy()
        most = int(rows.max()) + 1 if len(rows) else 0
        if most > len(self._labelled):
            self._labelled = np.append(self._labelled, np.zeros(max(most, 2 * len(self._labelled)), bool))
        self._labelled[rows] = True


class _Merging:
    def __init__(self, folders: Annotations) -> None:
        self._folders = folders
        self._by_folder = not folders.labels.is_empty()
        self._is_overruled = False
        self._lead, self._lead_name = _Lead(folders.labels), "the folders"
        self._classes = [folders.classes]
        self._used: list[Annotations] = []
        self._evidence = list(folders.evidence)
        self._problems: list[Problem] = []
        self._outcomes = dict(folders.outcomes)

    def add(self, table: Annotations) -> None:
        """One more table, which gives way to those before."""
        self._outcomes |= table.outcomes
        if table.labels.is_empty() and table.splits.is_empty() and not table.problems:
            return
        result = compare.labels(self._lead.of(table.labels), table.labels)
        if self._by_folder:
            if reason := self._folders_refuse(table, result):
                self._outcomes[table.source] = refused(reason)
                return
            if result.common and not result.same:
                self._overrule(table)
                result = compare.Comparison(0, same=False, differing=result.differing.clear())
        self._used.append(table)
        self._evidence += table.evidence
        self._problems += table.problems
        if result.common:
            self._tell(table, result)
        self._lead.add(table.labels)
        if not self._by_folder and len(self._used) == 1:
            self._lead_name = table.source
        self._classes.append(table.classes)

    def _folders_refuse(self, table: Annotations, result: compare.Comparison) -> str | None:
        """Why a table is not used beside folders that are classes."""
        labelled = self._folders.labels.height
        if result.common and not result.same and result.common < _COVERS * labelled:
            return f"it describes {result.common:,} of {labelled:,} images, but does not use the classes of the folders"
        if not result.common and not table.named["file_row"].count() and not table.labels.is_empty():
            return "none of the images that it names is there"
        return None

    def _overrule(self, table: Annotations) -> None:
        """From now on, folders are not classes."""
        self._evidence.append(f"The folders do not name the classes of {table.source}; the table leads.")
        self._by_folder, self._is_overruled = False, True
        self._lead, self._lead_name = _Lead(self._folders.labels.clear()), table.source
        self._classes = []

    def _tell(self, table: Annotations, result: compare.Comparison) -> None:
        """That a table describes images which others describe too, and where they differ."""
        records = f"; {result.differing.height:,} records differ" if result.differing.height else ""
        self._evidence.append(
            f"{table.source} describes {result.common:,} images that {self._lead_name} also label; "
            f"labels were taken from {self._lead_name}{records}."
        )
        if table.multi:
            return
        columns = ("path", "class", "other", "line", "pointer")
        for path, name, said, line, pointer in result.differing.select(columns).iter_rows():
            place = Place(table.source, line, None, pointer)
            reason = f"{quoted(name)} here, {quoted(said)} by {self._lead_name}"
            self._problems.append(Problem("disagreement", place, reason, "one class", path))

    def result(self) -> ImageLevel:
        """Everything as one."""
        names = [] if self._is_overruled else [self._folders.name]
        names += [table.name for table in self._used]
        return ImageLevel(
            self._folders.name,
            tuple(dict.fromkeys(name for name in names if name)),
            labels=_numbered(self._lead.labels()),
            splits=_splits(self._folders.splits, self._used, self._evidence),
            classes=pl.concat([self._folders.classes.clear(), *self._classes]),
            named=pl.concat([NAMED.to_frame(), *(table.named for table in self._used if table.multi)]),
            problems=self._problems,
            multi=any(table.multi for table in self._used) and not self._by_folder,
            evidence=self._evidence,
            outcomes=self._outcomes,
            class_folders=self._folders.class_folders if self._by_folder else frozenset(),
            roles=self._folders.roles if self._by_folder else _of_splits(self._folders.roles),
        )


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


def _splits(by_folder: pl.DataFrame, tables: Sequence[Annotations], evidence: list[str]) -> pl.DataFrame:
    """A table's split column says more than folders; the names of tables (train.csv, test.csv) are the last resort."""
    by_column = [table.splits for table in tables if not table.splits.is_empty()]
    if by_column:
        said = pl.concat(by_column).unique(maintain_order=True)
        return pl.concat([said, by_folder.join(said, on="file_row", how="anti")])
    if not by_folder.is_empty():
        return by_folder
    stems = {table.source: table.source.rpartition("/")[2].rpartition(".")[0] for table in tables}
    named = splits.among(set(stems.values())) if len(stems) > 1 else {}
    parts = [
        table.labels.select("file_row", pl.lit(named[stems[table.source]]).alias("split"))
        .drop_nulls("file_row")
        .unique()
        for table in tables
        if stems[table.source] in named
    ]
    if not parts:
        return by_folder
    evidence.append(
        f"Splits are named by the tables: {', '.join(sorted(stem for stem in stems.values() if stem in named))}."
    )
    return pl.concat(parts)


__all__ = ["ImageLevel", "merged"]
