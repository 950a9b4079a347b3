"""Laws of the cache: a scan with one says what a scan without says, and looks at as little as it can."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from datalint import pairs, probe
from datalint.cache import store as cache
from datalint.cache import tag as cachedir
from datalint.cache.store import Cache, Form
from datalint.config.settings import Config, ConfigError
from datalint.dataset import Batch, Dataset, Lack, Mirrored, ProbeOutcome, schema
from datalint.dataset.discover import discover
from datalint.measure import (
    batch,
    measure,
    stage,
)
from datalint.measure import (
    known_facts as known_facts,
)
from datalint.pairs import decode, verify
from datalint.rule import Need
from tests.measure.pictures import photo

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve photographs, a resized copy, a re-encoded one, a cut and an empty file."""
    folder = tmp_path_factory.mktemp("drawn")
    for seed in range(12):
        (folder / f"c{seed % 2}").mkdir(parents=True, exist_ok=True)
        photo(seed, (180, 140)).save(folder / f"c{seed % 2}" / f"{seed}.{'png' if seed % 3 else 'jpg'}")
    photo(1, (180, 140)).resize((120, 93)).save(folder / "c0" / "resized.jpg", quality=95)
    photo(2, (180, 140)).save(folder / "c0" / "again.webp", lossless=True)
    (folder / "c1" / "cut.jpg").write_bytes((folder / "c0" / "0.jpg").read_bytes()[:2000])
    (folder / "c1" / "empty.jpg").touch()
    return folder


@pytest.fixture
def root(drawn: Path, tmp_path: Path) -> Path:
    """A copy of the pictures, old enough to be trusted."""
    folder = Path(shutil.copytree(drawn, tmp_path / "data"))
    settle()
    return folder


