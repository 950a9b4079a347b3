"""What the label files of both programs have in common: where their images are, and their splits."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from datalint.dataset.formats.label_format import (
    IMAGES,
    LINES,
    POINTS,
    Counted,
    Format,
    LabelFile,
    Labels,
    first_split,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datalint.dataset.files.image_names import Found

#: Folders beside the label files' that may hold the images.
_IMAGES = ("images", "Images", "imgs", "img", "JPEGImages", "image")


class LabelMe(Format):
    """One dataset, wherever its files lie; the image that a file names comes before the one of its own name."""

    name = "labelme"
    counts = (IMAGES, Counted("boxes", "box", "boxes"), LINES, POINTS, Counted("labels", "flag", "flags"))
    one_image = True
    name_expected = "a path from the label file"

    def dataset_of(self, file: LabelFile) -> str:
        """The same for all."""
        return ""

    def source(self, out: Labels) -> str:
        """The folder that all files have in common."""
        if len(out.files) == 1:
            return out.files[0].path
        return posixpath.commonpath([f"/{folder}" for folder in out.homes]).strip("/")

    def search(self, folder: str, root: str) -> Iterator[str]:
        """The file's own folder, and those called `images` beside it and in it."""
        parts = folder.split("/") if folder else []
        yield folder
        for depth in range(1, min(len(parts), 2) + 1):
            above, below = parts[: len(parts) - depth], parts[len(parts) - depth + 1 :]
            yield from ("/".join([*above, name, *below]) for name in _IMAGES)
            yield "/".join([*above, *below])
        yield from (posixpath.join(folder, name) for name in _IMAGES)


def split(file: LabelFile, found: Found, out: Labels) -> None:
    """Put the image into the split that the label file's folder names."""
    if (name := first_split(file.folder.split("/"))) is not None:
        out.split(found, name)
