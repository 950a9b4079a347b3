"""The documentation builds as a site, strictly: each link leads somewhere, each page is in reach."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.skipif(find_spec("material") is None, reason="mkdocs-material is not installed")
def test_site(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    start = (tmp_path / "site" / "start.html").read_text("utf-8")
    assert "fonts.googleapis.com" not in start
    assert (tmp_path / "site" / "CHANGELOG.html").exists()
    assert len(list((tmp_path / "site" / "rules").glob("*.html"))) == len(list((ROOT / "docs" / "rules").glob("*.md")))
