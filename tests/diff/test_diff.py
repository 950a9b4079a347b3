"""What is planted between two states of a dataset is told, and nothing else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from datalint import engine
from datalint.config.settings import Config, ConfigError
from datalint.diff import compare
from datalint.diff.render import render
from datalint.diff.snapshot import read
from datalint.diff.states import states
from datalint.report.export import export
from tests.measure.pictures import photo

ROOT = Path(__file__).resolve().parent.parent.parent
SETTINGS = Config(isolated=True, no_cache=True, jobs=0, select=("DL1", "DL6", "DL7"))


def picture(seed: int, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    photo(seed, (64, 56)).save(path)


def old_state(root: Path) -> None:
    """Twenty-four pictures in two classes and two splits; an empty file, and a leak."""
    for seed in range(24):
        picture(seed, root / ("test" if seed % 4 == 3 else "train") / "ab"[seed % 2] / f"{seed}.png")
    (root / "train" / "a" / "empty.png").touch()
    (root / "test" / "a").mkdir()
    shutil.copy(root / "train" / "a" / "0.png", root / "test" / "a" / "leak.png")


def plant(root: Path) -> None:
    """From the old state to the new one."""
    train, test = root / "train", root / "test"
    picture(100, train / "a" / "added.png")
    picture(101, test / "b" / "also added.png")
    (train / "a" / "2.png").unlink()
    picture(102, train / "b" / "1.png")
    (train / "a" / "4.png").rename(train / "a" / "four.png")
    (train / "a" / "6.png").rename(test / "b" / "6.png")
    (test / "b" / "3.png").rename(train / "b" / "3.png")
    (train / "b" / "5.png").rename(train / "a" / "5.png")
    # a file takes the name of another, as where a gap in the numbers is closed
    (train / "a" / "8.png").unlink()
    (train / "a" / "10.png").rename(train / "a" / "8.png")
    (train / "a" / "empty.png").rename(train / "a" / "still empty.png")
    (test / "a" / "leak.png").unlink()
    (train / "b" / "9.png").write_bytes((train / "b" / "9.png").read_bytes()[:3000])


PLANTED = {
    "added": [("test/b/also added.png", ["test"], ["b"]), ("train/a/added.png", ["train"], ["a"])],
    "removed": [
        ("test/a/leak.png", ["test"], ["a"]),
        ("train/a/2.png", ["train"], ["a"]),
        ("train/a/8.png", ["train"], ["a"]),
    ],
    "changed": [("train/b/1.png",) * 2, ("train/b/9.png",) * 2],
    "renamed": [
        ("train/a/10.png", "train/a/8.png"),
        ("train/a/4.png", "train/a/four.png"),
        ("train/a/empty.png", "train/a/still empty.png"),
    ],
    "moved": [
        ("train/a/6.png", "test/b/6.png", ["train"], ["test"]),
        ("test/b/3.png", "train/b/3.png", ["test"], ["train"]),
    ],
    "relabelled": [
        ("train/a/6.png", "test/b/6.png", ["a"], ["b"]),
        ("train/b/5.png", "train/a/5.png", ["b"], ["a"]),
    ],
    "redrawn": [],
}
FINDINGS = {
    "new": {("DL102", "train/b/9.png")},
    "fixed": {("DL701", "test/a/leak.png")},
    "remaining": {("DL103", "train/a/still empty.png")},
}


def git(folder: Path, *arguments: str | Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "protocol.file.allow=always", *map(str, arguments)],
        cwd=folder,
        env=environment | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "more")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose folder `sets/data` was the old state and is the new one."""
    top = tmp_path / "repository"
    data = top / "sets" / "data"
    old_state(data)
    git(top, "init", "-q")
    commit(top)
    plant(data)
    commit(top)
    return top


