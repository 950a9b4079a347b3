"""Files in class folders that a loader would take for images."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from datalint import Report, scan
from datalint.config.settings import Config


def scanned(folder: Path, *strays: str) -> Report:
    for name in ("cat", "dog"):
        for number in range(12):
            path = folder / name / f"{number}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.effect_noise((40, 40), 50).save(path)
    for stray in strays:
        (folder / stray).write_bytes(bytes(60))
    return scan(folder, select=["DL108"], config=Config(isolated=True), jobs=0)


def test_what_a_loader_opens_is_a_warning(tmp_path: Path) -> None:
    report = scanned(tmp_path, "cat/.0.jpg", "cat/.DS_Store", "dog/notes.pdf")
    found = {finding.path: finding.severity for finding in report}
    assert found == {"cat/.0.jpg": "warning", "cat/.DS_Store": "note", "dog/notes.pdf": "note"}


def test_one_beside_every_image_is_said_once(tmp_path: Path) -> None:
    (finding,) = scanned(tmp_path, *(f"{name}/.{number}.jpg" for name in ("cat", "dog") for number in range(12)))
    assert (finding.severity, finding.scope, finding.count) == ("warning", "dataset", 24)
    assert finding.message.startswith("24 stray files in class folders: a hidden file")
    assert "ImageFolder" in finding.message
    assert "rename" in finding.hint
