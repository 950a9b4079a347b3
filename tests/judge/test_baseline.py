"""The baseline: what is known stays quiet, whatever it is called; what is new fails."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalint import Confidence, Dataset, Need, Rule, Severity, scan
from datalint.config.settings import Config, ConfigError
from datalint.finding import FINDINGS
from datalint.judge import baseline
from datalint.report import Report
from tests.report import factory

RULE = factory.RULES[4]
PLACES = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["x", "y", "z/ü\n"])), max_size=12)


def reported(blank: Report, places: list[tuple[str, str]]) -> Report:
    return Report(blank.dataset, blank.config, frame(places), rules_run=blank.rules_run)


def entries(blank: Report, places: list[tuple[str, str]]) -> list[baseline.Entry]:
    return baseline.entries(reported(blank, places), blank.dataset.home / "b.json")


def frame(places: list[tuple[str, str]]) -> pl.DataFrame:
    rows = [factory.finding(RULE, id=identity, path=path) for identity, path in places]
    return pl.DataFrame(rows, schema=FINDINGS)


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return factory.report(tmp_path_factory.mktemp("blank"), images=3, rows=[])


def judged(blank: Report, present: list[tuple[str, str]], known: list[tuple[str, str]]) -> tuple[list[str], int]:
    """The status of each finding, and how many entries are unused."""
    report = reported(blank, present)
    baseline.apply(report, blank.dataset.home / "b.json", entries(blank, known))
    return report.findings["status"].to_list(), len(report.unused)


@given(known=PLACES)
def test_what_was_written_is_known(blank: Report, known: list[tuple[str, str]]) -> None:
    assert judged(blank, known, known) == (["baselined"] * len(known), 0)


@given(known=PLACES)
def test_renames_change_nothing(blank: Report, known: list[tuple[str, str]]) -> None:
    moved = [(identity, f"moved/{path}") for identity, path in known]
    assert judged(blank, moved, known) == (["baselined"] * len(known), 0)


@given(present=PLACES, known=PLACES)
def test_each_entry_takes_one_finding(
    blank: Report, present: list[tuple[str, str]], known: list[tuple[str, str]]
) -> None:
    status, unused = judged(blank, present, known)
    ids = {identity for identity, _ in [*present, *known]}
    both = sum(min([i for i, _ in present].count(one), [i for i, _ in known].count(one)) for one in ids)
    assert status.count("baselined") == both
    assert unused == len(known) - both


def test_of_copies_the_added_one_is_new(blank: Report) -> None:
    assert judged(blank, [("a", "added"), ("a", "known")], [("a", "known")])[0] == ["new", "baselined"]


@given(known=PLACES)
def test_the_file_round_trips_and_is_sorted(blank: Report, known: list[tuple[str, str]]) -> None:
    path = blank.dataset.home / "b.json"
    found = entries(blank, known)
    baseline.write(path, found)
    text = path.read_text("utf-8")
    assert baseline.read(path) == sorted(found)
    assert text.count("\n") == (len(known) + 2 if known else 1)
    baseline.write(path, reversed(found))
    assert path.read_text("utf-8") == text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "not a baseline"),
        ("<<<<<<< ours", "not a baseline"),
        ("[" * 100_000, "not a baseline"),
        ("[]", "its schema is None"),
        ('{"schema": "datalint/report/v1", "findings": []}', "its schema is 'datalint/report/v1'"),
        ('{"schema": "datalint/baseline/v1"}', "findings are texts code, path, subject, id, name"),
        ('{"schema": "datalint/baseline/v1", "findings": [{"code": "A", "path": 1}]}', "texts"),
        ("\xff", "not a baseline"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_baseline_is_told(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "b.json"
    path.write_text(content, "latin-1")
    with pytest.raises(ConfigError) as error:
        baseline.read(path)
    assert str(error.value).startswith(f"{path}: ")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_baseline_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    with pytest.raises(ConfigError, match="--write-baseline makes one"):
        scan(tmp_path, select=["DL103"], baseline=str(tmp_path / "b.json"), jobs=0)


def test_where_it_is_looked_for(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "a.png").touch()
    first = scan(data, select=["DL103"], config=Config(isolated=True))
    baseline.write(data / baseline.NAME, baseline.entries(first, data / baseline.NAME))
    assert scan(data, select=["DL103"]).exit_code == 0
    assert scan(data, select=["DL103"], isolated=True).exit_code == 1
    assert scan(data, select=["DL103"], baseline=False).exit_code == 1
    assert "datalint's own baseline" in {skip["reason"] for skip in scan(data).summary["skipped"]}
    (tmp_path / "datalint.toml").write_text('baseline = "known/faults.json"')
    with pytest.raises(ConfigError, match="no such baseline"):
        scan(data, select=["DL103"])
    (tmp_path / "known").mkdir()
    (data / baseline.NAME).rename(tmp_path / "known" / "faults.json")
    report = scan(data, select=["DL103"])
    assert (report.exit_code, report.tally) == (0, "1 finding (0 new, 1 in the baseline)")


@pytest.mark.realdata
def test_adoption_on_photographs(realdata: Path, tmp_path: Path) -> None:
    """A dirty dataset in a repository turns green, and only what is new fails, in every format."""
    repository = tmp_path / "repository"
    data = repository / "data"
    for number, photo in enumerate(sorted((realdata / "trash-photos").rglob("*.jpg"))):
        place = data / ("test" if number % 5 == 4 else "train") / photo.parent.name / photo.name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(photo, place)
    subprocess.run(["git", "init", "-q", repository], check=True)
    train = sorted((data / "train").rglob("*.jpg"))
    train[0].write_bytes(b"")
    train[1].write_bytes(train[1].read_bytes()[:2_000])
    shutil.copyfile(train[2], data / "test" / train[2].parent.name / "leak.jpg")

    def scanned() -> Report:
        return scan(data, ignore=["DL9"], fail_on="note")

    first = scanned()
    assert {"DL102", "DL103", "DL701"} <= set(first.findings["code"])
    known = data / baseline.NAME
    baseline.write(known, baseline.entries(first, known))
    assert scanned().exit_code == 0

    train[0].rename(train[0].with_name("renamed.jpg"))
    train[1].rename(data / "test" / train[1].parent.name / "moved.jpg")
    green = scanned()
    assert (green.exit_code, green.unused) == (0, ())

    (data / "train" / train[0].parent.name / "bad.jpg").write_bytes(train[3].read_bytes()[:3_000])
    shutil.copyfile(train[4], data / "test" / train[4].parent.name / "leaked.jpg")
    report = scanned()
    assert report.exit_code == 1
    assert sorted((finding.code, (finding.path or "").rpartition("/")[2]) for finding in report.fresh) == [
        ("DL102", "bad.jpg"),
        ("DL701", "leaked.jpg"),
    ]
    for form in ("text", "concise", "markdown", "sarif", "github", "gitlab", "junit"):
        text = report.render(form)
        assert "bad.jpg" in text
        assert "leaked.jpg" in text
        assert "moved.jpg" not in text, form
        assert "renamed.jpg" not in text, form
    assert '"uri": "data/train/' in report.render("sarif")

    (data / "train" / train[0].parent.name / "renamed.jpg").unlink()
    assert [entry.code for entry in scanned().unused] == ["DL103"]
    old = baseline.read(known)
    new = baseline.pruned(scanned(), known, old)
    assert len(new) == len(old) - 1
    baseline.write(known, new)
    assert scanned().unused == ()


def test_rules_that_did_not_run_keep_their_entries(blank: Report) -> None:
    path = blank.dataset.home / "b.json"
    other = baseline.Entry("DL999", "x", "", "datalint/v1:9", "elsewhere")
    gone = baseline.Entry(RULE.code, "y", "", "datalint/v1:8", RULE.name)
    report = reported(blank, [("a", "x")])
    present = baseline.entries(report, path)
    assert baseline.updated(report, path, [other, gone]) == [other, *present]
    assert baseline.pruned(report, path, [other, gone, *present]) == [other, *present]
    baseline.apply(report, path, [other, gone])
    assert [entry.about for entry in report.unused] == ["y"]
    assert json.loads(report.render("json"))["summary"]["unused"] == [
        {"kind": "baseline", "code": RULE.code, "about": "y", "reason": "it matches no finding"}
    ]


@pytest.mark.parametrize("place", ["data", "", "elsewhere"])
def test_a_scan_of_a_part_judges_that_part(tmp_path: Path, place: str) -> None:
    """Entries of what was not scanned are neither unused nor pruned, wherever the baseline lies."""
    data = tmp_path / "data"
    for name in ("train/a.png", "train/b.png", "test/c.png", "test/cc.png"):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_bytes(b"" if name == "train/a.png" else b"<html>" + name.encode())
    (tmp_path / place).mkdir(exist_ok=True)
    known = tmp_path / place / "known.json"

    def scanned(*parts: str) -> Report:
        return scan(*(data / part for part in parts), select=["DL1"], baseline=known if known.exists() else False)

    baseline.write(known, baseline.entries(scanned("."), known))
    assert len(baseline.read(known)) == 4
    for parts in (["."], ["train"], ["train/a.png"], ["train/a.png", "test/c.png"], ["train", "test"]):
        report = scanned(*parts)
        assert (report.counts["error"], report.unused) == (0, ()), parts
    (data / "test" / "c.png").unlink()
    (data / "train" / "a.png").unlink()
    assert scanned("train/b.png").unused == ()
    assert len(scanned("train").unused) == 1
    assert len(scanned(".").unused) == 2
    old = baseline.read(known)
    assert len(baseline.pruned(scanned("test"), known, old)) == 3
    assert len(baseline.updated(scanned("test"), known, old)) == 3
    assert len(baseline.pruned(scanned("."), known, old)) == 2


def test_what_is_known_of_another_dataset_hides_nothing_here(tmp_path: Path) -> None:
    known = tmp_path / "known.json"

    def statuses(name: str) -> list[str]:
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / f"{name}.png").touch()  # all are empty: their findings have the same id
        report = scan(tmp_path / name, select=["DL103"], baseline=known if known.exists() else False)
        if not known.exists():
            baseline.write(known, baseline.entries(report, known))
        return report.findings["status"].to_list()

    statuses("one")
    assert statuses("one") == ["baselined"]
    assert statuses("two") == ["new"]
    shutil.rmtree(tmp_path / "one")
    assert statuses("two") == ["baselined"]  # what moved keeps its entry


def grouped(blank: Report, *counts: int) -> Report:
    """A finding about a group of each size; all have one id."""
    rows = [factory.finding(RULE, id="a", subject="old", scope="folder", count=count) for count in counts]
    return Report(blank.dataset, blank.config, pl.DataFrame(rows, schema=FINDINGS), rules_run=blank.rules_run)


@pytest.mark.parametrize(("now", "status"), [(40, "baselined"), (100, "baselined"), (110, "baselined"), (111, "new")])
def test_a_group_is_new_again_when_it_has_grown_by_more_than_a_tenth(blank: Report, now: int, status: str) -> None:
    path = blank.dataset.home / "b.json"
    baseline.write(path, baseline.entries(grouped(blank, 100), path))
    known = baseline.read(path)
    assert [entry.size for entry in known] == [100]
    report = grouped(blank, now)
    baseline.apply(report, path, known)
    assert report.findings["status"].to_list() == [status]
    assert report.unused == ()


def test_pruning_never_makes_room_for_more(blank: Report) -> None:
    path = blank.dataset.home / "b.json"
    known = baseline.entries(grouped(blank, 100), path)
    assert [entry.size for entry in baseline.pruned(grouped(blank, 105), path, known)] == [100]
    assert [entry.size for entry in baseline.pruned(grouped(blank, 60), path, known)] == [60]
    assert baseline.pruned(grouped(blank, 200), path, known) == known
    assert [entry.size for entry in baseline.updated(grouped(blank, 200), path, known)] == [200]


class Half(Rule):
    """Flags the images that are named so."""

    code, name, since = "TEST020", "half", "1.0"
    severity, confidence = Severity.ERROR, Confidence.HIGH
    needs = (Need.FILES,)
    message = "is bad"

    def check(self, data: Dataset) -> pl.LazyFrame:
        return data.images.filter(pl.col("path").str.contains("bad")).select("path")


@pytest.mark.parametrize(("before", "after"), [(19, 21), (21, 19)])
def test_one_image_more_or_less_at_the_edge_of_a_group_makes_nothing_new(
    tmp_path: Path, before: int, after: int
) -> None:
    def drawn(good: int) -> Report:
        shutil.rmtree(tmp_path / "data", ignore_errors=True)
        (tmp_path / "data").mkdir()
        for number in range(20):
            (tmp_path / "data" / f"bad{number}.png").write_bytes(bytes([number]))
        for number in range(good):
            (tmp_path / "data" / f"good{number}.png").write_bytes(bytes([100 + number]))
        return scan(tmp_path / "data", rules=[Half], config=Config(isolated=True), jobs=0)

    path = tmp_path / "b.json"
    report = drawn(before)
    assert report.findings.height == (1 if before == 19 else 20)
    baseline.write(path, baseline.entries(report, path))
    report = drawn(after)
    baseline.apply(report, path, baseline.read(path))
    assert set(report.findings["status"]) == {"baselined"}
    assert report.unused == ()
    assert report.exit_code == 0


def test_many_more_than_the_group_had_are_new(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for number in range(20):
        (tmp_path / "data" / f"bad{number}.png").write_bytes(bytes([number]))
    path = tmp_path / "b.json"
    baseline.write(path, baseline.entries(scan(tmp_path / "data", rules=[Half], config=Config(isolated=True)), path))
    for number in range(20, 40):
        (tmp_path / "data" / f"bad{number}.png").write_bytes(bytes([number]))
    for number in range(60):
        (tmp_path / "data" / f"good{number}.png").write_bytes(bytes([100 + number]))
    report = scan(tmp_path / "data", rules=[Half], config=Config(isolated=True))
    baseline.apply(report, path, baseline.read(path))
    assert report.findings["status"].to_list() == ["new"] * 40
