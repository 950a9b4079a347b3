"""Datasets that a Python program already holds, as images with labels: what each library's object has, in one form.

No library is imported that the object does not come from.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, repeat
from pathlib import Path
from typing import Any, NamedTuple

#: What columns of images and of labels are called, the likeliest first.
_IMAGES = (
    "image",
    "img",
    "images",
    "image_path",
    "filepath",
    "file_path",
    "path",
    "file_name",
    "filename",
    "file",
    "jpg",
    "png",
)
_LABELS = ("label", "labels", "class", "class_name", "category", "target", "fine_label", "y")
_SPLIT = "split"
#: Ends of names that are no image's.
_LISTS = (".json", ".jsonl", ".csv", ".tsv", ".xml", ".txt", ".yaml", ".yml", ".parquet", ".arrow", ".tar", ".zip")
_TAKES = (
    "paths, also in a list; a torchvision dataset; a Hugging Face Dataset or DatasetDict; a torch.utils.data.Dataset "
    "or sequence of (image, label); a list of paths, PIL images or arrays with labels=...; a pandas or Polars frame "
    "with a column of images and one of labels; or a dict of these, one a split"
)


class Sample(NamedTuple):
    """One image of an object."""

    image: Any
    """A path, bytes, a PIL image, an array or tensor; or an exception, why there is none."""
    labels: Any = None
    """Names or numbers of its classes, one or several; None if it has none."""
    name: str | None = None
    """What its file is called, where that is known."""
    split: str | None = None


class Part(NamedTuple):
    """The images of one split, or all."""

    split: str
    """Its name; '' where it is all of the dataset."""
    samples: Iterator[Sample]
    classes: tuple[str, ...]
    """The names of classes, in the order of their numbers; empty where they are not declared."""


class Given(NamedTuple):
    """A dataset that was handed over as an object."""

    name: str
    """What it is called in reports."""
    parts: list[Part]


def is_path(given: object) -> bool:
    """Whether what was handed over names a file, folder or URL."""
    return isinstance(given, str | os.PathLike)


def spread(given: tuple[Any, ...]) -> tuple[Any, ...]:
    """One list of folders or label files as each of them by itself; a list of images is an object."""
    if len(given) != 1 or not isinstance(given[0], list | tuple) or not all(map(is_path, given[0])):
        return given
    places = tuple(given[0])
    return places if any(Path(one).is_dir() or str(one).lower().endswith(_LISTS) for one in places) else given


def taken(given: Any, labels: Any = None) -> Given:
    """What an object holds; raises TypeError where it is none that is known.

    `labels` are those of a list of images, or the name of a frame's column.
    """
    name = type(given).__name__
    if isinstance(given, Mapping):
        if not given or labels is not None:
            raise TypeError(f"scan() takes a dict of datasets, one a split, and no labels beside it; it takes {_TAKES}")
        parts = [_part(str(split), one, None) for split, one in given.items()]
        names = {type(one).__name__ for one in given.values()}
        return Given(name if name != "dict" else names.pop() if len(names) == 1 else "datasets", parts)
    part = _part("", given, labels)
    return Given(name if name not in ("list", "tuple") else "images", [part])


def _part(split: str, given: Any, labels: Any) -> Part:
    """One dataset; raises TypeError."""
    libraries = {kind.__module__.partition(".")[0] for kind in type(given).__mro__}
    if "datasets" in libraries:
        samples, classes = _hugging_face(given, labels)
    elif "pandas" in libraries or "polars" in libraries:
        samples, classes = _frame(given, labels)
    elif hasattr(given, "__getitem__") and hasattr(given, "__len__") and not isinstance(given, str | bytes):
        samples, classes = _sequence(given, labels)
    else:
        hint = " (make a list of it)" if isinstance(given, Iterator) else ""
        kind = f"{type(given).__module__}.{type(given).__qualname__}{hint}"
        raise TypeError(f"scan() cannot take a {kind}; it takes {_TAKES}")
    return Part(split, samples, classes)


# -- sequences, of torch and others ----------------------------------------------------------------------------------


def _sequence(given: Any, labels: Any) -> tuple[Iterator[Sample], tuple[str, ...]]:
    """Images, or pairs of an image and its label."""
    if labels is not None:
        if isinstance(labels, str) or not hasattr(labels, "__len__") or len(labels) != len(given):
            raise TypeError(f"labels= takes one label for each of the {len(given):,} images")
        return (Sample(given[at], labels[at]) for at in range(len(given))), ()
    classes = _classes(given)
    files = _files(given)
    if files is not None:
        return (Sample(path, label) for path, label in files), classes
    plain = _without_transforms(given)
    return (_sample(plain, at) for at in range(len(given))), classes


def _classes(given: Any) -> tuple[str, ...]:
    classes = getattr(_innermost(given), "classes", None)
    if isinstance(classes, list | tuple) and classes:
        return tuple(" ".join(map(str, name)) if isinstance(name, tuple) else str(name) for name in classes)
    return ()


def _innermost(given: Any) -> Any:
    """Below parts of a dataset and several in a row, the first dataset itself."""
    for _ in range(32):
        if isinstance(getattr(given, "datasets", None), list) and given.datasets:
            given = given.datasets[0]
        elif hasattr(given, "indices") and hasattr(given, "dataset"):
            given = given.dataset
        else:
            break
    return given


def _files(given: Any) -> list[tuple[str, Any]] | None:
    """Paths with labels, where a dataset has them as torchvision's ImageFolder does; nothing is opened then."""
    if hasattr(given, "indices") and hasattr(given, "dataset"):
        whole = _files(given.dataset)
        return None if whole is None else [whole[int(at)] for at in given.indices]
    if isinstance(getattr(given, "datasets", None), list):
        parts = [_files(one) for one in given.datasets]
        return None if None in parts else list(chain.from_iterable(part for part in parts if part is not None))
    samples = getattr(given, "samples", None) or getattr(given, "imgs", None)
    if not isinstance(samples, list) or len(samples) != len(given):
        return None
    pairs = [sample for sample in samples if isinstance(sample, tuple) and len(sample) == 2 and is_path(sample[0])]
    return pairs if len(pairs) == len(samples) else None


