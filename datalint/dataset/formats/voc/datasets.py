"""Pascal VOC: one XML file an image, lists of images in ImageSets, and its descendants.

`Annotations/`, `JPEGImages/` and `ImageSets/` as the challenge has them, XML files beside the images as LabelImg and
Roboflow write them, and folders of other names.
Reference: http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/devkit_doc.html (sections 2, 3 and 9).
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter, defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

from datalint.amounts import counted
from datalint.dataset.containers import xml
from datalint.dataset.containers.records import Kind, Outcome, Place, quoted, refused
from datalint.dataset.containers.xml import Element, number, text_of
from datalint.dataset.formats.label_format import BOXES, IMAGES, Counted, Format, LabelFile, Labels
from datalint.dataset.formats.voc import folders, lists
from datalint.dataset.formats.voc.objects import Objects, Odd

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from datalint.dataset.files.image_names import Found
    from datalint.dataset.files.tree import Tree

#: Any of these makes an <annotation> one of this format, if none of LabelMe's own is there.
_OWN = re.compile(rb"<(?:object|size|filename|bndbox|segmented)[\s/>]")
_LABELME = re.compile(rb"<(?:pt|imagesize|segm|sourceAnnotation|submittedBy)[\s/>]")
_OTHERS = re.compile(rb"<(?:possibleresult|HRSC_\w+)[\s/>]")
_MASKS = re.compile(r"segmentation(?:class|object)\w*", re.IGNORECASE)


class PascalVoc(Format):
    """One dataset a folder with `Annotations`, and one of all label files elsewhere."""

    name, title, extensions = "voc", "Pascal VOC", ("xml",)
    counts = (IMAGES, BOXES, Counted("polygons", "polygon", "polygons"))
    one_image, own_first, largest = True, True, xml.LARGEST
    name_expected = "the image's name"

    def __init__(self, tree: Tree) -> None:
        super().__init__(tree)
        self._lists = lists.find(tree)
        xml_folders = tree.usable("xml")["folder"].unique().to_list()
        self._folders = folders.Folders(tree, xml_folders, self._lists)
        self._parts: Counter[str] = Counter()
        self._flags: defaultdict[str, Odd] = defaultdict(Odd)
        self._names: defaultdict[str, Odd] = defaultdict(Odd)

    def recognise(self, head: bytes) -> bool:
        """An <annotation> that is not LabelMe's, nor of a format with objects of its own kind."""
        text = xml.as_text(head)
        is_other = _LABELME.search(text) or _OTHERS.search(text)
        return xml.root_name(text) == "annotation" and bool(_OWN.search(text)) and not is_other

    def blank(self, head: bytes) -> tuple[str, str] | None:
        """Files without any element."""
        if xml.root_name(head) is not None:
            return None
        reason = "not XML: it has no element" if head.strip(b"\0 \t\r\n") else "the file is empty"
        return reason, "<annotation> and in it what is in the image"

    def dataset_of(self, file: LabelFile) -> str:
        """The folder above `Annotations`."""
        return self._folders.root(file.folder)

    def datasets(self) -> Iterable[str]:
        """Those with ImageSets: lists of classes need no label files."""
        return self._lists

    def home(self, root: str) -> str:
        """`Annotations`."""
        return posixpath.join(root, "Annotations")

    def search(self, folder: str, root: str) -> Iterator[str]:
        """`JPEGImages` and the like, beside and above."""
        return self._folders.search(folder, root)

    def belongs(self, path: str, root: str) -> bool:
        """A dataset with `Annotations` has its images below its root."""
        return not self._folders.is_closed(root) or path.startswith(f"{root}/")

    def source(self, out: Labels) -> str:
        """The folder, even of one file."""
        return out.root

    def read(self, file: LabelFile, data: bytes, out: Labels) -> None:
        """One image."""
        document = xml.parse(data, file.path)
        out.problems += document.problems
        root = document.root
        if root is None:
            out.outcomes[file.path] = refused("no usable XML")
            return
        name = root.find("filename")
        place = Place(file.path, root.sourceline if name is None else name.sourceline)
        found = out.image_of(file, text_of(name), place)
        if found is None:
            return
        out.image(found, place, _size(root, file, out))
        before = out.tables()
        inside = Objects(out, file.path, found, self._flags[out.root], self._names[out.root])
        elements = list(root.iter("object"))
        for element in elements:
            inside.add(element, document.cut and element is elements[-1])
        self._parts[out.root] += inside.parts
        boxes, polygons = (out.count(table) - before[table] for table in ("boxes", "polygons"))
        said = [counted(boxes, "box", "boxes")] + [counted(polygons, "polygon")] * bool(polygons)
        out.outcomes[file.path] = Outcome(Kind.READ, "read as Pascal VOC", ", ".join(said))

    def finish(self, out: Labels) -> None:
        """The lists, which name splits and, where there is no label file, classes; and the masks."""
        mine = self._lists.get(out.root, [])
        if not out.outcomes and not lists.say_classes(self.tree, mine):
            return
        by_key, by_stem = _lookup(out)

        def listed(name: str) -> tuple[Found, bool]:
            """The image that a list means, and whether a label file names it too."""
            found = by_key.get(name) or by_stem.get(name.rpartition("/")[2])
            return (found, True) if found is not None else (out.listed(name), False)

        if not lists.read(self.tree, mine, out, listed, None if out.images else out.classes):
            for file, found in out.images.items():
                if (split := folders.split(file, out.root)) is not None:
                    out.split(found, split)
        self._tell_odd(out)
        out.masks.update(self._masks(out.root))
        lists.declare(self.tree, out.root, out, out.classes)
        self._summarise(out, len(by_key))

    def _tell_odd(self, out: Labels) -> None:
        flags, names = self._flags[out.root], self._names[out.root]
        if flags.first is not None:
            place, text = flags.first
            reason = f"<difficult> is neither 0 nor 1 in {flags.count:,} of {flags.total:,} objects, {text} first"
            out.problem("syntax", place, f"{reason}; it was read as 0", "0 or 1")
        if names.first is not None:
            place, text = names.first
            reason = f"outer spaces in {names.count:,} of {names.total:,} class names, {text} first"
            out.problem("encoding", place, reason, "class names without outer spaces")

    @cached_property
    def _mask_folders(self) -> dict[str, list[str]]:
        """Root -> the folders of masks below it."""
        found: dict[str, list[str]] = defaultdict(list)
        for folder in self.tree.folders:
            parts = folder.split("/")
            for place in (place for place, part in enumerate(parts) if _MASKS.fullmatch(part)):
                found["/".join(parts[:place])].append(folder)
        return dict(found)

    def _masks(self, root: str) -> list[int]:
        homes = self._mask_folders.get(root)
        if homes is None:
            return []
        files = self.tree.files
        rows: list[int] = files.filter(files["candidate"] & files["folder"].is_in(homes))["file_row"].to_list()
        return rows

    def _summarise(self, out: Labels, files: int) -> None:
        said = out.summary(files)
        if parts := self._parts[out.root]:
            said.insert(1, f"{counted(parts, 'part')} of objects (heads, hands, ...) are not objects: not read.")
        if out.masks:
            said.append(f"{counted(len(out.masks), 'mask')} of SegmentationClass and SegmentationObject.")
        out.evidence[:0] = said


def _size(root: Element, file: LabelFile, out: Labels) -> tuple[float | None, float | None]:
    size = root.find("size")
    if size is None:
        return None, None
    said = [text_of(size.find(side)) for side in ("width", "height")]
    numbers = [number(text) for text in said]
    for side, text, value in zip(("width", "height"), said, numbers, strict=True):
        if text is not None and value is None:
            reason = f"the {side} is {quoted(text)}, not a number"
            out.problem("syntax", Place(file.path, size.sourceline), reason, f"the image's {side} in pixels")
    return numbers[0], numbers[1]


def _lookup(out: Labels) -> tuple[dict[str, Found], dict[str, Found | None]]:
    """The images of label files by what lists call them: by path, and by stem (None where several have it)."""
    by_key: dict[str, Found] = {}
    by_stem: dict[str, Found | None] = {}
    for file, found in out.images.items():
        by_key[folders.key(file, out.root)] = found
        by_stem[file.stem] = None if file.stem in by_stem else found
    return by_key, by_stem


FORMATS = (PascalVoc,)