def document(old: str, new: str, dataset: Path, settings: Config = SETTINGS) -> dict[str, Any]:
    """The JSON document, checked against its schema."""
    found: dict[str, Any] = json.loads(render(compare(*states([old, new], dataset, settings)), "json"))
    schema = json.loads((ROOT / "datalint" / "diff" / "diff.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(found)
    return found


def told(images: dict[str, list[dict[str, Any]]]) -> dict[str, list[tuple[Any, ...]]]:
    return {kind: [tuple(entry.values()) for entry in entries] for kind, entries in images.items()}


def found_in(found: dict[str, Any]) -> dict[str, set[tuple[str, str]]]:
    return {
        change: {(finding["code"], finding["path"]) for finding in findings}
        for change, findings in found["findings"].items()
    }


@pytest.mark.parametrize("kind", ["revisions", "exports", "folders", "reports"])
def test_exactly_what_was_planted(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if kind == "revisions":
        dataset: Path = request.getfixturevalue("repository") / "sets" / "data"
        names = ["HEAD~1", "HEAD"]
    else:
        dataset, names = tmp_path, []
        for state in ("old", "new"):
            old_state(tmp_path / state)
            if state == "new":
                plant(tmp_path / state)
            names.append(str(tmp_path / state))
            if kind != "folders":
                export(engine.scan(names[-1], config=SETTINGS), tmp_path / f"{state}-export")
                names[-1] += "-export" + ("/report.json" if kind == "reports" else "")
    found = document(names[0], names[1], dataset)
    assert found_in(found) == FINDINGS
    assert (found["old"]["dataset"]["images"], found["new"]["dataset"]["images"]) == (26, 25)
    assert found["new"]["dataset"]["classes"] == {"a": 12, "b": 13}
    assert found["new"]["dataset"]["statistics"] is not None
    assert found["not_compared"] == {}
    if kind == "reports":
        assert found["images"] is None
        assert "not known" in found["notes"][0]
    else:
        assert told(found["images"]) == PLANTED
        assert found["notes"] == []
    back = document(names[1], names[0], dataset)
    assert found_in(back)["fixed"] == FINDINGS["new"]


def test_copies_are_followed_one_by_one(tmp_path: Path) -> None:
    """Of equal pictures the one that stayed is the same one, and a copy more is added."""
    for state, seeds in (("old", {"a/1": 1, "a/2": 1, "b/3": 3}), ("new", {"a/2": 1, "b/1": 1, "b/4": 1, "b/3": 3})):
        for name, seed in seeds.items():
            picture(seed, tmp_path / state / f"{name}.png")
    images = told(document(str(tmp_path / "old"), str(tmp_path / "new"), tmp_path)["images"])
    assert images["relabelled"] == [("a/1.png", "b/1.png", ["a"], ["b"])]
    assert images["added"] == [("b/4.png", [], ["b"])]
    assert images["removed"] == images["changed"] == images["renamed"] == images["moved"] == []


def test_labels_in_a_table(tmp_path: Path) -> None:
    labels = {name: f"x{n % 3}" for n, name in enumerate(f"{n}.png" for n in range(9))}
    for state in ("old", "new"):
        for number, name in enumerate(labels):
            picture(number, tmp_path / state / "images" / name)
        lines = [f"images/{name},{label},{'test' if name < '2' else 'train'}" for name, label in labels.items()]
        (tmp_path / state / "labels.csv").write_text("\n".join(["path,label,split", *lines]) + "\n")
        labels["4.png"] = "x0"
    table = tmp_path / "new" / "labels.csv"
    table.write_text(table.read_text().replace("images/1.png,x1,test", "images/1.png,x1,train"))
    images = told(document(str(tmp_path / "old"), str(tmp_path / "new"), tmp_path)["images"])
    assert images.pop("relabelled") == [("images/4.png", "images/4.png", ["x1"], ["x0"])]
    assert images.pop("moved") == [("images/1.png", "images/1.png", ["test"], ["train"])]
    assert not any(images.values())


def yolo(root: Path, objects: dict[int, str]) -> None:
    """Pictures with a label file each: objects of class 0 or 1, one in a place of its own for each letter."""
    for number, letters in objects.items():
        picture(number, root / "images" / f"{number}.png")
        lines = [f"{'c' not in letter:d} 0.5 0.5 0.2 0.{1 + place}" for place, letter in enumerate(letters)]
        (root / "labels").mkdir(exist_ok=True)
        (root / "labels" / f"{number}.txt").write_text("".join(f"{line}\n" for line in lines))
    (root / "data.yaml").write_text("train: images\nnames: [cat, dog]\n")


def coco(root: Path, objects: dict[int, str]) -> None:
    """The same as one COCO file."""
    annotations: list[dict[str, Any]] = []
    for number, letters in objects.items():
        picture(number, root / f"{number}.png")
        for place, letter in enumerate(letters):
            box = {"bbox": [4, 4, 20, 5 * (1 + place)], "category_id": int("c" not in letter)}
            annotations.append({"id": len(annotations), "image_id": number, **box})
    document = {
        "images": [{"id": n, "file_name": f"{n}.png", "width": 64, "height": 56} for n in objects],
        "categories": [{"id": 0, "name": "cat"}, {"id": 1, "name": "dog"}],
        "annotations": annotations,
    }
    (root / "labels.json").write_text(json.dumps(document, indent=1))


@pytest.mark.parametrize("write", [yolo, coco])
def test_objects(write: Any, tmp_path: Path) -> None:
    """A class that changed, objects more and fewer, and one drawn elsewhere; the rest stays as it is."""
    write(tmp_path / "old", {0: "c", 1: "ccd", 2: "c", 3: "cd", 4: "cd", 5: "d", 6: ""})
    write(tmp_path / "new", {0: "d", 1: "cdd", 2: "cc", 3: "dc", 4: "cd", 5: "", 6: ""})
    found = document(str(tmp_path / "old"), str(tmp_path / "new"), tmp_path)["images"]
    steps = {Path(step["old"]).stem: (step["from"], step["to"]) for step in found["relabelled"]}
    assert steps == {
        "0": (["cat"], ["dog"]),
        "1": (["cat", "cat", "dog"], ["cat", "dog", "dog"]),
        "2": (["cat"], ["cat", "cat"]),
        "5": (["dog"], []),
    }
    assert [Path(pair["old"]).stem for pair in found["redrawn"]] == ["3"]
    assert not any(found[kind] for kind in ("added", "removed", "changed", "renamed", "moved"))
    text = render(compare(*states([str(tmp_path / "old"), str(tmp_path / "new")], tmp_path, SETTINGS)), "text")
    assert "2 cat + dog → cat + 2 dog 1" in text
    assert "Redrawn  1\n" in text


def test_pointers_are_compared_without_a_finding_of_their_own(tmp_path: Path) -> None:
    for state in ("old", "new"):
        for number in range(3 + (state == "new")):
            pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{number:064}\nsize 12345\n"
            (tmp_path / state / "a").mkdir(parents=True, exist_ok=True)
            (tmp_path / state / "a" / f"{number}.png").write_text(pointer)
    difference = compare(*states([str(tmp_path / "old"), str(tmp_path / "new")], tmp_path, SETTINGS))
    assert difference.findings["change"].to_list() == ["remaining"]
    assert difference.exit_code() == 0


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_a_crash_is_told(like: Any, form: str) -> None:
    crashed = replace(like, crashed=("DL999",))
    assert compare(like, crashed).exit_code() == 2
    assert "DL999 crashed on" in render(compare(like, crashed), form)


def test_a_rule_that_ran_once_says_nothing(tmp_path: Path) -> None:
    old_state(tmp_path / "data")
    for name, select in (("old", ["DL103"]), ("new", ["DL103", "DL701"])):
        export(engine.scan(tmp_path / "data", config=SETTINGS, select=select), tmp_path / name)
    difference = compare(read(tmp_path / "old"), read(tmp_path / "new"))
    assert difference.not_compared == {"DL701": "new"}
    assert difference.of("new").is_empty()
    assert difference.exit_code() == 0


_PICTURES = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from(["x", "y", "z", None]), st.sampled_from(["1", "2"])),
    unique_by=lambda row: row[0],
    max_size=6,
)


def state(rows: list[tuple[str, str | None, str]], like: Any) -> Any:
    images = pl.DataFrame(
        [(f"{label}/{path}", path, content, 1, [], [label], 0) for path, content, label in rows],
        schema={
            "path": pl.String, "name": pl.String, "content": pl.String, "bytes": pl.UInt64,
            "splits": pl.List(pl.String), "classes": pl.List(pl.String), "objects": pl.UInt64,
        },
        orient="row",
    ).sort("path")  # fmt: skip
    return replace(like, images=images)


@pytest.fixture(scope="module")
def like(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("like")
    picture(1, folder / "1.png")
    return states([str(folder), str(folder)], folder, SETTINGS)[0]


@settings(max_examples=12, deadline=None)
@given(before=_PICTURES, after=_PICTURES)
def test_every_image_is_told_once(like: Any, before: Any, after: Any) -> None:
    """Each image of either state is in one row; back is the mirror of there; nothing differs from itself."""
    old, new = state(before, like), state(after, like)
    there, back = compare(old, new), compare(new, old)
    assert there.images is not None
    assert sorted(there.images["old"].drop_nulls()) == old.images["path"].to_list()
    assert sorted(there.images["new"].drop_nulls()) == new.images["path"].to_list()
    assert there.added["new"].to_list() == back.removed["old"].to_list()
    assert there.changed.height == back.changed.height
    same = compare(old, old)
    kinds = (same.added, same.removed, same.changed, same.renamed, same.moved, same.relabelled, same.redrawn)
    assert all(frame.is_empty() for frame in kinds)


def test_hostile_names_in_every_format(tmp_path: Path) -> None:
    evil = "x\n::error::<b>|`\x1b[2J.png" if os.name != "nt" else "x `b`.png"
    picture(1, tmp_path / "old" / "a" / "1.png")
    shutil.copytree(tmp_path / "old", tmp_path / "new")
    (tmp_path / "new" / "a" / "1.png").rename(tmp_path / "new" / "a" / evil)
    (tmp_path / "new" / "a" / f"0{evil}").touch()
    difference = compare(*states([str(tmp_path / "old"), str(tmp_path / "new")], tmp_path, SETTINGS))
    for form in ("text", "markdown"):
        text = render(difference, form)
        assert "\x1b" not in text
        assert "\n::error" not in text
    assert json.loads(render(difference, "json"))["images"]["renamed"][0]["new"] == f"a/{evil}"


def test_a_comment_is_never_too_long(like: Any) -> None:
    many = state([(f"{'n' * 200}{number}", str(number), "1") for number in range(3000)], like)
    few = state([], like)
    text = render(compare(few, many), "markdown")
    assert len(text) < 65_536
    assert "3,000 added" in text
    assert "2,980 more" in text
    assert "2,990 more" in render(compare(few, many), "text")
    assert render(compare(few, many), "text", 0).count("n" * 200) == 3000


# -- the command line ------------------------------------------------------------------------------------------------


def run(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "datalint", "diff", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done


def test_exit_codes_and_files(repository: Path, tmp_path: Path) -> None:
    chosen = ("--select", "DL1,DL7", "-j", "1")
    done = run("HEAD~1", "HEAD", "sets/data", *chosen, "--format", f"markdown={tmp_path / 'c.md'}", cwd=repository)
    assert done.returncode == 1, done.stderr
    assert "Findings: 1 new, 1 fixed, 1 remaining\n" in done.stdout
    assert "1 new finding, 1 fixed" in (tmp_path / "c.md").read_text("utf-8").splitlines()[0]
    assert git(repository, "status", "--porcelain") == ""
    assert git(repository, "worktree", "list").count("\n") == 0
    assert run("HEAD", "HEAD~1", "sets/data", "--select", "DL102", "-j", "1", cwd=repository).returncode == 0
    assert run("HEAD", "HEAD~1", "no/such/place", *chosen, cwd=repository).returncode == 3


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("no-such-thing", None, "a commit that Git knows|is not in a Git checkout"),
        ("other.json", b'{"schema": "other/v1"}', "not a JSON report of datalint"),
        ("half.json", b'{"schema": "datalint/report/v1", "data', "not a JSON report of datalint"),
        ("deep.json", b"[" * 100_000, "not a JSON report of datalint"),
        ("bytes.json", b"\xff\xfe", "not a JSON report of datalint"),
    ],
)
def test_what_is_no_state_is_refused_in_one_line(
    name: str, content: bytes | None, message: str, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigError, match=message) as refusal:
        states([str(tmp_path / name)] * 2, tmp_path, SETTINGS)
    assert "\n" not in str(refusal.value)


def test_a_damaged_export(tmp_path: Path) -> None:
    picture(1, tmp_path / "data" / "a" / "1.png")
    export(engine.scan(tmp_path / "data", config=SETTINGS), tmp_path / "tables")
    Image.new("RGB", (3, 3)).save(tmp_path / "tables" / "images.parquet", format="png")
    with pytest.raises(ConfigError, match="its tables cannot be read"):
        states([str(tmp_path / "tables")] * 2, tmp_path, SETTINGS)
