"""A new dataset of class folders, and which ones are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from datalint import scan
from datalint.splitting.ratios import SplitError
from datalint.splitting.split import split
from tests.repair import made
from tests.repair.test_journal import state
from tests.splitting.pictures import CONFIG, folders


def test_class_folders(tmp_path: Path) -> None:
    root = folders(tmp_path / "data", {"train/cat": 20, "train/dog": 20, "test/cat": 10, "test/dog": 10})
    before = state(root)
    done = split(root, to=tmp_path / "new", config=CONFIG)
    assert done.outcome is not None
    assert done.outcome.exit_code == 0, str(done)
    assert state(root) == before
    # Names that both old splits have are told apart by a number.
    files = sorted(file.relative_to(tmp_path / "new").as_posix() for file in (tmp_path / "new").rglob("*.png"))
    assert len(files) == 60
    assert {file.split("/")[0] for file in files} == {"train", "val", "test"}
    assert {file.split("/")[1] for file in files} == {"cat", "dog"}
    assert any(file.endswith("-2.png") for file in files)
    contents = sorted(file.read_bytes() for file in root.rglob("*.png"))
    assert sorted((tmp_path / "new" / file).read_bytes() for file in files) == contents


def test_links_where_that_is_wanted(tmp_path: Path) -> None:
    root = folders(tmp_path / "data", {"cat": 10, "dog": 10})
    split(root, to=tmp_path / "new", link=True, config=CONFIG)
    assert all(file.stat().st_nlink == 2 for file in (tmp_path / "new").rglob("*.png"))


def test_a_place_that_is_taken_or_in_the_dataset(tmp_path: Path) -> None:
    root = folders(tmp_path / "data", {"cat": 10, "dog": 10})
    (tmp_path / "full").mkdir()
    (tmp_path / "full/a").touch()
    for place, cause in ((tmp_path / "full", "not an empty folder"), (root / "new", "lie in each other")):
        with pytest.raises(SplitError, match=cause):
            split(root, to=place, config=CONFIG)


@pytest.mark.parametrize("form", ["voc", "labelme", "cvat", "createml", "csv", "jsonl"])
def test_other_formats_are_refused_in_one_line(form: str, tmp_path: Path) -> None:
    root = made.write(form, tmp_path / "data", made.GOOD)
    with pytest.raises(SplitError, match="--lists DIR or --column FILE divide any dataset") as caught:
        split(root, "50/50", to=tmp_path / "new", config=CONFIG)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "new").exists()
    done = split(root, "50/50", lists=tmp_path / "lists", config=CONFIG)
    assert sum(len((tmp_path / f"lists/{name}.txt").read_text().splitlines()) for name in ("train", "val")) == 3
    assert done.outcome is not None


def test_images_in_no_class_folder_are_left_out_and_named(tmp_path: Path) -> None:
    root = folders(tmp_path / "data", {"cat": 10, "dog": 10})
    Image.effect_noise((64, 48), 60).save(root / "loose.png")
    done = split(root, to=tmp_path / "new", config=CONFIG)
    assert "1 images lie in no class folder and are left out: loose.png" in str(done)
    assert scan(tmp_path / "new", config=CONFIG).dataset.table("images").height == 20
    assert done.outcome is not None
    assert done.outcome.exit_code == 0, str(done)
