"""Label Studio's CSV: one annotation a line, its answers as JSON in cells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from datalint.dataset.containers.json.document import as_text
from datalint.dataset.containers.json.places import BrokenJSONError, parse
from datalint.dataset.containers.records import Place
from datalint.dataset.formats.label_studio import columns
from datalint.dataset.formats.label_studio.tasks import LabelStudio

if TYPE_CHECKING:
    from datalint.dataset.formats.label_format import LabelFile, Labels

_HEADER = re.compile(rb"[^\r\n]*")


class Csv(LabelStudio):
    """The lines of a file."""

    extensions = ("csv", "tsv")
    precision = 2

    def recognise(self, head: bytes) -> bool:
        """A header line with the columns of an annotation."""
        header = _HEADER.match(as_text(head))
        return header is not None and b"annotation_id" in header[0] and b"lead_time" in header[0]

    def read(self, file: LabelFile, data: bytes, out: Labels) -> None:
        """All lines."""
        records = out.records(file, data)
        if records is None:
            return
        found: list[tuple[Place, dict[str, Any]]] = []
        for line, row in zip(records.lines, records.frame.iter_rows(named=True), strict=True):
            place = Place(file.path, line)
            try:
                found.append((place, {key: _value(cell) for key, cell in row.items()}))
            except BrokenJSONError as error:
                out.problem("syntax", place, f"a cell that is not JSON: {error.reason}", "a list of regions")
        self.add(columns.tasks(found), file, out)


def _value(cell: str | None) -> Any:
    """What a cell says: JSON where it begins like it. Raises BrokenJSONError."""
    text = (cell or "").strip()
    if text[:1] not in ("[", "{"):
        return text
    data = text.encode()
    return parse(data, 0, len(data))
