"""One JSON object a file, about one image, with a list of objects: the steps that formats of such files share."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from datalint.dataset.containers.json.document import Document, a_number
from datalint.dataset.containers.records import Place
from datalint.dataset.files.image_names import Found
from datalint.dataset.formats import exports, json_fields, split_files
from datalint.dataset.formats.label_format import Fault, LabelFile, Labels, above_splits, first_split

if TYPE_CHECKING:
    from collections.abc import Iterator


class About(NamedTuple):
    """What a file says of its image."""

    name: str | None
    """None if the image is named by the file's own name alone."""
    pointer: str
    """Where it says so."""
    width: float | None = None
    height: float | None = None


class OneImage(exports.Export):
    """Files below the folders of splits are one dataset."""

    extensions = ("json",)
    one_image = True
    objects: ClassVar[str]
    """The key of the list of objects."""
    keys: ClassVar[tuple[str, ...]]
    """Of those of an object, each of which may be there once."""
    expected: ClassVar[str]
    """What an object is expected to be."""

    def about(self, value: dict[str, Any], file: LabelFile) -> About:
        """What a file, which holds `value` beside its objects, says of its image."""
        raise NotImplementedError

    def put(self, value: dict[str, Any], found: Found, place: Place, out: Labels) -> Fault | None:
        """The object as rows, or why it cannot be used."""
        raise NotImplementedError

    def dataset_of(self, file: LabelFile) -> str:
        """The folder above those of splits."""
        return above_splits(file.folder)

    def source(self, out: Labels) -> str:
        """The folder that all files have in common."""
        if len(out.files) == 1:
            return out.files[0].path
        return posixpath.commonpath([f"/{folder}" for folder in out.homes]).strip("/")

    def search(self, folder: str, root: str) -> Iterator[str]:
        """Beside the file, and in `images` there, beside its folder and beside the folder of all splits."""
        yield from split_files.folders_near(folder)
        within = posixpath.relpath(folder, root) if root else folder
        for name in ("images", ""):
            yield posixpath.normpath(posixpath.join(posixpath.dirname(root), name, within)).removeprefix(".")

    def image(self, file: LabelFile, about: About, place: Place, out: Labels) -> Found | None:
        """The image that a file is about."""
        return out.image_of(file, about.name, place)

    def read(self, file: LabelFile, data: bytes, out: Labels) -> None:
        """One image."""
        document = Document(data, file.path)
        known = document.members(document.root(), "", "a JSON object")
        document.check_end()
        objects = json_fields.begun(document, known, self.objects)
        value = {key: document.value(at) for key, at in known.items() if key != self.objects}
        about = self.about(value, file)
        at = known.get(about.pointer.split("/")[1], document.root()) if about.pointer else document.root()
        place = Place(file.path, document.line(at), None, about.pointer)
        found = self.image(file, about, place, out)
        if found is None or found.path is None:
            out.unnamed(found or Found(None, None), place)
        else:
            out.image(found, place, (about.width, about.height))
            if (split := first_split(file.folder.split("/")[::-1])) is not None:
                out.split(found, split)
            self._objects(document, objects, place, found, out)
        out.problems += document.problems

    def _objects(self, document: Document, at: int | None, place: Place, found: Found, out: Labels) -> None:
        if at is None:
            reason = f"there is no list `{self.objects}`"
            out.problem("syntax", place, reason, "a list, empty if nothing is in the image", found.path)
            return

        def put(value: Any, where: Place) -> Fault | None:
            return (
                self.put(value, found, where, out)
                if isinstance(value, dict)
                else json_fields.other(value, self.expected)
            )

        json_fields.each(document, (at, f"/{self.objects}"), self.expected, out, put, self.keys, found.path)


def sized(value: Any, width: str = "width", height: str = "height") -> tuple[float | None, float | None]:
    """The size that an object declares; None where it does not."""
    return (a_number(value.get(width)), a_number(value.get(height))) if isinstance(value, dict) else (None, None)


__all__ = ["About", "OneImage", "sized"]
