"""What a program holds is scanned as the folder that it came from."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image
from polars.testing import assert_frame_equal

import datalint
from datalint.dataset.discover import DatasetError
from datalint.report import Report
from tests.measure.pictures import photo
from tests.sources.servers import Store, below, serving

#: What the object of a folder's images does not have.
_OF_THE_PLACE = ["image", "path", "os_path", "mtime_ns", "ctime_ns", "etag", "link"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three classes, with copies, dark pictures and one of another size."""
    root = tmp_path_factory.mktemp("photos")
    for number in range(36):
        place = root / "abc"[number % 3] / f"{number:02}.png"
        place.parent.mkdir(exist_ok=True)
        picture = photo(number, (120, 90))
        picture = Image.eval(picture, lambda value: value // 20) if number in (4, 7) else picture
        (picture.resize((40, 30)) if number == 11 else picture).save(place)
    (root / "a" / "99.png").write_bytes((root / "b" / "01.png").read_bytes())
    return root


@pytest.fixture(scope="module")
def near(folder: Path) -> Report:
    return datalint.scan(folder, isolated=True, ignore=["DL9"])


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.png"))


def assert_same(found: Report, near: Report, *, lossless: bool = False, encoding: Sequence[str] = ()) -> None:
    """The same facts and findings, but for paths; `lossless` where pixels were encoded anew."""
    encoding = ["bytes", "sha256"] if lossless else [*encoding]

    def facts(report: Report) -> pl.DataFrame:
        images = report.tables["images"].drop(_OF_THE_PLACE + encoding)
        return images.sort(images.columns)

    def findings(report: Report) -> pl.DataFrame:
        columns = ["code", "severity", "count"] + ([] if lossless else ["id"])
        return report.findings.select(columns).sort(columns)

    assert_frame_equal(facts(found), facts(near))
    assert_frame_equal(findings(found), findings(near))
    labels = [report.tables["labels"].group_by("class").len().sort("class") for report in (found, near)]
    assert_frame_equal(*labels)
    assert found.exit_code == near.exit_code
    assert near.findings.height > 2


def scanned(given: Any, **options: Any) -> Report:
    return datalint.scan(given, isolated=True, ignore=["DL9"], **options)


def test_paths_with_labels(folder: Path, near: Report) -> None:
    paths = files(folder)
    found = scanned(paths, labels=[path.parent.name for path in paths])
    assert_same(found, near)
    assert found.dataset.root == folder
    assert found.tables["images"]["path"].to_list() == near.tables["images"]["path"].to_list()


def test_arrays_with_labels(folder: Path, near: Report) -> None:
    paths = files(folder)
    arrays = [np.asarray(Image.open(path)) for path in paths]
    found = scanned(arrays, labels=[path.parent.name for path in paths])
    assert_same(found, near, lossless=True)
    assert "dataset[5]" in found.tables["images"]["path"].to_list()
    assert found.overview["root"] == "images"


def test_pairs_of_pil_images(folder: Path, near: Report) -> None:
    pairs = [(Image.open(path), "abc".index(path.parent.name)) for path in files(folder)]
    found = scanned(pairs)
    numbers = {"a": "0", "b": "1", "c": "2"}
    near.tables  # noqa: B018 - made before it is changed below
    assert set(found.tables["labels"]["class"]) == set(numbers.values())
    assert found.findings["code"].sort().to_list() == near.findings["code"].sort().to_list()


def test_bytes_in_a_polars_frame(folder: Path, near: Report) -> None:
    paths = files(folder)
    frame = pl.DataFrame(
        {
            "image": [{"bytes": path.read_bytes(), "path": path.name} for path in paths],
            "label": [path.parent.name for path in paths],
        }
    )
    assert_same(scanned(frame), near)


def test_paths_in_a_pandas_frame(folder: Path, near: Report) -> None:
    pandas = pytest.importorskip("pandas")
    paths = files(folder)
    frame = pandas.DataFrame({"Path": list(map(str, paths)), "kind": [path.parent.name for path in paths]})
    assert_same(scanned(frame, labels="kind"), near)


def test_a_torchvision_folder_and_parts_of_it(folder: Path, near: Report) -> None:
    datasets = pytest.importorskip("torchvision.datasets")
    torch = pytest.importorskip("torch")
    whole = datasets.ImageFolder(str(folder), transform=lambda image: image.resize((3, 3)))
    found = scanned(whole)
    assert_same(found, near)
    assert found.tables["labels"]["class"].to_list() == near.tables["labels"]["class"].to_list()
    first, second = torch.utils.data.random_split(whole, [30, 7], torch.Generator().manual_seed(0))
    split = scanned({"train": first, "val": second})
    assert dict(split.tables["splits"].group_by("split").len().iter_rows()) == {"train": 30, "val": 7}
    assert split.tables["images"].height == 37


def test_a_torch_dataset_of_tensors(folder: Path, near: Report) -> None:
    torch = pytest.importorskip("torch")
    paths = files(folder)

    class Photos(torch.utils.data.Dataset):  # type: ignore[misc, name-defined]
        classes = ("a", "b", "c")

        def __len__(self) -> int:
            return len(paths)

        def __getitem__(self, at: int) -> tuple[Any, int]:
            pixels = torch.from_numpy(np.array(Image.open(paths[at]))).permute(2, 0, 1)
            return pixels.float() / 255 if at % 2 else pixels, "abc".index(paths[at].parent.name)

    found = scanned(Photos())
    assert_same(found, near, lossless=True)
    assert found.overview["root"] == "Photos"


def test_a_torchvision_dataset_without_its_transform(folder: Path) -> None:
    datasets = pytest.importorskip("torchvision.datasets")

    class Held(datasets.VisionDataset):  # type: ignore[misc, name-defined]
        def __len__(self) -> int:
            return 4

        def __getitem__(self, at: int) -> tuple[Any, int]:
            image = Image.new("RGB", (20 + at, 30), (at, 0, 99))
            return (image if self.transform is None else self.transform(image)), at % 2

    given = Held(str(folder), transform=lambda image: image.resize((3, 3)))
    found = scanned(given, select=["DL2"])
    assert sorted(found.tables["images"]["width"]) == [20, 21, 22, 23]
    assert given.transform is not None


def test_a_hugging_face_dataset(folder: Path, near: Report) -> None:
    datasets = pytest.importorskip("datasets")
    paths = files(folder)
    features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=["a", "b", "c"])})
    rows = {
        "image": [{"bytes": path.read_bytes(), "path": path.name} for path in paths],
        "label": [path.parent.name for path in paths],
    }
    held = datasets.Dataset.from_dict(rows, features=features)
    assert_same(scanned(held), near)
    by_path = datasets.Dataset.from_dict({"image": list(map(str, paths)), "label": rows["label"]}, features=features)
    assert_same(scanned(by_path), near)
    both = scanned(datasets.DatasetDict({"train": held, "test": held.select(range(5))}))
    assert dict(both.tables["splits"].group_by("split").len().iter_rows()) == {"train": 37, "test": 5}
    assert "test[4]" in both.tables["images"]["path"].to_list()
    assert "DL701" in both.findings["code"].to_list()


