"""Label tables: columns, encodings, bad rows, several sources."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalint.config.settings import Config, ConfigError
from datalint.dataset import Dataset
from datalint.dataset.discover import discover
from datalint.rules.labels.unlabeled_image import UnlabeledImage

NAMES = ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]


def make(root: Path, *names: str, **tables: str | bytes) -> Path:
    for name in names or [f"images/{name}" for name in NAMES]:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    for name, text in tables.items():
        file = root / name.replace("__", "/").replace("_csv", ".csv").replace("_jsonl", ".jsonl").replace(
            "_json", ".json"
        )
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return root


def labels(data: Dataset) -> list[tuple[str, str]]:
    return sorted(data.table("labels").select("path", "class").iter_rows())


def problems(data: Dataset) -> list[tuple[str, int | None]]:
    return list(data.table("problems").select("kind", "line").iter_rows())


EXPECTED = [("images/a.jpg", "cat"), ("images/b.jpg", "dog"), ("images/c.jpg", "cat"), ("images/d.jpg", "dog")]


@pytest.mark.parametrize(
    "text",
    [
        "file_name,label\na.jpg,cat\nb.jpg,dog\nc.jpg,cat\nd.jpg,dog\n",
        "label;path\ncat;images/a.jpg\ndog;images/b.jpg\ncat;./images/c.jpg\ndog;images/x/../d.jpg",
        "image_id\tclass\r\na\tcat\r\nb\tdog\r\nc\tcat\r\nd\tdog\r\n",
        "images/a.jpg,cat\rimages/b.jpg,dog\rimages/c.jpg,cat\rimages/d.jpg,dog\r",
        'filename, species\n"a.jpg", "cat"\nb.jpg, dog\nc.jpg, cat\nd.jpg, dog\n',
        "image  label  weight\na.jpg  cat    1\nb.jpg  dog    2\nc.jpg  cat    2\nd.jpg  dog    1\n",
    ],
)
def test_ways_to_write_it(tmp_path: Path, text: str) -> None:
    data = discover([make(tmp_path, labels_csv=text)], Config())
    assert labels(data) == EXPECTED
    assert problems(data) == []
    assert data.layouts == ("table",)
    assert data.task == "single"


@pytest.mark.parametrize(
    "text",
    [
        "images/a.jpg cat\nimages/b.jpg dog\nimages/c.jpg cat\nimages/d.jpg dog\n",
        "a.jpg\tcat\nb.jpg\tdog\nc.jpg\tcat\nd.jpg\tdog\n",
        "a.jpg,cat\nb.jpg,dog\nc.jpg,cat\nd.jpg,dog\n",
        "image label\na.jpg   cat\nb.jpg   dog\nc.jpg   cat\nd.jpg   dog\n",
    ],
)
def test_lists_in_text_files(tmp_path: Path, text: str) -> None:
    data = discover([make(tmp_path, **{"train.txt": text})], Config())
    assert labels(data) == EXPECTED
    assert data.layouts == ("table",)


@pytest.mark.parametrize(
    "text",
    [
        "a.jpg a.png\nb.jpg b.png\n",  # images and their masks
        "a.jpg 1 2 3\nb.jpg 4 5 6\n",
        "this is\na text\n",
        "a.jpg\nb.jpg\n",
        'a.jpg, "WORD"\nb.jpg, "OTHER"\n',
    ],
)
def test_text_files_that_are_no_lists_of_labels(tmp_path: Path, text: str) -> None:
    assert labels(discover([make(tmp_path, **{"gt.txt": text})], Config())) == []


def test_names_with_blanks_in_a_table_of_one_column(tmp_path: Path) -> None:
    text = "my a.jpg\nmy b.jpg\n"
    data = discover([make(tmp_path, "my a.jpg", "my b.jpg", "c.jpg", list_csv=text)], Config())
    assert labels(data) == []
    assert problems(data) == []


def test_json_lines_lists_and_parquet(tmp_path: Path) -> None:
    records = [
        {"image": name.removeprefix("images/"), "label": label, "score": float("nan")} for name, label in EXPECTED
    ]
    lines = "\n".join(json.dumps(record) for record in records)
    assert labels(discover([make(tmp_path / "1", labels_jsonl=lines)], Config())) == EXPECTED
    data = discover([make(tmp_path / "2", labels_json=json.dumps(records))], Config())
    assert labels(data) == EXPECTED
    assert data.table("labels")["pointer"].to_list() == ["/0", "/1", "/2", "/3"]
    pl.DataFrame(records).write_parquet(make(tmp_path / "3") / "labels.parquet")
    assert labels(discover([tmp_path / "3"], Config())) == EXPECTED


def test_pictures_in_parquet_are_refused(tmp_path: Path) -> None:
    pl.DataFrame({"path": ["a.jpg"], "jpeg": [b"x"]}).write_parquet(make(tmp_path) / "train.parquet")
    data = discover([tmp_path], Config())
    reasons = data.table("skipped")["reason"].to_list()
    assert len(reasons) == 1
    assert "holds the pictures themselves" in reasons[0]


def test_a_bad_row_costs_that_row(tmp_path: Path) -> None:
    text = 'file,label\na.jpg,cat\nb.jpg,dog,3\nc.jpg\nd.jpg,\n/x/a.jpg,cat\n../../a.jpg,dog\n"c.jpg,cat\nd.jpg,dog\n'
    data = discover([make(tmp_path, labels_csv=text)], Config())
    used = [("images/a.jpg", "cat"), ("images/a.jpg", "cat"), ("images/a.jpg", "dog"), ("images/d.jpg", "dog")]
    assert labels(data) == used
    assert sorted(problems(data)) == [
        ("path", 6), ("path", 7), ("syntax", 3), ("syntax", 4), ("syntax", 5), ("syntax", 8),
    ]  # fmt: skip


def test_quoted_line_breaks_keep_the_line_numbers(tmp_path: Path) -> None:
    text = 'file,label,note\na.jpg,cat,"two\nlines"\nb.jpg,dog,x\n'
    data = discover([make(tmp_path, labels_csv=text)], Config())
    assert data.table("labels")["line"].to_list() == [2, 4]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xef\xbb\xbffile,label\na.jpg,cat\n", "byte order mark"),
        ("file,label\na.jpg,cat\n".encode("utf-16"), "UTF-16"),
        (b"file,label\na.jpg,caf\xe9\n", "0xE9"),
        (b"file,label\nimages\\a.jpg,cat\n", "backslashes"),
        (b"file,label\n a.jpg,cat\nb.jpg,cat\n", "outer spaces"),
    ],
)
def test_encodings(tmp_path: Path, data: bytes, reason: str) -> None:
    found = discover([make(tmp_path, labels_csv=data)], Config())
    assert found.table("labels")["path"][0] == "images/a.jpg"
    told = found.table("problems").row(0, named=True)
    assert told["kind"] == "encoding"
    assert reason in told["reason"]


def test_a_column_a_class_with_one_class_an_image(tmp_path: Path) -> None:
    data = discover([make(tmp_path, labels_csv="file,cat,dog,fox\na.jpg,1,0,0\nb.jpg,0,1,0\n")], Config())
    assert labels(data) == [("images/a.jpg", "cat"), ("images/b.jpg", "dog")]
    assert data.task == "single"
    assert set(data.table("classes")["class"]) == {"cat", "dog", "fox"}


def test_several_classes(tmp_path: Path) -> None:
    data = discover([make(tmp_path / "1", labels_csv="file,label\na.jpg,cat|dog\nb.jpg,dog\n")], Config())
    assert labels(data) == [("images/a.jpg", "cat"), ("images/a.jpg", "dog"), ("images/b.jpg", "dog")]
    assert data.task == "multi"
    data = discover([make(tmp_path / "2", labels_csv="file,cat,dog\na.jpg,1,1\nb.jpg,0,1\n")], Config())
    assert labels(data) == [("images/a.jpg", "cat"), ("images/a.jpg", "dog"), ("images/b.jpg", "dog")]
    assert data.task == "multi"


@pytest.mark.parametrize(
    ("column", "cells", "task"),
    [
        ("tags", ["a,x", "a,y", "b,x", "b,y"], "multi"),
        ("label", ["Dog, small", "Cat, big", "Dog, small", "Cat, big"], "single"),
        ("label", ["big dog", "small dog", "big cat", "big dog"], "single"),
        ("tags", ["a b", "b c", "a c", "a"], "multi"),
    ],
)
def test_one_class_or_several(tmp_path: Path, column: str, cells: list[str], task: str) -> None:
    rows = "".join(f'{name},"{cell}"\n' for name, cell in zip(NAMES, cells, strict=True))
    assert discover([make(tmp_path, labels_csv=f"file_name,{column}\n{rows}")], Config()).task == task


def test_missing_images_and_nothing_matched(tmp_path: Path) -> None:
    data = discover([make(tmp_path / "1", labels_csv="file,label\na.jpg,cat\ngone.jpg,dog\n")], Config())
    assert data.labels.filter(pl.col("image").is_null()).collect()["path"].to_list() == ["images/gone.jpg"]
    data = discover([make(tmp_path / "2", labels_csv="file,label\nx.jpg,cat\ny.jpg,dog\n")], Config())
    assert data.table("labels")["image"].null_count() == 2


def test_a_label_makes_a_candidate(tmp_path: Path) -> None:
    make(tmp_path, "scan.dat", "a.jpg", labels_csv="file,label\nscan.dat,cat\na.jpg,dog\n")
    assert discover([tmp_path], Config()).table("images")["path"].to_list() == ["a.jpg", "scan.dat"]


def test_splits_by_column_and_by_table(tmp_path: Path) -> None:
    data = discover(
        [make(tmp_path / "1", labels_csv="file,label,split\na.jpg,cat,Training\nb.jpg,dog,test\n")], Config()
    )
    assert data.table("splits")["split"].to_list() == ["train", "test"]
    rows = "file,label\n{}.jpg,cat\n{}.jpg,dog\n"
    data = discover([make(tmp_path / "2", train_csv=rows.format("a", "b"), test_csv=rows.format("c", "d"))], Config())
    assert data.table("splits")["split"].to_list() == ["train", "train", "test", "test"]


def test_folders_and_table_are_compared(tmp_path: Path) -> None:
    names = [f"{kind}/{number}.jpg" for kind in ("cat", "dog") for number in range(4)]
    rows = [f"{name},{name[:3]}" for name in names[:-1]] + ["dog/3.jpg,cat"]
    data = discover([make(tmp_path, *names, labels_csv="\n".join(["path,label", *rows]))], Config())
    assert data.table("labels").height == 8
    told = data.table("problems").row(0, named=True)
    assert (told["kind"], told["line"], told["path"]) == ("disagreement", 9, "dog/3.jpg")


def test_a_table_of_other_classes_overrules_folders(tmp_path: Path) -> None:
    names = [f"part{part}/{number}.jpg" for part in (1, 2) for number in range(4)]
    rows = [f"{name},{'cat' if number % 2 else 'dog'}" for number, name in enumerate(names)]
    data = discover([make(tmp_path, *names, labels_csv="\n".join(["path,label", *rows]))], Config())
    assert set(data.table("labels")["class"]) == {"cat", "dog"}
    assert data.layouts == ("table",)


def test_chosen_columns(tmp_path: Path) -> None:
    text = "a,b,c\na.jpg,cat,1\nb.jpg,dog,2\n"
    data = discover([make(tmp_path, labels_csv=text)], Config(path_column="a", label_column="b"))
    assert labels(data) == [("images/a.jpg", "cat"), ("images/b.jpg", "dog")]


def test_a_chosen_column_that_is_not_there_is_refused(tmp_path: Path) -> None:
    root = make(tmp_path, labels_csv="path,label,split\na.jpg,cat,train\nb.jpg,dog,val\n")
    for config in (Config(label_column="nosuch"), Config(split_column="nosuch"), Config(path_column="nosuch")):
        with pytest.raises(ConfigError, match="nosuch"):
            discover([root], config)


def test_a_column_may_be_said_not_to_be(tmp_path: Path) -> None:
    root = make(tmp_path, labels_csv="path,label,split\na.jpg,cat,train\nb.jpg,dog,val\n")
    assert not discover([root], Config(split_column="")).has_splits()
    data = discover([root], Config(label_column=""))
    assert data.has_splits()
    assert labels(data) == []


@pytest.mark.parametrize(
    ("column", "cells", "splits"),
    [
        ("usage", ["Casual", "Sports", "Formal", "Casual"], []),
        ("subset", ["hospital1", "hospital2", "hospital1", "hospital2"], []),
        ("Usage", ["Training", "PublicTest", "PrivateTest", "Training"], ["PrivateTest", "PublicTest", "train"]),
        ("set", ["train", "test", "train", "extra"], ["extra", "test", "train"]),
        ("fold", ["0", "1", "2", "0"], ["0", "1", "2"]),
        ("split", ["a", "b", "a", "b"], ["a", "b"]),
    ],
)
def test_a_column_of_splits_names_splits(tmp_path: Path, column: str, cells: list[str], splits: list[str]) -> None:
    rows = [f"{name},{kind},{cell}\n" for name, kind, cell in zip(NAMES, "cdcd", cells, strict=True)]
    data = discover([make(tmp_path, labels_csv=f"path,label,{column}\n" + "".join(rows))], Config())
    assert sorted(data.table("splits")["split"].unique()) == splits


def test_the_columns_of_chest_x_rays(tmp_path: Path) -> None:
    """A header with commas inside of brackets makes columns such as `y]`."""
    text = "Image Index,Finding Labels,Age,Pixel Spacing[x,y]\na.jpg,Mass|Edema,58,0.1,0.2\nb.jpg,Mass,61,0.1,0.2\n"
    data = discover([make(tmp_path, labels_csv=text)], Config())
    assert set(data.table("labels")["class"]) == {"Edema", "Mass"}
    data = discover([make(tmp_path, labels_csv="path,Y\na.jpg,cat\nb.jpg,dog\n")], Config())
    assert set(data.table("labels")["class"]) == {"cat", "dog"}


def test_values_to_predict_are_no_classes(tmp_path: Path) -> None:
    names = [f"{number}.jpg" for number in range(20)]
    floats = "".join(f"{name},{0.37 * number:.3f}\n" for number, name in enumerate(names))
    root = make(tmp_path / "floats", *names, labels_csv="path,target\n" + floats)
    data = discover([root], Config())
    assert labels(data) == []
    assert any("'target' nearly all differ" in sentence for sentence in data.evidence)
    assert len(labels(discover([root], Config(label_column="target")))) == 20
    grades = "".join(f"{name},{number % 3}.0\n" for number, name in enumerate(names))
    assert (
        len(labels(discover([make(tmp_path / "grades", *names, labels_csv="path,target\n" + grades)], Config()))) == 20
    )


def test_a_label_of_a_pair_is_no_label_of_an_image(tmp_path: Path) -> None:
    data = discover([make(tmp_path, labels_csv="image1,image2,label\na.jpg,b.jpg,1\nc.jpg,d.jpg,0\n")], Config())
    assert labels(data) == []
    assert any("pairs of images" in sentence for sentence in data.evidence)


LETTERS = st.characters(codec="utf-8", exclude_characters="|;,", exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp"))
CLASS_NAME = st.text(LETTERS, min_size=1, max_size=8)


@settings(max_examples=30, deadline=None)
@given(st.sets(CLASS_NAME, min_size=2, max_size=4))
def test_class_names_round_trip(names: set[str]) -> None:
    with TemporaryDirectory() as folder:
        lines = [json.dumps({"file": f"{number}.jpg", "label": name}) for number, name in enumerate(sorted(names))]
        make(Path(folder), *(f"{number}.jpg" for number in range(len(names))), labels_jsonl="\n".join(lines))
        found = discover([folder], Config(task="single"))
        assert sorted(found.table("labels")["class"]) == sorted(names)


@settings(max_examples=20, deadline=None)
@given(st.permutations([f"{name},{label}" for name, label in EXPECTED]))
def test_order_of_rows_does_not_matter(rows: list[str]) -> None:
    with TemporaryDirectory() as folder:
        data = discover([make(Path(folder), labels_csv="\n".join(["path,label", *rows]))], Config())
        assert labels(data) == EXPECTED
        assert data.table("images")["path"].to_list() == [name for name, _ in EXPECTED]


CAPTIONS = '{"file_name": "a.jpg", "text": "a cat"}\n{"file_name": "gone.jpg", "text": "a dog in the sun"}\n'


def test_captions_beside_images_name_them_and_are_no_classes(tmp_path: Path) -> None:
    data = discover([make(tmp_path, images__metadata_jsonl=CAPTIONS)], Config())
    assert data.table("labels").is_empty()
    assert data.table("named").select("path", "line").rows() == [("images/a.jpg", 1), ("images/gone.jpg", 2)]
    assert data.label_files()
    assert not data.has_labels()
    found = UnlabeledImage().check(data).select("path", "what")
    assert found.rows() == [(f"images/{name}.jpg", "no record is about the image") for name in "bcd"]


@pytest.mark.parametrize(
    "text",
    ["file,cat,dog\na.jpg,1,0\nb.jpg,1,1\nc.jpg,0,0\n", "file,labels\na.jpg,cat|dog\nb.jpg,dog|cat\nc.jpg,\n"],
)
def test_an_image_of_several_labels_may_have_none(tmp_path: Path, text: str) -> None:
    """A row without a label says so; that there is no row says nothing."""
    data = discover([make(tmp_path, labels_csv=text)], Config())
    assert data.task == "multi"
    assert data.table("named")["path"].to_list() == ["images/a.jpg", "images/b.jpg", "images/c.jpg"]
    assert UnlabeledImage().check(data)["path"].to_list() == ["images/d.jpg"]


def test_tables_of_other_names_need_labels(tmp_path: Path) -> None:
    data = discover([make(tmp_path, images__captions_jsonl=CAPTIONS)], Config())
    assert data.table("named").is_empty()


def test_cells_of_json_are_no_classes(tmp_path: Path) -> None:
    text = 'file,label\na.jpg,"[{""x"": 5}]"\nb.jpg,"[{""x"": 6}]"\n'
    data = discover([make(tmp_path, labels_csv=text)], Config())
    assert data.table("labels").is_empty()


def test_names_that_differ_in_case_are_found_and_reported(tmp_path: Path) -> None:
    text = "file,label\na.jpg,cat\nimages/B.JPG,dog\nC.jpg,cat\nE.jpg,dog\n"
    data = discover([make(tmp_path, labels_csv=text)], Config())
    assert labels(data)[1:] == EXPECTED[:3]
    assert problems(data) == [("path", 3), ("path", 4)]
    assert data.table("labels")["image"].null_count() == 1
