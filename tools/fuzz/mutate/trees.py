"""Damage to values of JSON and YAML: keys renamed, types changed, parts moved, repeated, nested; the syntax stays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml

from tools.fuzz.mutate import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

_YAML = (
    "a: &a [1, 1]\nb: &b [*a, *a, *a]\nc: &c [*b, *b, *b]\n{0}",
    "{0}\n---\n{0}",
    "<<: {{names: [a]}}\n{0}",
    "%YAML 9.9\n---\n{0}",
    "{0}\nnames: !!python/object/apply:os.system [id]\n",
    "{0}\nnames: !!binary aGk=\n",
    "{0}\n? [a, b]\n: c\n",
    "{0}\nnames: *nowhere\n",
    "\t{0}",
    "{0}\ntrain: 2001-01-01\nval: 1:30\nnc: 0o17\n",
    "{0}\nnames: &x [*x]\n",
)


def json_value(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    """The file with one of its values changed; what cannot be parsed any more is changed as text."""
    try:
        value = json.loads(data)
        changed = _changed(value, chance)
        if chance.random() < 0.15:
            return _with_repeated_key(json.dumps(changed), chance).encode("utf-8", "surrogatepass")
        style = chance.choice(({}, {}, {"indent": 1}, {"separators": (",", ":")}, {"ensure_ascii": False}))
        return json.dumps(changed, **style).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):
        return text.mutated(data, chance, others)


def json_line(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    """The same of one of the lines."""
    lines = data.splitlines(keepends=True)
    if not lines:
        return data
    at = chance.randrange(len(lines))
    lines[at] = json_value(lines[at], chance, others).replace(b"\n", b" ") + b"\n"
    return b"".join(lines)


def yaml_value(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    """The same of a YAML file, or something put into it that only YAML has."""
    try:
        if chance.random() < 0.4:
            return chance.choice(_YAML).format(data.decode()).encode()
        changed = _changed(yaml.safe_load(data), chance)
        return yaml.safe_dump(changed, default_flow_style=chance.choice((True, False, None)), sort_keys=False).encode()
    except (ValueError, RecursionError, TypeError, AttributeError, yaml.YAMLError):
        return text.mutated(data, chance, others)


def _changed(value: Any, chance: Random) -> Any:
    """The value, with one of the values in it replaced, or one of the containers in it rearranged."""
    places = list(_places(value))
    if not places or chance.random() < 0.05:
        return _odd(value, chance)
    holder, key = chance.choice(places)
    if chance.random() < 0.5:
        holder[key] = _odd(holder[key], chance)
    elif isinstance(holder, dict):
        _rearrange(holder, key, chance)
    else:
        _reorder(holder, key, chance)
    return value


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container, with each of its keys."""
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])


def _rearrange(holder: dict[Any, Any], key: Any, chance: Random) -> None:
    kind = chance.randrange(5)
    other = chance.choice(list(holder))
    if kind == 0:
        del holder[key]
    elif kind == 1:
        holder[_renamed(str(key), chance)] = holder.pop(key)
    elif kind == 2:
        holder[key], holder[other] = holder[other], holder[key]
    elif kind == 3:
        holder[chance.choice(text.WORDS)] = holder[key]
    else:
        holder[key] = {key: holder[key]}


def _renamed(key: str, chance: Random) -> str:
    return chance.choice((key.upper(), key + "s", key[:-1], f" {key}", f"_{key}", chance.choice(text.WORDS)))


def _reorder(holder: list[Any], at: int, chance: Random) -> None:
    kind = chance.randrange(4)
    if kind == 0:
        del holder[at]
    elif kind == 1:
        holder[at:at] = [holder[at]] * chance.choice((1, 1, 3, 100))
    elif kind == 2:
        holder.reverse()
    else:
        holder.insert(at, _odd(None, chance))


def _odd(old: Any, chance: Random) -> Any:
    """A value of another type or an extreme of the same."""
    kind = chance.randrange(10)
    if kind == 0:
        return None
    if kind == 1:
        return chance.random() < 0.5
    if kind == 2:
        return chance.choice((0, -1, 1, 2**31, 2**53 + 1, 2**63, -(2**63), 2**64, 10**40, 10**400))
    if kind == 3:
        return chance.choice((0.5, -0.0, 1e308, 1e-320, float("nan"), float("inf"), float("-inf"), -1.5))
    if kind == 4:
        return chance.choice(text.WORDS)
    if kind == 5:
        return chance.choice(([], {}, [[]], [None], {"": ""}, [{}], "[1, 2, 3, 4]"))
    if kind == 6:
        return [old]
    if kind == 7:
        return {"a": old}
    if kind == 8:
        return str(old)[:1000]
    nested: Any = old
    for _ in range(chance.choice((2, 20, 200))):
        nested = [nested] if chance.random() < 0.8 else {"a": nested}
    return nested


def _with_repeated_key(document: str, chance: Random) -> str:
    """The text of an object with one of its keys a second time, which a dict cannot hold."""
    at = document.find('": ', chance.randrange(len(document)))
    start = document.rfind('"', 0, max(0, at))
    if at < 0 or start < 0:
        return document
    value = chance.choice(("0", "null", "[]", '""'))
    return f"{document[:start]}{document[start : at + 1]}: {value}, {document[start:]}"
