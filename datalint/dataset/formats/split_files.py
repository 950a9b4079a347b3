"""Label files of many images, of which there may be one a split: what the formats of lists share."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from datalint.dataset.files import splits
from datalint.dataset.formats.label_format import Format, LabelFile, Labels, above_splits, first_split

if TYPE_CHECKING:
    from datalint.dataset.files.image_names import Found


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


def folders_near(file: LabelFile) -> list[str]:
    """Where the images that a file lists may be: beside it, in `images` there, and the same of the folder above."""
    above = posixpath.dirname(file.folder)
    near = [posixpath.join(folder, name) for folder in (file.folder, above) for name in ("", "images")]
    return list(dict.fromkeys(folder.rstrip("/") for folder in near))


__all__ = ["SplitFiles", "folders_near", "put_in_split", "split_of"]
