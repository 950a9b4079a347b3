"""Nothing of a file that a link leads to, and that is not the dataset's, is read as labels or shown in a report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from datalint import Report, scan
from datalint.config.settings import Config
from datalint.dataset.discover import discover
from datalint.report import FORMATS
from tests.dataset.formats.test_registry import KNOWN
from tests.dataset.test_discover import AUDITED, one_of_each

#: Lists and classes that other label files name.
MORE = {
    "masks/label_colors.txt": b"0 0 0 background\n0 0 64 sky\n",
    "yolo/train.txt": b"images/0.png\n",
    "darknet/obj.data": b"classes = 1\ntrain = train.txt\nnames = obj.names\n",
    "darknet/obj.names": b"cat\n",
    "config.json": b'{"mean": [0.5, 0.5, 0.5], "std": [1, 1, 1]}',
    "preprocessor_config.json": b'{"image_mean": [0.5, 0.5, 0.5]}',
}
#: Files of other programs, which may hold anything.
CONTAINERS = (".mat", ".mdb", ".h5", ".tar", ".tfrecord-00000-of-00010")
SECRET = "hunter2"


@pytest.fixture(autouse=True)
def links(tmp_path: Path) -> None:
    try:
        (tmp_path / "link").symlink_to(tmp_path)
    except OSError:
        pytest.skip("no symbolic links here")
    (tmp_path / "link").unlink()


def test_no_linked_file_of_any_format_is_opened(tmp_path: Path) -> None:
    root, store = tmp_path / "ds", tmp_path / "store"
    made = list(one_of_each(root, 0).values())
    for name, content in {**MORE, **{f"known/{name}": content for name, content in KNOWN}}.items():
        if not name.endswith(".png"):
            made.append(root / name)
            made[-1].parent.mkdir(parents=True, exist_ok=True)
            made[-1].write_bytes(content)
    for number, place in enumerate(made):
        target = store / f"{number}{place.suffix}"
        target.parent.mkdir(exist_ok=True)
        place.rename(target)
        place.symlink_to(target)
    done = subprocess.run(
        [sys.executable, "-c", AUDITED, str(root)], capture_output=True, text=True, check=True, timeout=120
    )
    opened, layouts, skipped = json.loads(done.stdout)
    assert not {path for path in opened if path in map(str, made) or path.startswith(str(store))}
    assert layouts == ["image-folder"]
    report = scan(root, select=["DL110"], isolated=True, jobs=0)
    named = set(report.members["file"]) | {finding.file for finding in report if "not read" in finding.message}
    may_hold_labels = {str(place.relative_to(root)) for place in made if place.suffix not in ("", *CONTAINERS)}
    assert may_hold_labels <= named
    assert {skipped[name] for name in may_hold_labels} == {"not read: a symbolic link leads out of the dataset"}


@pytest.fixture
def leaky(tmp_path: Path) -> Path:
    """A dataset that wants its user's secrets."""
    store = tmp_path / "store"
    (store / "folder").mkdir(parents=True)
    for name in ("private.txt", "p3.ppm", "folder/deep.txt", "table.csv", "config.json", "data.yaml"):
        (store / name).write_text(f"{'P3 ' * name.endswith('ppm')}{SECRET} {SECRET}:{SECRET},{SECRET}\n" * 3)
    root = tmp_path / "ds"
    for number in range(8):
        place = root / "images" / f"{number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.effect_noise((64, 64), 50 + number).save(place)
        label = root / "labels" / f"{number}.txt"
        label.parent.mkdir(exist_ok=True)
        if number:
            label.write_text("0 0.5 0.5 0.25 0.25\n")
    (root / ".git").mkdir()
    (root / ".git" / "config").write_text(f"url = https://{SECRET}@host\n")
    (root / "ImageSets" / "Main").mkdir(parents=True)
    targets: dict[str, str | Path] = {
        "labels/0.txt": store / "private.txt",
        "labels/more": store / "folder",
        "ImageSets/Main/train.txt": "../../.git/config",
        "labels.csv": store / "table.csv",
        "preprocessor_config.json": store / "config.json",
        "data.yaml": store / "data.yaml",
        "images/text.jpg": store / "private.txt",
        "images/text.ppm": store / "p3.ppm",
        "images/environment.jpg": "/proc/self/environ",
    }
    for link, target in targets.items():
        (root / link).symlink_to(target)
    return root


