"""The JSON Schema of the config file, for editors that complete TOML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from datalint.config.settings import KEYS, Accept, form_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from datalint.rule import Option, Rule


def schema(rules: Iterable[type[Rule]]) -> dict[str, Any]:
    """The schema, with the options of these rules."""
    properties: dict[str, Any] = {}
    for key, (_, how) in KEYS.items():
        table, _, inner = key.rpartition(".")
        place = properties.setdefault(table, _object({}))["properties"] if table else properties
        place[inner] = _of(how.form)
    properties["rules"] = {"type": "object", "properties": {rule.name: _options(rule) for rule in rules}}
    properties["accept"] = {"type": "array", "items": _entry()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "datalint configuration",
        **_object(properties),
    }


def _of(form: Any) -> dict[str, Any]:
    (found,), _ = msgspec.json.schema_components([form])
    return found


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _entry() -> dict[str, Any]:
    fields = msgspec.structs.fields(Accept)
    return {
        **_object({entry.encode_name: _of(form_of(entry.type)) for entry in fields}),
        "required": [entry.encode_name for entry in fields if entry.required],
        "anyOf": [{"required": ["path"]}, {"required": ["content"]}],
    }


def _options(rule: type[Rule]) -> dict[str, Any]:
    options = _object({option.key: _option(option) for option in rule.options.values()})
    return {"description": rule.summary(), **options}


def _option(option: Option[Any]) -> dict[str, Any]:
    default = option.default
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", tuple: "array"}
    found: dict[str, Any] = {
        "type": kinds[type(default)],
        "description": option.doc,
        "default": list(default) if isinstance(default, tuple) else default,
    }
    if isinstance(default, tuple):
        found["items"] = {"type": "string"}
    if option.low is not None:
        found["minimum"] = option.low
    if option.high is not None:
        found["maximum"] = option.high
    if option.choices:
        found["enum"] = list(option.choices)
    return found