def test_what_an_object_does_not_give_is_a_finding(folder: Path) -> None:
    class Broken:
        def __len__(self) -> int:
            return 4

        def __getitem__(self, at: int) -> Any:
            if at == 1:
                raise OSError("the disk is gone")
            return (np.full((30, 30, 3), 2.5) if at == 2 else np.full((30, 30, 3), at, np.uint8)), at

    found = scanned(Broken(), select=["DL1"])
    causes = dict(found.tables["images"].select("path", "cause").iter_rows())
    assert causes["dataset[1]"] == "the dataset does not give it: OSError: the disk is gone"
    assert causes["dataset[2]"].startswith("numbers from 2.5 to 2.5 are not an image")
    assert causes["dataset[3]"] is None
    assert sorted(path for path in found.findings["path"]) == ["dataset[1]", "dataset[2]"]
    assert found.exit_code == 1


def test_the_cache_holds_for_an_object(
    folder: Path, near: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("DATALINT_NO_CACHE")
    frame = pl.DataFrame({"image": [path.read_bytes() for path in files(folder)]})
    with caplog.at_level("INFO", "datalint"):
        first = scanned(frame, cache_dir=tmp_path / "cache")
        second = scanned(frame, cache_dir=tmp_path / "cache")
    assert "measured 0 of 37 images" in caplog.text
    assert_frame_equal(first.tables["images"], second.tables["images"])
    assert first.render("html")
    assert "dataset%5B" in first.render("sarif")


def test_an_object_that_does_not_fit_is_refused() -> None:
    images = np.random.default_rng(0).integers(0, 255, (9, 200, 200, 3), dtype=np.uint8)
    with pytest.raises(DatasetError, match="its images do not fit into a temporary file"):
        datalint.scan(images, isolated=True, limits="unpacked-disk=0.0002")


def test_labels_of_several_classes() -> None:
    images = np.random.default_rng(0).integers(0, 255, (3, 30, 30, 3), dtype=np.uint8)
    found = scanned(images, labels=[["x", "y"], ["y"], None], select=["DL4"])
    assert found.dataset.task == "multi"
    assert found.tables["labels"]["class"].sort().to_list() == ["x", "y", "y"]


@pytest.mark.parametrize(
    ("given", "labels", "words"),
    [
        (7, None, "scan() cannot take a builtins.int; it takes paths, also in a list; a torchvision dataset"),
        (iter([1]), None, "builtins.list_iterator (make a list of it); it takes paths"),
        ({"a"}, None, "scan() cannot take a builtins.set"),
        (pl.DataFrame({"x": [1]}), None, "no column of the frame is called as one of images is"),
        ([np.zeros((4, 4))], ["a", "b"], "labels= takes one label for each of the 1 images"),
        ({}, None, "scan() takes a dict of datasets, one a split"),
    ],
)
def test_what_is_not_taken_is_said(given: Any, labels: Any, words: str) -> None:
    with pytest.raises(TypeError) as caught:
        datalint.scan(given, labels=labels, isolated=True)
    assert words in str(caught.value)


def test_an_object_stands_alone(folder: Path) -> None:
    with pytest.raises(TypeError, match="one object and no path beside it"):
        datalint.scan(folder, [folder], isolated=True)
    with pytest.raises(TypeError, match="folders as arguments of their own"):
        datalint.scan([folder], labels=["a"], isolated=True)
    with pytest.raises(TypeError, match="one object"):
        datalint.scan(folder, labels=["a"], isolated=True)
    with pytest.raises(DatasetError, match="there is no image in it"):
        datalint.scan([], isolated=True)


def test_a_list_of_folders_is_each_of_them(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (50, 50), (name == "cat" and "red") or "blue").save(tmp_path / name / "1.png")
    places = [tmp_path / "cat", str(tmp_path / "dog")]
    one, other = (datalint.scan(*given, isolated=True, jobs=0, select=["DL1"]) for given in ([places], places))
    assert one.scanned == other.scanned
    assert (
        one.tables["images"]["path"].to_list() == other.tables["images"]["path"].to_list() == ["cat/1.png", "dog/1.png"]
    )
    table = tmp_path / "labels.csv"
    table.write_text("path,label\ncat/1.png,cat\ndog/1.png,dog\n", "utf-8")
    assert datalint.scan([table], isolated=True, jobs=0, select=["DL4"]).tables["labels"].height == 2


def test_no_library_is_imported(tmp_path: Path) -> None:
    import subprocess

    code = (
        "import sys, numpy, datalint; datalint.scan(numpy.zeros((2, 30, 30, 3), 'uint8'), isolated=True, jobs=0, "
        "select=['DL1']); print(sorted({'torch', 'pandas', 'datasets', 'obstore', 'fsspec'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_urls_in_a_frame(monkeypatch: pytest.MonkeyPatch, folder: Path, near: Report) -> None:
    pytest.importorskip("obstore")
    paths = files(folder)
    with serving(Store(below(folder)), monkeypatch) as url:
        frame = pl.DataFrame(
            {
                "path": [f"{url}/{path.relative_to(folder).as_posix()}" for path in paths] + [f"{url}/none.png"],
                "label": [path.parent.name for path in paths] + ["a"],
            }
        )
        found = scanned(frame[:-1])
        assert_same(found, near, encoding=["bytes"])
        missing = scanned(frame, select=["DL1"])
    assert missing.findings["path"].to_list() == ["dataset[37]"]
    assert "404" in missing.findings["message"][0]
