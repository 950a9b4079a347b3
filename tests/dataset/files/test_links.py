"""Which files a link may lead to, if they are to be read as labels."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from datalint.config.settings import Config
from datalint.dataset.files.links import LinkedAwayError, Links
from datalint.dataset.files.walk import walk

MD5, SHA1, SHA256 = "ab" * 16, "cd" * 20, "ef" * 32
CACHED = f"files/md5/{MD5[:2]}/{MD5[2:]}"
KEY = f"SHA256E-s12--{SHA256}.txt"
ANNEXED = f"annex/objects/Gx/0q/{KEY}/{KEY}"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    return folder


def link(place: Path, target: Path) -> None:
    """A link at `place` to the file `target`, which is made."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("0 0.5 0.5 0.2 0.2\n")
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        place.symlink_to(target)
    except OSError:
        pytest.skip("no symbolic links here")


def is_read(root: Path, target: Path) -> bool:
    """Whether a label file of the dataset `root` that is a link to `target` is read."""
    link(root / "labels" / "a.txt", target)
    place = os.fsencode(root)
    tree = walk(place, [place], Config())
    (row,) = tree.files.filter(tree.files["path"] == "labels/a.txt")["file_row"]
    if "labels/a.txt" in tree.usable("txt")["path"]:
        assert tree.data(row) == tree.head(row) == target.read_bytes()
        return True
    for read in (tree.data, tree.head, tree.tail, tree.item):
        with pytest.raises(LinkedAwayError, match="out of the dataset"):
            read(row)
    return False


@pytest.mark.parametrize(
    ("root", "marks", "target", "read"),
    [
        ("ds", "", "ds/originals/a.txt", True),
        ("ds", "", "store/a.txt", False),
        ("ds", "", "ds2/a.txt", False),
        ("ds", "", "ds/.hidden/a.txt", False),
        ("ds", "ds/.git/", "ds/.git/config", False),
        ("repo/ds", "repo/.git/", "repo/store/a.txt", True),
        ("repo/ds", "repo/.git", "repo/store/a.txt", True),  # a submodule, or a work tree of its own
        ("repo/ds", "repo/.git/", "repo/.git/config", False),
        ("repo/ds", "repo/.git/", "repo/.env", False),
        ("repo/ds", "repo/.git/", "a.txt", False),
        ("repo/ds", "repo/.git/,repo/ds/.git/", "repo/store/a.txt", False),
        ("home/ds", "home/.git/", "home/ds/a.txt", True),
        ("home/ds", "home/.git/", "home/notes.txt", False),
        ("repo/ds", "repo/.git/", f"repo/.git/{ANNEXED}", True),
        ("repo/ds", "repo/.git/", f"repo/ds/sub/.git/{ANNEXED}", True),
        ("repo/ds", "repo/.git/", f"repo/.git/modules/sub/{ANNEXED}", True),
        ("repo/ds", "repo/.git/", "repo/.git/annex/objects/Gx/0q/WORM-s1-m1--a.txt/WORM-s1-m1--a.txt", False),
        ("repo/ds", "repo/.git/", f"other/.git/{ANNEXED}", False),
        ("repo/ds", "repo/.dvc/", f"repo/.dvc/cache/{CACHED}", True),
        ("repo/ds", "repo/.dvc/", f"repo/.dvc/cache/{MD5[:2]}/{MD5[2:]}", True),
        ("repo/ds", "repo/.dvc/", "repo/.dvc/cache/files/md5/ab/secret", False),
        ("repo/ds", "repo/.dvc/", "repo/.dvc/config", False),
        ("repo/ds", "repo/.dvc/", f"cache/{CACHED}", False),
        ("repo", "repo/.git/", f"repo/.dvc/cache/{CACHED}", True),
        ("hub/datasets--a--b/snapshots/1", "", f"hub/datasets--a--b/blobs/{SHA1}", True),
        ("hub/datasets--a--b/snapshots/1/train", "", f"hub/datasets--a--b/blobs/{SHA256}", True),
        ("hub/datasets--a--b/snapshots/1", "", f"hub/datasets--a--c/blobs/{SHA256}", False),
        ("hub/datasets--a--b/snapshots/1", "", "hub/datasets--a--b/blobs/secret", False),
        ("hub/datasets--a--b/snapshots/1", "", "hub/token", False),
    ],
)
def test_what_belongs_to_a_dataset(tmp_path: Path, root: str, marks: str, target: str, read: bool) -> None:
    for mark in filter(None, marks.split(",")):
        (tmp_path / mark).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / mark).mkdir(parents=True) if mark.endswith("/") else (tmp_path / mark).write_text("gitdir: x")
    assert is_read(tmp_path / root, tmp_path / target) is read


