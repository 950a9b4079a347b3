"""Settings: where they are looked for, what they take, and how a mistake is told."""

from __future__ import annotations

import datetime
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from datalint import scan
from datalint.cli.show_settings import shown
from datalint.config import schema as config_schema
from datalint.config import settings as config
from datalint.config.settings import Config, ConfigError
from datalint.engine import resolve


def write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text)
    return path


def test_nearest_wins_whole(tmp_path: Path) -> None:
    write(tmp_path, "datalint.toml", 'fail-on = "note"')
    near = write(tmp_path / "data", "datalint.toml", 'ignore = ["DL9"]')
    assert config.find(tmp_path / "data" / "train") == near
    assert config.load(near).fail_on == "error"


def test_order_within_a_folder(tmp_path: Path) -> None:
    pyproject = write(tmp_path, "pyproject.toml", '[tool.datalint]\nfail-on = "never"')
    assert config.find(tmp_path) == pyproject
    plain = write(tmp_path, "datalint.toml", "")
    assert config.find(tmp_path) == plain
    hidden = write(tmp_path, ".datalint.toml", "")
    assert config.find(tmp_path) == hidden


@pytest.mark.parametrize(
    "option",
    [{"jobs": -1}, {"jobs": 1.5}, {"seed": -1}, {"fail_on": "warnings"}, {"device": "gpu"}, {"cache_limit": 1e999}],
)
def test_values_from_python_are_checked_too(tmp_path: Path, option: dict[str, Any]) -> None:
    with pytest.raises(config.ConfigError, match=next(iter(option))):
        scan(tmp_path, **option)


@pytest.mark.parametrize("text", ["tool = 3", "[[tool]]\nx = 1"])
def test_an_odd_pyproject_above_is_passed_over(tmp_path: Path, text: str) -> None:
    write(tmp_path, "pyproject.toml", text)
    (tmp_path / "data").mkdir()
    assert config.find(tmp_path / "data") is None


def test_a_table_that_is_none_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, "pyproject.toml", "[tool]\ndatalint = 3")
    assert config.find(tmp_path) == path
    with pytest.raises(config.ConfigError, match="takes a table, not 3"):
        config.load(path)


def test_a_pyproject_without_the_table_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "data", "pyproject.toml", "[tool.ruff]\nline-length = 100")
    outer = write(tmp_path, "datalint.toml", "")
    assert config.find(tmp_path / "data") == outer


def test_the_search_ends_at_the_repository(tmp_path: Path) -> None:
    write(tmp_path, "datalint.toml", "")
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    (tmp_path / "repo" / "data").mkdir()
    assert config.find(tmp_path / "repo" / "data") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('fail_on = "error"', "unknown key 'fail_on'; did you mean fail-on?"),
        ('ingore = ["DL1"]', "did you mean ignore?"),
        ('fail-on = "sometimes"', "fail-on takes one of error, warning, note, never, not 'sometimes'"),
        ("exclude = 3", "exclude takes a list of texts"),
        ("input-size = [1, 2, 3]", "input-size takes a size in pixels"),
        ("probe = 3", "probe takes a table"),
        ("probe.seconds = -1", "probe.seconds takes a number of seconds above 0"),
        ("normalization.men = [0.5]", "did you mean normalization.mean?"),
        ('[[accept]]\nrule = "DL601"\npath = "*"', "a rule and a reason in every entry"),
        ('[[accept]]\nrule = "DL601"\nreason = "x"', "a path or a content in every entry"),
        ('[[accept]]\nrule = "DL601"\nreason = "x"\npath = 3', "texts, and a day for until"),
        ('[[accept]]\nrule = "DL601"\nreason = "x"\npath = "*"\nuntil = "soon"', "a day such as 2027-01-31 for until"),
        ("baseline = true", "baseline takes a text"),
        ("select = [", "not valid TOML"),
    ],
)
def test_mistakes_are_told_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = write(tmp_path, "datalint.toml", text)
    with pytest.raises(ConfigError) as error:
        config.load(path)
    assert said in str(error.value)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_every_key_is_understood(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "datalint.toml",
        """
        select = ["DL1", "DL6"]
        extend-select = "split-leak"
        ignore = ["DL105"]
        preview = true
        fail-on = "warning"
        exclude = ["raw/**"]
        layout = "image-folder"
        task = "multi"
        classes = ["a", "b"]
        image-extensions = [".JPG", "png"]
        input-size = 224
        path-column = "p"
        label-column = "l"
        split-column = "s"
        normalization = { mean = [0.5, 0.5, 0.5], std = [0.2, 0.2, 0.2] }
        per-path-ignores = { "raw/*" = ["DL304"] }
        plugins = ["ours.py"]
        probe = { seconds = 30, train-on = "train" }
        severity = { empty-file = "note" }
        baseline = "known.json"
        [rules.near-duplicate]
        max-distance = 4
        [[accept]]
        rule = "DL601"
        path = "a/*"
        reason = "known"
        until = 2027-01-31
        """,
    )
    found = config.load(path)
    assert found.extend_select == ("split-leak",)
    assert found.image_extensions == ("jpg", "png")
    assert found.input_size == (224, 224)
    assert found.mean == (0.5, 0.5, 0.5)
    assert found.probe_seconds == 30
    assert found.rules == {"near-duplicate": {"max_distance": 4}}
    assert found.accept[0].reason == "known"
    assert found.accept[0].until == datetime.date(2027, 1, 31)
    assert found.baseline == tmp_path / "known.json"
    assert found.source == path


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
    settings = config.parse(tomllib.loads(text), source)
    assert config.parse(tomllib.loads(shown(settings)), source) == settings
    plain = replace(Config(isolated=True), source=source)
    assert replace(config.parse(tomllib.loads(shown(plain)), source), isolated=True) == plain


def test_a_selection_on_the_command_line_starts_afresh() -> None:
    base = Config(select=("DL1",), ignore=("DL103",))
    assert resolve([Path()], base, {"select": ("DL1",)}).ignore == ()
    assert resolve([Path()], base, {"ignore": ("DL104",)}).ignore == ("DL103", "DL104")


def test_an_unknown_python_option_is_refused() -> None:
    with pytest.raises(ConfigError, match="no option 'fail'"):
        resolve([Path()], Config(), {"fail": "x"})


def test_the_schema_knows_every_key() -> None:
    properties = config_schema.schema()["properties"]
    tables = ("normalization", "probe")
    known = {key for key in properties if key not in tables}
    known |= {f"{table}.{key}" for table in tables for key in properties[table]["properties"]}
    assert known == set(config.KEYS)
    entry = properties["accept"]["items"]["properties"]
    assert set(entry) == set(config.Accept.__slots__)
