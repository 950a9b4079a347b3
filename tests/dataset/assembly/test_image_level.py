"""Class folders and tables of labels about the same images: which of them lead, and what is said of the others."""

from __future__ import annotations

import polars as pl
import pytest

from datalint.dataset.assembly import compare
from datalint.dataset.assembly.annotations import CLASSES, FOLDERS, LABELS, NAMED, SPLITS, Annotations, conform
from datalint.dataset.assembly.image_level import merged
from datalint.dataset.containers.records import Kind, Outcome


def rows(classes: dict[int, str], file: str | None) -> pl.DataFrame:
    numbers = {name: number for number, name in enumerate(sorted(set(classes.values())))}
    return pl.DataFrame(
        [
            {"file_row": row, "path": f"{row}.jpg", "class": name, "class_id": numbers[name], "file": file, "line": row}
            for row, name in classes.items()
        ],
        schema={name: kind for name, kind in LABELS.items() if name != "pointer"},
    )


def folders(classes: dict[int, str]) -> Annotations:
    names = sorted(set(classes.values()))
    return Annotations(
        "image-folder",
        "",
        FOLDERS,
        conform(LABELS, rows(classes, None)),
        classes=pl.DataFrame({"class": names, "class_id": range(len(names)), "source": "folder"}, schema=CLASSES),
        evidence=("Class folders.",),
        image_level=True,
        class_folders=frozenset(names),
    )


def table(file: str, classes: dict[int, str], splits: dict[int, str] | None = None, multi: bool = False) -> Annotations:
    labels = conform(LABELS, rows(classes, file))
    said = list((splits or {}).items())
    return Annotations(
        "table",
        file,
        2,
        labels,
        named=conform(NAMED, labels),
        splits=pl.DataFrame(said, schema=SPLITS, orient="row"),
        multi=multi,
        evidence=(f"{file}: labels.",),
        outcomes={file: Outcome(Kind.READ, "read as labels")},
        image_level=True,
    )


IN_FOLDERS = {0: "cat", 1: "cat", 2: "dog", 3: "dog"}


def given(labels: pl.DataFrame) -> dict[int, str]:
    return dict(labels.select("file_row", "class").iter_rows())


def test_folders_alone() -> None:
    found = merged([folders(IN_FOLDERS)])
    assert given(found.labels) == IN_FOLDERS
    assert (found.names, found.class_folders) == (("image-folder",), frozenset({"cat", "dog"}))
    assert found.evidence == ["Class folders."]


def test_folders_lead_where_a_table_says_the_same_and_it_adds_other_images() -> None:
    found = merged([folders(IN_FOLDERS), table("l.csv", {0: "cat", 1: "cat", 2: "dog", 3: "cat", 9: "cat"})])
    assert given(found.labels) == {**IN_FOLDERS, 9: "cat"}
    assert found.names == ("image-folder", "table")
    assert found.evidence[1:] == [
        "l.csv: labels.",
        "l.csv describes 4 images that the folders also label; labels were taken from the folders; 1 records differ.",
    ]
    assert [(problem.path, problem.line, problem.reason) for problem in found.problems] == [
        ("3.jpg", 3, "'cat' here, 'dog' by the folders")
    ]


def test_numbers_in_place_of_names_are_the_same() -> None:
    many = {row: "cat" if row % 2 else "dog" for row in range(20)}
    found = merged([folders(many), table("l.csv", {row: str(row % 2) for row in many})])
    assert given(found.labels) == many
    assert not found.problems


def test_a_table_of_other_classes_leads() -> None:
    others = {0: "red", 1: "blue", 2: "red", 3: "blue"}
    found = merged([folders(IN_FOLDERS), table("l.csv", others, multi=True)])
    assert given(found.labels) == others
    assert (found.names, found.class_folders, found.multi) == (("table",), frozenset(), True)
    assert found.classes.is_empty()
    assert "The folders do not name the classes of l.csv; the table leads." in found.evidence


@pytest.mark.parametrize(
    ("classes", "reason"),
    [
        ({0: "red"}, "it describes 1 of 4 images, but does not use the classes of the folders"),
        ({}, "none of the images that it names is there"),
    ],
)
def test_what_does_not_fit_the_folders_is_left_out(classes: dict[int, str], reason: str) -> None:
    odd = table("l.csv", classes)
    if not classes:
        odd.labels = conform(LABELS, rows({7: "cat"}, "l.csv").with_columns(pl.lit(None, pl.UInt32).alias("file_row")))
    found = merged([folders(IN_FOLDERS), odd])
    assert given(found.labels) == IN_FOLDERS
    assert found.outcomes["l.csv"] == Outcome(Kind.NOT_LABELS, f"not read as labels: {reason}")
    assert found.evidence == ["Class folders."]


def test_of_two_tables_the_first_leads() -> None:
    found = merged([table("a.json", {0: "cat", 1: "dog"}), table("b.csv", {0: "cat", 1: "cat", 2: "dog"})])
    assert given(found.labels) == {0: "cat", 1: "dog", 2: "dog"}
    assert [problem.reason for problem in found.problems] == ["'cat' here, 'dog' by a.json"]


def test_splits_of_a_column_lead_and_names_of_tables_are_the_last_resort() -> None:
    found = merged([table("train.csv", {0: "cat"}), table("test.csv", {1: "dog"})])
    assert sorted(found.splits.rows()) == [(0, "train"), (1, "test")]
    found = merged([table("train.csv", {0: "cat"}, {0: "val"}), table("test.csv", {1: "dog"})])
    assert found.splits.rows() == [(0, "val")]


def test_without_folder_classes() -> None:
    found = merged([folders(IN_FOLDERS), table("l.csv", {9: "cat"})]).without_folder_classes()
    assert given(found.labels) == {9: "cat"}
    assert (found.names, found.class_folders, found.classes.height) == (("table",), frozenset(), 0)
    assert found.evidence[-1] == "Folder names were not used as classes: the label files say what is in the images."


def test_a_table_is_compared_with_what_is_said_of_its_own_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many tables there are before it."""
    heights: list[int] = []
    labels = compare.labels

    def watched(lead: pl.DataFrame, other: pl.DataFrame) -> compare.Comparison:
        heights.append(lead.height)
        return labels(lead, other)

    monkeypatch.setattr(compare, "labels", watched)
    tables = [table(f"{n}.csv", {n: "cat"}) for n in range(50)]
    found = merged([*tables, table("last.csv", {7: "cat", 8: "cat", 50: "dog"})])
    assert heights == [0] * 50 + [2]
    assert given(found.labels) == {**dict.fromkeys(range(50), "cat"), 50: "dog"}
