"""Which formats of label files are read: one line a format."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from datalint.dataset.formats import label_files

if TYPE_CHECKING:
    from datalint.config.settings import Config
    from datalint.dataset.assembly.annotations import Annotations
    from datalint.dataset.files.tree import Tree

#: Format -> its module in this folder; the order in which they are asked.
MODULES = {
    "coco": "coco.datasets",
    "voc": "voc.datasets",
    "cvat": "cvat",
    "labelme": "labelme",
    "createml": "createml",
    "via": "via",
    "yolo": "yolo.datasets",
    "kitti": "kitti",
    "dota": "dota",
    "box-table": "tables.boxes",
    "masks": "masks.pairs",
}
_FOLDERS_AND_TABLES = {"image-folder": "image_folder", "table": "tables.labels"}

NAMES = (*_FOLDERS_AND_TABLES, *MODULES)


def read_all(tree: Tree, config: Config) -> list[Annotations]:
    """What every format's module finds; only that of `config.layout` where one is asked for."""
    if config.layout is not None and config.layout not in MODULES:
        return []
    wanted = [config.layout] if config.layout is not None else list(MODULES)
    modules = {name: import_module(f"datalint.dataset.formats.{MODULES[name]}") for name in wanted}
    # Formats of label files are asked together: each file goes to the first one that recognises it.
    found = label_files.read(tree, [one for module in modules.values() for one in getattr(module, "FORMATS", ())])
    taken = {file for source in found for file in source.outcomes}
    for name, module in modules.items():
        if name == "box-table":
            found += module.read(tree, config, taken)
        elif not hasattr(module, "FORMATS"):
            found += module.read(tree, config)
    return found


def summaries() -> dict[str, str]:
    """Format -> what it is, in one sentence: the first line of its module's docstring."""
    modules = _FOLDERS_AND_TABLES | MODULES
    docs = {name: import_module(f"datalint.dataset.formats.{module}").__doc__ for name, module in modules.items()}
    return {name: (doc or "").strip().splitlines()[0] for name, doc in docs.items()}
