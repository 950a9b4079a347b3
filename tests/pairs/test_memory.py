"""What the proof of a copy costs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
_SIDE = 4000
_PROGRAM = """
import os, sys
from pathlib import Path
from datalint.pairs.decode import pixel_digest
from datalint.sources import LocalFile

def peak():  # not ru_maxrss: that begins with the parent's
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) * 1024

pixel_digest(LocalFile(os.fsencode(sys.argv[1])))
before = peak()
assert pixel_digest(LocalFile(os.fsencode(sys.argv[2]))) is not None
print(peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted in other units elsewhere")
def test_a_large_picture_is_not_expanded_as_a_whole(tmp_path: Path) -> None:
    """Pillow takes 4 bytes a pixel. Two pictures near the limit of pixels are then compared with under 1 GB."""
    Image.new("RGB", (8, 8)).save(tmp_path / "small.png")
    Image.new("RGB", (_SIDE, _SIDE)).save(tmp_path / "large.png")
    command = [sys.executable, "-c", _PROGRAM, str(tmp_path / "small.png"), str(tmp_path / "large.png")]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 5.5 * _SIDE * _SIDE
