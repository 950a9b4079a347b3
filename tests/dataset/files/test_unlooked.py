"""Of a Parquet file in a store, rules of labels fetch labels."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image
from polars.testing import assert_frame_equal

import datalint
from datalint.report import Report
from tests.sources.servers import Store, serving

pytest.importorskip("obstore")

LABELS = ["DL402", "DL404", "DL405", "DL406", "DL5"]
NAMES = ["cat", "dog", "Dog", "owl"]


def encoded(seed: int, size: int = 48, form: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    samples = np.random.default_rng(seed).integers(0, 255, (size, size, 3), np.uint8)
    Image.fromarray(samples).save(buffer, form)
    return buffer.getvalue()


def table(rows: int = 400, **options: Any) -> bytes:
    """As Hugging Face writes it: the classes are far from balanced, two have nearly one name, and one is not used."""
    images = [{"bytes": encoded(row, 96), "path": f"{row:04}.png"} for row in range(rows)]
    labels = [0 if row % 40 else 1 + row % 80 // 40 for row in range(rows)]
    features = {"image": {"_type": "Image"}, "label": {"names": NAMES, "_type": "ClassLabel"}}
    buffer = io.BytesIO()
    pl.DataFrame({"image": images, "label": labels}).write_parquet(
        buffer, metadata={"huggingface": json.dumps({"info": {"features": features}})}, **options
    )
    return buffer.getvalue()


@pytest.fixture(scope="module")
def objects() -> dict[str, bytes]:
    return {
        "train-00000-of-00001.parquet": table(row_group_size=100),
        "test-00000-of-00001.parquet": table(80),
    }


def scanned(place: Any, *select: str, ignore: tuple[str, ...] = ("DL505",)) -> Report:
    return datalint.scan(place, isolated=True, jobs=0, select=select, ignore=ignore)


def said(report: Report) -> pl.DataFrame:
    return report.findings.drop("id")


def test_the_pictures_are_not_fetched(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, objects: dict[str, bytes]
) -> None:
    for name, content in objects.items():
        (tmp_path / name).write_bytes(content)
    store = Store(objects)
    near = scanned(tmp_path, *LABELS)
    with serving(store, monkeypatch) as url:
        far = scanned(url, *LABELS)
    assert {"DL405", "DL406", "DL501"} <= set(near.findings["code"])
    assert_frame_equal(said(far), said(near))
    for name in ("labels", "splits", "classes"):
        assert_frame_equal(far.tables[name], near.tables[name])
    assert store.sent.total() <= 0.05 * sum(map(len, objects.values()))
    assert far.tables["images"]["bytes"].null_count() == 480


@pytest.mark.parametrize("compression", ["uncompressed", "snappy", "zstd", "lz4"])
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_column_of_bytes_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, compression: Any, form: str) -> None:
    images = [None, *(encoded(row, 96, form) for row in range(80))]
    labels = ["cat" if row % 40 else "Cat" for row in range(81)]
    frame = pl.DataFrame({"image": images, "label": labels, "text": ["many words " * 9] * 81})
    frame.write_parquet(tmp_path / "a.parquet", compression=compression, row_group_size=30)
    content = (tmp_path / "a.parquet").read_bytes()
    store = Store({"a.parquet": content})
    near = scanned(tmp_path, *LABELS)
    with serving(store, monkeypatch) as url:
        far = scanned(url, *LABELS)
    assert_frame_equal(said(far), said(near))
    assert "DL405" in far.findings["code"]
    # the beginning and the end of a file are looked at in any case
    assert store.sent.total() < 2 * (1 << 16) + 0.05 * len(content)


@pytest.mark.parametrize("rule", ["DL103", "DL204", "DL301"])
def test_they_are_where_a_rule_looks_at_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, objects: dict[str, bytes], rule: str
) -> None:
    name = "test-00000-of-00001.parquet"
    (tmp_path / name).write_bytes(objects[name])
    store = Store({name: objects[name]})
    with serving(store, monkeypatch) as url:
        far = scanned(url, rule, "DL5")
    near = scanned(tmp_path, rule, "DL5")
    assert store.sent.total() >= len(objects[name])
    columns = ["path", "bytes", "width", "sha256"]
    assert_frame_equal(far.tables["images"].select(columns), near.tables["images"].select(columns))


def test_an_image_that_was_not_fetched_says_so(monkeypatch: pytest.MonkeyPatch, objects: dict[str, bytes]) -> None:
    with serving(Store(objects), monkeypatch) as url:
        far = scanned(url, *LABELS)
        images = far.tables["images"]
        item = far.dataset.item(images["os_path"][0], None)
        with pytest.raises(OSError, match="no rule of this scan looks at images"):
            item.read()
        assert far.render("html")


def test_findings_about_rows_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are known by the ETag of the file, and the row."""
    images = [{"bytes": encoded(row), "path": f"{row}.png"} for row in range(60)]
    labels = [None if row in (3, 4) else row % 2 for row in range(60)]
    buffer = io.BytesIO()
    pl.DataFrame({"image": images, "label": labels}).write_parquet(buffer)
    with serving(Store({"a.parquet": buffer.getvalue()}), monkeypatch) as url:
        far = scanned(url, "DL4", ignore=("DL403",))
    rows = far.findings.filter(pl.col("path").is_not_null())
    assert rows["id"].n_unique() == rows.height


@pytest.mark.parametrize("damage", ["footer", "rows", "offsets"])
def test_a_damaged_footer_ends_no_scan(monkeypatch: pytest.MonkeyPatch, damage: str) -> None:
    content = bytearray(table(80))
    length = int.from_bytes(content[-8:-4], "little")
    if damage == "footer":
        content[-8:-4] = (1 << 30).to_bytes(4, "little")
    else:
        draw = np.random.default_rng(len(damage))
        for at in draw.integers(len(content) - 8 - length, len(content) - 8, 40):
            content[at] = draw.integers(0, 256)
    with serving(Store({"a.parquet": bytes(content)}), monkeypatch) as url:
        assert scanned(url, *LABELS).exit_code in (0, 1, 3)
