"""The stages from end to end: in their order, each only as far as it is asked for."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from datalint import Need, scan
from datalint.config.settings import ConfigError
from tests.judge.cases import SETTINGS, Every, Louder, drawn


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return drawn(tmp_path / "data")


def test_options_and_instances(folder: Path) -> None:
    assert scan(folder, rules=[Every(at_least=10**9)], config=SETTINGS).findings.is_empty()


def test_a_second_scan_looks_at_the_files_again(folder: Path, tmp_path: Path) -> None:
    """What was decoded is of one scan: the next one must not take a changed file for what it was."""
    copy = folder / "cat" / "copy.bmp"
    for original in ("0.png", "1.png", "1.png"):
        with Image.open(folder / "cat" / original) as image:
            image.save(copy)
        report = scan(folder, select=["DL601"], cache_dir=tmp_path / "cache", isolated=True)
        assert [(finding.path, finding.related) for finding in report] == [(f"cat/{original}", ("cat/copy.bmp",))]


def test_the_json_report_is_stable_and_follows_its_schema(folder: Path) -> None:
    import jsonschema

    first, second = (scan(folder, config=SETTINGS, ignore=["DL9"]).render("json") for _ in range(2))
    assert first == second
    schema = json.loads((Path(__file__).parent.parent / "datalint/report/report.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(json.loads(first))


def test_a_crashing_probe_costs_its_own_rules_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from datalint import probe

    class Believer(Every):
        """Needs the probe."""

        code, name = "TEST005", "believer"
        needs = (Need.PROBE,)

    def explode(*_: object, **__: object) -> None:
        raise MemoryError("Unable to allocate 40 GiB")

    monkeypatch.setattr(probe, "available", lambda: None)
    monkeypatch.setattr(probe, "run", explode)
    report = scan(folder, rules=[Believer, Louder], config=SETTINGS)
    assert report.rules_not_run[0].reason == "crashed: the probe: MemoryError: Unable to allocate 40 GiB"
    assert report.exit_code == 2
    assert [finding.code for finding in report] == ["TEST002"]


def test_wrong_python_options_are_refused(folder: Path) -> None:
    with pytest.raises(ConfigError, match="no option 'selct'"):
        scan(folder, selct=["DL1"])


def test_copies_come_from_the_cache_once(folder: Path, tmp_path: Path) -> None:
    shutil.copyfile(folder / "cat" / "0.png", folder / "cat" / "copy.png")
    for _ in range(2):
        report = scan(folder, select=["DL601"], config=SETTINGS, cache_dir=tmp_path / "cache", jobs=0)
        assert report.dataset.table("images").height == 4
        assert [finding.path for finding in report] == ["cat/0.png"]
