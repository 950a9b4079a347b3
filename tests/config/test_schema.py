"""The published schema of the config file says what the parser takes."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from datalint.catalogue import registry
from datalint.config.schema import schema
from datalint.config.settings import KEYS, Accept, Config, ConfigError, parse


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    return schema(entry.rule for entry in registry.load(Config(isolated=True)))


def test_the_schema_knows_every_key(published: dict[str, Any]) -> None:
    properties = published["properties"]
    tables = ("normalization", "probe")
    known = {key for key in properties if key not in tables}
    known |= {f"{table}.{key}" for table in tables for key in properties[table]["properties"]}
    assert known == set(KEYS)
    entry = properties["accept"]["items"]["properties"]
    assert set(entry) == {field.encode_name for field in msgspec.structs.fields(Accept)}


@pytest.mark.parametrize(
    "text",
    [
        'select = ["DL1"]',
        'select = "DL1"',
        "select = 3",
        "preview = 1",
        'severity = {dark = "note"}',
        'severity = {dark = "loud"}',
        'fail-on = "never"',
        'fail-on = "none"',
        'layout = ""',
        "classes = [1]",
        "input-size = 224",
        "input-size = [320, 240]",
        "input-size = [320]",
        "input-size = [1, 2, 3]",
        "input-size = 0",
        "input-size = true",
        'path-column = "p"',
        "path-column = false",
        "label-column = false",
        "label-column = 3",
        "normalization.mean = [0.5, 1]",
        "normalization.mean = []",
        "normalization.men = [0.5]",
        "normalization = 3",
        'per-path-ignores = {"raw/**" = ["DL1"]}',
        'per-path-ignores = ["DL1"]',
        "probe.seconds = 30",
        "probe.seconds = 0",
        "probe.margin = 0",
        "probe.margin = 1.1",
        'probe.train-on = "train"',
        'probe.train-on = "test"',
        'probe.backbone = "resnet18"',
        "rules.near-duplicate.max-distance = 4",
        "rules.near-duplicate = 4",
        'accept = [{rule = "DL1", reason = "x", path = "*", until = "2027-01-31"}]',
        'accept = [{rule = "DL1", reason = "x"}]',
        'accept = [{rule = "DL1", path = "*"}]',
        'accept = [{rule = "DL1", reason = "x", path = "*", for = "ever"}]',
        'accept = {rule = "DL1", reason = "x", path = "*"}',
        'baseline = "known.json"',
        "baseline = true",
        "jobs = 3",
    ],
)
def test_the_schema_takes_what_the_parser_takes(published: dict[str, Any], text: str) -> None:
    document = tomllib.loads(text)
    try:
        parse(document, Path("datalint.toml"))
    except ConfigError:
        taken = False
    else:
        taken = True
    assert jsonschema.Draft202012Validator(published).is_valid(document) == taken
