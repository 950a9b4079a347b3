"""What is new, fixed and remaining since an earlier report."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import datalint
from datalint import scan
from datalint.config.settings import ConfigError
from datalint.finding import FINDINGS
from datalint.judge import earlier
from datalint.report import Report
from tests.judge.cases import SETTINGS
from tests.report import factory

PLACES = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["x", "y", "z/ü\n"])), max_size=12)
RULE = factory.RULES[4]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes of eight images, one of them empty."""
    for number in range(16):
        file = tmp_path / "data" / "ab"[number % 2] / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        factory.drawn(number).save(file)
    (tmp_path / "data" / "a" / "empty.png").touch()
    return tmp_path / "data"


def written(folder: Path, **options: Any) -> Path:
    report = scan(folder, config=SETTINGS, select=["DL1", "DL6"], **options)
    file = folder.parent / "old.json"
    report.write("json", file)
    return file


def since(folder: Path, old: Path, **options: Any) -> earlier.Changes:
    report = scan(folder, **{"config": SETTINGS, "select": ["DL1", "DL6"], "compare": old, **options})
    assert report.comparison is not None
    return report.comparison


def test_the_same_dataset_has_nothing_new(folder: Path) -> None:
    found = since(folder, written(folder))
    assert found.counts == {"new": 0, "fixed": 0, "remaining": 1}
    assert not found.not_compared


def test_new_and_fixed(folder: Path) -> None:
    old = written(folder)
    (folder / "a" / "empty.png").unlink()
    shutil.copy(folder / "a" / "0.png", folder / "a" / "copy.png")
    found = since(folder, old)
    assert found.by_rule.rows() == [("DL103", "empty-file", 0, 1, 0), ("DL601", "exact-duplicate", 1, 0, 0)]
    assert found.fixed["path"].to_list() == ["a/empty.png"]
    assert found.new["code"].to_list() == ["DL601"]


def test_a_renamed_image_is_no_news(folder: Path) -> None:
    (folder / "a" / "broken.png").write_bytes(b"no image")
    old = written(folder)
    (folder / "a" / "broken.png").rename(folder / "a" / "other.png")
    assert since(folder, old).counts == {"new": 0, "fixed": 0, "remaining": 2}


def test_rules_that_ran_once_are_not_compared(folder: Path) -> None:
    old = written(folder)
    found = since(folder, old, select=["DL101", "DL6", "DL2"])
    assert found.counts == {"new": 0, "fixed": 0, "remaining": 0}
    assert found.not_compared["DL103"] == "then"
    assert found.not_compared["DL201"] == "now"
    assert "DL601" not in found.not_compared


def test_what_the_config_accepts_now_is_not_fixed(folder: Path) -> None:
    old = written(folder)
    config = folder.parent / "accepting.toml"
    config.write_text('[[accept]]\nrule = "DL103"\npath = "data/a/empty.png"\nreason = "it is meant to be"\n')
    found = since(folder, old, config=config)
    assert (found.counts["fixed"], found.accepted) == (0, 1)


def test_places_that_were_not_scanned_are_not_fixed(folder: Path) -> None:
    old = written(folder)
    shutil.copytree(folder / "b", folder / "c")
    report = scan(folder / "b", folder / "c", config=SETTINGS, select=["DL1"])
    found = report.compare(old)
    assert (found.counts["fixed"], found.unseen) == (0, 1)


@pytest.mark.parametrize(("count", "counts"), [(11, (0, 0, 1)), (12, (1, 0, 0)), (3, (0, 0, 1))])
def test_a_group_that_has_grown_is_new_again(blank: Report, count: int, counts: tuple[int, int, int]) -> None:
    def of(number: int) -> Report:
        row = factory.finding(RULE, id="a", subject="train", scope="folder", count=number)
        return Report(blank.dataset, blank.config, pl.DataFrame([row], schema=FINDINGS), rules_run=blank.rules_run)

    of(10).write("json", blank.dataset.home / "old.json")
    assert tuple(of(count).compare(blank.dataset.home / "old.json").counts.values()) == counts


def test_a_scan_says_the_same_with_and_without(folder: Path) -> None:
    old = written(folder)
    plain = scan(folder, config=SETTINGS, select=["DL1", "DL6"])
    compared = scan(folder, config=SETTINGS, select=["DL1", "DL6"], compare=old)
    assert compared.exit_code == plain.exit_code
    document = compared.document()
    assert document.pop("comparison")["remaining"] == 1
    assert document == plain.document()


def test_the_json_report_follows_its_schema(folder: Path) -> None:
    import jsonschema

    old = written(folder)
    (folder / "a" / "empty.png").unlink()
    texts = [scan(folder, config=SETTINGS, select=["DL1"], compare=old).render("json") for _ in range(2)]
    assert texts[0] == texts[1]
    schema = json.loads((Path(datalint.__file__).parent / "report/report.schema.json").read_text("utf-8"))
    document = json.loads(texts[0])
    jsonschema.Draft202012Validator(schema).validate(document)
    assert document["comparison"]["by_code"] == {"DL103": {"new": 0, "fixed": 1, "remaining": 0}}
    assert document["comparison"]["fixed_findings"][0]["path"] == "a/empty.png"
    assert document["comparison"]["not_compared"]["DL601"] == "then"


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"\xff", b"{" * 100_000, b'{"schema": "datalint/baseline/v1"}', b'{"id": "x"}\n{}\n']
)
def test_another_file_is_refused_before_anything_is_scanned(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "old.json"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"old\.json: not a JSON report of datalint") as refused:
        scan(tmp_path / "nowhere", compare=file)
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        earlier.read(tmp_path / "old.json")


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return factory.report(tmp_path_factory.mktemp("blank"), images=3, rows=[])


def with_findings(blank: Report, places: list[tuple[str, str]]) -> Report:
    rows = [factory.finding(RULE, id=identity, path=path) for identity, path in places]
    return Report(blank.dataset, blank.config, pl.DataFrame(rows, schema=FINDINGS), rules_run=blank.rules_run)


@given(before=PLACES, now=PLACES)
def test_each_finding_is_one_of_the_three(
    blank: Report, before: list[tuple[str, str]], now: list[tuple[str, str]]
) -> None:
    """New and remaining are all of now; fixed and remaining are all of then; and equal ids are matched."""
    file = blank.dataset.home / "old.json"
    with_findings(blank, before).write("json", file)
    found = with_findings(blank, now).compare(file).counts
    ids = {identity for identity, _ in [*before, *now]}
    both = sum(min([one for one, _ in before].count(each), [one for one, _ in now].count(each)) for each in ids)
    assert found == {"new": len(now) - both, "fixed": len(before) - both, "remaining": both}


@pytest.mark.parametrize("option", [{"since": "HEAD"}, {"changed": True}, {"staged": True}])
def test_a_scan_of_changes_is_not_compared(folder: Path, option: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="so nothing can be compared"):
        scan(folder, compare=written(folder), **option)
