"""The table of files, from what was found."""

from __future__ import annotations

import os

import polars as pl

#: What is known of a file that was found: its path, the number of its folder, and columns of `Tree.files`.
COLUMNS = {
    "os_path": pl.Binary,
    "number": pl.UInt32,
    "bytes": pl.UInt64,
    "mtime_ns": pl.Int64,
    "ctime_ns": pl.Int64,
    "link": pl.String,
    "real": pl.Binary,
    "foreign_link": pl.String,
    "foreign_target": pl.String,
}


def text(path: bytes) -> str:
    r"""`path` as valid UTF-8 with `/` between parts; bytes that are none are written `\xNN`."""
    decoded = path.decode("utf-8", "backslashreplace")
    return decoded if os.sep == "/" else decoded.replace(os.sep, "/")


def extension_of(name: bytes) -> str:
    """The extension of a file's name in lower case, without its dot; empty if it has none."""
    stem, dot, extension = name.rpartition(b".")
    return extension.decode("utf-8", "backslashreplace").lower() if stem and dot else ""


def in_order(found: pl.DataFrame, folders: list[str], extensions: frozenset[str]) -> pl.DataFrame:
    """`Tree.files` of what was found: its columns from `os_path` on, with the `number` of a folder in `folders`.

    Columns of which nothing is known may be left out; a `cell` of a table is a picture without an extension.
    """
    schema = COLUMNS | {"etag": pl.String, "cell": pl.Boolean}
    found = found.select(
        pl.col(name) if name in found.columns else pl.lit(None, dtype).alias(name) for name, dtype in schema.items()
    )
    paths = pl.Series("path", [text(path) for path in found["os_path"]], pl.String)
    numbered = pl.DataFrame({"folder": folders}, schema={"folder": pl.String}).with_row_index("number")
    name, cell = pl.col("path").str.replace(r"(?s)^.*/", ""), pl.col("cell").fill_null(value=False)
    return (
        found.insert_column(0, paths)
        .join(numbered, on="number", how="left", maintain_order="left")
        .drop("number")
        .with_columns(name.alias("name"))
        .with_columns(
            pl.col("name").str.extract(r"(?s)^.+\.([^.]*)$").str.to_lowercase().fill_null("").alias("extension"),
            pl.col("name").str.replace(r"(?s)^(.+)\.[^.]*$", "$1").alias("stem"),
        )
        .with_columns(
            candidate=pl.col("extension").is_in(sorted(extensions)) | cell,
            extension=pl.when(~cell).then("extension"),
            stem=pl.when(cell).then("name").otherwise("stem"),
        )
        .drop("cell")
        .sort("path", "os_path")
        .with_row_index("file_row")
    )


__all__ = ["COLUMNS", "extension_of", "in_order", "text"]
