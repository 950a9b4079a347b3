"""What the config, or a model's own files in the dataset's root, declare: classes, input size, mean and std."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from datalint.dataset import Declared

if TYPE_CHECKING:
    from collections.abc import Mapping

    from datalint.config.settings import Config
    from datalint.dataset.files.tree import Tree

#: No such file is larger; a bigger one is something else.
_MOST_BYTES = 1 << 20


def declared(tree: Tree, config: Config) -> Declared:
    """The config's settings; where it is silent, `preprocessor_config.json` (transformers) or timm's `config.json`."""
    mean, std, size, source, file = config.mean, config.std, config.input_size, None, None
    if mean is not None or std is not None:
        source = config.source.name if config.source else "config"
    for name, read in ((b"preprocessor_config.json", _transformers), (b"config.json", _timm)):
        if mean is not None or std is not None:
            break
        found_mean, found_std, found_size = read(_document(tree, name))
        if found_mean is not None or found_std is not None:
            mean, std, source = found_mean, found_std, name.decode()
            file = source
        size = size or found_size
    return Declared(classes=config.classes, input_size=size, mean=mean, std=std, normalization_source=source, file=file)


_Found = tuple[tuple[float, ...] | None, tuple[float, ...] | None, tuple[int, int] | None]


def _document(tree: Tree, name: bytes) -> Mapping[str, Any]:
    """A JSON object in the root; empty if there is none."""
    try:
        content = tree.in_root(name).read(_MOST_BYTES + 1)
        document = json.loads(content) if len(content) <= _MOST_BYTES else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _transformers(document: Mapping[str, Any]) -> _Found:
    size = document.get("crop_size") or document.get("size")
    if isinstance(size, dict):
        side = size.get("shortest_edge")
        size = [size.get("width", side), size.get("height", side)]
    return _numbers(document.get("image_mean")), _numbers(document.get("image_std")), _size(size)


def _timm(document: Mapping[str, Any]) -> _Found:
    settings = document.get("pretrained_cfg", document)
    if not isinstance(settings, dict):
        return None, None, None
    size = settings.get("input_size")  # channels, height, width
    size = [size[2], size[1]] if isinstance(size, list) and len(size) == 3 else None
    return _numbers(settings.get("mean")), _numbers(settings.get("std")), _size(size)


def _numbers(value: Any) -> tuple[float, ...] | None:
    if isinstance(value, list) and value and all(type(item) in (int, float) for item in value):
        return tuple(float(item) for item in value)
    return None


def _size(value: Any) -> tuple[int, int] | None:
    value = [value, value] if type(value) is int else value
    if isinstance(value, list) and len(value) == 2 and all(type(item) is int and item > 0 for item in value):
        return value[0], value[1]
    return None
