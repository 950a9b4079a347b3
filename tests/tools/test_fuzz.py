"""The fuzzer itself: what it draws is drawn again, and what it looks for it finds."""

from __future__ import annotations

import io
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from datalint.config.settings import Config
from datalint.dataset.discover import discover
from datalint.dataset.formats import registry
from tools.fuzz import checks, readers, timing
from tools.fuzz.__main__ import Run
from tools.fuzz.checks import Limits, Result
from tools.fuzz.folder import FORMATS, IMAGES, LABELS, Folder
from tools.fuzz.mutate import STRUCTURES, mutated
from tools.fuzz.process import Ended, Watch, tree
from tools.fuzz.progress import OtherRunError, Progress
from tools.fuzz.reduce import reduced
from tools.fuzz.seeds import images, labels

ROOT = Path(__file__).resolve().parent.parent.parent
linux = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")


def files_below(place: Path) -> dict[str, bytes]:
    return {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}


# -- what is drawn ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(2 * len(FORMATS)))
def test_the_same_seed_and_number_give_the_same_files(tmp_path: Path, number: int) -> None:
    one, two, part, other = (tmp_path / name for name in "abcd")
    targets = Folder(7, number, 6).write(one)
    assert Folder(7, number, 6).write(two) == targets
    assert files_below(one) == files_below(two)
    some = Folder(7, number, 6).write(part, only=[4])
    assert list(some.values()) == [4]
    assert files_below(part).items() <= files_below(one).items()
    assert some.items() <= targets.items()
    Folder(8, number, 6).write(other)
    assert files_below(other) != files_below(one)


def test_most_mutants_are_damaged() -> None:
    chance = random.Random(0)
    for kind in IMAGES:
        seed = images.bank(kind, chance)[0].data
        drawn = [mutated(seed, images.STRUCTURES.get(kind, ""), chance, [seed]) for _ in range(100)]
        assert sum(data != seed for data in drawn) > 85, kind
        assert len(set(drawn)) > 70, kind


@given(st.sampled_from(["", *STRUCTURES]), st.binary(max_size=200), st.integers(0, 1 << 32))
def test_whatever_is_damaged_gives_bytes(structure: str, data: bytes, seed: int) -> None:
    """Mutations are applied one to the result of another."""
    first = mutated(data, structure, random.Random(seed), [data, b""])
    assert first == mutated(data, structure, random.Random(seed), [data, b""])


@pytest.mark.parametrize("kind", images.KINDS)
def test_the_images_are_intact_before_they_are_damaged(kind: str) -> None:
    for drawn in images.bank(kind, random.Random(1)):
        with Image.open(io.BytesIO(drawn.data)) as image:
            image.load()


def test_every_format_of_labels_is_damaged() -> None:
    assert set(labels.KINDS) == set(registry.NAMES)


@pytest.mark.parametrize(
    ("form", "number"), [(form, number) for form, sets in labels.KINDS.items() for number in range(len(sets))]
)
def test_the_labels_are_read_before_they_are_damaged(tmp_path: Path, form: str, number: int) -> None:
    made = labels.KINDS[form][number]
    for _, name, data in made.drawn("012", "007"):
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    found = discover([tmp_path], Config(jobs=0))
    assert form in found.layouts
    assert not found.table("problems").filter(pl.col("kind") == "syntax").height


# -- what is found ---------------------------------------------------------------------------------------------------

_NOTICE = "datalint: sarif: the worst 5,000 of 5,102 findings, the most that code scanning keeps"
WELL = Ended(code=1, stdout="", stderr="", seconds=1.0, peak=1000, workers=2, leftovers=())


@pytest.mark.parametrize(
    ("ended", "kinds"),
    [
        (WELL, []),
        (WELL._replace(code=0), []),
        (WELL._replace(code=2, stderr="datalint: error: x"), ["exit", "stderr"]),
        (WELL._replace(code=3), ["exit"]),
        (WELL._replace(code=-11), ["exit"]),
        (WELL._replace(code=None), ["hang"]),
        (WELL._replace(stderr="libpng warning: x"), ["stderr"]),
        (WELL._replace(stderr=f"{_NOTICE}\n"), []),
        (WELL._replace(workers=6), ["worker"]),
        (WELL._replace(leftovers=("datalint-x.u8",)), ["leftover"]),
        (WELL._replace(peak=1_600_000_000), ["memory"]),
    ],
)
def test_what_is_seen_from_outside(ended: Ended, kinds: list[str]) -> None:
    result = Result()
    checks._outside(result, ended, Path("one"), Limits(), jobs=2)
    assert [fault.kind for fault in result.faults] == kinds


def tables(cause: str | None = None, reason: str = "read as KITTI", crashed: str = "") -> checks._Tables:
    schema = {"os_path": pl.Binary, "path": pl.String, "status": pl.String, "cause": pl.String}
    rules = [{"code": "DL101", "reason": crashed}] if crashed else []
    return checks._Tables(
        pl.DataFrame([(b"a.png", "a.png", "ok", cause), (b"b.png", "b.png", None, None)], schema=schema, orient="row"),
        pl.DataFrame({"path": ["1.txt", ".x"], "reason": [reason, "a hidden folder, not entered"]}),
        pl.DataFrame({"file": ["1.txt"], "reason": ["'x' is not a number"]}),
        {"summary": {"rules_not_run": [*rules, {"code": "DL102", "reason": "there are no boxes"}]}},
    )


