"""The JSON Schema of the config file, for editors that complete TOML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datalint.rule import Option, Rule

_TEXTS = {"type": "array", "items": {"type": "string"}}
_SELECTORS = {**_TEXTS, "description": "codes, code prefixes, names, or ALL"}
_NUMBERS = {"type": "array", "items": {"type": "number"}, "minItems": 1}
_LEVEL = {"enum": ["error", "warning", "note"]}
_TEXT = {"type": "string"}
_COLUMN = {"type": ["string", "boolean"], "description": "the name of a column; false says that there is none"}


def schema() -> dict[str, Any]:
    """The schema, with every built-in rule's options."""
    from datalint.catalogue import registry
    from datalint.config.settings import Config

    rules = [entry.rule for entry in registry.load(Config(isolated=True))]
    properties: dict[str, Any] = {
        "select": _SELECTORS,
        "extend-select": _SELECTORS,
        "ignore": _SELECTORS,
        "preview": {"type": "boolean"},
        "severity": {"type": "object", "additionalProperties": _LEVEL},
        "fail-on": {"enum": ["error", "warning", "note", "never"]},
        "exclude": _TEXTS,
        "layout": _TEXT,
        "task": {"enum": ["single", "multi"]},
        "classes": _TEXTS,
        "image-extensions": _TEXTS,
        "input-size": {
            "oneOf": [
                {"type": "integer", "minimum": 1},
                {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 2, "maxItems": 2},
            ]
        },
        "path-column": _TEXT,
        "label-column": _COLUMN,
        "split-column": _COLUMN,
        "normalization": {
            "type": "object",
            "properties": {"mean": _NUMBERS, "std": _NUMBERS},
            "additionalProperties": False,
        },
        "per-path-ignores": {"type": "object", "additionalProperties": _SELECTORS},
        "plugins": _TEXTS,
        "baseline": {**_TEXT, "description": "the file of known findings, relative to this file"},
        "probe": {
            "type": "object",
            "properties": {
                "seconds": {"type": "number", "exclusiveMinimum": 0},
                "train-on": {"enum": ["all", "train"]},
                "embeddings": {**_TEXT, "description": "a .npy or .parquet file, relative to this file"},
                "backbone": {**_TEXT, "description": "NAME in torchvision, FILE (relative to this file) or NAME:FILE"},
            },
            "additionalProperties": False,
        },
        "rules": {"type": "object", "properties": {rule.name: _options(rule) for rule in rules}},
        "accept": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "rule": {**_TEXT, "description": "code, code prefix, name, or ALL"},
                    "path": {**_TEXT, "description": "glob for the image or label file, relative to this file"},
                    "content": {**_TEXT, "description": "SHA-256 of the image, or the finding's id"},
                    "reason": _TEXT,
                    "until": {**_TEXT, "format": "date", "description": "the last day on which the entry counts"},
                },
                "required": ["rule", "reason"],
                "anyOf": [{"required": ["path"]}, {"required": ["content"]}],
                "additionalProperties": False,
            },
        },
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "datalint configuration",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def _options(rule: type[Rule]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": rule.summary(),
        "properties": {option.key: _option(option) for option in rule.options.values()},
        "additionalProperties": False,
    }


def _option(option: Option[Any]) -> dict[str, Any]:
    default = option.default
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", tuple: "array"}
    found: dict[str, Any] = {
        "type": kinds[type(default)],
        "description": option.doc,
        "default": list(default) if isinstance(default, tuple) else default,
    }
    if isinstance(default, tuple):
        found["items"] = _TEXT
    if option.low is not None:
        found["minimum"] = option.low
    if option.high is not None:
        found["maximum"] = option.high
    if option.choices:
        found["enum"] = list(option.choices)
    return found
