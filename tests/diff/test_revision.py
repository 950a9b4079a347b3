"""Datasets as they were in Git revisions: nothing of the repository is run, changed or lost in silence."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from datalint import git as git_module
from datalint.diff import compare, revision
from datalint.diff.states import states
from datalint.measure import batch, decode
from datalint.sources import LocalFile
from tests.diff.test_diff import SETTINGS, commit, git, picture

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A repository with four pictures in it."""
    folder = tmp_path / "repository"
    for seed in range(4):
        picture(seed, folder / "data" / "ab"[seed % 2] / f"{seed}.png")
    git(folder, "init", "-q")
    commit(folder)
    return folder


def extracted(top: Path, target: Path, name: str = "HEAD", below: str = "data") -> tuple[dict[str, bytes], list[str]]:
    place = revision.locate(top / below)
    result = revision.extract(place, revision.commit(top, name), target, {})
    files = {path.relative_to(target).as_posix(): path.read_bytes() for path in target.rglob("*") if path.is_file()}
    return files, list(result.notes(name))


def test_the_files_of_a_revision(top: Path, tmp_path: Path) -> None:
    expected = {f"data/{'ab'[seed % 2]}/{seed}.png": (top / "data" / "ab"[seed % 2] / f"{seed}.png").read_bytes()
                for seed in range(4)}  # fmt: skip
    (top / "outside.png").touch()
    commit(top)
    shutil.rmtree(top / "data")
    commit(top)
    assert extracted(top, tmp_path / "before", "HEAD~1") == (expected, [])
    assert extracted(top, tmp_path / "now") == ({}, [])
    assert (tmp_path / "now" / "data").is_dir()


def large_file(top: Path, path: str, content: bytes, *, fetched: bool = True) -> None:
    """As `git lfs track` and `git add` leave it: a pointer in the tree, the content in the store."""
    oid = hashlib.sha256(content).hexdigest()
    place = top / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(content)}\n".encode())
    if fetched:
        store = top / ".git" / "lfs" / "objects" / oid[:2] / oid[2:4]
        store.mkdir(parents=True, exist_ok=True)
        (store / oid).write_bytes(content)


def test_large_files(top: Path, tmp_path: Path) -> None:
    contents = [(top / "data" / "ab"[seed % 2] / f"{seed}.png").read_bytes() for seed in range(4)]
    large_file(top, "data/a/here.png", contents[0] + b"here")
    large_file(top, "data/a/elsewhere.png", contents[1] + b"elsewhere", fetched=False)
    commit(top)
    files, notes = extracted(top, tmp_path / "one")
    assert files["data/a/here.png"] == contents[0] + b"here"
    assert files["data/a/elsewhere.png"].startswith(b"version https://git-lfs")
    assert notes == [
        "HEAD: Git LFS objects that are not here: 1; their pointers are compared (git lfs fetch origin HEAD)."
    ]
    # a linked checkout has the store of the main one
    git(top, "worktree", "add", "-q", tmp_path / "linked")
    assert extracted(tmp_path / "linked", tmp_path / "two")[0] == files


@pytest.mark.skipif(shutil.which("git-lfs") is None, reason="there is no git-lfs")
def test_git_lfs_itself(top: Path, tmp_path: Path) -> None:
    git(top, "lfs", "install", "--local")
    git(top, "lfs", "track", "*.png")
    git(top, "add", "--renormalize", ".")
    commit(top)
    picture(9, top / "data" / "b" / "9.png")
    commit(top)
    assert (
        b"oid sha256:"
        in subprocess.run(["git", "show", "HEAD:data/b/9.png"], cwd=top, capture_output=True, check=True).stdout
    )
    files, notes = extracted(top, tmp_path / "out")
    assert files["data/b/9.png"] == (top / "data" / "b" / "9.png").read_bytes()
    assert notes == []
    # taken over by LFS, and one picture more: nothing else changed
    difference = compare(*states(["HEAD~2", "HEAD"], top / "data", SETTINGS))
    assert difference.added["new"].to_list() == ["b/9.png"]
    assert difference.changed.is_empty()
    assert difference.removed.is_empty()


