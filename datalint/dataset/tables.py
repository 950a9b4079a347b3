"""The tables of a dataset, from its files and their annotations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import polars as pl

from datalint.dataset.assembly.annotations import CLASSES
from datalint.dataset.containers.records import Kind
from datalint.dataset.files import roles
from datalint.dataset.files.extensions import CAMERA_RAW, DECLARING_EXTENSIONS, LABEL_EXTENSIONS, reason_for
from datalint.dataset.schema import conform

if TYPE_CHECKING:
    from datalint.config.settings import Config
    from datalint.dataset.assembly.merge import Merged
    from datalint.dataset.files.tree import Tree

#: Share of images with several classes from which a dataset counts as multi-label.
_MULTI_SHARE = 0.05


_DVC = "a pointer of DVC, and what it stands for is not here: run dvc pull"


def tabulate(tree: Tree, found: Merged, config: Config) -> dict[str, pl.DataFrame]:
    """Every table that is known before an image is opened; the candidates of `tree` are the images."""
    images = tree.files.filter("candidate").with_row_index("image")
    numbers = images.select("file_row", "image")

    def numbered(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.join(numbers, on="file_row", how="left", maintain_order="left")

    by_image = {
        "splits": numbered(found.splits).unique(maintain_order=True).sort("image", "split"),
        "labels": numbered(found.labels),
        "boxes": numbered(found.boxes),
        "polygons": numbered(found.polygons),
        "keypoints": numbered(found.keypoints),
        "named": numbered(found.named),
    }
    read = [file for file, outcome in found.outcomes.items() if outcome.kind is Kind.READ]
    tables = {
        "images": images,
        **by_image,
        "classes": _classes(found, config),
        "problems": found.problems,
        "folders": roles.folders(tree, found.roles, roles.declared(tree, config), found.masks, read),
        "skipped": _skipped(tree, found),
    }
    return {name: conform(name, table) for name, table in tables.items()}


def task(labels: pl.DataFrame, multi: bool) -> Literal["single", "multi"] | None:
    """Whether an image has one class or several; None without labels. `multi`: a source says that there are several."""
    if labels.is_empty():
        return None
    if multi:
        return "multi"
    classes = labels.drop_nulls(["image", "class"]).group_by("image").agg(pl.col("class").n_unique())
    several = classes.filter(pl.col("class") > 1).height
    return "multi" if several and several >= _MULTI_SHARE * classes.height else "single"


def _classes(found: Merged, config: Config) -> pl.DataFrame:
    own = pl.DataFrame(
        {"class": config.classes, "class_id": range(len(config.classes)), "source": ["config"] * len(config.classes)},
        schema=CLASSES,
    )
    classes = conform("classes", pl.concat([found.classes, own], how="diagonal"))
    tables = (found.labels, found.boxes, found.polygons, found.keypoints)
    names = pl.concat([table["class"] for table in tables]).unique()
    return classes.with_columns(pl.coalesce("used", pl.col("class").is_in(names.implode())))


def _skipped(tree: Tree, found: Merged) -> pl.DataFrame:
    columns = ("path", "kind", "reason", "link", "target")
    named = pl.DataFrame(tree.skipped, schema=dict.fromkeys(columns, pl.String), orient="row")
    named = named.with_columns(pl.col("reason").alias("group"))
    rows: list[tuple[str | None, ...]] = []
    there = tree.folder_set.union(tree.files["path"]) if "dvc" in tree.files["extension"] else frozenset()
    by_extension: dict[tuple[str, bool], tuple[str, str, str]] = {}
    wanted = pl.col("extension").is_in(sorted(DECLARING_EXTENSIONS))
    others = tree.files.filter(~pl.col("candidate")).select(
        "path", "extension", *(pl.when(wanted).then(name) for name in ("foreign_link", "foreign_target"))
    )
    for path, extension, link, target in others.iter_rows():
        outcome = found.outcomes.get(path)
        if extension == "dvc" and path.removesuffix(".dvc") not in there:
            kind, reason, group = "dvc-pointer", _DVC, _DVC
        elif outcome is None:
            key = (extension, link is not None)
            if path in tree.unopened:
                rows.append((path, "not-an-image", tree.unopened[path], link, target, tree.unopened[path]))
                continue
            if (said := by_extension.get(key)) is None:
                said = by_extension[key] = _not_looked_into(*key)
            kind, reason, group = said
        else:
            is_label = outcome.kind is Kind.READ or extension in LABEL_EXTENSIONS
            kind, reason, group = "label-file" if is_label else "not-an-image", str(outcome), outcome.words
        rows.append((path, kind, reason, link, target, group))
    table = pl.concat([named, pl.DataFrame(rows, schema=named.schema, orient="row")])
    folder = pl.col("path").str.replace(r"(?s)/?[^/]*$", "")
    return table.with_columns(folder.is_in(sorted(found.class_folders)).alias("in_class")).sort("path", "kind")


def _not_looked_into(extension: str, foreign: bool) -> tuple[str, str, str]:
    """Kind, reason and group of a file without an outcome."""
    is_label = extension in LABEL_EXTENSIONS
    reason = "not read: no label format was recognised in it" if is_label else reason_for(extension)
    if foreign:
        reason = "not read: a symbolic link leads out of the dataset"
    kind = "label-file" if is_label else "camera-raw" if extension in CAMERA_RAW else "not-an-image"
    return kind, reason, reason


__all__ = ["tabulate", "task"]
