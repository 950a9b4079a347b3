"""WebDataset: classes beside the images of their samples, names of classes, captions, and what cannot be used."""

from __future__ import annotations

import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalint.dataset.assembly.annotations import Annotations
from datalint.dataset.containers.records import Kind
from datalint.dataset.formats.webdataset import FORMATS
from tests.dataset.formats.reading import found, problems, read
from tests.sources.one_dataset import put

Members = dict[str, str | bytes]
TWO: Members = {"0001.jpg": b"x", "0002.jpg": b"x"}


def shard(root: Path, members: Members, name: str = "train-000000.tar") -> Path:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(root / name, "w") as archive:
        for path, content in members.items():
            put(archive, path, content.encode() if isinstance(content, str) else content)
    return root


def one(root: Path, members: Members) -> Annotations:
    (annotations,) = read(shard(root, members), {}, FORMATS)
    return annotations


def labels(annotations: Annotations) -> list[tuple[str | None, str | None, int | None]]:
    rows = annotations.labels.select("path", "class", "class_id").rows()
    return [(path.removeprefix("train-000000.tar/"), name, number) for path, name, number in rows]


@pytest.mark.parametrize(
    ("extension", "content", "expected"),
    [
        ("cls", "3", ("3", 3)),
        ("cls", " owl\n", ("owl", None)),
        ("txt", "owl", ("owl", None)),
        ("json", '{"label": 3}', ("3", 3)),
        ("json", '{"cls": "owl"}', ("owl", None)),
        ("json", '{"width": 9, "label": 3, "label_name": "owl"}', ("owl", 3)),
        ("json", '{"class_name": "owl"}', ("owl", None)),
    ],
)
def test_a_class_beside_an_image(
    tmp_path: Path, extension: str, content: str, expected: tuple[str, int | None]
) -> None:
    annotations = one(tmp_path, TWO | {f"0001.{extension}": content, f"0002.{extension}": content})
    assert annotations.problems == []
    assert labels(annotations) == [("0001.jpg", *expected), ("0002.jpg", *expected)]


def test_several_classes(tmp_path: Path) -> None:
    annotations = one(tmp_path, TWO | {"0001.json": '{"labels": ["cat", "owl"]}'})
    assert labels(annotations) == [("0001.jpg", "cat", None), ("0001.jpg", "owl", None)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("classes.txt", "cat\ndog\nowl\n"),
        ("classnames.txt", "cat\ndog\nowl"),
        ("dataset_info.json", '{"classes": ["cat", "dog", "owl"]}'),
    ],
)
def test_numbers_have_the_names_that_a_file_declares(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    annotations = one(tmp_path, TWO | {"0001.cls": "2", "0002.cls": "7"})
    assert labels(annotations) == [("0001.jpg", "owl", 2), ("0002.jpg", "7", 7)]
    assert problems(annotations) == [
        ("unknown-category", 1, "the class 7 is not among the 3 that are declared"),
    ]
    assert annotations.classes.rows() == [("cat", 0, ""), ("dog", 1, ""), ("owl", 2, "")]


def test_a_sample_ends_with_the_first_dot(tmp_path: Path) -> None:
    annotations = one(
        tmp_path, {"a/1.left.jpg": b"x", "a/1.right.jpg": b"x", "a/1.cls": "0", "b/1.jpg": b"x", "b/1.cls": "1"}
    )
    assert labels(annotations) == [("a/1.left.jpg", "0", 0), ("b/1.jpg", "1", 1)]


def test_captions_are_not_classes(tmp_path: Path) -> None:
    captions: Members = {f"{number:04}.txt": f"a cat on the mat number {number}" for number in range(1, 3)}
    annotations = one(tmp_path, TWO | captions)
    assert annotations.labels.is_empty()
    assert "The texts of 2 samples are captions, which are not read." in annotations.evidence


def test_what_img2dataset_says_of_an_image_is_known(tmp_path: Path) -> None:
    said = '{"caption": "a boat", "url": "http://a/b.jpg", "key": "0001", "status": "success", "width": 9}'
    annotations = one(tmp_path, TWO | {"0001.json": said, "0002.json": said})
    assert annotations.problems == []
    assert labels(annotations) == []
    assert {outcome.kind for outcome in annotations.outcomes.values()} == {Kind.READ}


def test_of_a_sample_with_a_class_the_text_is_a_caption(tmp_path: Path) -> None:
    annotations = one(tmp_path, TWO | {"0001.cls": "1", "0001.txt": "cat", "0002.cls": "0", "0002.txt": "cat"})
    assert labels(annotations) == [("0001.jpg", "1", 1), ("0002.jpg", "0", 0)]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("0001.cls", "", "it is empty"),
        ("0001.cls", "1\n2", "it holds several lines"),
        ("0001.cls", b"\xff\xfe", "it is not UTF-8"),
        ("0009.cls", "1", "there is no image of this name in the archive"),
        ("0001.json", '{"label": null}', "`label` holds null"),
        ("0001.json", '{"label": 0.5}', "`label` holds a number"),
    ],
)
def test_a_bad_sample_costs_that_sample(tmp_path: Path, name: str, content: str | bytes, reason: str) -> None:
    annotations = one(tmp_path, TWO | {name: content, "0002.cls": "1"})
    assert problems(annotations) == [("syntax", 1, reason)]
    assert labels(annotations) == [("0002.jpg", "1", 1)]


def test_outside_of_archives_such_files_are_left_alone(tmp_path: Path) -> None:
    files = {"1.jpg": None, "1.cls": "3", "1.json": '{"label": 3}', "1.txt": "cat"}
    assert read(tmp_path, files, FORMATS) == []


def test_boxes_in_an_archive_are_of_their_own_format(tmp_path: Path) -> None:
    assert read(shard(tmp_path, TWO | {"0001.txt": "0 0.5 0.5 0.1 0.1", "0002.txt": ""}), {}, FORMATS) == []


def test_a_whole_dataset_has_no_problem(tmp_path: Path) -> None:
    for split in ("train", "val"):
        for number in range(2):
            shard(tmp_path, TWO | {"0001.cls": "0", "0002.cls": "1"}, f"{split}-{number:06}.tar")
    data = found(tmp_path, {})
    assert data.layouts == ("webdataset",)
    assert data.task == "single"
    assert data.table("problems").is_empty()
    assert data.table("unread").is_empty()
    assert data.table("splits")["split"].to_list() == ["train"] * 4 + ["val"] * 4


_CONTENT = st.sampled_from(["0", "owl", "", "a\nb", "{", '{"label": 1}', '{"label": []}', '{"label": {}}', "\udcff"])


@given(st.dictionaries(st.tuples(st.integers(1, 4), st.sampled_from(["cls", "json"])), _CONTENT, max_size=8))
def test_samples_are_used_or_are_problems(files: dict[tuple[int, str], str]) -> None:
    with TemporaryDirectory() as folder:
        texts: Members = {
            f"{number:04}.{extension}": content.encode("utf-8", "surrogateescape")
            for (number, extension), content in files.items()
        }
        for annotations in read(shard(Path(folder), TWO | texts), {}, FORMATS):
            taken = {file for file in annotations.outcomes if file.endswith(("cls", "json"))}
            used = set(annotations.labels["file"]) | {problem.file for problem in annotations.problems}
            empty = {file for file in taken - used if texts[file.rpartition("/")[2]] == b'{"label": []}'}
            assert taken == used | empty
