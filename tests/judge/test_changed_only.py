"""--since and its kin: a finding that a changed label made is reported, wherever the label lies."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from datalint import engine
from datalint.judge import baseline
from tests.diff.test_diff import commit, git
from tests.measure.pictures import photo
from tests.sources.one_dataset import encoded, put

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Sixteen pictures; 14 and 15 are copies of 0 and 1."""
    folder = tmp_path / "data" / "images"
    folder.mkdir(parents=True)
    for number in range(14):
        photo(number, (90, 70)).save(folder / f"{number}.png")
    for number in (14, 15):
        shutil.copy(folder / f"{number - 14}.png", folder / f"{number}.png")
    return tmp_path / "data"


def table(root: Path, *changed: str) -> None:
    """A table of all pictures: in train, even ones cats; `changed` lines take the place of those of their picture."""
    lines = {f"images/{n}.png": f"images/{n}.png,{('cat', 'dog')[n % 2]},train" for n in range(16)}
    lines |= {line.partition(",")[0]: line for line in changed}
    (root / "labels.csv").write_text("path,label,split\n" + "".join(f"{line}\n" for line in lines.values()))


def yolo(root: Path) -> None:
    (root / "labels").mkdir()
    for number in range(16):
        (root / "labels" / f"{number}.txt").write_text(f"{number % 2} 0.5 0.5 0.2 0.{number + 10}\n")
    (root / "data.yaml").write_text("path: .\ntrain: images\nnames: [cat, dog]\n")


def committed(root: Path) -> None:
    git(root.parent, "init", "-q")
    commit(root.parent)


def found(root: Path, *rules: str, **what: Any) -> set[tuple[str, str | None]]:
    report = engine.scan(root, select=list(rules), isolated=True, no_cache=True, **what)
    return {(row["code"], row["path"]) for row in report.findings.to_dicts()}


def test_a_changed_row_makes_a_leak_of_two_old_images(root: Path) -> None:
    table(root, "images/13.png,dog,test", "images/15.png,dog,test")  # 1 and 15 leak already
    committed(root)
    assert found(root, "DL7") == {("DL701", "images/15.png")}
    assert found(root, "DL7", changed=True) == set()
    table(root, "images/13.png,dog,test", "images/15.png,dog,test", "images/14.png,cat,test")
    assert found(root, "DL7", changed=True) == {("DL701", "images/14.png")}


def test_a_changed_row_makes_a_contradiction(root: Path) -> None:
    table(root, "images/15.png,cat,train")
    committed(root)
    table(root, "images/15.png,cat,train", "images/14.png,dog,train")
    assert {path for _, path in found(root, "DL603", changed=True)} <= {"images/0.png", "images/14.png"}
    assert found(root, "DL603", changed=True)
    assert len(found(root, "DL603")) == 2


def test_a_row_that_is_gone_leaves_an_image_without_a_label(root: Path) -> None:
    def table_without(*numbers: int) -> None:
        lines = (f"images/{n}.png,{('cat', 'dog')[n % 2]}\n" for n in range(16) if n not in numbers)
        (root / "labels.csv").write_text("path,label\n" + "".join(lines))

    table_without(3)
    committed(root)
    table_without(3, 5)
    assert found(root, "DL403", changed=True) == {("DL403", "images/5.png")}


def test_a_label_file_that_is_gone(root: Path) -> None:
    yolo(root)
    (root / "labels" / "2.txt").unlink()
    committed(root)
    assert found(root, "DL403") == {("DL403", "images/2.png")}
    (root / "labels" / "4.txt").unlink()
    assert found(root, "DL403", changed=True) == {("DL403", "images/4.png")}


def test_a_declaration_speaks_of_every_label(root: Path) -> None:
    yolo(root)
    committed(root)
    assert found(root, "DL810") == set()
    (root / "data.yaml").write_text("path: .\ntrain: images\nnames: [cat]\n")
    assert found(root, "DL810") == found(root, "DL810", changed=True) != set()


def test_other_files_speak_of_none(root: Path) -> None:
    yolo(root)
    (root / "labels" / "2.txt").unlink()
    (root / "notes.txt").write_text("first\n")
    committed(root)
    (root / "notes.txt").write_text("second\n")
    (root / "read.py").write_text("print()\n")
    assert found(root, "DL403", changed=True) == set()


def test_a_group_holds_the_members_that_changed(root: Path) -> None:
    """The group is the same whatever changed, and so is its id: a baseline knows it."""
    for number in range(10):
        (root / "images" / f"{number}.png").touch()
        (root / "images" / f"{number}.png").write_bytes(b"")
    committed(root)
    everything = engine.scan(root, select=["DL103"], isolated=True, no_cache=True)
    (root / "images" / "10.png").write_bytes(b"")
    (root / "images" / "11.png").write_bytes(b"")
    for known in (False, True):
        if known:
            baseline.write(root / "b.json", baseline.entries(everything, root / "b.json"))
        settings = {"baseline": str(root / "b.json")} if known else {"isolated": True}
        report = engine.scan(root, select=["DL103"], no_cache=True, changed=True, **settings)
        (finding,) = report
        assert (finding.id, finding.count) == (everything.findings["id"][0], 2)
        assert finding.message == "12 of 16 images have zero bytes (changed: 2)"
        assert report.members["path"].to_list() == ["images/10.png", "images/11.png"]
        assert finding.status == "new"  # from 10 to 12 it has grown by more than a tenth


def test_an_archive_that_changed_is_all_new(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for name, shift in (("train-0.tar", 0), ("train-1.tar", 4)):
        with tarfile.open(data / name, "w") as archive:
            for number in range(4):
                put(archive, f"{number}.png", encoded(np.asarray(photo(number + shift, (90, 70))), "PNG"))
                put(archive, f"{number}.cls", b"" if number == 2 else b"1")
            put(archive, "dark.png", encoded(np.full((70, 90, 3), shift, np.uint8), "PNG"))
    committed(data)
    every = {("DL304", "train-0.tar/dark.png"), ("DL304", "train-1.tar/dark.png")}
    assert found(data, "DL304") == every
    assert found(data, "DL304", "DL401", changed=True) == set()
    with tarfile.open(data / "train-1.tar", "a") as archive:
        put(archive, "9.png", encoded(np.asarray(photo(99, (90, 70))), "PNG"))
    assert found(data, "DL304", changed=True) == {("DL304", "train-1.tar/dark.png")}
    empty = engine.scan(data, select=["DL401"], isolated=True, no_cache=True, changed=True).findings
    assert empty["file"].to_list() == ["train-1.tar/2.cls"]
