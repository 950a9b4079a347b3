"""Class folders, with or without split folders: the layout of torchvision's and Hugging Face's image folders.

train/cat/1.jpg          cat/train/1.jpg          cat/1.jpg          data/images/cat/1.jpg
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from datalint.dataset.assembly.annotations import CLASSES, FOLDERS, LABELS, SPLITS, Annotations, conform
from datalint.dataset.containers.records import counted
from datalint.dataset.files import splits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from datalint.config.settings import Config
    from datalint.dataset.files.tree import Tree

NAME = "image-folder"
#: The other format of classes of whole images.
_TABLE = "table"

#: Names that say what kind of file a folder holds, never what is in the picture.
_ROLES = frozenset(
    word
    for line in (
        "image images img imgs jpegimages jpg jpeg png photo photos photograph photographs picture pictures",
        "data dataset input inputs rgb raw mask masks label labels annotation annotations gt groundtruth ground_truth",
        "segmentation segmentations segmentationclass segmentationobject depth output outputs result results",
        "target targets hr lr sr upsampled downsampled",
    )
    for word in line.split()
)

Parts = tuple[str, ...]


@dataclass
class _Reading:
    """What the folder names were taken to mean."""

    splits: dict[str, str] = field(default_factory=dict)
    """Folder -> split."""
    classes: dict[str, str] = field(default_factory=dict)
    """Folder -> class."""
    empty: frozenset[str] = frozenset()
    """Classes without an image."""
    evidence: list[str] = field(default_factory=list)


def read(tree: Tree, config: Config) -> list[Annotations]:
    """Classes and splits from the names of folders; without any where the names do not tell."""
    candidates = tree.files.filter("candidate")
    counts: dict[str, int] = dict(candidates.group_by("folder").len().iter_rows())
    reading = _read(counts, _bare_folders(tree))
    by_folder = pl.DataFrame(
        {
            "folder": list(counts),
            "class": [reading.classes.get(folder) for folder in counts],
            "split": [reading.splits.get(folder) for folder in counts],
        },
        schema={"folder": pl.String, "class": pl.String, "split": pl.String},
    )
    placed = candidates.join(by_folder, on="folder", how="left", maintain_order="left")
    found = Annotations(NAME, "", FOLDERS, multi=False, evidence=tuple(reading.evidence), image_level=True)
    found.splits = conform(SPLITS, placed.filter(pl.col("split").is_not_null()))
    if config.layout != _TABLE:  # whoever asks for tables wants no classes from folders
        names = sorted(set(reading.classes.values()) | reading.empty)
        numbers = {"class": names, "class_id": range(len(names))}
        classes = pl.DataFrame(numbers, schema={"class": pl.String, "class_id": pl.Int64})
        labelled = placed.filter(pl.col("class").is_not_null())
        found.labels = conform(LABELS, labelled.join(classes, on="class", how="left", maintain_order="left"))
        found.classes = conform(CLASSES, classes.with_columns(pl.lit("folder").alias("source")))
        found.class_folders = frozenset(reading.classes)
    if found.labels.is_empty() and config.layout in (None, _TABLE):
        found.name = ""  # nobody asked for it by name, and it labels nothing
    return [found]


def _bare_folders(tree: Tree) -> list[str]:
    """Folders without any file in or below them: classes that lost their images, perhaps."""
    occupied = {""}
    for folder in tree.files["folder"].unique().to_list():
        while folder not in occupied:
            occupied.add(folder)
            folder = folder.rpartition("/")[0]
    excluded = {skip.path for skip in tree.skipped if skip.kind in ("excluded", "unreadable-folder")}
    holds_excluded = {path.rpartition("/")[0] for path in excluded}
    parents = {folder.rpartition("/")[0] for folder in tree.folders if folder}
    other = occupied | holds_excluded | excluded | parents
    return [folder for folder in tree.folders if folder not in other]


def _read(counts: Mapping[str, int], bare: Sequence[str]) -> _Reading:
    """The meaning of the folders that hold images (folder -> images), beside folders that hold nothing."""
    reading = _Reading()
    if not counts:
        return reading
    parts: dict[str, Parts] = {folder: _parts(folder) for folder in (*counts, *bare)}
    wrapping = _shared_start([parts[folder] for folder in counts])
    if any(parts[folder][:-1] == wrapping[:-1] for folder in bare if wrapping):
        wrapping = wrapping[:-1]  # the lone folder has empty siblings: it is a class, not a wrapping
    for part in wrapping:
        if split := splits.canonical(part):
            reading.splits = dict.fromkeys(counts, split)
    parts = {folder: path[len(wrapping) :] for folder, path in parts.items() if path[: len(wrapping)] == wrapping}
    if wrapping and any(parts[folder] for folder in counts):
        reading.evidence.append(f"All images lie under {'/'.join(wrapping)}, which was taken as a wrapping folder.")
    rest = _without_splits(parts, counts, reading)
    _name_classes(rest, counts, reading)
    return reading


def _outside(images: int) -> str:
    how_many = counted(images, "image lies", "images lie")
    return f"{how_many} outside the split folders, so they have no split and no class."


def _parts(folder: str) -> Parts:
    return tuple(folder.split("/")) if folder else ()


def _shared_start(paths: Sequence[Parts]) -> Parts:
    if not paths:
        return ()
    first, last = min(paths), max(paths)
    length = 0
    while length < min(len(first), len(last)) and first[length] == last[length]:
        length += 1
    return first[:length]


def _without_splits(parts: Mapping[str, Parts], counts: Mapping[str, int], reading: _Reading) -> dict[str, Parts]:
    """Take the split folders out of the paths and note them in `reading`; folders outside every split are dropped."""
    full = {folder: path for folder, path in parts.items() if folder in counts}
    for level, where in ((0, "above"), (-1, "below")):
        names = {path[level] for path in full.values() if path}
        found = splits.among(names)
        if not found or (level == -1 and len(found) < len(names)):
            continue
        if level == -1 and any(not path for path in full.values()):
            continue
        rest = {}
        for folder, path in parts.items():
            if path and path[level] in found:
                rest[folder] = path[1:] if level == 0 else path[:-1]
                if folder in counts:
                    reading.splits[folder] = found[path[level]]
        listed = ", ".join(f"{name} = {split}" if name != split else name for name, split in sorted(found.items()))
        deep = any(rest.values())
        reading.evidence.append(
            f"Split folders {where} the classes: {listed}." if deep else f"Split folders: {listed}."
        )
        if outside := sum(count for folder, count in counts.items() if folder not in rest):
            reading.evidence.append(_outside(outside))
        return rest
    return _within_parents(parts, counts, reading)


def _within_parents(parts: Mapping[str, Parts], counts: Mapping[str, int], reading: _Reading) -> dict[str, Parts]:
    """The same where split folders lie deeper, in one parent or in several: data/train/cat beside docs/1.png."""
    children: dict[Parts, set[str]] = {}
    for folder in counts:
        path = parts[folder]
        for length in range(1, len(path)):
            children.setdefault(path[:length], set()).add(path[length])
    found = {
        parent: named for parent, names in children.items() if len(set((named := splits.among(names)).values())) > 1
    }
    outer = {
        parent: named for parent, named in found.items() if not any(parent[:n] in found for n in range(len(parent)))
    }
    rest: dict[str, Parts] = {}
    split_of: dict[str, str] = {}
    for folder, path in parts.items():
        parent = next((path[:length] for length in range(1, len(path)) if path[:length] in outer), None)
        if parent is not None and (split := outer[parent].get(path[len(parent)])):
            rest[folder] = (parent if len(outer) > 1 else ()) + path[len(parent) + 1 :]
            split_of[folder] = split
    outside = sum(count for folder, count in counts.items() if folder not in rest)
    if not rest or 2 * outside > sum(counts.values()):
        return dict(parts)
    reading.splits |= {folder: split for folder, split in split_of.items() if folder in counts}
    where = ", ".join(sorted("/".join(parent) for parent in outer)[:4])
    reading.evidence.append(f"Split folders in {where}: {', '.join(sorted(set(reading.splits.values())))}.")
    if outside:
        reading.evidence.append(_outside(outside))
    return rest


def _name_classes(rest: Mapping[str, Parts], counts: Mapping[str, int], reading: _Reading) -> None:
    """Classes from what is left of the paths, if that can be classes at all."""
    full = {folder: path for folder, path in rest.items() if folder in counts}
    inner = _shared_start([path for path in full.values() if path])
    if inner and all(part.lower() in _ROLES for part in inner):
        rest = {folder: path[len(inner) :] for folder, path in rest.items() if path[: len(inner)] == inner}
    while rest and all(path and path[-1].lower() in _ROLES for folder, path in rest.items() if folder in counts):
        rest = {folder: path[:-1] for folder, path in rest.items()}
    full = {folder: path for folder, path in rest.items() if folder in counts and path}
    bare = {folder: path for folder, path in rest.items() if folder not in counts and path}
    if reason := _no_classes(full, bare, counts, reading):
        reading.evidence.append(f"No labels from folders: {reason}.")
        return
    full = _outermost(full)
    named, how = _names(full)
    reading.classes = named
    taken = set(named.values())
    depths = {len(path) for path in full.values()}
    empty = {"/".join(path) for path in bare.values() if len(path) in depths and not _is_role(path)}
    if how == "last folder":
        empty = {path[-1] for path in bare.values() if len(path) in depths}
    reading.empty = frozenset(empty - taken)
    count = len(taken | reading.empty)
    text = f"Class folders: {count:,} classes, named after the {how}."
    if reading.empty:
        text += f" {len(reading.empty):,} of them without images."
    reading.evidence.append(text)


def _no_classes(
    full: Mapping[str, Parts], bare: Mapping[str, Parts], counts: Mapping[str, int], reading: _Reading
) -> str | None:
    """Why the folders are not classes, or None if they are."""
    if not full:
        if len(counts) == 1:
            return "the images lie in one folder"
        if reading.splits:
            return "the images lie in the split folders themselves"
        return f"the folders ({', '.join(sorted(counts)[:4])}) name kinds of file, not classes"
    names = set(full.values())
    if all(_is_role(path) for path in names):
        return (
            f"the folders ({', '.join(sorted('/'.join(path) for path in names)[:4])}) name kinds of file, not classes"
        )
    plain = {path for path in names | set(bare.values()) if not _is_role(path)}
    if len(plain) < 2:
        only = "/".join(min(plain))
        others = "holds images" if len(names) == 1 else "has a name that can be a class"
        return f"only one folder ({only}) {others}"
    splits_with_classes = {reading.splits.get(folder) for folder in full}
    loose = sum(
        count
        for folder, count in counts.items()
        if folder not in full and reading.splits.get(folder) in splits_with_classes
    )
    held = sum(counts[folder] for folder in full)
    if loose > held:
        return f"{loose:,} images lie outside the folders that could be classes, {held:,} inside"
    if loose and (within := sorted(names - set(_outermost(full).values()))):
        return f"images lie at all depths, {'/'.join(within[0])} within another folder of images"
    images = Counter[Parts]()
    for folder, path in full.items():
        images[path] += counts[folder]
    numbered = sum(any(letter.isdigit() for letter in path[-1]) for path in images)
    if max(images.values()) == 1 and len(images) >= 3 and (numbered * 2 > len(images) or len(images) >= 20):
        return f"each of the {len(images):,} folders holds one image, so their names cannot be classes"
    return None


def _outermost(full: Mapping[str, Parts]) -> dict[str, Parts]:
    """The paths cut to the first folder that itself holds images: cat/extra beside cat/1.jpg is cat."""
    names = set(full.values())
    cuts = {path: next(path[:length] for length in range(1, len(path) + 1) if path[:length] in names) for path in names}
    return {folder: cuts[path] for folder, path in full.items()}


def _is_role(path: Parts) -> bool:
    return any(part.lower() in _ROLES for part in path)


def _names(full: Mapping[str, Parts]) -> tuple[dict[str, str], str]:
    """Class of each folder, and which folders name it.

    One level: that folder. Several levels of the same depth whose last names return under different parents
    (site1/cat, site2/cat): the last one, as Hugging Face does, unless those names are numbers (cat/session1) and the
    first ones are not. Else the whole path, so that no two classes share a name.
    """
    depths = {len(path) for path in full.values()}
    if depths == {1}:
        return {folder: path[0] for folder, path in full.items()}, "folder"
    if len(depths) == 1:
        paths = set(full.values())
        first, last = {path[0] for path in paths}, {path[-1] for path in paths}
        if len(last) < len(paths):
            if _mostly_numbered(last) and not _mostly_numbered(first) and len(first) > 1:
                return {folder: path[0] for folder, path in full.items()}, "first folder"
            if len(last) > 1:
                return {folder: path[-1] for folder, path in full.items()}, "last folder"
    return {folder: "/".join(path) for folder, path in full.items()}, "path of folders"


def _mostly_numbered(names: set[str]) -> bool:
    return 2 * sum(any(letter.isdigit() for letter in name) for name in names) > len(names)
