"""Settings: what they take, and how a mistake is reported."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

from datalint import scan
from datalint.config.resolve import load
from datalint.config.settings import Config, ConfigError


def write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "option",
    [{"jobs": -1}, {"jobs": 1.5}, {"seed": -1}, {"fail_on": "warnings"}, {"device": "gpu"}, {"cache_limit": 1e999}],
)
def test_values_from_python_are_checked_too(tmp_path: Path, option: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(option))):
        scan(tmp_path, **option)


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
        ("probe.margin = 2", "probe.margin takes a share from 0 to 1"),
        ("normalization.men = [0.5]", "did you mean normalization.mean?"),
        ('[[accept]]\nrule = "DL601"\npath = "*"', "a rule and a reason in every entry"),
        ('[[accept]]\nrule = "DL601"\nreason = "x"', "a path or a content in every entry"),
        ('[[accept]]\nrule = "DL601"\nreason = "x"\npath = 3', "texts, and a day for until"),
        ('[[accept]]\nrule = "DL601"\nreason = "x"\npath = "*"\nuntil = "soon"', "a day such as 2027-01-31 for until"),
        ("baseline = true", "baseline takes a text"),
        ("select = [", "not valid TOML"),
        ("allow-plugins = true", "unknown key 'allow-plugins'"),
        ('settings-from = "main"', "unknown key 'settings-from'"),
    ],
)
def test_mistakes_are_told_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = write(tmp_path, "datalint.toml", text)
    with pytest.raises(ConfigError) as error:
        load(path)
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
    found = load(path)
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


def test_what_is_near_is_named_in_an_entry_of_accept_too(tmp_path: Path) -> None:
    path = write(tmp_path, "datalint.toml", '[[accept]]\nrule = "DL601"\nreason = "x"\npth = "*"')
    with pytest.raises(
        ConfigError, match=r"entries with .*, and 'pth' is not one of them \(did you mean path\?\), not"
    ):
        load(path)


@pytest.mark.parametrize("text", ["probe.seconds = inf", "probe.seconds = nan", "label-column = true", 'layout = ""'])
def test_what_no_scan_could_use_is_refused(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, "datalint.toml", text)
    with pytest.raises(ConfigError, match=f"{text.partition(' ')[0]} takes "):
        load(path)


def test_a_backbone_lies_beside_the_config_file(tmp_path: Path) -> None:
    for said, meant in (
        ("resnet18", "resnet18"),
        ("resnet18:w.pth", f"resnet18:{tmp_path / 'w.pth'}"),
        ("w.pth", str(tmp_path / "w.pth")),
    ):
        assert load(write(tmp_path, "datalint.toml", f'probe.backbone = "{said}"')).backbone == meant


def test_a_merged_config_is_another_one() -> None:
    base = Config(seed=1)
    assert base.merged(seed=None, jobs=0, changed=False) == Config(seed=1, jobs=0)
    with pytest.raises(ConfigError, match="seed takes a whole number from 0, not -1"):
        base.merged(seed=-1)
