"""Which text file holds the labels of which image, where each image has a file of its own name."""

from __future__ import annotations

import polars as pl

#: `label` and `image` are rows of `Tree.files`.
SCHEMA = {"label": pl.UInt32, "image": pl.UInt32}
#: A folder beside the one with the images holds their labels if this share of its files has an image there.
_ENOUGH = 0.5
#: Of more folders side by side that hold an image of one name, so many are looked at: each with each would be too many.
_MOST_NEAR = 64


def text_files(usable: pl.DataFrame) -> pl.DataFrame:
    """The `.txt` files among rows of `Tree.files`, as `pairs` takes them: row, path, folder, name, stem, bytes."""
    texts = usable.filter(pl.col("extension") == "txt")
    return texts.select(pl.col("file_row").alias("row"), "path", "folder", "name", "stem", "bytes")


def label_folder(folder: str) -> str:
    """Where Ultralytics looks for the labels of the images in `folder`: the last `/images/` becomes `/labels/`.

    Reference: `img2label_paths` in https://github.com/ultralytics/ultralytics/blob/main/ultralytics/data/utils.py
    """
    return "/labels/".join(f"/{folder}/".rsplit("/images/", 1)).strip("/")


def image_folder(folder: str) -> str:
    """The folder of the images whose labels are in `folder`; the same where it is not called `labels`."""
    return "/images/".join(f"/{folder}/".rsplit("/labels/", 1)).strip("/")


def pairs(files: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
    """Each image among `files` that one of `texts` is named after, and that file.

    Looked for in this order: by Ultralytics' rule, beside the image, in a folder beside the image's. There may be
    several of the last kind; what is in them tells which one holds labels.
    """
    images = (
        files.filter(pl.col("candidate") & (pl.col("extension") != "txt"))
        .select(pl.col("file_row").alias("image"), "folder", "stem")
        .join(texts.select("stem").unique(), on="stem", how="semi")
    )
    if images.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    rule = {folder: label_folder(folder) for folder in images["folder"].unique().to_list()}
    labels = texts.select(pl.col("row").alias("label"), pl.col("folder").alias("of"), "stem")
    by_rule = images.with_columns(pl.col("folder").replace_strict(rule, return_dtype=pl.String).alias("of")).join(
        labels, on=["of", "stem"]
    )
    left = images.join(by_rule, on="image", how="anti")
    beside = left.with_columns(pl.col("folder").alias("of")).join(labels, on=["of", "stem"])
    found = pl.concat([by_rule.select("label", "image"), beside.select("label", "image")])
    placed = labels.join(found, on="label", how="semi")
    left = left.join(beside, on="image", how="anti")
    lonely = labels.join(placed, on="of", how="anti")
    return pl.concat([found, _across(lonely, left)]).sort("image", "label").cast(SCHEMA)  # type: ignore[arg-type]


def _across(labels: pl.DataFrame, images: pl.DataFrame) -> pl.DataFrame:
    """Pairs over folders of any name: `x/Labels/a.txt` of `x/Images/a.jpg`, `x/L/train/a.txt` of `x/I/train/a.jpg`."""
    images = images.rename({"folder": "with"})
    found = [labels.clear().join(images.clear(), on="stem").select("label", "image", "of", "with")]
    for pattern in (r"(?s)/?[^/]*$", r"(?s)[^/]*(/[^/]*)$"):
        sides = [
            side.filter(pl.col(column) != "").with_columns(pl.col(column).str.replace(pattern, "/$1").alias("near"))
            for side, column in ((labels, "of"), (images, "with"))
        ]
        near = sides[1].sort("with").filter(pl.int_range(pl.len()).over("near", "stem") < _MOST_NEAR)
        found.append(sides[0].join(near, on=["near", "stem"]).select("label", "image", "of", "with"))
    several = pl.concat(found).unique()
    sizes = labels.group_by("of").agg(pl.len().alias("size"))
    best = (
        several.group_by("of", "with")
        .agg(pl.col("label").n_unique().alias("count"))
        .join(sizes, on="of")
        .filter(pl.col("count") >= _ENOUGH * pl.col("size"))
        .sort("count", "with", descending=[True, False])
        .unique("of", keep="first", maintain_order=True)
    )
    return several.join(best, on=["of", "with"], how="semi").select("label", "image").unique()
