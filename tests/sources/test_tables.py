"""Tables of pictures: cells as items, parts of rows, and files that are broken."""

from __future__ import annotations

import os
import pickle
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import datalint
from datalint.report import Report
from datalint.sources import Folder, tables
from datalint.sources.tables import Rows
from tests.sources import one_dataset
from tests.sources.one_dataset import encoded

PICTURES = [encoded(np.random.default_rng(number).integers(0, 256, (48, 64, 3), np.uint8)) for number in range(12)]


def rows(file: Path) -> Rows | None:
    return tables.opened(Folder(os.fsencode(file.parent)).item(os.fsencode(file.name), file.stat().st_size))


def contents(file: Path) -> list[bytes]:
    held = rows(file)
    assert held is not None
    found = []
    for row in range(held.sizes.len()):
        item = held.item(b"x#%d" % row, b"%d" % row, None)
        assert item is not None
        again = pickle.loads(pickle.dumps(item))
        content = again.read()
        assert again.size == len(content)
        assert again.open().read() == content
        assert again.read(3) == content[:3]
        assert again.ends(5, 2) == (content[:5], content[-2:])
        found.append(content)
    assert held.item(b"x#99", b"99", None) is None
    assert held.item(b"x#a", b"a", None) is None
    return found


def scanned(place: Path, **options: Any) -> Report:
    return datalint.scan(place, ignore=["DL9"], isolated=True, no_cache=True, jobs=1, **options)


def frame(as_struct: bool) -> pl.DataFrame:
    cells = [{"bytes": one, "path": None} for one in PICTURES] if as_struct else PICTURES
    return pl.DataFrame({"image": cells, "label": ["cat", "dog"] * 6}, strict=False)


@pytest.mark.parametrize("as_struct", [True, False])
@pytest.mark.parametrize("form", ["parquet", "stream", "file"])
def test_every_cell_is_read(tmp_path: Path, form: str, as_struct: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_PART", 3 * len(PICTURES[0]))
    made, file = frame(as_struct), tmp_path / ("a.parquet" if form == "parquet" else "a.arrow")
    if form == "parquet":
        made.write_parquet(file, row_group_size=5)
    elif form == "stream":
        with file.open("wb") as out:
            made.write_ipc_stream(out)
    else:
        made.write_ipc(file)
    assert contents(file) == PICTURES


def test_a_stream_of_many_batches(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    arrow = frame(as_struct=True).to_arrow()
    with pyarrow.OSFile(str(tmp_path / "a.arrow"), "wb") as out, pyarrow.ipc.new_stream(out, arrow.schema) as stream:
        for start in range(0, 12, 5):
            stream.write_table(arrow.slice(start, 5))
    assert contents(tmp_path / "a.arrow") == PICTURES


def test_a_table_without_pictures_stays_a_table_of_labels(tmp_path: Path) -> None:
    for number, picture in enumerate(PICTURES):
        (tmp_path / f"{number}.jpg").write_bytes(picture)
    names = pl.DataFrame({"path": [f"{number}.jpg" for number in range(12)], "label": ["cat", "dog"] * 6})
    names.write_parquet(tmp_path / "labels.parquet")
    report = scanned(tmp_path)
    assert rows(tmp_path / "labels.parquet") is None
    assert report.dataset.layouts == ("table",)
    assert report.tables["images"].height == report.tables["labels"].height == 12


def test_other_bytes_are_not_pictures(tmp_path: Path) -> None:
    pl.DataFrame({"embedding": [b"\1\2\3\4" * 64] * 3, "label": ["a", "b", "c"]}).write_parquet(tmp_path / "a.parquet")
    assert rows(tmp_path / "a.parquet") is None


def test_cells_without_a_picture(tmp_path: Path) -> None:
    cells = [{"bytes": PICTURES[0], "path": None}, None, {"bytes": None, "path": "a.jpg"}, {"bytes": b"", "path": None}]
    pl.DataFrame({"image": cells}).write_parquet(tmp_path / "a.parquet")
    images = scanned(tmp_path).tables["images"].select("path", "bytes", "status").rows()
    assert images == [
        ("a.parquet#0", len(PICTURES[0]), "ok"),
        ("a.parquet#1", 0, "empty"),
        ("a.parquet#2", 0, "empty"),
        ("a.parquet#3", 0, "empty"),
    ]


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow"])
@pytest.mark.parametrize("cut", [0.2, 0.6, 0.97])
def test_a_table_that_ends_early_is_told(tmp_path: Path, name: str, cut: float) -> None:
    made = frame(as_struct=True)
    if name == "a.parquet":
        made.write_parquet(tmp_path / name)
    else:
        with (tmp_path / name).open("wb") as out:
            made.write_ipc_stream(out)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: int(cut * len(content))])
    (tmp_path / "1.jpg").write_bytes(PICTURES[0])
    report = scanned(tmp_path)
    assert report.tables["images"]["path"].to_list() == ["1.jpg"]
    reasons = dict(report.tables["skipped"].select("path", "reason").iter_rows())
    assert "read" in reasons[name]
    assert "looks" not in reasons[name]


@pytest.mark.parametrize("length", [0, 100, 1 << 25, 1 << 31])
def test_a_stream_takes_no_more_memory_than_it_has_bytes(tmp_path: Path, length: int) -> None:
    (tmp_path / "a.arrow").write_bytes(b"\xff\xff\xff\xff" + length.to_bytes(4, "little") + bytes(50))
    tracemalloc.start()
    with pytest.raises(OSError, match="not a whole stream of Arrow"):
        rows(tmp_path / "a.arrow")
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


@pytest.mark.parametrize("seed", range(12))
def test_damaged_tables_end_no_scan(tmp_path: Path, seed: int) -> None:
    draw = np.random.default_rng(seed)
    (tmp_path / "data").mkdir()
    one_dataset.as_parquet(tmp_path / "data")
    one_dataset.as_arrow(tmp_path / "data")
    for file in (*tmp_path.rglob("*.parquet"), *tmp_path.rglob("*.arrow")):
        content = bytearray(file.read_bytes())
        for at in draw.integers(0, len(content), 6):
            content[at] ^= int(draw.integers(1, 256))
        content[-int(draw.integers(9, 400))] ^= 255
        file.write_bytes(content)
    report = scanned(tmp_path / "data")
    assert report.exit_code in (0, 1, 3)


def test_facts_of_a_table_that_changed(tmp_path: Path) -> None:
    frame(as_struct=True).write_parquet(tmp_path / "a.parquet")
    held = rows(tmp_path / "a.parquet")
    assert held is not None
    frame(as_struct=True).head(11).write_parquet(tmp_path / "a.parquet")
    item = held.item(b"x#1", b"1", None)
    assert item is not None
    with pytest.raises(OSError, match="has changed since it was listed"):
        item.read()
