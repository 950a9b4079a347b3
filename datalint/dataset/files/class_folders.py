"""What the names of folders say: splits, classes, and groups of pictures that belong together (videos, patients, days).

train/cat/1.jpg          cat/train/1.jpg          cat/patient01/1.jpg          data/images/cat/1.jpg
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from datalint.amounts import counted
from datalint.dataset.files import splits

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

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

#: The words of `DepthLeft`, `RGB_right`: of cameras side by side each kind of file has a folder a side.
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SIDES = frozenset({"left", "right"})

#: Words for the members of a series, which only its numbers tell apart: `v_run_g01_c02`, `2021-03-04`, `B-14-22549AB`.
_NUMBER = re.compile(r"(?i)(?<![a-z])[0-9a-f]{6,}(?![a-z])|\d[\da-z]*")
#: Groups have this share of different wordings at most; more are names of things: `BMW/X5 2012`, `Audi/A4 2007`.
_WORDINGS = 0.25
#: Names of classes that are numbers: WordNet's.
_SYNSET = re.compile(r"n\d{8}")


class Part(str):
    """The name of a folder on a path, which knows the path up to it."""

    path: str

    @classmethod
    def of(cls, name: str, path: str) -> Self:
        """A name, and the path that ends with it."""
        part = cls(name)
        part.path = path
        return part


Parts = tuple[Part, ...]


@dataclass
class Reading:
    """What the names were taken to mean, by the folder that holds images."""

    splits: dict[str, str] = field(default_factory=dict)
    classes: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    """The path of the folder that is a video, a patient or a day."""
    empty: dict[str, str] = field(default_factory=dict)
    """The class of folders that are named like classes and hold no image."""
    roles: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Role of a folder, and of what: `data/train` -> split, train. Also of folders above those with images."""
    evidence: list[str] = field(default_factory=list)


def read(
    counts: Mapping[str, int],
    bare: Sequence[str],
    moved: Mapping[str, str] | None = None,
    declared: Mapping[str, str] | None = None,
    called: Mapping[str, str] | None = None,
) -> Reading:
    """The meaning of the folders that hold images (folder -> images), beside folders that hold none.

    Folders that are named in `moved` count as if they lay elsewhere. `declared` says of folders, those above too, that
    they are a class, group, images or masks; `called` are names of folders in place of the last part of their paths,
    empty where that says nothing.
    """
    reading = Reading()
    if not counts:
        return reading
    elsewhere = moved or {}
    parts: dict[str, Parts] = {
        folder: _parts(elsewhere.get(folder, folder), called or {}) for folder in (*counts, *bare)
    }
    if declared:
        parts = {folder: _as_declared(folder, path, declared, reading) for folder, path in parts.items()}
    wrapping = _shared_start([parts[folder] for folder in counts])
    if any(parts[folder][:-1] == wrapping[:-1] for folder in bare if wrapping):
        wrapping = wrapping[:-1]  # the lone folder has empty siblings: it is a class, not a wrapping
    for part in wrapping:
        if split := splits.canonical(part):
            reading.splits = dict.fromkeys(counts, split)
            same = {path[wrapping.index(part)].path for folder, path in parts.items() if folder in counts}
            reading.roles |= dict.fromkeys(sorted(same), ("split", split))
    before = parts
    parts = {folder: path[len(wrapping) :] for folder, path in parts.items() if path[: len(wrapping)] == wrapping}
    if wrapping and any(parts[folder] for folder in counts):
        places = {path[-1].path for folder in counts if (path := before[folder][: len(wrapping)])}
        where = places.pop() if len(places) == 1 else "/".join(wrapping)
        reading.evidence.append(f"All images lie under {where}, which was taken as a wrapping folder.")
    rest = _without_splits(parts, counts, reading)
    _name_classes(rest, counts, reading)
    return reading


def _as_declared(folder: str, path: Parts, declared: Mapping[str, str], reading: Reading) -> Parts:
    """The parts of a path that may name splits and classes, by what is said of it."""
    left: list[Part] = []
    named = None
    for part in path:
        role = declared.get(part.path)
        if role == "group":
            reading.groups.setdefault(folder, part.path)
        elif role == "class" and named is None:
            named = part
        elif role is None and named is None:
            left.append(part)
    return tuple(left) if named is None else (*(one for one in left if splits.canonical(one)), named)


def _outside(images: int) -> str:
    how_many = counted(images, "image lies", "images lie")
    return f"{how_many} outside the split folders, so they have no split and no class."


def _parts(folder: str, called: Mapping[str, str]) -> Parts:
    parts: list[Part] = []
    path = ""
    for name in folder.split("/") if folder else ():
        path = f"{path}/{name}" if path else name
        if plain := called.get(path, name):
            parts.append(Part.of(plain, path))
    return tuple(parts)