def settle() -> None:
    """Wait until a file that was just written may be known by its times."""
    time.sleep(known_facts._TICK_NS / 1e9 * 1.2)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How often files were looked into, and how."""
    counts = {"hashed": 0, "decoded": 0}

    def counted(module: object, name: str, kind: Callable[..., str]) -> None:
        original = getattr(module, name)

        def count(*arguments: object) -> object:
            counts[kind(*arguments)] += 1
            return original(*arguments)

        monkeypatch.setattr(module, name, count)

    counted(batch, "examine", lambda _path, level: "hashed" if level == "content" else "decoded")
    counted(batch, "full_moments", lambda _path: "decoded")
    counted(decode, "pixel_digest", lambda _path: "decoded")
    counted(verify, "compare", lambda *_: "decoded")
    return counts


def scanned(root: Path, folder: Path | None, level: Need = Need.PIXELS, limit: int = cache.LIMIT) -> Dataset:
    data = discover([root], Config())
    opened = None if folder is None else Cache(folder, limit)
    measure(data, level=level, jobs=0, full_sample=6, cache=opened)
    if level is Need.PIXELS:
        pairs.find(data, jobs=0, cache=opened)
    if opened is not None:
        opened.close()
    return data


def assert_same(one: Dataset, other: Dataset) -> None:
    for name in ("images", "pairs", "copies"):
        assert one.table(name).drop("mtime_ns", strict=False).equals(other.table(name).drop("mtime_ns", strict=False))
    assert one.statistics == other.statistics
    assert (one.thumbnails is None) == (other.thumbnails is None)
    if one.thumbnails is not None and other.thumbnails is not None:
        np.testing.assert_array_equal(one.thumbnails, other.thumbnails)


def test_a_second_scan_opens_no_file_and_says_the_same(root: Path, tmp_path: Path, looks: dict[str, int]) -> None:
    without = scanned(root, None)
    cold = scanned(root, tmp_path / "cache")
    assert without.table("pairs").height == 2
    looks.update(hashed=0, decoded=0)
    warm = scanned(root, tmp_path / "cache")
    assert looks == {"hashed": 0, "decoded": 0}
    assert_same(without, cold)
    assert_same(without, warm)


@pytest.mark.parametrize("level", [Need.CONTENT, Need.HEADER])
def test_each_depth_has_facts_of_its_own(root: Path, tmp_path: Path, level: Need, looks: dict[str, int]) -> None:
    scanned(root, tmp_path / "cache")
    expected = scanned(root, None, level)
    assert_same(expected, scanned(root, tmp_path / "cache", level))
    looks.update(hashed=0, decoded=0)
    assert_same(expected, scanned(root, tmp_path / "cache", level))
    assert looks == {"hashed": 0, "decoded": 0}


def test_only_what_changed_is_measured(
    root: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, looks: dict[str, int]
) -> None:
    scanned(root, tmp_path / "cache")
    photo(50, (180, 140)).save(root / "c0" / "0.jpg")
    photo(51, (180, 140)).save(root / "c1" / "new.png")
    (root / "c1" / "7.png").unlink()
    looks.update(hashed=0, decoded=0)
    with caplog.at_level(logging.INFO, "datalint"):
        warm = scanned(root, tmp_path / "cache")
    assert "measured 2 of 16 images" in caplog.text
    assert_same(scanned(root, None), warm)


def test_files_that_moved_are_hashed_and_not_decoded(root: Path, tmp_path: Path, looks: dict[str, int]) -> None:
    scanned(root, tmp_path / "cache")
    (root / "c0" / "4.png").rename(root / "c1" / "moved.png")
    os.utime(root / "c0" / "6.jpg")
    elsewhere = tmp_path / "elsewhere"
    settle()
    for place, hashed in ((root, 2), (root, 0), (Path(shutil.copytree(root, elsewhere)), 16)):
        looks.update(hashed=0, decoded=0)
        found = scanned(place, tmp_path / "cache")
        assert found.table("images")["status"].value_counts().height == 3
        assert looks["hashed"] == hashed
        # pairs are greedy in the order of paths: one comparison may be new after a move
        assert looks["decoded"] <= 2
        assert_same(scanned(place, None), found)


def test_a_forged_time_does_not_hide_a_change(root: Path, tmp_path: Path) -> None:
    target = root / "c0" / "2.bmp"
    photo(60, (64, 64)).save(target)
    settle()
    scanned(root, tmp_path / "cache")
    before = target.stat()
    photo(61, (64, 64)).save(target)
    os.utime(target, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert target.stat().st_size == before.st_size
    assert_same(scanned(root, None), scanned(root, tmp_path / "cache"))


def test_a_file_that_changes_while_it_is_measured_is_measured_again(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that changes between the look at its times and the reading, and one that vanishes meanwhile."""
    original = batch.measure_batch

    def meddling(part: batch.Batch) -> batch.Measured:
        if part.level == "pixels":
            photo(70, (180, 140)).save(root / "c0" / "4.png")
            (root / "c0" / "8.png").rename(root / "hidden")
        measured = original(part)
        if part.level == "pixels":
            photo(71, (180, 140)).save(root / "c0" / "4.png")
            (root / "hidden").rename(root / "c0" / "8.png")
        return measured

    monkeypatch.setattr(stage, "measure_batch", meddling)
    monkeypatch.setattr(stage, "_FILES_PER_BATCH", (64, 64))
    first = scanned(root, tmp_path / "cache").table("images")
    assert first.filter(path="c0/8.png")["status"].item() == "unreadable"
    monkeypatch.setattr(stage, "measure_batch", original)
    assert_same(scanned(root, None), scanned(root, tmp_path / "cache"))


def assert_told_once(root: Path, folder: Path, expected: Dataset, parts: int, caplog: pytest.LogCaptureFixture) -> None:
    """All parts are damaged: that is said once, and everything measured again."""
    assert_same(expected, scanned(root, folder))
    [told] = [record.getMessage() for record in caplog.records]
    assert f"{parts} damaged files in" in told
    caplog.clear()
    assert_same(expected, scanned(root, folder))
    assert not caplog.records


def damaged_in_the_table(content: bytes) -> bytes:
    return content[:200] + bytes([content[200] ^ 1]) + content[201:]


