"""A division of a YOLO dataset: `images/train`, `labels/train` and a data file."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import polars as pl
import yaml

from datalint.splitting.names import free
from datalint.splitting.ratios import SplitError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from datalint.dataset import Dataset
    from datalint.splitting.division import Division

_ELSE = "--lists DIR divides any dataset"
#: What a data file says of places; the rest of it is kept.
_PLACES = ("path", "train", "val", "valid", "test", "download", "yaml_file")


def planned(
    division: Division, rows: Sequence[tuple[int, str, str]], places: Mapping[int, Path]
) -> tuple[dict[str, Path], dict[str, bytes], list[str]]:
    """The files of the new dataset: those that are copied, those that are written; and what is left out, in words.

    An image keeps its name, and its label file has the same; of two with one name in a split the second gets a number.
    """
    labels = _label_files(division.data)
    taken: dict[str, int] = {}
    files: dict[str, Path] = {}
    for image, path, split in rows:
        # The label file is named after the stem: two images may not share it.
        stem = free(f"{split}/{PurePosixPath(path).stem}", taken)
        files[f"images/{stem}{PurePosixPath(path).suffix}"] = places[image]
        if image in labels:
            files[f"labels/{stem}.txt"] = labels[image]
    document = _data_file(division.data)
    document = {**{name: f"images/{name}" for name in division.splits}, **document}
    body = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, default_flow_style=None)
    return files, {"data.yaml": body.encode()}, []


def _label_files(data: Dataset) -> dict[int, Path]:
    """Image -> its label file."""
    described = data.described.select("image", "file").drop_nulls().unique().collect()
    several = described.filter(pl.col("image").is_duplicated())
    if several.height:
        raise SplitError(
            f"{several['file'][0]} and another file describe one image: --to takes one label file an image; {_ELSE}"
        )
    assert isinstance(data.root, Path)
    found = {image: data.root / file for image, file in described.iter_rows()}
    for file in found.values():
        if not file.is_file():
            raise SplitError(f"{file} is not a file of its own: {_ELSE}")
    return found


def _data_file(data: Dataset) -> dict[str, Any]:
    """What the new data file says of classes: what the old one says, else the names that are known."""
    assert isinstance(data.root, Path)
    declared = data.table("classes").select("class", "class_id", "source").drop_nulls()
    sources = declared["source"].unique().sort().to_list()
    documents = [source for source in sources if source.lower().endswith((".yaml", ".yml"))]
    if len(documents) > 1:
        raise SplitError(f"{' and '.join(documents)} both list classes: {_ELSE}")
    if documents:
        try:
            found = yaml.safe_load((data.root / documents[0]).read_text("utf-8-sig"))
            return {key: value for key, value in found.items() if key not in _PLACES}
        except (OSError, ValueError, AttributeError, RecursionError, yaml.YAMLError) as error:
            raise SplitError(f"{documents[0]} is not read ({' '.join(str(error).split())}): {_ELSE}") from None
    names = dict(
        declared.filter(pl.col("source") == (sources[0] if sources else "")).select("class_id", "class").rows()
    )
    if not names:
        used = data.annotations.select("class_id", "class").drop_nulls().unique().collect().sort("class_id")
        names = dict(used.rows())
    return {"names": {number: names.get(number, str(number)) for number in range(max(names, default=-1) + 1)}}
