"""Arrays that lie in files: large ones, so that memory does not grow with the number of images."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import pytest

from datalint.measure import thumbnails


@pytest.mark.parametrize("most", [0, 1 << 20])
def test_scratch_is_an_array_like_any(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thumbnails, "_FEW_BYTES", most)
    found = thumbnails.scratch((3, 8, 8))
    found[:] = np.arange(3 * 64).reshape(3, 8, 8)
    assert type(found) is np.ndarray
    assert found.dtype == np.float32
    assert (2 * found[1:]).sum() == 2 * np.arange(64, 192).sum()
    assert thumbnails.scratch((0, 8, 8)).shape == (0, 8, 8)


def test_scratch_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thumbnails, "_FEW_BYTES", 0)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert thumbnails.scratch((5, 8, 8)).size == 320
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_no_room_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thumbnails, "_FEW_BYTES", 0)
    monkeypatch.delattr(os, "posix_fallocate")
    message = "are needed there for what is measured of pictures; TMPDIR may name another folder"
    with Path("/dev/full").open("w+b", buffering=0) as full:
        monkeypatch.setattr(thumbnails, "_nameless", lambda: full)
        with pytest.raises(OSError, match=message):
            thumbnails.scratch((5, 8, 8))
