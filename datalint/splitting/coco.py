"""A division of a COCO dataset: the images of a split in a folder, and `annotations/instances_train.json`.

Records are taken over byte for byte, but for the ids and file names that several label files have in common.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec import Raw

from datalint.splitting.names import free
from datalint.splitting.ratios import SplitError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from datalint.dataset import Dataset
    from datalint.splitting.division import Division

_BOM = b"\xef\xbb\xbf"
_ELSE = "--lists DIR divides any dataset"


#: What is an id: 1 and 1.0 are one.
_Id = int | float | str | None


class _Image(msgspec.Struct):
    id: _Id
    file_name: str


class _Object(msgspec.Struct):
    image_id: _Id = None


class _File(NamedTuple):
    """A label file."""

    name: str
    rest: dict[str, Raw]
    """All but images and annotations."""
    images: list[Raw]
    annotations: list[Raw]


def planned(
    division: Division, rows: Sequence[tuple[int, str, str]], places: Mapping[int, Path]
) -> tuple[dict[str, Path], dict[str, bytes], list[str]]:
    """The files of the new dataset: those that are copied, those that are written; and what is left out, in words."""
    data = division.data
    records = _records(data)
    sources = [_read(data, name) for name in sorted({file for file, _ in records})]
    _require_one_list(sources)
    # Two files may have ids in common: then all records are numbered anew.
    made = _Made(division, rows, places, renumber=sum(bool(source.images) for source in sources) > 1)
    lost = sum(made.take(source, records) for source in sources)
    made.take_unnamed(rows)
    texts = {
        f"annotations/instances_{name}.json": _written(sources[0], made.images[name], made.annotations[name])
        for name in division.splits
    }
    said = f"{lost:,} annotations of images that are not there, or in no split, are left out"
    return made.files, texts, [said] if lost else []


class _Made:
    """The new dataset, while it is put together."""

    def __init__(
        self, division: Division, rows: Sequence[tuple[int, str, str]], places: Mapping[int, Path], *, renumber: bool
    ) -> None:
        self.files: dict[str, Path] = {}
        self.images: dict[str, list[Raw]] = {name: [] for name in division.splits}
        self.annotations: dict[str, list[Raw]] = {name: [] for name in division.splits}
        self._split = {image: split for image, _, split in rows}
        self._places, self._renumber = places, renumber
        self._taken: dict[str, int] = {}
        self._described: dict[int, str] = {}

    def take(self, source: _File, records: Mapping[tuple[str, str], int]) -> int:
        """Take the records of a file over; how many annotations are not, as their images are not."""
        of: dict[_Id, tuple[str, int]] = {}
        lost = 0
        for number, record in enumerate(source.images):
            image = records.get((source.name, f"/images/{number}"))
            if image is None or image not in self._split:
                continue
            if image in self._described:
                both = " and ".join(sorted({self._described[image], source.name}))
                raise SplitError(f"{both} describe an image twice, so they are not merged: {_ELSE}")
            self._described[image] = source.name
            head: _Image = _decoded(record, _Image, source.name)
            split, name = self._split[image], self._copied(image, head.file_name)
            own = len(self.images[split]) + 1
            changes: dict[str, Any] = {"file_name": name} if name != head.file_name else {}
            self.images[split].append(_changed(record, {**changes, **({"id": own} if self._renumber else {})}))
            of[head.id] = split, own
        for record in source.annotations:
            place = of.get(_decoded(record, _Object, source.name).image_id)
            if place is None:
                lost += 1
                continue
            split, own = place
            changes = {"id": len(self.annotations[split]) + 1, "image_id": own} if self._renumber else {}
            self.annotations[split].append(_changed(record, changes))
        return lost

    def take_unnamed(self, rows: Sequence[tuple[int, str, str]]) -> None:
        """Images that no label file names go along, without a record as before."""
        for image, path, _ in rows:
            if image not in self._described:
                self._copied(image, path)

    def _copied(self, image: int, said: str) -> str:
        """Have an image copied; its name in the folder of its split."""
        split = self._split[image]
        name = free(f"{split}/{_plain(said)}", self._taken)
        self.files[name] = self._places[image]
        return name.partition("/")[2]


def _records(data: Dataset) -> dict[tuple[str, str], int]:
    """File and pointer of a record -> its image."""
    rows = data.named.select("file", "pointer", "image").drop_nulls().collect()
    return {(file, pointer): image for file, pointer, image in rows.iter_rows()}


def _read(data: Dataset, name: str) -> _File:
    assert isinstance(data.root, Path)
    place = data.root / name
    try:
        body = place.read_bytes().removeprefix(_BOM)
    except OSError as error:
        raise SplitError(f"{place}: {error.strerror}: {_ELSE}") from None
    found = _decoded(Raw(body), dict[str, Raw], name)
    lists = {key: _decoded(found.pop(key, Raw(b"[]")), list[Raw], name) for key in ("images", "annotations")}
    return _File(name, found, lists["images"], lists["annotations"])


def _decoded(record: Raw, kind: Any, name: str) -> Any:
    try:
        return msgspec.json.decode(record, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SplitError(f"{name} cannot be divided ({error}): {_ELSE}") from None


def _require_one_list(sources: Sequence[_File]) -> None:
    """SplitError where two label files number the classes in two ways."""
    first = None
    for source in sources:
        rows = _decoded(source.rest.get("categories", Raw(b"[]")), list[dict[str, Any]], source.name)
        classes = {str(row.get("id")): row.get("name") for row in rows}
        if first is not None and classes != first[1]:
            raise SplitError(f"{first[0]} and {source.name} list other classes, so they are not merged: {_ELSE}")
        first = first or (source.name, classes)


def _changed(record: Raw, changes: Mapping[str, Any]) -> Raw:
    """A record with other values, or the same bytes."""
    if not changes:
        return record
    members = msgspec.json.decode(record, type=dict[str, Raw])
    for key, value in changes.items():
        members[key] = Raw(msgspec.json.encode(value))
    return Raw(msgspec.json.encode(members))


def _plain(name: str) -> str:
    """A file name without folders: the images of a split lie in one."""
    return PurePosixPath(name.replace("\\", "/")).name or "image"


def _written(like: _File, images: Sequence[Raw], annotations: Sequence[Raw]) -> bytes:
    """A label file with a record a line."""
    rest = b"".join(b"%s: %s,\n" % (msgspec.json.encode(key), bytes(value)) for key, value in like.rest.items())
    lists = b",\n".join(
        b'"%s": [\n%s\n]' % (key, b",\n".join(map(bytes, rows)))
        for key, rows in ((b"images", images), (b"annotations", annotations))
    )
    return b"{\n" + rest + lists + b"\n}\n"