def everything(report: Report, folder: Path) -> str:
    from datalint.report.export import export

    export(report, folder)
    tables = "".join(path.read_bytes().decode("latin-1") for path in folder.iterdir())
    return "".join(map(report.render, FORMATS)) + tables


def test_no_report_quotes_what_links_lead_to(leaky: Path, tmp_path: Path) -> None:
    report = scan(leaky, isolated=True, jobs=1, pictures=True, preview=True, ignore=["DL9"])
    assert SECRET not in everything(report, tmp_path / "export")
    found = {finding.file: finding for finding in report if finding.code == "DL110" and finding.file}
    assert {*found} - {"images/environment.jpg"} == {
        "ImageSets/Main/train.txt", "data.yaml", "labels.csv", "labels/0.txt", "labels/more",
        "preprocessor_config.json",
    }  # fmt: skip
    assert found["ImageSets/Main/train.txt"].message.startswith("a symbolic link to ../../.git/config, which does not")
    assert "--follow-links" in found["labels/0.txt"].hint
    assert found["labels/more"].message.endswith("1 label file in it not read")
    assert found["labels/more"].related == ("labels/more/deep.txt",)
    assert {finding.severity for finding in found.values()} == {"warning"}


def test_links_are_followed_where_the_user_says_so(leaky: Path, tmp_path: Path) -> None:
    """The same files, to see that the test above could fail."""
    report = scan(leaky, isolated=True, jobs=0, follow_links=True, select=["DL110", "DL401"])
    assert SECRET in everything(report, tmp_path / "export")
    assert {finding.file for finding in report if finding.code == "DL110"} <= {"images/environment.jpg", None}


def test_no_config_file_can_say_that_links_are_followed(leaky: Path) -> None:
    from datalint.config.settings import ConfigError

    for key in ("follow-links", "follow_links", "listed"):
        (leaky / "datalint.toml").write_text(f"{key} = true\n")
        with pytest.raises(ConfigError, match="unknown key"):
            scan(leaky, select=["DL110"])


def test_settings_of_a_model_are_not_read_through_a_link(leaky: Path) -> None:
    (leaky.parent / "store" / "config.json").write_text('{"image_mean": [0.123, 0.5, 0.5]}')
    assert discover([leaky], Config()).declared.mean is None
    assert discover([leaky], Config(follow_links=True)).declared.mean == (0.123, 0.5, 0.5)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system")
def test_pipes_are_never_opened_whatever_they_are_called(tmp_path: Path) -> None:
    """Whoever opened one would wait for ever."""
    names = ["CACHEDIR.TAG", "config.json", "preprocessor_config.json", "labels.csv", "a.jpg", "data.yaml"]
    names += ["datalint.toml", "pyproject.toml", "datalint-baseline.json", ".dvc/config"]
    (tmp_path / "pipes" / ".dvc").mkdir(parents=True)
    (tmp_path / "links").mkdir()
    for name in names:
        os.mkfifo(tmp_path / "pipes" / name)
        (tmp_path / "links" / name.rpartition("/")[2]).symlink_to(tmp_path / "pipes" / name)
    for folder in ("pipes", "links"):
        done = subprocess.run(
            [sys.executable, "-m", "datalint", "scan", str(tmp_path / folder), "--no-progress", "--ignore", "DL9"],
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 3, done.stderr
        assert "never opened: CACHEDIR.TAG" in done.stdout
