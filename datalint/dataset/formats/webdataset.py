"""WebDataset: members of a tar archive with one stem are one sample, and `.cls`, `.txt` or `.json` says its class.

Reference: https://github.com/webdataset/webdataset#the-webdataset-format
"""

from __future__ import annotations

import posixpath
import re
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from datalint.dataset.assembly.collector import Record
from datalint.dataset.containers.json.document import Document, kind_of
from datalint.dataset.containers.records import Kind, Outcome, Place
from datalint.dataset.files.image_names import Found
from datalint.dataset.formats.label_format import Counted, Format, LabelFile, Labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalint.dataset.files.tree import Tree

#: Fields of a sample's JSON that say its class, the first one counts; and those that name the class of a number.
_FIELDS = ("label", "cls", "class", "category", "class_id", "target", "labels", "classes")
_NAMES = ("class_name", "label_name", "classname", "category_name")
_FIELD = re.compile(rb'"(?:%s)"\s*:' % "|".join((*_FIELDS, *_NAMES)).encode())
#: Fields of what img2dataset writes of an image: where it was found, and what became of it.
_FOUND_AT = ("url", "key", "status")
#: Files with a class a line, in the order of the numbers.
_LISTS = ("classes.txt", "classnames.txt", "class_names.txt", "labels.txt", "dataset_info.json")
#: A longer text is a caption, and so are texts most of which differ.
_LONGEST, _MOST_WORDS, _DIFFERENT = 80, 4, 0.5
#: Labels of YOLO and its like.
_NUMBERS = re.compile(rb"[-+\d.eE]+(?:\s+[-+\d.eE]+){3,}")
_EXPECTED = "the number or the name of a class"


class _Text(NamedTuple):
    found: Found
    said: str
    place: Place


