"""Of what is far, rules of headers and labels read headers and labels."""

from __future__ import annotations

import tarfile
import zipfile
from collections import Counter
from io import RawIOBase
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image
from polars.testing import assert_frame_equal

import datalint
from datalint.config.settings import Config
from datalint.dataset.discover import discover
from datalint.measure import measure
from datalint.rule import Need
from datalint.sources import archive
from tests.sources.servers import Store, below, serving

pytest.importorskip("obstore")

_HEADERS = ["DL104", "DL106", "DL2", "DL4", "DL502"]


def drawn(seed: int, size: tuple[int, int] = (400, 300)) -> Image.Image:
    """Noise, which no encoder makes small."""
    samples = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(samples)


@pytest.fixture
def kinds(tmp_path: Path) -> Path:
    """One image of each format, with what its header may hold."""
    exif = Image.Exif()
    exif[274], exif[271] = 6, "Maker"
    image = drawn(0)
    image.save(tmp_path / "plain.jpg", quality=95)
    image.save(tmp_path / "long.jpg", quality=95, exif=exif, comment=b"x" * 9000, progressive=True)
    image.save(tmp_path / "plain.png")
    image.convert("L").save(tmp_path / "exif.png", exif=exif)
    image.save(tmp_path / "moving.png", save_all=True, append_images=[image.rotate(9)])
    image.save(tmp_path / "plain.webp", exif=exif)
    image.save(tmp_path / "plain.tif")
    image.save(tmp_path / "pages.tif", save_all=True, append_images=[drawn(1)] * 3)
    image.save(tmp_path / "plain.bmp")
    image.convert("P").save(tmp_path / "moving.gif", save_all=True, append_images=[drawn(1).convert("P")])
    image.save(tmp_path / "plain.avif", exif=exif, xmp=b"<x:xmpmeta/>")
    image.save(tmp_path / "moving.avif", save_all=True, append_images=[drawn(1)] * 2)
    (tmp_path / "page.jpg").write_text("<html>" + "x" * 9000)
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "plain.jpg").read_bytes()[:300])
    return tmp_path


@pytest.mark.parametrize("level", [Need.HEADER, Need.FRAMES])
def test_a_head_says_what_the_whole_file_does(monkeypatch: pytest.MonkeyPatch, kinds: Path, level: Need) -> None:
    near = discover([kinds], Config())
    measure(near, level=level, jobs=0)
    with serving(Store(below(kinds)), monkeypatch) as url:
        far = discover([url], Config())
        measure(far, level=level, jobs=0)
    other = ["mtime_ns", "ctime_ns", "etag", "sha256"]
    assert_frame_equal(far.table("images").drop(other), near.table("images").drop(other))
    assert far.table("images")["sha256"].null_count() == far.table("images").height

    gif = near.table("images").filter(pl.col("path") == "moving.gif")
    assert gif["frames"].to_list() == [2 if level is Need.FRAMES else None]
    whole = discover([kinds], Config())
    measure(whole, level=Need.PIXELS, jobs=0)
    shared = ["path", "width", "height", "orientation", "camera", "mode", "alpha", "frames"]
    if level is Need.FRAMES:
        assert_frame_equal(far.table("images").select(shared), whole.table("images").select(shared))


@pytest.mark.parametrize(("name", "level", "most"), [
    ("moving.gif", Need.HEADER, 0.05), ("plain.avif", Need.HEADER, 0.15), ("moving.avif", Need.FRAMES, 0.1),
])  # fmt: skip
def test_no_more_is_fetched_than_the_head(
    monkeypatch: pytest.MonkeyPatch, kinds: Path, name: str, level: Need, most: float
) -> None:
    store = Store({name: (kinds / name).read_bytes()})
    with serving(store, monkeypatch) as url:
        far = discover([url], Config())
        measure(far, level=level, jobs=0)
    assert far.table("images")["status"].to_list() == ["ok"]
    assert store.sent[name] <= most * len(store.objects[name])


def test_frames_are_counted_where_a_rule_asks(monkeypatch: pytest.MonkeyPatch, kinds: Path) -> None:
    with serving(Store({"moving.gif": (kinds / "moving.gif").read_bytes()}), monkeypatch) as url:
        found = datalint.scan(url, isolated=True, select=["DL211"])
    assert found.findings["code"].to_list() == ["DL211"]


