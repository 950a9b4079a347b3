"""Bytes on request, whole or a part; what is no regular file is never opened."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalint.sources import Folder, LocalFile, NotRegularError


def file(folder: Path, data: bytes, size: int | None = None) -> LocalFile:
    (folder / "a").write_bytes(data)
    return Folder(os.fsencode(folder)).item(b"a", size)


@settings(max_examples=60)
@given(
    data=st.binary(max_size=60),
    said=st.none() | st.integers(0, 70),
    most=st.none() | st.integers(0, 70),
    ends=st.tuples(st.integers(1, 70), st.integers(1, 70)),
)
def test_what_is_read_is_what_is_there(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, said: int | None, most: int | None, ends: tuple[int, int]
) -> None:
    """Whatever the size was said to be: a file may have grown or shrunk since it was listed."""
    item = file(tmp_path_factory.mktemp("one"), data, said)
    assert item.read() == data
    assert item.read(most) == data[:most]
    first, last = ends
    assert item.ends(first, last) == (data[:first], data[-last:])
    with item.open() as stream:
        assert stream.read() == data


def test_an_item_is_small_and_can_be_handed_to_a_worker(tmp_path: Path) -> None:
    item = file(tmp_path, b"x" * 5000, 5000)
    packed = pickle.dumps(item)
    assert len(packed) < 400
    assert pickle.loads(packed).read() == b"x" * 5000
    assert item.path == str(tmp_path / "a")
    status = (tmp_path / "a").stat()
    assert item.stamp() == (status.st_size, status.st_mtime_ns, status.st_ctime_ns)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system")
def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    item = Folder(os.fsencode(tmp_path)).item(b"pipe")
    with pytest.raises(NotRegularError, match="not a regular file"):
        item.read()
    with pytest.raises(NotRegularError):
        item.open()


def test_a_missing_file_says_why(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Folder(os.fsencode(tmp_path)).item(b"gone").read()