@pytest.mark.parametrize("target", [CACHED, "files/md5/ab/secret", "passwords.txt"])
@pytest.mark.parametrize("name", ["config", "config.local"])
def test_the_cache_that_a_dvc_project_names_holds_nothing_but_digests(tmp_path: Path, name: str, target: str) -> None:
    """The project's settings are as strange as the dataset: they cannot make any folder readable."""
    (tmp_path / "repo" / ".dvc").mkdir(parents=True)
    (tmp_path / "repo" / ".dvc" / name).write_text("['remote \"a\"']\n    url = x\n[cache]\n    dir = ../../cache\n")
    assert is_read(tmp_path / "repo" / "ds", tmp_path / "cache" / target) is (target == CACHED)


@pytest.mark.parametrize("content", ["[cache", "dir = x", "[cache]\ndir", "\0", "[cache]\n\xffdir = \0"])
def test_settings_of_dvc_that_make_no_sense(tmp_path: Path, content: str) -> None:
    (tmp_path / "repo" / ".dvc").mkdir(parents=True)
    (tmp_path / "repo" / ".dvc" / "config").write_text(content)
    assert not is_read(tmp_path / "repo" / "ds", tmp_path / "x" / "a.txt")


def test_a_repository_that_keeps_its_git_folder_elsewhere_has_its_annexed_files(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "super" / ".git" / "modules" / "sub").mkdir(parents=True)
    (tmp_path / "sub" / ".git").symlink_to(tmp_path / "super" / ".git" / "modules" / "sub")
    assert is_read(tmp_path / "sub", tmp_path / "super" / ".git" / "modules" / "sub" / ANNEXED)
    (tmp_path / "sub" / "labels" / "a.txt").unlink()
    assert not is_read(tmp_path / "sub", tmp_path / "super" / ".git" / "modules" / "sub" / "config")


def read_in(root: Path, *starts: Path, config: Config | None = None) -> list[str]:
    tree = walk(os.fsencode(root), [os.fsencode(start) for start in starts or (root,)], config or Config())
    return tree.usable()["path"].to_list()


def test_a_path_that_is_named_is_the_users_word(tmp_path: Path) -> None:
    link(tmp_path / "ds" / "labels.csv", tmp_path / "store" / "labels.csv")
    (tmp_path / "ds" / "labels").symlink_to(tmp_path / "store" / "more")
    link(tmp_path / "ds" / "x.txt", tmp_path / "store" / "more" / "y.txt")
    (tmp_path / "named").symlink_to(tmp_path / "ds")
    assert read_in(tmp_path / "named") == read_in(tmp_path / "ds") == []
    everything = [tmp_path / "ds" / name for name in ("labels.csv", "labels", "x.txt")]
    assert read_in(tmp_path / "ds", *everything) == ["labels.csv", "labels/y.txt", "x.txt"]
    assert read_in(tmp_path / "ds", *everything, config=Config(listed=True)) == []
    assert read_in(tmp_path / "ds", config=Config(follow_links=True)) == ["labels.csv", "labels/y.txt", "x.txt"]


def test_the_parent_of_paths_that_are_far_apart_is_not_a_dataset(tmp_path: Path, home: Path) -> None:
    link(home / "a" / "x.txt", home / "secret.txt")
    (home / "b").mkdir()
    assert read_in(home, home / "a", home / "b") == []
    assert read_in(home) == ["a/x.txt", "secret.txt"]


