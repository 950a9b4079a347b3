"""`datalint formats`, by its old name too."""

from __future__ import annotations

import json

from tests.cli.test_scan import run


def test_formats_are_listed() -> None:
    listed = json.loads(run("formats", "--format", "json").stdout)
    assert {"image-folder", "table", "coco", "yolo", "voc"} <= {entry["name"] for entry in listed}
    assert all(entry["summary"].endswith(".") for entry in listed)
    plain = run("formats").stdout
    assert plain.splitlines()[0].startswith("image-folder")
    assert run("layouts").stdout == plain
    assert "layouts" not in run("--help").stdout