def test_nothing_that_a_repository_names_is_run(top: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    for key in ("core.fsmonitor", "filter.x.smudge", "filter.x.process", "diff.external", "core.sshCommand"):
        git(top, "config", key, f"touch '{trap}'; false")
    (top / ".git" / "info" / "attributes").write_text("* filter=x diff=x\n")
    states(["HEAD", "HEAD"], top / "data", SETTINGS)
    assert not trap.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_links_and_modules(top: Path, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    picture(30, inner / "x.png")
    git(inner, "init", "-q")
    commit(inner)
    git(top, "submodule", "-q", "add", inner, "data/sub")
    (top / "data" / "link.png").symlink_to("a/0.png")
    commit(top)
    files, notes = extracted(top, tmp_path / "one")
    assert (tmp_path / "one" / "data" / "link.png").is_symlink()
    assert files["data/sub/x.png"] == (inner / "x.png").read_bytes()
    assert notes == []
    git(top, "submodule", "-q", "deinit", "-f", "data/sub")
    assert extracted(top, tmp_path / "two")[1] == ["HEAD: the submodule data/sub is not here at that commit."]


def test_a_hostile_tree_stays_where_it_is_put(top: Path, tmp_path: Path) -> None:
    """`git mktree` refuses such names, `git hash-object --literally` does not."""
    blob = git(top, "hash-object", "-w", "data/a/0.png")
    entry = bytes.fromhex(blob)
    tree = b"".join(
        b"%s %s\0%s" % (mode, name, entry)
        for mode, name in ((b"100644", b".."), (b"100644", b"../../evil.png"), (b"100644", b"good.png"))
    )
    (tmp_path / "tree").write_bytes(tree)
    name = git(top, "hash-object", "-w", "-t", "tree", "--literally", tmp_path / "tree")
    made = git(top, "commit-tree", name, "-m", "evil")
    files, notes = extracted(top, tmp_path / "deep" / "er", made, below="")
    assert list(files) == ["good.png"]
    assert not (tmp_path / "evil.png").exists()
    assert notes == [f"{made}: files left out because their names cannot be written here: 2."]


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file system that takes any bytes")
def test_odd_names(top: Path, tmp_path: Path) -> None:
    names = [b"\xff\xfe.png", b"new\nline.png", b"*.png", b" .png", "\u00e9.png".encode()]
    for name in names:
        shutil.copy(top / "data" / "a" / "0.png", top / "data" / "b" / os.fsdecode(name))
    commit(top)
    files, _ = extracted(top, tmp_path / "out")
    assert {os.fsdecode(b"data/b/" + name) for name in names} < set(files)


def test_a_partial_clone_tells_what_is_not_there(top: Path, tmp_path: Path) -> None:
    git(top, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--no-checkout", "--filter=blob:none", top.as_uri(), tmp_path / "partial")
    (tmp_path / "partial" / "data").mkdir()
    files, notes = extracted(tmp_path / "partial", tmp_path / "out")
    assert files == {}
    assert notes == ["HEAD: files that are not here, as in a partial clone: 4 (git fetch)."]


def test_a_scanned_dataset_is_not_decoded_again(top: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    original = decode.examine

    def noted(item: LocalFile, level: decode.Level) -> object:
        opened.append((Path(item.path).name, level))
        return original(item, level)

    monkeypatch.setattr(batch, "examine", noted)
    monkeypatch.delenv("DATALINT_NO_CACHE")
    settings = SETTINGS.merged(no_cache=False, cache_dir=tmp_path / "cache")
    time.sleep(0.12)  # a file that has only just changed may change again
    states([str(top / "data")], top / "data", settings)
    assert len(opened) == 4
    picture(7, top / "data" / "a" / "7.png")
    commit(top)
    opened.clear()
    states(["HEAD~1", "HEAD"], top / "data", settings)
    assert [name for name, level in opened if level != "content"] == ["7.png"]
    assert [path.name for path in top.iterdir() if path.name != ".git"] == ["data"]


def test_settings_and_baseline_are_those_of_the_checkout(top: Path) -> None:
    from datalint import engine
    from datalint.config.resolve import load
    from datalint.judge import baseline

    (top / "lint").mkdir()
    (top / "lint" / "ours.py").write_text(
        "from datalint import Confidence, Need, Rule, Severity\n"
        "class Every(Rule):\n"
        '    """Every file. ..."""\n'
        '    code, name, since = "OUR001", "every-file", "1"\n'
        "    severity, confidence = Severity.ERROR, Confidence.HIGH\n"
        "    needs = (Need.FILES,)\n"
        '    message = hint = "it is there"\n'
        '    def check(self, data): return data.images.select("path")\n'
    )
    (top / "datalint.toml").write_text(
        'plugins = ["lint/ours.py"]\nselect = ["OUR"]\nexclude = ["data/b/1.png"]\n'
        '[[accept]]\nrule = "OUR001"\npath = "data/a/2.png"\nreason = "x"\n'
    )
    settings = load(top / "datalint.toml").merged(no_cache=True, jobs=0)
    report = engine.scan(top / "data", config=settings.merged(baseline=False))
    known = baseline.entries(report, top / baseline.NAME)
    baseline.write(top / baseline.NAME, [entry for entry in known if entry.path == "data/a/0.png"])
    (top / "data" / "a" / "2.png").rename(top / "data" / "a" / "3.png")
    commit(top)
    difference = compare(*states(["HEAD~1", "HEAD"], top / "data", settings))
    assert difference.of("new").select("path", "status").rows() == [("a/3.png", "new")]
    assert set(difference.of("remaining").select("path", "status").rows()) == {
        ("a/0.png", "baselined"),
        ("b/3.png", "new"),
    }
    assert difference.exit_code() == 1


def test_the_repository_is_found_from_where_the_dataset_was(top: Path) -> None:
    assert revision.locate(top / "data" / "gone" / "deeper") == (top.resolve(), "data/gone/deeper")
    assert revision.locate(top) == (top.resolve(), "")
    assert git_module.is_checkout(top)
