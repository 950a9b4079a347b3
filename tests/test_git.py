"""What is read from Git, on real repositories."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from datalint import engine, git
from datalint.cache.store import Cache
from datalint.config.settings import Config
from datalint.dataset import Dataset
from datalint.dataset.discover import discover
from datalint.measure import batch, decode, measure
from datalint.rule import Need
from datalint.sources import LocalFile
from tests.measure.pictures import photo

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")


def run(folder: Path, *arguments: str | Path) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "protocol.file.allow=always")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", *identity, *map(str, arguments)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def commit(folder: Path, message: str = "more") -> str:
    run(folder, "add", "-A")
    run(folder, "commit", "-qm", message)
    return run(folder, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a dataset of six pictures in a folder of it."""
    folder = tmp_path / "repository"
    for seed in range(6):
        (folder / "data" / "ab"[seed % 2]).mkdir(parents=True, exist_ok=True)
        photo(seed, (90, 70)).save(folder / "data" / "ab"[seed % 2] / f"picture {seed}.png")
    run(folder, "init", "-q")
    commit(folder)
    time.sleep(0.12)
    return folder


def scanned(root: Path, folder: Path | None) -> Dataset:
    data = discover([root], Config())
    cache = None if folder is None else Cache(folder)
    measure(data, level=Need.PIXELS, jobs=0, cache=cache)
    if cache is not None:
        cache.close()
    return data


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were opened."""
    names: list[str] = []
    original = decode.examine

    def noted(item: LocalFile, level: decode.Level) -> object:
        names.append(Path(item.path).name)
        return original(item, level)

    monkeypatch.setattr(batch, "examine", noted)
    return names


def test_a_clone_opens_no_file(repository: Path, tmp_path: Path, opened: list[str]) -> None:
    scanned(repository / "data", tmp_path / "cache")
    assert len(opened) == 6
    for number, options in enumerate(([], ["--depth=1"])):
        clone = tmp_path / f"clone {number}"
        run(tmp_path, "clone", "-q", *options, f"file://{repository}", clone)
        # Git itself looks again at files written in the moment of its index
        os.utime(clone / ".git" / "index")
        opened.clear()
        warm = scanned(clone / "data", tmp_path / "cache")
        assert opened == []
        assert (
            warm.table("images").drop("mtime_ns").equals(scanned(clone / "data", None).table("images").drop("mtime_ns"))
        )


def test_in_a_clone_only_what_changed_is_opened(repository: Path, tmp_path: Path, opened: list[str]) -> None:
    scanned(repository / "data", tmp_path / "cache")
    clone = tmp_path / "clone"
    run(tmp_path, "clone", "-q", repository, clone)
    os.utime(clone / ".git" / "index")
    photo(9, (90, 70)).save(clone / "data" / "a" / "picture 0.png")
    photo(10, (90, 70)).save(clone / "data" / "untracked.png")
    opened.clear()
    warm = scanned(clone / "data", tmp_path / "cache")
    assert set(opened) == {"picture 0.png", "untracked.png"}
    assert warm.table("images")["sha256"].to_list() == [
        hashlib.sha256((clone / "data" / path).read_bytes()).hexdigest() for path in warm.table("images")["path"]
    ]


def test_a_pointer_and_its_content_are_told_apart(repository: Path, tmp_path: Path) -> None:
    """Under LFS both are the same blob: what is in the working tree decides."""
    picture = repository / "data" / "a" / "picture 0.png"
    content = picture.read_bytes()
    pointer = (
        "version https://git-lfs.github.com/spec/v1\n"
        f"oid sha256:{hashlib.sha256(content).hexdigest()}\nsize {len(content)}\n"
    ).encode()
    smudge = tmp_path / "smudge"
    smudge.write_bytes(content)
    (repository / ".gitattributes").write_text("*0.png filter=large\n")
    picture.write_bytes(pointer)
    commit(repository)
    clones = {}
    for name, options in (("fetched", ("-c", f"filter.large.smudge=cat '{smudge}'")), ("bare", ())):
        clones[name] = tmp_path / name
        run(tmp_path, *options, "clone", "-q", repository, clones[name])
        os.utime(clones[name] / ".git" / "index")
    time.sleep(0.12)
    for name in ("fetched", "bare", "fetched", "bare"):
        images = scanned(clones[name] / "data", tmp_path / "cache").table("images")
        expected = "ok" if name == "fetched" else "lfs-pointer"
        assert images.filter(path="a/picture 0.png")["status"].item() == expected
        assert {"fetched": 6, "bare": 5}[name] == images.filter(status="ok").height


def test_nothing_that_a_repository_names_is_run(repository: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    for key in (
        "core.fsmonitor",
        "core.pager",
        "filter.x.clean",
        "filter.x.process",
        "diff.external",
        "core.sshCommand",
    ):
        run(repository, "config", key, f"touch '{trap}'; false")
    (repository / ".git" / "info" / "attributes").write_text("* filter=x diff=x\n")
    photo(20, (90, 70)).save(repository / "data" / "a" / "picture 0.png")
    assert len(git.Checkout(repository / "data").blobs()) == 6
    assert not trap.exists()


def test_where_git_says_nothing(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert git.Checkout(tmp_path).blobs() == {}
    (tmp_path / ".git").mkdir()
    assert git.Checkout(tmp_path).blobs() == {}
    assert len(git.Checkout(repository).blobs()) == 6
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert len(git.Checkout(repository / "data").blobs()) == 6
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git.Checkout(repository).blobs() == {}


def test_links_submodules_and_conflicts_are_no_blobs(repository: Path, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    run(inner, "init", "-q")
    photo(30, (90, 70)).save(inner / "x.png")
    commit(inner)
    run(repository, "submodule", "-q", "add", inner, "data/sub")
    (repository / "data" / "link.png").symlink_to("a/picture 0.png")
    commit(repository)
    os.utime(repository / ".git" / "index")
    assert set(git.Checkout(repository / "data").blobs()) == {
        os.fsencode(f"{'ab'[seed % 2]}/picture {seed}.png").replace(b"/", os.sep.encode()) for seed in range(6)
    }
    assert set(git.Checkout(repository / "data" / "sub").blobs()) == {b"x.png"}


# -- what changed ----------------------------------------------------------------------------------------------------


def changes(root: Path, **what: object) -> set[str]:
    return {os.fsdecode(path).replace(os.sep, "/") for path in git.Checkout(root).changed(**what).files}  # type: ignore[arg-type]


def test_nothing_changed(repository: Path, tmp_path: Path) -> None:
    """Also where all times are new, where Git itself would look again, and where LFS keeps a pointer."""
    for path in repository.rglob("*.png"):
        os.utime(path)
    clone = tmp_path / "clone"
    run(tmp_path, "clone", "-q", repository, clone)
    for folder in (repository, repository / "data", clone):
        assert changes(folder) == changes(folder, staged=True) == changes(folder, since="HEAD") == set()
    content = (clone / "data" / "a" / "picture 0.png").read_bytes()
    (clone / "data" / "a" / "picture 0.png").write_text(
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{hashlib.sha256(content).hexdigest()}\nsize 1\n"
    )
    commit(clone)
    (clone / "data" / "a" / "picture 0.png").write_bytes(content)
    assert changes(clone) == set()


def test_each_kind_of_change(repository: Path) -> None:
    data = repository / "data"
    (repository / ".gitignore").write_text("ignored*\n")
    start = commit(repository)
    run(repository, "mv", data / "a" / "picture 0.png", data / "b" / "renamed.png")
    run(repository, "rm", "-q", data / "b" / "picture 1.png")
    commit(repository)
    committed = {"a/picture 0.png", "b/renamed.png", "b/picture 1.png"}
    assert changes(data, since=start) == committed
    assert changes(repository, since=start) == {f"data/{path}" for path in committed}
    assert changes(data) == changes(data, staged=True) == set()
    photo(40, (90, 70)).save(data / "a" / "staged.png")
    run(repository, "add", "-A")
    (data / "a" / "picture 2.png").unlink()
    photo(41, (90, 70)).save(data / "b" / "picture 3.png")
    photo(42, (90, 70)).save(data / "new \u00e9\n.png")
    photo(43, (90, 70)).save(data / "ignored.png")
    assert changes(data, staged=True) == {"a/staged.png"}
    open_work = {"a/staged.png", "a/picture 2.png", "b/picture 3.png", "new \u00e9\n.png"}
    assert changes(data) == open_work
    assert changes(data, since=start) == committed | open_work


def test_since_means_since_the_branch_left(repository: Path) -> None:
    main = run(repository, "symbolic-ref", "--short", "HEAD")
    run(repository, "checkout", "-qb", "work")
    photo(40, (90, 70)).save(repository / "data" / "mine.png")
    commit(repository)
    run(repository, "checkout", "-q", main)
    photo(41, (90, 70)).save(repository / "data" / "theirs.png")
    commit(repository)
    run(repository, "checkout", "-q", "work")
    assert changes(repository / "data", since=main) == {"mine.png"}


def test_before_the_first_commit(tmp_path: Path) -> None:
    run(tmp_path, "init", "-q")
    for name in ("staged", "other"):
        photo(1, (40, 40)).save(tmp_path / f"{name}.png")
    run(tmp_path, "add", "staged.png")
    assert changes(tmp_path, staged=True) == {"staged.png"}
    assert changes(tmp_path) == {"staged.png", "other.png"}


def test_a_shallow_clone(repository: Path, tmp_path: Path) -> None:
    start = run(repository, "rev-parse", "HEAD")
    photo(40, (90, 70)).save(repository / "data" / "new.png")
    commit(repository)
    clone = tmp_path / "clone"
    run(tmp_path, "clone", "-q", "--depth=1", f"file://{repository}", clone)
    with pytest.raises(git.NoAnswerError, match="git fetch origin"):
        changes(clone, since=start)
    run(repository, "config", "uploadpack.allowAnySHA1InWant", "true")
    run(clone, "fetch", "-q", "--depth=1", "origin", start)
    assert changes(clone, since=start) == {"data/new.png"}


def test_submodules(repository: Path, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    run(inner, "init", "-q")
    for seed in range(2):
        photo(30 + seed, (90, 70)).save(inner / f"{seed}.png")
    commit(inner)
    run(repository, "submodule", "-q", "add", inner, "data/sub")
    start = run(repository, "rev-parse", "HEAD")
    added = commit(repository)
    assert changes(repository, since=added) == set()
    assert git.Checkout(repository / "data").changed(since=start).folders == (os.path.join(b"sub", b""),)  # noqa: PTH118
    assert b"sub/0.png" in git.Checkout(repository / "data").changed(since=start)
    sub = repository / "data" / "sub"
    photo(50, (90, 70)).save(sub / "0.png")
    assert changes(repository / "data") == {"sub/0.png"}
    commit(sub)
    assert changes(repository / "data") == {"sub/0.png"}
    commit(repository)
    assert changes(repository / "data") == set()
    assert changes(repository / "data", since=added) == {"sub/0.png"}


@pytest.mark.skipif(os.name == "nt", reason="needs a script named git")
@pytest.mark.parametrize("fails", ["--debug", "--others"])
def test_git_that_fails_is_not_nothing_changed(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin" / "git"
    script.write_text(f'#!/bin/sh\ncase "$*" in *{fails}*) exit 128;; esac\nexec {shutil.which("git")} "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    with pytest.raises(git.NoAnswerError):
        git.Checkout(repository).changed()


def test_where_git_cannot_tell(tmp_path: Path, repository: Path) -> None:
    with pytest.raises(git.NoAnswerError, match="not in a Git checkout"):
        git.Checkout(tmp_path).changed()
    with pytest.raises(git.NoAnswerError, match="knows no commit '--output=x'"):
        git.Checkout(repository).changed(since="--output=x")
    (tmp_path / ".git").mkdir()
    with pytest.raises(git.NoAnswerError, match="does not answer"):
        git.Checkout(tmp_path).changed()


def test_only_findings_about_changes_are_reported(tmp_path: Path) -> None:
    """A new test image that copies an old train image is found; old faults are left out."""
    root = tmp_path / "data"
    for number in range(24):
        folder = root / ("test" if number % 4 == 3 else "train") / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        photo(number, (90, 70)).save(folder / f"{number}.png")
    shutil.copy(root / "train" / "a" / "0.png", root / "test" / "b" / "old leak.png")
    (root / "train" / "a" / "cut.png").write_bytes((root / "train" / "a" / "0.png").read_bytes()[:3000])
    run(root, "init", "-q")
    start = commit(root)
    photo(2, (90, 70)).resize((80, 62)).save(root / "test" / "b" / "resized.png")
    shutil.copy(root / "train" / "b" / "5.png", root / "test" / "b" / "new leak.png")
    found = {}
    for what in ({}, {"changed": True}, {"since": start}, {"staged": True}):
        report = engine.scan(root, ignore=["DL9"], isolated=True, no_cache=True, **what)
        found[str(what)] = {(row["code"], row["path"]) for row in report.findings.to_dicts()}, report.exit_code
    everything, changed, since, staged = found.values()
    assert {("DL102", "train/a/cut.png")} < everything[0]
    assert changed == since
    assert staged == (set(), 0)
    assert changed[1] == 1
    assert changed[0] < everything[0]
    changed_only = "test/b/new leak.png", "train/b/5.png", "test/b/resized.png", "train/a/2.png"
    assert {path for _, path in changed[0]} <= {*changed_only}
    assert {code for code, _ in changed[0]} >= {"DL701"}
