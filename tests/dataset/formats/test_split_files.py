"""Label files of which there may be one a split: which are one dataset, and the images of their rows."""

from __future__ import annotations

from pathlib import Path

from datalint.dataset.containers.records import Place
from datalint.dataset.formats.label_format import LabelFile, Labels
from datalint.dataset.formats.split_files import Rows, SplitFiles, folders_near, split_of
from tests.dataset.formats.reading import Files, one, tree

IMAGES: Files = {"d/images/a.jpg": None, "d/images/b.jpg": None}


class Lines(SplitFiles):
    """An image a line."""

    name, title, extensions = "lines", "Lines", ("txt",)

    def recognise(self, head: bytes) -> bool:
        return head.startswith(b"lines")

    def read(self, file: LabelFile, data: bytes, out: Labels) -> None:
        rows = Rows(file, out)
        for number, line in enumerate(data.decode().splitlines()[1:], 2):
            rows.image(line, Place(file.path, number), lost="a row")


def file(path: str) -> LabelFile:
    folder, _, name = path.rpartition("/")
    return LabelFile(path, 0, folder, name.rpartition(".")[0], "txt")


def test_files_of_splits_are_one_dataset(tmp_path: Path) -> None:
    form = Lines(tree(tmp_path, {"a.jpg": None}))
    assert form.dataset_of(file("d/train.txt")) == form.dataset_of(file("d/2007_val.txt")) == "d/"
    assert form.dataset_of(file("d/train/labels.txt")) == form.dataset_of(file("d/val/labels.txt")) == "d/labels"
    assert form.dataset_of(file("d/old.txt")) != form.dataset_of(file("d/new.txt"))
    of = {"d/2007_train.txt": "train", "d/val/x.txt": "val", "d/x.txt": None, "test/y/train.txt": "train"}
    assert {path: split_of(file(path)) for path in of} == of


def test_where_images_may_be() -> None:
    assert folders_near("d/lists") == ["d/lists", "d/lists/images", "d", "d/images"]
    assert folders_near("") == ["", "images"]


def test_an_image_of_several_rows_is_named_once(tmp_path: Path) -> None:
    listed = "lines\na.jpg\nb\na.jpg\n\n../../../x.jpg\ngone.jpg\n"
    found = one(tmp_path, IMAGES | {"d/train.txt": listed}, (Lines,))
    named = found.named.select("path", "line").rows()
    assert named == [("d/images/a.jpg", 2), ("d/images/b.jpg", 3), ("d/gone.jpg", 7)]
    assert found.splits["split"].to_list() == ["train", "train"]
    assert [(problem.line, problem.reason) for problem in found.problems] == [
        (5, "no image is named, with a row"),
        (6, "the path '../../../x.jpg' leads outside the dataset, with a row"),
    ]
