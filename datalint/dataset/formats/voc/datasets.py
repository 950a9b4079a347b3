"""Pascal VOC: one XML file an image, lists of images in ImageSets, and all that has grown out of it.

`Annotations/`, `JPEGImages/` and `ImageSets/` as the challenge has them, XML files beside the images as LabelImg and
Roboflow write them, and folders of other names.
Reference: http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/devkit_doc.html (sections 2, 3 and 9).
"""

from __future__ import annotations

import math
import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

from datalint.dataset.assembly.collector import Collector, Record
from datalint.dataset.containers import xml as xml_file
from datalint.dataset.containers.records import Kind, Outcome, Place, refused, unreadable
from datalint.dataset.containers.xml import Element, number, text_of
from datalint.dataset.files.image_names import Found, ImageNames
from datalint.dataset.files.splits import canonical
from datalint.dataset.files.walk import LABEL_EXTENSIONS
from datalint.dataset.formats.voc import lists as voc_lists

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from datalint.config.settings import Config
    from datalint.dataset.assembly.annotations import Annotations
    from datalint.dataset.files.tree import Tree

NAME = "voc"

#: Any of these makes an <annotation> one of this format, if none of LabelMe's own is there.
_OWN = re.compile(rb"<(?:object|size|filename|bndbox|segmented)[\s/>]")
_LABELME = re.compile(rb"<(?:pt|imagesize|segm|sourceAnnotation|submittedBy)[\s/>]")
#: Folders of label files, and those beside them with the images.
_LABELS = frozenset({"annotations", "annotation", "xml", "xmls", "labels"})
_IMAGES = ("JPEGImages", "images", "Images", "image", "imgs", "img", "JPEGs", "PNGImages")
_CLOSED = ("Annotations", "annotations", "ImageSets")
_MASKS = re.compile(r"segmentation(?:class|object)\w*", re.IGNORECASE)
_CORNERS = ("xmin", "ymin", "xmax", "ymax")
_TURNED = ("cx", "cy", "w", "h", "angle")
_CORNER = re.compile(r"([xy])(\d{1,9})")


class _File(NamedTuple):
    """A file that may hold the labels of one image."""

    path: str
    row: int
    folder: str
    stem: str


def read(tree: Tree, config: Config) -> list[Annotations]:
    """Every dataset of this format under the root."""
    rows = tree.usable("xml").select("path", "file_row", "folder", "stem")
    lists = voc_lists.find(tree)
    if rows.is_empty() and not lists:
        return []
    files = _by_root([_File(*row) for row in rows.iter_rows()], lists)
    datasets = (_Reader(tree, root, lists.get(root, [])) for root in sorted({*files, *lists}))
    read = [dataset.read(files.get(dataset.root, [])) for dataset in datasets]
    return [annotations for annotations in read if annotations is not None]


def is_voc(start: bytes) -> bool:
    """Whether a file that begins like this holds what Pascal VOC says of one image."""
    text = xml_file.as_text(start)
    return xml_file.root_name(text) == "annotation" and bool(_OWN.search(text)) and not _LABELME.search(text)


def _by_root(files: Sequence[_File], lists: Collection[str]) -> dict[str, list[_File]]:
    """Label files by the folder of their dataset: the one above `Annotations`, and above folders of splits.

    Files in other folders are one dataset, whatever their folders are called.
    """
    of_folder = {folder: _root_of(folder) for folder in {file.folder for file in files}}
    loose = [f"/{folder}" for folder, root in of_folder.items() if root is None]
    parts = posixpath.commonpath(loose).split("/")[1:] if loose else []
    parts = [part for part in parts if part]
    for length in range(len(parts), -1, -1):
        if "/".join(parts[:length]) in lists:
            parts = parts[:length]
            break
    while parts and canonical(parts[-1]):
        parts.pop()
    roots: dict[str, list[_File]] = {}
    for file in files:
        root = of_folder[file.folder]
        roots.setdefault("/".join(parts) if root is None else root, []).append(file)
    return roots


