"""Which of VIA's attributes is the class: no file says it, and everybody calls it something else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What the class is called, the likeliest first.
_CLASS = ("class", "label", "category", "classname", "labelname", "categoryname", "objectclass", "object", "type",
          "objecttype", "species", "kind", "name", "tag")  # fmt: skip
#: What is never a class.
_OTHER = frozenset({"caption", "description", "comment", "comments", "note", "notes", "text", "transcription", "id",
                    "url", "imageurl", "author", "source", "license", "date", "publicdomain"})  # fmt: skip
#: Answers to questions such as whether an object is occluded.
_ANSWERS = frozenset({"yes", "no", "true", "false", "unknown"})
_CHOICES = ("dropdown", "radio", "checkbox")


class Attribute(NamedTuple):
    """An attribute that says the class."""

    name: str
    options: tuple[str, ...]
    """The classes that it declares."""


def classes(value: Any) -> list[str]:
    """What an attribute says: several where boxes are checked, nothing where it is empty."""
    if isinstance(value, dict):
        return [key.strip() for key, is_set in value.items() if is_set in (True, "true") and key.strip()]
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return []
    return [str(value).strip()] if str(value).strip() else []


def choose(said: Sequence[Any], declared: Any, of_images: bool = False) -> Attribute | None:
    """The attribute that says the class of what has the attributes `said`; None if there is none.

    One that is called like a class comes before one of declared options, and this before any other; one that less than
    half of them have comes after all. Of images, which may have captions of all kinds, a value must come again.
    """
    options = {name: _options(about) for name, about in declared.items()} if isinstance(declared, dict) else {}
    values: dict[str, list[str]] = {}
    counts: dict[str, int] = {}
    for attributes in said:
        for name, value in attributes.items() if isinstance(attributes, dict) else ():
            if found := classes(value):
                values.setdefault(name, []).extend(found)
                counts[name] = counts.get(name, 0) + 1

    def is_class(name: str) -> bool:
        word, count = _plain(name), counts.get(name, 0)
        if word in _OTHER or (counts and not count):
            return False
        if word in _CLASS:
            return bool(count or options.get(name))
        different = set(values.get(name, ()))
        if 2 * count < len(said) or {value.casefold() for value in different} <= _ANSWERS:
            return False
        return bool(options.get(name)) or not of_images or len(different) < max(count, 3)

    def rank(name: str) -> tuple[bool, bool, bool, int, int]:
        word, count = _plain(name), counts.get(name, 0)
        place = _CLASS.index(word) if word in _CLASS else len(_CLASS)
        return 2 * count < len(said), word not in _CLASS, not options.get(name), place, -count

    best = min(filter(is_class, dict.fromkeys([*options, *counts])), key=rank, default=None)
    return None if best is None else Attribute(best, options.get(best, ()))


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


def _options(about: Any) -> tuple[str, ...]:
    """The options of a declared attribute; a text has none."""
    options = about.get("options") if isinstance(about, dict) and about.get("type") in _CHOICES else None
    return tuple(name.strip() for name in options if name.strip()) if isinstance(options, dict) else ()
