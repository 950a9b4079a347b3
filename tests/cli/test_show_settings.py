"""The settings in force, printed as a config file."""

from __future__ import annotations

import tomllib
from pathlib import Path

from datalint.cli.show_settings import shown
from datalint.config.settings import Config, parse


def test_shown_settings_are_a_config_file() -> None:
    text = """
        select = ["DL1", "DL6"]
        fail-on = "warning"
        baseline = "known.json"
        input-size = [320, 240]
        normalization = { mean = [0.5, 0.5, 0.5], std = [0.2, 0.2, 0.2] }
        per-path-ignores = { "raw/\\"*" = ["DL304"] }
        severity = { empty-file = "note" }
        probe = { seconds = 30, train-on = "train" }
        [rules.near-duplicate]
        max-distance = 4
        [[accept]]
        rule = "DL601"
        path = "a\\u007f/*"
        reason = "known\\nwell"
        until = 2027-01-31
        """
    source = Path("/data/datalint.toml")
    settings = parse(tomllib.loads(text), source)
    assert parse(tomllib.loads(shown(settings)), source) == settings
    plain = Config(isolated=True).merged(source=source)
    assert parse(tomllib.loads(shown(plain)), source).merged(isolated=True) == plain