def test_a_file_below_a_linked_folder_is_as_far_away_as_the_folder(tmp_path: Path) -> None:
    link(tmp_path / "ds" / "x", tmp_path / "store" / "labels" / "deep" / "a.txt")
    (tmp_path / "ds" / "labels").symlink_to(tmp_path / "store" / "labels")
    (tmp_path / "ds" / "originals").mkdir()
    (tmp_path / "ds" / "originals" / "b.txt").touch()
    (tmp_path / "ds" / "again").symlink_to("originals")
    (tmp_path / "store" / "labels" / "back.txt").symlink_to(tmp_path / "ds" / "originals" / "b.txt")
    assert read_in(tmp_path / "ds") == ["again/b.txt", "labels/back.txt", "originals/b.txt"]
    place = os.fsencode(tmp_path / "ds")
    tree = walk(place, [place], Config())
    foreign = tree.files.drop_nulls("foreign_link").select("path", "foreign_link", "foreign_target").rows()
    store = str(tmp_path / "store" / "labels")
    assert foreign == [("labels/deep/a.txt", "labels", store), ("x", "x", f"{store}/deep/a.txt")]


@pytest.mark.parametrize("swapped", ["labels", "labels/a.txt"])
def test_a_link_that_is_swapped_after_the_walk_leads_nowhere_new(tmp_path: Path, swapped: str) -> None:
    """What is opened is what was judged: neither a file that has become a link, nor a link that leads elsewhere."""
    root = tmp_path / "ds"
    (root / "labels").mkdir(parents=True)
    (root / "labels" / "a.txt").write_text("mine")
    link(root / "b.txt", root / "labels" / "b.txt")
    place = os.fsencode(root)
    tree = walk(place, [place], Config())
    assert tree.usable()["path"].to_list() == ["b.txt", "labels/a.txt", "labels/b.txt"]
    (tmp_path / "secret.txt").write_text("secret")
    for name in ("b.txt", "labels/a.txt"):
        (root / name).unlink()
        (root / name).symlink_to(tmp_path / "secret.txt")
    assert tree.data(0) == (root / "labels" / "b.txt").read_bytes()
    with pytest.raises(OSError, match="become a symbolic link"):
        tree.data(1)


def test_files_in_the_root_that_no_walk_asks_for(tmp_path: Path) -> None:
    link(tmp_path / "ds" / "away.json", tmp_path / "secret.json")
    link(tmp_path / "ds" / "near.json", tmp_path / "ds" / "here.json")
    root = os.fsencode(tmp_path / "ds")
    links = Links(root, [root])
    assert links.in_root(b"near.json") == links.in_root(b"here.json") == os.fsencode(tmp_path / "ds" / "here.json")
    assert links.in_root(b"absent.json") == os.fsencode(tmp_path / "ds" / "absent.json")
    with pytest.raises(LinkedAwayError):
        links.in_root(b"away.json")


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="no /proc")
class TestTheKernelsFiles:
    def test_links_to_them_are_not_even_images(self, tmp_path: Path) -> None:
        for name in ("a.jpg", "a.txt", "a"):
            (tmp_path / name).symlink_to("/proc/self/environ")
        (tmp_path / "folder").symlink_to("/proc/self")
        (tmp_path / "cgroups").symlink_to("/sys")
        place = os.fsencode(tmp_path)
        tree = walk(place, [place], Config(follow_links=True))
        assert tree.files.is_empty()
        assert tree.folders == ("", "home")
        assert {skip.kind for skip in tree.skipped} == {"special"}
        assert {(skip.link, skip.target) for skip in tree.skipped} == {
            ("a.jpg", "/proc/self/environ"), ("a.txt", "/proc/self/environ"), ("a", "/proc/self/environ"),
            ("folder", "/proc/self"), ("cgroups", "/sys"),
        }  # fmt: skip

    @pytest.mark.parametrize("place", ["/proc/self", "/proc/self/environ", "/sys/kernel"])
    def test_not_even_if_the_user_names_them(self, place: str) -> None:
        tree = walk(os.fsencode(Path(place).parent), [os.fsencode(place)], Config())
        assert tree.files.is_empty()
        assert [skip.kind for skip in tree.skipped] == ["special"]