def _without_transforms(given: Any) -> Any:
    """A torchvision dataset as it is stored: what is cropped at random is not what is in it."""
    if hasattr(given, "indices") and hasattr(given, "dataset"):
        plain = copy.copy(given)
        plain.dataset = _without_transforms(given.dataset)
        return plain
    if hasattr(given, "transforms") and hasattr(given, "transform") and hasattr(given, "target_transform"):
        plain = copy.copy(given)
        plain.transforms = plain.transform = plain.target_transform = None
        return plain
    return given


def _sample(given: Any, at: int) -> Sample:
    try:
        found = given[at]
    except Exception as error:  # a dataset is a stranger's program
        return Sample(error)
    if isinstance(found, Mapping):
        image = next((found[name] for name in _IMAGES if name in found), None)
        label = next((found[name] for name in _LABELS if name in found), None)
        return Sample(TypeError("it has none of the keys that images are under") if image is None else image, label)
    if isinstance(found, tuple | list):
        if not found:
            return Sample(TypeError("it is empty"))
        label = found[1] if len(found) > 1 else None
        return Sample(found[0], None if isinstance(label, Mapping) else label)
    return Sample(found)


# -- Hugging Face ----------------------------------------------------------------------------------------------------


def _hugging_face(given: Any, labels: Any) -> tuple[Iterator[Sample], tuple[str, ...]]:
    """A Dataset of `datasets`: its images are not decoded."""
    features = getattr(given, "features", None)
    if not hasattr(given, "__len__") or not features:
        raise TypeError("scan() takes a Dataset or DatasetDict of Hugging Face, not one that is streamed")
    images = [name for name, feature in features.items() if type(feature).__name__ == "Image"]
    column = next(iter(images), None) or next((name for name in _IMAGES if name in features), None)
    if column is None:
        raise TypeError(f"no column of the Dataset holds images: {', '.join(features)}")
    label = _label_column(features, labels)
    columns = [column] if label is None else [column, label]
    rows = given.select_columns(columns).with_format(None)
    if images:
        rows = rows.cast_column(column, type(features[column])(decode=False))
    classes = () if label is None else tuple(getattr(_inner(features[label]), "names", None) or ())

    def samples() -> Iterator[Sample]:
        for row in rows:
            image, name = row[column], None
            if isinstance(image, Mapping):
                data, name = image.get("bytes"), image.get("path")
                image = data if data is not None else name
            missing = ValueError("the row has no image")
            yield Sample(missing if image is None else image, None if label is None else row[label], name)

    return samples(), classes