@pytest.mark.parametrize(
    ("found", "targets", "kinds"),
    [
        (tables(), [b"a.png"], []),
        (tables(), [b"a.png", b".x/y.png"], []),
        (tables(), [b"a.png", b"c.png"], ["unaccounted"]),
        (tables(), [b"b.png"], ["unaccounted"]),
        (tables(cause="reading it crashed (SIGSEGV)"), [b"a.png"], ["lost"]),
        (tables(cause="reading it was stopped after 60 seconds"), [b"a.png"], ["lost"]),
        (tables(cause="it cannot be measured: TypeError: x"), [b"a.png"], ["lost"]),
        (tables(crashed="crashed: TypeError: x"), [b"a.png"], ["rule"]),
    ],
)
def test_what_the_tables_say(found: checks._Tables, targets: list[bytes], kinds: list[str]) -> None:
    result = Result(files=len(targets))
    checks._inside(result, found, dict.fromkeys(targets, 0), labels=False, limits=Limits())
    assert [fault.kind for fault in result.faults] == kinds


def test_a_reader_that_is_not_asked_is_noticed() -> None:
    for reason, kinds in (("read as KITTI", []), (checks._UNRECOGNISED, ["unasked"])):
        result = Result(files=1)
        checks._inside(result, tables(reason=reason), {b"1.txt": 0}, labels=True, limits=Limits())
        assert [fault.kind for fault in result.faults] == kinds
        assert result.bad == 1


def test_scans_that_differ_are_noticed(tmp_path: Path) -> None:
    outs = [tmp_path / name for name in ("one", "two")]
    for out in outs:
        (out / "tables").mkdir(parents=True)
        (out / "reports").mkdir()
        (out / "stdout").write_text("x")
        (out / "reports" / "html").write_text(f"30 checks ran in {len(out.name)}.{outs.index(out)} s")
        pl.DataFrame({"a": [1]}).write_parquet(out / "tables" / "images.parquet")
    result = Result()
    checks._equal(result, outs)
    assert result.faults == []
    pl.DataFrame({"a": [2]}).write_parquet(outs[1] / "tables" / "images.parquet")
    checks._equal(result, outs)
    assert "images.parquet" in result.faults[0].words
    (outs[1] / "tables" / "images.parquet").unlink()
    (outs[1] / "stdout").write_text("y")
    checks._equal(result, outs)
    assert "images.parquet, stdout" in result.faults[1].words


