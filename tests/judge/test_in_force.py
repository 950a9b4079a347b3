"""What a config leaves out, and what a change of it loosens, in words."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

from datalint import scan
from datalint.catalogue import registry
from datalint.config.resolve import load, resolve
from datalint.config.settings import Accept, Config, Origin
from datalint.judge.in_force import Change, _change, in_force

CATALOGUE = registry.load(Config(isolated=True))
RULES = [entry.rule for entry in CATALOGUE]


def said(folder: Path, text: str, options: dict[str, Any] | None = None) -> tuple[str, ...]:
    config = folder / "datalint.toml"
    config.write_text(text)
    found = in_force(resolve([folder], load(config), options or {}), CATALOGUE, [], folder, [])
    assert found is not None
    return found.effects


@pytest.mark.parametrize(
    ("text", "effects"),
    [
        ("", ()),
        ('ignore = ["DL204"]', ("ignores DL204",)),
        ('ignore = ["DL1", "DL2", "DL3", "DL4"]', ("ignores DL1, DL2, DL3 and 1 more",)),
        ('select = ["DL1", "DL2"]', ("selects only DL1 and DL2",)),
        ('select = ["all"]', ()),
        ("select = []", ("selects only no rule",)),
        ('severity = { DL501 = "note" }', ("lowers DL501 to note",)),
        ('severity = { DL501 = "error" }', ()),
        ('severity = { DL1 = "warning", DL101 = "error" }', ("lowers DL1 to warning",)),
        ('fail-on = "never"', ("never fails",)),
        ('fail-on = "warning"', ()),
        ('exclude = ["a", "b/**"]', ("excludes 2 patterns",)),
        ('per-path-ignores = { "raw/**" = ["DL3"] }', ("ignores DL3 in raw/**",)),
        (f'ignore = ["DL1"]\nexclude = ["{"a" * 90}"]', ("ignores DL1", "excludes 1 pattern")),
    ],
)
def test_what_a_config_does(tmp_path: Path, text: str, effects: tuple[str, ...]) -> None:
    assert said(tmp_path, text) == effects


def test_what_an_option_overrides_is_not_said(tmp_path: Path) -> None:
    text = 'ignore = ["DL204"]\nselect = ["DL1"]\nfail-on = "never"\n'
    assert said(tmp_path, text, {"ignore": ("DL9",)}) == ("ignores DL204", "selects only DL1", "never fails")
    assert said(tmp_path, text, {"select": ("ALL",), "fail_on": "error"}) == ()
    accepting = '[[accept]]\nrule = "ALL"\npath = "**"\nreason = "x"\n'
    assert said(tmp_path, accepting, {"accept": ()}) == ()


def test_without_a_config_nothing_is_said(tmp_path: Path) -> None:
    assert in_force(Config(), CATALOGUE, [], tmp_path, []) is None


def test_accepting_all_is_told_with_file_rule_and_number(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "c.png", "d.png"):
        (tmp_path / name).touch()
    (tmp_path / "e.png").write_text("<html></html>")
    (tmp_path / "datalint.toml").write_text('[[accept]]\nrule = "ALL"\npath = "**"\nreason = "x"\n')
    report = scan(tmp_path, jobs=0, select=["DL103", "DL106"])
    assert (report.exit_code, report.accepted) == (0, 5)
    text = report.render("text")
    assert f"config: {tmp_path / 'datalint.toml'} (accepts 5 findings)" in text
    assert f"Accepted by {tmp_path / 'datalint.toml'}" in text
    assert "  DL103 empty-file: 4 findings: a.png, b.png, c.png and 1 more" in text
    assert "  DL106 not-an-image: 1 finding: e.png" in text
    assert report.summary["accepted_by_code"] == {"DL103": 4, "DL106": 1}
    for form in ("markdown", "html"):
        assert "accepts 5 findings" in report.render(form)
        assert "e.png" in report.render(form)


def changed(before: Config, after: Config | str | None, root: Path = Path("/nowhere")) -> Change:
    origin = Origin(file=before, proposed=after)
    return _change(before.merged(origin=origin), RULES, root, [])


def entry(**values: Any) -> Accept:
    return Accept(**{"rule": "DL601", "path": "a", "reason": "x", **values})


DAY = datetime.date(2030, 1, 1)


@pytest.mark.parametrize(
    ("before", "after", "loosens", "also"),
    [
        ({}, {}, [], []),
        ({"ignore": ("DL9",)}, {"ignore": ("DL204", "DL9")}, ["ignores DL204"], []),
        ({"ignore": ("DL9",)}, {}, [], ["ignore"]),
        ({"select": ("DL1",)}, {"select": ("DL1", "DL2")}, [], ["select"]),
        ({"select": ("DL1", "DL2")}, {"select": ("DL1",)}, ["selects only DL1"], []),
        ({"extend_select": ("DL9",)}, {}, ["no longer selects DL9"], []),
        ({"preview": True}, {}, ["runs no preview rules"], []),
        ({"fail_on": "note"}, {"fail_on": "warning"}, ["fails only for errors and warnings"], []),
        ({"fail_on": "warning"}, {}, ["fails only for errors"], []),
        ({"fail_on": "error"}, {"fail_on": "note"}, [], ["fail-on"]),
        ({"severity": {"DL601": "error"}}, {}, ["no longer raises DL601"], []),
        ({"severity": {"DL601": "error"}}, {"severity": {"DL601": "note"}}, ["lowers DL601 to note"], []),
        ({}, {"severity": {"OUR001": "note"}}, ["lowers OUR001 to note"], []),
        ({"accept": (entry(),)}, {"accept": (entry(reason="better said"),)}, [], ["accept"]),
        ({"accept": (entry(until=DAY),)}, {"accept": (entry(),)}, ["accepts DL601 in a"], []),
        ({"accept": (entry(),)}, {"accept": (entry(until=DAY),)}, [], ["accept"]),
        ({}, {"accept": (entry(path=None, content="ff"),)}, ["accepts DL601 of ff"], []),
        ({"exclude": ("a",)}, {"exclude": ("a", "b")}, ["excludes b"], []),
        ({}, {"plugins": ("x.py",), "rules": {"blurry": {"x": 1}}}, [], ["plugins", "rules"]),
        ({}, {"image_extensions": ("png",), "classes": ("a",)}, [], ["classes", "image-extensions"]),
    ],
)
def test_what_a_change_does(before: dict[str, Any], after: dict[str, Any], loosens: list[str], also: list[str]) -> None:
    change = changed(Config(**before), Config(**after))
    assert (list(change.loosens), list(change.also)) == (loosens, also)


def test_another_config_in_its_place_is_told() -> None:
    before = Config(source=Path("/r/datalint.toml"))
    assert changed(before, before.merged(source=Path("/r/.datalint.toml"))).loosens == (
        "puts another config in its place",
    )
    assert changed(before, None).loosens == ("removes the config",)
    assert not changed(before, before)