def _label_column(features: Mapping[str, Any], asked: Any) -> str | None:
    if asked is not None:
        if asked not in features:
            raise TypeError(f"labels= names no column of the Dataset: {', '.join(features)}")
        return str(asked)
    of_classes = [name for name, feature in features.items() if type(_inner(feature)).__name__ == "ClassLabel"]
    return next((name for name in (*_LABELS, *of_classes) if name in features and _is_label(features[name])), None)


def _inner(feature: Any) -> Any:
    """What a list of something is a list of."""
    if isinstance(feature, list) and feature:
        return feature[0]
    inner = getattr(feature, "feature", None)
    return feature if inner is None or isinstance(inner, Mapping) else inner


def _is_label(feature: Any) -> bool:
    inner = _inner(feature)
    plain = getattr(inner, "dtype", "")
    return type(inner).__name__ == "ClassLabel" or plain in ("string", "large_string") or "int" in str(plain)


# -- frames ----------------------------------------------------------------------------------------------------------


def _frame(given: Any, labels: Any) -> tuple[Iterator[Sample], tuple[str, ...]]:
    """A frame of pandas or Polars."""
    columns = [str(column) for column in getattr(given, "columns", ())]
    if not hasattr(given, "__len__") or not columns:
        raise TypeError("scan() takes a DataFrame of pandas or Polars: collect a lazy one first")
    lower = {column.lower(): column for column in reversed(columns)}
    image = next((lower[name] for name in _IMAGES if name in lower), None)
    if image is None:
        raise TypeError(f"no column of the frame is called as one of images is ({', '.join(_IMAGES)})")
    if isinstance(labels, str):
        if labels not in columns:
            raise TypeError(f"labels= names no column of the frame: {', '.join(columns)}")
        label: str | None = labels
    else:
        label = next((lower[name] for name in _LABELS if name in lower), None)
    split = lower.get(_SPLIT)
    if labels is not None and not isinstance(labels, str):
        if len(labels) != len(given):
            raise TypeError(f"labels= takes one label for each of the {len(given):,} images")
        found: Any = labels
    else:
        found = repeat(None) if label is None else given[label]
    splits: Any = repeat(None) if split is None else given[split]

    def samples() -> Iterator[Sample]:
        for one, name, part in zip(given[image], found, splits, strict=False):
            data, own = one, None
            if isinstance(one, Mapping):
                data, own = one.get("bytes"), one.get("path")
                data = own if data is None else data
            missing = data is None or data != data
            yield Sample(ValueError("the row has no image") if missing else data, name, own, part)

    return samples(), ()


# -- labels ----------------------------------------------------------------------------------------------------------


def names(labels: Any, classes: Sequence[str]) -> list[str]:
    """The names of an image's classes; none where it has none.

    A list is of names or numbers, or has a 0 or 1 for each of `classes`.
    """
    if labels is None:
        return []
    if hasattr(labels, "tolist"):
        labels = labels.tolist()
    if isinstance(labels, list | tuple | set):
        numbers = [label for label in labels if isinstance(label, int | float)]
        if classes and len(numbers) == len(labels) == len(classes) > 1 and set(numbers) <= {0, 1}:
            return [name for name, given in zip(classes, labels, strict=True) if given]
        return list(dict.fromkeys(chain.from_iterable(names(label, classes) for label in labels)))
    if isinstance(labels, float):
        if labels != labels or not labels.is_integer():
            return []
        labels = int(labels)
    if isinstance(labels, int):
        return [] if labels < 0 else [classes[labels] if labels < len(classes) else str(int(labels))]
    return [str(labels)] if isinstance(labels, str) and labels else []


__all__ = ["Given", "Part", "Sample", "is_path", "names", "spread", "taken"]
