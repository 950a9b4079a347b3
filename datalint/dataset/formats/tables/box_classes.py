"""Classes that a small file beside a table of boxes declares: `name,number` a line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from datalint.dataset.assembly.annotations import CLASSES
from datalint.dataset.containers import columns
from datalint.dataset.containers.records import Kind, Outcome, Place, Problem, decode, quoted

if TYPE_CHECKING:
    from datalint.dataset.files.tree import Tree

#: Files of these names list the classes, without a header.
_NAMES = frozenset(
    {"classes", "class", "classmapping", "classmap", "classnames", "labels", "labelmap", "labelmapping", "mapping"}
)
_SMALL = 1 << 20


def declared(tree: Tree, table: str, folder: str) -> tuple[pl.DataFrame, dict[str, Outcome]]:
    """The classes that a file beside `table` declares, and what became of that file."""
    near = tree.files.filter(
        (pl.col("folder") == folder) & pl.col("extension").is_in(["csv", "txt"]) & (pl.col("bytes") < _SMALL)
    )
    for path, row, stem in near.select("path", "file_row", "stem").iter_rows():
        if columns.plain(stem) not in _NAMES or path == table:
            continue
        try:
            text, _ = decode(tree.data(row, _SMALL), path)
        except OSError:
            continue
        lines = [line.rsplit(",", 1) for line in text.splitlines() if line.strip()]
        if not lines or any(len(one) != 2 or not re.fullmatch(r"\s*\d{1,9}\s*", one[1]) for one in lines):
            continue
        frame = pl.DataFrame(
            {
                "class": [one[0].strip().strip('"') for one in lines],
                "class_id": [int(one[1]) for one in lines],
                "source": [path] * len(lines),
            },
            schema=CLASSES,
        )
        return frame, {path: Outcome(Kind.READ, "read as a list of classes", f"{len(lines):,}")}
    return CLASSES.to_frame(), {}


def matched(boxes: pl.DataFrame, declared: pl.DataFrame) -> tuple[pl.DataFrame, list[Problem]]:
    """The boxes with the names and numbers of the declared classes; those of other classes are problems."""
    numbers: dict[str, int] = dict(declared.select("class", "class_id").iter_rows())
    by_number = {str(number): name for name, number in numbers.items()}
    used = boxes["class"].drop_nulls().unique().to_list()
    if not any(name in numbers or name in by_number for name in used):
        return boxes, []
    names = {name: by_number[name] for name in used if name not in numbers and name in by_number}
    boxes = boxes.with_columns(pl.col("class").replace(names))
    own = pl.col("class").replace_strict(numbers, default=None, return_dtype=pl.Int64)
    boxes = boxes.with_columns(pl.coalesce(own, "class_id").alias("class_id"))
    strange = boxes.filter(~pl.col("class").is_in(list(numbers)))
    source = declared["source"][0]
    return boxes, [
        Problem(
            "unknown-category",
            Place(file, line, None, pointer),
            f"the class {quoted(name)} is not declared in {source}",
            "a declared class",
            path,
        )
        for name, file, line, pointer, path in strange.select("class", "file", "line", "pointer", "path").iter_rows()
    ]


__all__ = ["declared", "matched"]
