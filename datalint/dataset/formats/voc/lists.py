"""The lists of Pascal VOC: ImageSets, which say what is in which split, and lists of classes.

A list of images has one name a line. A list of a class (`cat_train.txt`) says of each image whether the class is in it:
1, -1, or 0 where all of them are difficult.
Reference: http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/devkit_doc.html (section 9.2, image sets).
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from datalint.amounts import counted
from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers.records import Kind, Outcome, Place, decode, quoted, unreadable
from datalint.dataset.files.splits import among, canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from datalint.dataset.assembly.collector import Collector
    from datalint.dataset.files.image_names import Found
    from datalint.dataset.files.tree import Tree

#: Tasks of the challenge in the order in which their lists lead; '' is ImageSets itself.
_TASKS = ("main", "", "segmentation", "layout", "action")
_HOME = re.compile(r"(?:(?P<root>.*)/)?ImageSets(?:/(?P<task>Main|Segmentation|Layout|Action))?", re.IGNORECASE)
_BOTH = re.compile(r"train_?val(?:id(?:ation)?)?[_\d]*", re.IGNORECASE)
_SPLITS = ("train", "val", "trainval", "test")
_QUOTED = re.compile(r'"([^"]+)"\s*(\S*)')
_FLAG = re.compile(r"[+-]?\d+")
#: Lines looked at to see whether a list is one of a class.
_SAMPLE = 100
#: A file with more is not a list of images.
_LARGEST = 1 << 28
#: Declared among the classes, and classes of pixels only.
_NO_OBJECTS = frozenset({"background", "ignored", "void"})


class ListFile(NamedTuple):
    """A text file in ImageSets."""

    path: str
    row: int
    task: str
    name: str


class _Entry(NamedTuple):
    line: int
    name: str
    flag: str | None


def find(tree: Tree) -> dict[str, list[ListFile]]:
    """Text files in ImageSets by the folder of their dataset."""
    texts = tree.usable("txt").filter(pl.col("folder").str.contains("(?i)(?:^|/)ImageSets(?:/|$)"))
    found: dict[str, list[ListFile]] = {}
    for path, row, folder, stem in texts.select("path", "file_row", "folder", "stem").iter_rows():
        if home := _HOME.fullmatch(folder):
            entry = ListFile(path, row, (home["task"] or "").lower(), stem)
            found.setdefault(home["root"] or "", []).append(entry)
    return found


def say_classes(tree: Tree, lists: Sequence[ListFile]) -> bool:
    """Whether lists of classes are among `lists`."""
    return any(_is_flagged(tree, one) for one in lists if "_" in one.name and one.task == "main")


def read(
    tree: Tree,
    lists: Sequence[ListFile],
    out: Collector,
    image: Callable[[str], tuple[Found, bool]],
    classes: set[str] | None,
) -> bool:
    """Splits from the lists of images, and classes of images from lists of classes, unless `classes` is None: the
    classes that they name are added to it.

    `image` finds the image of a name, and says whether a label file names it too. Returns whether there are splits.
    """
    task = next((task for task in _TASKS if any(one.task == task for one in lists)), None)
    leading = [one for one in lists if one.task == task]
    plain_names = {one.name for one in leading}
    plain: list[ListFile] = []
    told: set[str] = set()
    for one in lists:
        if one.task != task:
            out.outcomes[one.path] = Outcome(
                Kind.UNUSED, f"not read: the lists of {'ImageSets' if not task else task.capitalize()} lead"
            )
        elif _of_class(one.name) and (_of_class(one.name)[1] in plain_names or _is_flagged(tree, one)):  # type: ignore[index]
            if classes is not None:
                classes.add(_of_class(one.name)[0])  # type: ignore[index]
                _read_classes(tree, one, out, image, told, not plain_names & set(_SPLITS))
            else:
                out.outcomes[one.path] = Outcome(Kind.UNUSED, "not read: the label files say what is in the images")
        else:
            plain.append(one)
    return _read_splits(tree, plain, out, image)


def _of_class(name: str) -> tuple[str, str] | None:
    """Class and split of the name of a list of a class."""
    cls, _, split = name.rpartition("_")
    return (cls, split) if cls and split in _SPLITS else None


def _is_flagged(tree: Tree, one: ListFile) -> bool:
    try:
        data = tree.data(one.row, 1 << 14)
    except OSError:
        return False
    entries = [entry for entry, _ in zip(_entries(decode(data, one.path)[0]), range(_SAMPLE), strict=False)]
    flagged = sum(entry.flag in ("1", "0", "-1") for entry in entries)
    return len(entries) > 0 and flagged >= 0.8 * len(entries)


def _read_classes(
    tree: Tree, one: ListFile, out: Collector, image: Callable[[str], tuple[Found, bool]], told: set[str], splits: bool
) -> None:
    said = _content(tree, one, out)
    if said is None:
        return
    cls, split = _of_class(one.name) or (one.name, "")
    count = 0
    for line, name, flag in _entries(said):
        found, _ = image(name)
        if found.fault:
            out.problem("path", Place(one.path, line), found.fault, "the name of an image")
        if flag not in ("1", "0", "-1"):
            reason = f"the flag is {quoted(flag)}" if flag is not None else "the flag is missing"
            out.problem("syntax", Place(one.path, line), reason, "the image's name, and 1, 0 or -1", found.path)
            continue
        count += 1
        if found.path is not None and found.path not in told:
            told.add(found.path)
            out.image(found, Place(one.path, line))
            if splits and split != "trainval":
                out.split(found, split)
        if flag == "1":
            out.label(Record(found, cls, None, Place(one.path, line)))
    out.declare(cls, None, one.path)
    out.outcomes[one.path] = Outcome(Kind.READ, "read as Pascal VOC", f"the class {cls} of {count:,} images")


def _read_splits(
    tree: Tree, lists: Sequence[ListFile], out: Collector, image: Callable[[str], tuple[Found, bool]]
) -> bool:
    entries: dict[str, list[_Entry]] = {}
    for one in lists:
        said = _content(tree, one, out)
        if said is not None:
            entries[one.path] = list(_entries(said))
    names = {one.path: one.name for one in lists if one.path in entries}
    sets = {path: frozenset(entry.name for entry in entries[path]) for path in names}
    splits = _split_names(names, sets, out)
    told: set[str] = set()
    unlabeled = 0
    for path, some in sorted(entries.items(), key=lambda item: splits[item[0]] is None):
        split = splits[path]
        for line, name, _ in some:
            found, labelled = image(name)
            if found.fault:
                out.problem("path", Place(path, line), found.fault, "the name of an image")
            if split is not None:
                out.split(found, split)
            if labelled or found.path is None or found.path in told:
                continue
            told.add(found.path)
            unlabeled += found.row is not None
            if found.row is None:
                out.image(found, Place(path, line))
        what = f"the split {split}" if split is not None else "not a split"
        out.outcomes[path] = Outcome(Kind.READ, "read as Pascal VOC", f"{what}, {counted(len(some), 'image')}")
    if unlabeled:
        have = "image of the lists has" if unlabeled == 1 else "images of the lists have"
        out.evidence.append(f"{unlabeled:,} {have} no label file.")
    return any(split is not None for split in splits.values())


def _split_names(names: dict[str, str], sets: dict[str, frozenset[str]], out: Collector) -> dict[str, str | None]:
    """The split of each list; None for one that is made of others, or that is all there is."""
    splits: dict[str, str | None] = {}
    siblings = among(set(names.values()))
    for path, name in names.items():
        splits[path] = siblings.get(name) or canonical(name) or name
    both = [path for path, name in names.items() if _BOTH.fullmatch(name)]
    halves = frozenset[str]().union(*(sets[path] for path in names if splits[path] in ("train", "val")))
    for path in both:
        more = sets[path] - halves
        if not halves:
            splits[path] = "train"
            out.evidence.append(f"{path} is used as train: there is no list of its halves.")
        elif more:
            splits[path] = None
            out.problem(
                "disagreement",
                Place(path, 1),
                f"it has {len(more):,} images that neither train nor val has",
                "train and val together",
            )
        else:
            splits[path] = None
    for path, name in names.items():
        others = [sets[other] for other in names if other != path and other not in both and sets[other] < sets[path]]
        if canonical(name) is None and len(others) > 1 and frozenset[str]().union(*others) == sets[path]:
            splits[path] = None
    named = [path for path, split in splits.items() if split is not None]
    if len(named) == 1 and splits[named[0]] not in ("train", "val", "test"):
        splits[named[0]] = None
    made = [path for path in names if splits[path] is None and path in sets and len(names) > 1]
    if made:
        out.evidence.append(
            f"{', '.join(names[path] for path in made[:5])} is made of the other lists, so it is not a split."
        )
    return splits


def declare(tree: Tree, root: str, out: Collector, used: Collection[str]) -> None:
    """Classes of a `labelmap.txt`, as CVAT and Datumaro write it beside ImageSets: `name:colour:parts:actions`."""
    path = f"{root}/labelmap.txt" if root else "labelmap.txt"
    rows = tree.files.filter(pl.col("path") == path)
    if rows.is_empty():
        return
    said = _content(tree, ListFile(path, rows["file_row"][0], "", "labelmap"), out)
    if said is None:
        return
    count = 0
    for line, content in enumerate(said.splitlines(), 1):
        text = content.strip()
        if not text or text.startswith("#"):
            continue
        name, colon, _ = text.partition(":")
        if not colon or not name:
            out.problem(
                "syntax", Place(path, line), f"{quoted(text)} does not declare a class", "name:colour:parts:actions"
            )
        elif name not in _NO_OBJECTS or name in used:
            out.declare(name, None, path)
            count += 1
    out.outcomes[path] = Outcome(Kind.READ, f"read as the list of {count:,} classes")


def _content(tree: Tree, one: ListFile, out: Collector) -> str | None:
    try:
        data = tree.data(one.row, _LARGEST + 1)
    except OSError as error:
        out.outcomes[one.path] = unreadable(error)
        return None
    if len(data) > _LARGEST:
        out.problem("syntax", Place(one.path, 1), "larger than 256 MB", "a list of images, one a line")
        out.outcomes[one.path] = Outcome(Kind.UNREADABLE, "not read: larger than 256 MB")
        return None
    text, problems = decode(data, one.path)
    out.problems += problems
    return text


def _entries(text: str) -> Iterator[_Entry]:
    """Names of images with their flags; blank lines and comments are left out."""
    for line, content in enumerate(re.split(r"\r\n|\n|\r", text), 1):
        said = content.strip().strip("\0")
        if not said or said.startswith("#"):
            continue
        name, *flag = said.rsplit(maxsplit=1)
        if quoted := _QUOTED.fullmatch(said):
            yield _Entry(line, _bare(quoted[1]), quoted[2].lstrip("+") or None)
        elif flag and _FLAG.fullmatch(flag[0]):
            yield _Entry(line, _bare(name), flag[0].lstrip("+") or None)
        else:
            yield _Entry(line, _bare(said), None)


def _bare(name: str) -> str:
    """A name as lists have it: without an extension that someone added."""
    path = PurePosixPath(name.replace("\\", "/"))
    return name[: -len(path.suffix)] if path.suffix.lower() in (".jpg", ".jpeg", ".png", ".xml") else name