def _shared_start(paths: Sequence[Parts]) -> Parts:
    if not paths:
        return ()
    first, last = min(paths), max(paths)
    length = 0
    while length < min(len(first), len(last)) and first[length] == last[length]:
        length += 1
    return first[:length]


def _without_splits(parts: Mapping[str, Parts], counts: Mapping[str, int], reading: Reading) -> dict[str, Parts]:
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
                reading.roles[path[level].path] = ("split", found[path[level]])
                if folder in counts:
                    reading.splits[folder] = found[path[level]]
        listed = ", ".join(f"{name} = {split}" if name != split else name for name, split in sorted(found.items()))
        deep = any(rest.values())
        reading.evidence.append(
            f"Split folders {where} the classes: {listed}." if deep else f"Split folders: {listed}."
        )
        if outside := sum(count for folder, count in counts.items() if folder not in rest):
            reading.evidence.append(_outside(outside))
        return _without_inner_splits(rest, found.values(), counts, reading) if level == 0 else rest
    return _within_parents(parts, counts, reading)


def _without_inner_splits(
    rest: dict[str, Parts], known: Collection[str], counts: Mapping[str, int], reading: Reading
) -> dict[str, Parts]:
    """The same where a split lies within another one, beside its classes: train/cat, train/val/cat."""
    names = {path[0] for path in rest.values() if path}
    for name in sorted(names):
        split = splits.canonical(name)
        inner = {folder: path for folder, path in rest.items() if path and path[0] == name}
        beside = names - {name}
        if split is None or split in known or not all(len(path) > 1 and path[1] in beside for path in inner.values()):
            continue
        for folder, path in inner.items():
            rest[folder] = path[1:]
            reading.roles[path[0].path] = ("split", split)
            if folder in counts:
                reading.splits[folder] = split
        reading.evidence.append(
            f"The split {split} lies within another one: {min(path[0].path for path in inner.values())}."
        )
    return rest


def _within_parents(parts: Mapping[str, Parts], counts: Mapping[str, int], reading: Reading) -> dict[str, Parts]:
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
    above: dict[str, str] = {}
    for folder, path in parts.items():
        parent = next((path[:length] for length in range(1, len(path)) if path[:length] in outer), None)
        if parent is not None and (split := outer[parent].get(path[len(parent)])):
            rest[folder] = (parent if len(outer) > 1 else ()) + path[len(parent) + 1 :]
            split_of[folder] = split
            above[path[len(parent)].path] = split
    outside = sum(count for folder, count in counts.items() if folder not in rest)
    if not rest or 2 * outside > sum(counts.values()):
        return dict(parts)
    reading.splits |= {folder: split for folder, split in split_of.items() if folder in counts}
    reading.roles |= {path: ("split", split) for path, split in above.items()}
    where = ", ".join(sorted("/".join(parent) for parent in outer)[:4])
    reading.evidence.append(f"Split folders in {where}: {', '.join(sorted(set(reading.splits.values())))}.")
    if outside:
        reading.evidence.append(_outside(outside))
    return rest


def _name_classes(rest: Mapping[str, Parts], counts: Mapping[str, int], reading: Reading) -> None:
    """Classes from what is left of the paths, if that can be classes at all."""
    full = {folder: path for folder, path in rest.items() if folder in counts}
    inner = _shared_start([path for path in full.values() if path])
    if inner and all(_is_kind(part) for part in inner):
        rest = {folder: path[len(inner) :] for folder, path in rest.items() if path[: len(inner)] == inner}
    while (ends := [path for folder, path in rest.items() if folder in counts and path]) and all(
        _is_kind(path[-1]) for path in ends
    ):
        rest = {folder: path[:-1] for folder, path in rest.items()}
    full = {folder: path for folder, path in rest.items() if folder in counts and path}
    full = _repeated(full, reading)
    bare = {folder: path for folder, path in rest.items() if folder not in counts and path}
    if reason := _no_classes(full, bare, counts, reading):
        reading.evidence.append(f"No labels from folders: {reason}.")
        return
    full = _without_groups(_outermost(full), reading)
    named, how, above = _names(full)
    reading.classes = named
    reading.groups |= {folder: path for folder, path in above.items() if folder not in reading.groups}
    taken = set(named.values())
    depths = {len(path) for path in full.values()}
    lost = {folder: path for folder, path in bare.items() if len(path) in depths and not _is_role(path)}
    empty = {folder: path[-1] if how == "last folder" else "/".join(path) for folder, path in lost.items()}
    reading.empty = {folder: name for folder, name in empty.items() if name not in taken}
    count = len(taken | set(reading.empty.values()))
    text = f"Class folders: {count:,} classes, named after the {how}."
    if reading.empty:
        text += f" {len(set(reading.empty.values())):,} of them without images."
    reading.evidence.append(text)
    for folder, path in full.items():
        reading.roles.setdefault(path[-1 if how != "first folder" else 0].path, ("class", named[folder]))
    reading.roles |= {folder: ("class", name) for folder, name in reading.empty.items()}
    reading.roles |= {path: ("group", named.get(folder, "")) for folder, path in reading.groups.items()}


