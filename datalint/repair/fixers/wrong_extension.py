"""Images are named after the format of their content."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from datalint.repair.changes import Refusal, RenameImage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datalint.finding import Finding
    from datalint.repair.changes import Change, Member, Policy
    from datalint.repair.facts import Facts

#: The usual extension of each format, in Pillow's names, where it is not the name itself.
_USUAL = {
    "AVIF": "avif", "BMP": "bmp", "DIB": "bmp", "GIF": "gif", "HEIF": "heic", "JPEG": "jpg", "JPEG2000": "jp2",
    "JXL": "jxl", "MPO": "jpg", "PNG": "png", "PPM": "ppm", "TIFF": "tif", "WEBP": "webp",
}  # fmt: skip


class WrongExtension:
    """Of `wrong-extension`."""

    code, name, safe = "DL104", "wrong-extension", True
    says = "images are named after the format of their content, in label files too"

    def __call__(
        self, finding: Finding, members: Sequence[Member], facts: Facts, policy: Policy
    ) -> Iterator[Change | Refusal]:
        """Rename each."""
        for path in [member.path for member in members if member.path]:
            content = facts.formats.get(path, "")
            if content not in _USUAL:
                yield Refusal(path, f"the usual extension of {content or 'its format'} is not known")
            else:
                yield RenameImage(path, PurePosixPath(path).with_suffix(f".{_USUAL[content]}").name)