def photos(folder: Path, count: int) -> None:
    image = drawn(3, (640, 480))
    for number in range(count):
        place = folder / ("train" if number % 5 else "val") / ("cat" if number % 2 else "dog")
        place.mkdir(parents=True, exist_ok=True)
        image.save(place / f"{number:03}.{'png' if number % 7 == 0 else 'jpg'}", quality=60)
    image.save(folder / "train" / "cat" / "odd.jpg", exif=turned())


def turned() -> Image.Exif:
    exif = Image.Exif()
    exif[274] = 6
    return exif


def test_lint_without_download(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    photos(tmp_path, 60)
    store = Store(below(tmp_path))
    near = datalint.scan(tmp_path, isolated=True, select=_HEADERS, ignore=["DL210"])
    with serving(store, monkeypatch) as url:
        far = datalint.scan(url, isolated=True, select=_HEADERS, ignore=["DL210"])
    assert store.sent.total() <= 0.05 * sum(map(len, store.objects.values()))
    assert near.findings.height > 0
    # What was not read whole is known by its ETag.
    assert_frame_equal(far.findings.drop("id"), near.findings.drop("id"))
    assert far.findings["id"].n_unique() == far.findings.height


def test_heads_are_cached_by_etag(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DATALINT_NO_CACHE")
    photos(tmp_path / "photos", 20)
    store = Store(below(tmp_path / "photos"))
    with serving(store, monkeypatch) as url:
        options = {"isolated": True, "select": _HEADERS, "ignore": ["DL210"], "cache_dir": tmp_path / "cache"}
        first = datalint.scan(url, **options)  # type: ignore[arg-type]
        store.sent.clear()
        store.objects["train/cat/001.jpg"] = store.objects["train/cat/003.jpg"] + b"x"
        second = datalint.scan(url, **options)  # type: ignore[arg-type]
    assert dict(store.sent) == {"train/cat/001.jpg": 4096}
    columns = [name for name in first.tables["images"].columns if name not in ("etag", "bytes")]
    assert_frame_equal(second.tables["images"].select(columns), first.tables["images"].select(columns))
    assert second.tables["images"].filter(pl.col("sha256").is_not_null()).is_empty()


@pytest.mark.parametrize("name", ["data.tar", "data.zip"])
def test_of_a_member_of_an_archive_the_head_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    photos(tmp_path / "photos", 40)
    (tmp_path / "packed").mkdir()
    pack(tmp_path / "photos", tmp_path / "packed" / name)
    cache = tmp_path / "cache"
    options = {
        "isolated": True,
        "select": ["DL104", "DL106", "DL2"],
        "ignore": ["DL210"],
        "jobs": 0,
        "cache_dir": cache,
    }
    monkeypatch.delenv("DATALINT_NO_CACHE")
    read = Counter[str]()
    at = archive._at

    def counted(file: RawIOBase, start: int, count: int) -> bytes:
        read["bytes"] += count
        return at(file, start, count)

    monkeypatch.setattr(archive, "_at", counted)
    near = datalint.scan(tmp_path / "photos", **options)  # type: ignore[arg-type]
    found = datalint.scan(tmp_path / "packed", **options)  # type: ignore[arg-type]
    images = found.tables["images"]
    assert images["status"].unique().to_list() == ["ok"]
    assert images["sha256"].null_count() == images.height
    assert read["bytes"] < 0.2 * sum(images["bytes"])
    # a finding is known by the content, which is read for it
    assert_frame_equal(found.findings.select("id", "code", "message"), near.findings.select("id", "code", "message"))
    read.clear()
    again = datalint.scan(tmp_path / "packed", **options)  # type: ignore[arg-type]
    assert_frame_equal(again.tables["images"], images)
    assert read["bytes"] < 2 * max(images["bytes"])


def pack(folder: Path, file: Path) -> None:
    if file.suffix == ".tar":
        with tarfile.open(file, "w") as tar:
            tar.add(folder, ".")
        return
    with zipfile.ZipFile(file, "w") as packed:
        for path in sorted(folder.rglob("*.*")):
            packed.write(path, path.relative_to(folder))