def _root_of(folder: str) -> str | None:
    parts = folder.split("/")
    place = _labels_part(parts)
    if place is None:
        return None
    parts = parts[: place[0]]
    while parts and canonical(parts[-1]):
        parts.pop()
    return "/".join(parts)


def _labels_part(parts: Sequence[str]) -> tuple[int, int] | None:
    """Which parts of a path are the folder of label files: the last one of such a name, and those just above it."""
    places = [place for place, part in enumerate(parts) if part.lower() in _LABELS]
    if not places:
        return None
    first = places[-1]
    while first - 1 in places:
        first -= 1
    return first, places[-1] + 1


class _Reader:
    """One dataset."""

    def __init__(self, tree: Tree, root: str, lists: Sequence[voc_lists.ListFile]) -> None:
        self.root = root
        self._tree = tree
        self._lists = lists
        self._out = Collector(NAME, root)
        self._folders = frozenset(tree.folders)
        self._last_parts: dict[str, list[str]] = {}
        self._search: dict[str, list[str]] = {}
        self._found: dict[str, Found] = {}
        self._by_stem: dict[str, Found | None] = {}
        # Below its root are the images of a dataset with `Annotations`; loose label files may lie apart from theirs.
        self._closed = bool(root) and any(posixpath.join(root, name) in self._folders for name in _CLOSED)
        self._classes: set[str] = set()
        self._by_folder: list[tuple[Found, str]] = []
        self._parts = 0
        self._renamed: list[tuple[str, str]] = []

    def read(self, files: Sequence[_File]) -> Annotations | None:
        """Everything that `files` and the lists say; None if none of it is of this format."""
        unknown: list[tuple[_File, str | Outcome]] = []
        for file in files:
            try:
                start = self._tree.head(file.row)
                if is_voc(start):
                    self._file(file, self._tree.data(file.row))
                elif xml_file.root_name(start) is None:
                    unknown.append((file, "" if start.strip(b"\0 \t\r\n") else "the file is empty"))
            except OSError as error:
                unknown.append((file, unreadable(error)))
        if not self._out.outcomes and not voc_lists.say_classes(self._tree, self._lists):
            return None
        self._others(unknown)
        without = self._classes if not self._found else None
        listed = voc_lists.read(self._tree, self._lists, self._out, self._listed, without)
        for found, split in () if listed else self._by_folder:
            self._out.split(found, split)
        self._masks()
        voc_lists.declare(self._tree, self.root, self._out, self._classes)
        self._summarise()
        return self._out.annotations()

    @property
    def _names(self) -> ImageNames:
        if not hasattr(self, "_all_names"):
            self._all_names = self._tree.names
        return self._all_names

    def _others(self, unknown: Sequence[tuple[_File, str | Outcome]]) -> None:
        """Files without any element: known by the company they keep only."""
        homes = {path.rpartition("/")[0] for path in self._out.outcomes}
        for file, reason in unknown:
            if file.folder not in homes:
                continue
            if isinstance(reason, Outcome):
                self._out.outcomes[file.path] = reason
                continue
            reason = reason or "no XML: no element begins in it"
            self._out.outcomes[file.path] = refused(reason)
            found = self._names.by_stem(file.stem, self._search_in(file.folder))
            self._out.problem(
                "syntax", Place(file.path, 1), reason, "<annotation> and in it what is in the image", found.path
            )

    # -- one file

    def _file(self, file: _File, data: bytes) -> None:
        out = self._out
        if len(data) > xml_file.LARGEST:
            out.problem(
                "syntax", Place(file.path, 1), "larger than 64 MB, too large for one image", "a label file of one image"
            )
            out.outcomes[file.path] = refused("larger than 64 MB")
            return
        document = xml_file.parse(data, file.path)
        out.problems += document.problems
        root = document.root
        if root is None:
            out.outcomes[file.path] = refused("no XML that can be used")
            return
        names = root.find("filename")
        found = self._image(file, text_of(names), root.sourceline if names is None else names.sourceline)
        if found is None:
            return
        line = root.sourceline if names is None else names.sourceline
        out.image(found, Place(file.path, line), self._size(root, file))
        self._found[self._key(file)] = found
        self._by_stem[file.stem] = None if file.stem in self._by_stem else found
        split = self._split_of(file)
        if split is not None:
            self._by_folder.append((found, split))
        before = out.count("boxes"), out.count("polygons")
        objects = list(root.iter("object"))
        for element in objects:
            # What a cut file breaks off has its problem already.
            self._object(element, file, found, document.cut and element is objects[-1])
        boxes, polygons = out.count("boxes") - before[0], out.count("polygons") - before[1]
        said = [_counted(boxes, "box", "boxes")] + [_counted(polygons, "polygon", "polygons")] * bool(polygons)
        out.outcomes[file.path] = Outcome(Kind.READ, "read as Pascal VOC", ", ".join(said))

    def _size(self, root: Element, file: _File) -> tuple[float | None, float | None]:
        size = root.find("size")
        if size is None:
            return None, None
        said = [text_of(size.find(side)) for side in ("width", "height")]
        numbers = [number(text) for text in said]
        for side, text, value in zip(("width", "height"), said, numbers, strict=True):
            if text is not None and value is None:
                reason = f"the {side} is {text[:80]!r}, no number"
                self._out.problem("syntax", Place(file.path, size.sourceline), reason, f"the image's {side} in pixels")
        return numbers[0], numbers[1]

    def _object(self, element: Element, file: _File, found: Found, cut: bool) -> None:
        inner = {child.tag: child for child in element}
        name = text_of(inner.get("name"))
        if name is None:
            self._lost(element, file, found, cut, "the object has no name", "<name> with the class")
            return
        record = Record(found, name, None, Place(file.path, element.sourceline))
        self._classes.add(name)
        box: int | None = None
        shaped = False
        flag = inner.get("difficult")
        crowd = None if flag is None else flag.text == "1"
        if "bndbox" in inner:
            shaped = True
            raw = self._numbers(inner["bndbox"], _CORNERS, file, found, cut)
            if raw is not None:
                box = self._out.box(record, raw, "xyxy-pixels", crowd=crowd)
        elif "robndbox" in inner:
            shaped = True
            raw = self._numbers(inner["robndbox"], _TURNED, file, found, cut)
            if raw is not None:
                # roLabelImg writes radians.
                angle = math.degrees(raw[4])
                box = self._out.box(record, raw[:4], "cxcywh-pixels", angle=angle, crowd=crowd)
        if "polygon" in inner:
            outlines = element.findall("polygon")
            # Of an object that has a broken box, the box's problem is the one that counts.
            for part, outline in enumerate(outlines if box is not None or not shaped else []):
                points = _points(outline)
                if points is None:
                    reason = "the polygon's corners are no pairs of numbers"
                    self._lost(outline, file, found, cut, reason, "<x1>, <y1>, <x2>, <y2>, ...")
                else:
                    self._out.polygon(record, points, box=box, part=part)
            shaped = True
        if not shaped:
            expected = "<bndbox> with <xmin>, <ymin>, <xmax> and <ymax>"
            self._lost(element, file, found, cut, f"the object {name[:80]!r} has no box", expected)
        self._parts += len(element.findall("part")) if "part" in inner else 0

    def _numbers(
        self, element: Element, tags: Sequence[str], file: _File, found: Found, cut: bool
    ) -> list[float] | None:
        texts = {child.tag: child.text for child in element}
        numbers: list[float] = []
        for tag in tags:
            value = number((texts.get(tag) or "").strip())
            if value is not None:
                numbers.append(value)
                continue
            said = text_of(element.find(tag))
            reason = f"the box has no <{tag}>" if said is None else f"<{tag}> is {said[:80]!r}, no number"
            self._lost(element, file, found, cut, reason, f"{len(tags)} numbers: {', '.join(tags)}")
            return None
        return numbers

    def _lost(self, element: Element, file: _File, found: Found, cut: bool, reason: str, expected: str) -> None:
        if not cut:
            self._out.problem("syntax", Place(file.path, element.sourceline), reason, expected, found.path)

    # -- which image

    def _image(self, file: _File, said: str | None, line: int) -> Found | None:
        """The image of a label file: the one of its own name, else the one that it names; None if another file has it.

        Loaders go by the lists in ImageSets, which hold the names of label files; few read <filename>.
        """
        folders = self._search_in(file.folder)
        stem, _, extension = (said or "").rpartition(".")
        if said is not None and stem == file.stem and extension.lower() not in LABEL_EXTENSIONS:
            for folder in folders:
                row = self._names.row(f"{folder}/{said}" if folder else said)
                if row is not None:
                    return Found(row, self._names.path(row))
        by_stem = self._mine(self._names.by_stem(file.stem, folders))
        named = self._mine(self._names.find(said, folders)) if said is not None else Found(None, None)
        if named.row is None and said is not None and by_stem.row is None:
            bare = self._mine(self._names.by_stem(said, folders))
            named = bare if bare.row is not None else named
        if said is not None and named.fault:
            self._out.problem("path", Place(file.path, line), named.fault, "the image's name", named.path)
        if by_stem.row is not None:
            if named.row not in (None, by_stem.row):
                reason = f"the file is named after {by_stem.path}, and names {named.path}; the former was taken"
                self._out.problem("path", Place(file.path, line), reason, "one image", by_stem.path)
            elif said is not None and named.row is None:
                self._renamed.append((file.path, said))
            return by_stem
        if named.row is None:
            return named if named.path is not None else by_stem
        stem = posixpath.splitext(posixpath.basename(named.path or ""))[0]
        own = posixpath.join(file.folder, f"{stem}.xml")
        if own != file.path and self._names.row(own) is not None:
            reason = f"it names {named.path}, which has a label file of its own, {own}"
            self._out.problem("unused-file", Place(file.path, line), reason, f"an image {file.stem}", named.path)
            self._out.outcomes[file.path] = refused(reason)
            return None
        return named

    def _mine(self, found: Found) -> Found:
        """`found`, if that can be an image of this dataset: no label file, nor one of another dataset."""
        if found.row is None:
            return found
        path = self._names.path(found.row)
        if path.rpartition(".")[2].lower() in LABEL_EXTENSIONS:
            return Found(None, None, found.fault)
        if not self._closed or path.startswith(f"{self.root}/"):
            return found
        folders = self._search_in(posixpath.join(self.root, "Annotations"))
        return Found(None, posixpath.join(folders[0], path.rpartition("/")[2]), found.fault)

    def _search_in(self, folder: str) -> list[str]:
        """Where the images of the label files in `folder` may be, the likeliest first."""
        known = self._search.get(folder)
        if known is not None:
            return known
        parts = folder.split("/") if folder else []
        place = _labels_part(parts)
        above, below = (parts[:-1], []) if place is None else (parts[: place[0]], parts[place[1] :])
        near = [[*above, name, *below] for name in _IMAGES] + [[*above, name] for name in _IMAGES]
        near = [parts, *near] if place is None else [*near, parts]
        near += [[*parts, name] for name in _IMAGES] + [[*above, *below]]
        near += [other.split("/") for other in self._namesakes(folder, "/".join(above), "/".join(below))]
        near.append(above)
        wanted = dict.fromkeys("/".join(one) for one in near)
        found = [one for one in wanted if one in self._folders] or [folder]
        if self.root not in found:
            found.append(self.root)
        self._search[folder] = found
        return found

    def _namesakes(self, folder: str, above: str, below: str) -> list[str]:
        """Folders under `above` that end like `folder` does: `photos/train` for `Annotations/train`."""
        if not below:
            return []
        if not self._last_parts:
            for one in self._tree.folders:
                self._last_parts.setdefault(one.rpartition("/")[2], []).append(one)
        start, end = (f"{above}/" if above else ""), f"/{below}"
        alike = self._last_parts.get(below.rpartition("/")[2], [])
        return [one for one in alike if one.startswith(start) and one.endswith(end) and one != folder]

    def _key(self, file: _File) -> str:
        """What lists call the label file: its path in `Annotations`, without extension."""
        parts = file.folder.split("/")
        place = _labels_part(parts)
        below = parts[place[1] :] if place is not None else [file.folder[len(self.root) :].strip("/")]
        return posixpath.join(*below, file.stem)

    def _split_of(self, file: _File) -> str | None:
        """The split that the label file's folder names."""
        below = file.folder[len(self.root) :].strip("/") if self.root else file.folder
        return next((split for part in below.split("/") if (split := canonical(part))), None)

    def _listed(self, name: str) -> tuple[Found, bool]:
        """The image that a list means, and whether a label file names it too."""
        found = self._found.get(name) or self._by_stem.get(name.rpartition("/")[2])
        if found is not None:
            return found, True
        folders = self._search_in(posixpath.join(self.root, "Annotations"))
        found = self._mine(self._names.by_stem(name, folders))
        if found.row is None:
            named = self._mine(self._names.find(name, folders))
            found = named if named.row is not None else found
        return found, False

    # -- the whole

    def _masks(self) -> None:
        prefix = f"{self.root}/" if self.root else ""
        homes = [
            folder
            for folder in self._tree.folders
            if folder.startswith(prefix) and _MASKS.fullmatch(folder[len(prefix) :].partition("/")[0])
        ]
        if homes:
            files = self._tree.files.rename({"file_row": "row"})
            rows = files.filter(files["candidate"] & files["folder"].is_in(homes))["row"].to_list()
            self._out.masks.update(rows)

    def _summarise(self) -> None:
        out = self._out
        said = [_counted(len(self._found), "label file", "label files")] if self._found else []
        said.append(_counted(out.count("named"), "image", "images"))
        for table, one, several in (("boxes", "box", "boxes"), ("polygons", "polygon", "polygons")):
            if out.count(table) or (table == "boxes" and self._found):
                said.append(_counted(out.count(table), one, several))
        said.append(_counted(len(self._classes), "class", "classes"))
        summary = [f"Pascal VOC: {self.root or 'the root'}, {', '.join(said)}."]
        if self._parts:
            summary.append(
                f"{_counted(self._parts, 'part', 'parts')} of objects (heads, hands, ...) are no objects: not read."
            )
        if self._renamed:
            path, name = self._renamed[0]
            summary.append(
                f"{_counted(len(self._renamed), 'label file names', 'label files name')} an image that is not there "
                f"({path}: {name[:80]}); the image of the label file's own name was taken."
            )
        if out.masks:
            summary.append(f"{_counted(len(out.masks), 'mask', 'masks')} of SegmentationClass and SegmentationObject.")
        out.evidence[:0] = summary


def _points(polygon: Element) -> list[float] | None:
    """Corners of an outline, written <x1><y1><x2><y2> or as points of <x> and <y>; None if they are none."""
    numbered: dict[int, dict[str, float | None]] = {}
    for child in polygon:
        if found := _CORNER.fullmatch(child.tag):
            numbered.setdefault(int(found[2]), {})[found[1]] = number(text_of(child))
    if numbered:
        pairs = [(corner.get("x"), corner.get("y")) for _, corner in sorted(numbered.items())]
    else:
        across, down = ([number(text_of(one)) for one in polygon.iter(tag)] for tag in ("x", "y"))
        if len(across) != len(down):
            return None
        pairs = list(zip(across, down, strict=True))
    points = [value for pair in pairs for value in pair]
    return [value for value in points if value is not None] if points and None not in points else None


def _counted(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"


__all__ = ["NAME", "is_voc", "read"]
