"""A dataset in a store is scanned as it would be in a folder, whatever the store does."""

from __future__ import annotations

import io
import os
import pickle
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from PIL import Image
from polars.testing import assert_frame_equal

import datalint
from datalint import limits
from datalint.cli import clean
from datalint.config.settings import ConfigError
from datalint.dataset.discover import DatasetError
from datalint.pixels import header
from datalint.report import Report
from datalint.sources import Folder
from datalint.sources.stores import Store as Source
from datalint.sources.stores.client import client_of
from datalint.sources.url import Url, place_of
from tests.measure.pictures import photo
from tests.sources.servers import BUCKET, Store, below, lead_to, serving
from tests.sources.test_equal import KINDS

pytest.importorskip("obstore")

FIXTURES = Path(__file__).parents[3] / "fixtures"
#: What a store cannot know of a file, or knows otherwise.
_OF_THE_DISK = ["mtime_ns", "ctime_ns", "etag"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes in two splits, and a file of every kind that walks tell apart."""
    root = tmp_path_factory.mktemp("dataset")
    for number in range(24):
        place = root / ("train" if number % 4 else "val") / ("cat" if number % 2 else "dog") / f"{number:02} ü+%20#.jpg"
        place.parent.mkdir(parents=True, exist_ok=True)
        photo(number, (200, 150 + number)).save(place, quality=90)
    (root / "train" / "cat" / "copy.jpg").write_bytes(next((root / "train" / "cat").iterdir()).read_bytes())
    (root / "train" / "dog" / "empty.jpg").touch()
    (root / "train" / "dog" / "page.jpg").write_text("<html>")
    (root / "train" / ".cache").mkdir()
    (root / "train" / ".cache" / "hidden.jpg").write_bytes(b"\xff\xd8")
    (root / ".DS_Store").write_bytes(b"x")
    (root / "README.md").write_text("Photos.\n")
    (root / "labels.csv").write_text("path,label\n" + "".join(f"{p},cat\n" for p in ["a.jpg", "b.jpg"]))
    return root


def assert_same(store: Report, folder: Report) -> None:
    for name, table in folder.tables.items():
        other = store.tables[name]
        without = [column for column in _OF_THE_DISK if column in table.columns]
        assert_frame_equal(other.drop(without), table.drop(without), check_exact=True)
    assert store.exit_code == folder.exit_code
    assert store.dataset.statistics == folder.dataset.statistics


def scanned(place: str | Path, **options: object) -> Report:
    """In this process, where it is not said otherwise: others are started anew for every server."""
    options = {"jobs": 0, "isolated": True, "ignore": ["DL9"]} | options
    return datalint.scan(str(place), **options)  # type: ignore[arg-type]


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[str]:
    """The dataset in a bucket of moto's server."""
    server_module = pytest.importorskip("moto.server")
    boto3 = pytest.importorskip("boto3")
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    lead_to(f"http://{host}:{port}", monkeypatch)
    client = boto3.client("s3", endpoint_url=f"http://{host}:{port}")
    client.create_bucket(Bucket=BUCKET)
    for key, data in below(folder, "some/where/").items():
        client.put_object(Bucket=BUCKET, Key=key, Body=data)
    client.put_object(Bucket=BUCKET, Key="some/where/train/", Body=b"")  # as consoles do for a folder
    yield f"s3://{BUCKET}/some/where"
    server.stop()


@pytest.mark.filterwarnings("ignore")
def test_a_bucket_is_as_the_folder(moto: str, folder: Path) -> None:
    assert_same(scanned(moto, jobs=2), scanned(folder))


@pytest.mark.filterwarnings("ignore")
def test_fsspec_is_as_obstore(moto: str, folder: Path) -> None:
    pytest.importorskip("s3fs")
    assert_same(scanned(f"simplecache::{moto}"), scanned(folder))


def test_what_a_store_serves_is_as_the_folder(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    with serving(Store(below(folder)), monkeypatch) as url:
        found = scanned(url)
        assert_same(found, scanned(folder))
        assert found.overview["root"] == url
        assert url in found.render("text")
        assert f"{BUCKET}/train" in found.render("sarif")
        assert found.render("html")


def test_a_listing_has_many_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store({f"{number % 3}/{number:05}.jpg": b"x" for number in range(3500)})
    with serving(store, monkeypatch) as url:
        keys = [entry.key for entry in client_of(url, 5.0).listed()]
    assert sorted(keys) == sorted(store.objects)


def test_one_object_is_a_dataset(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    with serving(Store(below(folder)), monkeypatch) as url:
        found = scanned(f"{url}/train/cat/copy.jpg")
        assert found.tables["images"]["path"].to_list() == ["copy.jpg"]
        assert found.tables["images"]["status"].to_list() == ["ok"]
        two = datalint.scan(f"{url}/train/cat", f"{url}/val", isolated=True, select=["DL1"])
        assert set(two.tables["images"]["path"].str.head(4)) == {"trai", "val/"}


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("500", "the store answered 500 three times"),
        ("404", "the store answered 404 NoSuchKey three times"),
        ("403", "the store refused access (403 AccessDenied) three times"),
        ("short", "the connection broke while the store was sending three times"),
        ("less", "the store sent "),
        ("stall", "the store did not answer within 0.5 seconds three times"),
    ],
)
def test_an_item_that_fails_is_a_finding(monkeypatch: pytest.MonkeyPatch, folder: Path, fault: str, cause: str) -> None:
    objects = below(folder)
    bad = sorted(key for key in objects if key.endswith("#.jpg"))[3]
    store = Store(objects, {bad: fault})
    with serving(store, monkeypatch) as url, limits.applied("store-seconds=0.5"):
        found = scanned(url, select=["DL1"])
    images = {path: (status, cause) for path, status, cause in found.tables["images"]["path", "status", "cause"].rows()}
    status, said = images.pop(bad)
    assert status == "unreadable"
    assert (said or "").startswith(cause)
    assert {status for status, _ in images.values()} == {"ok", "empty", "not-an-image"}
    assert bad in found.findings["path"].to_list()
    assert found.exit_code == 1
    assert store.asked[bad] == 3


@pytest.mark.parametrize("fault", ["500", "503", "short", "stall"])
def test_what_fails_once_is_tried_again(monkeypatch: pytest.MonkeyPatch, folder: Path, fault: str) -> None:
    objects = below(folder)
    store = Store(objects, dict.fromkeys(objects, f"once {fault}"))
    with serving(store, monkeypatch) as url, limits.applied("store-seconds=1"):
        assert_same(scanned(url), scanned(folder))


def test_a_store_that_is_gone_does_not_take_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    objects = {f"{number:04}.jpg": b"\xff\xd8" + bytes(100) for number in range(400)}
    start = time.monotonic()
    with serving(Store(objects, dict.fromkeys(objects, "500")), monkeypatch) as url:
        found = scanned(url, select=["DL1"])
    assert set(found.tables["images"]["status"]) == {"unreadable"}
    assert time.monotonic() - start < 60


def test_one_in_twenty_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is a finding, the others are measured, and nothing hangs."""
    image = next(iter(below(FIXTURES / "odd-size" / "good").values()))
    objects = {f"{number:03}.jpg": image for number in range(200)}
    faults = dict(zip(list(objects)[::20], ["500", "404", "short", "stall", "403"] * 2, strict=True))
    with serving(Store(objects, faults), monkeypatch) as url, limits.applied("store-seconds=0.5"):
        found = scanned(url, select=["DL1"], jobs=2)
    status = dict(found.tables["images"].select("path", "status").iter_rows())
    assert {path for path, one in status.items() if one == "unreadable"} == set(faults)
    assert set(status.values()) == {"ok", "unreadable"}
    assert set(found.findings.filter(pl.col("code") == "DL101")["path"]) == set(faults)
    assert found.exit_code == 1


def test_a_label_file_that_fails_is_a_finding(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    with serving(Store(below(folder), {"labels.csv": "500"}), monkeypatch) as url:
        found = scanned(url, select=["DL4"])
    problems = found.tables["problems"].filter(pl.col("file") == "labels.csv")
    assert "the store answered 500" in problems["reason"][0]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("s3://bucket/nowhere", "s3://bucket/nowhere: there is nothing at this URL"),
        ("nosuch://bucket", "Protocol not known"),
        ("sftp://me:secret@host/a", "a URL with a password is not read"),
    ],
)
def test_what_cannot_be_listed_is_one_line(monkeypatch: pytest.MonkeyPatch, folder: Path, url: str, words: str) -> None:
    with serving(Store(below(folder)), monkeypatch), pytest.raises(DatasetError) as caught:
        scanned(url)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_wrong_credentials_are_one_line(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    store = Store(below(folder))
    store.refuses = True
    with serving(store, monkeypatch) as url, pytest.raises(DatasetError, match=r"refused access \(403 InvalidAccess"):
        scanned(url)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with serving(store, monkeypatch) as url:
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        with pytest.raises(DatasetError, match="there are no credentials"):
            scanned(url)


def test_a_name_that_is_not_a_path_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        serving(Store({"a/1.jpg": b"x", "a//2.jpg": b"x"}), monkeypatch) as url,
        pytest.raises(DatasetError, match=r'an object has a name that cannot be a path: .*"a//') as caught,
    ):
        scanned(url)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("scheme", "extra"), [("s3", "s3"), ("gs", "gcs"), ("az", "azure"), ("hf", "hf"), ("sftp", "hf")]
)
def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, scheme: str, extra: str) -> None:
    monkeypatch.setattr("datalint.sources.stores.client.find_spec", lambda name: None)
    with pytest.raises(DatasetError, match=rf'pip install "datalint-vision\[{extra}\]"'):
        datalint.scan(f"{scheme}://bucket/a", jobs=0, isolated=True)


def test_exit_codes(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "datalint", "scan", *arguments, "--isolated", "--no-progress"]
        return subprocess.run(command, capture_output=True, text=True)

    store = Store(below(folder))
    with serving(store, monkeypatch) as url:
        assert run(f"{url}/nowhere").returncode == 3
        assert run(f"{url}/val/dog", "--select", "DL4").returncode == 0
        assert run(url, "--select", "DL1").returncode == 1
        store.refuses = True
        refused = run(url)
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert "the store refused access (403 InvalidAccessKeyId)" in refused.stderr


def test_a_store_and_a_folder_are_two_datasets(folder: Path) -> None:
    with pytest.raises(DatasetError, match="are not one dataset"):
        datalint.scan("s3://bucket/a", folder, isolated=True)


def test_the_cache_knows_an_object_by_its_etag(monkeypatch: pytest.MonkeyPatch, folder: Path, tmp_path: Path) -> None:
    monkeypatch.delenv("DATALINT_NO_CACHE")
    store = Store(below(folder))
    with serving(store, monkeypatch) as url:
        first = scanned(url, cache_dir=tmp_path / "cache")
        images = [key for key in store.objects if key.endswith(".jpg") and "/." not in key and store.objects[key]]
        before = {key: store.asked[key] for key in images}
        second = scanned(url, cache_dir=tmp_path / "cache")
        assert_same(second, first)
        changed = images[0]
        store.objects[changed] = store.objects[images[1]]
        third = scanned(url, cache_dir=tmp_path / "cache")
    assert {key for key in images if store.asked[key] > before[key]} == {changed}
    row = third.tables["images"].filter(pl.col("path") == changed)
    other = third.tables["images"].filter(pl.col("path") == images[1])
    assert row["sha256"].to_list() == other["sha256"].to_list()


def test_a_baseline_holds_for_a_store(monkeypatch: pytest.MonkeyPatch, folder: Path, tmp_path: Path) -> None:
    from datalint.judge import baseline

    monkeypatch.chdir(tmp_path)
    with serving(Store(below(folder)), monkeypatch) as url:
        first = datalint.scan(url, select=["DL1"])
        place = baseline.location(first.config, first.dataset.home)
        assert place == tmp_path / baseline.NAME
        baseline.write(place, baseline.updated(first, place, []))
        second = datalint.scan(url, select=["DL1"])
        assert first.findings.height > 0
        assert second.new.is_empty()
        assert second.exit_code == 0
        with pytest.raises(ConfigError, match="is not in a Git checkout"):
            datalint.scan(url, since="HEAD")


def test_an_item_is_small() -> None:
    source = Source(Url("s3://bucket/some/folder"))
    items = [source.item(b"train/%05d.jpg" % number, number) for number in range(1000)]
    assert len(pickle.dumps(items)) < 40_000
    assert pickle.loads(pickle.dumps(items[7])) == items[7]
    assert items[7].path == "s3://bucket/some/folder/train/00007.jpg"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("s3://bucket/a/", Url("s3://bucket/a")),
        ("simplecache::s3://bucket", Url("simplecache::s3://bucket")),
        ("file:///data/a", Path("/data/a")),
        ("C:/data", Path("C:/data")),
        ("a/b", Path("a/b")),
        (Path("a"), Path("a")),
    ],
)
def test_a_name_is_a_path_or_a_url(text: str, place: Path | Url) -> None:
    assert place_of(text) == place
    assert type(place_of(text)) is type(place)


@pytest.mark.parametrize("kind", ["tar", "zip", "tgz", "shards", "parquet", "arrow"])
def test_archives_and_tables_in_a_store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str) -> None:
    KINDS[kind](tmp_path)
    near = scanned(tmp_path)
    with serving(Store(below(tmp_path)), monkeypatch) as url:
        far = scanned(url)
        assert_same(far, near)
    assert near.tables["images"].height == 60
    assert far.dataset.root == url


def test_heads_of_members_of_an_archive_in_a_store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    image = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (400, 500, 3), dtype=np.uint8)
    Image.fromarray(noise).save(image, "JPEG", quality=95)
    with tarfile.open(tmp_path / "train.tar", "w") as archive:
        for number in range(40):
            member = tarfile.TarInfo(f"{number:03}.jpg")
            member.size = len(image.getvalue())
            archive.addfile(member, io.BytesIO(image.getvalue()))
    store = Store(below(tmp_path))
    with serving(store, monkeypatch) as url:
        found = scanned(url, select=["DL204"])
    assert found.tables["images"]["width"].to_list() == [500] * 40
    assert store.sent.total() <= 0.05 * len(store.objects["train.tar"])


def test_sizes_of_what_is_far(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    store = Store(below(folder))
    keys = [key for key in store.objects if key.endswith(".jpg")]
    with serving(store, monkeypatch) as url:
        items = [Source(Url(url)).item(key.encode(), len(store.objects[key])) for key in keys]
        found = header.sizes(items, jobs=1)
    near = header.sizes([Folder(os.fsencode(folder)).item(key.encode()) for key in keys], jobs=0)
    assert found == near
    assert any(found)


def test_the_cache_of_a_url_is_removed(monkeypatch: pytest.MonkeyPatch, folder: Path, tmp_path: Path) -> None:
    monkeypatch.delenv("DATALINT_NO_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with serving(Store(below(folder)), monkeypatch) as url:
        scanned(f"{url}/train", select=["DL1"])
        assert len(list((tmp_path / "datalint").iterdir())) == 1
        done = CliRunner().invoke(clean.command, [f"{url}/train"])
    assert done.exit_code == 0
    assert list((tmp_path / "datalint").iterdir()) == []


def test_a_file_on_the_web_is_a_dataset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Of which there is no list."""
    KINDS["zip"](tmp_path)
    with serving(Store(below(tmp_path)), monkeypatch):
        web = f"{os.environ['AWS_ENDPOINT_URL']}/{BUCKET}"
        assert_same(scanned(f"{web}/data.zip"), scanned(tmp_path))
        with pytest.raises(DatasetError, match="cannot be read: the store answered 501"):
            scanned(f"{web}/nothing")
