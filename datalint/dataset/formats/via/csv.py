"""VIA's CSV: one region a line, its shape and its attributes as JSON; an image without regions has a line too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from datalint.dataset.containers.json.document import as_text
from datalint.dataset.containers.json.places import BrokenJSONError, parse
from datalint.dataset.containers.records import Place
from datalint.dataset.formats.via.images import Image, Region, Via, add

if TYPE_CHECKING:
    import polars as pl

    from datalint.dataset.formats.label_format import LabelFile, Labels

_HEADER = re.compile(rb"[^\r\n]*")
_COLUMNS = ("filename", "file_attributes", "region_count", "region_shape_attributes", "region_attributes")


class Csv(Via):
    """The lines of a file."""

    extensions = ("csv", "tsv")
    precision = 2

    def recognise(self, head: bytes) -> bool:
        """A header line with VIA's columns."""
        header = _HEADER.match(as_text(head))
        return header is not None and b"filename" in header[0] and b"region_shape_attributes" in header[0]

    def read(self, file: LabelFile, data: bytes, out: Labels) -> None:
        """All lines."""
        records = out.records(file, data)
        if records is None:
            return
        images: dict[str, Image] = {}
        for line, (name, about, count, drawn, said) in zip(records.lines, _cells(records.frame), strict=True):
            place = Place(file.path, line)
            try:
                shape, attributes, of_image = _value(drawn), _value(said), _value(about)
            except BrokenJSONError as error:
                out.problem("syntax", place, f"a cell that is not JSON: {error.reason}", "an object of attributes")
                continue
            image = images.setdefault(name or f"\0{line}", Image(place, place, name, of_image, []))
            if shape or count.strip() not in ("", "0"):
                image.regions.append(Region(place, {"shape_attributes": shape, "region_attributes": attributes}))
        add(list(images.values()), None, file, out)


def _cells(frame: pl.DataFrame) -> list[tuple[str, ...]]:
    """VIA's columns, line by line; those that are not there are empty."""
    named = {name.lstrip("# "): name for name in frame.columns}
    nothing = [""] * frame.height
    columns = [[cell or "" for cell in frame[named[name]]] if name in named else nothing for name in _COLUMNS]
    return list(zip(*columns, strict=True))


def _value(cell: str) -> Any:
    """What a cell says, also if Python printed it. Raises BrokenJSONError."""
    text = cell.strip()
    if not text:
        return None
    data = (text if '"' in text else text.replace("'", '"')).encode()
    return parse(data, 0, len(data))
