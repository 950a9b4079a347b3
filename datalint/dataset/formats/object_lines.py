"""One text file an image, one object a line, its class a word among numbers: what KITTI, DOTA and VisDrone share."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from datalint.amounts import counted
from datalint.dataset.assembly.annotations import BOXES, NAMED, SPLITS, Annotations, conform
from datalint.dataset.containers import text_lines
from datalint.dataset.containers.problems import Problems
from datalint.dataset.containers.records import Kind, Outcome, Place, Problem, quoted
from datalint.dataset.files import splits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from datalint.dataset.files.tree import Tree

#: Lines of a folder that have the format's form, as a share of those looked at, for it to be one of the format.
_ENOUGH = 0.5


@dataclass(frozen=True)
class Form:
    """What the lines of a format look like."""

    name: str
    title: str
    counts: tuple[int, ...]
    """Words in a line."""
    class_at: int
    """The word that is the class, from 0; all others are numbers."""
    box: tuple[int, int]
    """Where the box is among the numbers (the class not counted), and of how many it is."""
    unit: str
    expected: str
    folders: re.Pattern[str]
    """What folders of label files are called; others are recognised only beside the images."""
    images: str
    """What the folder of the images is called."""
    ignored: str | None = None
    """The class of regions to be ignored."""
    header: str = r"^\b$"
    """A pattern of lines that are not objects."""
    separator: str = " "
    """The character between words."""
    classes: tuple[str, ...] = ()
    """The names of the classes where their word is a number, from 0."""

    @property
    def names(self) -> dict[str, str]:
        """Word of a class -> its name, where words are numbers."""
        return {str(number): name for number, name in enumerate(self.classes)}


class _Files(NamedTuple):
    """The label files of one dataset, with the columns of `Tree.texts`."""

    read: pl.DataFrame
    images: pl.DataFrame
    """label (row of the file), file_row, path: whose labels they are; file_row is null where no image is there."""
    repeated: pl.DataFrame
    """Those of images whose labels are read from another folder."""
    unused: pl.DataFrame
    """Those of no image."""


def read(tree: Tree, form: Form) -> list[Annotations]:
    """Every dataset of the format under the root."""
    if tree.texts.is_empty():
        return []
    by_start: dict[str, list[str]] = {}
    for (name,), files in tree.texts.group_by("folder", maintain_order=True):
        folder = str(name)
        if _is_of_form(folder, files, tree, form):
            by_start.setdefault(_start(folder), []).append(folder)
    return [_dataset(start, folders, tree, form) for start, folders in sorted(by_start.items())]


def _is_of_form(folder: str, files: pl.DataFrame, tree: Tree, form: Form) -> bool:
    paired = files.join(tree.label_pairs, left_on="row", right_on="label", how="semi")
    named = any(form.folders.fullmatch(part) for part in folder.split("/"))
    if paired.is_empty() and not named:
        return False
    sample = text_lines.sample(files if paired.is_empty() else paired, tree.head)
    lines = [line for words in sample if not re.search(form.header, line := " ".join(words))]
    fitting = sum(_fits(line.replace(form.separator, " ").split(), form) for line in lines)
    return bool(fitting) and fitting >= _ENOUGH * len(lines)


def _fits(words: list[str], form: Form) -> bool:
    if len(words) not in form.counts:
        return False
    numbers = pl.Series(words).cast(pl.Float64, strict=False).is_null()
    if form.classes:
        return not numbers.any() and words[form.class_at] in form.names
    return bool(numbers[form.class_at]) and int(numbers.sum()) == 1


def _start(folder: str) -> str:
    """Where the dataset starts whose labels are in `folder`: above it, and above the split."""
    parent = posixpath.dirname(folder)
    return posixpath.dirname(parent) if splits.canonical(posixpath.basename(parent)) else parent


def _dataset(start: str, folders: list[str], tree: Tree, form: Form) -> Annotations:
    files = _files(folders, tree, form)
    lines = text_lines.read(files.read, tree.data)
    names = files.read.select(pl.col("path").alias("file"), pl.col("row").alias("label")).with_row_index("number")
    names = names.filter(~pl.col("file").is_in(list(lines.failed)))
    objects, bad = _objects(
        lines.frame.rename({"file": "number"}).join(names, on="number", maintain_order="left"), form
    )
    placed = objects.join(files.images, on="label", how="left", maintain_order="left").with_row_index("box")
    nobody = "there is no image of this name"
    outcomes = (
        dict.fromkeys(
            files.repeated["path"].to_list(), Outcome(Kind.UNUSED, f"not added: {form.title}, of images read already")
        )
        | dict.fromkeys(files.unused["path"].to_list(), Outcome(Kind.UNUSED, f"not used: {nobody}"))
        | lines.failed
        | dict.fromkeys(names["file"].to_list(), Outcome(Kind.READ, f"read as {form.title}"))
    )
    unused = [
        Problem("unused-file", Place(path), nobody, "an image of the same name")
        for path in files.unused["path"].to_list()
    ]
    found = Annotations(
        form.name,
        folders[0] if len(folders) == 1 else start,
        precision=1,
        boxes=conform(BOXES, placed),
        named=conform(NAMED, files.images.join(names, on="label", maintain_order="left")),
        splits=_splits(files.images, start),
        problems=[*unused, *lines.problems, *bad],
        outcomes=outcomes,
    )
    return replace(found, evidence=tuple(_evidence(found, files, form)))


def _files(folders: list[str], tree: Tree, form: Form) -> _Files:
    """The label files in `folders`; of several about the same image, the one in the last folder by name is read."""
    texts = tree.texts.filter(pl.col("folder").is_in(folders)).sort("path")
    pairs = tree.label_pairs.join(texts, left_on="label", right_on="row", maintain_order="left")
    pairs = pairs.sort("folder", descending=True, maintain_order=True)
    first = pairs.unique("image", keep="first", maintain_order=True).select("label", "image")
    alone = texts.join(pairs, left_on="row", right_on="label", how="anti")
    if first.is_empty():
        images = alone.select(
            pl.col("row").alias("label"), pl.lit(None, pl.UInt32).alias("file_row"), _expected(form).alias("path")
        )
        return _Files(alone, images, pairs, alone.clear())
    paths = tree.files.select(pl.col("file_row").alias("image"), "path")
    images = first.join(paths, on="image", how="left").rename({"image": "file_row"}).sort("label", "file_row")
    read = texts.join(images, left_on="row", right_on="label", how="semi")
    return _Files(read, images, pairs.join(first, on="label", how="anti"), alone)


def _evidence(found: Annotations, files: _Files, form: Form) -> Iterator[str]:
    classes = found.boxes.filter(pl.col("class").ne_missing(form.ignored))["class"].n_unique()
    counts = (
        counted(files.images.height, "image"),
        counted(found.boxes.height, "box", "boxes"),
        counted(classes, "class", "classes"),
    )
    yield f"{form.title}: {found.source or 'the root'}, {', '.join(counts)}."
    ignored = int(found.boxes["crowd"].sum())
    if ignored:
        yield f"{form.ignored} marks {counted(ignored, 'region')} to be ignored."
    if files.repeated.height:
        leading = files.read.sort("folder")["folder"][-1]
        yield f"{files.repeated['folder'][0]} is about the same images as {leading}, which was read."


def _expected(form: Form) -> pl.Expr:
    """Where the image of a label file would be, its extension unknown."""
    return pl.concat_str(pl.col("folder").str.replace(r"(?s)[^/]*$", form.images), pl.lit("/"), "stem")


def _objects(lines: pl.DataFrame, form: Form) -> tuple[pl.DataFrame, list[Problem]]:
    """The objects in `lines` (file, line, text), and the lines that are none."""
    lines = lines.filter(~pl.col("text").str.contains(form.header))
    text = lines["text"]
    if form.separator != " ":
        text = text.str.replace_all(form.separator, " ", literal=True)
    lines = lines.with_columns(text, text_lines.words(text).alias("words"))
    count = pl.col("words").list.len()
    numbers = pl.concat_list(
        pl.col("words").list.head(form.class_at), pl.col("words").list.slice(form.class_at + 1)
    ).cast(pl.List(pl.Float64), strict=False)
    lines = lines.with_columns(numbers.alias("numbers"))
    fine = count.is_in(form.counts) & (pl.col("numbers").list.drop_nulls().list.len() == count - 1)
    other = lines.filter(~count.is_in(form.counts)).select("file", "line", count)
    problems = Problems()
    problems.several(len(other), (_other(form, *row) for row in other.iter_rows()))
    bad = lines.filter(~fine & count.is_in(form.counts)).select("file", "line", "text", "words", "numbers")
    problems.several(len(bad), (_no_number(form, *row) for row in bad.iter_rows()))
    word = pl.col("words").list.get(form.class_at)
    name = word.replace_strict(form.names, default=None, return_dtype=pl.String) if form.classes else word
    objects = lines.filter(fine).with_columns(
        name.alias("class"),
        (word.cast(pl.Int64, strict=False) if form.classes else pl.lit(None, pl.Int64)).alias("class_id"),
        pl.col("numbers").list.slice(*form.box).alias("raw"),
        pl.lit(form.unit).alias("unit"),
        (pl.lit(None) if form.ignored is None else name == form.ignored).alias("crowd"),
    )
    unknown = objects.filter(pl.col("class").is_null()).select("file", "line", "text", "words")
    problems.several(len(unknown), (_no_class(form, *row) for row in unknown.iter_rows()))
    return objects.filter(pl.col("class").is_not_null()), problems


def _other(form: Form, file: str, line: int, words: int) -> Problem:
    return Problem("syntax", Place(file, line), f"{counted(words, 'word')} in the line", form.expected)


def _no_number(form: Form, file: str, line: int, text: str, words: list[str], numbers: list[float | None]) -> Problem:
    word = numbers.index(None)
    word += word >= form.class_at
    column = text_lines.column_of(text, word)
    return Problem("syntax", Place(file, line, column), f"{quoted(words[word])} is not a number", form.expected)


def _no_class(form: Form, file: str, line: int, text: str, words: list[str]) -> Problem:
    place = Place(file, line, text_lines.column_of(text, form.class_at))
    reason = f"{quoted(words[form.class_at])} is not the number of a class"
    return Problem("syntax", place, reason, f"a number from 0 to {len(form.classes) - 1}")


def _splits(images: pl.DataFrame, start: str) -> pl.DataFrame:
    """The splits that folders between the dataset's start and the images name."""
    rows = [
        (row, split)
        for row, path in images.drop_nulls("file_row").select("file_row", "path").iter_rows()
        if (split := _split_of(posixpath.dirname(path)[len(start) :].split("/"))) is not None
    ]
    return pl.DataFrame(rows, schema=SPLITS, orient="row")


def _split_of(parts: Iterable[str]) -> str | None:
    return next((split for part in parts if (split := splits.canonical(part)) is not None), None)


__all__ = ["Form", "read"]
