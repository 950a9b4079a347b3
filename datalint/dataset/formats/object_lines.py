"""One text file an image, one object a line, its class a word among numbers: what KITTI and DOTA have in common."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from datalint.dataset.assembly.annotations import (
    BOXES,
    NAMED,
    SPLITS,
    Annotations,
)
from datalint.dataset.containers import text_lines
from datalint.dataset.containers.records import Kind, Outcome, Place, Problem, counted
from datalint.dataset.files import splits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
    """A pattern of lines that are no objects."""


def read(tree: Tree, form: Form) -> list[Annotations]:
    """Every dataset of the format under the root."""
    texts = tree.texts
    if texts.is_empty():
        return []
    pairs = tree.label_pairs
    by_start: dict[str, list[str]] = {}
    for (folder,), files in texts.group_by("folder", maintain_order=True):
        if _is_of_form(tree, str(folder), files, pairs, form):
            by_start.setdefault(_start(str(folder)), []).append(str(folder))
    return [_dataset(tree, texts, pairs, form, start, folders) for start, folders in sorted(by_start.items())]


def _is_of_form(tree: Tree, folder: str, files: pl.DataFrame, pairs: pl.DataFrame, form: Form) -> bool:
    paired = files.join(pairs, left_on="row", right_on="label", how="semi")
    named = any(form.folders.fullmatch(part) for part in folder.split("/"))
    if paired.is_empty() and not named:
        return False
    sample = text_lines.sample(files if paired.is_empty() else paired, tree.head)
    lines = [words for words in sample if not re.search(form.header, " ".join(words))]
    fitting = sum(_fits(words, form) for words in lines)
    return bool(fitting) and fitting >= _ENOUGH * len(lines)


def _fits(words: list[str], form: Form) -> bool:
    if len(words) not in form.counts:
        return False
    numbers = pl.Series(words).cast(pl.Float64, strict=False).is_null()
    return bool(numbers[form.class_at]) and int(numbers.sum()) == 1


def _start(folder: str) -> str:
    """Where the dataset starts whose labels are in `folder`: above it, and above the split."""
    parent = posixpath.dirname(folder)
    return posixpath.dirname(parent) if splits.canonical(posixpath.basename(parent)) else parent


def _dataset(
    tree: Tree, texts: pl.DataFrame, pairs: pl.DataFrame, form: Form, start: str, folders: list[str]
) -> Annotations:
    """The label files in `folders`; of several about the same image, the one in the last folder by name is read."""
    texts = texts.filter(pl.col("folder").is_in(folders)).sort("path")
    pairs = pairs.join(texts, left_on="label", right_on="row").sort("folder", descending=True, maintain_order=True)
    first = pairs.unique("image", keep="first", maintain_order=True).select("label", "image")
    again = pairs.join(first, on="label", how="anti")
    found = Annotations(form.name, folders[0] if len(folders) == 1 else start, precision=1)
    outcomes: dict[str, Outcome] = dict.fromkeys(
        again["path"].to_list(), Outcome(Kind.UNUSED, f"not added: {form.title}, of images read already")
    )
    alone = texts.join(pairs, left_on="row", right_on="label", how="anti")
    if first.is_empty():
        images = alone.select(
            pl.col("row").alias("label"), pl.lit(None, pl.UInt32).alias("file_row"), _expected(form).alias("path")
        )
    else:
        found.problems += [
            Problem("unused-file", Place(path), "there is no image of this name", "an image of the same name")
            for path in alone["path"].to_list()
        ]
        outcomes |= dict.fromkeys(
            alone["path"].to_list(), Outcome(Kind.UNUSED, "not used: there is no image of this name")
        )
        paths = tree.files.rename({"file_row": "image"}).select("image", "path")
        images = first.join(paths, on="image", how="left").rename({"image": "file_row"}).sort("label", "file_row")
    used = texts.join(images, left_on="row", right_on="label", how="semi")
    lines = text_lines.read(used, tree.data)
    files = used.select("path", "row").rename({"path": "file", "row": "label"}).with_row_index("number")
    files = files.filter(~pl.col("file").is_in(list(lines.failed)))
    objects, bad = _objects(
        lines.frame.rename({"file": "number"}).join(files, on="number", maintain_order="left"), form
    )
    placed = objects.join(images, on="label", how="left", maintain_order="left").with_row_index("box")
    found.boxes = _like(BOXES, placed)
    found.named = _like(NAMED, images.join(files, on="label", maintain_order="left"))
    found.splits = _splits(images, start)
    found.problems += [*lines.problems, *bad]
    said = Outcome(Kind.READ, f"read as {form.title}")
    found.outcomes = outcomes | lines.failed | dict.fromkeys(files["file"].to_list(), said)
    where = found.source or "the root"
    classes = found.boxes.filter(pl.col("class").ne_missing(form.ignored))["class"].n_unique()
    counts = [counted(images.height, "image", "images"), counted(found.boxes.height, "box", "boxes")]
    sentences = [f"{form.title}: {where}, {', '.join([*counts, counted(classes, 'class', 'classes')])}."]
    ignored = int(found.boxes["crowd"].sum())
    if ignored:
        sentences.append(f"{form.ignored} marks {counted(ignored, 'region', 'regions')} to be ignored.")
    if again.height:
        other, leading = again["folder"][0], pairs["folder"][0]
        sentences.append(f"{other} is about the same images as {leading}, which was read.")
    found.evidence = tuple(sentences)
    return found


def _expected(form: Form) -> pl.Expr:
    """Where the image of a label file would be, its extension unknown."""
    return pl.concat_str(pl.col("folder").str.replace(r"(?s)[^/]*$", form.images), pl.lit("/"), "stem")


def _objects(lines: pl.DataFrame, form: Form) -> tuple[pl.DataFrame, list[Problem]]:
    """The objects in `lines` (file, line, text), and the lines that are none."""
    lines = lines.filter(~pl.col("text").str.contains(form.header))
    lines = lines.with_columns(text_lines.words(lines["text"]).alias("words"))
    count = pl.col("words").list.len()
    numbers = pl.concat_list(
        pl.col("words").list.head(form.class_at), pl.col("words").list.slice(form.class_at + 1)
    ).cast(pl.List(pl.Float64), strict=False)
    lines = lines.with_columns(count.alias("count"), numbers.alias("numbers"))
    right = pl.col("count").is_in(form.counts)
    fine = right & (pl.col("numbers").list.drop_nulls().list.len() == pl.col("count") - 1)
    bad = lines.filter(~fine)
    problems = [
        _problem(file, line, text, words, numbers, form)
        for file, line, text, words, numbers in bad.select("file", "line", "text", "words", "numbers").iter_rows()
    ]
    name = pl.col("words").list.get(form.class_at)
    objects = lines.filter(fine).with_columns(
        name.alias("class"),
        pl.col("numbers").list.slice(*form.box).alias("raw"),
        pl.lit(form.unit).alias("unit"),
        (pl.lit(True) if form.ignored is None else name == form.ignored).alias("crowd"),
    )
    return (objects.drop("crowd") if form.ignored is None else objects), problems


def _problem(file: str, line: int, text: str, words: list[str], numbers: list[float | None], form: Form) -> Problem:
    if len(words) not in form.counts:
        reason = f"{len(words)} word{'s' if len(words) != 1 else ''} in the line"
        return Problem("syntax", Place(file, line), reason, form.expected)
    place = numbers.index(None)
    place += place >= form.class_at
    reason = f"{words[place][:80]!r} is no number"
    return Problem("syntax", Place(file, line, text_lines.column_of(text, place)), reason, form.expected)


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


def _like(schema: Mapping[str, object], frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(kind).alias(name)  # type: ignore[arg-type]
        for name, kind in schema.items()
    )