@pytest.mark.parametrize(
    "damage",
    [
        damaged_in_the_table,
        lambda content: content[:-5] + bytes([content[-5] ^ 1]) + content[-4:],
        lambda content: content[: len(content) // 2],
        lambda content: content + b"more",
        lambda _: b"",
        lambda content: b"\xff" * len(content),
    ],
)
def test_damage_is_noticed_told_and_repaired(
    root: Path, tmp_path: Path, damage: Callable[[bytes], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    expected = scanned(root, tmp_path / "cache")
    parts = list((tmp_path / "cache").glob("*.datalint"))
    assert {path.name.split("-")[0] for path in parts} == {
        "facts_pixels", "addresses", "moments", "pairs", "likenesses", "digests"
    }  # fmt: skip
    for part in parts:
        part.write_bytes(damage(part.read_bytes()))
    assert_told_once(root, tmp_path / "cache", expected, len(parts), caplog)


@pytest.mark.parametrize(
    "other",
    [
        lambda table: table.rename({table.columns[0]: "other"}),
        lambda table: table.with_columns(pl.lit(1).alias(table.columns[-1])),
        lambda table: table.drop(table.columns[-1]),
        lambda table: table.with_columns(more=1),
    ],
)
def test_a_part_with_other_columns_is_damaged_though_its_digest_is_right(
    root: Path,
    tmp_path: Path,
    other: Callable[[pl.DataFrame], pl.DataFrame],
    caplog: pytest.LogCaptureFixture,
) -> None:
    expected = scanned(root, tmp_path / "cache")
    parts = list((tmp_path / "cache").glob("*.datalint"))
    for part in parts:
        kind, version, key, _ = part.stem.split("-")
        content = part.read_bytes()
        length, raw = int.from_bytes(content[:8], "little"), int.from_bytes(content[8:16], "little")
        table = other(pl.read_ipc(content[20 : 20 + length]))
        part.unlink()
        Cache(tmp_path / "cache").add(kind, version, table, content[len(content) - raw :] if raw else b"", key)
    assert_told_once(root, tmp_path / "cache", expected, len(parts), caplog)


def test_what_hangs_on_the_machine_is_not_kept(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def starved(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr("datalint.measure.decode._read_image", starved)
        patch.setattr("datalint.measure.decode._read_plain_jpeg", starved)
        poor = scanned(root, tmp_path / "cache").table("images")
        assert poor["cause"].str.contains("memory").sum() == 15
    assert_same(scanned(root, None), scanned(root, tmp_path / "cache"))


def test_other_code_finds_nothing(
    root: Path, tmp_path: Path, looks: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    scanned(root, tmp_path / "cache")
    monkeypatch.setattr("PIL.Image.MAX_IMAGE_PIXELS", 10_000)
    looks.update(hashed=0, decoded=0)
    assert set(scanned(root, tmp_path / "cache").table("images")["status"]) >= {"oversized"}
    assert looks["decoded"] >= 15
    one, other = (cache.version_of(name) for name in ("datalint.measure.statistics", "datalint.measure.decode"))
    assert len({one, other, cache.version_of("datalint.measure.statistics", also=1)}) == 3


def test_small_parts_are_merged_and_none_is_lost(
    root: Path, tmp_path: Path, looks: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_facts, "_ROWS_BETWEEN", 1)
    monkeypatch.setattr(stage, "_FILES_PER_BATCH", (1, 1))
    expected = scanned(root, tmp_path / "cache")
    assert len(list((tmp_path / "cache").glob("facts*"))) == 16
    # what a second scan at the same time leaves
    half = Cache(tmp_path / "cache")
    columns = stage._IMAGE_COLUMNS
    known = known_facts.KnownFacts(half, expected, "facts_pixels", columns)
    part = next(half.parts("facts_pixels", known_facts.version(), known._form))
    half.add("facts_pixels", known_facts.version(), pl.concat([part.table, part.table]), 2 * (half.raw(part) or b""))
    monkeypatch.setattr(cache, "_MANY", 2)
    scanned(root, tmp_path / "cache")
    assert len(list((tmp_path / "cache").glob("facts*"))) == 1
    looks.update(hashed=0, decoded=0)
    assert_same(expected, scanned(root, tmp_path / "cache"))
    assert looks == {"hashed": 0, "decoded": 0}


def test_it_grows_no_larger_than_it_may(
    root: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_facts, "_ROWS_BETWEEN", 1)
    monkeypatch.setattr(stage, "_FILES_PER_BATCH", (1, 1))
    limit = 60_000
    expected = scanned(root, tmp_path / "cache", limit=limit)
    assert_same(expected, scanned(root, None))
    assert [record.getMessage() for record in caplog.records if "is full" in record.getMessage()]
    assert sum(path.stat().st_size for path in (tmp_path / "cache").glob("*.datalint")) <= limit
    assert_same(expected, scanned(root, tmp_path / "cache", limit=limit))


def test_what_was_not_used_makes_room_first(tmp_path: Path) -> None:
    row = pl.DataFrame({"key": ["a"]})
    Cache(tmp_path / "cache").add("old", "1", row, bytes(5000))
    Cache(tmp_path / "cache").add("new", "1", row, bytes(5000))
    opened = Cache(tmp_path / "cache", 12_500)
    opened.use(next(opened.parts("new", "1", Form(row.schema, 5000))))
    opened.add("more", "1", row, bytes(5000))
    opened.close()
    assert {path.name.split("-")[0] for path in (tmp_path / "cache").glob("*.datalint")} == {"new", "more"}


def test_a_place_that_cannot_be_written_costs_one_line(
    root: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    assert_same(scanned(root, None), scanned(root, tmp_path / "file" / "cache"))
    [told] = [record.getMessage() for record in caplog.records]
    assert "the scan goes on without it" in told


def test_a_folder_with_other_files_is_refused_and_never_cleaned(root: Path) -> None:
    with pytest.raises(ConfigError, match="holds other files"):
        cache.opened(root, root)
    assert cache.remove(root) == 0
    assert (root / "c0").is_dir()
    assert not (root / ".gitignore").exists()


def test_it_is_a_cache_to_others_and_no_part_of_the_dataset(root: Path) -> None:
    before = discover([root], Config())
    for name in (".datalint_cache", "visible"):
        scanned(root, root / name)
        assert (root / name / "CACHEDIR.TAG").read_bytes().startswith(b"Signature: 8a477f597d28d172789f06886806bc55")
        assert "\n*\n" in (root / name / ".gitignore").read_text()
    after = discover([root], Config())
    for name, table in before.tables.items():
        assert table.equals(after.table(name)), name
    (root / "visible" / "mine.txt").touch()
    assert cache.remove(root / "visible") > 0
    assert {path.name for path in (root / "visible").iterdir()} == {"mine.txt", "CACHEDIR.TAG", ".gitignore"}
    assert cache.remove(root / ".datalint_cache") > 0
    assert not (root / ".datalint_cache").exists()
    assert not cachedir.is_cache(root)


def test_each_dataset_has_a_folder_in_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    one, other = cache.folder_of(tmp_path / "a b"), cache.folder_of(tmp_path / "c")
    assert one.parent == other.parent == tmp_path / "caches" / "datalint"
    assert one.name.startswith("a_b-")
    monkeypatch.setenv("DATALINT_CACHE_DIR", str(tmp_path / "chosen"))
    assert cache.folder_of(tmp_path / "c") == tmp_path / "chosen"
    assert cache.folder_of(tmp_path / "c", tmp_path / "named") == tmp_path / "named"


def test_without_a_home_there_is_no_cache(
    root: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache.opened(root) is None
    [told] = [record.getMessage() for record in caplog.records]
    assert "--cache-dir" in told


def test_caches_of_forgotten_datasets_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "user_folder", lambda: tmp_path)
    for name in ("old", "new"):
        Cache(tmp_path / name).add("kind", "1", pl.DataFrame({"key": [1]}))
    (tmp_path / "foreign").mkdir()
    long_ago = time.time() - 100 * 86400
    os.utime(tmp_path / "old" / cachedir.TAG, (long_ago, long_ago))
    cache.sweep()
    assert {path.name for path in tmp_path.iterdir()} == {"new", "foreign"}


# -- whole scans in processes of their own ---------------------------------------------------------------------------

SCAN = """
import sys
from datalint.measure import known_facts, stage
known_facts._ROWS_BETWEEN, stage._FILES_PER_BATCH = 1, (1, 1)
{before}
from datalint.cli import main
main(["scan", *sys.argv[1:], "-v", "--ignore", "DL9", "--format", "json", "--isolated", "-j", "1"])
"""


def started(root: Path, folder: Path, before: str = "") -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if name != "DATALINT_NO_CACHE"}
    return subprocess.Popen(
        [sys.executable, "-c", SCAN.format(before=before), str(root), "--cache-dir", str(folder)],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def outcome(root: Path, folder: Path, before: str = "") -> tuple[str, str, int]:
    done = started(root, folder, before)
    report, told = done.communicate(timeout=120)
    return report, told, done.returncode


@pytest.fixture(scope="module")
def expected(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, int]:
    """Report and exit code of a scan without anything in its way."""
    return outcome(drawn, tmp_path_factory.mktemp("fresh"))[::2]


def test_killed_scans_lose_nothing(drawn: Path, tmp_path: Path, expected: tuple[str, int]) -> None:
    """Killed each time a few more files are in the cache; what was written before is there after."""
    counts = [0]
    for _ in range(2):
        running = started(drawn, tmp_path / "cache")
        while running.poll() is None and len(list((tmp_path / "cache").glob("facts*"))) < counts[-1] + 4:
            time.sleep(0.002)
        running.kill()
        running.communicate()
        counts.append(len(list((tmp_path / "cache").glob("facts*"))))
    assert counts == sorted(counts)
    report, told, code = outcome(drawn, tmp_path / "cache")
    assert (report, code) == expected
    assert f"measured {max(0, 16 - counts[-1])} of 16 images" in told


def test_two_scans_at_once_share_a_cache(drawn: Path, tmp_path: Path, expected: tuple[str, int]) -> None:
    both = [started(drawn, tmp_path / "cache") for _ in range(2)]
    assert {(done.communicate(timeout=120)[0], done.returncode) for done in both} == {expected}
    report, told, code = outcome(drawn, tmp_path / "cache")
    assert (report, code) == expected
    assert "measured 0 of 16 images" in told


@pytest.mark.skipif(sys.platform == "win32", reason="there is no limit to set")
def test_a_full_disk_costs_one_line(drawn: Path, tmp_path: Path, expected: tuple[str, int]) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (55_000, 55_000))"
    limit += "; known_facts._ROWS_BETWEEN = 99"
    report, told, code = outcome(drawn, tmp_path / "cache", limit)
    assert (report, code) == expected
    assert [line for line in told.splitlines() if "the scan goes on without it" in line] == [
        f"datalint: cache: {tmp_path / 'cache'} cannot be written: file too large; the scan goes on without it"
    ]
    assert not list((tmp_path / "cache").glob("writing-*"))


def test_the_probe_is_asked_once(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0

    def answer(data: Dataset, *_: object) -> None:
        nonlocal asked
        asked += 1
        table = data.table("images").select("image", "path", pl.lit("fine").alias("tier"))
        data.tables["probe"] = schema.conform("probe", table)
        batches = (Batch("folder", "b", "cat", "dog", (0, 2), 2),)
        data.probe_outcome = ProbeOutcome(
            ran=True, reason="", accuracy=1 / 3, not_assessed={"a": 1}, batches=batches, lacked=lacked,
            mirrored=Mirrored(9, 8, 7, matters=True),
        )  # fmt: skip

    lacked: tuple[Lack, ...] = ()
    monkeypatch.setattr("datalint.probe.assess.assess", answer)
    monkeypatch.setattr("datalint.probe.task.pose", lambda *_: None)  # it does not find the images too few

    def told(data: Dataset, **settings: object) -> Dataset:
        options = probe.Options(device="cpu", **settings)  # type: ignore[arg-type]
        probe.run(data, options, cache=Cache(tmp_path / "cache"))
        return data

    first = told(scanned(root, None))
    second = told(scanned(root, tmp_path / "cache"))
    assert asked == 1
    assert first.table("probe").equals(second.table("probe"))
    assert first.probe_outcome == second.probe_outcome
    told(scanned(root, None), seed=1)
    assert asked == 2
    relabelled = scanned(root, None)
    relabelled.tables["labels"] = relabelled.table("labels").with_columns(pl.lit("x").alias("class"))
    told(relabelled)
    assert asked == 3
    renamed = scanned(root, None)  # names tell what was labelled together
    renamed.tables["images"] = renamed.table("images").with_columns(path="moved/" + pl.col("path"))
    told(renamed)
    assert asked == 4
    lacked = ("time",)  # an answer that more time may change is not kept
    for number in (5, 6):
        told(scanned(root, None), seed=2)
        assert asked == number
