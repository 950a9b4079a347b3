"""JSON, whole or a value a line: an item of a list goes with its comma, and so does a member of an object."""

from __future__ import annotations

import json
from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from datalint.dataset.containers.json import places
from datalint.dataset.containers.json.places import BrokenJSONError
from datalint.dataset.containers.json.values import unescaped
from datalint.repair.edits import Edit, FixError
from datalint.repair.label_file import LabelFile, Spot
from datalint.repair.text_file import Lines

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator


class _Item(NamedTuple):
    """One of the items in the list, or members of the object, that begins at offset `of`."""

    of: int
    number: int


class _Inside(NamedTuple):
    """What a list or object holds."""

    spans: list[tuple[int, int]]
    """Of the items; of members with their keys."""
    keys: dict[str, int] | None
    """Key -> number, in an object."""


def is_one_value(data: bytes) -> bool:
    """Whether the text is one JSON value, rather than one a line."""
    try:
        stop = places.end(data, places.start(data))
    except BrokenJSONError:
        return True
    return not data[stop:].strip()


class JsonFile(LabelFile):
    """One JSON value."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._known: dict[int, _Inside] = {}
        self._found: dict[tuple[int, str], int] = {}
        self._dropped: dict[int, set[int]] = defaultdict(set)

    def span(self, spot: Spot) -> tuple[int, int]:
        """The value that the pointer leads to."""
        base = self._base(spot)
        if not spot.pointer:
            return self._whole(spot, base)
        at = self._find(base, spot.pointer)
        return at, self._end(at)

    def dropping(self, spot: Spot) -> list[Hashable]:
        """The item or member, and what belongs to it in lists beside."""
        if not spot.pointer:
            raise FixError("the file is one record: it cannot be taken out of itself")
        base = self._base(spot)
        parent, _, name = spot.pointer.rpartition("/")
        of = self._find(base, parent)
        number = self._number(of, name)
        value = self._find(base, spot.pointer)
        first = self.data[value : value + 1]
        if spot.image and first not in (b"{", b"["):
            raise FixError("the record is a part of its file that cannot be taken out")
        if self._inside(of).keys is not None or first == b"{":
            return [_Item(of, number), *(self._referring(value) if spot.image and parent == "/images" else ())]
        return [_Item(beside, number) for beside in self._beside(base, parent, of)]

    def _referring(self, image: int) -> list[Hashable]:
        """The annotations of a COCO file that name this image by its id: not all of them need be read as labels."""
        identity = self._member(image, "id")
        return list(self._annotations.get(identity, ())) if identity is not None else []

    @cached_property
    def _annotations(self) -> dict[bytes | None, list[_Item]]:
        """By the text of their `image_id`."""
        found: dict[bytes | None, list[_Item]] = defaultdict(list)
        root = self._inside(places.start(self.data))
        at = None if root.keys is None or "annotations" not in root.keys else root.spans[root.keys["annotations"]][0]
        key = None if at is None else places.key_at(self.data, at)
        if key is None or self.data[key.value_at : key.value_at + 1] != b"[":
            return found
        for number, (start, _) in enumerate(self._inside(key.value_at).spans):
            found[self._member(start, "image_id")].append(_Item(key.value_at, number))
        return found

    def _member(self, of: int, name: str) -> bytes | None:
        """The text of a member of the object that begins at `of`."""
        if self.data[of : of + 1] != b"{":
            return None
        try:
            return next((self.data[one.at : one.end] for one in places.members(self.data, of) if one.key == name), None)
        except BrokenJSONError as error:
            raise FixError(f"it is not valid JSON: {error.reason}") from None

    def drop(self, target: Hashable) -> None:
        """Take an item or member out."""
        assert isinstance(target, _Item)
        self._dropped[target.of].add(target.number)

    def _base(self, spot: Spot) -> int:
        return places.start(self.data)

    def _whole(self, spot: Spot, base: int) -> tuple[int, int]:
        return base, self._end(base)

    def _find(self, base: int, pointer: str) -> int:
        """Offset of the value that a pointer leads to; that of its parents is looked up once."""
        if not pointer:
            return base
        if (base, pointer) not in self._found:
            parent, _, name = pointer.rpartition("/")
            of = self._find(base, parent)
            inside = self._inside(of)
            start, _ = inside.spans[self._number(of, name)]
            key = places.key_at(self.data, start) if inside.keys is not None else None
            self._found[base, pointer] = key.value_at if key else start
        return self._found[base, pointer]

    def _number(self, of: int, name: str) -> int:
        inside = self._inside(of)
        if inside.keys is not None and unescaped(name) in inside.keys:
            return inside.keys[unescaped(name)]
        if inside.keys is None and name.isdecimal() and len(name) < 10 and int(name) < len(inside.spans):
            return int(name)
        raise FixError("its pointer leads nowhere")

    def _inside(self, of: int) -> _Inside:
        if of not in self._known:
            try:
                if self.data[of : of + 1] == b"{":
                    members = list(places.members(self.data, of))
                    keys = {member.key: number for number, member in enumerate(members)}
                    if len(keys) < len(members):
                        raise FixError("two members of an object have the same key")
                    self._known[of] = _Inside([(member.key_at, member.end) for member in members], keys)
                elif self.data[of : of + 1] == b"[":
                    self._known[of] = _Inside(list(places.items(self.data, of)), None)
                else:
                    self._known[of] = _Inside([], None)
            except BrokenJSONError as error:
                raise FixError(f"it is not valid JSON: {error.reason}") from None
        return self._known[of]

    def _end(self, at: int) -> int:
        try:
            return places.end(self.data, at)
        except BrokenJSONError as error:
            raise FixError(f"it is not valid JSON: {error.reason}") from None

    def names(self, pointer: str) -> list[tuple[str, str]]:
        """Pointer and `name` of the objects in a list."""
        of = self._find(places.start(self.data), pointer)
        found = []
        for number, (start, _) in enumerate(self._inside(of).spans):
            said = self._member(start, "name")
            if said is not None and said.startswith(b'"'):
                found.append((f"{pointer}/{number}", json.loads(said)))
        return found

    def beside(self, spot: Spot) -> list[tuple[int, int]]:
        """First byte, and the one behind the last, of the items that belong to an item in lists beside its own."""
        if not spot.pointer:
            return [self.span(spot)]
        base = self._base(spot)
        parent, _, name = spot.pointer.rpartition("/")
        of = self._find(base, parent)
        if self._inside(of).keys is not None:
            return [self.span(spot)]
        number = self._number(of, name)
        return [self._inside(one).spans[number] for one in self._beside(base, parent, of)]

    def _beside(self, base: int, parent: str, of: int) -> list[int]:
        """The lists of an object in which an object's box, class and so on have the same number."""
        above = self._find(base, parent.rpartition("/")[0]) if parent else of
        keys = self._inside(above).keys
        if above == of or not keys:
            return [of]
        inside = self._inside(above)
        values = [self._find(base, f"{parent.rpartition('/')[0]}/{_escaped(key)}") for key in keys]
        lists = [value for value in values if self.data[value : value + 1] == b"["]
        if len(lists) == 1:
            return lists
        if len(lists) < len(inside.spans) or len({len(self._inside(one).spans) for one in lists}) > 1:
            raise FixError("which items of the lists beside it belong to the box is not certain")
        return lists

    def _drops(self) -> Iterator[Edit]:
        for of, numbers in self._dropped.items():
            yield from _without(self._inside(of).spans, numbers)


class JsonLines(JsonFile):
    """A JSON value a line."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._lines = Lines(data)

    def dropping(self, spot: Spot) -> list[Hashable]:
        """The line, or what the pointer leads to in it."""
        if spot.pointer:
            return super().dropping(spot)
        start, stop = self._lines.span(spot.line)
        return [Edit(start, self._lines.after(stop))]

    def drop(self, target: Hashable) -> None:
        """Take it out."""
        if isinstance(target, Edit):
            self.replace(target)
        else:
            super().drop(target)

    def _base(self, spot: Spot) -> int:
        return places.start(self.data, self._lines.span(spot.line)[0])

    def _whole(self, spot: Spot, base: int) -> tuple[int, int]:
        return self._lines.span(spot.line)


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _without(spans: list[tuple[int, int]], dropped: set[int]) -> Iterator[Edit]:
    """Take out items in a row with the comma and the blanks behind them; at the end of the list, those before them."""
    number = 0
    while number < len(spans):
        first = number
        while number in dropped:
            number += 1
        if number == first:
            number += 1
        elif number < len(spans):
            yield Edit(spans[first][0], spans[number][0])
        else:
            yield Edit(spans[first - 1][1] if first else spans[first][0], spans[-1][1])
