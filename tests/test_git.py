"""What is read from Git, on real repositories."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from datalint import git
from datalint.config import Config
from datalint.dataset import Dataset
from datalint.dataset.discover import discover
from datalint.measure import batch, measure
from datalint.measure.cache import Cache
from datalint.rule import Need
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
    original = batch.examine

    def noted(path: bytes, level: batch.Level) -> object:
        names.append(os.fsdecode(os.path.basename(path)))  # noqa: PTH119 - bytes
        return original(path, level)

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
    assert len(git.blobs(repository / "data")) == 6
    assert not trap.exists()


def test_where_git_says_nothing(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert git.blobs(tmp_path) == {}
    (tmp_path / ".git").mkdir()
    assert git.blobs(tmp_path) == {}
    assert len(git.blobs(repository)) == 6
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert len(git.blobs(repository / "data")) == 6
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git.blobs(repository) == {}


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
    assert set(git.blobs(repository / "data")) == {
        os.fsencode(f"{'ab'[seed % 2]}/picture {seed}.png").replace(b"/", os.sep.encode()) for seed in range(6)
    }
    assert set(git.blobs(repository / "data" / "sub")) == {b"x.png"}
