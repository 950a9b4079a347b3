"""Planning, judging and collecting: what a rule's frame becomes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from datalint import Confidence, Dataset, Need, Rule, Severity, option, scan
from datalint.config.settings import Accept, Config, ConfigError
from datalint.finding import fingerprint, plain
from datalint.report import text

SETTINGS = Config(isolated=True)


class Every(Rule):
    """Flags every image."""

    code, name, since = "TEST001", "every-image", "1.0"
    severity, confidence = Severity.WARNING, Confidence.HIGH
    needs = (Need.FILES,)
    message = "{bytes} bytes, {unknown:.1f} of nothing"
    hint = "look at {extension}"

    at_least = option(0, "Smallest size.", low=0)

    def check(self, data: Dataset) -> pl.LazyFrame:
        found = data.images.filter(pl.col("bytes") >= self.at_least)
        return found.select("path", "bytes", "extension", unknown=pl.lit(None, pl.Float64))


class Louder(Rule):
    """Flags the first two images as one."""

    code, name, since = "TEST002", "louder", "1.0"
    severity, confidence = Severity.NOTE, Confidence.LOW
    needs = (Need.FILES,)
    message = "two together"

    def check(self, data: Dataset) -> pl.DataFrame:
        paths = data.table("images")["path"].to_list()
        return pl.DataFrame({"path": [paths[0]], "related": [[paths[1]]], "severity": ["error"]})


class Quieter(Every):
    """Flags every image that nobody else spoke of."""

    code, name = "TEST003", "quieter"
    yields_to = ("louder",)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(3):
        path = tmp_path / "data" / "cat" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.effect_noise((40 + number, 40), 50).save(path)
    return tmp_path / "data"


def test_a_frame_becomes_findings(folder: Path) -> None:
    report = scan(folder, rules=[Every], config=SETTINGS)
    first = next(iter(report))
    assert first.path == "cat/0.png"
    assert first.message == f"{(folder / 'cat/0.png').stat().st_size} bytes, ? of nothing"
    assert first.hint == "look at png"
    assert first.data == {"bytes": (folder / "cat/0.png").stat().st_size, "extension": "png", "unknown": None}
    assert report.exit_code == 0
    assert scan(folder, rules=[Every], config=SETTINGS, fail_on="warning").exit_code == 1


def test_options_and_instances(folder: Path) -> None:
    assert scan(folder, rules=[Every(at_least=10**9)], config=SETTINGS).findings.is_empty()


def test_severity_by_row_and_by_config(folder: Path) -> None:
    (finding,) = scan(folder, rules=[Louder], config=SETTINGS)
    assert finding.severity == "error"
    (finding,) = scan(folder, rules=[Louder], config=Config(isolated=True, severity={"TEST002": "note"}))
    assert finding.severity == "note"


def test_one_cause_one_code(folder: Path) -> None:
    """A rule is silent about images that a rule it yields to has spoken of; and only if that rule ran."""
    report = scan(folder, rules=[Quieter, Louder], config=SETTINGS)
    assert [(finding.code, finding.path) for finding in report] == [("TEST002", "cat/0.png"), ("TEST003", "cat/2.png")]
    assert len(list(scan(folder, rules=[Quieter], config=SETTINGS))) == 3


def test_a_rename_keeps_the_id_and_a_change_does_not(folder: Path) -> None:
    before = {finding.path: finding.id for finding in scan(folder, rules=[Every], config=SETTINGS)}
    shutil.move(folder / "cat" / "0.png", folder / "cat" / "z.png")
    after = {finding.path: finding.id for finding in scan(folder, rules=[Every], config=SETTINGS)}
    assert after["cat/z.png"] == before["cat/0.png"]
    Image.effect_noise((50, 50), 50).save(folder / "cat" / "z.png")
    changed = {finding.path: finding.id for finding in scan(folder, rules=[Every], config=SETTINGS)}
    assert changed["cat/z.png"] != after["cat/z.png"]
    assert changed["cat/1.png"] == after["cat/1.png"]


def test_accepted_findings_are_counted_not_listed(folder: Path) -> None:
    accept = (Accept(rule="every-image", reason="known", path="cat/1*"),)
    report = scan(folder, rules=[Every], config=Config(isolated=True, accept=accept))
    assert [finding.path for finding in report] == ["cat/0.png", "cat/2.png"]
    assert report.summary["accepted"] == 1
    ignores = Config(isolated=True, per_path_ignores={"cat/*": ("TEST",)})
    assert scan(folder, rules=[Every], config=ignores).summary["accepted"] == 3


def test_globs_of_accepted_findings_are_relative_to_the_config_file(folder: Path) -> None:
    entry = '[[accept]]\nrule = "DL103"\nreason = "a mark"\npath = "data/cat/**"\n'
    (folder.parent / "datalint.toml").write_text(entry)
    (folder / "cat" / "empty.png").touch()
    report = scan(folder, select=["DL103"])
    assert (report.findings.height, report.summary["accepted"]) == (0, 1)


def test_what_cannot_run_is_named(folder: Path) -> None:
    report = scan(folder, select=["DL4", "DL7"], config=SETTINGS)
    assert report.rules_not_run
    assert all(entry.reason and not entry.crashed for entry in report.rules_not_run)


def test_a_wrong_template_is_the_rules_fault(folder: Path) -> None:
    class Typo(Every):
        """Names a column that is not there."""

        code, name = "TEST004", "typo"
        message = "{bites}"

    report = scan(folder, rules=[Typo, Louder], config=SETTINGS)
    assert [entry.code for entry in report.rules_not_run if entry.crashed] == ["TEST004"]
    assert "'bites'" in report.rules_not_run[0].reason
    assert report.exit_code == 2
    assert len(list(report)) == 1


@pytest.mark.parametrize(
    "columns",
    [{"severity": ["error", "fatal"]}, {"line": [1, -1]}, {"score": ["low", "high"]}, {"related": [1, 2]}],
)
def test_a_wrong_row_is_the_rules_fault(folder: Path, columns: dict[str, list[object]]) -> None:
    class Wrong(Louder):
        code, name = "TEST005", "wrong"

        def check(self, data: Dataset) -> pl.DataFrame:
            return pl.DataFrame({"path": data.table("images")["path"][:2], **columns}, strict=False)

    report = scan(folder, rules=[Wrong, Every], config=SETTINGS)
    assert [rule.name for rule in report.rules_not_run if rule.crashed] == ["wrong"]
    assert {finding.name for finding in report} == {"every-image"}


def test_a_part_of_what_is_not_known_is_not_known(folder: Path) -> None:
    class Partly(Every):
        message = "{unknown.real} and {unknown[0]} of nothing"

    assert next(iter(scan(folder, rules=[Partly], config=SETTINGS))).message == "? and ? of nothing"


def test_the_text_shows_the_worst_first(folder: Path) -> None:
    class Mixed(Every):
        message = "one of many"

        def check(self, data: Dataset) -> pl.LazyFrame:
            last = pl.col("path") == data.table("images")["path"][-1]
            severity = pl.when(last).then(pl.lit("error")).otherwise(pl.lit("note"))
            return data.images.select("path", "bytes", "extension", severity=severity, unknown=None)

    said = text.render(scan(folder, rules=[Mixed], config=SETTINGS), color=False, width=100, limit=1)
    assert "TEST001 every-image  3 findings (1 error, 2 notes)\n  cat/2.png  one of many\n" in said


def test_a_second_scan_looks_at_the_files_again(folder: Path, tmp_path: Path) -> None:
    """What was decoded is of one scan: the next one must not take a changed file for what it was."""
    copy = folder / "cat" / "copy.bmp"
    for original in ("0.png", "1.png", "1.png"):
        with Image.open(folder / "cat" / original) as image:
            image.save(copy)
        report = scan(folder, select=["DL601"], cache_dir=tmp_path / "cache", isolated=True)
        assert [(finding.path, finding.related) for finding in report] == [(f"cat/{original}", ("cat/copy.bmp",))]


def test_one_rule_twice_with_other_options(folder: Path) -> None:
    largest = max(path.stat().st_size for path in folder.rglob("*.png"))
    assert scan(folder, rules=[Every(), Every(at_least=largest)], config=SETTINGS).findings.height == 4


def test_the_json_report_is_stable_and_follows_its_schema(folder: Path) -> None:
    import jsonschema

    first, second = (scan(folder, config=SETTINGS, ignore=["DL9"]).render("json") for _ in range(2))
    assert first == second
    schema = json.loads((Path(__file__).parent.parent / "datalint/report/report.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(json.loads(first))


def test_a_selection_decodes_nothing_it_need_not(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("an image was opened")

    monkeypatch.setattr(Image, "open", refuse)
    assert scan(folder, select=["DL103"], config=SETTINGS).exit_code == 0


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


def test_plain_values() -> None:
    assert plain(float("nan")) is None
    assert plain(float("-inf")) is None
    assert plain(1 / 3) == 0.333333
    assert plain([b"\xff", {"a": (1, 2)}]) == ["\\xff", {"a": [1, 2]}]


def test_fingerprints_ignore_order_of_images_only() -> None:
    assert fingerprint("DL601", ["a", "b"], None, []) == fingerprint("DL601", ["b", "a"], None, [])
    parts = [
        fingerprint("DL601", ["a"], None, []),
        fingerprint("DL602", ["a"], None, []),
        fingerprint("DL601", ["a"], "cat", []),
        fingerprint("DL601", ["a"], None, [1]),
        fingerprint("DL601", [], "a", []),
    ]
    assert len(set(parts)) == len(parts)


def test_copies_come_from_the_cache_once(folder: Path, tmp_path: Path) -> None:
    shutil.copyfile(folder / "cat" / "0.png", folder / "cat" / "copy.png")
    for _ in range(2):
        report = scan(folder, select=["DL601"], config=SETTINGS, cache_dir=tmp_path / "cache", jobs=0)
        assert report.dataset.table("images").height == 4
        assert [finding.path for finding in report] == ["cat/0.png"]