@linux
def test_the_memory_of_the_whole_tree_is_seen() -> None:
    touched = "x = bytearray(150 << 20); x[::4096] = bytes(38400); input()"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{touched}'])"
    process = subprocess.Popen([sys.executable, "-c", child], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    with Watch(process.pid) as watch:
        for _ in range(200):
            if watch.peak > 150 << 20:
                break
            watch._stop.wait(0.05)
        process.communicate(b"\n")
    assert 150 << 20 < watch.peak < 250 << 20


PLUGIN = """
from datalint import Confidence, Need, Rule, Severity


class Planted(Rule):
    '''Crashes at one file.

    ## What it does
    x

    ## Why is this bad?
    x

    ## Example
    x

    ## When not to use it
    x
    '''

    code, name, since = "XX101", "planted", "0.1.0"
    severity, confidence = Severity.NOTE, Confidence.LOW
    needs = (Need.FILES,)
    message = hint = "x"

    def check(self, data):
        if data.images.filter(path="PLANTED").collect().height:
            raise ValueError("planted")
        return data.images.select("path").head(0)
"""


@linux
def test_a_planted_crash_is_found_kept_and_reduced(tmp_path: Path) -> None:
    (tmp_path / "datalint.toml").write_text('plugins = ["planted.py"]\n')
    options = ("--config", str(tmp_path / "datalint.toml"), "--ignore", "DL9")
    run = Run(seed=0, size=3, out=tmp_path / "out", limits=Limits(), options=options)
    folder = run.folder(FORMATS.index("ppm"))
    *_, last = folder.mutants()
    (tmp_path / "planted.py").write_text(PLUGIN.replace("PLANTED", last.target.decode()))
    result = run.check(folder, keep="x")
    assert {fault.kind for fault in result.faults} == {"exit", "stderr"}
    assert any("planted" in fault.words for fault in result.faults)
    assert len(files_below(tmp_path / "out" / "failed" / "x")) == 3
    assert run.reduce(folder, {"exit"}) == [2]


@linux
def test_intact_files_pass_and_one_that_is_not_there_is_missed(tmp_path: Path) -> None:
    place = tmp_path / "data"
    place.mkdir()
    targets = Folder(0, FORMATS.index("bmp"), 8).write(place)
    result = checks.check(place, targets, labels=False, cached=True)
    assert (result.faults, result.files, result.read) == ([], 8, 8)
    assert result.peak > 50_000_000
    result = checks.check(place, {**targets, b"train/a/nowhere.bmp": 9}, labels=False, cached=False)
    assert [fault.kind for fault in result.faults] == ["unaccounted"]
    assert "nowhere.bmp" in result.faults[0].words


def test_files_are_timed(tmp_path: Path) -> None:
    targets = Folder(0, FORMATS.index("png"), 4).write(tmp_path / "png")
    seconds, name = timing.slowest_image(tmp_path / "png", targets)
    assert 0 < seconds < 10
    assert name in targets
    targets = Folder(0, FORMATS.index("coco"), 4).write(tmp_path / "coco")
    assert set(timing.suspects(tmp_path / "coco", targets, 60, most=4)) == set(targets)
    assert 0 < timing.reading(tmp_path / "coco", 60) < 10


# -- reduction -------------------------------------------------------------------------------------------------------


@given(st.sets(st.integers(0, 199), min_size=1, max_size=3))
def test_reduction_finds_exactly_what_is_needed(guilty: set[int]) -> None:
    asked: list[int] = []

    def fails(numbers: list[int]) -> bool:
        asked.append(len(numbers))
        return guilty <= set(numbers)

    assert set(reduced(range(200), fails)) == guilty  # type: ignore[arg-type]
    if len(guilty) == 1:
        assert len(asked) <= 17


def test_what_does_not_fail_again_is_kept_whole() -> None:
    assert reduced([1, 2, 3], lambda _: False) == [1, 2, 3]


# -- progress --------------------------------------------------------------------------------------------------------


def test_a_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    progress = Progress.at(tmp_path / "progress.json", seed=3, size=10)
    progress.add(0, "jpeg", Result(files=10, read=9, bad=4, peak=5_000_000, slowest=0.5, slowest_file="x.jpg"))
    bad = Result(files=10, read=10, bad=1, peak=2_000_000, slowest=0.1)
    bad.add("exit", "exit code 2")
    progress.add(len(FORMATS), "jpeg", bad)
    again = Progress.at(tmp_path / "progress.json", seed=3, size=10)
    assert (again.next, again.mutants, again.failed) == (len(FORMATS) + 1, 20, [len(FORMATS)])
    assert again == progress
    assert "| jpeg | 20 | 19 | 5 | 1 | 5 | 0.50 |" in again.table()
    with pytest.raises(OtherRunError, match="--seed 3"):
        Progress.at(tmp_path / "progress.json", seed=4, size=10)


@linux
def test_the_command(tmp_path: Path) -> None:
    def run(*more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tools.fuzz", "--size", "4", "--out", str(tmp_path), *more]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    done = run("--formats", "kitti", "--count", "4")
    assert done.returncode == 0, done.stdout + done.stderr
    numbers = [line.split()[0] for line in done.stdout.splitlines() if " files, " in line]
    assert numbers == [str(FORMATS.index("kitti"))]
    done = run("--formats", "kitti", "--count", "4")
    assert " files, " not in done.stdout, "all are scanned already"
    assert json.loads((tmp_path / "progress.json").read_text())["figures"]["kitti"]["mutants"] == 4
    assert run("--formats", "tag").returncode == 2
    assert run("--seed", "5").returncode == 1


@linux
def test_a_run_that_is_ended_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tools.fuzz", "--size", "50", "--out", str(tmp_path / "out"), "--formats", "bmp"]
    (tmp_path / "tmp").mkdir()
    run = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"TMPDIR": str(tmp_path / "tmp")})
    scans: list[int] = []
    for _ in range(600):
        scans = [one for one in tree(run.pid) if one != run.pid]
        if scans and any((tmp_path / "tmp").rglob("stderr")):
            break
        time.sleep(0.05)
    assert scans
    run.terminate()
    assert run.wait(30) == 143
    assert list((tmp_path / "tmp").iterdir()) == []
    assert not any(Path(f"/proc/{one}/cmdline").exists() for one in scans)


def test_formats_take_turns() -> None:
    assert {Folder(0, number, 1).format for number in range(len(FORMATS))} == {*IMAGES, *LABELS}
    assert Folder(0, len(FORMATS) + 1, 1).format == Folder(0, 1, 1).format
    kitti = [Folder(0, FORMATS.index("kitti") + turn * len(FORMATS), 1).apart for turn in range(6)]
    assert kitti == [True, False, False, False, False, True]
    assert all(Folder(0, FORMATS.index("coco") + turn * len(FORMATS), 1).apart for turn in range(6))


# -- the readers alone -----------------------------------------------------------------------------------------------


def test_folders_are_read_without_a_fault(tmp_path: Path) -> None:
    number = FORMATS.index("mot")
    Folder(0, number, 4).write(tmp_path)
    assert list(readers.faults(tmp_path)) == []


def test_what_a_reader_raises_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("of the reader")

    monkeypatch.setattr(readers, "discover", broken)
    (fault,) = readers.faults(tmp_path)
    assert "ZeroDivisionError: of the reader" in fault