class WebDataset(Format):
    """All archives of a folder are one dataset."""

    name, title, extensions = "webdataset", "WebDataset", ("cls", "txt", "json")
    counts = (Counted("named", "image", "images", always=True), Counted("labels", "label", "labels"))
    precision = 1
    multi = False
    one_image = True
    largest = 1 << 24

    def __init__(self, tree: Tree) -> None:
        super().__init__(tree)
        self._texts: dict[str, list[_Text]] = {}
        self._classes: dict[str, list[str]] = {}

    def recognise(self, head: bytes) -> bool:
        """Only the place of a file tells; see `is_of`."""
        return False

    def is_of(self, file: LabelFile, head: bytes) -> bool:
        """A file in an archive, beside an image of its sample."""
        if self._archive(file.folder) is None:
            return False
        if file.extension == "cls":
            return True
        if self._image(file) is None:
            return False
        if file.extension == "json":
            known = _FIELD.search(head) or all(b'"%s"' % name.encode() in head for name in _FOUND_AT)
            return bool(known) and head.lstrip()[:1] == b"{"
        text = head.strip()
        return bool(text) and b"\n" not in text and not _NUMBERS.fullmatch(text)

    def dataset_of(self, file: LabelFile) -> str:
        """The folder of the archives."""
        return posixpath.dirname(self._archive(file.folder) or file.folder)

    def read(self, file: LabelFile, data: bytes, out: Labels) -> bool | None:
        """One sample."""
        place = Place(file.path, 1)
        found = self._image(file)
        if found is None:
            out.problem("syntax", place, "there is no image of this name in the archive", "an image beside it")
        elif file.extension == "json":
            return self._json(file, data, found, out)
        else:
            out.image(found, place)
            self._text(file, data, _Text(found, "", place), out)
        return None

    def finish(self, out: Labels) -> None:
        """Of texts it is known at the end whether they are classes."""
        texts = self._texts.pop(out.root, [])
        labelled = {record[0] for record in out.rows("labels")}
        texts = [text for text in texts if text.found.row not in labelled]
        if texts and _are_classes(texts):
            for text in texts:
                self._label(text.said, None, text, out)
        elif texts:
            out.remark(f"The texts of {len(texts):,} samples are captions, which are not read.")
        for number, name in enumerate(self._listed(out)):
            out.declare(name, number, out.root)
        super().finish(out)

    def _text(self, file: LabelFile, data: bytes, text: _Text, out: Labels) -> None:
        try:
            said = data.decode("utf-8-sig").strip()
        except UnicodeDecodeError:
            said, reason = "", "it is not UTF-8"
        else:
            reason = "it holds several lines" if "\n" in said else "" if said else "it is empty"
        if reason:
            out.problem("syntax", text.place, reason, _EXPECTED, text.found.path)
        elif file.extension == "txt":
            self._texts.setdefault(out.root, []).append(text._replace(said=said))
        else:
            self._label(said, None, text, out)

    def _json(self, file: LabelFile, data: bytes, found: Found, out: Labels) -> bool:
        document = Document(data, file.path)
        known = document.members(document.root(), "", "a JSON object")
        key = next((key for key in (*_FIELDS, *_NAMES) if key in known), None)
        if key is None:
            return known.keys() >= set(_FOUND_AT)
        value = document.value(known[key])
        listed = value if isinstance(value, list) else [value]
        if any(isinstance(one, dict | list) for one in listed):
            return False
        place = Place(file.path, document.line(known[key]), None, f"/{key}")
        out.problems += document.problems
        out.image(found, place)
        names = [document.value(known[name]) for name in _NAMES if name in known]
        called = next((name for name in names if isinstance(name, str) and not isinstance(value, list)), None)
        for one in listed:
            if isinstance(one, bool) or not isinstance(one, int | str) or not str(one).strip():
                reason = f"`{key}` holds {kind_of(one)}" if one != "" else f"`{key}` is empty"
                out.problem("syntax", place, reason, _EXPECTED, found.path)
            else:
                self._label(str(one).strip(), called, _Text(found, "", place), out)
        return True

    def _label(self, said: str, called: str | None, text: _Text, out: Labels) -> None:
        number = int(said) if said.isdecimal() and len(said) < 10 else None
        names = self._listed(out)
        name = called or said
        if number is not None and called is None and number < len(names):
            name = names[number]
        elif number is not None and names and number >= len(names):
            reason = f"the class {number} is not among the {len(names):,} that are declared"
            out.problem("unknown-category", text.place, reason, "a number that is declared", text.found.path)
        out.classes.add(name)
        out.label(Record(text.found, name, number, text.place))

    def _listed(self, out: Labels) -> list[str]:
        """The names of the classes, by number; none where no file declares them."""
        if out.root not in self._classes:
            self._classes[out.root] = []
            for name in _LISTS:
                path = posixpath.join(out.root, name)
                row = self.tree.names.row(path)
                names = _names(self.tree.data(row), path) if row is not None else []
                if names:
                    self._classes[out.root] = names
                    out.outcomes[path] = Outcome(Kind.READ, "read as names of classes")
                    break
        return self._classes[out.root]

    def _archive(self, folder: str) -> str | None:
        while folder and folder not in self.tree.archives:
            folder = posixpath.dirname(folder)
        return folder or None

    def _image(self, file: LabelFile) -> Found | None:
        row = self._samples.get(f"{file.folder}/{file.path.rpartition('/')[2].partition('.')[0]}")
        return None if row is None else Found(row, self.tree.path(row))

    @cached_property
    def _samples(self) -> dict[str, int]:
        """Folder and key of a sample -> its first image. A key ends with the first dot."""
        images = self.tree.files.filter("candidate").select("folder", "name", "file_row").reverse()
        return {f"{folder}/{name.partition('.')[0]}": row for folder, name, row in images.iter_rows()}


def _are_classes(texts: Sequence[_Text]) -> bool:
    """Whether texts are short and return."""
    if any(len(text.said) > _LONGEST or len(text.said.split()) > _MOST_WORDS for text in texts):
        return False
    return len({text.said for text in texts}) <= max(1.0, _DIFFERENT * len(texts))


def _names(data: bytes, path: str) -> list[str]:
    text = data.decode("utf-8-sig", "replace")
    if not path.endswith(".json"):
        return [line.strip() for line in text.splitlines() if line.strip()]
    document = Document(data, path)
    known = document.members(document.root(), "", "a JSON object")
    for key in ("classes", "class_names", "names"):
        value = document.value(known.get(key))
        if isinstance(value, list) and all(isinstance(name, str) for name in value):
            return value
    return []


FORMATS = (WebDataset,)
