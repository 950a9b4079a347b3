"""`datalint formats`, by its old name too."""

from __future__ import annotations

import json

from tests.cli.test_scan import run


def test_formats_are_listed() -> None:
    listed = json.loads(run("formats", "--format", "json").stdout)
    read = [entry for entry in listed if entry["read"]]
    assert {"image-folder", "table", "coco", "yolo", "voc"} <= {entry["name"] for entry in read}
    assert all(entry["summary"].endswith(".") for entry in read)
    plain = run("formats").stdout
    assert plain.splitlines()[0].split()[:2] == ["read", "image-folder"]
    assert run("layouts").stdout == plain
    assert "layouts" not in run("--help").stdout


def test_known_formats_are_marked() -> None:
    listed = json.loads(run("formats", "--format", "json").stdout)
    known = [entry["summary"] for entry in listed if not entry["read"]]
    assert "an export of Kili" in known
    assert len(known) == len(set(known))
    assert all(entry["name"] is None for entry in listed if not entry["read"])
    marked = [line.split(maxsplit=1) for line in run("formats").stdout.splitlines()]
    assert [what for mark, what in marked if mark == "known"] == known
