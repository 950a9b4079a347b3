"""Label files of many images, of which there may be one a split: what the formats of lists share."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from datalint.dataset.files import splits
from datalint.dataset.files.image_names import Found
from datalint.dataset.formats.label_format import Format, LabelFile, Labels, above_splits, first_split

if TYPE_CHECKING:
    from datalint.dataset.containers.records import Place


class SplitFiles(Format):
    """Files that differ in the split only are one dataset: any other may be a copy of the same annotations."""

    def dataset_of(self, file: LabelFile) -> str:
        """The folder above those of splits, and the file's name if that is not a split's."""
        return posixpath.join(above_splits(file.folder), "" if splits.read(file.stem) else file.stem)

    def source(self, out: Labels) -> str:
        """The folder of several files."""
        return out.files[0].path if len(out.files) == 1 else above_splits(out.files[0].folder)


def split_of(file: LabelFile) -> str | None:
    """The split that the name of a file or of its folders says."""
    named = splits.read(file.stem)
    return named.split if named else first_split(file.folder.split("/")[::-1])


def put_in_split(found: Found, file: LabelFile, out: Labels) -> None:
    """An image that `file` names, in the split that it says."""
    if (split := split_of(file)) is not None:
        out.split(found, split)


def folders_near(folder: str) -> list[str]:
    """Where the images that a file in `folder` lists may be: beside it, in `images` there, and the same one up."""
    near = [posixpath.join(place, name) for place in (folder, posixpath.dirname(folder)) for name in ("", "images")]
    return list(dict.fromkeys(place.rstrip("/") for place in near))


class Rows:
    """The images of a file of one object a row, which names each image as often as it holds objects."""

    def __init__(self, file: LabelFile, out: Labels) -> None:
        self._file = file
        self._out = out
        self._folders = folders_near(file.folder)
        self._known: dict[str, Found] = {}

    def image(
        self, name: str | None, place: Place, size: tuple[float | None, float | None] = (None, None), lost: str = ""
    ) -> Found | None:
        """The image that a row names, with or without extension; None, and a problem, if it names none."""
        name = (name or "").strip()
        found = self._known.get(name)
        if found is None:
            found = self._find(name)
            if found.path is None:
                self._out.unnamed(found, place, lost)
                return None
            self._known[name] = found
            if found.fault:
                self._out.problem("path", place, found.fault, "the name of an image", found.path)
            if self._out.is_new(found, place):
                self._out.image(found, place, size)
                put_in_split(found, self._file, self._out)
        return found

    def _find(self, name: str) -> Found:
        if not name:
            return Found(None, None)
        found = self._out.find(name, self._folders)
        bare = self._out.names.by_stem(name, self._folders) if found.row is None and not found.fault else found
        return bare if bare.row is not None else found


__all__ = ["Rows", "SplitFiles", "folders_near", "put_in_split", "split_of"]