def _repeated(full: dict[str, Parts], reading: Reading) -> dict[str, Parts]:
    """Without the folders in which those beside them return: yes, no, preprocessed/yes, preprocessed/no."""
    least = min(map(len, full.values()), default=0)
    shallow = {path for path in full.values() if len(path) == least}
    inside: dict[Parts, set[Parts]] = defaultdict(set)
    for path in full.values():
        if len(path) > least:
            inside[path[:-least]].add(path[-least:])
    again = {above for above, ends in inside.items() if len(ends) > 1 and ends <= shallow}
    for above in sorted(again):
        reading.evidence.append(
            f"{above[-1].path} holds folders of the same names as those beside it: the same classes."
        )
    return {
        folder: path[-least:] if len(path) > least and path[:-least] in again else path for folder, path in full.items()
    }


def _no_classes(
    full: Mapping[str, Parts], bare: Mapping[str, Parts], counts: Mapping[str, int], reading: Reading
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
    cuts = {path: next(n for n in range(1, len(path) + 1) if path[:n] in names) for path in names}
    return {folder: path[: cuts[path]] for folder, path in full.items()}


def _is_role(path: Parts) -> bool:
    return any(_is_kind(part) for part in path)


def _is_kind(name: str) -> bool:
    """Whether a name says what kind of file a folder holds."""
    if name.lower() in _ROLES:
        return True
    words = [word.lower() for word in _WORD.findall(name)]
    return len(words) > 1 and words[-1] in _SIDES and _ROLES.issuperset(words[:-1])


def _without_groups(full: dict[str, Parts], reading: Reading) -> dict[str, Parts]:
    """Take the folders of videos, patients and days below the classes out of the paths, and note them in `reading`."""
    told: list[str] = []
    while full and all(len(path) > 1 for path in full.values()) and _are_groups(set(full.values())):
        told = sorted({str(path[-1]) for path in full.values()})
        for folder, path in full.items():
            reading.groups.setdefault(folder, path[-1].path)
        full = {folder: path[:-1] for folder, path in full.items()}
    if told:
        more = ", ..." if len(told) > 2 else ""
        reading.evidence.append(f"Folders below the classes were taken as groups: {', '.join(told[:2])}{more}.")
    return full


def _are_groups(paths: Collection[Parts]) -> bool:
    """Whether the last folders of paths are numbered members of a series, below several folders that are not."""
    above = {path[:-1] for path in paths}
    last = {path[-1] for path in paths}
    if len(above) < 2 or not _mostly_numbered(last) or all(_SYNSET.fullmatch(name) for name in last):
        return False
    if _mostly_numbered(part[-1] for part in above) and any(not part[-1].isdigit() for part in above):
        return False
    wordings = {_NUMBER.sub("#", path[-1].replace(path[-2], "")) for path in paths}
    return len(wordings) <= max(1, _WORDINGS * len(last))


def _names(full: Mapping[str, Parts]) -> tuple[dict[str, str], str, dict[str, str]]:
    """Class of each folder, which folders name it, and the group of a folder where the first one is none of a class.

    One level: that folder. Several levels of the same depth whose last names return under different parents
    (site1/cat, site2/cat): the last one, as Hugging Face does, unless those names are numbers (cat/session1) and the
    first ones are not. Else the whole path, so that no two classes share a name.
    """
    depths = {len(path) for path in full.values()}
    if depths == {1}:
        return {folder: str(path[0]) for folder, path in full.items()}, "folder", {}
    if len(depths) == 1:
        paths = set(full.values())
        first, last = {path[0] for path in paths}, {path[-1] for path in paths}
        if len(last) < len(paths):
            if _mostly_numbered(last) and not _mostly_numbered(first) and len(first) > 1:
                groups = {folder: path[-1].path for folder, path in full.items()}
                return {folder: str(path[0]) for folder, path in full.items()}, "first folder", groups
            if len(last) > 1:
                groups = {folder: path[-2].path for folder, path in full.items()}
                return {folder: str(path[-1]) for folder, path in full.items()}, "last folder", groups
    return {folder: "/".join(path) for folder, path in full.items()}, "path of folders", {}


def _mostly_numbered(names: Iterable[str]) -> bool:
    numbered = [any(letter.isdigit() for letter in name) for name in names]
    return 2 * sum(numbered) > len(numbered)
